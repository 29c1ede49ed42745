"""Lays out the panels of the trade screen and paints those that can be seen."""

from collections.abc import Sequence
from contextlib import suppress

import msgspec
from textual.app import ComposeResult
from textual.containers import Container, Horizontal, Vertical
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.widget import Widget

from pmterm.model.units import QTY_ONE, SECOND, Ns
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.guard import KeyGuard
from pmterm.tui.pressure import is_behind
from pmterm.tui.render.cells import inert
from pmterm.tui.render.look import Look
from pmterm.tui.screens.bench_beside import BenchBeside
from pmterm.tui.widgets.banner import Banner, frame
from pmterm.tui.widgets.blotter import Blotter
from pmterm.tui.widgets.chart import Chart
from pmterm.tui.widgets.header import Brief, Footer, Header, Tabs
from pmterm.tui.widgets.health import Health, Log
from pmterm.tui.widgets.ladder import Ladder
from pmterm.tui.widgets.lines import Lines
from pmterm.tui.widgets.positions import Positions
from pmterm.tui.widgets.signals import Signals
from pmterm.tui.widgets.tape import Tape
from pmterm.tui.widgets.watchlist import Watchlist
from pmterm.views.board import Board
from pmterm.views.figures import Unit
from pmterm.views.header import Outcome, grouped

PANELS = (
    "book", "chart", "signals", "positions", "orders", "tape", "markets", "health", "log"
)  # fmt: skip
FAST = ("book", "tape", "beside", "brief")
MIDDLE = ("chart",)
CALM = ("header", "signals", "positions", "orders", "markets", "health", "log", "tabs")
WIDTHS = [(0, "-tiny"), (50, "-narrow"), (80, "-normal"), (120, "-wide"), (180, "-huge")]
HEIGHTS = [(0, "-flat"), (12, "-short"), (24, "-std"), (45, "-tall")]
RATES = (0.1, 0.25, 0.5)
SLOW_RATES = (0.5, 1.0, 1.0)
SIZES: tuple[int, ...] = (5, 10, 25, 50, 100)
NOTICE: Ns = 4 * SECOND


