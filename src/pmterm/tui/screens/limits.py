"""The risk limits while they are in force: what is used of each, and a field to change it."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Label, Static

from pmterm.messages.commands import ChangeLimit
from pmterm.model.readings import LimitUse
from pmterm.tui.desk import Desk
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.cells import fit
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand
from pmterm.views.limits import limit_field, parse_limit, use_words

UPDATE_S = 0.5


class LimitsScreen(Dialog[ChangeLimit]):
    """Lists all limits, also those that are off; enter in a field asks for it to be changed."""

    DEFAULT_CSS = """
    LimitsScreen Horizontal { height: 1; }
    LimitsScreen Label { width: 1fr; }
    LimitsScreen Input { width: 12; }
    LimitsScreen #wrong { color: $error; height: auto; display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, desk: Desk, look: Look, hand: Hand) -> None:
        super().__init__(desk.board(), look)
        self._desk = desk
        self._hand = hand
        hand.moved()

    def box(self) -> ComposeResult:
        """Lay out what a change means, and a row for each limit."""
        yield Static("RISK LIMITS", classes="head", markup=False)
        yield Static(
            "Lowering counts from the next order on, and after a restart, too. Raising, or 0 for "
            "off, asks for a word and lasts until pmterm is left. Nothing that works is cancelled.",
            classes="detail",
            markup=False,
        )
        for use in self.board.health.changeable:
            with Horizontal():
                yield Label(self._words(use), id=f"use-{use.setting}", markup=False)
                yield Input(limit_field(use), id=use.setting, compact=True)
        yield Static("", id="wrong", markup=False)
        yield from self.prompt(
            "Give a new limit and press enter; up and down move; esc goes back.", "enter sets it"
        )

    def opened(self) -> None:
        """Start in the first field, and follow what is used."""
        self.set_interval(UPDATE_S, self._update)

    def _words(self, use: LimitUse) -> str:
        name = fit(f"{use.rule} {use.name}", 19)
        return f"{name}{gauge(use.used_ppm, 8)} {use_words(use)}"

    def _update(self) -> None:
        for use in self._desk.board().health.changeable:
            for label in self.query(f"#use-{use.setting}").results(Label):
                label.update(self._words(use))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close with the change if the field reads."""
        uses = {use.setting: use for use in self._desk.board().health.changeable}
        use = uses.get(event.input.id or "")
        if use is None:
            return
        try:
            value = parse_limit(use, event.value)
        except ValueError as wrong:
            said = self.query_one("#wrong", Static)
            said.update(f"{use.rule} {use.name}: {wrong}.")
            said.display = True
            return
        if self._hand.means("limit"):
            self.close(ChangeLimit(0, use.setting, value))
