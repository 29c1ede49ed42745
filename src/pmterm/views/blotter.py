"""Our orders, folded from what is said about them."""

from typing import Any

import msgspec

from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    Intent,
    JournalFailed,
    OrderAdopted,
    OrderReport,
    Refused,
    WithdrawOrder,
)
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.order import FillState, GateState, OrderState, TimeInForce
from pmterm.model.units import Qty
from pmterm.views.ladder import OwnMark
from pmterm.views.live import KillView
from pmterm.views.order_row import OrderRow

KEPT = 200


_RESTS = frozenset({TimeInForce.GTC, TimeInForce.GTD})


class Blotter:
    """Folds what is said about our orders."""

    def __init__(self) -> None:
        self._rows: dict[OrderId, OrderRow] = {}
        self._amends: dict[OrderId, OrderId] = {}
        self._asked: dict[OrderId, Intent] = {}  # wishes the gate has not answered
        self._settling: dict[FillId, tuple[OrderId, Qty]] = {}
        self._killed: tuple[OrderId, ...] = ()

    def row(self, order: OrderId) -> OrderRow | None:
        """Return an order by its id, also by that of a request that amended it."""
        return self._rows.get(self._amends.get(order, order))

    def wish(self, order: OrderId) -> Intent | None:
        """Return a wish that the gate has not let through."""
        return self._asked.get(order)

    def intent(self, message: Intent) -> None:
        """Note a wish; an amend changes a row, it does not make one."""
        self._asked[message.order] = message
        if len(self._asked) > KEPT:
            del self._asked[next(iter(self._asked))]
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
            is_post_only=message.post_only,
            is_reduce_only=message.reduce_only,
            expires_at=message.expires_at,
            bracket=message.bracket,
        )
        self._cap()

    def approved(self, message: Approved) -> None:
        """Note that the gate let it through."""
        wish = message.intent
        self._asked.pop(wish.order, None)
        if wish.replaces:
            self._set(wish.replaces, new_price=wish.price, new_qty=wish.qty)
        else:
            self._set(wish.order, state=OrderState.SENT, since=message.at)

    def refused(self, message: Refused) -> None:
        """Note that the gate said no. Neither a warning nor a refused amend changes the row.

        What asks is no order: it has no row, and comes anew under another id if a person says yes.
        """
        if message.asks:
            self._rows.pop(message.order, None)
        elif not message.is_warning and message.order not in self._amends:
            why = f"{message.rule}: {message.remedy or message.limit}"
            self._set(message.order, state=OrderState.REFUSED, since=message.at, reason=why)

    def adopted(self, message: OrderAdopted) -> None:
        """Note an order of our account that was not known here, or was given up for lost."""
        known = self._rows.get(message.order)
        self._rows[message.order] = OrderRow(
            message.order,
            message.market,
            message.side,
            message.price,
            message.qty,
            message.filled,
            OrderState.PARTIAL if message.filled else OrderState.OPEN,
            TimeInForce.GTC,
            message.at,
            message.at,
            reason="" if message.is_ours else "made elsewhere; only d takes it back",
            origin=known.origin if known is not None else "foreign",
            is_foreign=not message.is_ours,
        )
        self._cap()

    def report(self, message: OrderReport) -> None:
        """Note where it stands by the venue's word; a refused amend leaves the order as it is."""
        amended = self._amends.get(message.order)
        if amended is not None:
            if message.state is not OrderState.UNKNOWN:
                self._set(amended, new_price=0, new_qty=0)
            self._set(amended, reason=message.reason)
            return
        row = self._rows.get(message.order)
        if row is None:
            return
        since = row.since if row.state is message.state else message.at
        is_settled = row.new_qty == 0 or _answers_amend(row, message)
        self._set(
            message.order,
            state=message.state,
            price=message.price,
            qty=message.qty,
            filled=max(message.filled, row.filled),
            ahead=message.ahead,
            maybe=message.maybe_filled,
            reason=message.reason or (row.reason if row.is_foreign else ""),
            since=since,
            until=message.until,
            new_price=0 if is_settled else row.new_price,
            new_qty=0 if is_settled else row.new_qty,
        )

    def fill(self, message: Fill) -> None:
        """Note what it traded at."""
        row = self._rows.get(message.order)
        if row is not None:
            paid = row.paid + message.price * message.qty // 10_000
            self._set(message.order, paid=paid, fees=row.fees + message.fee)
            if not message.state.is_final:
                self._settling[message.id] = (message.order, message.qty)
                self._set(message.order, settling=row.settling + message.qty)

    def moved(self, message: FillMoved) -> Qty:
        """Note how far a fill has come; return what was taken back, 0 if nothing was."""
        if not message.state.is_final:
            return 0
        order, qty = self._settling.pop(message.fill, (message.order, 0))
        row = self._rows.get(order)
        is_back = message.state is FillState.FAILED
        if row is not None:
            lost = row.reversed + qty if is_back else row.reversed
            self._set(order, settling=max(row.settling - qty, 0), reversed=lost)
        return qty if is_back else 0

    def withdraw(self, message: WithdrawOrder) -> None:
        """Note that we asked to take it back."""
        self._set(message.order, is_cancel_asked=True)

    def journal_failed(self, message: JournalFailed) -> None:
        """Note that it was not sent."""
        self._set(message.order, state=OrderState.REFUSED, since=message.at, reason=message.reason)

    def gate(self, message: GateChanged) -> None:
        """Note what worked when the gate shut: all of that is to be proved cancelled."""
        if message.state is GateState.HALTED:
            mine = (row for row in self._rows.values() if row.is_working and not row.is_foreign)
            known = [order for order in self._killed if order in self._rows]
            self._killed = tuple(dict.fromkeys([*known, *(row.order for row in mine)]))
        elif message.state is GateState.ACTIVE:
            self._killed = ()

    def kill_view(self) -> KillView:
        """Say how many of those are proved to be over."""
        rows = [self._rows[order] for order in self._killed if order in self._rows]
        left = tuple(row.order for row in rows if row.is_working)
        return KillView(len(rows), len(rows) - len(left), left)

    def view(self) -> tuple[OrderRow, ...]:
        """Return the orders: unknown ones first, then working, then the others, newest first."""
        rows = list(reversed(self._rows.values()))
        return tuple(sorted(rows, key=_rank))

    def own_marks(self, market: MarketId) -> tuple[OwnMark, ...]:
        """Return our working orders of one market as the ladder marks them."""
        return tuple(
            OwnMark(row.order, row.side, row.price, row.left, row.ahead, not row.is_doubtful)
            for row in self._rows.values()
            if row.market == market and row.is_working and row.tif in _RESTS
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


def _answers_amend(row: OrderRow, message: OrderReport) -> bool:
    is_there = (message.price, message.qty) == (row.new_price, row.new_qty)
    return is_there or (message.price, message.qty) != (row.price, row.qty)


def _rank(row: OrderRow) -> int:
    if row.is_doubtful:
        return 0
    return 1 if row.is_working else 2
