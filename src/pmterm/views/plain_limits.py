"""The risk limits in the plain mode: listed by `limits`, changed by `limits R1 250`."""

from collections.abc import Sequence

from pmterm.messages.commands import ChangeLimit
from pmterm.model.errors import UsageWrong
from pmterm.model.readings import LimitUse
from pmterm.views.limits import RAISE, is_raise, parse_limit, raise_lines, use_words

__all__ = ["RAISE", "limit_lines", "read_limit"]

HINT = "limits R1 250, limits R3 5%, limits R7 off"


def limit_lines(uses: Sequence[LimitUse]) -> list[str]:
    """Say each limit: how much of it is used."""
    return [f"{use.rule} {use.name}: {use_words(use)}" for use in uses]


def read_limit(words: Sequence[str], uses: Sequence[LimitUse]) -> tuple[ChangeLimit, list[str]]:
    """Read `R1 250`: the change, and what it means where it needs the word `raise` first.

    Raises:
        UsageWrong: there is no such limit, or its number does not read.
    """
    if len(words) != 2:
        raise UsageWrong(f"not understood: limits {' '.join(words)[:40]!r}.", f"Try: {HINT}")
    rule, number = words
    use = _meant(rule, number, uses)
    try:
        change = ChangeLimit(0, use.setting, parse_limit(use, number))
    except ValueError as wrong:
        raise UsageWrong(f"{use.rule} {use.name}: {wrong}.", f"Try: {HINT}") from wrong
    return change, raise_lines(use, change) if is_raise(use, change) else []


def _meant(rule: str, number: str, uses: Sequence[LimitUse]) -> LimitUse:
    """Return the limit of a rule: of two the one in percent if the number is.

    What is switched off is the one of them that counts.
    """
    found = [use for use in uses if use.rule == rule.upper()]
    if not found:
        known = ", ".join(dict.fromkeys(use.rule for use in uses))
        raise UsageWrong(f"no limit is called {rule[:20]!r}.", f"There are {known}.")
    if number == "off":
        return next((use for use in found if use.counts), found[0])
    is_share = number.endswith("%")
    return next((use for use in found if use.name.endswith("%") is is_share), found[0])
