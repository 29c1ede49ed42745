"""What the answer to an order proves: taken, declined, or not known. F01, F04, F05, F06, F09."""

import json
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.venues.polymarket.account_build import (
    YES,
    intent,
    market,
    order_row,
    page,
    reply,
    trade_row,
    wing,
)

from pmterm.messages.orders import OrderNamed
from pmterm.messages.said import (
    FillSeen,
    MoodSeen,
    OrderAccepted,
    OrderDeclined,
    OrderMissing,
    OrderSeen,
    OrderUnclear,
    VenueMood,
)
from pmterm.messages.transport import HttpRequest
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import MS, SECOND
from pmterm.venues.polymarket.orders import PolymarketOrders

Placed = tuple[PolymarketOrders, OrderNamed, HttpRequest]


def placed(outcome: int = 0, **changes: Any) -> Placed:
    one = wing()
    wish = intent(**changes)
    named = one.name(wish, market(), outcome)
    return one, named, one.place(named, wish.at)


def good(named: OrderNamed, status: str = "live", **changes: Any) -> dict[str, Any]:
    return {
        "success": True,
        "errorMsg": "",
        "orderID": named.venue_order,
        "status": status,
        "makingAmount": "",
        "takingAmount": "",
        "tradeIDs": [],
        "transactionsHashes": [],
    } | changes


def test_an_order_goes_out_as_it_was_named_with_the_right_proof() -> None:
    _, named, request = placed()
    assert (request.method, request.path, request.host) == ("POST", "/order", "clob")
    assert (request.auth, request.priority) == ("l2", 1)
    assert request.body == named.body
    assert request.purpose == f"place:{named.order}"


def test_a_resting_order_is_taken() -> None:
    one, named, request = placed()
    (said,) = one.answered(reply(request, good(named)))
    assert isinstance(said, OrderAccepted)
    assert (said.order, said.venue_order) == (named.order, named.venue_order)
    assert (said.state, said.filled, said.delay) == (OrderState.OPEN, 0, 0)


@pytest.mark.parametrize(
    ("changes", "outcome", "amounts", "state", "filled"),
    [
        ({}, 0, ("2.24", "4"), OrderState.PARTIAL, 4_000_000),
        ({}, 0, ("5.6", "10"), OrderState.FILLED, 10_000_000),
        ({}, 0, ("5.0", "10"), OrderState.FILLED, 10_000_000),
        ({"side": Side.SELL}, 0, ("4", "2.24"), OrderState.PARTIAL, 4_000_000),
        ({"side": Side.SELL}, 1, ("1.76", "4"), OrderState.PARTIAL, 4_000_000),
        ({"side": Side.BUY}, 1, ("10", "4.4"), OrderState.FILLED, 10_000_000),
        ({"tif": TimeInForce.FOK}, 0, ("5.6", "11.2"), OrderState.FILLED, 11_200_000),
        ({"tif": TimeInForce.IOC}, 0, ("5.6", "11.2"), OrderState.FILLED, 11_200_000),
        ({"tif": TimeInForce.IOC}, 0, ("2.24", "4"), OrderState.CANCELLED, 4_000_000),
        (
            {"tif": TimeInForce.IOC, "side": Side.SELL},
            0,
            ("9.5", "5.3"),
            OrderState.CANCELLED,
            9_500_000,
        ),
        (
            {"tif": TimeInForce.IOC, "side": Side.SELL},
            0,
            ("10", "5.6"),
            OrderState.FILLED,
            10_000_000,
        ),
    ],
)
def test_what_traded_at_once_is_read_in_shares(
    changes: dict[str, Any],
    outcome: int,
    amounts: tuple[str, str],
    state: OrderState,
    filled: int,
) -> None:
    one, named, request = placed(outcome, **changes)
    making, taking = amounts
    words = good(named, "matched", makingAmount=making, takingAmount=taking, tradeIDs=["t"])
    (said,) = one.answered(reply(request, words))
    assert isinstance(said, OrderAccepted)
    assert (said.state, said.filled) == (state, filled)


