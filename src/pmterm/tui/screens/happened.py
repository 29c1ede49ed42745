"""Says what happened in the game: a list of what exits wait for, and free words."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from pmterm.model.text import clean_text
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand
from pmterm.views.board import Board

MOST = 8


class HappenedScreen(Dialog[str]):
    """Words typed, or with none of them the one pointed at; enter says it."""

    DEFAULT_CSS = "HappenedScreen #waiting { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
    ]

    def __init__(self, board: Board, look: Look, hand: Hand, said: list[str]) -> None:
        super().__init__(board, look)
        self._hand = hand
        waited = [one.exits.event for one in board.standing.guarded.values() if one.exits.event]
        self._waited = set(waited)
        self._known = list(dict.fromkeys([*waited, *said]))[:MOST]
        self._cursor = 0
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out the list and the words."""
        yield Static("WHAT HAPPENED?", classes="head", markup=False)
        yield Static("", id="waiting", markup=False)
        yield from self.prompt("Words, or up and down; enter says it.", "words + enter")
        yield Input(placeholder="map loss", compact=True, max_length=40)

    def on_mount(self) -> None:
        """Wait for words."""
        super().on_mount()
        self.query_one(Input).focus()
        self._draw()

    def _draw(self) -> None:
        rows = [
            f"{'>' if index == self._cursor else ' '} {self.told(event)}"
            f"{'  closes a position' if event in self._waited else ''}"
            for index, event in enumerate(self._known)
        ]
        text = "\n".join(rows) or "No exit waits for anything: type what happened."
        self.query_one("#waiting", Static).update(text)

    def action_move(self, step: int) -> None:
        """Point at the next one."""
        self._cursor = min(max(self._cursor + step, 0), max(len(self._known) - 1, 0))
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Say it."""
        typed = clean_text(event.value, 40)
        words = typed or (self._known[self._cursor] if self._known else "")
        if words and self._hand.means("happened"):
            self.close(words)
