"""The trade screen: lays out the panels, turns keys into commands for the desk."""

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.screen import Screen
from textual.widget import Widget

from pmterm.messages.accounts import Mode
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
    Resume,
    SubmitTicket,
)
from pmterm.messages.signals import Advice
from pmterm.model.ids import MarketId
from pmterm.model.order import GateState, Side, TimeInForce
from pmterm.model.units import QTY_ONE, Price, Qty
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.guard import Arming, Escape, KeyGuard, PanicStrip
from pmterm.tui.keys import bindings
from pmterm.tui.pressure import is_behind
from pmterm.tui.render.look import Look
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.finder import FinderScreen
from pmterm.tui.screens.help import HelpScreen
from pmterm.tui.screens.ticket import Draft, TicketScreen
from pmterm.tui.widgets.blotter import Blotter
from pmterm.tui.widgets.chart import Chart
from pmterm.tui.widgets.header import Brief, Footer, Header, Tabs
from pmterm.tui.widgets.health import Health, Log
from pmterm.tui.widgets.ladder import Ladder
from pmterm.tui.widgets.lines import Lines, ListLines
from pmterm.tui.widgets.positions import Positions
from pmterm.tui.widgets.signals import Signals
from pmterm.tui.widgets.tape import Tape
from pmterm.tui.widgets.watchlist import Watchlist
from pmterm.views.blotter import OrderRow
from pmterm.views.board import Board
from pmterm.views.figures import Unit, cash_text, qty_text

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


