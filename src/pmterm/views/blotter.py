"""Our orders, in words."""

from typing import Any

import msgspec

from pmterm.messages.orders import (
    Approved,
    Fill,
    Intent,
    JournalFailed,
    OrderReport,
    Refused,
    WithdrawOrder,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import Cash, Ns, Price, Qty
from pmterm.views.figures import age_text, qty_text
from pmterm.views.ladder import OwnMark

KEPT = 200
_WORDS = {
    OrderState.RESERVED: "ASKED",
    OrderState.JOURNALED: "SENT",
    OrderState.SENT: "SENT",
    OrderState.OPEN: "OPEN",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.EXPIRED: "EXPIRED",
    OrderState.REFUSED: "REFUSED",
    OrderState.CANCEL_UNKNOWN: "CANCEL?",
}


class OrderRow(msgspec.Struct, frozen=True):
    """One order. `since` is when it came into its state, `maybe` the optimistic fill count."""

    order: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    filled: Qty
    state: OrderState
    tif: TimeInForce
    asked_at: Ns
    since: Ns
    ahead: Qty = -1
    maybe: Qty = 0
    reason: str = ""
    origin: str = ""
    is_cancel_asked: bool = False
    paid: Cash = 0
    fees: Cash = 0

    @property
    def is_working(self) -> bool:
        """Whether something can still happen to it."""
        return not self.state.is_final

    @property
    def left(self) -> Qty:
        """What has not traded yet."""
        return self.qty - self.filled

    @property
    def average(self) -> Price:
        """What was paid on average, 0 before the first fill."""
        return (self.paid * 10_000 + self.filled // 2) // self.filled if self.filled else 0


def state_words(row: OrderRow, at: Ns) -> str:
    """Say in words where an order stands."""
    if row.state is OrderState.UNKNOWN:
        return f"UNKNOWN {age_text(at - row.since)}"
    if row.is_cancel_asked and row.is_working:
        return "CANCEL?"
    if row.state is OrderState.PARTIAL or (row.filled and row.state is OrderState.OPEN):
        return f"PART {qty_text(row.filled)}/{qty_text(row.qty)}"
    return _WORDS[row.state]


class Blotter:
    """Folds what is said about our orders."""

    def __init__(self) -> None:
        self._rows: dict[OrderId, OrderRow] = {}
        self._amends: dict[OrderId, OrderId] = {}

    def row(self, order: OrderId) -> OrderRow | None:
        """Return an order by its id, also by that of a request that amended it."""
        return self._rows.get(self._amends.get(order, order))

    def intent(self, message: Intent) -> None:
        """Note a wish; an amend changes a row, it does not make one."""
        if message.replaces:
            self._amends[message.order] = message.replaces
            return
        self._rows[message.order] = OrderRow(
            message.order,
            message.market,
            message.side,
            message.price,
            message.qty,
            0,
            OrderState.RESERVED,
            message.tif,
            message.at,
            message.at,
            origin=message.origin,
        )
        self._cap()

    def approved(self, message: Approved) -> None:
        """Note that the gate let it through."""
        if not message.intent.replaces:
            self._set(message.intent.order, state=OrderState.SENT, since=message.at)

    def refused(self, message: Refused) -> None:
        """Note that the gate said no. Neither a warning nor a refused amend changes the row."""
        if not message.is_warning and message.order not in self._amends:
            reason = f"{message.rule}: {message.remedy or message.limit}"
            self._set(message.order, state=OrderState.REFUSED, since=message.at, reason=reason)

    def report(self, message: OrderReport) -> None:
        """Note where it stands by the venue's word."""
        row = self._rows.get(message.order)
        if row is None:
            return
        since = row.since if row.state is message.state else message.at
        self._set(
            message.order,
            state=message.state,
            price=message.price,
            qty=message.qty,
            filled=max(message.filled, row.filled),
            ahead=message.ahead,
            maybe=message.maybe_filled,
            reason=message.reason,
            since=since,
        )

    def fill(self, message: Fill) -> None:
        """Note what it traded at."""
        row = self._rows.get(message.order)
        if row is not None:
            paid = row.paid + message.price * message.qty // 10_000
            self._set(message.order, paid=paid, fees=row.fees + message.fee)

    def withdraw(self, message: WithdrawOrder) -> None:
        """Note that we asked to take it back."""
        self._set(message.order, is_cancel_asked=True)

    def journal_failed(self, message: JournalFailed) -> None:
        """Note that it was not sent."""
        self._set(message.order, state=OrderState.REFUSED, since=message.at, reason=message.reason)

    def view(self) -> tuple[OrderRow, ...]:
        """Return the orders: unknown ones first, then working, then the others, newest first."""
        rows = list(reversed(self._rows.values()))
        return tuple(sorted(rows, key=_rank))

    def own_marks(self, market: MarketId) -> tuple[OwnMark, ...]:
        """Return our working orders of one market as the ladder marks them."""
        return tuple(
            OwnMark(row.order, row.side, row.price, row.left, row.ahead)
            for row in self._rows.values()
            if row.market == market and row.is_working and row.tif is TimeInForce.GTC
        )

    def working(self) -> int:
        """Return how many orders are working."""
        return sum(row.is_working for row in self._rows.values())

    def _set(self, order: OrderId, **changes: Any) -> None:
        row = self._rows.get(order)
        if row is not None:
            self._rows[order] = msgspec.structs.replace(row, **changes)

    def _cap(self) -> None:
        if len(self._rows) > KEPT:
            old = next((key for key, row in self._rows.items() if not row.is_working), None)
            if old is not None:
                del self._rows[old]


def _rank(row: OrderRow) -> int:
    if row.state in {OrderState.UNKNOWN, OrderState.CANCEL_UNKNOWN}:
        return 0
    return 1 if row.is_working else 2
