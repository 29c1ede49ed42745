"""The exits of one position in a form: what guards it, and what that would bring."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, Static

from pmterm.messages.strategy import SetExits
from pmterm.model.units import Ns
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand
from pmterm.views.board import Board
from pmterm.views.exit_form import FieldWrong, Guardable, fields_of, preview, read_fields
from pmterm.views.figures import price_text, qty_text
from pmterm.views.news import tick_of

_LABELS = {
    "target": "target",
    "stop": "stop",
    "trail": "trail",
    "seconds": "after s",
    "event": "on",
}


class ExitsScreen(Dialog[SetExits]):
    """Fields for every exit; enter sets them, the button takes all away."""

    DEFAULT_CSS = """
    ExitsScreen Horizontal { height: 1; }
    ExitsScreen Label { width: auto; color: $dim; padding-right: 1; }
    ExitsScreen .short { width: 9; margin-right: 1; }
    ExitsScreen #event { width: 22; margin-right: 1; }
    ExitsScreen Button { min-width: 6; margin-right: 2; }
    ExitsScreen #told { height: 1; }
    ExitsScreen #told.-wrong { color: $error; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, board: Board, look: Look, hand: Hand, held: Guardable) -> None:
        super().__init__(board, look)
        self._hand = hand
        self._held = held
        guarded = board.standing.guarded.get(held.market.id)
        self._stands = guarded is not None and guarded.fired is None
        self._until: Ns = guarded.exits.until if guarded is not None else 0
        self._thesis = guarded.exits.thesis if guarded is not None else False
        usual = board.standing.usual_long if held.is_long else board.standing.usual_short
        self._start = fields_of(guarded, usual, board.at, look.unit)
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out what is held, the fields, and what they come to."""
        held, unit = self._held, self.look.unit
        outcome = held.market.outcomes[0].name
        way = "" if held.is_long else "short "
        average = price_text(held.average, unit, tick_of(held.average))
        head = f"EXITS of {way}{qty_text(abs(held.qty))} {outcome} at {average}"
        yield Static(self.told(head), classes="head", markup=False)
        with Horizontal():
            for name in ("target", "stop", "trail"):
                yield from self._field(name)
        with Horizontal():
            yield from self._field("seconds")
            yield from self._field("event")
            yield Button(self._thesis_label(), id="thesis", compact=True)
        yield Static("", id="told", markup=False)
        hint = "Prices as in the book, or 8% of what was paid; empty leaves one out."
        yield Static(hint, classes="detail", markup=False)
        with Horizontal():
            yield Button("Set", id="set", compact=True)
            yield Button("Take all away", id="off", compact=True, disabled=not self._stands)
            yield Button("Back", id="back", compact=True)
        yield from self.prompt("enter sets them   tab next field   esc goes back", "enter sets")

    def _field(self, name: str) -> ComposeResult:
        yield Label(_LABELS[name])
        size = "" if name == "event" else "short"
        yield Input(self.told(self._start[name]), id=name, classes=size, compact=True)

    def _thesis_label(self) -> str:
        return f"thesis {'ON' if self._thesis else 'off'}"

    def on_mount(self) -> None:
        """Start in the target."""
        super().on_mount()
        self.query_one("#target", Input).focus()
        self._update()

    def on_input_changed(self) -> None:
        """Say what it comes to."""
        self._update()

    def on_input_submitted(self) -> None:
        """Enter in a field sets them."""
        self._set()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Set, take away, switch or go back."""
        if event.button.id == "set":
            self._set()
        elif event.button.id == "thesis":
            self._thesis = not self._thesis
            event.button.label = self._thesis_label()
            self._update()
        elif event.button.id == "off" and self._hand.means("exits"):
            self.close(SetExits(0, self._held.market.id))
        elif event.button.id == "back":
            self.close(None)

    def _wish(self) -> SetExits:
        fields = {name: self.query_one(f"#{name}", Input).value for name in _LABELS}
        is_as_it_was = fields["seconds"] == self._start["seconds"]
        until = self._until if is_as_it_was else 0
        return read_fields(fields, self._held, self.look.unit, thesis=self._thesis, until=until)

    def _update(self) -> None:
        said = self.query_one("#told", Static)
        try:
            words, is_wrong = preview(self._wish(), self._held, self.look.unit), False
        except FieldWrong as wrong:
            words, is_wrong = str(wrong), True
        said.set_class(is_wrong, "-wrong")
        said.update(self.told(words))

    def _set(self) -> None:
        try:
            wish = self._wish()
        except FieldWrong:
            return
        if self._hand.means("exits"):
            self.close(wish)
