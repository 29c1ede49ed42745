"""Changes working orders: the new price and the new total, what has traded included."""

from collections.abc import Sequence

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.orders import Intent
from pmterm.messages.said import OrderDeclined, OrderSeen, OrderUnclear
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.kept import Kept
from pmterm.model.market import Market
from pmterm.model.units import Ns, Qty, contracts_text
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi import verdicts
from pmterm.venues.kalshi.asking import Asked, order_path, with_query, write
from pmterm.venues.kalshi.bodies import amend_body, contracts, encode
from pmterm.venues.kalshi.ours import FIND, Ours
from pmterm.venues.kalshi.refusals import AMENDED


class _Amend(msgspec.Struct, frozen=True):
    sent: OrderSent
    intent: Intent
    market: Market


class Amends:
    """Asks for amends, by the venue's id; an order whose id is not known is looked for first."""

    def __init__(self, ours: Ours) -> None:
        self._ours = ours
        self._wishes: Kept[OrderId, _Amend] = Kept()

    def ask(self, sent: OrderSent, intent: Intent, market: Market, at: Ns) -> HttpRequest:
        """Return the request.

        Raises:
            VenueRefused: the venue takes no such price or size, or less than has traded.
        """
        if intent.qty <= sent.filled:
            raise VenueRefused(
                f"{contracts_text(sent.filled)} of it traded already.",
                "Amend to a larger total, or take the rest back.",
            )
        body = amend_body(intent, market)
        self._wishes.keep(intent.order, _Amend(sent, intent, market))
        venue_order = self._ours.known.id_of(sent)
        if not venue_order:
            return self._ours.looks.ask(sent, f"amend:{intent.order} {FIND}", at)
        return self._request(intent.order, venue_order, body, at)

    def decrease(self, sent: OrderSent, remaining: Qty, at: Ns) -> HttpRequest | None:
        """Return the request that lowers what rests; None: the order's id is not known."""
        venue_order = self._ours.known.id_of(sent)
        if not venue_order:
            return None
        shard = self._ours.shard_of(sent.market)
        body: dict[str, object] = {"reduce_to": contracts(remaining), "market_ticker": sent.market}
        if shard:
            body["exchange_index"] = shard
        path = with_query(order_path(venue_order, step="/decrease"), self._ours.subaccount())
        return write(at, "POST", path, f"decrease:{sent.order}", encode(body))

    def answered(self, response: HttpResponse, asked: Asked) -> Sequence[Message]:
        """Say what an answer to an amend means, under the id of the intent that amends."""
        order = OrderId(asked.what)
        wish = self._wishes.get(order)
        if wish is None:
            return [OrderUnclear(response.at, Venue.KALSHI, order, "asked before a restart")]
        if asked.more:
            return self._found(response, order, wish)
        if not verdicts.is_done(response):
            shard = self._ours.shard_of(wish.market.id)
            return verdicts.declined(response, order, verdicts.refused(response, AMENDED, shard))
        venue_order = self._ours.known.id_of(wish.sent)
        terms = (wish.intent.price, wish.intent.qty)
        return [verdicts.amended(response, order, venue_order, *terms)]

    def _found(self, response: HttpResponse, order: OrderId, wish: _Amend) -> Sequence[Message]:
        """Send an amend whose order has been found; until then nothing of it has been sent."""
        found = self._ours.looks.answered(response, wish.sent)
        if any(isinstance(said, HttpRequest) for said in found):
            return found
        seen = next((said for said in found if isinstance(said, OrderSeen)), None)
        if seen is None or seen.state.is_final or wish.intent.qty <= seen.filled:
            why = "the order has ended or traded" if seen else "the order is not to be found yet"
            said = OrderDeclined(
                response.at, Venue.KALSHI, order, "not_amended", f"Not amended: {why}."
            )
            return [*([seen] if seen else []), said]
        body = amend_body(wish.intent, wish.market)
        return [seen, self._request(order, seen.venue_order, body, response.at)]

    def _request(self, order: OrderId, venue_order: VenueOrderId, body: str, at: Ns) -> HttpRequest:
        path = with_query(order_path(venue_order, step="/amend"), self._ours.subaccount())
        return write(at, "POST", path, f"amend:{order}", body)
