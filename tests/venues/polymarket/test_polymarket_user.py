"""The stream of our own orders and trades: real frames read, nothing guessed, nothing raised."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.venues.polymarket.account_build import (
    FUNDER,
    NO,
    OWNER,
    POLY,
    START,
    STRANGER,
    YES,
    market,
    order_row,
    trade_row,
    trader,
    user_event,
    user_frame,
    wallet,
    wing,
)

from pmterm.messages.health import Surprised
from pmterm.messages.said import FillSeen, OrderSeen
from pmterm.messages.transport import HttpRequest, HttpResponse, SendText, UserOpened
from pmterm.model.ids import MarketId, TokenId
from pmterm.model.market import Market, Outcome
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.units import MS, PRICE_ONE, SECOND
from pmterm.venues.polymarket.orders import PolymarketOrders

REAL_YES = "21742633143463906290569050155826241533067272736897614950488156847949938836455"
REAL_NO = "48331043336612883890938759509493159234755048973500640148014422747788308965732"
REAL = MarketId("0xdd22472e552920b8438158ea7238bfadfa4f736aa4cee91a6b86c39ead110917")
MINE = "0x" + "ab" * 32


def real_market() -> Market:
    sides = (Outcome("Yes", TokenId(REAL_YES)), Outcome("No", TokenId(REAL_NO)))
    return market(id=REAL, outcomes=sides)


def listening() -> PolymarketOrders:
    one = PolymarketOrders(wallet(), trader())
    one.learn(real_market())
    one.learn(market())
    return one


def heard(name: str, **changes: Any) -> list[Any]:
    return list(listening().receive(user_frame(user_event(name) | changes)))


def test_an_order_that_rests_now() -> None:
    (seen,) = heard("placement")
    assert seen == OrderSeen(
        START + SECOND,
        POLY,
        "0x0f76f4dc6eaf3332f4100f2e8a0b4a927351dd64646b7bb12f37df775c657a78",
        REAL,
        0,
        Side.BUY,
        5_130,
        5_000_000,
        0,
        OrderState.OPEN,
        venue_at=1_725_842_520_990 * MS,
    )


def test_an_order_taken_back_keeps_what_had_filled() -> None:
    (seen,) = heard("cancellation")
    assert (seen.state, seen.filled, seen.qty) == (OrderState.CANCELLED, 5_000_000, 5_000_000)
    assert (seen.side, seen.price) == (Side.SELL, 5_130)


def test_a_killed_fok_is_read_though_half_its_fields_are_empty() -> None:
    """The vendor's own parser drops this frame."""
    (seen,) = heard("killed_fok")
    assert (seen.state, seen.filled) == (OrderState.CANCELLED, -1)
    assert "fully filled or killed" in seen.reason


def test_an_order_created_at_a_time_in_milliseconds_is_read() -> None:
    """The vendor's own parser drops this frame, which has no event type either."""
    event = user_event("venue_cancel")
    event |= {"market": market().id, "asset_id": YES}
    (seen,) = listening().receive(user_frame(event))
    assert isinstance(seen, OrderSeen)
    assert (seen.state, seen.filled) == (OrderState.CANCELLED, 0)
    assert "no longer valid" in seen.reason
    assert seen.venue_at == 1_774_378_800_285 * MS
    del event["timestamp"]
    (seen,) = listening().receive(user_frame(event))
    assert isinstance(seen, OrderSeen)
    assert seen.venue_at == 1_774_377_384_000 * MS


def test_our_taking_is_read_though_its_makers_have_no_side() -> None:
    """The vendor's own parser drops this frame."""
    (fill,) = heard("taker")
    assert fill == FillSeen(
        START + SECOND,
        POLY,
        "f50e8ab2-652d-4dc8-9c82-8e46197fe98d",
        "0x5b605a0e8e40f3402d3cb3bc19edad6733ed23fbc079d2a09ee399c3487ace81",
        REAL,
        0,
        Side.BUY,
        5_200,
        5_000_000,
        -1,
        False,
        FillState.MATCHED,
        1_725_958_681 * SECOND,
    )


def test_our_resting_order_among_many_makers_of_both_outcomes() -> None:
    (fill,) = heard("many_makers")
    assert fill.venue_order == "0xab679e56242324e15e59cfd488cd0f12e4fd71b153b9bfb57518898b9983145e"
    assert (fill.side, fill.price, fill.qty) == (Side.SELL, 5_180, 5_000_000)
    assert (fill.outcome, fill.is_maker, fill.state) == (0, True, FillState.MINED)


