"""When what is asked again: cancels until they are proven, looks until an order is known."""

from collections.abc import Sequence

from pmterm.live.judging import wait_of
from pmterm.live.orders import FillsAsked, LiveOrder, OrderTable
from pmterm.live.trades import Trades
from pmterm.messages.base import Message
from pmterm.model.ids import OrderId
from pmterm.model.order import OrderState
from pmterm.model.units import SECOND, Ns
from pmterm.venues.base import Orders, OrderSent

ANSWER_WITHIN: Ns = 15 * SECOND  # a request that brought nothing by then brings nothing any more
FILLS_LATE: Ns = 2 * SECOND  # trades can follow the word that an order filled by seconds
FILLS_AGAIN: Ns = 10 * SECOND  # doubled each time fills are asked for in vain
LONGEST_FILLS: Ns = 600 * SECOND
MOST_ASKED = 6  # then what an order lacks is told as a difference, five minutes on
SETTLING_LONG: Ns = 30 * SECOND
STRANGER_AGAIN: Ns = 2 * SECOND


class Asking:
    """Knows which order is to be asked about, and when; sends no order ever again."""

    def __init__(self, wing: Orders, table: OrderTable, trades: Trades) -> None:
        self._wing = wing
        self._table = table
        self._trades = trades
        self._fills_next: Ns = 0
        self._settling = FillsAsked()
        self._stranger_next: Ns = 0

    def cancel(self, orders: Sequence[LiveOrder], at: Ns) -> Sequence[Message]:
        """Return the requests that cancel these, as far as the venue can know their names."""
        known = [order for order in orders if order.venue_order or order.named]
        for order in known:
            order.asks += 1
            order.next_ask = at + wait_of(order)
        return self._wing.withdraw([order.sent() for order in known], at) if known else ()

    def beat(self, at: Ns, settling_since: Ns) -> list[Message]:
        """Return everything that is due to be asked."""
        due = [order for order in self._table.working() if 0 < self._due(order, at) <= at]
        leaving = [o for o in due if o.is_leaving and o.asks % 2 == 0]
        said = list(self.cancel(leaving, at))
        for order in due:
            if order not in leaving:
                order.asks += 1
                order.next_ask = at + wait_of(order)
                said += self._wing.look(order.sent(), at)
        return [*said, *self._late_fills(at, settling_since), *self._strangers(at)]

    def _due(self, order: LiveOrder, at: Ns) -> Ns:
        """Return when to ask about an order, 0: not at all."""
        if order.next_ask:
            return order.next_ask
        if order.state is OrderState.SENT and at - order.sent_at > ANSWER_WITHIN:
            return at
        return 0

    def _late_fills(self, at: Ns, settling_since: Ns) -> list[Message]:
        """Ask for fills that must be there by the venue's own word, or that settle for too long.

        What an order still lacks after some time is told as a difference, once, and asked for on.
        """
        if at < self._fills_next:
            return []
        late = [order for order in self._table.all() if _is_owed(order, at)]
        said: list[Message] = [
            order.let_go_of_fills(at)
            for order in late
            if order.lacks and order.fills_asked.times >= MOST_ASKED
        ]
        since = [order.sent_at for order in late]
        for order in late:
            order.fills_asked = _asked(order.fills_asked, (order.filled, order.booked), at)
        settling = (settling_since, 0)
        due = self._settling.due if self._settling.heard == settling else 0
        if settling_since and at > max(settling_since + SETTLING_LONG, due):
            self._settling = _asked(self._settling, settling, at)
            since.append(settling_since)
        if not since:
            return said
        self._fills_next = at + FILLS_LATE
        return [*said, *self._wing.list_fills(max(0, min(since) - 60 * SECOND), at)]

    def _strangers(self, at: Ns) -> list[Message]:
        """Ask what the orders are whose fills came before their names."""
        strangers = self._trades.strangers()
        if not strangers or at < self._stranger_next:
            return []
        self._stranger_next = at + STRANGER_AGAIN
        said: list[Message] = []
        for name in {seen.venue_order: seen for seen in strangers}.values():
            sent = OrderSent(
                order=OrderId("?"),
                market=name.market,
                outcome=name.outcome,
                side=name.side,
                price=name.price,
                qty=name.qty,
                filled=name.qty,
                named=name.venue_order,
                venue_order=name.venue_order,
            )
            said += self._wing.look(sent, at)
        return said


def _is_owed(order: LiveOrder, at: Ns) -> bool:
    """Tell whether an order's fills are late and due to be asked for; only ours are waited for."""
    if not (order.owes and order.is_ours):
        return False
    asked = order.fills_asked
    is_news = asked.heard != (order.filled, order.booked)
    since = max(order.ended_at, order.sent_at)
    return at - since > FILLS_LATE and (is_news or at >= asked.due)


def _asked(before: FillsAsked, heard: tuple[int, int], at: Ns) -> FillsAsked:
    """Count one more time that fills were asked for; what has come meanwhile begins anew."""
    times = before.times if before.heard == heard else 0
    return FillsAsked(heard, times + 1, at + min(LONGEST_FILLS, FILLS_AGAIN << min(times, 6)))
