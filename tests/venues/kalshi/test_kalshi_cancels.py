"""Taking orders back, changing them, and finding out what became of them."""

import json

import pytest
from tests.venues.kalshi.talk import A, kinds
from tests.venues.kalshi.trader import (
    ORDER,
    OTHER,
    THEIRS,
    THEIRS_2,
    Trader,
    intent,
    row,
    sent,
)

from pmterm.messages.said import (
    AmendAccepted,
    MoodSeen,
    OrderDeclined,
    OrderMissing,
    OrderSeen,
    OrderUnclear,
    VenueMood,
    WithdrawAnswered,
)
from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import VenueRefused
from pmterm.model.order import OrderState, Side
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.cancels import ALL, IN_A_BATCH

GONE = {"error": {"code": "not_found", "message": "not found", "service": "exchange"}}


def yes(order_id: str = THEIRS, reduced: str = "10.00") -> dict:
    return {"order_id": order_id, "reduced_by": reduced, "ts_ms": 1_795_264_001_000}


# --- one


def test_a_cancel_names_the_market_so_that_it_reaches_its_shard():
    (request,) = Trader(shard=3).orders.withdraw([sent()], 5)
    path = f"/portfolio/events/orders/{THEIRS}?market_ticker={A}&exchange_index=3"
    assert (request.method, request.path, request.body) == ("DELETE", path, "")
    assert (request.purpose, request.priority) == (f"cancel:{ORDER}", 0)
    (second,) = Trader(House(subaccount=7)).orders.withdraw([sent()], 5)
    assert second.path.endswith("&subaccount=7")


def test_the_recorded_yes_is_a_cancel_though_it_names_no_client_order(stored):
    case = next(
        c for c in stored("orders_v2_demo_2026-06-11.json") if c["case"] == "orders__cancel_v2"
    )
    trader = Trader()
    (request,) = trader.orders.withdraw([sent()], trader.at)
    (said,) = trader.answer(request, case["status"], case["body"])
    assert said == WithdrawAnswered(trader.at, trader.orders.venue, ORDER, is_done=True)


def test_a_404_says_only_that_the_order_must_be_read(stored):
    case = next(c for c in stored("errors_demo_2026-06-11.json") if "cancel_unknown" in c["case"])
    trader = Trader()
    (request,) = trader.orders.withdraw([sent()], trader.at)
    (said,) = trader.answer(request, case["status"], case["body"])
    assert (said.order, said.is_done) == (ORDER, False)
    assert "read" in said.reason


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, {}),
        (200, {"order_id": THEIRS}),
        (200, yes(THEIRS_2)),
        (200, {"reduced_by": "10.00"}),
        (204, None),
        (400, {"error": {"code": "market_inactive"}}),
        (404, "<html>"),
        (404, {"error": {"code": "user_not_found"}}),
        (429, {"error": "too many requests"}),
        (500, GONE),
        (502, "<html>"),
        (0, "reset"),
    ],
)
def test_any_other_answer_to_a_cancel_is_asked_again(status, body):
    trader = Trader()
    (request,) = trader.orders.withdraw([sent()], trader.at)
    said = trader.answer(request, status, body)
    assert [(m.order, m.is_done) for m in said if isinstance(m, WithdrawAnswered)] == [
        (ORDER, None)
    ]
    assert said[0].reason


def test_a_cancel_of_nothing_means_read_the_order():
    trader = Trader()
    (request,) = trader.orders.withdraw([sent()], trader.at)
    (said,) = trader.answer(request, 200, yes(reduced="0.00"))
    assert said.is_done is False


def test_a_cancel_refused_by_a_pause_tells_that_all_is_closed():
    trader = Trader()
    (request,) = trader.orders.withdraw([sent()], trader.at)
    said = trader.answer(request, 409, {"error": {"code": "trading_is_paused"}})
    assert said[0].is_done is None
    assert said[1].mood is VenueMood.CLOSED


def test_a_revoked_key_is_told_once_with_the_cancel():
    trader = Trader()
    orders = [sent(), sent(OTHER, THEIRS_2)]
    (request,) = trader.orders.withdraw(orders, trader.at)
    body = {"error": {"code": "authentication_error", "details": "NOT_FOUND"}}
    said = trader.answer(request, 401, body)
    assert kinds(said) == ["WithdrawAnswered", "MoodSeen", "WithdrawAnswered"]
    assert said[1].mood is VenueMood.LOGGED_OUT


