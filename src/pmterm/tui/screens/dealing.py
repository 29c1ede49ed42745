"""Turns the order keys into commands, and keeps orders from leaving by accident."""

from pmterm.messages.commands import CancelAll, CancelMarket, CloseAll, ClosePosition, SubmitTicket
from pmterm.model.ids import MarketId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import Price, Qty
from pmterm.tui.screens.amending import Amending
from pmterm.tui.screens.ticket import TicketScreen
from pmterm.tui.widgets.estimate import Draft
from pmterm.tui.widgets.ladder import Ladder
from pmterm.views.figures import qty_text
from pmterm.views.order_row import OrderRow
from pmterm.views.stopping import sold_words


class Dealing(Amending):
    """Order keys and the size of the next order."""

    def _may(self, action: str) -> bool:
        """Whether an order key may act now."""
        return self._means(action) and self.board.market is not None

    def action_buy(self) -> None:
        """Buy: a ticket at the best ask, or at once when armed."""
        self._order(Side.BUY, self.board.ladder.best_ask % 10_000)

    def action_sell(self) -> None:
        """Sell: a ticket at the best bid, or at once when armed."""
        self._order(Side.SELL, self.board.ladder.best_bid)

    def _order(self, side: Side, touch: Price) -> None:
        if not self._may(side.value):
            return
        if self.is_armed and not self._arming.check(self._clock.monotonic(), self._scene()):
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
        if market is None or self.app.screen is not self:
            return  # one ticket at a time, however fast the keys come
        draft = Draft(market, side, amends.qty if amends else self.look.size, price)
        draft.amends = amends
        screen = TicketScreen(
            self._desk,
            self._hand,
            draft,
            self.look,
            step=self.step_of,
            arm=self.action_arm,
            amend=self.amend,
        )
        self.app.push_screen(screen)

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

    def action_cancel_here(self) -> None:
        """Cancel my orders in this market."""
        if self._may("cancel"):
            self._send(CancelMarket(0, self.board.focus))
            works = self.board.focus in self._working_in()
            told = "cancelling your orders" if works else "no order of yours works"
            self.tell(f"{told} in this market")

    def action_cancel_all(self) -> None:
        """Cancel my orders everywhere."""
        if self._may("cancel all"):
            self._send(CancelAll(0))
            works = self._working_in()
            self.tell("cancelling all your orders" if works else "no order of yours works")

    def _working_in(self) -> set[MarketId]:
        """Return where orders or plans of ours work."""
        rows, plans = self.board.orders, self.board.plans
        mine = {row.market for row in rows if row.is_working and not row.is_foreign}
        return mine | {plan.market for plan in plans if plan.is_open}

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
        held = any(row.qty for row in self.board.positions)
        if self._may("close all") and held:
            lines = [f"It {sold_words(self._fresh)}."]
            self._ask("CLOSE ALL POSITIONS", lines, "close", lambda: self._send(CloseAll(0)))
        elif not held:
            self.tell("no position to close")

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
        step = self.step_of(self.look.size if steps > 0 else self.look.size - 1)
        self._resize_to(max(self.look.size + steps * step, step))

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