class Panels(Screen[None]):
    """The panels, their rates and their places."""

    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        is_ascii: bool = False,
        is_slow: bool = False,
        unit: Unit = Unit.CENTS,
        sizes: tuple[int, ...] = SIZES,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._clock = clock
        self._rates = SLOW_RATES if is_slow else RATES
        self._sizes = [size * QTY_ONE for size in sizes]
        self._guard = KeyGuard()
        self._solo = ""
        self._told = 0
        self._noticed = 0
        self._outcome = Outcome(0, "")  # the last one when something was said
        self.board = Board()
        self._fresh = self.board  # `board` may be frozen
        self.look = Look(unit=unit, is_ascii=is_ascii, size=self._sizes[1])

    def compose(self) -> ComposeResult:
        """Lay out the panels in their columns."""
        yield Banner(id="banner")
        yield Header(id="header")
        yield Tabs(id="tabs")
        with Horizontal(id="body"):
            with Vertical(id="left", classes="column"):
                yield Ladder(id="book")
                yield Tape(id="tape")
            with Container(id="centre", classes="column"):
                with Vertical(id="middle", classes="column"):
                    yield Chart(id="chart")
                    yield Blotter(id="orders")
                with Vertical(id="right", classes="column"):
                    yield Signals(id="signals")
                    yield Positions(id="positions")
                    yield Watchlist(id="markets")
            with Vertical(id="far", classes="column"):
                yield Ladder(id="beside", is_beside=True)
                yield Health(id="health")
                yield Log(id="log")
        yield Brief(id="brief")
        yield Footer(id="footer")

    def on_mount(self) -> None:
        """Start the timers, one per rate."""
        self._panels = {panel: self.query_one(f"#{panel}", Lines) for panel in PANELS}
        self._take_board()
        self._arrange()
        self._paint_all()
        fast, middle, calm = self._rates
        self.call_after_refresh(self._beat)
        self.set_interval(fast, self._beat)
        self.set_interval(middle, lambda: self._paint(MIDDLE))
        self.set_interval(calm, lambda: self._paint(CALM))

    def _beat(self) -> None:
        """Look at the desk; paint what changes fastest."""
        self._take_board()
        self.before_paint(self._clock.monotonic())
        self._set_look()
        self._paint((*FAST, "footer"))
        self._frame()

    def before_paint(self, now: Ns) -> None:
        """Let a subclass act on a new board."""

    def alarms(self, now: Ns) -> tuple[bool, str, str]:
        """Return whether one-key orders are on, the PANIC strip's question and its names."""
        del now
        return False, "", ""

    def action_freeze(self) -> None:
        """Freeze the picture, or let it go on."""
        self._change(is_frozen=not self.look.is_frozen)
        self._take_board()
        self._paint_all()

    def _take_board(self) -> None:
        fresh = self._desk.board()
        self._fresh = fresh
        self.board = _thawed(fresh, self.board) if self.look.is_frozen else fresh
        news = [toast for toast in fresh.toasts if toast.id > self._told]
        self._told = max((toast.id for toast in news), default=self._told)
        for severity, lines in grouped(news):
            self._toast(severity, lines)

    def _frame(self) -> None:
        """Keep the bar over every screen that is open, whoever opened it."""
        if not is_behind(self.app):
            for screen in self.app.screen_stack:
                frame(screen, self._fresh, self.look)

    def has_no_dialog(self) -> bool:
        """Whether nothing is in front of it that waits for an answer; a backtest does not."""
        return self.app.screen is self or isinstance(self.app.screen, BenchBeside)

    def _toast(self, severity: str, lines: Sequence[str]) -> None:
        """Raise a toast, but not over a dialog: there the outcome line says it."""
        text = "\n".join(inert(line) for line in lines)
        if severity == "error":
            self.app.notify(text, severity="error", timeout=86_400, markup=False)
        elif severity == "warning" and self.has_no_dialog():
            self.app.notify(text, severity="warning", timeout=8, markup=False)
        elif self.has_no_dialog() and not self.has_class("-brief"):
            self.app.notify(text, timeout=4, markup=False)

    def _paint(self, names: tuple[str, ...]) -> None:
        """Show the board in these panels, if they can be seen and the terminal keeps up."""
        if is_behind(self.app):
            return
        for name in names:
            with suppress(NoMatches):  # a key that comes while the screen is left
                panel = self.query_one(f"#{name}", Lines)
                if _is_seen(panel):
                    panel.show(self.board, self.look)

    def _paint_all(self) -> None:
        self._set_look()
        for panel in self.query(Lines):
            if _is_seen(panel):
                panel.show(self.board, self.look)
        self._frame()

    def _set_look(self) -> None:
        now = self._clock.monotonic()
        notice = self.look.notice
        is_over = now - self._noticed > NOTICE or self._fresh.outcome != self._outcome
        if notice and is_over:
            notice = ""
        is_armed, panic, names = self.alarms(now)
        self._change(panic=panic, panic_names=names, is_armed=is_armed, notice=notice)

    def _change(self, **changes: object) -> None:
        fields = {name: getattr(self.look, name) for name in self.look.__struct_fields__}
        self.look = Look(**{**fields, **changes})

    def tell(self, words: str) -> None:
        """Say something at the foot of the screen, for a moment or until an outcome is told."""
        self._noticed, self._outcome = self._clock.monotonic(), self._fresh.outcome
        self._change(notice=words)
        self._paint(("footer", "brief"))

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._rearrange)

    def _rearrange(self) -> None:
        self._arrange()
        self._paint_all()

    def _arrange(self) -> None:
        """Show the columns, or one panel, or a few lines."""
        width, height = self.app.size
        is_brief = width < 50 or height < 12
        is_tabbed = width < 80 and not is_brief
        shown = self._solo or (self.look.panel if is_tabbed else "")
        self.set_class(is_brief, "-brief")
        self.set_class(is_tabbed, "-tabbed")
        self.set_class(bool(shown) and not is_brief, "-solo")
        self._change(tabs=PANELS if is_tabbed else ())
        for panel in self.query("#body Lines"):
            panel.set_class(panel.id == shown, "-shown")
        for column in self.query("#body .column"):
            column.set_class(bool(shown) and bool(column.query(f"#{shown}")), "-shown")
        if is_brief:
            self.query_one("#brief").focus()
        elif self.focused is None or self.focused.id == "brief":
            self._panels[self.look.panel].focus()

    def on_descendant_focus(self) -> None:
        """Note which panel has the keys now."""
        focused = self.focused
        if isinstance(focused, Lines) and focused.panel:
            if focused.panel != self.look.panel:
                self._guard.moved(self._clock.monotonic())
            if focused.panel in PANELS:
                self._change(panel=focused.panel)
            self._paint(("footer", "tabs"))

    def _seen_panels(self) -> list[str]:
        if self.look.tabs:
            return list(PANELS)
        return [name for name in PANELS if _is_seen(self._panels[name])] or ["book"]

    def action_panel(self, step: int) -> None:
        """Go to the next panel."""
        names = self._seen_panels()
        here = names.index(self.look.panel) if self.look.panel in names else 0
        self._go(names[(here + step) % len(names)])

    def action_go(self, panel: str) -> None:
        """Go to a panel; one that has no room here gets the whole screen."""
        if not self.look.tabs:
            self._solo = ""
            self._arrange()
            self._solo = "" if _is_seen(self._panels[panel]) else panel
        self._go(panel)

    def _go(self, panel: str) -> None:
        self._change(panel=panel)
        self._guard.moved(self._clock.monotonic())
        self._arrange()
        self._panels[panel].focus()
        self.call_after_refresh(self._paint_all)

    def action_solo(self) -> None:
        """Give the focused panel the whole screen, or take it back."""
        self._solo = "" if self._solo else self.look.panel
        self._arrange()
        self.call_after_refresh(self._paint_all)


def _is_seen(widget: Widget) -> bool:
    """Whether a widget is on the screen at all."""
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))


def _thawed(fresh: Board, frozen: Board) -> Board:
    """Return the fresh board with the frozen picture of the markets: money and orders go on."""
    return msgspec.structs.replace(
        fresh,
        ladder=frozen.ladder,
        beside=frozen.beside,
        chart=frozen.chart,
        tape=frozen.tape,
        signals=frozen.signals,
        watched=frozen.watched,
    )