def test_a_maker_of_the_other_outcome_bought_when_the_taker_bought() -> None:
    event = user_event("many_makers")
    event["maker_orders"][0] |= {"owner": OWNER}
    fills = listening().receive(user_frame(event))
    assert [type(one) for one in fills] == [FillSeen, FillSeen]
    other = fills[0]
    assert isinstance(other, FillSeen)
    # The maker bought No at 0.482: on the YES scale a sale at 0.518.
    assert (other.outcome, other.side, other.price) == (1, Side.SELL, 5_180)
    assert other.qty == 10_000_000


def test_ours_as_maker_by_the_wallet_though_the_order_has_another_key() -> None:
    (fill,) = heard("maker")
    assert (fill.side, fill.price, fill.qty, fill.is_maker) == (Side.BUY, 5_130, 5_000_000, True)
    assert fill.state is FillState.CONFIRMED
    assert fill.venue_at == 1_762_776_367 * SECOND


def test_several_of_our_makers_in_one_trade_are_told_apart_by_their_orders() -> None:
    event = user_event("many_makers")
    for one in event["maker_orders"][1:3]:
        one["owner"] = OWNER
    fills = listening().receive(user_frame(event))
    assert len({(one.trade, one.venue_order) for one in fills if isinstance(one, FillSeen)}) == 3


def test_one_order_that_stands_twice_in_a_trade_counts_both_parts_once() -> None:
    event = user_event("many_makers")
    event["maker_orders"].append(dict(event["maker_orders"][3]))
    fills = listening().receive(user_frame(event))
    assert [one.qty for one in fills if isinstance(one, FillSeen)] == [10_000_000]


def test_a_trade_with_ourselves_is_read_on_both_sides() -> None:
    event = user_event("maker") | {"owner": OWNER}
    fills = listening().receive(user_frame(event))
    assert [one.is_maker for one in fills if isinstance(one, FillSeen)] == [False, True]


def maker(price: str, amount: str, token: str = YES, **changes: Any) -> dict[str, Any]:
    row = {
        "order_id": "0x" + "11" * 32,
        "owner": "someone",
        "maker_address": STRANGER,
        "matched_amount": amount,
        "price": price,
        "asset_id": token,
    }
    return row | changes


def test_taking_from_several_prices_is_told_at_each_of_them() -> None:
    makers = [maker("0.5", "1"), maker("0.48", "2", NO), maker("0.5", "1")]
    row = trade_row(price="0.51", maker_orders=makers, type="TRADE", event_type="trade")
    fills = wing().receive(user_frame(row))
    told = [(f.trade, f.price, f.qty, f.side) for f in fills if isinstance(f, FillSeen)]
    assert told == [
        ("t-1@5000", 5_000, 2_000_000, Side.BUY),
        ("t-1@5200", 5_200, 2_000_000, Side.BUY),
    ]


@pytest.mark.parametrize(
    ("side", "token", "price", "wanted"),
    [
        ("BUY", YES, "0.5233333", (Side.BUY, 5_234)),
        ("SELL", YES, "0.5233333", (Side.SELL, 5_233)),
        ("BUY", NO, "0.4", (Side.SELL, 6_000)),
        ("SELL", NO, "0.4", (Side.BUY, 6_000)),
    ],
)
def test_a_taken_price_is_on_the_yes_scale_an_average_rounded_against_us(
    side: str, token: str, price: str, wanted: tuple[Side, int]
) -> None:
    row = trade_row(side=side, asset_id=token, price=price, event_type="trade")
    (fill,) = wing().receive(user_frame(row))
    assert isinstance(fill, FillSeen)
    assert (fill.side, fill.price) == wanted


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("MATCHED", FillState.MATCHED),
        ("MATCHED_NOT_BROADCASTED", FillState.MATCHED),
        ("TRADE_STATUS_MATCHED", FillState.MATCHED),
        ("MINED", FillState.MINED),
        ("TRADE_STATUS_CONFIRMED", FillState.CONFIRMED),
        ("RETRYING", FillState.RETRYING),
        ("FAILED", FillState.FAILED),
    ],
)
def test_how_far_a_settlement_has_come(status: str, state: FillState) -> None:
    (fill,) = heard("taker", status=status)
    assert fill.state is state


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"type": "UPDATE", "size_matched": "2"}, OrderState.PARTIAL),
        ({"type": "UPDATE", "size_matched": "5", "status": "MATCHED"}, OrderState.FILLED),
        ({"type": "UPDATE", "size_matched": "4.9", "status": "MATCHED"}, OrderState.PARTIAL),
        ({"status": "ORDER_STATUS_LIVE"}, OrderState.OPEN),
        ({"status": "DELAYED"}, OrderState.SENT),
        ({"status": "UNMATCHED"}, OrderState.CANCELLED),
        ({"type": "CANCELLATION", "status": "LIVE"}, OrderState.CANCELLED),
        ({"type": "CANCELLATION", "status": "CANCELED_EXPIRED_ORDER"}, OrderState.EXPIRED),
        ({"status": "CANCELED_MARKET_RESOLVED"}, OrderState.CANCELLED),
        ({"type": "UPDATE", "status": "CANCELED_NOT_ENOUGH_BALANCE"}, OrderState.CANCELLED),
    ],
)
def test_where_an_order_stands_by_kind_then_by_status(
    changes: dict[str, Any], state: OrderState
) -> None:
    (seen,) = heard("placement", **changes)
    assert isinstance(seen, OrderSeen)
    assert seen.state is state


