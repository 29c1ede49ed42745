"""Asks: are you sure? Only where something moves that cannot be taken back."""

from textual.app import ComposeResult
from textual.widgets import Input, Static

from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand, Word
from pmterm.views.board import Board


class ConfirmScreen(Dialog[bool]):
    """Shows what will happen; a typed word does it, escape goes back."""

    def __init__(
        self, board: Board, look: Look, hand: Hand, *, title: str, lines: list[str], word: str
    ) -> None:
        super().__init__(board, look)
        self._hand = hand
        self.heading = title
        self._said = lines
        self._word = word
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out the question."""
        yield Static(self.told(self.heading), classes="head", markup=False)
        text = "\n".join(self.told(line) for line in self._said)
        yield Static(text, classes="detail", markup=False)
        yield from self.prompt(
            f"Type {self._word} and press enter; esc goes back.", f"{self._word} + enter"
        )
        yield Word(compact=True)

    def opened(self) -> None:
        """Wait for the word."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the word; anything else is asked again."""
        if event.value.strip().lower() != self._word:
            event.input.value = ""
        elif self._hand.means("confirm"):
            self.close(True)  # noqa: FBT003  # Textual's result of a screen is positional
