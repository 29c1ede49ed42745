"""What Kalshi's stream says about an event, word for word.

Source: Kalshi docs, AsyncAPI 2.0.0 and the pages of the channels, read 2026-10, and recorded
frames of 2026-05 to 2026-08. Frames are the envelope of a subscription around a body that is the
same for every listener; the NO side may be written on either scale.
"""

import uuid
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.units import MS, PRICE_ONE, SECOND, Ns, Price, Qty, fixed_text
from pmterm.sim.events import GridChanged, LevelNow, StatusChanged, Traded
from pmterm.sim.market_state import MarketState

_encode = msgspec.json.encode
EPOCH = datetime.fromtimestamp(0, UTC)


def dollars(price: Price) -> str:
    """Write a price: dollars with four decimals."""
    return fixed_text(price, 4, at_least=4)


def contracts(qty: Qty) -> str:
    """Write a size: contracts with two decimals."""
    return fixed_text(qty, 6, at_least=2)


def instant(at: Ns) -> str:
    """Write a time as RFC 3339 in UTC, a fraction of a second without zeros at its end."""
    text = (EPOCH + timedelta(microseconds=at // 1_000)).isoformat().removesuffix("+00:00")
    return (text.rstrip("0") if "." in text else text) + "Z"


@lru_cache(maxsize=10_000)
def market_uuid(market: MarketId) -> str:
    """Make up the UUID of a market."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, market))


def trade_uuid(event: Traded) -> str:
    """Make up the UUID of a trade."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{event.market}/{event.number}"))


def snapshot_body(state: MarketState, *, use_yes_price: bool) -> str:
    """Return the whole book: bids of both outcomes ascending, a side without orders absent."""
    body: dict[str, Any] = {
        "market_ticker": state.market,
        "market_id": market_uuid(state.market),
    }
    yes, no = book_rows(state, use_yes_price=use_yes_price)
    if yes:
        body["yes_dollars_fp"] = yes
    if no:
        body["no_dollars_fp"] = no
    return _encode(body).decode()


def book_rows(
    state: MarketState, *, use_yes_price: bool
) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Return YES bids and NO bids as written, prices ascending as they are written."""
    yes = [(dollars(price), contracts(qty)) for price, qty in state.bids.rising()]
    asks = state.asks.rising()
    if use_yes_price:
        return yes, [(dollars(price), contracts(qty)) for price, qty in asks]
    return yes, [(dollars(PRICE_ONE - price), contracts(qty)) for price, qty in reversed(asks)]


def delta_body(event: LevelNow, *, use_yes_price: bool) -> str:
    """Return one level's change."""
    is_yes = event.side is Side.BUY
    price = event.price if is_yes or use_yes_price else PRICE_ONE - event.price
    return (
        f'{{"market_ticker":"{event.market}","market_id":"{market_uuid(event.market)}",'
        f'"price_dollars":"{dollars(price)}","delta_fp":"{contracts(event.change)}",'
        f'"side":"{"yes" if is_yes else "no"}","ts":"{instant(event.at)}",'
        f'"ts_ms":{event.at // MS}}}'
    )


def trade_body(event: Traded) -> str:
    """Return one trade, its taker told in all three spellings."""
    is_yes = event.taker is Side.BUY
    side = "yes" if is_yes else "no"
    body = {
        "trade_id": trade_uuid(event),
        "market_ticker": event.market,
        "yes_price_dollars": dollars(event.price),
        "no_price_dollars": dollars(PRICE_ONE - event.price),
        "count_fp": contracts(event.qty),
        "taker_outcome_side": side,
        "taker_book_side": "bid" if is_yes else "ask",
        "taker_side": side,
        "is_block_trade": False,
        "ts": event.at // SECOND,
        "ts_ms": event.at // MS,
    }
    return _encode(body).decode()


def ticker_body(state: MarketState, at: Ns) -> str:
    """Return the ticker: touch, last price, volume."""
    bid, ask = state.best_bid, state.best_ask
    body = {
        "market_ticker": state.market,
        "market_id": market_uuid(state.market),
        "price_dollars": dollars(state.last),
        "yes_bid_dollars": dollars(bid),
        "yes_ask_dollars": dollars(ask),
        "yes_bid_size_fp": contracts(state.bids.sizes.get(bid, 0)),
        "yes_ask_size_fp": contracts(state.asks.sizes.get(ask, 0)),
        "last_trade_size_fp": contracts(state.last_qty),
        "volume_fp": contracts(state.volume),
        "open_interest_fp": contracts(state.volume // 20_000 * 10_000),
        "dollar_volume": state.volume // 1_000_000,
        "dollar_open_interest": state.volume // 2_000_000,
        "ts": at // SECOND,
        "ts_ms": at // MS,
        "time": instant(at),
    }
    return _encode(body).decode()


def lifecycle_bodies(event: StatusChanged | GridChanged) -> list[str]:
    """Return the steps of a market's life; none for those the venue tells nobody (closing)."""
    named = {"market_ticker": event.market}
    return [_encode(named | body).decode() for body in _lifecycle(event)]


def _lifecycle(event: StatusChanged | GridChanged) -> list[dict[str, Any]]:
    if isinstance(event, GridChanged):
        step = {"start": "0.0000", "end": "1.0000", "step": dollars(event.step)}
        grid = {
            "event_type": "price_level_structure_updated",
            "price_level_structure": "linear_cent" if event.step == 100 else "deci_cent",
            "price_ranges": [step],
        }
        return [grid]
    match event.status:
        case MarketStatus.ACTIVE:
            return [{"event_type": "activated", "is_deactivated": False}]
        case MarketStatus.PAUSED:
            return [{"event_type": "deactivated", "is_deactivated": True}]
        case MarketStatus.RESOLVED:
            determined = {
                "event_type": "determined",
                "result": result_word(event.yes_pays),
                "settlement_value": dollars(event.yes_pays),
                "determination_ts": event.at // SECOND,
            }
            return [determined, {"event_type": "settled", "settled_ts": event.at // SECOND}]
        case _:
            return []


def result_word(payout: Price) -> str:
    """Return how a market ended, from what one YES pays."""
    return {PRICE_ONE: "yes", 0: "no"}.get(payout, "scalar")
