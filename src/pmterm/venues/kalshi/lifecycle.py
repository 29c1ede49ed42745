"""What the lifecycle channel's steps mean for a market (Kalshi docs, read 2026-10)."""

from collections.abc import Iterable

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import (
    DETERMINED,
    SETTLED,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
)
from pmterm.model.market import Market, MarketStatus, PriceBand
from pmterm.model.text import clean_text
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price, parse_price
from pmterm.venues.kalshi import translate, wire
from pmterm.venues.kalshi.metadata import fees_of


def result_of(told: str, market: Market) -> str:
    """Name the outcome that a venue's `result` (yes, no, scalar) stands for."""
    if told == "yes":
        return market.outcomes[0].name
    if told == "no":
        return market.outcomes[1].name
    return clean_text(told, 40)


def step(words: wire.LifecycleWords, market: Market, at: Ns) -> tuple[list[Message], Market]:
    """Return what a step says, and the market after it. Steps we do not know say nothing.

    Raises:
        ValueError: the step does not fit.
    """
    match words.event_type:
        case "activated":
            return _status(market, MarketStatus.ACTIVE, at)
        case "deactivated":
            return _status(market, MarketStatus.PAUSED, at)
        case "determined":
            told = result_of(words.result or "", market)
            return _resolved(market, told, at, _payout(words), DETERMINED)
        case "settled":
            told = result_of(words.result, market) if words.result else market.result
            return _resolved(market, told, at, _payout(words), SETTLED)
        case "close_date_updated" if words.close_ts is not None:
            after = msgspec.structs.replace(market, closes_at=words.close_ts * SECOND)
            return [MarketSeen(at, after)], after
        case "price_level_structure_updated":
            bands = _bands(words)
            after = msgspec.structs.replace(market, bands=bands)
            return [TickChanged(at, market.id, bands)], after
        case _:
            return [], market


def fee_changes(words: wire.FeeWords, markets: Iterable[Market]) -> list[Market]:
    """Return the markets of that event under its new fee rule.

    A rule taken back leaves the fees as they are: what the series charges is not told here.

    Raises:
        ValueError: the multiplier is none.
    """
    of_event = [market for market in markets if market.event == words.event_ticker]
    if words.fee_type_override is None and words.fee_multiplier_override is None:
        return of_event
    fees = fees_of(msgspec.structs.asdict(words), {})
    return [msgspec.structs.replace(market, fees=fees) for market in of_event]


def _status(market: Market, status: MarketStatus, at: Ns) -> tuple[list[Message], Market]:
    after = msgspec.structs.replace(market, status=status, result="")
    return [MarketStatusSeen(at, market.id, status)], after


def _resolved(
    market: Market, result: str, at: Ns, payout: Price, word: str
) -> tuple[list[Message], Market]:
    after = msgspec.structs.replace(market, status=MarketStatus.RESOLVED, result=result)
    return [MarketStatusSeen(at, market.id, after.status, result, payout, word)], after


def _payout(words: wire.LifecycleWords) -> Price:
    """Return what YES pays, also where it is neither all nor nothing; -1 if it is not told."""
    if not words.settlement_value:
        return -1
    payout = parse_price(words.settlement_value)
    if not 0 <= payout <= PRICE_ONE:
        raise ValueError(f"a payout of {words.settlement_value}")
    return payout


def _bands(words: wire.LifecycleWords) -> tuple[PriceBand, ...]:
    if words.price_ranges:
        return translate.bands((band.start, band.end, band.step) for band in words.price_ranges)
    try:
        return translate.GRIDS[words.price_level_structure or ""]
    except KeyError as error:
        msg = f"unknown price grid {words.price_level_structure!r}"
        raise ValueError(msg) from error
