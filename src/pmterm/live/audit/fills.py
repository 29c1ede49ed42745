"""I12: every fill counts once, and its settlement goes one way."""

from collections.abc import Callable, Mapping
from typing import Any

from pmterm.live.audit.check import Check
from pmterm.messages.base import Message
from pmterm.messages.orders import Fill, FillMoved
from pmterm.model.ids import FillId
from pmterm.model.order import FillState


class Fills(Check):
    """I12: one fill, one row."""

    name = "I12 fills"
    claim = "every fill is counted once"

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[FillId, FillState] = {}

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what counts a fill or takes it back."""
        return {Fill: self._fill, FillMoved: self._moved}

    def _fill(self, row: int, fill: Fill) -> None:
        self.count += 1
        if fill.id in self._states:
            self.note(row, f"fill {fill.id[:60]} is counted again")
        if fill.qty <= 0:
            self.note(row, f"fill {fill.id[:60]} has no size")
        self._states[fill.id] = fill.state

    def _moved(self, row: int, moved: FillMoved) -> None:
        before = self._states.get(moved.fill)
        if before is None:
            self.note(row, f"fill {moved.fill[:60]} moves and was never counted")
        elif before.is_final:
            self.note(row, f"fill {moved.fill[:60]} was {before} and is {moved.state}")
        self._states[moved.fill] = moved.state
