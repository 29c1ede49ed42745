"""Kalshi's fields read one by one; whatever does not fit raises ValueError, never a default.

Source: Kalshi docs, OpenAPI 3.34.0 and AsyncAPI 2.0.0, read 2026-10: numbers are decimal strings
(a JSON number in the place of one was seen once), REST times RFC 3339 with up to six decimals,
`*_ts_ms` milliseconds. Absent and null are the same.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from pmterm.model.text import clean_text
from pmterm.model.units import (
    MS,
    PRICE_ONE,
    SECOND,
    Cash,
    Ns,
    Price,
    Qty,
    decimal_text,
    parse_fixed,
    parse_price,
    parse_qty,
)
from pmterm.venues.kalshi.answers import Table

LARGEST_NUMBER = 10**12
EARLIEST_MS = 1_000_000_000_000  # 2001: what is told below that are seconds
LATEST_MS = 9_000_000_000_000  # past the year 2255 nanoseconds no longer fit 63 bits
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIME = re.compile(r"[0-9T:.Z+-]{10,40}", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_.:+=/-]{1,100}", re.ASCII)


def given(data: Table, key: str) -> str:
    """Return a text that must be there."""
    value = data.get(key)
    if not isinstance(value, str):
        raise ValueError(f"no {key}")  # noqa: TRY004  # one error for all that does not fit
    return value


def text(data: Table, key: str, limit: int = 200) -> str:
    """Return a cleaned text, "" if it is not there."""
    value = data.get(key)
    return clean_text(value, limit) if isinstance(value, str) else ""


def table(data: Table, key: str) -> Table:
    """Return an object, an empty one if it is not there."""
    value = data.get(key)
    return value if isinstance(value, dict) else {}


def rows(data: Table, key: str) -> list[object]:
    """Return a list that must be there, if only as null."""
    value = data.get(key, "")
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValueError(f"no list of {key}")  # noqa: TRY004  # as above
    return value


def name(data: Table, key: str) -> str:
    """Return an id that must be there: plain signs only, so that it may stand in a path."""
    value = given(data, key)
    if not _ID.fullmatch(value):
        raise ValueError(f"{key} is not an id: {clean_text(value, 40)!r}")
    return value


def name_or_none(data: Table, key: str) -> str:
    """Return an id, "" if it is not there or is none."""
    value = data.get(key)
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def number(data: Table, key: str, places: int) -> str:
    """Return a decimal as text; a JSON number where a string is promised passes too."""
    value = data.get(key)
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{key} is not a number")  # noqa: TRY004  # as above
    if not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        raise ValueError(f"{key} is out of range")
    return decimal_text(value, places) if isinstance(value, float) else str(value)


def exact(data: Table, key: str) -> str:
    """Return a decimal as text with all its digits, so that too fine a number is not rounded."""
    value = data.get(key)
    if not isinstance(value, float):
        return number(data, key, 0)
    if not -LARGEST_NUMBER < value < LARGEST_NUMBER:
        raise ValueError(f"{key} is out of range")
    return format(Decimal(repr(value)), "f")


def price(data: Table, key: str) -> Price:
    """Return a price an order can stand at."""
    value = parse_price(exact(data, key))
    if not 0 < value < PRICE_ONE:
        raise ValueError(f"no order can stand at {key} {value}")
    return value


def qty(data: Table, key: str) -> Qty:
    """Return a size, 0 or more."""
    return parse_qty(exact(data, key))


def signed_qty(data: Table, key: str) -> Qty:
    """Return a size that may be below 0."""
    return parse_fixed(exact(data, key), 6)


def cash(data: Table, key: str) -> Cash:
    """Return dollars, which may be below 0."""
    return parse_fixed(exact(data, key), 6)


def whole(data: Table, key: str) -> int:
    """Return a whole number that must be there."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"{key} is not a whole number")  # noqa: TRY004  # as above
    if abs(value) > 2**53:
        raise ValueError(f"{key} is out of range")
    return value


def millis(data: Table, key: str) -> Ns:
    """Return a time told in Unix milliseconds, 0 if absent."""
    if data.get(key) is None:
        return 0
    value = whole(data, key)
    if value and not EARLIEST_MS <= value <= LATEST_MS:
        raise ValueError(f"{key} is not a time in milliseconds")
    return value * MS


def seconds(data: Table, key: str) -> Ns:
    """Return a time told in Unix seconds, 0 if absent."""
    if data.get(key) is None:
        return 0
    value = whole(data, key)
    if not 0 <= value <= LATEST_MS // 1_000:
        raise ValueError(f"{key} is not a time in seconds")
    return value * SECOND


def instant(data: Table, key: str) -> Ns:
    """Return a time told in RFC 3339 with up to six decimals, 0 if absent."""
    told = data.get(key)
    if not told:
        return 0
    if not isinstance(told, str) or not _TIME.fullmatch(told):
        raise ValueError(f"{key} is not a time")
    moment = datetime.fromisoformat(told)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, (aware - EPOCH) // timedelta(microseconds=1) * 1_000)
