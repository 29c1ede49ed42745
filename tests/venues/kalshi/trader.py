"""A trading side and a venue that answers what a test says, and orders written short."""

import json
from collections.abc import Sequence

from tests.venues.kalshi.talk import A, market

from pmterm.messages.base import Message
from pmterm.messages.orders import Intent
from pmterm.messages.transport import HttpRequest, HttpResponse, UserFrame, UserOpened
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import MS, QTY_ONE, SECOND
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.orders import KalshiOrders

ORDER = OrderId("live-1795264000-00001")
OTHER = OrderId("live-1795264000-00002")
THEIRS = VenueOrderId("2597b999-f887-4195-8bac-c3f97a1f2021")
THEIRS_2 = VenueOrderId("97ec18b7-10d3-4557-9de0-8598aad625f0")
NOW = 1_795_264_000 * SECOND


def intent(order: OrderId = ORDER, **fields) -> Intent:
    given = {
        "market": A,
        "side": Side.BUY,
        "qty": 10 * QTY_ONE,
        "price": 1_300,
        "tif": TimeInForce.GTC,
        **fields,
    }
    return Intent(NOW, order, **given)


def sent(order: OrderId = ORDER, venue_order: str = THEIRS, **fields) -> OrderSent:
    given = {"side": Side.BUY, "price": 1_300, "qty": 10 * QTY_ONE, "filled": 0, **fields}
    return OrderSent(
        order, A, 0, **given, named=VenueOrderId(order), venue_order=VenueOrderId(venue_order)
    )


def row(order_id: str = THEIRS, **fields) -> dict:
    """An order as REST lists it."""
    return {
        "order_id": order_id,
        "client_order_id": ORDER,
        "ticker": A,
        "book_side": "bid",
        "outcome_side": "yes",
        "type": "limit",
        "status": "resting",
        "yes_price_dollars": "0.1300",
        "no_price_dollars": "0.8700",
        "initial_count_fp": "10.00",
        "fill_count_fp": "0.00",
        "remaining_count_fp": "10.00",
        "last_update_time": "2026-11-21T12:26:40.5Z",
        "created_time": "2026-11-21T12:26:40.5Z",
        "subaccount_number": 0,
        "exchange_index": 0,
        **fields,
    }


class Trader:
    """Asks one after the other; `at` moves by 100 ms with each answer."""

    def __init__(self, house: House | None = None, **market_fields) -> None:
        self.orders = KalshiOrders(house)
        self.market = market(A, **market_fields)
        self.orders.learn(self.market)
        self.at = NOW

    def place(self, order: OrderId = ORDER, **fields) -> HttpRequest:
        named = self.orders.name(intent(order, **fields), self.market, 0)
        return self.orders.place(named, self.at)

    def answer(
        self,
        request: HttpRequest,
        status: int,
        body: object = None,
        *,
        is_sent: bool = True,
        **head,
    ) -> Sequence[Message]:
        """Answer a request that left 50 ms before its answer came."""
        self.at += 100 * MS
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body)
        sent_at = self.at - 50 * MS if is_sent else 0
        return self.orders.answered(
            HttpResponse(
                self.at,
                request.venue,
                request.method,
                request.path,
                status,
                text,
                request.purpose,
                auth=request.auth,
                sent_at=sent_at,
                **head,
            )
        )

    def open(self) -> Sequence[Message]:
        return self.orders.opened(UserOpened(self.at, Venue.KALSHI, 1))

    def hear(self, words: object, conn: int = 1) -> Sequence[Message]:
        self.at += MS
        text = words if isinstance(words, str) else json.dumps(words)
        return self.orders.receive(UserFrame(self.at, Venue.KALSHI, conn, text))

    def accepted(self, **fields) -> Sequence[Message]:
        """Place an order that rests; the venue calls it THEIRS."""
        return self.answer(self.place(**fields), 201, resting(fields.get("order", ORDER)))


def resting(order: str = ORDER, order_id: str = THEIRS, filled="0.00", left="10.00") -> dict:
    return {
        "order_id": order_id,
        "client_order_id": order,
        "fill_count": filled,
        "remaining_count": left,
        "ts_ms": 1_795_264_000_500,
    }
