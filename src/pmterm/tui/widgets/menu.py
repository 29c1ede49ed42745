"""Draws the keys of the backtest screen, or what was just said."""

from collections.abc import Sequence

from pmterm.tui.keys import BENCH, BENCH_ANYWHERE, Key
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import Lines, Row


class Menu(Lines):
    """One line at the foot."""

    can_focus = False
    is_titled = False
    words = ""
    keys: Sequence[Key] = (*BENCH, *BENCH_ANYWHERE)

    def body(self, width: int, height: int) -> list[Row]:  # noqa: ARG002  # one line
        """Return what was said, else the keys."""
        if self.words:
            return [((fit(f" {self.words}", width), "warn"),)]
        parts: list[tuple[str, str]] = []
        room = width
        for key in self.keys:
            need = len(key.label) + len(key.short) + 3
            if key.short and need <= room:
                parts += [(f" {key.label}", "key"), (f" {key.short} ", "plain")]
                room -= need
        return [tuple(parts)]
