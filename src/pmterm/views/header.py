"""What stands at the top of every screen, and the small things said at its foot."""

import msgspec

from pmterm.messages.accounts import Mode
from pmterm.model.order import GateState
from pmterm.model.units import Ns
from pmterm.views.health import FeedLamp


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
