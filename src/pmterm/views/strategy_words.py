"""What strategies and exits do, in one line each."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pmterm.messages.base import Message
from pmterm.messages.strategy import (
    ExitFired,
    ExitKind,
    Exits,
    ExitsGone,
    ModeSet,
    RecordKnown,
    StrategyFailed,
    Suggested,
)
from pmterm.model.units import SECOND, Price, fixed_text, price_text
from pmterm.views.figures import qty_text
from pmterm.views.worth import ENOUGH

_KINDS = {
    ExitKind.TARGET: "target reached",
    ExitKind.STOP: "stopped out",
    ExitKind.TRAILING: "trailing stop",
    ExitKind.TIMEOUT: "time is up",
    ExitKind.EVENT: "what it waited for happened",
    ExitKind.THESIS: "its reason is gone",
}


def exits_text(exits: Exits) -> str:
    """Say what guards a position."""
    left = max(0, exits.until - exits.at) // SECOND
    begun = f" from {price_text(exits.best)}" if exits.best else ""
    parts = (
        (exits.target, f"target {price_text(exits.target)}"),
        (exits.stop, f"stop {price_text(exits.stop)}"),
        (exits.trail, f"trail {price_text(exits.trail)}{begun}"),
        (exits.until, f"after {left} s"),
        (exits.event, f"on {exits.event}"),
        (exits.thesis, "thesis"),
    )
    return ", ".join(text for is_set, text in parts if is_set)


def suggestion_text(one: Suggested, write: Callable[[Price], str] = price_text) -> str:
    """Say what a strategy would do, and what keeps it from acting; `write` writes prices."""
    exits = [
        f"{name} {write(price)}"
        for name, price in (("target", one.target), ("stop", one.stop), ("trail", one.trail))
        if price
    ]
    if one.lasts_s:
        exits.append(f"after {one.lasts_s} s")
    lacks = f" ({one.missing})" if one.missing else ""
    what = f"{one.side} {qty_text(one.qty)} at {write(one.price)}"
    return f"{one.strategy} would {what}, {', '.join(exits)}{lacks}"


def fired_text(fired: ExitFired) -> str:
    """Say why a position is being closed."""
    at = f" at {price_text(fired.price)}" if fired.price else ""
    return f"{_KINDS[fired.kind]}{at}"


def record_text(record: RecordKnown) -> str:
    """Say what a strategy has shown; never a share without its n, nothing of too few."""
    if record.held_out < ENOUGH:
        few = f"not known (n {record.held_out} of {ENOUGH} held-out signals)"
        return f"{record.strategy}: {few}, {record.live_trades} live"
    net, low, high = (
        fixed_text(cash, 6, at_least=2) for cash in (record.net, record.net_low, record.net_high)
    )
    seen = f" ({record.sources})" if record.sources else ""
    return (
        f"{record.strategy}: {record.won} of {record.held_out} held-out signals won{seen},"
        f" {net} a contract ({low} to {high}), {record.live_trades} live"
    )


def mode_text(told: ModeSet) -> str:
    """Say what a strategy may do from now on."""
    return f"{told.strategy} {told.mode}{f' ({told.reason})' if told.reason else ''}"


# One line of the plain mode per type.
STRATEGY_LINES: Final[Mapping[type[Message], Callable[[Any], str]]] = {
    ModeSet: lambda m: f"mode {mode_text(m)}",
    RecordKnown: lambda m: f"record {record_text(m)}",
    Suggested: lambda m: f"suggests {m.id} {m.market} {suggestion_text(m)}; take {m.id}",
    StrategyFailed: lambda m: f"strategy {m.strategy} broke and is off: {m.reason}",
    Exits: lambda m: f"exits {m.market} {exits_text(m)}",
    ExitFired: lambda m: f"exit {m.market} {fired_text(m)}",
    ExitsGone: lambda m: f"exits {m.market} gone: {m.reason}",
}

# What the screen's log says, and how loud.
STRATEGY_NEWS: Final[Mapping[type[Message], tuple[str, Callable[[Any], str]]]] = {
    ModeSet: ("information", lambda m: f"Strategy {mode_text(m)}"),
    Suggested: ("information", lambda m: suggestion_text(m).capitalize()),
    StrategyFailed: ("error", lambda m: f"Strategy {m.strategy} broke and is off: {m.reason}"),
}
