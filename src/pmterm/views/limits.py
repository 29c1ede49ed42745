"""A limit of the gate as it is typed and told when a person changes it."""

from typing import Final

from pmterm.messages.commands import ChangeLimit
from pmterm.messages.orders import LimitChanged
from pmterm.model.readings import LimitUse
from pmterm.model.units import PPM, fixed_text, parse_fixed
from pmterm.views.figures import cash_text

RAISE: Final = "raise"  # the word that a looser limit asks for
_NAMES = {
    "max_position": "R1 position",
    "max_total": "R2 total",
    "max_day_loss": "R3 day loss",
    "max_day_loss_ppm": "R3 day loss %",
    "losses_in_row": "R4 losses in a row",
    "max_positions": "R6 positions",
    "max_event": "R7 event",
}
_COUNTS = frozenset({"losses_in_row", "max_positions"})
_SHARES = frozenset({"max_day_loss_ppm"})


def limit_field(use: LimitUse) -> str:
    """Return a limit as it stands in its field: dollars, percent, a count, or off."""
    if not use.amount or use.setting in _COUNTS:
        return str(use.amount or "off")
    return _percent(use.amount) if use.setting in _SHARES else fixed_text(use.amount, 6)


def limit_words(use: LimitUse) -> str:
    """Say a limit: as it is set, and what that comes to in dollars."""
    if use.setting not in _SHARES or not use.amount:
        return use.limit
    return f"{_percent(use.amount)} = {use.limit}" if use.most else _percent(use.amount)


def use_words(use: LimitUse) -> str:
    """Say how much of a limit is used."""
    return f"{use.value} of {limit_words(use)}" if use.amount else f"{use.value}, no limit"


def parse_limit(use: LimitUse, text: str) -> int:
    """Read what was typed for a limit: dollars (`250`, `$2.50`), percent or a count; `off` is 0.

    Raises:
        ValueError: it is none of them, with what would be.
    """
    words = text.strip().lower().replace(" ", "").replace(",", "")
    if words == "off":
        return 0
    if use.setting in _COUNTS:
        if words.isascii() and words.isdigit() and len(words) <= 4:
            return int(words)
        raise ValueError("a whole number is needed, or off")
    if use.setting in _SHARES:
        share = _number(words.removesuffix("%"), 4)
        if not 0 <= share <= PPM:
            raise ValueError("percent of the day's first equity are needed, like 5 or 2.5%, or off")
        return share
    value = _number(words.removeprefix("$"), 6)
    if value < 0:
        raise ValueError("dollars are needed, like 250 or 2.50, or off")
    return value


def _number(words: str, digits: int) -> int:
    try:
        return parse_fixed(words, digits)
    except ValueError:
        return -1


def is_raise(use: LimitUse, change: ChangeLimit) -> bool:
    """Tell whether more would pass than does; such a change asks for a word."""
    return (change.value == 0, change.value) > (use.amount == 0, use.amount)


def raise_lines(use: LimitUse, change: ChangeLimit) -> list[str]:
    """Say what a looser limit means, before the word for it."""
    after = value_text(change.name, change.value)
    return [
        f"{use.rule} {use.name}: from {limit_words(use)} to {after}.",
        f"{use.value} of it is used now. It lasts until pmterm is left.",
    ]


def value_text(name: str, value: int) -> str:
    """Write a limit's value."""
    if not value:
        return "off"
    if name in _SHARES:
        return _percent(value)
    return str(value) if name in _COUNTS else cash_text(value)


def _percent(ppm: int) -> str:
    return f"{fixed_text(ppm, 4)}%"


def changed_text(changed: LimitChanged) -> str:
    """Say that a limit is another now."""
    before, after = (value_text(changed.name, v) for v in (changed.before, changed.after))
    return f"Limit {_NAMES.get(changed.name, changed.name)} is {after} now, was {before}"