def test_an_order_held_back_is_taken_and_says_for_how_long() -> None:
    one = wing()
    slow = market(taker_delay=3 * SECOND)
    named = one.name(intent(tif=TimeInForce.IOC), slow, 0)
    (said,) = one.answered(reply(one.place(named, 1), good(named, "delayed")))
    assert isinstance(said, OrderAccepted)
    assert (said.state, said.delay, said.filled) == (OrderState.SENT, 3 * SECOND, 0)
    one, named, request = placed()
    (said,) = one.answered(reply(request, good(named, "delayed")))
    assert isinstance(said, OrderAccepted)
    assert said.delay == 250 * MS


F05 = [
    {"success": False},
    {"success": False, "orderID": ""},
    {"orderID": ""},
    {"orderID": "0x" + "cd" * 32},
    {"status": ""},
    {"status": "unmatched", "orderID": ""},
    {"status": "unmatched"},
    {"status": "LIVE!"},
    {"errorMsg": "something new happened"},
    {"errorMsg": "could not insert order", "success": False, "orderID": ""},
    {"errorMsg": "not enough balance / allowance"},
    {"errorMsg": None, "status": None},
    {"success": "true"},
]


@pytest.mark.parametrize("changes", F05, ids=str)
def test_f05_an_odd_two_hundred_is_never_taken_for_placed_nor_for_refused(
    changes: dict[str, Any],
) -> None:
    one, named, request = placed()
    (said,) = one.answered(reply(request, good(named) | changes))
    assert isinstance(said, OrderUnclear)
    assert said.order == named.order


@pytest.mark.parametrize("success", [True, False])
def test_f05_success_with_an_error_and_no_id_is_a_refusal_in_our_words(success: bool) -> None:
    one, named, request = placed()
    words = good(named, "", success=success, orderID="", errorMsg="not enough balance / allowance")
    (said,) = one.answered(reply(request, words))
    assert isinstance(said, OrderDeclined)
    assert said.code == "no_money"


def test_a_batch_legs_post_only_answer_is_a_refusal_and_a_mood() -> None:
    one, named, request = placed()
    text = "post-only mode: only post-only orders and cancels are allowed"
    mood, said = one.answered(reply(request, good(named, "", orderID="", errorMsg=text)))
    assert isinstance(mood, MoodSeen)
    assert mood.mood is VenueMood.POST_ONLY
    assert isinstance(said, OrderDeclined)


UNKNOWN = [
    (500, '{"error":"could not run the execution"}'),  # F04
    (500, '{"error":"there are no matching orders"}'),
    (500, '{"error":"not enough balance / allowance"}'),
    (502, "<html>bad gateway</html>"),
    (504, ""),
    (503, "Service Unavailable"),
    (429, ""),  # F09
    (429, "<html>"),
    (403, "<!DOCTYPE html><title>Attention Required! | Cloudflare</title>"),
    (200, "<!DOCTYPE html>"),  # F06
    (200, '{"success":true,"errorMsg":"","orderID":"0x'),
    (200, ""),
    (200, "[]"),
    (200, "null"),
    (200, '{"success":1}'),
    (400, '{"error":"context canceled"}'),
    (400, '{"error":"something new"}'),
    (400, '{"error":"order match delayed due to market conditions"}'),
    (400, "oops"),
    (404, '{"error":"something not found"}'),
    (301, ""),
    (0, "timeout"),  # F01
]


