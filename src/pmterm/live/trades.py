"""Fills as the venue tells them, each to its order, once; and those whose order is not known."""

from collections.abc import Sequence

import msgspec

from pmterm.live.fills import FillBook, fill_id
from pmterm.live.orders import LiveOrder, OrderTable, foreign_order
from pmterm.live.timing import Waterfalls
from pmterm.messages.base import Message
from pmterm.messages.orders import Fill, FillMoved, OrderAdopted
from pmterm.messages.said import FillSeen
from pmterm.model.dust import DUST
from pmterm.model.ids import FillId, MarketId
from pmterm.model.market import Market
from pmterm.model.order import FillState, OrderState, Side, TimeInForce
from pmterm.model.units import PRICE_ONE, SECOND, Ns

STRANGE_FOR: Ns = 6 * SECOND  # a fill waits so long for its order before it counts as foreign


class Trades:
    """Books each fill of the account once and follows it until it is settled."""

    def __init__(
        self,
        table: OrderTable,
        book: FillBook,
        times: Waterfalls,
        markets: dict[MarketId, Market],
    ) -> None:
        self._table = table
        self._book = book
        self._times = times
        self._markets = markets
        self._strange: dict[FillId, FillSeen] = {}
        self.counted_from: Ns = 0  # fills the venue dates before that are in what was held then

    def seen(self, seen: FillSeen) -> Sequence[Message]:
        """Hear of a fill, or of how its settlement goes on."""
        known = fill_id(seen)
        if self._book.has_ended(known):
            return ()
        kept = self._book.get(known)
        if kept is not None:
            moved = FillMoved(seen.at, known, kept.order, kept.market, seen.state)
            return self._move(moved)
        order = self._table.find(seen.venue_order, seen.client_order)
        if self._is_history(seen, order) or self._is_forgotten(seen, order):
            return ()
        if order is not None:
            self._strange.pop(known, None)  # heard before, when nobody knew whose it was
            return self._count(seen, order)
        if seen.state is not FillState.FAILED:
            first = self._strange.get(known)
            self._strange[known] = seen if first is None else _later(first, seen)
        return ()

    def claimed(self, at: Ns) -> Sequence[Message]:
        """Give fills to orders that have become known since; adopt those nobody claims."""
        said: list[Message] = []
        for known, seen in list(self._strange.items()):
            order = self._table.find(seen.venue_order, seen.client_order)
            is_late = at - seen.at > STRANGE_FOR
            if order is None and is_late and not self._may_be_ours(seen):
                order = self._foreign(seen)
                said.append(_adopted(order, at))
            if order is not None:
                del self._strange[known]
                said += self._count(msgspec.structs.replace(seen, at=at), order)
        return said

    def _is_history(self, seen: FillSeen, order: LiveOrder | None) -> bool:
        """Tell whether a fill made elsewhere is in what was held when the account was taken over.

        One whose time the venue did not tell is not.
        """
        is_ours = order is not None and order.is_ours
        return not is_ours and 0 < seen.venue_at < self.counted_from

    def _is_forgotten(self, seen: FillSeen, order: LiveOrder | None) -> bool:
        """Tell whether a fill was counted so long ago that it is not kept any more.

        One that its order lacks by the venue's own word was not.
        """
        lacks = order.lacks if order is not None else 0
        return not lacks and self._book.is_forgotten(seen.venue_at)

    def _may_be_ours(self, seen: FillSeen) -> bool:
        """Tell whether a fill can be of an order of ours whose venue's id is not known yet."""
        return any(
            order.is_ours
            and not order.venue_order
            and (order.market, order.side) == (seen.market, seen.side)
            for order in self._table.working()
        )

    def strangers(self) -> list[FillSeen]:
        """Return the fills that wait for their order."""
        return list(self._strange.values())

    def recall(self, fill: Fill) -> None:
        """Count a fill of the journal."""
        if self._book.get(fill.id) is not None or self._book.has_ended(fill.id):
            return
        self._book.book(fill)
        order = self._table.get(fill.order)
        if order is not None:
            order.booked += fill.qty

    def recall_move(self, moved: FillMoved) -> None:
        """Follow a settlement of the journal."""
        self._moved(moved)

    def _count(self, seen: FillSeen, order: LiveOrder) -> Sequence[Message]:
        order.existed = True
        if seen.state is FillState.FAILED:
            return self._count_failed(seen, order)
        said = self._booked(seen, order)
        if seen.state is FillState.CONFIRMED:
            said += self._times.settled(order.id, seen.at)
        return [*said, *_standing(order, seen.at)]

    def _count_failed(self, seen: FillSeen, order: LiveOrder) -> Sequence[Message]:
        """Count a trade whose failure is the first that is heard of it, and take it back at once.

        An order's own end may have told of it before: left out, it would be waited for for ever.
        """
        said = self._booked(msgspec.structs.replace(seen, state=FillState.MATCHED), order)
        moved = FillMoved(seen.at, fill_id(seen), order.id, seen.market, FillState.FAILED)
        return [*said, *self._move(moved)]

    def _booked(self, seen: FillSeen, order: LiveOrder) -> list[Message]:
        fee = seen.fee if seen.fee >= 0 else _fee(order, seen)
        fill = Fill(
            seen.at,
            fill_id(seen),
            order.id,
            seen.market,
            seen.side,
            seen.price,
            seen.qty,
            fee,
            seen.is_maker,
            seen.venue_at,
            seen.outcome,
            seen.state,
        )
        self._book.book(fill)
        order.booked += fill.qty
        return [fill, *self._times.matched(order.id, seen.at)]

    def _move(self, moved: FillMoved) -> Sequence[Message]:
        if not self._moved(moved):
            return ()
        said: list[Message] = [moved]
        if moved.state is FillState.CONFIRMED:
            said += self._times.settled(moved.order, moved.at)
        return said

    def _moved(self, moved: FillMoved) -> bool:
        kept = self._book.move(moved)
        if kept is None:
            return False
        order = self._table.get(kept.order)
        if order is not None and moved.state is FillState.FAILED:
            order.failed += kept.qty
        return True

    def _foreign(self, seen: FillSeen) -> LiveOrder:
        market = self._markets.get(seen.market)
        order = foreign_order(seen, TimeInForce.IOC, market)
        self._table.add(order)
        return order


def _standing(order: LiveOrder, at: Ns) -> Sequence[Message]:
    """Say where an order stands after a fill; what failed may trade again while it works."""
    if not order.is_working:
        return ()
    is_whole = order.stands >= order.qty or (
        order.qty - order.stands <= DUST and order.tif is not TimeInForce.GTC
    )
    state = OrderState.FILLED if is_whole else OrderState.PARTIAL
    return (order.report(at, state),)


def _fee(order: LiveOrder, seen: FillSeen) -> int:
    price = seen.price if seen.side is Side.BUY else PRICE_ONE - seen.price
    return order.meter.charge(price, seen.qty, is_maker=seen.is_maker)


def _later(first: FillSeen, seen: FillSeen) -> FillSeen:
    """Keep when a fill was first heard of, and how far its settlement has come."""
    return msgspec.structs.replace(seen, at=first.at)


def _adopted(order: LiveOrder, at: Ns) -> OrderAdopted:
    return OrderAdopted(
        at,
        order.id,
        order.market,
        order.venue_order,
        order.outcome,
        order.side,
        order.price,
        order.qty,
        0,
    )