# --- many


def test_many_are_cancelled_by_a_delete_with_a_body():
    trader = Trader(shard=1)
    (request,) = trader.orders.withdraw([sent(), sent(OTHER, THEIRS_2)], trader.at)
    assert (request.method, request.path) == ("DELETE", "/portfolio/events/orders/batched")
    assert request.purpose == f"cancel:{ORDER},{OTHER}"
    assert json.loads(request.body) == {
        "orders": [
            {"order_id": THEIRS, "market_ticker": A, "exchange_index": 1},
            {"order_id": THEIRS_2, "market_ticker": A, "exchange_index": 1},
        ]
    }


def test_each_of_many_has_its_own_outcome():
    trader = Trader()
    third = sent("live-3", "33333333-0000-4000-8000-000000000000")
    (request,) = trader.orders.withdraw([sent(), sent(OTHER, THEIRS_2), third], trader.at)
    items = [
        yes(),
        {"order_id": THEIRS_2, "error": {"code": "not_found", "message": "not found"}},
        {"order_id": third.venue_order, "error": {"code": "internal", "message": "oops"}},
    ]
    said = trader.answer(request, 200, {"orders": items})
    assert [(m.order, m.is_done) for m in said] == [
        (ORDER, True),
        (OTHER, False),
        ("live-3", None),
    ]


@pytest.mark.parametrize(
    "items",
    [None, [], [yes()], [yes(THEIRS_2), yes()], [None, None], "x", [yes(), 5, 6]],
)
def test_a_batch_that_does_not_fit_says_nothing_of_its_orders(items):
    trader = Trader()
    (request,) = trader.orders.withdraw([sent(), sent(OTHER, THEIRS_2)], trader.at)
    said = trader.answer(request, 200, {"orders": items})
    assert [(m.order, m.is_done) for m in said] == [(ORDER, None), (OTHER, None)]


def test_very_many_go_in_batches_that_the_smallest_budget_can_pay():
    many = [sent(f"live-{i}", f"id-{i}") for i in range(2 * IN_A_BATCH + 1)]
    requests = Trader().orders.withdraw(many, 5)
    assert [len(json.loads(r.body)["orders"]) for r in requests] == [IN_A_BATCH, IN_A_BATCH, 1]


def test_all_is_one_request():
    trader = Trader()
    (request,) = trader.orders.withdraw_all(trader.at)
    assert (request.method, request.path) == ("DELETE", "/portfolio/events/orders")
    (said,) = trader.answer(request, 204)
    assert (said.order, said.is_done) == (ALL, True)
    (said,) = trader.answer(request, 502, "<html>")
    assert (said.order, said.is_done) == (ALL, None)


# --- the id is not known yet


def test_an_order_without_its_id_is_looked_for_and_then_cancelled():
    trader = Trader()
    (find,) = trader.orders.withdraw([sent(venue_order="")], trader.at)
    assert find.method == "GET"
    assert find.path == f"/portfolio/orders?ticker={A}&limit=1000"
    seen, cancel = trader.answer(find, 200, {"orders": [row()], "cursor": ""})
    assert isinstance(seen, OrderSeen)
    assert cancel.method == "DELETE"
    assert THEIRS in cancel.path
    (said,) = trader.answer(cancel, 200, yes())
    assert said.is_done is True


def test_an_order_that_is_not_found_may_come_yet():
    trader = Trader()
    (find,) = trader.orders.withdraw([sent(venue_order="")], trader.at)
    (said,) = trader.answer(find, 200, {"orders": [], "cursor": ""})
    assert (said.order, said.is_done) == (ORDER, None)


def test_a_found_order_that_has_ended_needs_no_cancel():
    trader = Trader()
    (find,) = trader.orders.withdraw([sent(venue_order="")], trader.at)
    ended = row(status="executed", fill_count_fp="10.00", remaining_count_fp="0.00")
    seen, said = trader.answer(find, 200, {"orders": [ended], "cursor": ""})
    assert seen.state is OrderState.FILLED
    assert said.is_done is False


