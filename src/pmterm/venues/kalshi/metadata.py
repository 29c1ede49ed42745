"""A market out of Kalshi's words: whole as REST gives them, or thin as a recording keeps them."""

import re
from datetime import UTC, datetime, timedelta

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
    Ns,
    Price,
    decimal_text,
    parse_fixed,
    parse_price,
    parse_qty,
)
from pmterm.venues.kalshi import fees
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.translate import GRIDS, NAMES, bands

SMALLEST_QTY = 10_000  # 0.01 contracts: every market since 2026-04-17 (Kalshi changelog)
LARGEST_NUMBER = 10**12
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"[0-9T:.Z+-]{10,40}", re.ASCII)

# Kalshi docs, market_lifecycle, read 2026-10. A result under dispute is not one to count on.
STATUSES = {
    "initialized": MarketStatus.UNOPENED,
    "active": MarketStatus.ACTIVE,
    "open": MarketStatus.ACTIVE,
    "inactive": MarketStatus.PAUSED,
    "closed": MarketStatus.CLOSED,
    "disputed": MarketStatus.CLOSED,
    "determined": MarketStatus.RESOLVED,
    "amended": MarketStatus.RESOLVED,
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
    event = _table(data, "event")
    outcomes = _outcomes(data)
    ask = _price(data, "yes_ask_dollars")
    bid = _price(data, "yes_bid_dollars")
    result = _text(data, "result", 40)
    # Volume is told in contracts; each pays one dollar, so it is shown as that many dollars.
    return Market(
        id=NAMES[_given(data, "ticker")],
        venue=Venue.KALSHI,
        title=_text(data, "title") or _text(data, "subtitle") or _given(data, "ticker"),
        outcomes=outcomes,
        slug=_text(data, "ticker"),
        event=_text(data, "event_ticker") or _text(event, "event_ticker"),
        event_title=_text(event, "title"),
        category=_text(event, "category") or _text(_table(data, "series"), "category"),
        rules=_rules(data),
        status=STATUSES.get(_text(data, "status"), MarketStatus.PAUSED),
        bands=_bands(data),
        min_qty=SMALLEST_QTY,
        qty_step=SMALLEST_QTY,
        fees=fees_of(event, _table(data, "series")),
        closes_at=_instant(data, "close_time"),
        result={"yes": outcomes[0].name, "no": outcomes[1].name}.get(result, result),
        volume=_cash(data, "volume_fp"),
        volume_24h=_cash(data, "volume_24h_fp"),
        best_bid=NO_BID if bid == PRICE_ONE else bid,
        best_ask=ask or NO_ASK,
    )


def _outcomes(data: Table) -> tuple[Outcome, Outcome]:
    """Name both sides; where both subtitles name the same subject, NO is just "No"."""
    yes = _text(data, "yes_sub_title", 80) or "Yes"
    no = _text(data, "no_sub_title", 80)
    return Outcome(yes), Outcome(no if no and no != yes else "No")


def _rules(data: Table) -> str:
    parts = (_text(data, key, 2_000) for key in ("rules_primary", "rules_secondary"))
    return " ".join(part for part in parts if part)


def _bands(data: Table) -> tuple[PriceBand, ...]:
    """Read the grid. Whole cents lie on every one, so they stand in for one we do not know."""
    ranges = data.get("price_ranges")
    if not ranges:
        return GRIDS.get(_text(data, "price_level_structure"), CENT_GRID)
    if not isinstance(ranges, list) or not all(isinstance(one, dict) for one in ranges):
        raise ValueError("price_ranges is not a list of ranges")
    return bands(
        (_number(one, "start", 4), _number(one, "end", 4), _number(one, "step", 4))
        for one in ranges
    )


def fees_of(event: Table, series: Table) -> FeeSchedule:
    """Read the fee rule: the event's own before its series', else the usual taker fee.

    Raises:
        ValueError: the multiplier is none.
    """
    for holder, suffix in ((event, "_override"), (series, "")):
        kind = _text(holder, f"fee_type{suffix}")
        told = holder.get(f"fee_multiplier{suffix}")
        if not kind and told is None:
            continue
        text = _number(holder, f"fee_multiplier{suffix}", 6) if told is not None else "1"
        multiplier = parse_fixed(text, 6)
        if not 0 <= multiplier <= 100 * PPM:
            raise ValueError(f"fee multiplier {text}")
        return fees.schedule(kind or _text(series, "fee_type") or "quadratic", multiplier)
    return fees.schedule()


def _given(data: Table, key: str) -> str:
    value = data.get(key)
    if not isinstance(value, str):
        raise ValueError(f"no {key}")  # noqa: TRY004  # one error for all that does not fit
    return value


def _text(data: Table, key: str, limit: int = 200) -> str:
    value = data.get(key)
    return clean_text(value, limit) if isinstance(value, str) else ""


def _table(data: Table, key: str) -> Table:
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def _number(data: Table, key: str, places: int) -> str:
    """Return a decimal as text; a JSON number where a string is promised passes too."""
    value = data.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} is not a number")  # noqa: TRY004  # one error for what does not fit
    if not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        raise ValueError(f"{key} is out of range")
    return decimal_text(value, places) if isinstance(value, float) else str(value)


def _price(data: Table, key: str) -> Price:
    return 0 if data.get(key) is None else parse_price(_number(data, key, 4))


def _cash(data: Table, key: str) -> Cash:
    return 0 if data.get(key) is None else parse_qty(_number(data, key, 6))


def _instant(data: Table, key: str) -> Ns:
    """Read RFC 3339 with up to six decimals; 0 if absent."""
    text = data.get(key)
    if not text:
        return 0
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        raise ValueError(f"{key} is not a time")
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, (aware - EPOCH) // timedelta(microseconds=1) * 1_000)