def test_why_an_order_ended_is_said_in_words() -> None:
    (seen,) = heard("placement", type="CANCELLATION", status="CANCELED_NOT_ENOUGH_BALANCE")
    assert seen.reason == "not enough balance"


F46 = [
    ("placement", {"type": "AMENDMENT"}),
    ("placement", {"status": "SLEEPING"}),
    ("placement", {"price": "1.2"}),
    ("placement", {"price": "0"}),
    ("placement", {"price": None}),
    ("placement", {"price": 0.513}),
    ("placement", {"side": "HOLD"}),
    ("placement", {"side": ["BUY"]}),
    ("placement", {"original_size": ""}),
    ("placement", {"original_size": "-5"}),
    ("placement", {"size_matched": "many"}),
    ("placement", {"size_matched": []}),
    ("placement", {"id": "7"}),
    ("placement", {"asset_id": "none"}),
    ("placement", {"asset_id": REAL_NO + "1"}),
    ("placement", {"event_type": "party"}),
    ("taker", {"status": "VANISHED"}),
    ("taker", {"status": ["MATCHED"]}),
    ("taker", {"price": "NaN"}),
    ("taker", {"size": "0"}),
    ("taker", {"id": None}),
    ("taker", {"maker_orders": "none"}),
    ("taker", {"maker_orders": [1]}),
    ("many_makers", {"maker_orders": []}),
    ("maker", {"side": ""}),
]


@pytest.mark.parametrize(("name", "changes"), F46, ids=str)
def test_f46_what_does_not_fit_is_told_of_and_never_gets_a_default(
    name: str, changes: dict[str, Any]
) -> None:
    if name == "maker":
        event = user_event(name)
        del event["maker_orders"][0]["side"]
        (said,) = listening().receive(user_frame(event | changes))
    else:
        (said,) = heard(name, **changes)
    assert isinstance(said, Surprised)
    assert said.kind


@pytest.mark.parametrize("text", ["PONG", "", "\n", "PONG\n"])
def test_a_pong_says_nothing(text: str) -> None:
    assert wing().receive(user_frame(text)) == ()


def test_a_ping_is_answered_and_own_pings_go_out_every_five_seconds_once_it_is_up() -> None:
    one = wing()
    assert one.tick(START) == []
    assert one.opened(UserOpened(START, POLY, 1)) == ()
    assert one.tick(START + 4 * SECOND) == []
    ping = SendText(START + 5 * SECOND, POLY, "PING", is_user=True)
    assert one.tick(START + 5 * SECOND) == [ping]
    assert one.tick(START + 6 * SECOND) == []
    (pong,) = one.receive(user_frame("PING"))
    assert isinstance(pong, SendText)
    assert (pong.text, pong.is_user) == ("PONG", True)


def test_the_time_is_asked_for_where_no_beat_keeps_the_connection_open() -> None:
    one = wing()
    one.opened(UserOpened(START, POLY, 1))

    def asked(seconds: int) -> list[str]:
        said = one.tick(START + seconds * SECOND)
        return [each.path for each in said if isinstance(each, HttpRequest)]

    assert (asked(9), asked(10), asked(19)) == ([], ["/time"], [])
    one.beat(START + 19 * SECOND)
    assert (asked(28), asked(29)) == ([], ["/time"])


