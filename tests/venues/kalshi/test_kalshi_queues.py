"""What must trade before an order of ours at Kalshi: how it is asked, and what an answer means."""

import pytest
from tests.venues.kalshi.talk import A, B
from tests.venues.kalshi.trader import THEIRS, THEIRS_2, Trader

from pmterm.messages.said import QueueSeen
from pmterm.model.ids import Venue
from pmterm.model.units import MS, QTY_ONE
from pmterm.net.limiter import READ
from pmterm.venues.kalshi.bodies import House


def told(*rows):
    keys = ("order_id", "market_ticker", "queue_position_fp")
    return {"queue_positions": [dict(zip(keys, row, strict=True)) for row in rows]}


def test_all_markets_are_asked_about_in_one_read_that_lets_orders_pass():
    (request,) = Trader().orders.ask_queues([A, B], 5)
    assert request.path == f"/portfolio/orders/queue_positions?market_tickers={A}%2C{B}"
    assert (request.method, request.priority, request.auth) == ("GET", READ, "key")


def test_orders_of_another_sub_account_are_not_asked_about():
    (request,) = Trader(House(subaccount=3)).orders.ask_queues([A], 5)
    assert request.path.endswith(f"market_tickers={A}&subaccount=3")


def test_an_answer_tells_each_orders_place_and_when_it_was_asked_for():
    trader = Trader()
    (request,) = trader.orders.ask_queues([A, B], trader.at)
    said = trader.answer(request, 200, told((THEIRS, A, "12.50"), (THEIRS_2, B, "0.00")))
    places = ((THEIRS, 12 * QTY_ONE + QTY_ONE // 2), (THEIRS_2, 0))
    assert said == [QueueSeen(trader.at, Venue.KALSHI, (A, B), places, trader.at - 50 * MS)]


@pytest.mark.parametrize("rows", [[], None])
def test_an_order_that_is_not_named_has_no_place(rows):
    trader = Trader()
    (request,) = trader.orders.ask_queues([A], trader.at)
    (said,) = trader.answer(request, 200, {"queue_positions": rows})
    assert (said.markets, said.ahead) == ((A,), ())


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, ""),
        (401, {"error": {"code": "unauthorized"}}),
        (404, ""),
        (429, ""),
        (503, "<html></html>"),
        (200, ""),
        (200, "[]"),
        (200, {}),
        (200, {"queue_positions": 7}),
        (200, told((THEIRS, A, None))),
        (200, told((THEIRS, A, "-1.00"))),
        (200, told((THEIRS, A, "many"))),
    ],
)
def test_an_answer_that_tells_no_place_says_nothing(status, body):
    trader = Trader()
    (request,) = trader.orders.ask_queues([A], trader.at)
    assert list(trader.answer(request, status, body)) == []
