"""Moves and resizes the order pointed at, by keys; takes it back."""

from typing import NamedTuple

from pmterm.messages.commands import AmendTicket, CancelOrder, SubmitTicket
from pmterm.model.ids import OrderId
from pmterm.model.order import GateState, OrderState
from pmterm.model.units import QTY_ONE, SECOND, Ns, Price, Qty
from pmterm.tui.screens.stopping import Stopping
from pmterm.tui.widgets.blotter import Blotter
from pmterm.tui.widgets.ladder import Ladder
from pmterm.views.figures import price_text, qty_text
from pmterm.views.header import Outcome
from pmterm.views.news import refusal_text, tick_of
from pmterm.views.order_row import OrderRow, brief_order
from pmterm.views.ticket import amend_words

_GONE = frozenset({"c", "C", "d", "x", "X", "escape", "ctrl+k"})
REPLACE_WITHIN: Ns = 5 * SECOND  # a cancel proved later than that places nothing any more


class Replacing(NamedTuple):
    """An order that is being taken back, to be placed anew; `until` by the steady clock."""

    row: OrderRow
    price: Price
    qty: Qty
    until: Ns


class Anew(NamedTuple):
    """The order that goes out in the place of `row`, which is gone; what was there `before`."""

    row: OrderRow
    before: frozenset[OrderId]
    outcome: Outcome
    until: Ns


class Amending(Stopping):
    """Keys that change a working order."""

    _replacing: Replacing | None = None
    _anew: Anew | None = None

    def heard_key(self, key: str) -> None:
        """Place nothing anew once the trader wants orders gone."""
        super().heard_key(key)
        if key in _GONE:
            self._replacing = None

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
        self.amend(row, price, row.qty)

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
        self.amend(row, row.price, row.filled + left)

    def action_cancel_one(self) -> None:
        """Take the order pointed at back, also one made elsewhere."""
        row = self._pointed_order()
        if row is None:
            self.tell("point at a working order first, in the ladder or with F5")
        elif self._means("cancel one"):
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
        elif self._means(action):
            return row
        return None

    def amend(self, row: OrderRow, price: Price, qty: Qty) -> str:
        """Change an order: by an amend, or by cancel and new where the venue knows no amend.

        Returns why nothing was sent, "" if something was.
        """
        if (price, qty) == (row.price, row.qty):
            self.tell("there is no further tick")
            return "it stands there already"
        to = f"{qty_text(qty - row.filled)} @ {price_text(price, tick=tick_of(price))}"
        how = amend_words(self._fresh.market) if self._fresh.is_live else ""
        objection = self._objection(row, price, qty) if how else ""
        if objection:
            self.tell(objection)
        elif how:
            self._anew = None
            self._replacing = Replacing(row, price, qty, self._clock.monotonic() + REPLACE_WITHIN)
            self._send(CancelOrder(0, row.order))
            self.tell(f"{to}: {how}")
        else:
            self._send(AmendTicket(0, row.order, price, qty))
            self.tell(f"changing to {to}: sent, waiting")
        return objection

    def _objection(self, row: OrderRow, price: Price, qty: Qty) -> str:
        """Say why the order in its place would be refused; the old one is not taken back then."""
        market, left = self._fresh.market, qty - row.filled
        if market is not None and left < market.min_qty:
            least = f"{market.venue} takes no new order below {qty_text(market.min_qty)}"
            return f"{qty_text(left)} is left, and {least}: leave it, or d takes it back"
        refused = self._desk.objection(_anew(row, price, left), row.order)
        return f"nothing is cancelled; {refusal_text(refused)}" if refused is not None else ""

    def before_paint(self, now: Ns) -> None:
        """Place an order anew once its cancel is proved, where the venue cannot amend."""
        super().before_paint(now)
        self._hear_of_anew(now)
        wanted = self._replacing
        if wanted is None:
            return
        row = next((each for each in self._fresh.orders if each.order == wanted.row.order), None)
        if row is None or not row.is_working:
            self._replacing = None
            self._place_anew(wanted, row, now)
        elif now > wanted.until:
            self._replacing = None
            self.tell("the cancel is not proved yet: nothing is placed anew")

    def _place_anew(self, wanted: Replacing, row: OrderRow | None, now: Ns) -> None:
        """Send the new order for what is left; not if anything is other than it was."""
        left = wanted.qty - row.filled if row is not None else 0
        if row is None or row.state is not OrderState.CANCELLED or left <= 0:
            self.tell("not placed anew: nothing was left of it")
            return
        if why := self._why_not_anew(wanted):
            self._tell_lost(row, why)
            return
        before = frozenset(each.order for each in self._fresh.orders)
        self._anew = Anew(row, before, self._fresh.outcome, now + REPLACE_WITHIN)
        self._send(_anew(wanted.row, wanted.price, left))
        self.tell(f"{qty_text(left)} placed anew: sent, waiting")

    def _why_not_anew(self, wanted: Replacing) -> str:
        if self._fresh.header.gate is not GateState.ACTIVE:
            return self._fresh.header.gate_reason or "orders are held back"
        return self._fresh.locked or (
            "another market is in front" if self._fresh.focus != wanted.row.market else ""
        )

    def _hear_of_anew(self, now: Ns) -> None:
        """Say it plainly where the new order came to nothing: the old one is gone."""
        anew = self._anew
        if anew is None:
            return
        rows = [each for each in self._fresh.orders if each.order not in anew.before
                and each.market == anew.row.market and not each.is_foreign]  # fmt: skip
        if rows and rows[0].state is OrderState.RESERVED:
            return
        if rows and rows[0].state is OrderState.REFUSED:
            self._tell_lost(anew.row, rows[0].reason)
        elif not rows and self._is_told_no(anew):
            self._tell_lost(anew.row, self._fresh.outcome.text)
        elif not rows and now <= anew.until:
            return
        self._anew = None

    def _is_told_no(self, anew: Anew) -> bool:
        outcome = self._fresh.outcome
        is_of_another = outcome.order in anew.before
        return outcome is not anew.outcome and outcome.tone == "bad" and not is_of_another

    def _tell_lost(self, row: OrderRow, why: str) -> None:
        was = brief_order(row, price_text(row.price, tick=tick_of(row.price)))
        words = f"{was} is taken back, and no order stands in its place: {why}"
        self.tell(words)
        self._toast("warning", [words])

    def step_of(self, size: Qty) -> Qty:
        """Return a step that suits a size: 1 below 10, 5 below 50, 10 below 100, and so on."""
        for below, step in ((10, 1), (50, 5), (100, 10), (500, 50)):
            if size < below * QTY_ONE:
                return step * QTY_ONE
        return 100 * QTY_ONE


def _anew(row: OrderRow, price: Price, left: Qty) -> SubmitTicket:
    """Return the ticket that places what is left of an order anew, as it was otherwise."""
    return SubmitTicket(
        0,
        row.market,
        row.side,
        left,
        price,
        row.tif,
        post_only=row.is_post_only,
        reduce_only=row.is_reduce_only,
        expires_at=row.expires_at,
        bracket=row.bracket,
    )
