"""Prices as people type them: 45 cents or 0.45 dollars, told apart by how they begin."""

import re

from pmterm.model.market import Market
from pmterm.model.units import PRICE_ONE, Price, fixed_text, parse_fixed

_SHAPE = re.compile(r"(\$?)\s*([0-9]*)(?:\.([0-9]*))?\s*(c?)", re.ASCII)
_CENT: Price = 100
_FAR: Price = 500  # a book further up shows no price below a cent
_LIKE = "45 or 0.45 is 45 cents"


def read_typed(text: str, tick: Price = 0) -> Price:
    """Read a price, or a distance between two, above 0 and below 1 USD.

    What begins with `0.`, `.` or `$` is dollars, a plain number of 1 and more is cents, as is what
    ends with `c`. `tick` is the `fine_tick` of the market where the screen writes cents, else 0:
    the book itself writes `0.5` there, so that a number like it is not taken for dollars.

    Raises:
        ValueError: it is none of these; in words that name the unit, without the text typed.
    """
    found = _SHAPE.fullmatch(text.strip().lower())
    if found is None or not (found[2] or found[3]) or (found[1] and found[4]):
        raise ValueError(f"that is no price: {_LIKE}")
    dollar, whole, fraction, cent = found[1], found[2] or "0", found[3] or "", found[4]
    number = f"{whole}.{fraction}" if fraction else whole
    if not dollar and not cent:
        _tell_apart(whole, has_point="." in text, fraction=fraction, tick=tick)
    is_dollars = dollar or (not cent and whole == "0")
    return _within(number, 4 if is_dollars else 2)


def fine_tick(market: Market, near: Price) -> Price:
    """Return the tick below one cent of a market that stands `near` it, 0 where none is shown."""
    step = market.step_at(_CENT // 2) if 0 < near < _FAR else _CENT
    return step if step < _CENT else 0


def typed_text(price: Price, tick: Price = 0) -> str:
    """Write a price in dollars so that `read_typed` with the same `tick` takes it for that."""
    return fixed_text(price, 4, at_least=3 if tick else 2)


def _tell_apart(whole: str, *, has_point: bool, fraction: str, tick: Price) -> None:
    """Refuse a bare number that may be dollars as well as cents."""
    if whole != "0" and whole.startswith("0"):
        raise ValueError(f"cents or dollars? {_LIKE}")
    if whole == "0" and not has_point:
        raise ValueError(f"0 is no price: {_LIKE}")
    if tick and whole == "0" and 0 < len(fraction) <= 2 and int(fraction.ljust(2, "0")) % tick == 0:
        said = f"0.{fraction}"
        raise ValueError(f"${said} or {said}c? a number below 1 needs its unit here")


def _within(number: str, places: int) -> Price:
    try:
        price = parse_fixed(number, places)
    except ValueError as wrong:
        raise ValueError("too fine: 2 decimals of a cent, 4 of a dollar") from wrong
    if not 0 < price < PRICE_ONE:
        raise ValueError(f"it lies between 0 and 100 cents: {_LIKE}")
    return price
