"""Placing: the bytes that leave, and the three outcomes an answer can have."""

import json

import pytest
from tests.venues.kalshi.talk import A, kinds
from tests.venues.kalshi.trader import NOW, ORDER, THEIRS, Trader, intent, resting, row, sent

from pmterm.messages.said import (
    MoodSeen,
    OrderAccepted,
    OrderDeclined,
    OrderSeen,
    OrderUnclear,
    VenueMood,
)
from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import VenueRefused
from pmterm.model.market import PriceBand
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.venues.kalshi.bodies import House

HTML = "<!DOCTYPE html><html><body>Attention required</body></html>"


def error(code: str, message: str = "", details: str = "") -> dict:
    return {"error": {"code": code, "message": message or code, "details": details}}


# --- the bytes


def test_an_order_is_written_with_strings_on_the_yes_leg():
    request = Trader().place()
    assert request.body == (
        f'{{"ticker":"{A}","side":"bid","count":"10.00","price":"0.1300",'
        '"time_in_force":"good_till_canceled","self_trade_prevention_type":"taker_at_cross",'
        f'"client_order_id":"{ORDER}"}}'
    )
    assert (request.method, request.path) == ("POST", "/portfolio/events/orders")
    assert (request.purpose, request.priority, request.auth) == (f"place:{ORDER}", 1, "key")


def test_the_same_order_is_always_named_the_same():
    trader = Trader()
    first = trader.orders.name(intent(), trader.market, 0)
    assert first == trader.orders.name(intent(), trader.market, 1)
    assert (first.venue_order, first.outcome) == (ORDER, 0)


def test_our_bytes_equal_the_recorded_orders_field_by_field(stored):
    for case in stored("orders_v2_demo_2026-06-11.json"):
        theirs = case.get("request_body")
        if theirs is None:
            continue
        tif = {"good_till_canceled": TimeInForce.GTC, "immediate_or_cancel": TimeInForce.IOC}
        trader = Trader()
        wish = intent(
            theirs["client_order_id"],
            qty=QTY_ONE,
            price=int(theirs["price"].replace(".", "")),
            tif=tif[theirs["time_in_force"]],
        )
        ours = json.loads(trader.orders.name(wish, trader.market, 0).body)
        without = {k: v for k, v in theirs.items() if k != "post_only"}
        assert ours == {**without, "ticker": A}


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"side": Side.SELL}, {"side": "ask"}),
        ({"tif": TimeInForce.IOC}, {"time_in_force": "immediate_or_cancel"}),
        ({"tif": TimeInForce.FOK}, {"time_in_force": "fill_or_kill"}),
        (
            {"tif": TimeInForce.GTD, "expires_at": NOW + 90 * SECOND + 999},
            {"time_in_force": "good_till_canceled", "expiration_time": 1_795_264_090},
        ),
        ({"post_only": True}, {"post_only": True}),
        ({"reduce_only": True, "tif": TimeInForce.IOC}, {"reduce_only": True}),
        ({"qty": 10_000}, {"count": "0.01"}),
        ({"qty": 1_234_560_000, "price": 9_900}, {"count": "1234.56", "price": "0.9900"}),
    ],
)
def test_every_wish_has_its_field(fields, told):
    trader = Trader(min_qty=10_000)
    assert told.items() <= json.loads(trader.place(**fields).body).items()


def test_a_market_of_another_shard_is_named_with_it():
    assert json.loads(Trader(shard=3).place().body)["exchange_index"] == 3
    assert "exchange_index" not in json.loads(Trader(shard=0).place().body)


