"""Moves and resizes the order pointed at, by keys; takes it back."""

from pmterm.messages.commands import AmendTicket, CancelOrder
from pmterm.model.units import QTY_ONE, Price, Qty
from pmterm.tui.screens.stopping import Stopping
from pmterm.tui.widgets.blotter import Blotter
from pmterm.tui.widgets.ladder import Ladder
from pmterm.views.figures import price_text, qty_text
from pmterm.views.news import tick_of
from pmterm.views.order_row import OrderRow
from pmterm.views.ticket import amend_words


class Amending(Stopping):
    """Keys that change a working order."""

    def _pointed_order(self) -> OrderRow | None:
        """Return the working order pointed at in the orders or in the ladder."""
        focused = self.focused
        if isinstance(focused, Blotter):
            row = focused.row()
            return row if row is not None and row.is_working else None
        if isinstance(focused, Ladder):
            mark = focused.pointed_order
            rows = [row for row in self.board.orders if mark and row.order == mark.order]
            return rows[0] if rows else None
        return None

    def action_shift_order(self, ticks: int) -> None:
        """Move the order pointed at by price ticks."""
        row = self._changeable("shift")
        market = self._fresh.market
        if row is None or market is None:
            return
        price = market.tick_up(row.price) if ticks > 0 else market.tick_down(row.price)
        self._amend(row, price, row.qty)

    def action_resize_order(self, steps: int) -> None:
        """Change the size of the order pointed at by a step."""
        row = self._changeable("resize")
        if row is None:
            return
        step = self.step_of(row.left if steps > 0 else row.left - 1)
        left = row.left + steps * step
        if left <= 0:
            self.tell("that would leave nothing: d takes the order back")
            return
        self._amend(row, row.price, row.filled + left)

    def action_cancel_one(self) -> None:
        """Take the order pointed at back, also one made elsewhere."""
        row = self._pointed_order()
        if row is None:
            self.tell("point at a working order first, in the ladder or with F5")
        elif self._hand.means("cancel one"):
            self._send(CancelOrder(0, row.order))
            self.tell(f"cancelling {row.order}")

    def _changeable(self, action: str) -> OrderRow | None:
        """Return the order pointed at if it can be changed now; else say why not."""
        row = self._pointed_order()
        if row is None:
            self.tell("point at an order of yours first, in the ladder or with F5")
        elif row.market != self._fresh.focus:
            self.tell("that order is in another market: go there first")
        elif row.is_doubtful or row.is_cancel_asked:
            self.tell("nobody knows yet how that order stands: wait")
        elif row.is_foreign:
            self.tell("that order was made elsewhere: only d takes it back")
        elif row.is_amending:
            self.tell("its last change is not answered yet: wait")
        elif self._fresh.locked:
            self.tell(self._fresh.locked)
        elif self._hand.means(action):
            return row
        return None

    def _amend(self, row: OrderRow, price: Price, qty: Qty) -> None:
        if (price, qty) == (row.price, row.qty):
            self.tell("there is no further tick")
            return
        self._send(AmendTicket(0, row.order, price, qty))
        to = f"{qty_text(qty - row.filled)} @ {price_text(price, tick=tick_of(price))}"
        how = amend_words(self._fresh.market) if self._fresh.is_live else ""
        self.tell(f"changing to {to}: sent, waiting{f' ({how})' if how else ''}")

    def step_of(self, size: Qty) -> Qty:
        """Return a step that suits a size: 1 below 10, 5 below 50, 10 below 100, and so on."""
        for below, step in ((10, 1), (50, 5), (100, 10), (500, 50)):
            if size < below * QTY_ONE:
                return step * QTY_ONE
        return 100 * QTY_ONE
