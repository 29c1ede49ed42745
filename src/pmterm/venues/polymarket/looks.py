"""What became of one order: the working ones are asked for by id, ended ones show in trades.

Source: Polymarket docs, orders, read 2026-08: an order that has ended comes back empty or as 404,
and an order just placed may not be there yet.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import FillSeen, OrderMissing, OrderSeen, OrderUnclear
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import OrderId
from pmterm.model.kept import Kept
from pmterm.model.order import FillState, OrderState
from pmterm.model.units import Ns, Qty
from pmterm.venues.base import OrderSent
from pmterm.venues.polymarket.answers import NOT_JSON, VENUE, ask, decoded, moods, trouble
from pmterm.venues.polymarket.known import Known, MarketUnheard, Me
from pmterm.venues.polymarket.lists import MOST_PAGES, page_of, with_cursor
from pmterm.venues.polymarket.own_rows import fills_seen, order_seen
from pmterm.venues.polymarket.waiting import Waiting
from pmterm.venues.polymarket.wishes import surprised

_ONE: Final = "/data/order/"


class _Look(msgspec.Struct):
    """A search under way: what it is for, and what traded of it by the pages so far."""

    sent: OrderSent
    traded: dict[str, Qty] = msgspec.field(default_factory=dict)
    pages: int = 0
    why: str = ""


class Looks:
    """Asks for an order, then for trades of it."""

    def __init__(self, known: Known, me: Me, waiting: Waiting) -> None:
        self._known = known
        self._me = me
        self._waiting = waiting
        self._looks: Kept[OrderId, _Look] = Kept()

    def ask(self, sent: OrderSent, at: Ns) -> HttpRequest:
        """Begin to look for an order."""
        self._looks.keep(sent.order, _Look(sent))
        name = sent.venue_order or sent.named
        return ask(at, "GET", _ONE + name, f"look:{sent.order}")

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say what an answer tells of the order, or ask further."""
        look = self._looks.get(OrderId(response.purpose.partition(":")[2]))
        if look is None:
            return ()
        try:
            if response.path.startswith(_ONE):
                return self._one(look, response)
            return self._trades(look, response)
        except MarketUnheard as unheard:
            return self._waiting.hold(unheard.market, self._again(response), response.at)

    def _again(self, response: HttpResponse) -> Callable[[], Sequence[Message]]:
        return lambda: self.answered(response)

    def _one(self, look: _Look, response: HttpResponse) -> Sequence[Message]:
        """Read the answer to a question for the order itself."""
        body = decoded(response)
        is_absent = response.status == 404 and body is not NOT_JSON
        if is_absent or (response.status == 200 and not body):
            sent = look.sent
            return (
                ask(
                    response.at,
                    "GET",
                    f"/data/trades?market={sent.market}",
                    f"look:{sent.order}",
                ),
            )
        if response.status != 200 or not isinstance(body, dict):
            return self._unclear(look, response)
        try:
            seen = order_seen(body, self._known, response.at)
        except ValueError as broken:
            return (
                surprised(response.at, "bad order", str(broken)),
                *self._unclear(look, response),
            )
        if seen.venue_order != (look.sent.venue_order or look.sent.named):
            return self._unclear(look, response)
        return (seen,)

    def _trades(self, look: _Look, response: HttpResponse) -> Sequence[Message]:
        """Read a page of the market's trades; the last one says how much of the order traded."""
        page = page_of(response)
        look.pages += 1
        if page is None or look.pages > MOST_PAGES:
            return self._unclear(look, response)
        said: list[Message] = []
        for row in page.rows:
            try:
                said += self._fills(look, row, response.at)
            except ValueError as broken:
                look.why = "a trade of it could not be read"
                said.append(surprised(response.at, "bad row of look", str(broken)))
        if page.following:
            path = with_cursor(response.path, page.following)
            return [*said, ask(response.at, "GET", path, response.purpose)]
        return [*said, self._conclusion(look, response.at)]

    def _fills(self, look: _Look, row: object, at: Ns) -> Sequence[FillSeen]:
        if not isinstance(row, dict):
            msg = "a row that is no object"
            raise ValueError(msg)  # noqa: TRY004  # one error for all that does not fit
        name = look.sent.venue_order or look.sent.named
        told = fills_seen(row, self._known, self._me, at)
        fills = [one for one in told if one.venue_order == name]
        for fill in fills:
            if fill.state is not FillState.FAILED:
                look.traded[fill.trade] = fill.qty
        return fills

    def _conclusion(self, look: _Look, at: Ns) -> Message:
        """Say that it filled if trades prove it; what else ended or never came looks the same."""
        sent, total = look.sent, sum(look.traded.values())
        if look.why:
            return OrderUnclear(at, VENUE, sent.order, look.why)
        if total < sent.qty:
            return OrderMissing(at, VENUE, sent.order)
        return OrderSeen(
            at,
            VENUE,
            sent.venue_order or sent.named,
            sent.market,
            sent.outcome,
            sent.side,
            sent.price,
            sent.qty,
            total,
            OrderState.FILLED,
        )

    def _unclear(self, look: _Look, response: HttpResponse) -> Sequence[Message]:
        meant = trouble(response)
        return (
            *moods(response, meant),
            OrderUnclear(response.at, VENUE, look.sent.order, meant.reason),
        )
