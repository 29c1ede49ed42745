"""Turns the order keys into commands, and keeps orders from leaving by accident."""

from collections.abc import Callable

from pmterm.messages.accounts import Mode
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
    SubmitTicket,
)
from pmterm.model.order import GateState, Side, TimeInForce
from pmterm.model.units import QTY_ONE, Ns, Price, Qty
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.guard import Arming, Escape, PanicStrip
from pmterm.tui.screens.confirm import ConfirmScreen
from pmterm.tui.screens.panels import SIZES, Panels
from pmterm.tui.screens.ticket import Draft, TicketScreen
from pmterm.tui.widgets.blotter import Blotter
from pmterm.tui.widgets.ladder import Ladder
from pmterm.views.figures import Unit, cash_text, qty_text
from pmterm.views.order_row import OrderRow


class Dealing(Panels):
    """Order keys, size, one-key orders, panic and kill."""

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
        super().__init__(desk, clock, is_ascii=is_ascii, is_slow=is_slow, unit=unit, sizes=sizes)
        self._strip = PanicStrip()
        self._stop = PanicStrip()  # ctrl+z is asked for twice in the same way
        self._arming = Arming()
        self._is_key_alone = True
        self._halted_here = False

    def before_paint(self, now: Ns) -> None:
        """Do what a second key asked for; switch one-key orders off when the scene changed."""
        if self._strip.due(now):
            self._panic()
        if self._stop.due(now):
            self._arming.disarm()
            self.app.action_suspend_process()
        words = self._arming.check(now, self._scene())
        if words:
            self.tell(words)

    def alarms(self, now: Ns) -> tuple[bool, str]:
        """Return whether one-key orders are on, and the words of the PANIC strip."""
        return self._arming.is_armed, self._panic_words() if self._strip.is_raised(now) else ""

    def heard_key(self, key: str) -> None:
        """Note every key before it acts: for bursts, idleness, and to drop the PANIC strip."""
        now = self._clock.monotonic()
        self._is_key_alone = self._guard.key(now)
        self._arming.used(now)
        if key not in {"escape", "enter", "ctrl+k"}:
            self._strip.drop()
        if key != "ctrl+z":
            self._stop.drop()

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
        orders = f"{working} order{'' if working == 1 else 's'}"
        return f"PANIC? esc or enter: cancels {orders}, {closes}. Any other key: no"

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

    def suspend(self) -> None:
        """Say what stopping would mean for orders; the second time stop."""
        verdict = self._stop.escape(self._clock.monotonic())
        if verdict is Escape.CANDIDATE:
            self.set_timer(0.13, self._beat)
        elif verdict is Escape.RAISED:
            count = len(self._desk.quit_blockers())
            orders = (
                f"{count} order{'s' if count != 1 else ''} stay{'s' if count == 1 else ''} open"
            )
            self.tell(
                f"^z again stops pmterm: cancels nothing, {orders}, unwatched until fg;"
                " then books start afresh"
            )
