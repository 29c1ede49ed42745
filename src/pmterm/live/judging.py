"""What an order has become, judged by evidence: proven, refuted, or not known yet."""

from collections.abc import Sequence

from pmterm.live.orders import GIVEN_UP, LiveOrder, OrderTable, foreign_order
from pmterm.messages.base import Message
from pmterm.messages.orders import OrderAdopted, OrderKnown, OrderReport
from pmterm.messages.said import (
    AmendAccepted,
    OrderAccepted,
    OrderDeclined,
    OrderMissing,
    OrderSeen,
    OrderUnclear,
    WithdrawAnswered,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.market import Market
from pmterm.model.order import OrderState, TimeInForce
from pmterm.model.units import MS, SECOND, Ns

# An order that must fill at once and met nobody was taken in and died: that is no refusal.
FOUND_NOBODY = frozenset({"fok_killed", "ioc_no_match", "not_filled"})
LOOKS_TO_REFUTE = 3  # an order that was never seen counts as not there after so many looks in vain
LOOKS_TO_END = 2  # one that was there has ended after so many, with its fills read ...
# ... both over so long a time since the first: venues list an order, and what it traded, up to a
# minute late. Measured by the clock that nobody can set: a wall clock put forward settles nothing.
TIME_TO_REFUTE: Ns = 60 * SECOND
GONE = "the venue lists it no more: filled or taken back, known within a minute"
READS_LAG: Ns = 5 * SECOND  # a read so soon after the engine's own word may be older than it
AMEND_LAG: Ns = 5 * SECOND
_FIRST_WAIT: Ns = 500 * MS
_LONGEST_WAIT: Ns = 20 * SECOND
_LONGEST_CANCEL: Ns = 4 * SECOND


def wait_of(order: LiveOrder) -> Ns:
    """Return how long to wait before asking again: 0.5 s, doubling, 20 s at the most.

    What is wanted back is asked for every 4 s at least: it may cost money as long as it stands.
    """
    most = _LONGEST_CANCEL if order.is_leaving else _LONGEST_WAIT
    return min(most, _FIRST_WAIT << min(order.asks, 6))


class Judge:
    """Moves the orders of one venue by what the venue says; never by what it does not say."""

    def __init__(self, table: OrderTable, markets: dict[MarketId, Market]) -> None:
        self._table = table
        self._markets = markets
        self._ticked_at: Ns = 0

    def tick(self, ticked_at: Ns) -> None:
        """Learn when the answer came that is judged next, by the clock that nobody can set."""
        self._ticked_at = ticked_at

    def accepted(self, said: OrderAccepted) -> Sequence[Message]:
        """The venue took an order."""
        order = self._table.get(said.order)
        if order is None:
            return ()
        known = self._known(order, said)
        order.filled = max(order.filled, said.filled)
        order.until = said.at + said.delay if said.delay else 0
        if order.is_leaving:
            order.restart_asking(said.at)
        elif said.delay:
            order.restart_asking(order.until + 3 * SECOND)
        if not order.is_working:
            return known
        state = said.state
        if state is OrderState.OPEN and order.done:
            state = OrderState.PARTIAL
        return [*known, order.report(said.at, state, said.reason)]

    def declined(self, said: OrderDeclined) -> Sequence[Message]:
        """The venue proved that it did not take an order, or an amend of one."""
        amended = self._table.amended_by(said.order)
        if amended is not None:
            return self._amend_failed(amended, said.order, said.at, said.reason)
        order = self._table.get(said.order)
        if order is None or not order.is_working:
            return ()
        if order.existed:  # seen by another way: the refusal is of something else
            order.restart_asking(said.at)
            return ()
        state = OrderState.CANCELLED if said.code in FOUND_NOBODY else OrderState.REFUSED
        return (order.report(said.at, state, said.reason),)

    def unclear(self, said: OrderUnclear) -> Sequence[Message]:
        """Whether the venue took it is not known: never sent again, asked about from now on."""
        amended = self._table.amended_by(said.order)
        if amended is not None:
            amended.restart_asking(said.at + _FIRST_WAIT)
            return ()
        order = self._table.get(said.order)
        if order is None or not order.is_working:
            return ()
        if not order.next_ask or order.next_ask > said.at + _FIRST_WAIT:
            order.restart_asking(said.at + _FIRST_WAIT)
        if order.existed:
            return ()
        return (order.report(said.at, OrderState.UNKNOWN, said.reason),)

    def amended(self, said: AmendAccepted) -> Sequence[Message]:
        """The venue changed an order."""
        order = self._table.amended_by(said.order)
        if order is None or said.order not in order.amends:
            return ()
        del order.amends[said.order]
        order.amended_at = said.at
        order.filled = max(order.filled, said.filled)
        return self._stands(order, said.at, said.price, said.qty)

    def withdrawn(self, said: WithdrawAnswered) -> Sequence[Message]:
        """What became of a cancel. Only a proven one ends the order; "nothing there" asks on."""
        order = self._table.get(said.order)
        if order is None or not order.is_working:
            return ()
        if said.is_done:
            order.existed = True
            return (order.report(said.at, self._ended(order), "taken back"),)
        if said.is_done is False:
            order.next_ask = said.at
            return ()
        order.next_ask = said.at + wait_of(order)
        if order.state not in {OrderState.OPEN, OrderState.PARTIAL}:
            return ()
        return (order.report(said.at, OrderState.CANCEL_UNKNOWN, said.reason),)

    def seen(self, seen: OrderSeen) -> Sequence[Message]:
        """The venue shows an order of ours, or one that somebody else put on the account."""
        order = self._table.find(seen.venue_order, seen.client_order)
        if order is None:
            return () if seen.state.is_final else self._adopt(seen)
        known = self._known(order, seen)
        if not order.is_working:
            return [*known, *self._works_after_all(order, seen)]
        was_gone, order.misses = order.misses >= LOOKS_TO_END, 0
        order.filled = max(order.filled, seen.filled)
        if seen.state.is_final:
            state = self._ended(order) if seen.state is OrderState.CANCELLED else seen.state
            return [*known, order.report(seen.at, state, seen.reason)]
        if seen.state is OrderState.SENT:  # in the taker delay
            return known
        said = self._settle_amends(order, seen)
        is_old = seen.at - order.amended_at < READS_LAG
        terms = (order.price, order.qty) if is_old else (seen.price, seen.qty)
        return [*known, *said, *self._stands(order, seen.at, *terms, was_gone=was_gone)]

    def missing(self, said: OrderMissing) -> Sequence[Message]:
        """The venue answered properly that it does not know an order."""
        order = self._table.get(said.order)
        if order is None or not order.is_working:
            return ()
        order.misses += 1
        if order.missed_since is None:
            order.missed_since = self._ticked_at
        is_due = self._ticked_at - order.missed_since >= TIME_TO_REFUTE
        if order.existed or order.booked:
            return self._gone(order, said.at, is_due=is_due)
        if order.misses < LOOKS_TO_REFUTE or not is_due:
            return self._looked(order, said.at, is_due=is_due)
        order.was_given_up = True
        why = f"{GIVEN_UP}: the venue was asked {order.misses} times over a minute"
        return (order.report(said.at, OrderState.REFUSED, why),)

    def _gone(self, order: LiveOrder, at: Ns, *, is_due: bool) -> Sequence[Message]:
        """An order that was there is not: it traded or was taken back, and trades may come late."""
        if is_due and order.misses >= LOOKS_TO_END:
            return (order.report(at, self._ended(order), "the venue has it no more"),)
        if order.misses != LOOKS_TO_END or order.state is OrderState.SENT:
            return ()
        return (order.report(at, order.state, GONE),)

    def _looked(self, order: LiveOrder, at: Ns, *, is_due: bool) -> Sequence[Message]:
        """Say that the venue was asked in vain, and what ends the asking."""
        if order.state is not OrderState.UNKNOWN:
            return ()
        end = f"at look {LOOKS_TO_REFUTE}" if is_due else f"after {TIME_TO_REFUTE // SECOND} s"
        why = f"look {order.misses}: not there; given up {end}"
        return (order.report(at, OrderState.UNKNOWN, why),)

    def _known(self, order: LiveOrder, said: OrderAccepted | OrderSeen) -> list[Message]:
        """Note that an order exists, and what its venue calls it."""
        order.existed = True
        order.missed_since = None
        if not said.venue_order or said.venue_order == order.venue_order:
            return []
        order.venue_order = said.venue_order
        self._table.name(order)
        if said.venue_order == order.named:
            return []
        return [OrderKnown(said.at, order.id, said.venue_order)]

    def _stands(
        self, order: LiveOrder, at: Ns, price: int, qty: int, *, was_gone: bool = False
    ) -> Sequence[Message]:
        """An order stands in the book at a price and size; say so if that is news."""
        before = (order.state, order.price, order.qty, order.told)
        order.price, order.qty = price, qty
        state = OrderState.PARTIAL if order.done else OrderState.OPEN
        if order.is_leaving and order.state is OrderState.CANCEL_UNKNOWN:
            state = OrderState.CANCEL_UNKNOWN
        if not order.is_leaving and not order.amends:
            order.next_ask = 0
        order.until = 0
        said = order.report(at, state)
        is_news = was_gone or before != (order.state, price, qty, order.told)
        return (said,) if is_news else ()

    def _ended(self, order: LiveOrder) -> OrderState:
        """Return how an order ended that works no more."""
        stands = order.done - order.failed
        return OrderState.FILLED if stands >= order.qty else OrderState.CANCELLED

    def _settle_amends(self, order: LiveOrder, seen: OrderSeen) -> Sequence[Message]:
        """Find out by what an order has become which of its amends under way came to be."""
        for asked, intent in list(order.amends.items()):
            if (intent.price, intent.qty) == (seen.price, seen.qty):
                del order.amends[asked]
            elif seen.at - intent.at > AMEND_LAG:
                return self._amend_failed(order, asked, seen.at, "the venue did not change it")
        return ()

    def _amend_failed(
        self, order: LiveOrder, asked: OrderId, at: Ns, reason: str
    ) -> Sequence[Message]:
        order.amends.pop(asked, None)
        return (
            OrderReport(
                at,
                asked,
                order.market,
                OrderState.REFUSED,
                order.price,
                order.qty,
                order.done,
                reason,
            ),
        )

    def _works_after_all(self, order: LiveOrder, seen: OrderSeen) -> Sequence[Message]:
        """An order that had ended works after all: ours again, and taken back at once.

        A read just after the end may be older than the end; one given up for lost may not.
        """
        if seen.state.is_final or seen.state is OrderState.SENT:
            return ()
        if order.stands >= seen.qty:
            return ()
        if not order.was_given_up and seen.at - order.ended_at < READS_LAG:
            return ()
        order.state = OrderState.OPEN
        order.price, order.qty = seen.price, seen.qty
        order.was_given_up = False
        order.is_leaving = order.is_ours
        order.filled = max(order.filled, seen.filled)
        order.restart_asking(seen.at)
        return (self._adopted(order, seen),)

    def _adopt(self, seen: OrderSeen) -> Sequence[Message]:
        """Take in an order that somebody else put on the account."""
        market = self._markets.get(seen.market)
        order = foreign_order(seen, TimeInForce.GTC, market)
        order.filled = max(0, seen.filled)
        self._table.add(order)
        return (self._adopted(order, seen),)

    def _adopted(self, order: LiveOrder, seen: OrderSeen) -> OrderAdopted:
        order.told = order.done
        return OrderAdopted(
            seen.at,
            order.id,
            order.market,
            order.venue_order,
            order.outcome,
            order.side,
            order.price,
            order.qty,
            order.done,
            is_ours=order.is_ours,
        )
