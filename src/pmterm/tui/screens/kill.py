"""Stands there while everything is being cancelled: how much of it is proved."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from pmterm.model.order import GateState
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog
from pmterm.views.banner import brief_state
from pmterm.views.board import Board
from pmterm.views.stopping import kill_lines

UPDATE_S = 0.25


class KillScreen(Dialog[None]):
    """Trading is halted already; ctrl+k again offers to flatten, R to resume, each by a word."""

    DEFAULT_CSS = "KillScreen > .box { border: heavy $error; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("R", "resume", show=False)]

    def __init__(self, read: Callable[[], Board], look: Look, resume: Callable[[], None]) -> None:
        super().__init__(read(), look)
        self._read = read
        self._resume = resume

    def box(self) -> ComposeResult:
        """Lay out what is known."""
        yield Static("", id="head", classes="head", markup=False)
        yield Static("", id="told", classes="detail", markup=False)
        yield from self.prompt(
            "^k again: sell all, by a word   R: resume   esc: back", "^k flatten R resume"
        )

    def opened(self) -> None:
        """Keep it true."""
        self._update()
        self.set_interval(UPDATE_S, self._update)

    def _update(self) -> None:
        board = self._read()
        if board.header.gate is GateState.HALTED:
            head = "KILLED" if not board.live.kill.left else f"{brief_state(board)} proved"
        else:
            head = "KILLING: halting…"
        self.query_one("#head", Static).update(self.told(head))
        lines = [self.told(line) for line in kill_lines(board)]
        self.query_one("#told", Static).update("\n".join(lines))

    def action_resume(self) -> None:
        """Ask for the word that lets orders through again."""
        self.close(None)
        self._resume()
