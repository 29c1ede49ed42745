"""What falls due when: arrivals, taker delays, deadlines, amends and cancels on their way."""

import heapq
from collections.abc import Callable
from typing import Final

import msgspec

from pmterm.messages.orders import AmendOrder, WithdrawOrder
from pmterm.model.ids import OrderId
from pmterm.model.units import Ns, Price, Qty
from pmterm.paper.orders import PaperOrder

NEVER: Final[Ns] = 2**63 - 1


class Due(msgspec.Struct, order=True):
    """A step at a time; `count` keeps steps of one instant in the order they were asked for."""

    at: Ns
    count: int
    order: OrderId
    ask: AmendOrder | WithdrawOrder | None = None


class Schedule:
    """Steps in order of time. An order has at most one step of its own; a later one replaces it."""

    def __init__(self) -> None:
        self._due: list[Due] = []
        self._count = 0

    def next_due(self) -> Ns:
        """Return when something falls due next, `NEVER` if nothing does."""
        return self._due[0].at if self._due else NEVER

    def pop(self, at: Ns) -> Due | None:
        """Take the next step that is due by `at`."""
        return heapq.heappop(self._due) if self._due and self._due[0].at <= at else None

    def step(self, order: PaperOrder, at: Ns) -> None:
        """Plan an order's own next step."""
        self._count += 1
        order.step = self._count
        heapq.heappush(self._due, Due(at, self._count, order.id))

    def ask(self, ask: AmendOrder | WithdrawOrder, at: Ns) -> None:
        """Plan the arrival of an amend or a cancel."""
        self._count += 1
        heapq.heappush(self._due, Due(at, self._count, ask.order, ask))

    def not_before(self, at: Ns) -> None:
        """Put off what was due earlier to `at`, in the order it was asked for."""
        self._due = [msgspec.structs.replace(due, at=max(due.at, at)) for due in self._due]
        heapq.heapify(self._due)

    def refused(self, asked_as: OrderId) -> None:
        """Forget an amend that came to nothing, by the id of the amending intent."""
        self._keep(
            lambda due: not (isinstance(due.ask, AmendOrder) and due.ask.intent.order == asked_as)
        )

    def stands(self, order: OrderId, price: Price, qty: Qty) -> None:
        """Forget the oldest amend of an order if this is what it wished for."""
        asked = (due.ask for due in sorted(self._due) if due.order == order)
        first = next((ask for ask in asked if isinstance(ask, AmendOrder)), None)
        if first is not None and (first.intent.price, first.intent.qty) == (price, qty):
            self._keep(lambda due: due.ask is not first)

    def ended(self, order: OrderId) -> None:
        """Forget what was asked of an order that has ended."""
        self._keep(lambda due: due.order != order)

    def _keep(self, is_wanted: Callable[[Due], bool]) -> None:
        self._due = [due for due in self._due if is_wanted(due)]
        heapq.heapify(self._due)