class TradingScreen(Screen[None]):
    """The whole evening on one screen."""

    CSS_PATH = "trading.tcss"
    AUTO_FOCUS = "#book"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(anywhere=False),
        Binding("enter", "confirm_panic", show=False, priority=True),
    ]

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        is_ascii: bool = False,
        is_slow: bool = False,
        sizes: tuple[int, ...] = SIZES,
    ) -> None:
        super().__init__()
        self._desk = desk
        self._clock = clock
        self._rates = SLOW_RATES if is_slow else RATES
        self._sizes = [size * QTY_ONE for size in sizes]
        self._guard = KeyGuard()
        self._strip = PanicStrip()
        self._arming = Arming()
        self._is_key_alone = True
        self._solo = ""
        self._told = 0
        self._noticed = 0
        self._halted_here = False
        self.board = Board()
        self.look = Look(is_ascii=is_ascii, size=self._sizes[1])

    def compose(self) -> ComposeResult:
        """Lay out the panels in their columns."""
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

    # -- painting ------------------------------------------------------------------------------

    def on_mount(self) -> None:
        """Start the timers, one per rate."""
        self._panels = {panel: self.query_one(f"#{panel}", Lines) for panel in PANELS}
        self._take_board()
        self._arrange()
        self._paint_all()
        fast, middle, calm = self._rates
        self.set_interval(fast, self._beat)
        self.set_interval(middle, lambda: self._paint(MIDDLE))
        self.set_interval(calm, lambda: self._paint(CALM))

    def _beat(self) -> None:
        """Look at the desk; paint what changes fastest."""
        now = self._clock.monotonic()
        if self._strip.due(now):
            self._panic()
        self._take_board()
        words = self._arming.check(now, self._scene())
        if words:
            self.tell(words)
        self._set_look()
        self._paint((*FAST, "footer"))

    def _take_board(self) -> None:
        if not self.look.is_frozen:
            self.board = self._desk.board()
            for toast in self.board.toasts:
                if toast.id > self._told:
                    self._told = toast.id
                    self._toast(toast.severity, toast.text)

    def _toast(self, severity: str, text: str) -> None:
        if severity == "error":
            self.app.notify(text, severity="error", timeout=86_400, markup=False)
        elif severity == "warning":
            self.app.notify(text, severity="warning", timeout=8, markup=False)
        elif not self.has_class("-brief"):
            self.app.notify(text, timeout=4, markup=False)

    def _paint(self, names: tuple[str, ...]) -> None:
        """Show the board in these panels, if they can be seen and the terminal keeps up."""
        if is_behind(self.app):
            return
        for name in names:
            panel = self.query_one(f"#{name}", Lines)
            if _is_seen(panel):
                panel.show(self.board, self.look)

    def _paint_all(self) -> None:
        self._set_look()
        for panel in self.query(Lines):
            if _is_seen(panel):
                panel.show(self.board, self.look)

    def _set_look(self) -> None:
        now = self._clock.monotonic()
        notice = self.look.notice
        if notice and now - self._noticed > 4_000_000_000:
            notice = ""
        self._change(
            panic=self._panic_words() if self._strip.is_raised(now) else "",
            is_armed=self._arming.is_armed,
            notice=notice,
        )

    def _change(self, **changes: object) -> None:
        fields = {name: getattr(self.look, name) for name in self.look.__struct_fields__}
        self.look = Look(**{**fields, **changes})

    def tell(self, words: str) -> None:
        """Say something at the foot of the screen for a moment."""
        self._noticed = self._clock.monotonic()
        self._change(notice=words)
        self._paint(("footer", "brief"))

    # -- layout --------------------------------------------------------------------------------

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

    # -- keys, guarded -------------------------------------------------------------------------

    def heard_key(self, key: str) -> None:
        """Note every key before it acts: for bursts, idleness, and to drop the PANIC strip."""
        now = self._clock.monotonic()
        self._is_key_alone = self._guard.key(now)
        self._arming.used(now)
        if key not in {"escape", "enter", "ctrl+k"}:
            self._strip.drop()

    def _may(self, action: str) -> bool:
        """Whether an order key may act now."""
        is_let = self._guard.lets(action, self._clock.monotonic())
        return is_let and self._is_key_alone and self.board.market is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let enter through to the panels unless the PANIC strip shows."""
        del parameters
        if action == "confirm_panic":
            return self._strip.is_raised(self._clock.monotonic())
        return True

    def _send(self, command: Message) -> None:
        self._desk.send(command)

    def _scene(self) -> object:
        """Return all that must stay the same while one-key orders are on."""
        board = self.board
        lamps = tuple((lamp.venue, lamp.is_up) for lamp in board.header.lamps)
        return (board.focus, board.ladder.health.is_trusted, board.ladder.bands, lamps)

    # -- orders --------------------------------------------------------------------------------

    def action_buy(self) -> None:
        """Buy: a ticket at the best ask, or at once when armed."""
        self._order(Side.BUY, self.board.ladder.best_ask % 10_000)

    def action_sell(self) -> None:
        """Sell: a ticket at the best bid, or at once when armed."""
        self._order(Side.SELL, self.board.ladder.best_bid)

    def _order(self, side: Side, touch: Price) -> None:
        if not self._may(side.value):
            return
        if self._arming.is_armed and not self._arming.check(self._clock.monotonic(), self._scene()):
            self._send(
                SubmitTicket(
                    0, self.board.focus, side, self.look.size, 0, TimeInForce.IOC,
                    origin="armed key",
                )
            )  # fmt: skip
            self.tell(f"{side.upper()} {qty_text(self.look.size)} at market: sent, waiting")
        else:
            self._ticket(side, touch)

    def _ticket(self, side: Side, price: Price, amends: OrderRow | None = None) -> None:
        market = self.board.market
        if market is None:
            return
        draft = Draft(market, side, amends.qty if amends else self.look.size, price)
        draft.amends = amends
        self.app.push_screen(TicketScreen(self._desk, self._clock, draft, self.look, self._step_of))

    def action_limit(self) -> None:
        """Limit ticket at the row pointed at; on a working order: amend it."""
        if not self._may("limit"):
            return
        ladder = self._panels["book"]
        order = self._pointed_order()
        if order is not None:
            self._ticket(order.side, order.price, order)
        elif isinstance(ladder, Ladder):
            price = ladder.pointed or self.board.ladder.best_bid
            self._ticket(self._side_at(price), price)

    def _side_at(self, price: Price) -> Side:
        """Return the side that would rest at this price."""
        mid2 = self.board.ladder.mid2
        return Side.SELL if mid2 and 2 * price > mid2 else Side.BUY

    def _pointed_order(self) -> OrderRow | None:
        focused = self.focused
        if isinstance(focused, Blotter):
            row = focused.row()
            return row if row is not None and row.is_working else None
        if isinstance(focused, Ladder):
            mark = focused.pointed_order
            rows = [row for row in self.board.orders if mark and row.order == mark.order]
            return rows[0] if rows else None
        return None

    def action_cancel_here(self) -> None:
        """Cancel my orders in this market."""
        if self._may("cancel"):
            self._send(CancelMarket(0, self.board.focus))
            self.tell("cancelling your orders in this market")

    def action_cancel_all(self) -> None:
        """Cancel my orders everywhere."""
        if self._may("cancel all"):
            self._send(CancelAll(0))
            self.tell("cancelling all your orders")

    def action_close_here(self) -> None:
        """Close the position in this market."""
        if not self._may("close"):
            return
        if not self.board.ladder.holding:
            self.tell("no position in this market")
            return
        self._send(ClosePosition(0, self.board.focus))
        self.tell("closing the position at market")

    def action_close_all(self) -> None:
        """Close every position, after a word."""
        held = [f"{qty_text(p.qty)} {p.outcome}" for p in self.board.positions if p.qty]
        if self._may("close all") and held:
            lines = [f"Sells at market: {', '.join(held)}.", self._estimate()]
            self._ask("CLOSE ALL POSITIONS", lines, "close", lambda: self._send(CloseAll(0)))
        elif not held:
            self.tell("no position to close")

    def _estimate(self) -> str:
        return f"Open profit at exit prices: {cash_text(self.board.money.open_exit, signed=True)}."

    def _ask(self, title: str, lines: list[str], word: str, then: Callable[[], None]) -> None:
        def answered(is_sure: bool | None) -> None:  # noqa: FBT001  # Textual's callback
            if is_sure:
                then()

        self.app.push_screen(ConfirmScreen(self._clock, title, lines, word), answered)

    def action_arm(self) -> None:
        """Switch one-key orders on or off; live asks for a word."""
        if self._arming.is_armed:
            self._arming.disarm()
            self.tell("disarmed: b and s open a ticket")
        elif not self._may("arm"):
            return
        elif not self.board.ladder.health.is_trusted:
            self.tell("cannot arm: the book is not to be trusted")
        elif self.board.header.mode is Mode.LIVE:
            lines = ["b and s will send real orders at once, for five minutes."]
            self._ask("ARM LIVE ORDERS", lines, "arm", self._arm)
        else:
            self._arm()
        self._set_look()
        self._paint(("header", "footer", "brief"))

    def _arm(self) -> None:
        self._arming.arm(self._clock.monotonic(), self._scene())
        self.tell(f"ARMED: b and s send {qty_text(self.look.size)} at market at once")

    # -- size and price ------------------------------------------------------------------------

    def action_preset(self, number: int) -> None:
        """Take a size preset; 0 is the size that makes the position flat."""
        if number:
            self._resize_to(self._sizes[min(number, len(self._sizes)) - 1])
        elif self.board.ladder.holding:
            self._resize_to(abs(self.board.ladder.holding))
        else:
            self.tell("no position in this market to be made flat")

    def action_size(self, steps: int) -> None:
        """Change the size of the next order."""
        step = self._step_of(self.look.size if steps > 0 else self.look.size - 1)
        self._resize_to(max(self.look.size + steps * step, step))

    def _step_of(self, size: Qty) -> Qty:
        """Return a step that suits a size: 1 below 10, 5 below 50, 10 below 100, and so on."""
        for below, step in ((10, 1), (50, 5), (100, 10), (500, 50)):
            if size < below * QTY_ONE:
                return step * QTY_ONE
        return 100 * QTY_ONE

    def _resize_to(self, size: Qty) -> None:
        self._change(size=size)
        self._paint(("header", "footer", "brief"))
        self.tell(f"size {qty_text(size)}")

    def action_tick(self, steps: int) -> None:
        """Point a tick higher or lower."""
        ladder = self._panels["book"]
        if isinstance(ladder, Ladder):
            ladder.focus()
            ladder.shift(steps)

    # -- rows ----------------------------------------------------------------------------------

    def action_move(self, step: int) -> None:
        """Move where no panel did: in the book."""
        self._panels["book"].focus()
        ladder = self._panels["book"]
        if isinstance(ladder, Ladder):
            ladder.action_move(step)

    def action_edge(self, end: int) -> None:
        """Go to the first or last row of the book."""
        ladder = self._panels["book"]
        if isinstance(ladder, Ladder):
            ladder.action_edge(end)

    def action_pick(self) -> None:
        """Nothing to pick where no panel heard it."""

    def on_ladder_picked(self, event: Ladder.Picked) -> None:
        """A price was chosen: amend what is ours there, else a limit ticket."""
        if event.ladder.id == "beside":
            if self.board.beside is not None:
                self._focus_market(self.board.beside.market)
            return
        order = self._pointed_order()
        if order is not None:
            self._ticket(order.side, order.price, order)
        else:
            self._ticket(self._side_at(event.price), event.price)

    def on_list_lines_picked(self, event: ListLines.Picked) -> None:
        """A row was chosen."""
        match event.lines:
            case Blotter() as blotter:
                row = blotter.row()
                if row is not None and row.is_working:
                    self._ticket(row.side, row.price, row)
            case Watchlist() as watchlist:
                watched = watchlist.row()
                if watched is not None:
                    self._focus_market(watched.market.id)
            case Signals() as signals:
                self._follow(signals)
            case Positions() as positions:
                held = positions.row()
                if held is not None:
                    self._focus_market(held.market)
            case _:
                pass

    def _follow(self, signals: Signals) -> None:
        """Open the ticket a signal advises."""
        row = signals.row()
        if row is None or row.advice is Advice.WAIT or row.is_rejected:
            return
        if row.market != self.board.focus:
            self._focus_market(row.market)
        elif row.advice is Advice.BUY:
            self._ticket(Side.BUY, self.board.ladder.best_ask % 10_000)
        else:
            self._ticket(Side.SELL, self.board.ladder.best_bid)

    def _focus_market(self, market: MarketId) -> None:
        self._arming.disarm()
        self._guard.moved(self._clock.monotonic())
        self._desk.focus(market)
        self._take_board()
        self._paint_all()

    # -- the rest ------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Find a market."""

        def found(market: MarketId | None) -> None:
            if market is not None:
                self._focus_market(market)

        self.app.push_screen(FinderScreen(self._desk, self.look), found)

    def action_help(self) -> None:
        """Show all keys."""
        self.app.push_screen(HelpScreen(self.look))

    def action_recentre(self) -> None:
        """Put the middle of the book in the middle."""
        for ladder in self.query(Ladder):
            ladder.recentre()

    def action_freeze(self) -> None:
        """Freeze the picture, or let it go on."""
        self._change(is_frozen=not self.look.is_frozen)
        self._take_board()
        self._paint_all()

    def action_copy(self) -> None:
        """Copy the id of the row pointed at, or of the market."""
        focused = self.focused
        text: str = self.board.focus
        if isinstance(focused, Blotter) and focused.row() is not None:
            row = focused.row()
            text = row.order if row is not None else text
        elif isinstance(focused, Watchlist):
            watched = focused.row()
            text = watched.market.id if watched is not None else text
        self.app.copy_to_clipboard(text)
        self.tell(f"copied {text}")

    def action_units(self) -> None:
        """Cents, dollars, percent."""
        self._change(unit=self.look.unit.following)
        self._paint_all()
        names = {Unit.CENTS: "cents", Unit.DOLLARS: "dollars", Unit.PERCENT: "percent"}
        self.tell(f"prices in {names[self.look.unit]}")

    def action_resume(self) -> None:
        """Let orders through again, after a word."""
        if self.board.header.gate is GateState.ACTIVE:
            self.tell("nothing to resume: orders go through")
            return
        reason = self.board.header.gate_reason or "no reason given"
        lines = [f"Orders are held back: {reason}."]
        self._ask("RESUME TRADING", lines, "resume", self._resume)

    def _resume(self) -> None:
        self._halted_here = False
        self._arming.disarm()
        self._send(Resume(0))

    def action_player(self, button: str) -> None:
        """Work the player of a replay."""
        player = self._desk.replay()
        replay = self.board.header.replay
        if player is None or replay is None:
            return
        if button == "pause":
            (player.resume if replay.is_paused else player.pause)()
        elif button == "faster":
            player.faster()
        elif button == "slower":
            player.slower()
        else:
            player.step()

    def action_seek(self, seconds: int) -> None:
        """Go back or on in a replay."""
        player, replay = self._desk.replay(), self.board.header.replay
        if player is not None and replay is not None:
            player.seek(max(replay.position // 1_000_000_000 + seconds, 0))

    # -- safety --------------------------------------------------------------------------------

    def action_back(self) -> None:
        """Go back; with nothing left to go back from, raise the PANIC strip."""
        now = self._clock.monotonic()
        if self._solo:
            self.action_solo()
        elif self.look.is_frozen:
            self.action_freeze()
        else:
            verdict = self._strip.escape(now)
            if verdict is Escape.CANDIDATE:
                self.set_timer(0.13, self._beat)
            self._set_look()
            self._paint(("footer", "brief"))

    def action_confirm_panic(self) -> None:
        """Enter, while the strip shows."""
        if self._strip.enter(self._clock.monotonic()):
            self._panic()

    def _panic(self) -> None:
        self._arming.disarm()
        self._send(Panic(0))
        self._set_look()
        self.tell("PANIC: cancelling everything, closing everything")

    def _panic_words(self) -> str:
        working = sum(row.is_working for row in self.board.orders)
        held = ", ".join(f"{qty_text(p.qty)} {p.outcome}" for p in self.board.positions if p.qty)
        estimate = cash_text(self.board.money.open_exit, signed=True)
        closes = f"closes {held} (about {estimate})" if held else "no position to close"
        return f"PANIC? esc or enter: cancels {working} orders, {closes}. Any other key: no"

    def kill(self) -> None:
        """Halt at once; the second time offer to close everything."""
        self._arming.disarm()
        self._strip.drop()
        is_second = self._halted_here or self.board.header.gate is GateState.HALTED
        self._send(Halt(0))
        self._halted_here = True
        if is_second and not isinstance(self.app.screen, ConfirmScreen):
            held = [f"{qty_text(p.qty)} {p.outcome}" for p in self.board.positions if p.qty]
            lines = [f"Sells at market: {', '.join(held) or 'nothing'}.", self._estimate()]
            self._ask("FLATTEN", lines, "flatten", lambda: self._send(Panic(0)))
        else:
            self.tell(
                "KILLED: no order goes through; ^k again offers to close everything, R resumes"
            )

    def leave(self) -> None:
        """Quit; ask while something would be left behind."""
        blockers = self._desk.quit_blockers()
        if blockers:
            self._ask("QUIT WITH OPEN ORDERS", blockers, "quit", self.app.exit)
        else:
            self.app.exit()


def _is_seen(widget: Widget) -> bool:
    """Whether a widget is on the screen at all."""
    return all(node.display for node in widget.ancestors_with_self if isinstance(node, Widget))
