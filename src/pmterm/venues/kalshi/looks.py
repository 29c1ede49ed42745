"""Finds out what became of one order: by the venue's id, else by our name among its market's."""

from pmterm.messages.base import Message
from pmterm.messages.said import OrderMissing, OrderSeen, OrderUnclear
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import WireSurprise
from pmterm.model.ids import Venue
from pmterm.model.kept import Kept
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi import fields, rows
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.asking import PAGE, PORTFOLIO, asked_at, get, order_path
from pmterm.venues.kalshi.known import Known
from pmterm.venues.kalshi.refusals import ASKED
from pmterm.venues.kalshi.verdicts import is_done, moods, object_of, refused

MOST_PAGES = 20
_ORDERS = f"{PORTFOLIO}/orders"


class Looks:
    """Asks for one order and reads the answer; the venue has no lookup by our name."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._cursors: Kept[str, set[str]] = Kept()

    def ask(self, sent: OrderSent, purpose: str, at: Ns) -> HttpRequest:
        """Return the request that looks for an order, under any purpose."""
        venue_order = self._known.id_of(sent)
        if venue_order:
            return get(at, order_path(venue_order, _ORDERS), purpose)
        self._cursors.keep(purpose, set())
        return get(at, _ORDERS, purpose, {"ticker": sent.market, "limit": PAGE})

    def answered(self, response: HttpResponse, sent: OrderSent) -> list[Message]:
        """Say what an answer tells: OrderSeen, OrderMissing or OrderUnclear, or ask on.

        Missing says that reads do not know it; they lag, so it may be there yet.
        """
        refusal = refused(response, ASKED)
        if response.status == 404 and refusal.code == "not_found":
            return [OrderMissing(response.at, Venue.KALSHI, sent.order)]
        if not is_done(response):
            return [self._unclear(response, sent, refusal.reason), *moods(response, refusal)]
        body = object_of(response.text)
        if body is None:
            return [self._unclear(response, sent, "Kalshi's answer could not be read")]
        try:
            return [self._seen(response, sent, body)]
        except (ValueError, WireSurprise) as error:
            return [self._unclear(response, sent, f"Kalshi's answer does not fit: {error}")]

    def _seen(self, response: HttpResponse, sent: OrderSent, body: Table) -> Message:
        row = fields.table(body, "order") if "order" in body else self._named(body, sent)
        if row is None:
            return self._further(response, sent, body)
        seen = rows.order_seen(row, response.at)
        if not self._is_it(seen, sent):
            raise ValueError("it is another order")
        return self._known.read(seen, asked_at(response))

    def _named(self, body: Table, sent: OrderSent) -> Table | None:
        for row in fields.rows(body, "orders"):
            if isinstance(row, dict) and row.get("client_order_id") == sent.named:
                return row
        return None

    def _is_it(self, seen: OrderSeen, sent: OrderSent) -> bool:
        """Tell whether that order can be ours: another program may have taken its name."""
        same = (seen.market, seen.side) == (sent.market, sent.side)
        venue_order = self._known.id_of(sent)
        return same and (not venue_order or seen.venue_order == venue_order)

    def _further(self, response: HttpResponse, sent: OrderSent, body: Table) -> Message:
        cursor = body.get("cursor")
        if not cursor:
            self._cursors.pop(response.purpose, None)
            return OrderMissing(response.at, Venue.KALSHI, sent.order)
        before = self._cursors.get(response.purpose, set())
        if not isinstance(cursor, str) or cursor in before or len(before) >= MOST_PAGES:
            raise ValueError("the list's pages do not end")
        self._cursors.keep(response.purpose, {*before, cursor})
        query = {"ticker": sent.market, "limit": PAGE, "cursor": cursor}
        return get(response.at, _ORDERS, response.purpose, query)

    def _unclear(self, response: HttpResponse, sent: OrderSent, reason: str) -> OrderUnclear:
        return OrderUnclear(response.at, Venue.KALSHI, sent.order, clean_text(reason, 200))
