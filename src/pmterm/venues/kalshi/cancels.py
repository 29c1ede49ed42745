"""Takes orders back: one, many, all. A 404 is said of cancelled, executed and unknown alike."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.said import OrderSeen, OrderUnclear, WithdrawAnswered
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import OrderId, Venue
from pmterm.model.units import Ns
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi import verdicts
from pmterm.venues.kalshi.asking import WRITES, Asked, order_path, with_query, write
from pmterm.venues.kalshi.bodies import encode
from pmterm.venues.kalshi.ours import FIND, Ours
from pmterm.venues.kalshi.refusals import CANCELLED

ALL = OrderId("*")  # what WithdrawAnswered calls the whole account's orders
IN_A_BATCH = 20  # cancels cost 2 tokens each; the smallest write bucket holds 100


class Cancels:
    """Asks for cancels, by the venue's ids; an order whose id is not known is looked for first."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours

    def ask(self, orders: Sequence[OrderSent], at: Ns) -> list[HttpRequest]:
        """Return the requests: one order by its path, more in batches."""
        named = [sent for sent in orders if self._ours.note(sent)]
        lost = [sent for sent in orders if not self._ours.known.id_of(sent)]
        finds = [self._ours.looks.ask(sent, f"cancel:{sent.order} {FIND}", at) for sent in lost]
        if len(named) == 1:
            return [self._one(named[0], at), *finds]
        starts = range(0, len(named), IN_A_BATCH)
        return [*(self._many(named[i : i + IN_A_BATCH], at) for i in starts), *finds]

    def all(self, at: Ns) -> HttpRequest:
        """Return the request that cancels all on the account ("cancel:*")."""
        return write(at, "DELETE", with_query(WRITES, self._ours.subaccount()), f"cancel:{ALL}")

    def answered(self, response: HttpResponse, asked: Asked) -> Sequence[Message]:
        """Say of each order whether it is cancelled, has nothing to cancel, or is not known."""
        orders = [OrderId(order) for order in asked.what.split(",")]
        if asked.more:
            return self._found(response, orders[0])
        if not verdicts.is_done(response):
            refusal = verdicts.refused(response, CANCELLED)
            heard = (verdicts.not_withdrawn(response, order, refusal) for order in orders)
            return list(dict.fromkeys(said for each in heard for said in each))
        if orders == [ALL]:
            return [WithdrawAnswered(response.at, Venue.KALSHI, ALL, is_done=True)]
        body = verdicts.object_of(response.text) or {}
        if len(orders) == 1:
            return self._each(response, orders, [body])
        items = body.get("orders")
        if not isinstance(items, list) or len(items) != len(orders):
            items = [None] * len(orders)
        return self._each(response, orders, items)

    def _each(
        self, response: HttpResponse, orders: Sequence[OrderId], items: Sequence[object]
    ) -> list[Message]:
        known = self._ours.known
        return [
            said
            for order, item in zip(orders, items, strict=True)
            for said in verdicts.withdrawn(response, order, self._ours.id_of(order), item, known)
        ]

    def _found(self, response: HttpResponse, order: OrderId) -> Sequence[Message]:
        """Cancel an order that has been found."""
        sent = self._ours.known.sent.get(order)
        if sent is None:
            return [self._unknown(response, order, "asked before a restart")]
        found = self._ours.looks.answered(response, sent)
        if any(isinstance(said, HttpRequest) for said in found):
            return found
        seen = next((said for said in found if isinstance(said, OrderSeen)), None)
        if seen is None:
            reasons = (said.reason for said in found if isinstance(said, OrderUnclear))
            return [self._unknown(response, order, next(reasons, "it is not to be found yet"))]
        if seen.state.is_final:
            reason = "nothing was left to cancel"
            ended = WithdrawAnswered(response.at, Venue.KALSHI, order, is_done=False, reason=reason)
            return [seen, ended]
        return [seen, self._one(sent, response.at)]

    def _one(self, sent: OrderSent, at: Ns) -> HttpRequest:
        query = {"market_ticker": sent.market, **self._ours.place_of(sent.market)}
        path = with_query(order_path(self._ours.known.id_of(sent)), query)
        return write(at, "DELETE", path, f"cancel:{sent.order}")

    def _many(self, orders: Sequence[OrderSent], at: Ns) -> HttpRequest:
        items = [
            {
                "order_id": self._ours.known.id_of(sent),
                "market_ticker": sent.market,
                **self._ours.place_of(sent.market),
            }
            for sent in orders
        ]
        purpose = "cancel:" + ",".join(sent.order for sent in orders)
        return write(at, "DELETE", f"{WRITES}/batched", purpose, encode({"orders": items}))

    def _unknown(self, response: HttpResponse, order: OrderId, reason: str) -> WithdrawAnswered:
        return WithdrawAnswered(response.at, Venue.KALSHI, order, is_done=None, reason=reason)
