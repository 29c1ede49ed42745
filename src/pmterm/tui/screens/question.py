"""Asks a person about an order the gate lets through only then."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand, Word
from pmterm.views.board import Board
from pmterm.views.live import Question
from pmterm.views.question import heading, lines_of


class QuestionScreen(Dialog[bool]):
    """Shows order, venue id, cost, worst case and why it asks.

    `y` says yes, or the typed word where it is the first live order; enter alone never does, since
    the enter that sent the ticket may still repeat.
    """

    DEFAULT_CSS = """
    QuestionScreen Horizontal { height: 1; }
    QuestionScreen Button { min-width: 8; margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", show=False),
        Binding("n", "back", show=False),
    ]

    def __init__(self, board: Board, look: Look, hand: Hand, question: Question) -> None:
        super().__init__(board, look)
        self._hand = hand
        self.question = question
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out the order and the ways to answer."""
        question = self.question
        found = [r.market for r in self.board.watched if r.market.id == question.intent.market]
        market = found[0] if found else None
        yield Static(self.told(heading(question, market)), classes="head", markup=False)
        lines = [self.told(line) for line in lines_of(question, market, self.board)]
        yield Static("\n".join(lines), classes="detail", markup=False)
        if question.needs_word:
            yield from self.prompt("Type yes and press enter; esc: no.", "yes + enter")
            yield Word(compact=True)
        else:
            with Horizontal():
                yield Button("y: send it", id="yes", compact=True)
                yield Button("n: no", id="no", compact=True)

    def opened(self) -> None:
        """Point at no."""
        self.query_one("#no" if not self.question.needs_word else Word).focus()

    def action_yes(self) -> None:
        """Send it, if this key was meant for this question."""
        if not self.question.needs_word and self._hand.means("yes"):
            self.close(True)  # noqa: FBT003  # Textual's result of a screen is positional

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the typed yes; anything else is asked again."""
        if event.value.strip().lower() != "yes":
            event.input.value = ""
        elif self._hand.means("yes"):
            self.close(True)  # noqa: FBT003  # Textual's result of a screen is positional

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """A click, or enter on the button that has the focus: that is no, unless moved."""
        if event.button.id == "yes":
            self.action_yes()
        elif self._hand.means("no"):
            self.action_back()
