"""What falls due when: arrivals, taker delays, deadlines, amends and cancels on their way."""

import heapq
from typing import Final

import msgspec

from pmterm.messages.orders import AmendOrder, WithdrawOrder
from pmterm.model.ids import OrderId
from pmterm.model.units import Ns
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

    def drop_amend(self, asked_as: OrderId) -> None:
        """Forget an amend that was answered, by the id of the amending intent."""
        self._due = [due for due in self._due if not _is_amend(due, asked_as)]
        heapq.heapify(self._due)


def _is_amend(due: Due, asked_as: OrderId) -> bool:
    return isinstance(due.ask, AmendOrder) and due.ask.intent.order == asked_as
