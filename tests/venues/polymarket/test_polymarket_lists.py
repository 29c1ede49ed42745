"""Lists to the last page or not whole; holdings by the exchange's own count; cancels; beats."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.venues.polymarket.account_build import (
    FUNDER,
    NO,
    START,
    YES,
    intent,
    market,
    order_row,
    page,
    reply,
    sent,
    trade_row,
    user_event,
    wing,
)

from pmterm.messages.health import Surprised
from pmterm.messages.said import (
    BeatAnswered,
    FillSeen,
    HoldingSeen,
    ListEnded,
    ListKind,
    MoneySeen,
    MoodSeen,
    OrderSeen,
    VenueMood,
    WithdrawAnswered,
)
from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.units import SECOND
from pmterm.venues.polymarket.orders import PolymarketOrders

ELSEWHERE = MarketId("0x" + "e1" * 32)
OTHER_TOKEN = "56134520934827987450354834210862718136281318620368118025608831884832419413779"


def only(kind: type, said: Any) -> list[Any]:
    return [one for one in said if isinstance(one, kind)]


class TestLists:
    def test_open_orders_are_read_page_by_page_to_the_end(self) -> None:
        one = wing()
        (first,) = one.list_orders(START)
        assert (first.method, first.path, first.auth) == ("GET", "/data/orders", "l2")
        seen, more = one.answered(reply(first, page([order_row("0x01")], "MTAw=")))
        assert isinstance(seen, OrderSeen)
        assert isinstance(more, HttpRequest)
        assert more.path == "/data/orders?next_cursor=MTAw%3D"
        seen, ended = one.answered(reply(more, page([order_row("0x02")])))
        assert isinstance(seen, OrderSeen)
        assert isinstance(ended, ListEnded)
        assert (ended.kind, ended.asked_at) == (ListKind.ORDERS, START)
        assert ended.is_whole

    def test_trades_are_asked_for_since_a_second_before_and_keep_that_on_every_page(self) -> None:
        one = wing()
        (first,) = one.list_fills(START + SECOND // 2, START)
        after = f"/data/trades?after={START // SECOND - 1}"
        assert first.path == after
        fill, more = one.answered(reply(first, page([trade_row()], "MTAw")))
        assert isinstance(fill, FillSeen)
        assert isinstance(more, HttpRequest)
        assert more.path == after + "&next_cursor=MTAw"
        _, third = one.answered(reply(more, page([trade_row("t-2")], "MjAw")))
        assert isinstance(third, HttpRequest)
        assert third.path == after + "&next_cursor=MjAw"
        (ended,) = one.answered(reply(third, page([])))
        assert isinstance(ended, ListEnded)
        assert (ended.kind, ended.is_whole) == (ListKind.FILLS, True)

    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (0, "timeout"),
            (500, "{}"),
            (200, '{"data":[],"next_cursor'),
            (200, {"data": None}),
            (200, []),
            (200, {"data": [], "next_cursor": "a b?"}),
            (200, {"data": [], "next_cursor": ["LTE="]}),
            (429, ""),
            (401, '{"error":"Unauthorized/Invalid api key"}'),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("is_first", [True, False])
    def test_a_page_that_failed_leaves_the_list_not_whole(
        self, status: int, words: Any, is_first: bool
    ) -> None:
        one = wing()
        (request,) = one.list_orders(START)
        if not is_first:
            _, more = one.answered(reply(request, page([order_row()], "MTAw")))
            assert isinstance(more, HttpRequest)
            request = more
        *_, ended = one.answered(reply(request, words, status))
        assert isinstance(ended, ListEnded)
        assert not ended.is_whole
        assert ended.asked_at == START
        assert ended.reason

    def test_a_broken_row_on_an_early_page_leaves_the_list_not_whole_to_the_end(self) -> None:
        one = wing()
        (first,) = one.list_orders(START)
        rows = [order_row(price="free"), 7, order_row("0x03")]
        said = one.answered(reply(first, page(rows, "MTAw")))
        assert len(only(Surprised, said)) == 2
        assert len(only(OrderSeen, said)) == 1
        (more,) = only(HttpRequest, said)
        (ended,) = one.answered(reply(more, page([])))
        assert isinstance(ended, ListEnded)
        assert not ended.is_whole

    def test_a_list_without_end_is_given_up_and_not_whole(self) -> None:
        one = wing()
        (request,) = one.list_orders(START)
        for _ in range(300):
            (said,) = one.answered(reply(request, page([], "MTAw")))
            if isinstance(said, ListEnded):
                assert not said.is_whole
                return
            assert isinstance(said, HttpRequest)
            request = said
        pytest.fail("it went on for ever")

    def test_a_logged_out_list_says_so(self) -> None:
        one = wing()
        (first,) = one.list_orders(START)
        mood, _ = one.answered(reply(first, {"error": "Unauthorized/Invalid api key"}, 401))
        assert isinstance(mood, MoodSeen)
        assert mood.mood is VenueMood.LOGGED_OUT

    def test_a_row_of_an_unheard_market_waits_for_it_and_the_list_for_the_row(self) -> None:
        one = wing()
        (first,) = one.list_orders(START)
        rows = [order_row("0x01"), order_row("0x02", market=ELSEWHERE, asset_id="77")]
        (ask,) = one.answered(reply(first, page(rows)))
        assert isinstance(ask, HttpRequest)
        assert ask.path == f"/markets/{ELSEWHERE}"
        words = {
            "condition_id": ELSEWHERE,
            "question": "?",
            "tokens": [{"token_id": "77", "outcome": "A"}, {"token_id": "78", "outcome": "B"}],
        }
        said = one.answered(reply(ask, words))
        assert [row.market for row in only(OrderSeen, said)] == [market().id, ELSEWHERE]
        (ended,) = only(ListEnded, said)
        assert ended.is_whole

    def test_one_nobody_can_tell_of_leaves_the_list_not_whole_until_it_is_asked_again(self) -> None:
        one = wing()
        (first,) = one.list_orders(START)
        words = page([order_row("0x02", market=ELSEWHERE, asset_id="77")])
        (ask,) = one.answered(reply(first, words))
        assert isinstance(ask, HttpRequest)
        said = one.answered(reply(ask, {"error": "market not found"}, 404))
        (ended,) = only(ListEnded, said)
        assert not ended.is_whole
        (again,) = one.list_orders(START + SECOND)
        (ask,) = one.answered(reply(again, words))
        assert isinstance(ask, HttpRequest)

    def test_a_real_row_of_trades_is_read(self) -> None:
        one = wing()
        row = user_event("rest_trade") | {"market": market().id, "asset_id": YES}
        row["maker_orders"][0]["asset_id"] = YES
        (request,) = one.list_fills(0, START)
        fill, _ = one.answered(reply(request, page([row])))
        assert isinstance(fill, FillSeen)
        assert (fill.price, fill.qty, fill.is_maker) == (4_890, 5_000_000, False)


class TestHoldings:
    def positions(self, *rows: Any, cursor: str = "") -> dict[str, Any]:
        return {
            "data": list(rows),
            "pagination": {"has_more": bool(cursor), "next_cursor": cursor},
        }

    def position(self, **changes: Any) -> dict[str, Any]:
        return {
            "token_id": OTHER_TOKEN,
            "condition_id": ELSEWHERE,
            "outcome_index": 1,
            "current_size": 28.09,
            "avg_price": 0.6699,
        } | changes

    def begun(self, *rows: Any) -> tuple[PolymarketOrders, list[HttpRequest]]:
        one = wing()
        request = self.asked(one)
        return one, only(HttpRequest, one.answered(reply(request, self.positions(*rows))))

    def asked(self, one: PolymarketOrders, name: MarketId | None = None) -> HttpRequest:
        """Ask about a market that is not resolved; return the question that is left."""
        request, resolved = one.list_holdings([name or market().id], START)
        assert one.answered(reply(resolved, "[]")) == []
        return request

    def test_positions_are_asked_of_the_wallet_with_the_money_and_privately(self) -> None:
        request = self.asked(wing())
        assert request.host == "data"
        assert request.path.startswith(f"/v2/positions?user={FUNDER}&status=OPEN")
        assert request.auth == "open"

    def test_how_much_is_held_is_the_exchanges_own_count_per_token(self) -> None:
        one, asks = self.begun(self.position(token_id=YES, condition_id=market().id))
        assert [ask.path for ask in asks] == [
            f"/balance-allowance?asset_type=CONDITIONAL&token_id={token}&signature_type=3"
            for token in (YES, NO)
        ]
        (held,) = one.answered(reply(asks[0], {"balance": "28090000", "allowances": {}}))
        assert held == HoldingSeen(held.at, held.venue, market().id, 0, 28_090_000, 6_699)
        none, ended = one.answered(reply(asks[1], {"balance": "0"}))
        assert isinstance(none, HoldingSeen)
        assert (none.outcome, none.qty) == (1, 0)
        assert isinstance(ended, ListEnded)
        assert (ended.kind, ended.is_whole, ended.asked_at) == (ListKind.HOLDINGS, True, START)

    def test_positions_elsewhere_are_found_and_counted_by_the_exchange_too(self) -> None:
        one, asks = self.begun(self.position())
        assert len(asks) == 3
        said = [word for ask in asks for word in one.answered(reply(ask, {"balance": "5"}))]
        (other,) = [held for held in only(HoldingSeen, said) if held.market == ELSEWHERE]
        assert (other.outcome, other.qty, other.average) == (1, 5, 3_301)
        assert len(only(ListEnded, said)) == 1

    def test_further_pages_of_positions_are_read_before_anything_is_counted(self) -> None:
        one = wing()
        (request,) = one.list_holdings([], START)
        (more,) = one.answered(reply(request, self.positions(self.position(), cursor="a+b/c=")))
        assert isinstance(more, HttpRequest)
        assert more.path.endswith("&cursor=a%2Bb/c%3D")
        last = self.positions(self.position(token_id="12345678"))
        asks = one.answered(reply(more, last))
        assert len(only(HttpRequest, asks)) == 2

    def test_with_nothing_held_anywhere_the_round_ends_at_once(self) -> None:
        one = wing()
        (request,) = one.list_holdings([], START)
        (ended,) = one.answered(reply(request, self.positions()))
        assert isinstance(ended, ListEnded)
        assert ended.is_whole

    @pytest.mark.parametrize(("status", "words"), [(500, "{}"), (0, ""), (200, "[]"), (429, "")])
    def test_without_the_positions_the_named_markets_are_counted_and_the_list_is_not_whole(
        self, status: int, words: str
    ) -> None:
        one = wing()
        request = self.asked(one)
        asks = only(HttpRequest, one.answered(reply(request, words, status)))
        assert len(asks) == 2
        said = [word for ask in asks for word in one.answered(reply(ask, {"balance": "5"}))]
        assert len(only(HoldingSeen, said)) == 2
        (ended,) = only(ListEnded, said)
        assert not ended.is_whole

    @pytest.mark.parametrize(
        ("status", "words"),
        [(500, "{}"), (0, ""), (200, {"balance": "1.5"}), (200, {"balance": -1}), (200, {})],
    )
    def test_a_balance_that_is_not_told_is_not_nothing(self, status: int, words: Any) -> None:
        one, asks = self.begun()
        said = [
            *one.answered(reply(asks[0], words, status)),
            *one.answered(reply(asks[1], {"balance": "5"})),
        ]
        assert len(only(HoldingSeen, said)) == 1
        (ended,) = only(ListEnded, said)
        assert not ended.is_whole

    @pytest.mark.parametrize(
        "row", [{"outcome_index": 999}, {"condition_id": ""}, {"token_id": 7}, {"token_id": "x"}]
    )
    def test_rows_that_are_no_position_are_told_of(self, row: dict[str, Any]) -> None:
        one = wing()
        (request,) = one.list_holdings([], START)
        surprise, ended = one.answered(reply(request, self.positions(self.position(**row))))
        assert isinstance(surprise, Surprised)
        assert isinstance(ended, ListEnded)

    def test_an_old_round_that_nobody_waits_for_says_nothing(self) -> None:
        one = wing()
        (old,) = one.list_holdings([], START)
        for later in range(1, 6):
            one.list_holdings([], START + later)
        assert one.answered(reply(old, self.positions())) == ()

    def test_a_market_not_known_leaves_the_list_not_whole(self) -> None:
        one = wing()
        request = self.asked(one, ELSEWHERE)
        (ended,) = one.answered(reply(request, self.positions()))
        assert isinstance(ended, ListEnded)
        assert not ended.is_whole


class TestMoney:
    E2 = "0xE111180000d2663C0091e4f400237545B87B996B"
    N2 = "0xe2222d279d744050d28e00520010520000310f59"

    @pytest.mark.parametrize(
        ("words", "allowance"),
        [
            ({"allowances": {E2: str(2**256 - 1), N2: "7", "0xother": "0"}}, 7),
            ({"allowances": {E2: str(2**256 - 1), N2: str(2**256 - 1)}}, 10**21),
            ({"allowances": {"0xother": "9"}}, 9),
            ({"allowances": {}}, -1),
            ({"allowance": "12"}, 12),
            ({}, -1),
        ],
    )
    def test_free_cash_and_the_least_the_exchanges_may_move(
        self, words: dict[str, Any], allowance: int
    ) -> None:
        one = wing()
        (request,) = one.ask_money(START)
        assert request.path == "/balance-allowance?asset_type=COLLATERAL&signature_type=3"
        (said,) = one.answered(reply(request, {"balance": "12345678"} | words))
        assert isinstance(said, MoneySeen)
        assert (said.cash, said.allowance) == (12_345_678, allowance)

    @pytest.mark.parametrize(
        ("status", "words"), [(200, {"balance": None}), (200, "7"), (500, ""), (0, "")]
    )
    def test_money_that_is_not_told_is_not_none(self, status: int, words: Any) -> None:
        one = wing()
        (request,) = one.ask_money(START)
        assert not only(MoneySeen, one.answered(reply(request, words, status)))


class TestCancels:
    one = "0x" + "a1" * 32
    two = "0x" + "a2" * 32

    def both(self) -> tuple[PolymarketOrders, HttpRequest]:
        wing_ = wing()
        orders = [sent(self.one, order=OrderId("s-1")), sent(self.two, order=OrderId("s-2"))]
        (request,) = wing_.withdraw(orders, START)
        return wing_, request

    def test_one_order_is_cancelled_by_its_id(self) -> None:
        (request,) = wing().withdraw([sent(self.one)], START)
        assert (request.method, request.path, request.auth) == ("DELETE", "/order", "l2")
        assert json.loads(request.body) == {"orderID": self.one}
        assert request.priority == 0
        assert request.purpose == "cancel:s1-00001"

    def test_several_go_in_one_request_and_a_thousand_in_each(self) -> None:
        _, request = self.both()
        assert (request.method, request.path) == ("DELETE", "/orders")
        assert json.loads(request.body) == [self.one, self.two]
        many = [sent(f"0x{n:064x}", order=OrderId(f"s-{n}")) for n in range(2_001)]
        requests = wing().withdraw(many, START)
        assert [len(r.purpose.split(",")) for r in requests] == [1_000, 1_000, 1]
        assert requests[2].path == "/order"

    def test_f07_each_gets_its_own_answer(self) -> None:
        wing_, request = self.both()
        words = {
            "canceled": [self.one.upper().replace("X", "x")],
            "not_canceled": {self.two: "already canceled or matched"},
        }
        done, left = wing_.answered(reply(request, words))
        assert isinstance(done, WithdrawAnswered)
        assert isinstance(left, WithdrawAnswered)
        assert (done.order, done.is_done) == ("s-1", True)
        assert (left.order, left.is_done) == ("s-2", False)
        assert "already" in left.reason

    @pytest.mark.parametrize(
        ("left", "is_done"),
        [
            ({two: "Order not found or already canceled"}, False),
            ({two: "order is delayed"}, None),
            ({}, None),
            (None, None),
        ],
    )
    def test_what_is_not_named_or_not_understood_is_not_known(
        self, left: Any, is_done: bool | None
    ) -> None:
        wing_, request = self.both()
        words = {"canceled": [self.one], "not_canceled": left}
        said = wing_.answered(reply(request, words))
        assert [one.is_done for one in only(WithdrawAnswered, said)] == [True, is_done]

    @pytest.mark.parametrize(
        ("status", "words"),
        [(0, "timeout"), (500, ""), (200, "{"), (200, "{}"), (425, "{}"), (401, "{}"), (429, "")],
    )
    def test_a_cancel_without_a_proper_answer_is_not_known(self, status: int, words: str) -> None:
        wing_, request = self.both()
        said = only(WithdrawAnswered, wing_.answered(reply(request, words, status)))
        assert [one.is_done for one in said] == [None, None]
        assert all(one.reason for one in said)

    def test_one_that_is_not_there_has_to_be_read(self) -> None:
        one = wing()
        (request,) = one.withdraw([sent(self.one)], START)
        (said,) = one.answered(reply(request, {"error": "Invalid orderID"}, 400))
        assert isinstance(said, WithdrawAnswered)
        assert said.is_done is False

    def test_all_tells_of_each_of_ours(self) -> None:
        one = wing()
        named = one.name(intent(), market(), 0)
        one.place(named, START)
        (request,) = one.withdraw_all(START)
        assert (request.method, request.path, request.body) == ("DELETE", "/cancel-all", "")
        words = {"canceled": [named.venue_order, "0x" + "ff" * 32], "not_canceled": {}}
        (said,) = one.answered(reply(request, words))
        assert isinstance(said, WithdrawAnswered)
        assert (said.order, said.is_done) == (named.order, True)

    def test_those_of_a_market(self) -> None:
        (request,) = wing().withdraw_market(market().id, START)
        assert (request.method, request.path) == ("DELETE", "/cancel-market-orders")
        assert json.loads(request.body) == {"market": market().id}

    def test_nothing_to_cancel_asks_nothing_and_orders_are_not_amended_here(self) -> None:
        one = wing()
        assert not one.withdraw([], START)
        assert one.amend(sent(), intent(), market(), START) is None
        assert not one.stop(START)


class TestBeats:
    def test_each_beat_carries_the_id_the_last_answer_gave(self) -> None:
        one = wing()
        first = one.beat(START)
        assert first is not None
        assert (first.method, first.path) == ("POST", "/v1/heartbeats")
        assert json.loads(first.body) == {"heartbeat_id": ""}
        (said,) = one.answered(reply(first, {"heartbeat_id": "h-1"}))
        assert isinstance(said, BeatAnswered)
        assert (said.is_taken, said.lasts) == (True, 10 * SECOND)
        second = one.beat(START)
        assert second is not None
        assert json.loads(second.body) == {"heartbeat_id": "h-1"}

    def test_a_stale_id_is_put_right_once_and_then_told(self) -> None:
        one = wing()
        first = one.beat(START)
        assert first is not None
        wrong = {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": "h-7"}
        (again,) = one.answered(reply(first, wrong, 400))
        assert isinstance(again, HttpRequest)
        assert json.loads(again.body) == {"heartbeat_id": "h-7"}
        (said,) = one.answered(reply(again, wrong | {"heartbeat_id": "h-8"}, 400))
        assert isinstance(said, BeatAnswered)
        assert not said.is_taken
        assert "Another program" in said.reason

    def test_a_switch_that_ran_out_is_begun_anew(self) -> None:
        one = wing()
        one.answered(reply(one.beat(START), {"heartbeat_id": "h-1"}))
        gone = {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": ""}
        (again,) = one.answered(reply(one.beat(START), gone, 400))
        assert isinstance(again, HttpRequest)
        assert json.loads(again.body) == {"heartbeat_id": ""}

    def test_the_answer_without_an_id_counts_too(self) -> None:
        one = wing()
        first = one.beat(START)
        assert first is not None
        (said,) = one.answered(reply(first, {"status": "ok"}))
        assert isinstance(said, BeatAnswered)
        assert said.is_taken

    @pytest.mark.parametrize(
        ("status", "words"), [(0, ""), (500, "{}"), (200, "{}"), (200, "[]"), (200, "<html>")]
    )
    def test_a_beat_without_a_proper_answer_is_not_taken(self, status: int, words: str) -> None:
        one = wing()
        first = one.beat(START)
        assert first is not None
        (said,) = only(BeatAnswered, one.answered(reply(first, words, status)))
        assert not said.is_taken


def test_a_post_only_time_the_venue_gave_an_end_ends() -> None:
    one = wing()
    named = one.name(intent(), market(), 0)
    words = {"error": "post-only mode: only post-only", "retry_after_seconds": 79}
    mood, _ = one.answered(reply(one.place(named, START), words, 503))
    assert isinstance(mood, MoodSeen)
    assert not one.tick(mood.at + 78 * SECOND)
    (over,) = one.tick(mood.at + 79 * SECOND)
    assert isinstance(over, MoodSeen)
    assert over.mood is VenueMood.OPEN
    assert not one.tick(mood.at + 80 * SECOND)


PURPOSES = (
    "place:s1-00001", "cancel:s1-00001", "cancel:*", "look:s1-00001", f"orders:{START}:1:w",
    f"fills:{START}:1:w", f"holdings:{START}:", f"holdings:{START}:{YES}", "money:", "beat:",
    f"market:{ELSEWHERE}", "nothing", "",
)  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ("data", "next_cursor", "error", "canceled", "not_canceled", "balance", "success",
                 "allowances", "heartbeat_id", "pagination", "id", "orderID", "errorMsg")
            ) | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(
    st.sampled_from(PURPOSES),
    st.sampled_from((0, 200, 200, 200, 400, 401, 403, 404, 425, 429, 500, 503)),
    JSON.map(json.dumps) | st.text(),
)
def test_no_answer_to_anything_raises(purpose: str, status: int, text: str) -> None:
    one = wing()
    named = one.name(intent(), market(), 0)
    request = one.place(named, START)
    one.look(sent(named.venue_order), START)
    one.list_holdings([market().id], START)
    fields = {"purpose": purpose, "path": "/data/order/0x1"}
    one.answered(reply(request, text, status, **fields))
