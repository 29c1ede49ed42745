"""Polymarket's metadata rows: Gamma's camelCase ones and the CLOB's.

Source: Polymarket docs, market data, read 2026-08; rows of esports markets recorded 2026-04.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

from pmterm.model.fees import FeeKind
from pmterm.model.market import MarketStatus
from pmterm.model.units import PRICE_ONE, SECOND, Ns
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_words import tick_words


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def iso(at: Ns) -> str:
    """Write a time as most of Gamma's fields do."""
    return datetime.fromtimestamp(at // SECOND, UTC).isoformat().replace("+00:00", "Z")


def _spaced(at: Ns) -> str:
    """Write a time as `gameStartTime` does: a space and `+00`."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d %H:%M:%S+00")


def _number(amount: int, unit: int) -> float:
    """Turn integer units into the JSON number that Gamma sends."""
    return amount / unit


def market_row(state: MarketState, title: str = "", *, has_event: bool = True) -> dict[str, Any]:
    """Return Gamma's row of a market; `title` replaces its question."""
    listing, market = state.listing, state.listing.market
    is_over = not state.is_open
    row: dict[str, Any] = {
        "id": str(listing.number),
        "question": title or market.title,
        "conditionId": market.id,
        "slug": market.slug,
        "groupItemTitle": listing.group,
        "description": market.rules,
        "outcomes": _json([outcome.name for outcome in market.outcomes]),
        "clobTokenIds": _json([outcome.token for outcome in market.outcomes]),
        **_quotes(state),
        "active": True,
        "closed": is_over,
        "archived": False,
        "acceptingOrders": not is_over,
        "enableOrderBook": True,
        "restricted": True,
        "negRisk": market.neg_risk,
        "feesEnabled": True,
        "feeType": "sports_fees_v2",
        "feeSchedule": {
            "exponent": market.fees.exponent,
            "rate": _number(market.fees.taker_ppm, 1_000_000),
            "takerOnly": True,
            "rebateRate": 0.15,
        },
        "clearBookOnStart": market.clears_book_on_start,
        "orderPriceMinTickSize": float(tick_words(state)),
        "orderMinSize": market.min_qty // 1_000_000,
        "endDate": iso(market.closes_at),
        "startDate": iso(market.starts_at),
        "eventStartTime": iso(market.starts_at),
        "gameStartTime": _spaced(market.starts_at),
        "secondsDelay": market.taker_delay // SECOND,
        "makerBaseFee": 1000,
        "takerBaseFee": 1000,
        "sportsMarketType": listing.kind,
        "gameId": str(listing.game),
    }
    if state.status is MarketStatus.RESOLVED:
        row["umaResolutionStatus"] = "resolved"
    if has_event:
        row["events"] = [event_row([state], has_markets=False)]
    return row


def _quotes(state: MarketState) -> dict[str, Any]:
    bid, ask = state.best_bid, state.best_ask
    mid = (bid + ask) // 2
    prices = [_number(mid, PRICE_ONE), _number(PRICE_ONE - mid, PRICE_ONE)]
    if state.status is MarketStatus.RESOLVED:
        prices = [_number(state.payout, PRICE_ONE), _number(PRICE_ONE - state.payout, PRICE_ONE)]
    volume = _number(state.volume, 1_000_000)
    return {
        "outcomePrices": _json([f"{price:g}" for price in prices]),
        "bestBid": _number(bid, PRICE_ONE),
        "bestAsk": _number(ask, PRICE_ONE),
        "lastTradePrice": _number(state.last, PRICE_ONE),
        "spread": _number(ask - bid, PRICE_ONE),
        "volume": f"{volume:g}",
        "volumeNum": volume,
        "volume24hr": volume,
        "liquidity": f"{_liquidity(state):g}",
        "liquidityNum": _liquidity(state),
    }


def _liquidity(state: MarketState) -> float:
    bids = sum(price * qty for price, qty in state.bids.sizes.items())
    asks = sum((PRICE_ONE - price) * qty for price, qty in state.asks.sizes.items())
    return (bids + asks) // 10**8 / 100


def event_row(
    states: list[MarketState], title: str = "", *, has_markets: bool = True
) -> dict[str, Any]:
    """Return Gamma's row of the event that these markets belong to."""
    first = states[0].listing
    market = first.market
    volume = _number(sum(state.volume for state in states), 1_000_000)
    is_over = not any(state.is_open for state in states)
    row: dict[str, Any] = {
        "id": str(first.game or first.number),
        "ticker": market.event,
        "slug": market.event,
        "title": title or market.event_title or market.title,
        "category": market.category,
        "startDate": iso(market.starts_at),
        "startTime": iso(market.starts_at),
        "endDate": iso(market.closes_at),
        "active": True,
        "closed": is_over,
        "archived": False,
        "live": not is_over,
        "ended": is_over,
        "negRisk": market.neg_risk,
        "seriesSlug": first.series,
        "gameId": first.game,
        "volume": volume,
        "volume24hr": volume,
        "liquidity": sum(_liquidity(state) for state in states),
        "tags": [
            {"id": "1", "label": "Sports", "slug": "sports"},
            {"id": "64", "label": "Esports", "slug": "esports"},
        ],
    }
    if has_markets:
        row["markets"] = [market_row(state, title, has_event=False) for state in states]
    return row


def clob_row(state: MarketState) -> dict[str, Any]:
    """Return the CLOB's row of a market."""
    market = state.listing.market
    mid = (state.best_bid + state.best_ask) // 2
    is_resolved = state.status is MarketStatus.RESOLVED
    prices = (mid, PRICE_ONE - mid)
    return {
        "condition_id": market.id,
        "question": market.title,
        "description": market.rules,
        "market_slug": market.slug,
        "active": True,
        "closed": not state.is_open,
        "archived": False,
        "accepting_orders": state.is_open,
        "enable_order_book": state.is_open,
        "minimum_order_size": market.min_qty // 1_000_000,
        "minimum_tick_size": float(tick_words(state)),
        "seconds_delay": market.taker_delay // SECOND,
        "game_start_time": iso(market.starts_at),
        "end_date_iso": iso(market.closes_at),
        "neg_risk": market.neg_risk,
        "maker_base_fee": 0,
        "taker_base_fee": 1000,
        "tokens": [
            {
                "token_id": outcome.token,
                "outcome": outcome.name,
                "price": _number(prices[index], PRICE_ONE),
                "winner": is_resolved and state.result == index,
            }
            for index, outcome in enumerate(market.outcomes)
        ],
    }


def clob_market_info(state: MarketState) -> dict[str, Any]:
    """Return the CLOB's short row: what a client asks before it signs an order."""
    market = state.listing.market
    row: dict[str, Any] = {
        "gst": iso(market.starts_at),
        "t": [{"t": outcome.token, "o": outcome.name} for outcome in market.outcomes],
        "mos": market.min_qty // 1_000_000,
        "mts": float(tick_words(state)),
        "mbf": 1000,
        "tbf": 1000,
        "nr": market.neg_risk,
        "oas": 0,
    }
    if market.fees.kind is not FeeKind.NONE:
        rate = _number(market.fees.taker_ppm, 1_000_000)
        row["fd"] = {"r": rate, "e": market.fees.exponent, "to": True}
    if 0 < market.taker_delay < SECOND:  # whole seconds stand elsewhere, as `secondsDelay`
        row["itode"] = True
    return row
