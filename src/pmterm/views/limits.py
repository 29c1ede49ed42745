"""A limit of the gate as it is typed and told when a person changes it."""

from pmterm.messages.commands import ChangeLimit
from pmterm.messages.orders import LimitChanged
from pmterm.model.readings import LimitUse
from pmterm.model.units import fixed_text, parse_fixed
from pmterm.views.figures import cash_text

_NAMES = {
    "max_position": "R1 position",
    "max_total": "R2 total",
    "max_day_loss": "R3 day loss",
    "losses_in_row": "R4 losses in a row",
    "max_positions": "R6 positions",
    "max_event": "R7 event",
}
_COUNTS = frozenset({"losses_in_row", "max_positions"})


def limit_field(use: LimitUse) -> str:
    """Return a limit as it stands in its field: dollars, or a count."""
    return fixed_text(use.most, 6) if use.most else use.limit


def parse_limit(use: LimitUse, text: str) -> int:
    """Read what was typed for a limit: dollars (`250`, `$2.50`) or a count; `off` is 0.

    Raises:
        ValueError: it is neither, with what would be.
    """
    words = text.strip().lower().removeprefix("$").replace(" ", "").replace(",", "")
    if words == "off":
        return 0
    if use.setting in _COUNTS:
        if words.isascii() and words.isdigit() and len(words) <= 4:
            return int(words)
        raise ValueError("a whole number is needed, or off")
    try:
        value = parse_fixed(words, 6)
    except ValueError:
        value = -1
    if value < 0:
        raise ValueError("dollars are needed, like 250 or 2.50, or off")
    return value


def is_raise(use: LimitUse, change: ChangeLimit) -> bool:
    """Tell whether more would pass than does; such a change asks for a word."""
    return not change.value or change.value > (use.most or int(use.limit))


def raise_lines(use: LimitUse, change: ChangeLimit) -> list[str]:
    """Say what a looser limit means, before the word for it."""
    after = value_text(change.name, change.value)
    return [
        f"{use.rule} {use.name}: from {use.limit} to {after}.",
        f"{use.value} of it is used now. It lasts until pmterm is left.",
    ]


def value_text(name: str, value: int) -> str:
    """Write a limit's value."""
    if not value:
        return "off"
    return str(value) if name in _COUNTS else cash_text(value)


def changed_text(changed: LimitChanged) -> str:
    """Say that a limit is another now."""
    before, after = (value_text(changed.name, v) for v in (changed.before, changed.after))
    return f"Limit {_NAMES.get(changed.name, changed.name)} is {after} now, was {before}"
