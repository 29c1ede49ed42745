"""A market out of Kalshi's words: whole as REST gives them, or thin as a recording keeps them."""

from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.errors import WireSurprise
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import Venue
from pmterm.model.market import CENT_GRID, Market, MarketStatus, Outcome, PriceBand
from pmterm.model.text import clean_text
from pmterm.model.units import (
    PPM,
    PRICE_ONE,
    Cash,
    Price,
    parse_fixed,
    parse_price,
    parse_qty,
)
from pmterm.venues.kalshi import fees, fields
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.translate import GRIDS, NAMES, bands

SMALLEST_QTY = 10_000  # 0.01 contracts: every market since 2026-04-17 (Kalshi changelog)

# Kalshi docs, market_lifecycle, read 2026-10. A result that is only determined may be disputed, and
# nothing is paid by it yet: it is not one to count on (`inquiries` tells it, as what it is).
STATUSES = {
    "initialized": MarketStatus.UNOPENED,
    "active": MarketStatus.ACTIVE,
    "open": MarketStatus.ACTIVE,
    "inactive": MarketStatus.PAUSED,
    "closed": MarketStatus.CLOSED,
    "disputed": MarketStatus.CLOSED,
    "determined": MarketStatus.CLOSED,
    "amended": MarketStatus.CLOSED,
    "finalized": MarketStatus.RESOLVED,
    "settled": MarketStatus.RESOLVED,
}


def market_from(data: Table) -> Market:
    """Read a market. `data` may hold the venue's `event` and `series` beside the market's fields.

    An unknown status counts as paused: nothing is known to trade there.

    Raises:
        WireSurprise: it lacks a ticker, or a number in it is none.
    """
    try:
        return _market(data)
    except (ValueError, OverflowError) as error:
        ticker = clean_text(str(data.get("ticker", "?")), 60)
        raise WireSurprise(f"Kalshi market {ticker}: {clean_text(str(error), 120)}") from error


def _market(data: Table) -> Market:
    event = fields.table(data, "event")
    outcomes = _outcomes(data)
    ask = _price(data, "yes_ask_dollars")
    bid = _price(data, "yes_bid_dollars")
    result = fields.text(data, "result", 40)
    # Volume is told in contracts; each pays one dollar, so it is shown as that many dollars.
    return Market(
        id=NAMES[fields.given(data, "ticker")],
        venue=Venue.KALSHI,
        title=fields.text(data, "title")
        or fields.text(data, "subtitle")
        or fields.given(data, "ticker"),
        outcomes=outcomes,
        slug=fields.text(data, "ticker"),
        event=fields.text(data, "event_ticker") or fields.text(event, "event_ticker"),
        event_title=fields.text(event, "title"),
        category=fields.text(event, "category")
        or fields.text(fields.table(data, "series"), "category"),
        rules=_rules(data),
        status=STATUSES.get(fields.text(data, "status"), MarketStatus.PAUSED),
        bands=_bands(data),
        min_qty=SMALLEST_QTY,
        qty_step=SMALLEST_QTY,
        fees=fees_of(event, fields.table(data, "series")),
        closes_at=fields.instant(data, "close_time"),
        shard=_shard(data),
        result={"yes": outcomes[0].name, "no": outcomes[1].name}.get(result, result),
        volume=_cash(data, "volume_fp"),
        volume_24h=_cash(data, "volume_24h_fp"),
        best_bid=NO_BID if bid == PRICE_ONE else bid,
        best_ask=ask or NO_ASK,
    )


def _outcomes(data: Table) -> tuple[Outcome, Outcome]:
    """Name both sides; where both subtitles name the same subject, NO is just "No"."""
    yes = fields.text(data, "yes_sub_title", 80) or "Yes"
    no = fields.text(data, "no_sub_title", 80)
    return Outcome(yes), Outcome(no if no and no != yes else "No")


def _rules(data: Table) -> str:
    parts = (fields.text(data, key, 2_000) for key in ("rules_primary", "rules_secondary"))
    return " ".join(part for part in parts if part)


def _bands(data: Table) -> tuple[PriceBand, ...]:
    """Read the grid. Whole cents lie on every one, so they stand in for one we do not know."""
    ranges = data.get("price_ranges")
    if not ranges:
        return GRIDS.get(fields.text(data, "price_level_structure"), CENT_GRID)
    if not isinstance(ranges, list) or not all(isinstance(one, dict) for one in ranges):
        raise ValueError("price_ranges is not a list of ranges")
    return bands(
        (
            fields.number(one, "start", 4),
            fields.number(one, "end", 4),
            fields.number(one, "step", 4),
        )
        for one in ranges
    )


def fees_of(event: Table, series: Table) -> FeeSchedule:
    """Read the fee rule: the event's own before its series', else the usual taker fee.

    Raises:
        ValueError: the multiplier is none.
    """
    for holder, suffix in ((event, "_override"), (series, "")):
        kind = fields.text(holder, f"fee_type{suffix}")
        told = holder.get(f"fee_multiplier{suffix}")
        if not kind and told is None:
            continue
        text = fields.number(holder, f"fee_multiplier{suffix}", 6) if told is not None else "1"
        multiplier = parse_fixed(text, 6)
        if not 0 <= multiplier <= 100 * PPM:
            raise ValueError(f"fee multiplier {text}")
        return fees.schedule(kind or fields.text(series, "fee_type") or "quadratic", multiplier)
    return fees.schedule()


def _shard(data: Table) -> int:
    """Read which matching engine a market is on; the first one where it is not told."""
    return 0 if data.get("exchange_index") is None else max(0, fields.whole(data, "exchange_index"))


def _price(data: Table, key: str) -> Price:
    return 0 if data.get(key) is None else parse_price(fields.number(data, key, 4))


def _cash(data: Table, key: str) -> Cash:
    return 0 if data.get(key) is None else parse_qty(fields.number(data, key, 6))
