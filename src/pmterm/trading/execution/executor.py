"""Stage: takes what the gate approved, and only that, and makes requests to the venue of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Panic,
)
from pmterm.messages.orders import (
    AmendOrder,
    Approved,
    Fill,
    GateChanged,
    JournalFailed,
    OrderReport,
    PlaceOrder,
    WithdrawOrder,
)
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.order import GateState, OrderState, Side, TimeInForce
from pmterm.model.units import Ns, Price, Qty
from pmterm.trading.execution.lifecycle import next_state

HISTORY = 500  # orders kept, ended ones going first


class WorkingOrder(msgspec.Struct):
    """One of our orders, working or ended.

    `at` is when it last changed; `most` is the largest size it was ever to have: an amend may yet
    arrive.
    """

    id: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    tif: TimeInForce
    at: Ns
    filled: Qty = 0
    state: OrderState = OrderState.RESERVED
    ahead: Qty = -1
    maybe_filled: Qty = 0
    reason: str = ""
    post_only: bool = False
    reduce_only: bool = False
    is_leaving: bool = False
    most: Qty = 0


class Executor:
    """Keeps every order's state and asks the venue to place, amend and withdraw.

    An amended order keeps its id: the amending intent's id names only the decision, and a report
    under that id (REFUSED) says that the amend came to nothing.
    """

    def __init__(self) -> None:
        self._orders: dict[OrderId, WorkingOrder] = {}
        self._amends: dict[OrderId, OrderId] = {}
        self._fills: set[FillId] = set()
        self._filled: dict[OrderId, Qty] = {}
        self._held: dict[MarketId, Qty] = {}

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            Approved: self._approved,
            CancelOrder: self._cancel_order,
            CancelMarket: self._cancel_market,
            CancelAll: self._cancel_all,
            ClosePosition: self._cancel_market,
            CloseAll: self._cancel_all,
            Panic: self._cancel_all,
            GateChanged: self._gate_changed,
            OrderReport: self._reported,
            Fill: self._filled_some,
            JournalFailed: self._journal_failed,
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            Approved: self._take_on,
            WithdrawOrder: self._recall_withdraw,
            OrderReport: self._note_report,
            Fill: self._note_fill,
            JournalFailed: self._note_failure,
        }

    def orders(self) -> list[WorkingOrder]:
        """Return all orders kept, oldest first. Read them, do not change them."""
        return list(self._orders.values())

    def order(self, order: OrderId) -> WorkingOrder | None:
        """Return one order, or None if it is not known (any more)."""
        return self._orders.get(order)

    def _approved(self, approved: Approved) -> Sequence[Message]:
        self._take_on(approved)
        intent = approved.intent
        if intent.replaces:
            return (AmendOrder(approved.at, intent.replaces, intent),)
        return (PlaceOrder(approved.at, intent, approved.outcome),)

    def _take_on(self, approved: Approved) -> None:
        intent = approved.intent
        if intent.replaces:
            self._amends[intent.order] = intent.replaces
            amended = self._orders.get(intent.replaces)
            if amended is not None:
                amended.most = max(amended.most, intent.qty)
            return
        self._orders[intent.order] = WorkingOrder(
            id=intent.order,
            market=intent.market,
            side=intent.side,
            price=intent.price,
            qty=intent.qty,
            tif=intent.tif,
            at=approved.at,
            post_only=intent.post_only,
            reduce_only=intent.reduce_only,
        )
        self._forget_old()

    def _forget_old(self) -> None:
        if len(self._orders) <= HISTORY:
            return
        ended = next((o.id for o in self._orders.values() if o.state.is_final), None)
        if ended is not None:
            del self._orders[ended]
            self._filled.pop(ended, None)
            self._amends = {a: o for a, o in self._amends.items() if o != ended}

    def _withdraw(self, orders: Iterable[WorkingOrder], at: Ns) -> Sequence[Message]:
        leaving = [order for order in orders if not order.state.is_final]
        for order in leaving:
            order.is_leaving = True
        return [WithdrawOrder(at, order.id, order.market) for order in leaving]

    def _cancel_order(self, command: CancelOrder) -> Sequence[Message]:
        order = self._orders.get(command.order)
        return self._withdraw([order], command.at) if order else ()

    def _cancel_market(self, command: CancelMarket | ClosePosition) -> Sequence[Message]:
        here = (o for o in self._orders.values() if o.market == command.market)
        return self._withdraw(here, command.at)

    def _cancel_all(self, command: CancelAll | CloseAll | Panic) -> Sequence[Message]:
        return self._withdraw(self._orders.values(), command.at)

    def _gate_changed(self, changed: GateChanged) -> Sequence[Message]:
        match changed.state:
            case GateState.ACTIVE:
                return ()
            case GateState.HALTED:
                return self._withdraw(self._orders.values(), changed.at)
            case GateState.REDUCING:
                return self._withdraw(self._not_closing(), changed.at)

    def _not_closing(self) -> list[WorkingOrder]:
        """Return the orders that could make a holding larger, counting those kept together.

        Orders the venue stops at zero stay, and count first; of the others the oldest stay, as
        far as there is something left for them to close.
        """
        working = [o for o in self._orders.values() if not (o.state.is_final or o.is_leaving)]
        closing: dict[tuple[MarketId, Side], Qty] = {}
        opening: list[WorkingOrder] = []
        for order in sorted(working, key=lambda order: not order.reduce_only):
            held = self._held.get(order.market, 0)
            against = -held if order.side is Side.BUY else held
            key = (order.market, order.side)
            total = closing.get(key, 0) + max(order.qty, order.most) - order.filled
            if order.reduce_only or total <= against:
                closing[key] = total
            else:
                opening.append(order)
        return opening

    def _reported(self, report: OrderReport) -> Sequence[Message]:
        self._note_report(report)
        return ()

    def _note_report(self, report: OrderReport) -> None:
        if report.order in self._amends:
            amended = self._orders.get(self._amends.pop(report.order))
            if amended is not None:
                amended.reason = report.reason
            return
        order = self._orders.get(report.order)
        if order is None or order.state.is_final:
            return
        state = next_state(order.state, report)
        if report.reason or state is not order.state:
            order.reason = report.reason
        order.state = state
        order.at = report.at
        order.price = report.price
        order.qty = report.qty
        order.filled = max(order.filled, report.filled)
        order.ahead = report.ahead
        order.maybe_filled = max(order.maybe_filled, report.maybe_filled, order.filled)

    def _filled_some(self, fill: Fill) -> Sequence[Message]:
        self._note_fill(fill)
        return ()

    def _note_fill(self, fill: Fill) -> None:
        if fill.id in self._fills:
            return
        self._fills.add(fill.id)
        signed = fill.qty if fill.side is Side.BUY else -fill.qty
        self._held[fill.market] = self._held.get(fill.market, 0) + signed
        order = self._orders.get(fill.order)
        if order is not None:
            total = self._filled.get(fill.order, 0) + fill.qty
            self._filled[fill.order] = total
            order.filled = max(order.filled, total)
            order.maybe_filled = max(order.maybe_filled, order.filled)

    def _journal_failed(self, failed: JournalFailed) -> Sequence[Message]:
        order = self._orders.get(self._amends.get(failed.order, failed.order))
        if order is None or order.state.is_final:
            return ()
        report = OrderReport(
            failed.at,
            failed.order,
            order.market,
            OrderState.REFUSED,
            order.price,
            order.qty,
            order.filled,
            f"not sent, it could not be written down: {failed.reason}",
        )
        self._note_report(report)
        return (report,)

    def _note_failure(self, failed: JournalFailed) -> None:
        self._journal_failed(failed)

    def _recall_withdraw(self, withdrawn: WithdrawOrder) -> None:
        order = self._orders.get(withdrawn.order)
        if order is not None:
            order.is_leaving = True
