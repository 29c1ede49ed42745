"""Draws the keys of the backtest screen, or what was just said."""

from pmterm.tui.keys import BENCH, BENCH_ANYWHERE
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import Lines, Row


class Menu(Lines):
    """One line at the foot."""

    can_focus = False
    is_titled = False
    words = ""

    def body(self, width: int, height: int) -> list[Row]:  # noqa: ARG002  # one line
        """Return what was said, else the keys."""
        if self.words:
            return [((fit(f" {self.words}", width), "warn"),)]
        parts: list[tuple[str, str]] = []
        room = width
        for key in (*BENCH, *BENCH_ANYWHERE):
            need = len(key.label) + len(key.short) + 3
            if key.short and need <= room:
                parts += [(f" {key.label}", "key"), (f" {key.short} ", "plain")]
                room -= need
        return [tuple(parts)]
