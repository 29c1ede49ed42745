"""Stage: takes what the gate approved, and only that, and makes requests to the venue of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Halt,
    Panic,
)
from pmterm.messages.hearing import silently
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import (
    AmendOrder,
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    JournalFailed,
    OrderAdopted,
    OrderKnown,
    OrderNamed,
    OrderReport,
    PlaceOrder,
    WithdrawOrder,
)
from pmterm.messages.strategy import ExitFired
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.order import FillState, GateState, OrderState, Side
from pmterm.model.stock import Adjusted
from pmterm.model.units import Ns, Qty
from pmterm.trading.execution.lifecycle import next_state
from pmterm.trading.execution.working import WorkingOrder, found, working

HISTORY = 500  # orders kept, ended ones going first


class Executor:
    """Keeps every order's state and asks the venue to place, amend and withdraw.

    An amended order keeps its id: the amending intent's id names only the decision, and a report
    under that id (REFUSED) says that the amend came to nothing. What was ordered elsewhere is
    listed too; it is taken back only by name, or where a panic or halt says so.
    """

    def __init__(self) -> None:
        self._orders: dict[OrderId, WorkingOrder] = {}
        self._amends: dict[OrderId, OrderId] = {}
        self._filled: dict[OrderId, Qty] = {}
        self._ledger = Ledger()

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            Approved: self._approved,
            CancelOrder: self._cancel_order,
            CancelMarket: self._cancel_market,
            CancelAll: self._cancel_all,
            ClosePosition: self._close_market,
            ExitFired: self._close_market,
            CloseAll: self._close_all,
            Panic: self._panic,
            GateChanged: self._gate_changed,
            OrderReport: self._reported,
            Fill: self._filled_some,
            JournalFailed: self._journal_failed,
            Halt: self._halt,
            SessionStarted: silently(self._note_start),
            OrderNamed: silently(self._note_name),
            OrderKnown: silently(self._note_known),
            OrderAdopted: silently(self._note_adopted),
            FillMoved: silently(self._note_moved),
            HoldingAdjusted: silently(self._note_adjusted),
            MarketSettled: self._settled,
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            Approved: self._take_on,
            WithdrawOrder: self._recall_withdraw,
            OrderReport: self._note_report,
            Fill: self._note_fill,
            JournalFailed: self._note_failure,
            SessionStarted: self._note_start,
            OrderNamed: self._note_name,
            OrderKnown: self._note_known,
            OrderAdopted: self._note_adopted,
            FillMoved: self._note_moved,
            HoldingAdjusted: self._note_adjusted,
            MarketSettled: self._note_settled,
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
        self._orders[intent.order] = working(approved)
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

    def _cancel_market(self, command: CancelMarket) -> Sequence[Message]:
        here = (o for o in self._ours() if o.market == command.market)
        return self._withdraw(here, command.at)

    def _close_market(self, command: ClosePosition | ExitFired) -> Sequence[Message]:
        here = (o for o in self._ours() if o.market == command.market)
        return self._withdraw((o for o in here if not _is_close(o)), command.at)

    def _close_all(self, command: CloseAll) -> Sequence[Message]:
        return self._withdraw((o for o in self._ours() if not _is_close(o)), command.at)

    def _cancel_all(self, command: CancelAll) -> Sequence[Message]:
        return self._withdraw(self._ours(), command.at)

    def _panic(self, command: Panic) -> Sequence[Message]:
        meant = self._orders.values() if command.foreign else self._ours()
        return self._withdraw(meant, command.at)

    def _halt(self, command: Halt) -> Sequence[Message]:
        """Take back what was ordered elsewhere, if told so; ours goes as the gate halts."""
        foreign = [order for order in self._orders.values() if order.is_foreign]
        return self._withdraw(foreign, command.at) if command.foreign else ()

    def _ours(self) -> list[WorkingOrder]:
        return [order for order in self._orders.values() if not order.is_foreign]

    def _gate_changed(self, changed: GateChanged) -> Sequence[Message]:
        match changed.state:
            case GateState.ACTIVE:
                return ()
            case GateState.HALTED:
                return self._withdraw(self._ours(), changed.at)
            case GateState.REDUCING:
                return self._withdraw(self._not_closing(), changed.at)

    def _not_closing(self) -> list[WorkingOrder]:
        """Return the orders that could make a holding larger, counting those kept together.

        Orders the venue stops at zero stay, and count first; of the others the oldest stay, as
        far as there is something left for them to close.
        """
        standing = [o for o in self._ours() if not (o.state.is_final or o.is_leaving)]
        closing: dict[tuple[MarketId, Side], Qty] = {}
        opening: list[WorkingOrder] = []
        for order in sorted(standing, key=lambda order: not order.reduce_only):
            held = self._ledger.held(order.market).qty
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
        order.until = report.until
        order.ahead = report.ahead
        order.maybe_filled = max(order.maybe_filled, report.maybe_filled)
        order.has_filled(report.filled)

    def _filled_some(self, fill: Fill) -> Sequence[Message]:
        self._note_fill(fill)
        return ()

    def _note_fill(self, fill: Fill) -> None:
        if self._ledger.filled(fill.market, fill.traded) is None:
            return
        order = self._orders.get(fill.order)
        if order is not None:
            total = self._filled.get(fill.order, 0) + fill.qty
            self._filled[fill.order] = total
            order.has_filled(total)

    def _note_moved(self, moved: FillMoved) -> None:
        booked = self._ledger.moved(moved.market, moved.fill, moved.state)
        order = self._orders.get(moved.order)
        if booked is not None and moved.state is FillState.FAILED and order is not None:
            order.takes_back(self._ledger.size_of(moved.fill))

    def _note_adjusted(self, adjusted: HoldingAdjusted) -> None:
        entry = Adjusted(adjusted.qty, adjusted.price, adjusted.outcome)
        self._ledger.adjusted(adjusted.market, entry)

    def _note_start(self, session: SessionStarted) -> None:
        self._ledger.started(0, is_live=session.mode is Mode.LIVE)

    def _note_name(self, named: OrderNamed) -> None:
        order = self._orders.get(named.order)
        if order is not None:
            order.venue_order, order.outcome = named.venue_order, named.outcome

    def _note_known(self, known: OrderKnown) -> None:
        order = self._orders.get(known.order)
        if order is not None:
            order.venue_order = known.venue_order

    def _note_adopted(self, adopted: OrderAdopted) -> None:
        """List an order found on the account; the one case in which an ended one works again."""
        self._orders[adopted.order] = found(adopted, self._orders.get(adopted.order))
        self._forget_old()

    def _note_settled(self, settled: MarketSettled) -> None:
        if self._ledger.is_live:
            self._ledger.settled(settled.market, settled.payout)

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        """End what a live venue still had working; a venue on paper says so itself."""
        self._note_settled(settled)
        if not self._ledger.is_live:
            return ()
        over = [o for o in self._orders.values() if o.market == settled.market]
        reports = [_expired(o, settled.at) for o in over if not o.state.is_final]
        for report in reports:
            self._note_report(report)
        return reports

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


def _expired(order: WorkingOrder, at: Ns) -> OrderReport:
    return OrderReport(
        at,
        order.id,
        order.market,
        OrderState.EXPIRED,
        order.price,
        order.qty,
        order.filled,
        "the market is resolved",
    )


def _is_close(order: WorkingOrder) -> bool:
    """Tell whether an order closes and ends by itself: asking again does not take it back."""
    return order.reduce_only and not order.tif.rests
