"""Read fields out of JSON that keeps no promise: numbers as texts, lists inside texts, holes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import TypeAlias

import msgspec

from pmterm.model.text import clean_text
from pmterm.model.units import MS, Ns

Data: TypeAlias = Mapping[str, object]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_NUMBER = 40
LARGEST = Decimal(10) ** 13


def first(data: Data, *keys: str) -> object:
    """Return the first of these fields that is there and not null."""
    return next((data[key] for key in keys if data.get(key) is not None), None)


def text(data: Data, *keys: str, limit: int = 200) -> str:
    """Return the first of these fields that is a text with something in it, cleaned."""
    found = (data.get(key) for key in keys)
    cleaned = (clean_text(value, limit) for value in found if isinstance(value, str))
    return next((value for value in cleaned if value), "")


def flag(data: Data, *keys: str, default: bool = False) -> bool:
    """Return the first of these fields that is a JSON boolean."""
    found = (data.get(key) for key in keys)
    return next((value for value in found if isinstance(value, bool)), default)


def number(data: Data, *keys: str) -> Decimal | None:
    """Return the first of these fields as a number, if it is a sane one; text counts."""
    value = first(data, *keys)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    written = str(value)
    if len(written) > LONGEST_NUMBER:
        return None
    try:
        parsed = Decimal(written)
    except InvalidOperation:
        return None
    return parsed if parsed.is_finite() and abs(parsed) < LARGEST else None


def fixed(value: Decimal | None, places: int, default: int = 0) -> int:
    """Return a number as an integer of `10**-places`, rounded; `default` if there is none."""
    if value is None:
        return default
    return int(value.scaleb(places).to_integral_value(ROUND_HALF_EVEN))


def sequence(value: object) -> list[object]:
    """Return a JSON array, also one that is written inside a text; anything else is empty."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.MsgspecError, RecursionError, UnicodeError):
            return []
    return value if isinstance(value, list) else []


def objects(value: object) -> list[dict[str, object]]:
    """Return the objects of a JSON array."""
    return [item for item in sequence(value) if isinstance(item, dict)]


def instant(data: Data, *keys: str) -> Ns:
    """Return the first of these fields that is a time: ISO with T or a blank, or milliseconds."""
    for key in keys:
        value = data.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**14:
            return value * MS
        if isinstance(value, str) and value:
            moment = _moment(value)
            if moment:
                return moment
    return 0


def _moment(written: str) -> Ns:
    try:
        moment = datetime.fromisoformat(written[:LONGEST_NUMBER])
    except ValueError:
        return 0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, (aware - EPOCH) // timedelta(microseconds=1) * 1_000)