def test_house_rules_stand_in_every_order():
    house = House(subaccount=2, self_trade="maker", cancels_on_pause=True)
    body = json.loads(Trader(house).place().body)
    assert body["subaccount"] == 2
    assert body["self_trade_prevention_type"] == "maker"
    assert body["cancel_order_on_pause"] is True
    at_once = json.loads(Trader(house).place(tif=TimeInForce.IOC).body)
    assert "cancel_order_on_pause" not in at_once


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"price": 1_350}, "grid"),
        ({"price": 0}, "grid"),
        ({"price": 10_000}, "grid"),
        ({"qty": 0}, "too few"),
        ({"qty": 9_999}, "too few"),
        ({"qty": 1_015_000}, "finer"),
        ({"post_only": True, "tif": TimeInForce.IOC}, "post-only"),
        ({"reduce_only": True}, "reduce-only"),
        ({"reduce_only": True, "tif": TimeInForce.FOK}, "reduce-only"),
        ({"tif": TimeInForce.GTD}, "expiry"),
        ({"tif": TimeInForce.GTD, "expires_at": NOW}, "expiry"),
    ],
)
def test_what_the_venue_would_refuse_is_refused_in_words_before(fields, word):
    trader = Trader(min_qty=10_000)
    with pytest.raises(VenueRefused) as raised:
        trader.orders.name(intent(**fields), trader.market, 0)
    assert word in raised.value.detail
    assert raised.value.hint


@pytest.mark.parametrize("name", ["", "x" * 65, "a b", "a,b", "naïve", "a\n", "a.b"])
def test_a_name_that_kalshi_does_not_take_is_refused(name):
    trader = Trader()
    with pytest.raises(VenueRefused, match="name"):
        trader.orders.name(intent(name), trader.market, 0)


def test_a_sub_cent_price_passes_on_a_sub_cent_grid():
    trader = Trader(bands=(PriceBand(0, 10_000, 10),))
    assert json.loads(trader.place(price=1_350).body)["price"] == "0.1350"


# --- yes


@pytest.mark.parametrize(
    ("filled", "left", "state", "qty"),
    [
        ("0.00", "10.00", OrderState.OPEN, 0),
        ("2.50", "7.50", OrderState.PARTIAL, 2_500_000),
        ("10.00", "0.00", OrderState.FILLED, 10_000_000),
        ("4.00", "0.00", OrderState.CANCELLED, 4_000_000),
        ("0.00", "0.00", OrderState.CANCELLED, 0),
    ],
)
def test_the_state_follows_from_the_sizes(filled, left, state, qty):
    trader = Trader()
    (said,) = trader.answer(trader.place(), 201, resting(filled=filled, left=left))
    assert isinstance(said, OrderAccepted)
    assert (said.order, said.venue_order) == (ORDER, THEIRS)
    assert (said.state, said.filled) == (state, qty)
    assert bool(said.reason) == (state is OrderState.CANCELLED)


def test_the_recorded_yeses_are_read(stored):
    cases = {c["case"]: c for c in stored("orders_v2_demo_2026-06-11.json")}
    for name, state in (
        ("orders__create_v2_maker", OrderState.OPEN),
        ("orders__create_v2_taker_ioc", OrderState.FILLED),
    ):
        case = cases[name]
        trader = Trader()
        request = trader.place(case["request_body"]["client_order_id"], qty=QTY_ONE)
        (said,) = trader.answer(request, case["status"], case["body"])
        assert (said.state, said.venue_order) == (state, case["body"]["order_id"])


# --- not known


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (201, {"fill_count": "0.00", "remaining_count": "10.00"}),
        (201, {**resting(), "order_id": ""}),
        (201, {**resting(), "order_id": None}),
        (201, {**resting(), "client_order_id": "someone-else"}),
        (201, {**resting(), "fill_count": "11.00"}),
        (201, {**resting(), "fill_count": None}),
        (201, {**resting(), "remaining_count": "-1"}),
        (201, {"error": {"code": "x", "message": "y"}}),
        (200, ""),
        (201, '{"order_id":"2597b999-f8'),
        (200, HTML),
        (201, "[]"),
        (204, None),
        (301, ""),
        (408, error("timeout")),
        (409, error("something_new")),
        (404, "not here"),
        (400, HTML),
        (500, error("insufficient_balance")),
        (500, "could not run the execution"),
        (502, HTML),
        (503, error("exchange_unavailable")),
        (504, ""),
        (0, "connection reset"),
    ],
)
def test_without_proof_it_is_not_known(status, body):
    trader = Trader()
    said = trader.answer(trader.place(), status, body)
    assert kinds(said)[0] == "OrderUnclear"
    assert "OrderDeclined" not in kinds(said)
    assert said[0].reason


