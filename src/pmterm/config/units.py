"""How a value in the settings is read: its unit, its range, and what is said when it is wrong."""

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

import msgspec

from pmterm.model.units import CASH_ONE, PRICE_ONE, parse_fixed

OFF: Final = "off"
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_MOST_DOLLARS: Final = 1_000_000_000
_MOST_SECONDS: Final = 366 * 24 * 3_600


class Unit(StrEnum):
    """What a number or text in the settings means."""

    TEXT = "text"
    FLAG = "true or false"
    CHOICE = "one of"
    HTTP_URL = "an https:// address"
    STREAM_URL = "a wss:// address"
    COUNT = "a whole number"
    DOLLARS = "dollars"
    PRICE = "dollars per contract, between 0 and 1"
    PERCENT = "percent"
    TIMES = "how many times"
    SECONDS = "seconds"


class Key(msgspec.Struct, frozen=True):
    """One setting. `name` is its dotted path, `field` the struct's field it fills.

    A number must have the sign of `default`; 0 is taken where `takes_zero`. Where `takes_off`,
    the word "off" (never the number) switches a rule off and is kept as 0. `least` and `most`
    (in our units): what it may not be set below or above.
    """

    name: str
    field: str
    unit: Unit
    default: object
    takes_zero: bool = False
    takes_off: bool = False
    choices: tuple[str, ...] = ()
    scale: int = 0  # decimals of a TIMES, PERCENT or SECONDS value's integer
    least: int | None = None
    most: int | None = None


class ValueWrongError(Exception):
    """A value that cannot be taken; the text says what was expected."""


def read_value(key: Key, value: object) -> object:
    """Return `value`, as a TOML file gives it (Decimal for floats) or as text, in our units.

    Raises:
        ValueWrongError: wrong type, out of range, or not a plain number.
    """
    return _READERS[key.unit](key, value)


def value_text(key: Key, value: object) -> str:
    """Write a value in our units as a settings file would."""
    if key.takes_off and value == 0:
        return OFF
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and key.scale:
        return format((Decimal(value) / 10**key.scale).normalize(), "f")
    return str(value)


def _number(key: Key, value: object, scale: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        msg = f"expected {_expected(key)}, not {_shown(value)}"
        raise ValueWrongError(msg)
    text = format(value, "f") if isinstance(value, Decimal) else str(value).strip()
    if key.takes_off and text == OFF:
        return 0
    try:
        number = parse_fixed(text, scale)
    except ValueError:
        msg = f"expected {_expected(key)}, not {_shown(value)}"
        raise ValueWrongError(msg) from None
    _check_sign(key, number, text)
    _check_bounds(key, number, text)
    return number


def _check_sign(key: Key, number: int, text: str) -> None:
    is_negative = isinstance(key.default, int) and key.default < 0
    if number == 0 and not key.takes_zero:
        how = f'; write "{OFF}" to switch it off' if key.takes_off else ""
        msg = f"must not be 0{how}"
        raise ValueWrongError(msg)
    if is_negative and number > 0:
        msg = f"must be negative (a fall), not {text}"
        raise ValueWrongError(msg)
    if not is_negative and number < 0:
        msg = f"must not be negative, but is {text}"
        raise ValueWrongError(msg)


def _check_bounds(key: Key, number: int, text: str) -> None:
    if key.least is not None and number < key.least:
        msg = f"must be at least {value_text(key, key.least)}, but is {text}"
        raise ValueWrongError(msg)
    if key.most is not None and number > key.most:
        msg = f"must be at most {value_text(key, key.most)}, but is {text}"
        raise ValueWrongError(msg)


def _count(key: Key, value: object) -> int:
    if isinstance(value, Decimal):
        msg = f"expected a whole number, not {value}"
        raise ValueWrongError(msg)
    if key.name.endswith(".port"):
        return _at_most(_number(key, value, 0), 65_535, "ports end at 65535")
    return _at_most(_number(key, value, 0), 1_000_000_000, "that is too many")


def _dollars(key: Key, value: object) -> int:
    words = "that is more than a billion dollars"
    return _at_most(_number(key, value, 6), _MOST_DOLLARS * CASH_ONE, words)


def _price(key: Key, value: object) -> int:
    words = "a price is in dollars, below 1: fifty cents are 0.50"
    return _at_most(_number(key, value, 4), PRICE_ONE - 1, words)


def _seconds(key: Key, value: object) -> int:
    most = _MOST_SECONDS * 10**key.scale
    return _at_most(_number(key, value, key.scale), most, "that is longer than a year")


def _ratio(key: Key, value: object) -> int:
    number = _number(key, value, key.scale)
    _at_most(abs(number), 1_000_000 * 10**key.scale, "that is too much")
    return number


def _at_most(number: int, most: int, words: str) -> int:
    if number > most:
        raise ValueWrongError(words)
    return number


def _flag(_: Key, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in {"true", "yes", "on", "1"}:
        return True
    if isinstance(value, str) and value.lower() in {"false", "no", "off", "0"}:
        return False
    msg = f"expected true or false, not {_shown(value)}"
    raise ValueWrongError(msg)


def _text(_: Key, value: object) -> str:
    if not isinstance(value, str):
        msg = f"expected a text in quotes, not {_shown(value)}"
        raise ValueWrongError(msg)
    if re.search(r"[\x00-\x1f\x7f]", value) or len(value) > 1_000:
        msg = "expected one line of at most 1 000 characters"
        raise ValueWrongError(msg)
    return value


def _choice(key: Key, value: object) -> str:
    text = _text(key, value)
    if text not in key.choices:
        msg = f"expected {_expected(key)}, not {_shown(value)}"
        raise ValueWrongError(msg)
    return text


def _url(key: Key, value: object) -> str:
    text = _text(key, value).rstrip("/")
    safe, plain = ("https", "http") if key.unit is Unit.HTTP_URL else ("wss", "ws")
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    is_local = host in _LOCAL and parts.scheme == plain
    if not host or not (parts.scheme == safe or is_local) or parts.username or parts.query:
        msg = f"expected {key.unit.value} ({plain}:// only on this machine), not {_shown(value)}"
        raise ValueWrongError(msg)
    return text


def _expected(key: Key) -> str:
    if key.unit is Unit.CHOICE:
        return "one of " + ", ".join(f'"{choice}"' for choice in key.choices)
    off = f', or "{OFF}"' if key.takes_off else ""
    return f"a number ({key.unit.value}){off}"


def _shown(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:59] + "…"


_READERS: Final[dict[Unit, Callable[[Key, object], object]]] = {
    Unit.TEXT: _text,
    Unit.FLAG: _flag,
    Unit.CHOICE: _choice,
    Unit.HTTP_URL: _url,
    Unit.STREAM_URL: _url,
    Unit.COUNT: _count,
    Unit.DOLLARS: _dollars,
    Unit.PRICE: _price,
    Unit.PERCENT: _ratio,
    Unit.TIMES: _ratio,
    Unit.SECONDS: _seconds,
}
