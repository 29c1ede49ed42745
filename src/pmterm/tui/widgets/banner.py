"""The red bar over every screen and dialog of a live session; nothing in paper."""

from collections.abc import Sequence
from typing import Any

from textual.screen import Screen

from pmterm.tui.render.cells import fit
from pmterm.tui.render.look import Look
from pmterm.tui.widgets.lines import Lines, Row
from pmterm.views.banner import KILL, NARROW, banner
from pmterm.views.board import Board


class Banner(Lines):
    """Whose money it is, whether orders pass and for how long, the key that stops it all."""

    can_focus = False
    is_titled = False
    DEFAULT_CSS = "Banner { dock: top; height: 1; display: none; background: $live; }"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return one line, or two in a small pane."""
        words = banner(self.board, width)
        if width < NARROW:
            return [((fit(f" {line}", width), "live"),) for line in words][:height]
        return [((fit(f" {words[0]}", width - len(KILL) - 2), "live"), (f" {KILL} ", "live"))]


def frame(screen: Screen[Any], board: Board, look: Look) -> None:
    """Put a screen under the bar and into the frame if the session is live, else out of them."""
    screen.set_class(board.is_live, "-live")
    screen.set_class(look.is_ascii, "-ascii")
    for bar in screen.query(Banner):
        bar.show(board, look)
