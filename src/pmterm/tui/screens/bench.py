"""The backtest screen: choose recordings, strategies and parameters, run, look at the trades."""

import asyncio
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Key
from textual.screen import Screen
from textual.widgets import Input, Label, Static

from pmterm.model.errors import PmtermError
from pmterm.tui.bench import Bench
from pmterm.tui.keys import BENCH, BENCH_SCOPE, bindings_of
from pmterm.tui.pressure import is_behind
from pmterm.tui.render.cells import inert, plain
from pmterm.tui.render.look import Look
from pmterm.tui.screens.help import HelpScreen
from pmterm.tui.widgets.bench import Choices, Equity, Names, Progress, Recordings, Trades
from pmterm.tui.widgets.lines import ListLines
from pmterm.tui.widgets.menu import Menu
from pmterm.views.bench import Jump, Phase, RunView, recorded_words
from pmterm.views.board import Board

UPDATE_S = 0.25
LEFT = ("recordings", "strategies", "since", "until", "parameters")
PARTS = (*LEFT, "run", "trades")
TYPED = ("since", "until", "parameters")
KEEPS = "counts for good in the records by which strategies go live: K again keeps it"
_TIME = "Strategies act from then on; all before is played. UTC, like 2026-05-13T21:55."


class BenchScreen(Screen[None]):
    """Everything a backtest needs, side by side; on a narrow terminal one side at a time."""

    CSS = """
    BenchScreen { layout: vertical; background: $background; color: $foreground; }
    BenchScreen #body { height: 1fr; }
    BenchScreen #setup { width: 31; margin-right: 1; overflow-y: auto; }
    BenchScreen #setup { scrollbar-size-vertical: 0; }
    BenchScreen #found { width: 1fr; }
    BenchScreen #recordings { height: 1fr; min-height: 3; }
    BenchScreen #strategies { height: 5; }
    BenchScreen .field { height: 1; }
    BenchScreen .field Label { width: 5; color: $dim; }
    BenchScreen .field Input { width: 1fr; background: $panel; border: none; padding: 0 1; }
    BenchScreen .field Input:focus { background: $cursor; }
    BenchScreen #told { height: 4; color: $dim; }
    BenchScreen #told.-wrong { color: $error; }
    BenchScreen #run { height: 7; }
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
    BenchScreen.-at-run #run { height: 2fr; }
    BenchScreen.-at-run #equity { display: none; }
    BenchScreen.-flat #strategies { height: 3; }
    """
    SCOPED_CSS = False  # every rule names the screen, and holds for a subclass, too
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
        yield from self.above()
        with Horizontal(id="body"):
            with Vertical(id="setup"):
                yield Recordings(id="recordings")
                yield Names(id="strategies")
                choice = self._bench.choice
                yield from _field("from", "since", choice.since, "the beginning")
                yield from _field("to", "until", choice.until, "the end")
                yield from _field("set", "parameters", choice.parameters, "name=value, as below")
                yield Static("", id="told", markup=False)
            with Vertical(id="found"):
                yield Progress(id="run")
                yield Equity(id="equity")
                yield Trades(id="trades")
        yield Menu(id="menu")

    def above(self) -> ComposeResult:
        """Return what stands above it, where a session goes on meanwhile."""
        yield from ()

    def on_mount(self) -> None:
        """Show what is there, and keep it true."""
        for field in self.query(Input):
            field.cursor_blink = False
        trades = self.query_one(Trades)
        trades.cursor = self._bench.choice.trade
        self._phase = self._bench.run().phase
        self._arrange()
        self._update()
        self.set_interval(UPDATE_S, self._update)
        if self._bench.run().result.trades:
            trades.focus()

    def on_key(self, event: Key) -> None:
        """Take back what was asked to be pressed twice: another key came between."""
        if self._notice == KEEPS and event.key != "K":
            self.tell("")

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
        self.set_class(part == "run", "-at-run")
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
        for panel in (recordings, names, progress, equity, trades, self.query_one(Menu)):
            panel.show(Board(), self.look)
        self._explain()

    def _explain(self) -> None:
        """Say below the fields what is wrong in them, else what may be typed."""
        choice, told = self._bench.choice, self.query_one("#told", Static)
        wrong = self._bench.wrong(choice.parameters)
        wrong = wrong or self._bench.wrong_times(choice.since, choice.until)
        words = wrong or (self._times() if self._part() in {"since", "until"} else self._usual())
        if words != self._told:  # what has not changed is not written again
            self._told = words
            told.set_class(bool(wrong), "-wrong")
            told.update(plain(inert(words)) if self.look.is_ascii else inert(words))

    def _times(self) -> str:
        """Say when the recording pointed at was made, and how a time is typed."""
        recordings = self.query_one(Recordings)
        here = recordings.rows[recordings.cursor : recordings.cursor + 1]
        words = recorded_words(here[0]) if here else ""
        return f"recorded {words}. {_TIME}" if words else _TIME

    def _usual(self) -> str:
        """Say the parameters of the strategies that act, of the one pointed at or typed first."""
        names, typed = self.query_one(Names), self._bench.choice.parameters.split()
        here = names.rows[names.cursor] if names.cursor < len(names.rows) else ""
        last = typed[-1].partition(".")[0] if typed else ""
        chosen = [name for name in names.rows if name in names.chosen]
        chosen.sort(key=lambda name: (name != last, name != here))
        words = "  ".join(self._bench.usual(name) for name in chosen)
        return words or "With no strategy chosen nothing trades: signals are still counted."

    def on_input_changed(self, event: Input.Changed) -> None:
        """Read the fields as they are typed."""
        setattr(self._bench.choice, event.input.id or "parameters", event.value)
        self._explain()

    async def on_input_submitted(self) -> None:
        """Enter in a field runs."""
        await self.action_run()

    def on_list_lines_picked(self, event: ListLines.Picked) -> None:
        """Choose a row, or look at a trade in the replay."""
        if isinstance(event.lines, Trades):
            self._look_at(event.lines)
        elif isinstance(event.lines, Choices):
            self.action_choose()

    def _look_at(self, trades: Trades) -> None:
        row = trades.row()
        if self._bench.run().phase.is_busy:
            self.tell("it runs: esc stops it, then a trade can be looked at")
        elif row is not None:
            self._bench.choice.trade = trades.cursor
            self.show_trade(Jump(row.path, row.market, row.seen_from))

    def show_trade(self, jump: Jump) -> None:
        """Leave for the replay that shows a trade."""
        self.app.exit(jump)

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

    async def action_run(self) -> None:
        """Play what is chosen; a process is begun beside the loop, on which a session may trade."""
        try:
            await asyncio.to_thread(self._bench.start)
        except PmtermError as error:
            self.tell(f"{error.detail} {error.hint}".strip())
        else:
            self.tell("")
        self._update()

    def action_stop(self) -> None:
        """Go back: out of a field, or stop what runs."""
        if self._part() in TYPED:
            self.query_one(Recordings).focus()
        elif self._bench.run().phase.is_busy:
            self._bench.stop()
            self.tell("stopping: what was found stays")
        else:
            self.leave()
        self._update()

    def leave(self) -> None:
        """Say how to quit: nothing is left to go back from."""
        self.tell("nothing runs; ctrl+q quits")

    async def action_keep(self) -> None:
        """Count what was played in the records of strategies; asks first: nothing takes it back."""
        if self._notice != KEEPS:
            self.tell(KEEPS)
            return
        try:
            await asyncio.to_thread(self._bench.keep)
        except PmtermError as error:
            self.tell(f"{error.detail} {error.hint}".strip())
        else:
            self.tell("keeping it in the records")
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
        keys = list(self.query_one(Menu).keys)
        self.app.push_screen(HelpScreen(Board(), self.look, [(BENCH_SCOPE, keys)]))

    def tell(self, words: str) -> None:
        """Say something at the foot until something else is said."""
        self._notice = words
        menu = self.query_one(Menu)
        menu.words = words
        menu.redraw()


def _field(label: str, name: str, text: str, hint: str) -> ComposeResult:
    with Horizontal(classes="field"):
        yield Label(label)
        yield Input(text, placeholder=hint, id=name, compact=True)