def test_frames_may_hold_several_events_and_end_with_a_new_line() -> None:
    events = [user_event("placement"), user_event("taker")]
    said = listening().receive(user_frame(json.dumps(events) + "\n"))
    assert [type(one) for one in said] == [OrderSeen, FillSeen]
    assert listening().receive(user_frame("[]")) == []


@pytest.mark.parametrize("text", ["INVALID OPERATION", "{", "7", '"x"', "null", "[[1]]", "{}"])
def test_other_texts_are_told_of(text: str) -> None:
    (said,) = wing().receive(user_frame(text))
    assert isinstance(said, Surprised)


class TestUnheardMarket:
    """Events of markets nobody told us of: orders of the web site, say."""

    strange = MarketId("0x" + "77" * 32)

    def row(self) -> dict[str, Any]:
        return {
            "condition_id": self.strange,
            "question": "Strange?",
            "tokens": [
                {"token_id": "777", "outcome": "Yes"},
                {"token_id": "778", "outcome": "No"},
            ],
            "minimum_tick_size": 0.01,
        }

    def events(self) -> list[dict[str, Any]]:
        first = order_row(market=self.strange, asset_id="778", type="PLACEMENT")
        return [first, first | {"type": "UPDATE", "size_matched": "4"}]

    def answer(self, request: HttpRequest, status: int, words: Any) -> HttpResponse:
        text = json.dumps(words)
        path, purpose = request.path, request.purpose
        return HttpResponse(START, POLY, "GET", path, status, text, purpose, auth="open")

    def test_their_market_is_asked_for_once_and_they_are_read_then(self) -> None:
        one = wing()
        first, second = self.events()
        (request,) = one.receive(user_frame(first))
        assert isinstance(request, HttpRequest)
        assert (request.path, request.auth) == (f"/markets/{self.strange}", "open")
        assert not one.receive(user_frame(second))
        said = one.answered(self.answer(request, 200, self.row()))
        states = [(s.state, s.outcome, s.side, s.price) for s in said if isinstance(s, OrderSeen)]
        assert states == [
            (OrderState.OPEN, 1, Side.SELL, 4_400),
            (OrderState.PARTIAL, 1, Side.SELL, 4_400),
        ]
        (again,) = one.receive(user_frame(second))
        assert isinstance(again, OrderSeen)

    @pytest.mark.parametrize(("status", "words"), [(404, {}), (200, {}), (200, []), (0, "")])
    def test_if_the_venue_cannot_tell_they_are_told_of(self, status: int, words: Any) -> None:
        one = wing()
        (request,) = one.receive(user_frame(self.events()[0]))
        assert isinstance(request, HttpRequest)
        (said,) = one.answered(self.answer(request, status, words))
        assert isinstance(said, Surprised)
        (said,) = one.receive(user_frame(self.events()[0]))
        assert isinstance(said, Surprised), "it is not asked for again with every event"

    def test_a_market_under_another_name_is_not_taken_for_it(self) -> None:
        one = wing()
        (request,) = one.receive(user_frame(self.events()[0]))
        assert isinstance(request, HttpRequest)
        row = self.row() | {"condition_id": "0x" + "78" * 32}
        (said,) = one.answered(self.answer(request, 200, row))
        assert isinstance(said, Surprised)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["order", "trade", "TRADE", "UPDATE", "BUY", "0.5", YES, NO, FUNDER, OWNER]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
EVENTS = ("placement", "killed_fok", "venue_cancel", "maker", "many_makers", "taker", "rest_trade")


@given(st.sampled_from(EVENTS), st.data())
def test_a_frame_with_any_field_spoilt_never_raises(name: str, data: st.DataObject) -> None:
    event = user_event(name) | {"event_type": data.draw(st.sampled_from(("order", "trade", "")))}
    for key in data.draw(st.lists(st.sampled_from(sorted(event)), max_size=4)):
        event[key] = data.draw(JSON)
    if data.draw(st.booleans()) and isinstance(event.get("maker_orders"), list):
        for row in event["maker_orders"]:
            if isinstance(row, dict) and row:
                row[data.draw(st.sampled_from(sorted(row)))] = data.draw(JSON)
    for said in listening().receive(user_frame(event)):
        if isinstance(said, OrderSeen | FillSeen):
            assert 0 < said.price < PRICE_ONE


@given(JSON)
def test_any_json_at_all_never_raises(words: Any) -> None:
    listening().receive(user_frame(words))


@given(st.text() | st.binary().map(lambda b: b.decode("latin-1")))
def test_any_text_at_all_never_raises(text: str) -> None:
    listening().receive(user_frame(text))
