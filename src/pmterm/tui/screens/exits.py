"""The exits of one position in a form: what guards it, and what that would bring."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, Label, Static

from pmterm.messages.strategy import SetExits
from pmterm.model.units import Ns
from pmterm.tui.desk import Desk
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand
from pmterm.views.exit_form import FieldWrong, Guardable, fields_of, read_fields, touch_of
from pmterm.views.exit_meanings import Held, Meaning, meanings, wrong_field
from pmterm.views.figures import price_text, qty_text
from pmterm.views.news import tick_of

UPDATE_S = 0.25
_LABELS = {
    "target": "target",
    "stop": "stop",
    "trail": "trail",
    "seconds": "after s",
    "event": "on",
}


class ExitsScreen(Dialog[SetExits]):
    """A field for every exit and beside it what it would do; enter sets them.

    What would close the position at once is not sent: closing has a key of its own.
    """

    DEFAULT_CSS = """
    ExitsScreen Horizontal { height: 1; }
    ExitsScreen Label { width: 8; color: $dim; padding-right: 1; }
    ExitsScreen Input { width: 13; margin-right: 1; }
    ExitsScreen .means { width: 1fr; height: 1; color: $dim; text-wrap: nowrap; }
    ExitsScreen .-wrong { color: $error; }
    ExitsScreen #told { dock: top; display: none; color: $dim; }
    ExitsScreen #told.-wrong { color: $error; }
    ExitsScreen.-narrow .means, ExitsScreen.-tiny .means { display: none; }
    ExitsScreen.-narrow #told { display: block; height: 2; }
    ExitsScreen.-tiny #told { display: block; height: 1; }
    ExitsScreen Button { min-width: 6; margin-right: 2; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the box, which would scroll where it is higher than the pane.
        Binding("down", "app.focus_next", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False, priority=True),
    ]

    def __init__(self, desk: Desk, look: Look, hand: Hand, held: Guardable) -> None:
        board = desk.board()
        super().__init__(board, look)
        self._desk = desk
        self._hand = hand
        self._held = held
        guarded = board.standing.guarded.get(held.market.id)
        self._stands = guarded is not None and guarded.fired is None
        self._best = guarded.exits.best if guarded is not None and self._stands else 0
        self._until: Ns = guarded.exits.until if guarded is not None else 0
        self._thesis = guarded.exits.thesis if guarded is not None else False
        usual = board.standing.usual_long if held.is_long else board.standing.usual_short
        now = touch_of(board.ladder, is_long=held.is_long)
        self._start = fields_of(guarded, usual, held, now, at=board.at, unit=look.unit)
        self._said: dict[str, Meaning] = {}
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out what is held, the fields, and what they come to."""
        held, unit = self._held, self.look.unit
        outcome = held.market.outcomes[0].name
        way = "" if held.is_long else "short "
        average = price_text(held.average, unit, tick_of(held.average))
        head = f"EXITS of {way}{qty_text(abs(held.qty))} {outcome} at {average}"
        yield Static("", id="told", markup=False)
        yield Static(self.told(head), classes="head", markup=False)
        for name in _LABELS:
            yield from self._field(name)
        yield Button(self._thesis_label(), id="thesis", compact=True)
        hint = "45 or 0.45 is 45 cents, 8% of what was paid; empty: none. Before fees."
        yield Static(hint, classes="detail", markup=False)
        with Horizontal():
            yield Button("Set", id="set", compact=True)
            yield Button("Take all away", id="off", compact=True, disabled=not self._stands)
            yield Button("Back", id="back", compact=True)
        yield from self.prompt("enter sets them   tab next field   esc goes back", "enter sets")

    def _field(self, name: str) -> ComposeResult:
        with Horizontal():
            yield Label(_LABELS[name])
            yield Input(self.told(self._start[name]), id=name, compact=True)
            yield Static("", id=f"means-{name}", classes="means", markup=False)

    def _thesis_label(self) -> str:
        state = "ON" if self._thesis else "off"
        return f"thesis {state}: closes when a THESIS signal says its reason is gone"

    def on_mount(self) -> None:
        """Start in the target."""
        super().on_mount()
        self.query_one("#target", Input).focus()
        self._update()
        self.set_interval(UPDATE_S, self._update)

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
        elif event.button.id == "off" and self._hand.means("exits"):
            self.close(SetExits(0, self._held.market.id))
        elif event.button.id == "back":
            self.close(None)

    def _fields(self) -> dict[str, str]:
        return {name: self.query_one(f"#{name}", Input).value for name in _LABELS}

    def _kept(self, fields: dict[str, str]) -> Ns:
        """Return until when they last where the seconds were left as they were, else 0."""
        return self._until if fields["seconds"] == self._start["seconds"] else 0

    def _update(self) -> None:
        """Say beside each field what it would do as the book stands now."""
        board, fields = self._desk.board(), self._fields()
        now = touch_of(board.ladder, is_long=self._held.is_long)
        held = Held(self._held, now, board.at, self.look.unit, self._best, until=self._kept(fields))
        found = meanings(fields, held)
        for name, meaning in found.items():
            if self._said.get(name) != meaning:
                beside = self.query_one(f"#means-{name}", Static)
                beside.set_class(meaning.is_wrong, "-wrong")
                beside.update(self.told(meaning.words))
        self._said = found
        self._tell_one()

    def on_descendant_focus(self) -> None:
        """Say what the field that has the keys would do, where there is no room beside it."""
        self._tell_one()

    def _tell_one(self) -> None:
        name = self.focused.id if self.focused is not None else None
        meaning = self._said.get(name or "", Meaning(""))
        told = self.query_one("#told", Static)
        told.set_class(meaning.is_wrong, "-wrong")
        told.update(self.told(meaning.words))

    def _set(self) -> None:
        self._update()
        wrong = wrong_field(self._said)
        if wrong:
            self.query_one(f"#{wrong}", Input).focus()
            return
        fields = self._fields()
        now = touch_of(self._desk.board().ladder, is_long=self._held.is_long)
        try:
            wish = read_fields(
                fields,
                self._held,
                now.fine_tick(self._held.market, self.look.unit),
                thesis=self._thesis,
                until=self._kept(fields),
            )
        except FieldWrong:
            return
        if self._hand.means("exits"):
            self.close(wish)
