"""The backtest screen: choose recordings, strategies and parameters, run, look at the trades."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import Screen
from textual.widgets import Input, Static

from pmterm.model.errors import PmtermError
from pmterm.tui.bench import Bench
from pmterm.tui.keys import BENCH, BENCH_ANYWHERE, BENCH_SCOPE, bindings_of
from pmterm.tui.pressure import is_behind
from pmterm.tui.render.cells import inert, plain
from pmterm.tui.render.look import Look
from pmterm.tui.screens.help import HelpScreen
from pmterm.tui.widgets.bench import Choices, Equity, Names, Progress, Recordings, Trades
from pmterm.tui.widgets.lines import Lines, ListLines
from pmterm.tui.widgets.menu import Menu
from pmterm.views.bench import Jump, Phase, RunView
from pmterm.views.board import Board

UPDATE_S = 0.25
PARTS = ("recordings", "strategies", "parameters", "trades")
LEFT = ("recordings", "strategies", "parameters")


class BenchScreen(Screen[None]):
    """Everything a backtest needs, side by side; on a narrow terminal one side at a time."""

    CSS = """
    BenchScreen { layout: vertical; background: $background; color: $foreground; }
    BenchScreen #body { height: 1fr; }
    BenchScreen #setup { width: 31; margin-right: 1; }
    BenchScreen #found { width: 1fr; }
    BenchScreen #recordings { height: 1fr; }
    BenchScreen #strategies { height: 6; }
    BenchScreen #parameters { height: 1; background: $panel; border: none; padding: 0 1; }
    BenchScreen #parameters:focus { background: $cursor; }
    BenchScreen #told { height: 4; color: $dim; }
    BenchScreen #told.-wrong { color: $error; }
    BenchScreen #run { height: 6; }
    BenchScreen #equity { height: 1fr; }
    BenchScreen #trades { height: 1fr; }
    BenchScreen Menu { height: 1; background: $panel; }
    BenchScreen.-wide #setup { width: 40; }
    BenchScreen.-huge #setup { width: 74; }
    BenchScreen.-wide #run, BenchScreen.-huge #run { height: 9; }
    BenchScreen.-one.-left #found { display: none; }
    BenchScreen.-one.-left #setup { width: 1fr; margin: 0; }
    BenchScreen.-one.-right #setup { display: none; }
    BenchScreen.-short #told, BenchScreen.-flat #told { height: 1; }
    BenchScreen.-short #equity, BenchScreen.-flat #equity { display: none; }
    BenchScreen.-flat #run { height: 2; }
    BenchScreen.-flat #strategies { height: 3; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(BENCH)]
    AUTO_FOCUS = "#recordings"

    def __init__(self, bench: Bench, look: Look) -> None:
        super().__init__()
        self._bench = bench
        self.look = look
        self._notice = self._told = ""
        self._phase = Phase.IDLE

    def compose(self) -> ComposeResult:
        """Lay out both sides."""
        with Horizontal(id="body"):
            with Vertical(id="setup"):
                yield Recordings(id="recordings")
                yield Names(id="strategies")
                yield Input(
                    self._bench.choice.parameters,
                    placeholder="name=value, as below",
                    id="parameters",
                    compact=True,
                )
                yield Static("", id="told", markup=False)
            with Vertical(id="found"):
                yield Progress(id="run")
                yield Equity(id="equity")
                yield Trades(id="trades")
        yield Menu(id="menu")

    def on_mount(self) -> None:
        """Show what is there, and keep it true."""
        self.query_one("#parameters", Input).cursor_blink = False
        trades = self.query_one(Trades)
        trades.cursor = self._bench.choice.trade
        self._phase = self._bench.run().phase
        self._arrange()
        self._update()
        self.set_interval(UPDATE_S, self._update)
        if self._bench.run().result.trades:
            trades.focus()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._arrange)

    def on_descendant_focus(self) -> None:
        """Show the side that has the keys."""
        self._arrange()

    def _arrange(self) -> None:
        part = self._part()
        self.set_class(self.app.size.width < 80, "-one")
        self.set_class(part in LEFT, "-left")
        self.set_class(part not in LEFT, "-right")
        self.call_after_refresh(self._update)

    def _part(self) -> str:
        focused = self.focused
        return focused.id if focused is not None and focused.id in PARTS else PARTS[0]

    def _update(self) -> None:
        if is_behind(self.app):
            return
        view = self._bench.run()
        if self._phase.is_busy and not view.phase.is_busy and view.result.trades:
            self.query_one(Trades).focus()
        self._phase = view.phase
        self._show(view)

    def _show(self, view: RunView) -> None:
        choice = self._bench.choice
        recordings, names = self.query_one(Recordings), self.query_one(Names)
        recordings.rows = self._bench.recordings()
        recordings.chosen = frozenset(choice.paths)
        recordings.empty = f"No recordings in {self._bench.folder()}: pmterm record makes them."
        names.rows, names.chosen = self._bench.strategies(), frozenset(choice.strategies)
        trades = self.query_one(Trades)
        trades.rows = view.result.trades
        progress, equity = self.query_one(Progress), self.query_one(Equity)
        progress.view = equity.view = view
        self.query_one(Menu).words = self._notice
        for panel in self.query(Lines):
            panel.show(Board(), self.look)
        self._tell_parameters()

    def _tell_parameters(self) -> None:
        told, text = self.query_one("#told", Static), self.query_one("#parameters", Input).value
        wrong = self._bench.wrong(text)
        chosen = [n for n in self._bench.strategies() if n in self._bench.choice.strategies]
        words = wrong or "  ".join(self._bench.usual(name) for name in chosen)
        words = words or "With no strategy chosen nothing trades: signals are still counted."
        if words != self._told:  # what has not changed is not written again
            self._told = words
            told.set_class(bool(wrong), "-wrong")
            told.update(plain(inert(words)) if self.look.is_ascii else inert(words))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Read the parameters as they are typed."""
        self._bench.choice.parameters = event.value
        self._tell_parameters()

    def on_input_submitted(self) -> None:
        """Enter in the parameters runs."""
        self.action_run()

    def on_list_lines_picked(self, event: ListLines.Picked) -> None:
        """Choose a row, or look at a trade in the replay."""
        if isinstance(event.lines, Trades):
            self._look_at(event.lines)
        else:
            self.action_choose()

    def _look_at(self, trades: Trades) -> None:
        row = trades.row()
        if self._bench.run().phase.is_busy:
            self.tell("it runs: esc stops it, then a trade can be looked at")
        elif row is not None:
            self._bench.choice.trade = trades.cursor
            self.app.exit(Jump(row.path, row.market, row.seen_from))

    def action_pick(self) -> None:
        """Nothing to pick where no list heard it."""

    def action_choose(self) -> None:
        """Choose the row pointed at, or choose it no more."""
        focused = self.focused
        if not isinstance(focused, Choices) or not focused.count():
            return
        choice = self._bench.choice
        if isinstance(focused, Recordings):
            row = focused.rows[focused.cursor]
            if row.wrong:
                self.tell(f"it cannot be played: {row.wrong}")
            else:
                choice.paths ^= {row.path}
        elif isinstance(focused, Names):
            choice.strategies ^= {focused.rows[focused.cursor]}
        self._update()

    def action_choose_all(self) -> None:
        """Choose all recordings that can be played, or none."""
        choice = self._bench.choice
        every = {row.path for row in self._bench.recordings() if not row.wrong}
        choice.paths = set() if choice.paths >= every else every
        self._update()

    def action_run(self) -> None:
        """Play what is chosen."""
        try:
            self._bench.start()
        except PmtermError as error:
            self.tell(f"{error.detail} {error.hint}".strip())
        else:
            self.tell("")
        self._update()

    def action_stop(self) -> None:
        """Go back: out of the parameters, or stop what runs."""
        if self._part() == "parameters":
            self.query_one(Recordings).focus()
        elif self._bench.run().phase.is_busy:
            self._bench.stop()
            self.tell("stopping: what was found stays")
        else:
            self.tell("nothing runs; ctrl+q quits")
        self._update()

    def action_parameters(self) -> None:
        """Type parameters."""
        self.query_one("#parameters", Input).focus()

    def action_panel(self, step: int) -> None:
        """Go to the next part."""
        place = (PARTS.index(self._part()) + step) % len(PARTS)
        self.query_one(f"#{PARTS[place]}").focus()

    def action_units(self) -> None:
        """Cents, dollars, percent."""
        self.look = Look(unit=self.look.unit.following, is_ascii=self.look.is_ascii)
        self._update()

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(
            HelpScreen(Board(), self.look, [(BENCH_SCOPE, [*BENCH, *BENCH_ANYWHERE])])
        )

    def tell(self, words: str) -> None:
        """Say something at the foot until something else is said."""
        self._notice = words
        menu = self.query_one(Menu)
        menu.words = words
        menu.redraw()
