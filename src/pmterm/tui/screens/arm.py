"""Asks for the word that lets live orders pass: where, how long, how much."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from pmterm.messages.commands import Arm
from pmterm.model.market import Market
from pmterm.model.units import CASH_ONE, Qty, parse_fixed
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand, Word
from pmterm.views.board import Board

WORD = "arm"
MINUTES = 5
MOST_MINUTES = 60


class ArmScreen(Dialog[Arm]):
    """Names the market and the venue's id of it; the word `arm` and enter arm for some minutes.

    The cap per order starts at what `size` contracts can cost at most, a dollar each.
    """

    DEFAULT_CSS = """
    ArmScreen Horizontal { height: 1; }
    ArmScreen Label { width: auto; color: $dim; padding-right: 1; }
    ArmScreen .short { width: 10; margin-right: 2; }
    ArmScreen #wrong { color: $error; height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, board: Board, look: Look, hand: Hand, market: Market, size: Qty) -> None:
        super().__init__(board, look)
        self._hand = hand
        self._market = market
        self._cap = max(-(-size // CASH_ONE), 1)
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out what it means, the fields, and the word."""
        market = self._market
        yield Static("ARM LIVE ORDERS", classes="head", markup=False)
        lines = [
            market.title,
            f"on {market.venue}: {market.id}",
            "Orders pass in this market only. b and s send at once, without a ticket.",
        ]
        text = "\n".join(self.told(line) for line in lines)
        yield Static(text, classes="detail", markup=False)
        with Horizontal(classes="detail"):
            yield Label("minutes")
            yield Input(str(MINUTES), id="minutes", classes="short", compact=True)
            yield Label("most per order $")
            yield Input(str(self._cap), id="cap", classes="short", compact=True)
            yield Label("(empty: none)")
        yield Static("", id="wrong", markup=False)
        yield from self.prompt(f"Type {WORD} and press enter; esc goes back.", f"{WORD} + enter")
        yield Word(id="word", compact=True)

    def opened(self) -> None:
        """Wait for the word."""
        self.query_one("#word", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the word if the fields read; enter in another field goes to the word."""
        if event.input.id != "word":
            self.query_one("#word", Input).focus()
            return
        if event.value.strip().lower() != WORD:
            event.input.value = ""
            return
        wrong = self._wrong()
        if wrong:
            said = self.query_one("#wrong", Static)
            said.update(wrong)
            said.display = True
        elif self._hand.means("arm word"):
            self.close(Arm(0, self._market.id, self._minutes() * 60, self._max_cash()))

    def _wrong(self) -> str:
        if not 1 <= self._minutes() <= MOST_MINUTES:
            return f"Minutes must be a whole number from 1 to {MOST_MINUTES}."
        if self._max_cash() < 0:
            return "The cap must be dollars, like 25 or 7.50, or empty."
        return ""

    def _minutes(self) -> int:
        text = self.query_one("#minutes", Input).value.strip()
        return int(text) if text.isdecimal() and len(text) < 4 else 0

    def _max_cash(self) -> int:
        text = self.query_one("#cap", Input).value.strip()
        if not text:
            return 0
        try:
            cash = parse_fixed(text, 6)
        except ValueError:
            return -1
        return cash if cash > 0 else -1