@pytest.mark.parametrize(("status", "text"), UNKNOWN, ids=lambda one: str(one)[:30])
def test_f01_f04_f06_f09_what_proves_nothing_leaves_the_order_unknown(
    status: int, text: str
) -> None:
    one, named, request = placed()
    said = one.answered(reply(request, text, status))
    verdicts = [word for word in said if not isinstance(word, MoodSeen)]
    assert len(verdicts) == 1
    assert isinstance(verdicts[0], OrderUnclear)
    assert verdicts[0].order == named.order
    assert verdicts[0].reason


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (400, "not enough balance / allowance", "no_money"),
        (400, "invalid post-only order: order crosses book", "would_cross"),
        (400, "no orders found to match with FAK order. FAK orders are", "ioc_no_match"),
        (400, "order couldn't be fully filled. FOK orders are fully filled or", "fok_killed"),
        (401, "Unauthorized/Invalid api key", "bad_key"),
        (429, "too many requests", "too_fast"),
        (425, "Too Early", "restarting"),
        (503, "Trading is currently disabled. Check polymarket.com for updates", "trading_off"),
        (503, "Trading is currently cancel-only. New orders are not accepted", "cancel_only"),
        (503, "post-only mode: only post-only orders and cancels are allowed", "post_only_now"),
    ],
)
def test_a_refusal_the_venue_put_in_words_is_one(status: int, text: str, code: str) -> None:
    one, named, request = placed()
    said = one.answered(reply(request, {"error": text}, status))
    assert isinstance(said[-1], OrderDeclined)
    assert (said[-1].order, said[-1].code) == (named.order, code)


def test_what_never_left_is_declined_and_not_unknown() -> None:
    one, _, request = placed()
    (said,) = one.answered(reply(request, "connection refused", 0, sent_at=0))
    assert isinstance(said, OrderDeclined)
    assert said.code == "not_sent"


def test_a_duplicate_is_there_already_and_is_looked_at() -> None:
    one, named, request = placed()
    text = f"order {named.venue_order} is invalid. Duplicated."
    said, look = one.answered(reply(request, {"error": text}, 400))
    assert isinstance(said, OrderAccepted)
    assert said.state is OrderState.SENT
    assert isinstance(look, HttpRequest)
    assert look.path == f"/data/order/{named.venue_order}"
    (seen,) = one.answered(reply(look, order_row(named.venue_order)))
    assert isinstance(seen, OrderSeen)
    assert seen.state is OrderState.OPEN


def test_a_taken_market_order_that_does_not_say_what_traded_is_looked_at() -> None:
    one, named, request = placed(tif=TimeInForce.FOK)
    said, look = one.answered(reply(request, good(named, "matched")))
    assert isinstance(said, OrderAccepted)
    assert (said.state, said.filled) == (OrderState.SENT, 0)
    assert isinstance(look, HttpRequest)
    (trades,) = one.answered(reply(look, {"error": "order not found"}, 404))
    assert isinstance(trades, HttpRequest)
    row = trade_row(name=named.venue_order, size="10.2")
    fill, seen = one.answered(reply(trades, page([row])))
    assert isinstance(fill, FillSeen)
    assert isinstance(seen, OrderSeen)
    assert (seen.state, seen.filled) == (OrderState.FILLED, 10_200_000)


def test_the_answer_to_an_order_never_placed_is_told_of() -> None:
    one, _, request = placed()
    stranger = request.__class__(**{**_fields(request), "purpose": "place:nobody"})
    said = one.answered(reply(stranger, "{}"))
    assert [type(word).__name__ for word in said] == ["Surprised"]


def _fields(request: HttpRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in request.__struct_fields__}