def test_the_id_that_placing_told_is_used_though_the_caller_does_not_know_it():
    trader = Trader()
    trader.accepted()
    (request,) = trader.orders.withdraw([sent(venue_order="")], trader.at)
    assert request.method == "DELETE"
    assert THEIRS in request.path


# --- looking


def look(trader: Trader, **fields) -> HttpRequest:
    (request,) = trader.orders.look(sent(**fields), trader.at)
    return request


def test_a_look_by_id_reads_the_recorded_order(stored):
    case = next(
        c for c in stored("orders_v2_demo_2026-06-11.json") if "get_after_create" in c["case"]
    )
    trader = Trader()
    body = {"order": {**case["body"]["order"], "ticker": A}}
    request = look(trader)
    assert request.path == f"/portfolio/orders/{THEIRS}"
    (seen,) = trader.answer(request, 200, body)
    assert seen == OrderSeen(
        trader.at,
        trader.orders.venue,
        THEIRS,
        A,
        0,
        Side.BUY,
        100,
        QTY_ONE,
        0,
        OrderState.OPEN,
        case["body"]["order"]["client_order_id"],
        "",
        1_781_159_360_866_000_000,
    )


def test_a_look_by_name_turns_every_page():
    trader = Trader()
    request = look(trader, venue_order="")
    others = [row(THEIRS_2, client_order_id=OTHER), {"junk": 1}, None]
    (second,) = trader.answer(request, 200, {"orders": others, "cursor": "c2"})
    assert second.path == f"/portfolio/orders?ticker={A}&limit=1000&cursor=c2"
    assert second.purpose == request.purpose
    (seen,) = trader.answer(second, 200, {"orders": [row()], "cursor": None})
    assert seen.venue_order == THEIRS


def test_only_the_last_page_says_that_it_is_missing():
    trader = Trader()
    request = look(trader, venue_order="")
    (second,) = trader.answer(request, 200, {"orders": None, "cursor": "c2"})
    (said,) = trader.answer(second, 200, {"orders": [], "cursor": ""})
    assert said == OrderMissing(trader.at, trader.orders.venue, ORDER)


def test_pages_that_go_round_are_no_proof():
    trader = Trader()
    request = look(trader, venue_order="")
    (second,) = trader.answer(request, 200, {"orders": [], "cursor": "c2"})
    (said,) = trader.answer(second, 200, {"orders": [], "cursor": "c2"})
    assert isinstance(said, OrderUnclear)


def test_a_look_by_id_that_is_answered_404_is_missing_only_by_the_venues_word():
    trader = Trader()
    assert kinds(trader.answer(look(trader), 404, GONE)) == ["OrderMissing"]
    assert kinds(trader.answer(look(trader), 404, "<html>")) == ["OrderUnclear"]
    assert kinds(trader.answer(look(trader), 404, {"error": {"code": "user_not_found"}})) == [
        "OrderUnclear"
    ]


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, {}),
        (200, {"order": {}}),
        (200, {"order": row(THEIRS_2)}),
        (200, {"order": row(status="pending")}),
        (200, {"order": row(yes_price_dollars=None)}),
        (200, {"order": row(book_side="ask")}),
        (200, {"order": row(ticker="KXOTHER-1")}),
        (200, {"order": row(remaining_count_fp="0.00")}),
        (500, {}),
        (0, "timeout"),
    ],
)
def test_a_look_that_cannot_be_read_says_nothing(status, body):
    trader = Trader()
    said = trader.answer(look(trader), status, body)
    assert kinds(said) == ["OrderUnclear"]


def test_a_look_refused_for_the_key_tells_so():
    trader = Trader()
    said = trader.answer(look(trader), 401, {"error": {"code": "header_timestamp_expired"}})
    assert kinds(said) == ["OrderUnclear", "MoodSeen"]
    assert isinstance(said[1], MoodSeen)


def test_a_young_read_loses_to_a_confirmed_cancel():
    trader = Trader()
    trader.accepted()
    (request,) = trader.orders.withdraw([sent()], trader.at)
    trader.answer(request, 200, yes(reduced="7.50"))
    stale = row(fill_count_fp="0.00", remaining_count_fp="10.00")
    (seen,) = trader.answer(look(trader), 200, {"order": stale})
    assert (seen.state, seen.filled) == (OrderState.CANCELLED, 2_500_000)
    trader.at += 3 * SECOND
    (seen,) = trader.answer(look(trader), 200, {"order": stale})
    assert seen.state is OrderState.OPEN


