"""What stands at the top of every screen, and the small things said at its foot."""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.messages.accounts import Mode
from pmterm.model.order import GateState
from pmterm.model.units import Ns
from pmterm.views.health import FeedLamp

AT_ONCE: Final = 3  # small matters told in one toast


class ReplayStatus(msgspec.Struct, frozen=True):
    """Where a replay stands. `speed_milli` is a thousandth of real speed; times within the file."""

    name: str
    speed_milli: int
    is_paused: bool
    position: Ns
    duration: Ns
    is_over: bool = False


class Toast(msgspec.Struct, frozen=True):
    """Something to tell once: `id` counts up; severity is information, warning or error."""

    id: int
    severity: str
    text: str


def grouped(news: Sequence[Toast]) -> list[tuple[str, tuple[str, ...]]]:
    """Return (severity, lines) of what to raise for news that came at once.

    Small matters share one toast, so that they do not cover the screen: an order that walks the
    book fills in many parts within one beat.
    """
    small = [toast.text for toast in news if toast.severity == "information"]
    raised: list[tuple[str, tuple[str, ...]]]
    raised = [(toast.severity, (toast.text,)) for toast in news if toast.severity != "information"]
    if not small:
        return raised
    left = len(small) - AT_ONCE
    more = (f"and {left} more: F9",) if left > 0 else ()
    return [*raised, ("information", (*small[:AT_ONCE], *more))]


class Outcome(msgspec.Struct, frozen=True):
    """What became of the last thing asked for. `tone` is good, bad or plain."""

    at: Ns
    text: str
    order: str = ""
    tone: str = "plain"


class HeaderView(msgspec.Struct, frozen=True):
    """Mode, gate, lamps."""

    mode: Mode = Mode.PAPER
    session: str = ""
    gate: GateState = GateState.ACTIVE
    gate_reason: str = ""
    lamps: tuple[FeedLamp, ...] = ()
    replay: ReplayStatus | None = None
