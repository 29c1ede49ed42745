"""What Polymarket's stream says about an event, word for word.

Source: Polymarket docs, market channel, read 2026-08, and recorded frames of 2026-04 to 2026-08.
Both tokens of a market are one book seen from two ends.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.units import MS, PRICE_ONE, Ns, Price, Qty, fixed_text
from pmterm.sim.events import (
    BookReplaced,
    GridChanged,
    LevelNow,
    MarketEvent,
    StatusChanged,
    Traded,
)
from pmterm.sim.market_state import MarketState

_encode = msgspec.json.encode
BookLevels = list[tuple[Price, Qty]]


class Said(msgspec.Struct, frozen=True):
    """One frame and whom it is for.

    `token` "" means everybody with either token; `is_extra` only those who asked for the custom
    features.
    """

    text: str
    market: MarketId
    token: str = ""
    is_extra: bool = False


def price_words(price: Price) -> str:
    """Write a price without trailing zeros."""
    return fixed_text(price, 4)


def size_words(qty: Qty) -> str:
    """Write a size without trailing zeros."""
    return fixed_text(qty, 6)


def tick_words(state: MarketState) -> str:
    """Write the tick: the finest step of the grid."""
    return fixed_text(min(band.step for band in state.bands), 4)


def last_words(state: MarketState) -> str:
    """Write the last price as books do: three decimals, "" if it never traded."""
    return fixed_text(state.last, 4, at_least=3) if state.last else ""


def book_of(
    state: MarketState, outcome: int, at: Ns, *, is_rest: bool = False, has_last: bool = True
) -> dict[str, Any]:
    """Return the book of one token: bids ascending, asks descending, so the best come last.

    The stream leaves out `min_order_size` and `neg_risk`; after a trade also the last price,
    which is hashed all the same.
    """
    bids, asks = _sides(state, outcome)
    body: dict[str, Any] = {
        "market": state.market,
        "asset_id": state.listing.market.outcomes[outcome].token,
        "timestamp": str(at // MS),
        "hash": "",
        "bids": [{"price": price_words(p), "size": size_words(q)} for p, q in bids],
        "asks": [{"price": price_words(p), "size": size_words(q)} for p, q in asks],
        "min_order_size": size_words(state.listing.market.min_qty),
        "tick_size": tick_words(state),
        "neg_risk": state.listing.market.neg_risk,
        "last_trade_price": last_words(state),
    }
    body["hash"] = hashlib.sha1(_encode(body), usedforsecurity=False).hexdigest()
    if not is_rest:
        del body["min_order_size"], body["neg_risk"]
        if not has_last:
            del body["last_trade_price"]
        body["event_type"] = "book"
    return body


def _sides(state: MarketState, outcome: int) -> tuple[BookLevels, BookLevels]:
    bids, asks = state.bids.rising(), state.asks.rising()
    if outcome == 0:
        return bids, asks[::-1]
    return (
        [(PRICE_ONE - price, qty) for price, qty in reversed(asks)],
        [(PRICE_ONE - price, qty) for price, qty in bids],
    )


class PolymarketVoice:
    """Turns events into frames, the same for every listener. Events come in order, applied."""

    def __init__(
        self,
        states: Mapping[MarketId, MarketState],
        taker_outcome: Callable[[MarketId, int], int] = lambda _, number: number % 2,
    ) -> None:
        self._states = states
        self._taker_outcome = taker_outcome
        self._touch: dict[MarketId, tuple[Price, Price]] = {}
        self._changes = 0

    def say(self, event: MarketEvent) -> list[Said]:
        """Return the frames about one event of a Polymarket market."""
        state = self._states[event.market]
        match event:
            case LevelNow(by_trade=True):
                return []  # the books that follow the trade say it
            case LevelNow():
                return [self._price_change(state, event), *self._touches(state, event.at)]
            case Traded():
                return [
                    *self._books(state, event.at, has_last=False),
                    _last_trade(state, event, self._taker_outcome(event.market, event.number)),
                    *self._touches(state, event.at),
                ]
            case BookReplaced():
                return [*self._books(state, event.at), *self._touches(state, event.at)]
            case GridChanged():
                return [_tick_change(state, event, outcome) for outcome in (0, 1)]
            case StatusChanged(status=MarketStatus.RESOLVED):
                return [_resolved(state, event)]
            case StatusChanged():
                return []

    def _books(self, state: MarketState, at: Ns, *, has_last: bool = True) -> list[Said]:
        tokens = [outcome.token for outcome in state.listing.market.outcomes]
        return [
            Said(
                _encode(book_of(state, index, at, has_last=has_last)).decode(), state.market, token
            )
            for index, token in enumerate(tokens)
        ]

    def _price_change(self, state: MarketState, event: LevelNow) -> Said:
        self._changes += 1
        first, second = (outcome.token for outcome in state.listing.market.outcomes)
        bid, ask = state.best_bid, state.best_ask
        size = size_words(event.qty)
        is_buy = event.side is Side.BUY
        # Written by hand: this is what a load test sends ten thousand times a second.
        text = (
            f'{{"market":"{state.market}","price_changes":['
            f'{{"asset_id":"{first}","price":"{price_words(event.price)}","size":"{size}",'
            f'"side":"{"BUY" if is_buy else "SELL"}","hash":"{2 * self._changes:040x}",'
            f'"best_bid":"{price_words(bid)}","best_ask":"{price_words(ask)}"}},'
            f'{{"asset_id":"{second}","price":"{price_words(PRICE_ONE - event.price)}",'
            f'"size":"{size}","side":"{"SELL" if is_buy else "BUY"}",'
            f'"hash":"{2 * self._changes + 1:040x}","best_bid":"{price_words(PRICE_ONE - ask)}",'
            f'"best_ask":"{price_words(PRICE_ONE - bid)}"}}],'
            f'"timestamp":"{event.at // MS}","event_type":"price_change"}}'
        )
        return Said(text, state.market)

    def _touches(self, state: MarketState, at: Ns) -> list[Said]:
        """Say the touch of both tokens if it is new."""
        touch = (state.best_bid, state.best_ask)
        if self._touch.get(state.market) == touch:
            return []
        self._touch[state.market] = touch
        bid, ask = touch
        mirrored = (PRICE_ONE - ask, PRICE_ONE - bid)
        return [
            _best_bid_ask(state, outcome, mine, at)
            for outcome, mine in enumerate((touch, mirrored))
        ]


def _best_bid_ask(state: MarketState, outcome: int, touch: tuple[Price, Price], at: Ns) -> Said:
    bid, ask = touch
    token = state.listing.market.outcomes[outcome].token
    body = {
        "event_type": "best_bid_ask",
        "market": state.market,
        "asset_id": token,
        "best_bid": price_words(bid) if bid else "",
        "best_ask": price_words(ask) if ask < PRICE_ONE else "",
        "spread": price_words(ask - bid) if bid and ask < PRICE_ONE else "",
        "timestamp": str(at // MS),
    }
    return Said(_encode(body).decode(), state.market, token, is_extra=True)


def _last_trade(state: MarketState, event: Traded, outcome: int) -> Said:
    """Say a trade once, on the token the taker asked for."""
    is_buy = (event.taker is Side.BUY) == (outcome == 0)
    token = state.listing.market.outcomes[outcome].token
    price = event.price if outcome == 0 else PRICE_ONE - event.price
    seed = f"{state.market}{event.number}".encode()
    body = {
        "market": state.market,
        "asset_id": token,
        "price": price_words(price),
        "size": size_words(event.qty),
        "fee_rate_bps": "0",
        "side": "BUY" if is_buy else "SELL",
        "timestamp": str(event.at // MS),
        "event_type": "last_trade_price",
        "transaction_hash": "0x" + hashlib.sha256(seed).hexdigest(),
    }
    return Said(_encode(body).decode(), state.market, token)


def _tick_change(state: MarketState, event: GridChanged, outcome: int) -> Said:
    token = state.listing.market.outcomes[outcome].token
    body = {
        "event_type": "tick_size_change",
        "market": state.market,
        "asset_id": token,
        "old_tick_size": fixed_text(event.step_before, 4),
        "new_tick_size": fixed_text(event.step, 4),
        "timestamp": str(event.at // MS),
    }
    return Said(_encode(body).decode(), state.market, token)


def _resolved(state: MarketState, event: StatusChanged) -> Said:
    outcomes = state.listing.market.outcomes
    body = {
        "event_type": "market_resolved",
        "id": str(state.listing.number),
        "market": state.market,
        "assets_ids": [outcome.token for outcome in outcomes],
        "winning_asset_id": outcomes[event.result].token if event.result >= 0 else "",
        "winning_outcome": outcomes[event.result].name if event.result >= 0 else "",
        "timestamp": str(event.at // MS),
        "tags": [],
    }
    return Said(_encode(body).decode(), state.market, is_extra=True)