# --- amending


def test_an_amend_tells_the_new_total():
    trader = Trader(shard=2)
    wish = intent(OTHER, qty=6 * QTY_ONE, price=1_400, replaces=ORDER)
    request = trader.orders.amend(sent(filled=4 * QTY_ONE), wish, trader.market, trader.at)
    assert (request.method, request.purpose) == ("POST", f"amend:{OTHER}")
    assert request.path == f"/portfolio/events/orders/{THEIRS}/amend"
    assert json.loads(request.body) == {
        "ticker": A,
        "side": "bid",
        "price": "0.1400",
        "count": "6.00",
        "exchange_index": 2,
    }
    body = {"order_id": THEIRS, "remaining_count": "2.00", "fill_count": "4.00", "ts_ms": 1}
    (said,) = trader.answer(request, 200, body)
    venue = trader.orders.venue
    assert said == AmendAccepted(trader.at, venue, OTHER, 1_400, 6_000_000, 4_000_000)


def test_an_amend_that_changed_no_sizes_tells_none():
    trader = Trader()
    request = trader.orders.amend(sent(), intent(OTHER, price=1_400), trader.market, trader.at)
    (said,) = trader.answer(request, 200, {"order_id": THEIRS, "ts_ms": 1})
    assert (said.price, said.qty, said.filled) == (1_400, 10 * QTY_ONE, -1)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"price": 1_450}, "grid"),
        ({"qty": 4 * QTY_ONE}, "of it traded already"),
        ({"qty": 5_000_001}, "finer"),
    ],
)
def test_an_amend_that_cannot_be_is_refused_in_words(fields, word):
    trader = Trader()
    wish = intent(OTHER, **fields)
    with pytest.raises(VenueRefused, match=word):
        trader.orders.amend(sent(filled=4 * QTY_ONE), wish, trader.market, 5)


def test_an_amend_without_the_id_looks_first():
    trader = Trader()
    wish = intent(OTHER, price=1_400)
    find = trader.orders.amend(sent(venue_order=""), wish, trader.market, trader.at)
    assert find.method == "GET"
    seen, amend = trader.answer(find, 200, {"orders": [row()], "cursor": ""})
    assert isinstance(seen, OrderSeen)
    assert amend.purpose == f"amend:{OTHER}"
    (said,) = trader.answer(amend, 200, {"order_id": THEIRS, "ts_ms": 1})
    assert isinstance(said, AmendAccepted)


@pytest.mark.parametrize("rows", [[], [row(status="canceled", remaining_count_fp="0.00")]])
def test_an_amend_of_what_is_not_there_was_not_sent(rows):
    trader = Trader()
    wish = intent(OTHER, price=1_400)
    find = trader.orders.amend(sent(venue_order=""), wish, trader.market, trader.at)
    said = trader.answer(find, 200, {"orders": rows, "cursor": ""})
    assert isinstance(said[-1], OrderDeclined)
    assert said[-1].order == OTHER


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {}, "OrderUnclear"),
        (200, {"order_id": THEIRS_2}, "OrderUnclear"),
        (200, {"order_id": THEIRS, "fill_count": "x"}, "OrderUnclear"),
        (502, "<html>", "OrderUnclear"),
        (404, GONE, "OrderDeclined"),
        (400, {"error": {"code": "insufficient_balance"}}, "OrderDeclined"),
    ],
)
def test_an_amends_answers_have_three_outcomes_too(status, body, kind):
    trader = Trader()
    request = trader.orders.amend(sent(), intent(OTHER, price=1_400), trader.market, trader.at)
    (said,) = trader.answer(request, status, body)
    assert type(said).__name__ == kind
    assert said.order == OTHER


def test_a_decrease_says_what_is_to_rest():
    trader = Trader()
    request = trader.orders.decrease(sent(), 3 * QTY_ONE, trader.at)
    assert request.path == f"/portfolio/events/orders/{THEIRS}/decrease"
    assert json.loads(request.body) == {"reduce_to": "3.00", "market_ticker": A}
    assert trader.orders.decrease(sent(venue_order=""), QTY_ONE, 5) is None