@given(st.integers(0, 599), st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_no_answer_raises_or_passes_for_proof(status: int, text: str) -> None:
    one, _, request = placed()
    for said in one.answered(reply(request, text, status)):
        assert not isinstance(said, OrderAccepted)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(st.sampled_from(("success", "errorMsg", "orderID")), JSON)
def test_a_field_of_another_kind_is_never_taken_for_a_good_answer(key: str, value: Any) -> None:
    one, named, request = placed()
    words = good(named)
    assume(words[key] is not value and words[key] != value)
    for said in one.answered(reply(request, json.dumps(words | {key: value}))):
        assert not isinstance(said, OrderAccepted)


class TestLook:
    """What became of an order whose answer was lost."""

    def look(self, status: int, words: Any) -> tuple[PolymarketOrders, OrderNamed, list[Any]]:
        one, named, _ = placed()
        sent = one._sent[named.order]
        (request,) = one.look(sent, 5)
        assert request.purpose == f"look:{named.order}"
        return one, named, list(one.answered(reply(request, words, status)))

    def test_a_working_order_is_found(self) -> None:
        _, named, _ = placed()
        _, named, (seen,) = self.look(200, order_row(named.venue_order, size_matched="4"))
        assert isinstance(seen, OrderSeen)
        assert (seen.state, seen.filled) == (OrderState.PARTIAL, 4_000_000)

    @pytest.mark.parametrize(
        ("status", "words"), [(404, {"error": "order not found"}), (200, {}), (200, "null")]
    )
    def test_one_that_is_not_there_is_searched_for_in_all_pages_of_trades(
        self, status: int, words: Any
    ) -> None:
        one, named, (trades,) = self.look(status, words)
        assert trades.path == f"/data/trades?market={market().id}"
        other = trade_row("t-0", "0x" + "99" * 32)
        first = trade_row("t-1", named.venue_order, size="6")
        more, *_ = [
            said
            for said in one.answered(reply(trades, page([other, first], "MTAw")))
            if isinstance(said, HttpRequest)
        ]
        assert more.path.endswith("&next_cursor=MTAw")
        second = trade_row("t-2", named.venue_order, size="4")
        fill, seen = one.answered(reply(more, page([second])))
        assert isinstance(fill, FillSeen)
        assert isinstance(seen, OrderSeen)
        assert (seen.state, seen.filled) == (OrderState.FILLED, 10_000_000)

    def test_one_that_is_nowhere_is_missing_which_may_change(self) -> None:
        one, named, (trades,) = self.look(404, {"error": "order not found"})
        (said,) = one.answered(reply(trades, page([])))
        assert isinstance(said, OrderMissing)
        assert said.order == named.order

    def test_a_failed_trade_is_no_proof_of_a_fill(self) -> None:
        one, named, (trades,) = self.look(404, {"error": "order not found"})
        row = trade_row(name=named.venue_order, size="10", status="FAILED")
        fill, said = one.answered(reply(trades, page([row])))
        assert isinstance(fill, FillSeen)
        assert isinstance(said, OrderMissing)

    @pytest.mark.parametrize(
        ("status", "words"),
        [(0, "timeout"), (500, "{}"), (404, "<html>"), (401, "{}"), (200, "<"), (200, [1])],
    )
    def test_a_look_that_fails_says_nothing_of_the_order(self, status: int, words: Any) -> None:
        _, named, said = self.look(status, words)
        assert isinstance(said[-1], OrderUnclear)
        assert said[-1].order == named.order
        assert not any(isinstance(word, OrderMissing) for word in said)

    def test_trades_that_cannot_be_read_do_not_count_as_none(self) -> None:
        one, _, (trades,) = self.look(404, {"error": "order not found"})
        broken = trade_row(price="free")
        *_, said = one.answered(reply(trades, page([broken])))
        assert isinstance(said, OrderUnclear)
        one, _, (trades,) = self.look(404, {"error": "order not found"})
        *_, said = one.answered(reply(trades, "{}"))
        assert isinstance(said, OrderUnclear)

    def test_an_answer_about_another_order_is_not_taken_for_it(self) -> None:
        _, _, said = self.look(200, order_row("0x" + "77" * 32))
        assert isinstance(said[-1], OrderUnclear)


def test_what_is_asked_for_names_the_token_of_the_market() -> None:
    _, named, _ = placed()
    assert json.loads(named.body)["order"]["tokenId"] == YES
