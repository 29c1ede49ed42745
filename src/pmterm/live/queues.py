"""Our place in line: what must trade before each resting order of ours, by its venue's word."""

from collections.abc import Sequence

from pmterm.live.orders import InLine, LiveOrder, OrderTable
from pmterm.messages.base import Message
from pmterm.messages.said import QueueSeen
from pmterm.model.ids import OrderId
from pmterm.model.units import SECOND, Ns, Qty
from pmterm.venues.base import Orders

SOON: Ns = 3 * SECOND  # after an order began to rest or changed: reads lag behind the engine
EVERY: Ns = 15 * SECOND
AGAIN: Ns = 10 * SECOND  # an order that did not change is told of no more often than this
_Terms = tuple[int, Qty, Qty]  # price, size, and what of it has traded


class Queues:
    """Asks about all that rests at a venue in one request now and then; tells what has changed.

    A place proves nothing: no order comes, moves or ends by it, and no answer is waited for.
    """

    def __init__(self, wing: Orders, table: OrderTable) -> None:
        self._wing = wing
        self._table = table
        self._rested: dict[OrderId, _Terms] = {}
        self._next: Ns = 0

    def beat(self, at: Ns) -> Sequence[Message]:
        """Return the question that is due: soon where something is new, else each 15 s."""
        resting = self._resting()
        before, self._rested = self._rested, {order.id: _terms(order) for order in resting}
        if any(before.get(order) != terms for order, terms in self._rested.items()):
            self._next = min(self._next, at + SOON) if before else at + SOON
        if not resting or at < self._next:
            return ()
        self._next = at + EVERY
        return self._wing.ask_queues(list(dict.fromkeys(o.market for o in resting)), at)

    def seen(self, seen: QueueSeen) -> Sequence[Message]:
        """Take an answer in; one about an order that has changed since is of no use for it."""
        ahead = dict(seen.ahead)
        said: list[Message] = []
        for order in self._resting():
            if order.market not in seen.markets or _is_early(order, seen.asked_at):
                continue
            told = order.ahead
            order.in_line = InLine(
                ahead.get(order.venue_order, -1), *_terms(order), asked_at=seen.asked_at
            )
            if order.ahead != told:
                said.append(order.report(seen.at, order.state))
        return said

    def _resting(self) -> list[LiveOrder]:
        """Return the orders of ours that stand in the book for sure, with nothing under way."""
        return [
            order
            for order in self._table.working()
            if order.is_ours
            and order.is_resting
            and not (order.is_leaving or order.amends or order.misses or order.owes)
        ]


def _terms(order: LiveOrder) -> _Terms:
    return order.price, order.qty, order.done


def _is_early(order: LiveOrder, asked_at: Ns) -> bool:
    """Tell whether an answer is older than a change of the order, or too soon after the last."""
    last = order.in_line
    is_same = (last.price, last.qty, last.done) == _terms(order)
    return asked_at <= order.amended_at or (is_same and asked_at - last.asked_at < AGAIN)
