"""Orders worked in slices over time (TWAP), and those that rest a moment and are taken back.

A plan stands in the journal, and each slice is an order of its own that the gate judges: after a
restart a plan goes on with what is left of it. What is not clear pauses it and says so.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.commands import CancelOrder
from pmterm.messages.orders import Intent, OrderReport, PlanMoved, PlanStarted, PlanState
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import OrderState
from pmterm.model.units import SECOND, Ns, Qty

HEARD_WITHIN: Final[Ns] = 5 * SECOND  # a slice not heard of by then was never sent
NO_ORDER: Final = OrderId("")
_OPEN: Final = frozenset({PlanState.GOING, PlanState.PAUSED})


class Slicer(Protocol):
    """Makes the order for a slice."""

    def slice(self, plan: PlanStarted, qty: Qty, at: Ns) -> Intent | str:
        """Return the intent for the next `qty` of a plan, or why there can be none now."""
        ...

    def slice_size(self, plan: PlanStarted, left: Qty, slices: int) -> Qty:
        """Return how much the next of so many slices takes of what is left, 0 if it is dust."""
        ...


class Plan(msgspec.Struct):
    """A plan and how it stands. `filled` is of slices that are over, `traded` of the last one."""

    told: PlanStarted
    next_at: Ns
    state: PlanState = PlanState.GOING
    sent: int = 0
    filled: Qty = 0
    order: OrderId = NO_ORDER
    order_at: Ns = 0
    order_state: OrderState = OrderState.RESERVED
    traded: Qty = 0
    is_leaving: bool = False

    @property
    def is_waiting(self) -> bool:
        """Whether its last slice is not over."""
        return self.order != NO_ORDER and not self.order_state.is_final

    def moved(self, at: Ns, reason: str = "") -> PlanMoved:
        """Say how it stands."""
        filled = self.filled + self.traded
        return PlanMoved(at, self.told.plan, self.state, self.sent, filled, self.order, reason)


class Plans:
    """All plans of the journal that are not over."""

    def __init__(self, slicer: Slicer) -> None:
        self._slicer = slicer
        self._plans: dict[str, Plan] = {}
        self._count = 0

    def next_name(self, session: str) -> str:
        """Return a name that no plan of the journal has."""
        return f"{session}-p{self._count + 1:03d}"

    def open_plans(self) -> list[Plan]:
        """Return the plans that are not over, oldest first. Read them, do not change them."""
        return list(self._plans.values())

    def note_started(self, told: PlanStarted) -> None:
        """Take on a plan; its first slice goes with the next heartbeat."""
        self._count += 1
        self._plans[told.plan] = Plan(told, next_at=told.at)

    def note_moved(self, moved: PlanMoved) -> None:
        """Follow a plan of the journal."""
        plan = self._plans.get(moved.plan)
        if plan is None:
            return
        if moved.state not in _OPEN:
            del self._plans[moved.plan]
            return
        if moved.state is PlanState.GOING:
            is_new = moved.order not in {plan.order, NO_ORDER}
            if is_new:
                self._begin(plan, moved.order, moved.at)
            plan.next_at = moved.at + (plan.told.every if is_new else 0)
        if moved.order == NO_ORDER:
            self._close_slice(plan)
        plan.state, plan.sent = moved.state, moved.sent

    def note_report(self, report: OrderReport) -> None:
        """Follow the slice that is out."""
        for plan in self._plans.values():
            if plan.order == report.order and not plan.order_state.is_final:
                plan.order_state = report.state
                plan.traded = max(plan.traded, report.filled)

    def note_taken(self, order: OrderId) -> None:
        """Note that a slice passed the gate before a restart: it may be out, report or not."""
        for plan in self._plans.values():
            if plan.order == order and plan.order_state is OrderState.RESERVED:
                plan.order_state = OrderState.JOURNALED

    def beat(self, at: Ns) -> Sequence[Message]:
        """Take the next step of every plan that has one."""
        said: list[Message] = []
        for plan in list(self._plans.values()):
            said += self._overdue(plan, at)
            if plan.state is PlanState.GOING:
                said += self._go_on(plan, at)
        return said

    def stop(self, at: Ns, reason: str, market: MarketId | None = None) -> Sequence[Message]:
        """End plans, of one market or all; what rests for them is taken back."""
        said: list[Message] = []
        for plan in list(self._plans.values()):
            if market is None or plan.told.market == market:
                said += self._stop(plan, at, reason)
        return said

    def cancelled(self, at: Ns, order: OrderId) -> Sequence[Message]:
        """End the plan whose slice a person took back."""
        for plan in list(self._plans.values()):
            if plan.order == order and plan.is_waiting:
                plan.is_leaving = True
                return self._stop(plan, at, "its order was taken back")
        return ()

    def go_on(self, at: Ns, market: MarketId | None = None) -> Sequence[Message]:
        """Let paused plans go on: a person has looked."""
        said: list[Message] = []
        for plan in self._plans.values():
            is_meant = market is None or plan.told.market == market
            if is_meant and plan.state is PlanState.PAUSED:
                plan.state = PlanState.GOING
                plan.next_at = at
                said.append(plan.moved(at, "goes on"))
        return said

    def _go_on(self, plan: Plan, at: Ns) -> Sequence[Message]:
        if plan.is_waiting:
            return self._wait(plan, at)
        if plan.order_state is OrderState.REFUSED:
            plan.sent -= 1
            self._close_slice(plan)
            return self._pause(plan, at, "a slice was refused")
        if plan.order != NO_ORDER:
            self._close_slice(plan)
        return self._next(plan, at)

    def _wait(self, plan: Plan, at: Ns) -> Sequence[Message]:
        """Wait for the slice that is out; what cannot be told of it pauses the plan."""
        if plan.order_state is OrderState.RESERVED:
            if at - plan.order_at < HEARD_WITHIN:
                return ()
            plan.sent -= 1
            self._close_slice(plan)
            return self._pause(plan, at, "a slice did not pass the gate")
        if plan.order_state is OrderState.UNKNOWN:
            return self._pause(plan, at, "what became of a slice is not known yet")
        late = at - plan.order_at > plan.told.lasts + 2 * max(plan.told.every, HEARD_WITHIN)
        return self._pause(plan, at, "a slice does not end") if late else ()

    def _next(self, plan: Plan, at: Ns) -> Sequence[Message]:
        """Send the next slice when it is time; end when nothing is left."""
        left = plan.told.qty - plan.filled
        slices = plan.told.slices - plan.sent
        size = self._slicer.slice_size(plan.told, left, slices) if slices > 0 else 0
        if not size:
            return self._end(plan, at, PlanState.DONE, "")
        if at < plan.next_at:
            return ()
        wish = self._slicer.slice(plan.told, size, at)
        if isinstance(wish, str):
            return self._pause(plan, at, wish)
        plan.sent += 1
        plan.next_at = at + plan.told.every
        self._begin(plan, wish.order, at)
        return (wish, plan.moved(at))

    def _overdue(self, plan: Plan, at: Ns) -> Sequence[Message]:
        """Take back a slice that rested long enough, paused or not."""
        lasts = plan.told.lasts
        if not lasts or not plan.is_waiting or plan.is_leaving or at - plan.order_at < lasts:
            return ()
        plan.is_leaving = True
        return (CancelOrder(at, plan.order),)

    def _begin(self, plan: Plan, order: OrderId, at: Ns) -> None:
        self._close_slice(plan)
        plan.order, plan.order_at = order, at
        plan.order_state = OrderState.RESERVED
        plan.is_leaving = False

    def _close_slice(self, plan: Plan) -> None:
        plan.filled += plan.traded
        plan.traded = 0
        plan.order = NO_ORDER
        plan.order_state = OrderState.RESERVED

    def _pause(self, plan: Plan, at: Ns, reason: str) -> Sequence[Message]:
        plan.state = PlanState.PAUSED
        return (plan.moved(at, reason),)

    def _stop(self, plan: Plan, at: Ns, reason: str) -> Sequence[Message]:
        rests = plan.is_waiting and plan.told.lasts and not plan.is_leaving
        back = (CancelOrder(at, plan.order),) if rests else ()
        return (*back, *self._end(plan, at, PlanState.STOPPED, reason))

    def _end(self, plan: Plan, at: Ns, state: PlanState, reason: str) -> Sequence[Message]:
        plan.state = state
        del self._plans[plan.told.plan]
        return (plan.moved(at, reason),)