def test_taken_but_unreadable_it_is_looked_up_by_the_id_that_was_told():
    trader = Trader()
    trader.answer(trader.place(), 201, {**resting(), "fill_count": None})
    (look,) = trader.orders.look(sent(venue_order=""), trader.at)
    assert look.path == f"/portfolio/orders/{THEIRS}"


def test_an_order_that_is_there_already_is_looked_up_not_refused(stored):
    case = next(c for c in stored("errors_demo_2026-06-11.json") if "duplicate" in c["case"])
    trader = Trader()
    unclear, look = trader.answer(trader.place(), case["status"], case["body"])
    assert isinstance(unclear, OrderUnclear)
    assert isinstance(look, HttpRequest)
    assert (look.purpose, look.method) == (f"look:{ORDER}", "GET")
    (seen,) = trader.answer(look, 200, {"orders": [row()], "cursor": ""})
    assert isinstance(seen, OrderSeen)
    assert (seen.venue_order, seen.state) == (THEIRS, OrderState.OPEN)


# --- no


@pytest.mark.parametrize("why", ["no route to host", "not sent: no route to host"])
def test_what_never_left_is_declined(why):
    trader = Trader()
    (said,) = trader.answer(trader.place(), 0, why, is_sent=False)
    assert isinstance(said, OrderDeclined)
    assert said.code == "not_sent"
    assert said.reason == "Not sent: no route to host. Nothing left this computer."


@pytest.mark.parametrize(
    ("status", "body", "code", "mood"),
    [
        (400, error("insufficient_balance"), "no_money", None),
        (400, error("invalid_price"), "off_grid", None),
        (400, error("invalid_order", details="post only cross"), "would_cross", None),
        (400, error("MARKET_NOT_ACTIVE"), "market_paused", None),
        (409, error("fill_or_kill_insufficient_resting_volume"), "not_filled", None),
        (409, error("trading_is_paused"), "paused", VenueMood.CANCEL_ONLY),
        (404, error("user_not_found"), "shard_empty", None),
        (404, error("not_found"), "not_found", None),
        (401, error("header_timestamp_expired"), "clock_off", VenueMood.LOGGED_OUT),
        (403, HTML, "edge_blocked", VenueMood.BLOCKED),
        (403, {"error": "this API key is restricted"}, "key_scope", None),
        (429, {"error": "too many requests"}, "too_fast", None),
        (429, HTML, "too_fast", None),
        (422, {"msg": "no"}, "refused", None),
    ],
)
def test_what_the_venue_proves_it_did_not_take_is_declined(status, body, code, mood):
    trader = Trader()
    said = trader.answer(trader.place(), status, body)
    assert isinstance(said[0], OrderDeclined)
    assert said[0].code == code
    assert [m.mood for m in said if isinstance(m, MoodSeen)] == ([mood] if mood else [])


def test_an_unfunded_shard_is_named():
    trader = Trader(shard=3)
    (said, *_) = trader.answer(trader.place(), 404, error("user_not_found"))
    assert "move money to exchange shard 3" in said.reason


def test_an_answer_from_before_a_restart_is_not_known():
    request = Trader().place()
    (said,) = Trader().answer(request, 201, resting())
    assert isinstance(said, OrderUnclear)


def test_answers_to_other_questions_are_not_ours():
    trader = Trader()
    request = trader.place()
    other = HttpRequest(0, request.venue, "api", "GET", "/markets", purpose="catalog")
    assert trader.answer(other, 200, {"markets": []}) == ()
