"""Kalshi's metadata rows: markets, events, series.

Source: Kalshi docs, OpenAPI 3.34, read 2026-10; rows of esports markets recorded 2026-08.
"""

from collections.abc import Mapping
from typing import Any

from pmterm.model.market import MarketStatus
from pmterm.model.units import PRICE_ONE
from pmterm.sim.events import Traded
from pmterm.sim.kalshi_words import book_rows, contracts, dollars, instant, result_word, trade_uuid
from pmterm.sim.market_state import MarketState

TAKER_PPM = 70_000  # what a multiplier of 1 stands for
STATUSES = {
    MarketStatus.UNOPENED: "initialized",
    MarketStatus.ACTIVE: "active",
    MarketStatus.PAUSED: "inactive",
    MarketStatus.CLOSED: "closed",
    MarketStatus.RESOLVED: "finalized",
}
FILTERS = {
    "unopened": {"initialized"},
    "open": {"active"},
    "paused": {"inactive"},
    "closed": {"closed"},
    "settled": {"finalized"},
}


def market_row(
    state: MarketState, title: str = "", more: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the row of a market; `title` replaces its own, `more` are further fields."""
    listing, market = state.listing, state.listing.market
    times = instant(market.closes_at)
    result, settled = "", {}
    if state.status is MarketStatus.RESOLVED:
        result = result_word(state.payout)
        value, paid_at = dollars(state.payout), instant(state.at)
        settled = {"settlement_value_dollars": value, "settlement_ts": paid_at}
    return (
        {
            "ticker": market.id,
            "event_ticker": market.event,
            "market_type": "binary",
            "title": title or market.title,
            "yes_sub_title": listing.subtitle,
            "no_sub_title": listing.subtitle,
            "created_time": instant(market.starts_at),
            "updated_time": instant(max(state.at, market.starts_at)),
            "open_time": instant(market.starts_at),
            "close_time": times,
            "expiration_time": times,
            "latest_expiration_time": times,
            "expected_expiration_time": times,
            "occurrence_datetime": times,
            "settlement_timer_seconds": 60,
            "status": STATUSES[state.status],
            "can_close_early": True,
            "early_close_condition": "This market will close after a winner is declared.",
            **_quotes(state),
            "notional_value_dollars": "1.0000",
            "result": result,
            "expiration_value": "",
            "strike_type": "structured",
            "custom_strike": {"esports_competitor": listing.subtitle},
            "rules_primary": market.rules,
            "rules_secondary": "",
            "price_level_structure": listing.grid_name or "linear_cent",
            "price_ranges": [
                {"start": dollars(band.start), "end": dollars(band.end), "step": dollars(band.step)}
                for band in state.bands
            ],
            "exchange_index": market.shard,
            "settlement_bounds_type": "default",
        }
        | settled
        | dict(more or {})
    )


def _quotes(state: MarketState) -> dict[str, Any]:
    bid, ask = state.best_bid, state.best_ask
    return {
        "yes_bid_dollars": dollars(bid),
        "yes_ask_dollars": dollars(ask),
        "no_bid_dollars": dollars(PRICE_ONE - ask),
        "no_ask_dollars": dollars(PRICE_ONE - bid),
        "yes_bid_size_fp": contracts(state.bids.sizes.get(bid, 0)),
        "yes_ask_size_fp": contracts(state.asks.sizes.get(ask, 0)),
        "last_price_dollars": dollars(state.last),
        "previous_price_dollars": dollars(0),
        "previous_yes_bid_dollars": dollars(0),
        "previous_yes_ask_dollars": dollars(0),
        "volume_fp": contracts(state.volume),
        "volume_24h_fp": contracts(state.volume),
        "open_interest_fp": contracts(state.volume // 20_000 * 10_000),
    }


def event_row(
    states: list[MarketState],
    title: str = "",
    more: Mapping[str, Any] | None = None,
    *,
    nested: bool,
) -> dict[str, Any]:
    """Return the row of an event, with its markets inside if `nested`; `more` is of those."""
    first = states[0].listing
    row: dict[str, Any] = {
        "event_ticker": first.market.event,
        "series_ticker": first.series,
        "title": title or first.market.event_title,
        "sub_title": "",
        "mutually_exclusive": len(states) > 1,
        "collateral_return_type": "MECNET" if len(states) > 1 else "",
        "category": first.market.category,
        "settlement_sources": [],
        "product_metadata": {"competition": "Valorant"},
        "last_updated_ts": instant(max(state.at for state in states)),
        "fee_type_override": None,
        "fee_multiplier_override": None,
        "exchange_index": first.market.shard,
    }
    if nested:
        row["markets"] = [market_row(state, title, more) for state in states]
    return row


def series_row(states: list[MarketState]) -> dict[str, Any]:
    """Return the row of the series that all these markets belong to."""
    listing = states[0].listing
    market, fees = listing.market, listing.market.fees
    return {
        "ticker": listing.series,
        "title": "Valorant Game",
        "frequency": "custom",
        "category": market.category,
        "categories": [market.category],
        "tags": ["Esports"],
        "contract_url": "",
        "contract_terms_url": "",
        "additional_prohibitions": [],
        "volume_fp": contracts(sum(state.volume for state in states)),
        "last_updated_ts": instant(max(state.at for state in states)),
        "fee_type": "quadratic_with_maker_fees" if fees.maker_ppm else "quadratic",
        "fee_multiplier": fees.taker_ppm / TAKER_PPM,
        "settlement_sources": [],
        "exchange_index": market.shard,
    }


def orderbook_row(state: MarketState, depth: int) -> dict[str, Any]:
    """Return the REST book: bids of both outcomes on their own scales, ascending."""
    yes, no = book_rows(state, use_yes_price=False)
    if depth:
        yes, no = yes[-depth:], no[-depth:]
    return {"yes_dollars": yes, "no_dollars": no}


def trade_row(event: Traded) -> dict[str, Any]:
    """Return a row of the public tape."""
    side = "yes" if event.taker.value == "buy" else "no"
    return {
        "trade_id": trade_uuid(event),
        "ticker": event.market,
        "count_fp": contracts(event.qty),
        "yes_price_dollars": dollars(event.price),
        "no_price_dollars": dollars(PRICE_ONE - event.price),
        "taker_outcome_side": side,
        "taker_book_side": "bid" if side == "yes" else "ask",
        "taker_side": side,
        "created_time": instant(event.at),
        "is_block_trade": False,
    }
