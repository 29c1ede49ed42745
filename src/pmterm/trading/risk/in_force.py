"""The limits in force: those of the settings, and what a person changed of them while it ran."""

from typing import Final

import msgspec

from pmterm.messages.commands import ChangeLimit
from pmterm.messages.orders import LimitChanged, Refused
from pmterm.model.ids import MarketId, OrderId
from pmterm.trading.risk.limits import Limits

CHANGEABLE: Final = (
    "max_position",
    "max_total",
    "max_day_loss",
    "max_day_loss_ppm",
    "max_event",
    "losses_in_row",
    "max_positions",
)


class InForce:
    """Keeps `now`, the limits that count. A raise ends with its session, a lowering does not.

    Journals tell no settings: after a restart the tighter counts of what the settings say and what
    was in force.
    """

    def __init__(self, settings: Limits) -> None:
        self._settings = settings
        self.now = settings

    def started(self) -> None:
        """Begin a session: what was raised goes back to the settings."""
        tighter = {
            name: min(_both(self._settings, self.now, name), key=_rank) for name in CHANGEABLE
        }
        self.now = msgspec.structs.replace(self.now, **tighter)

    def changed(self, changed: LimitChanged) -> None:
        """Take a change."""
        if changed.name in CHANGEABLE:
            self.now = msgspec.structs.replace(self.now, **{changed.name: changed.after})

    def change(self, command: ChangeLimit) -> LimitChanged | Refused:
        """Do what a person asks for, or say why not."""
        value, limit, remedy = self._why_not(command)
        if remedy:
            nowhere = (OrderId(""), MarketId(""))
            return Refused(command.at, *nowhere, "limit", value, limit, remedy)
        before = int(getattr(self.now, command.name))
        changed = LimitChanged(command.at, command.name, before, command.value)
        self.changed(changed)
        return changed

    def _why_not(self, command: ChangeLimit) -> tuple[str, str, str]:
        if command.name not in CHANGEABLE:
            return command.name, "a limit that can be changed", "set it in the settings file"
        if command.value < 0:
            return str(command.value), "0 (off) or above", "give another number"
        if is_looser(getattr(self.now, command.name), command.value) and not command.confirmed:
            return "a looser limit", "a person's typed word", "confirm it"
        return "", "", ""


def is_looser(before: int, after: int) -> bool:
    """Tell whether a limit lets more through than it did; 0 is off."""
    return _rank(after) > _rank(before)


def _both(one: Limits, other: Limits, name: str) -> tuple[int, int]:
    return int(getattr(one, name)), int(getattr(other, name))


def _rank(value: int) -> tuple[bool, int]:
    return (value == 0, value)
