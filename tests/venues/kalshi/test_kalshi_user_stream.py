"""The user stream: what is said on it, what its frames mean, and what is never guessed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.venues.kalshi.talk import A, kinds
from tests.venues.kalshi.trader import ORDER, OTHER, THEIRS, THEIRS_2, Trader, sent

from pmterm.messages.health import Surprised
from pmterm.messages.said import FillSeen, GroupSeen, HoldingSeen, MoodSeen, VenueMood
from pmterm.messages.transport import HttpRequest, Reconnect, SendText, UserFrame, UserOpened
from pmterm.model.ids import Venue
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.units import MS, SECOND
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.user import CHANNELS

TS = 1_795_264_000_500


def commands(said) -> list[dict]:
    return [json.loads(m.text) for m in said if isinstance(m, SendText) and m.is_user]


def granted(trader: Trader) -> Trader:
    for command in commands(trader.open()):
        (channel,) = command["params"]["channels"]
        sid = 1 + CHANNELS.index(channel)
        msg = {"channel": channel, "sid": sid}
        assert trader.hear({"type": "subscribed", "id": command["id"], "msg": msg}) == ()
    return trader


@pytest.fixture
def trader() -> Trader:
    return granted(Trader())


def fill(**fields) -> dict:
    msg = {
        "trade_id": "f4a42159-b500-57c6-efa2-c31d94d916c1",
        "order_id": THEIRS,
        "client_order_id": ORDER,
        "market_ticker": A,
        "exchange_index": 0,
        "is_taker": True,
        "yes_price_dollars": "0.0110",
        "count_fp": "81.23",
        "fee_cost": "0.061970",
        "post_position_fp": "81.23",
        "outcome_side": "yes",
        "book_side": "bid",
        "ts": TS // 1_000,
        "ts_ms": TS,
        **fields,
    }
    return {"type": "fill", "sid": 1, "sending_ts_ms": TS + 5, "msg": msg}


def user_order(**fields) -> dict:
    msg = {
        "order_id": THEIRS,
        "user_id": "00000000-0000-0000-0000-000000000000",
        "client_order_id": ORDER,
        "ticker": A,
        "exchange_index": 0,
        "status": "resting",
        "outcome_side": "yes",
        "book_side": "bid",
        "yes_price_dollars": "0.1300",
        "initial_count_fp": "10.00",
        "fill_count_fp": "0.00",
        "remaining_count_fp": "10.00",
        "created_ts_ms": TS,
        "last_updated_ts_ms": TS,
        "subaccount_number": 0,
        **fields,
    }
    return {"type": "user_order", "sid": 2, "msg": msg}


# --- what is said


def test_each_channel_is_subscribed_to_on_the_user_stream():
    told = commands(Trader().open())
    assert [c["params"] for c in told] == [{"channels": [channel]} for channel in CHANNELS]
    assert [c["id"] for c in told] == [1, 2, 3, 4]
    assert {c["cmd"] for c in told} == {"subscribe"}


def test_a_channel_that_is_not_granted_is_asked_for_again(trader):
    fresh = Trader()
    fresh.open()
    assert commands(fresh.orders.tick(fresh.at + SECOND)) == []
    again = commands(fresh.orders.tick(fresh.at + 3 * SECOND))
    assert [c["params"]["channels"][0] for c in again] == list(CHANNELS)
    assert commands(trader.orders.tick(trader.at + 3 * SECOND)) == []


def test_silence_is_asked_about_and_then_ends_the_connection(trader):
    quiet = trader.at
    (asked,) = commands(trader.orders.tick(quiet + 4 * SECOND))
    assert asked["cmd"] == "list_subscriptions"
    assert commands(trader.orders.tick(quiet + 8 * SECOND)) == []
    said = [m for m in trader.orders.tick(quiet + 9 * SECOND) if isinstance(m, Reconnect)]
    assert [m.is_user for m in said] == [True]
    assert trader.hear(fill()) == ()


def test_a_busy_stream_is_asked_what_stands_once_a_minute(trader):
    asked = []
    for _ in range(130):
        trader.at += SECOND
        trader.hear(fill())
        asked += commands(trader.orders.tick(trader.at))
    assert [command["cmd"] for command in asked] == ["list_subscriptions"] * 2


@pytest.mark.parametrize(
    "reply",
    [
        {"type": "ok", "msg": [{"channel": c, "sid": 1} for c in CHANNELS]},
        {"type": "error", "msg": {"code": 5, "msg": "unknown command"}},
    ],
)
def test_any_answer_is_a_sign_of_life(trader, reply):
    (asked,) = commands(trader.orders.tick(trader.at + 15 * SECOND))
    trader.at += 16 * SECOND
    assert trader.hear({**reply, "id": asked["id"]}) in ([], ())
    said = trader.orders.tick(trader.at + 11 * SECOND)
    assert not [m for m in said if isinstance(m, Reconnect)]


def test_a_subscription_that_the_venue_does_not_list_is_made_anew(trader):
    held = [{"channel": channel, "sid": 1} for channel in CHANNELS if channel != "fill"]
    said = trader.hear({"type": "ok", "id": 99, "msg": held})
    assert commands(said)[0]["params"] == {"channels": ["fill"]}


@pytest.mark.parametrize("code", [10, 25])
def test_a_dead_subscription_is_made_anew_and_what_it_lost_is_read(trader, code):
    trader.hear(fill())
    before = trader.at
    said = trader.hear({"type": "error", "sid": 1, "msg": {"code": code, "msg": "overflow"}})
    assert isinstance(said[0], Surprised)
    assert [c["params"] for c in commands(said)] == [{"channels": ["fill"]}]
    reads = [m for m in said if isinstance(m, HttpRequest)]
    assert [r.path.partition("?")[0] for r in reads] == ["/portfolio/orders", "/portfolio/fills"]
    assert f"min_ts={(before - 60 * SECOND) // SECOND}" in reads[1].path
    assert trader.hear(fill(trade_id="t2"))[0].trade == "t2"
    assert not [m for m in trader.hear(fill()) if isinstance(m, HttpRequest)]
    page = {"fills": [fill(fill_id="t3")["msg"]], "cursor": ""}
    assert kinds(trader.answer(reads[1], 200, page)) == ["FillSeen"]


def test_a_death_that_names_no_subscription_concerns_them_all(trader):
    said = trader.hear({"type": "error", "msg": {"code": 25, "msg": "overflow"}})
    assert len(commands(said)) == len(CHANNELS)


def test_a_refused_subscription_is_tried_again_later(trader):
    fresh = Trader()
    first = commands(fresh.open())[0]["id"]
    error = {"type": "error", "id": first, "msg": {"code": 27, "msg": "too many"}}
    assert kinds(fresh.hear(error)) == ["Surprised"]
    again = commands(fresh.orders.tick(fresh.at + 5 * SECOND))
    assert {"channels": ["fill"]} in [c.get("params") for c in again]


def test_a_lost_login_is_told(trader):
    said = trader.hear({"type": "error", "id": 77, "msg": {"code": 9, "msg": "auth"}})
    assert isinstance(said[-1], MoodSeen)
    assert said[-1].mood is VenueMood.LOGGED_OUT


def test_frames_of_an_old_connection_are_not_heard(trader):
    trader.orders.opened(UserOpened(trader.at, Venue.KALSHI, 2))
    assert trader.hear(fill(), conn=1) == ()
    assert kinds(trader.hear(fill(), conn=2)) == ["FillSeen"]


# --- fills


def test_a_fill_is_read_to_the_last_digit(trader):
    (seen,) = trader.hear(fill())
    assert seen == FillSeen(
        trader.at,
        Venue.KALSHI,
        "f4a42159-b500-57c6-efa2-c31d94d916c1",
        THEIRS,
        A,
        0,
        Side.BUY,
        110,
        81_230_000,
        61_970,
        is_maker=False,
        state=FillState.CONFIRMED,
        venue_at=TS * MS,
        client_order=ORDER,
    )


def test_buying_no_is_selling_yes_at_the_yes_price(trader):
    (seen,) = trader.hear(fill(book_side="ask", outcome_side="no", is_taker=False))
    assert (seen.side, seen.price, seen.is_maker) == (Side.SELL, 110, True)


def test_a_fee_that_is_not_told_is_not_nothing(trader):
    (seen,) = trader.hear(fill(fee_cost=None))
    assert seen.fee == -1


def test_a_fill_before_its_answer_tells_the_orders_id(trader):
    trader.hear(fill())
    (request,) = trader.orders.withdraw([sent(venue_order="")], trader.at)
    assert THEIRS in request.path


def test_numbers_in_the_place_of_texts_are_read_exactly(trader):
    (seen,) = trader.hear(fill(yes_price_dollars=0.011, count_fp=81.23, fee_cost=0.06197))
    assert (seen.price, seen.qty, seen.fee) == (110, 81_230_000, 61_970)


@pytest.mark.parametrize(
    "fields",
    [
        {"yes_price_dollars": None},
        {"yes_price_dollars": "0"},
        {"yes_price_dollars": "1.0000"},
        {"yes_price_dollars": "0.00001"},
        {"yes_price_dollars": "NaN"},
        {"yes_price_dollars": "1e-2"},
        {"yes_price_dollars": 1e300},
        {"count_fp": None},
        {"count_fp": "0.00"},
        {"count_fp": "-1.00"},
        {"count_fp": "9" * 400},
        {"fee_cost": "free"},
        {"fee_cost": True},
        {"book_side": "both", "outcome_side": "yes"},
        {"book_side": None, "outcome_side": None},
        {"is_taker": None},
        {"order_id": ""},
        {"order_id": "../../x y"},
        {"trade_id": None},
        {"market_ticker": None},
        {"market_ticker": "a\u202eb"},
        {"ts_ms": -1},
        {"ts_ms": 10**19},
    ],
)
def test_f46_a_fill_that_does_not_fit_is_counted_and_makes_no_price(trader, fields):
    said = trader.hear(fill(**fields))
    assert kinds(said) == ["Surprised"]
    assert said[0].kind == "bad fill"


# --- orders


@pytest.mark.parametrize(
    ("fields", "state", "qty", "filled"),
    [
        ({}, OrderState.OPEN, 10_000_000, 0),
        (
            {"fill_count_fp": "4.00", "remaining_count_fp": "6.00"},
            OrderState.PARTIAL,
            10_000_000,
            4_000_000,
        ),
        ({"remaining_count_fp": "3.00"}, OrderState.OPEN, 3_000_000, 0),
        (
            {"status": "executed", "fill_count_fp": "10.00", "remaining_count_fp": "0.00"},
            OrderState.FILLED,
            10_000_000,
            10_000_000,
        ),
        (
            {"status": "canceled", "fill_count_fp": "1.50", "remaining_count_fp": "0.00"},
            OrderState.CANCELLED,
            10_000_000,
            1_500_000,
        ),
        (
            {
                "status": "canceled",
                "remaining_count_fp": "0.00",
                "last_update_reason": "ExpiryCancel",
            },
            OrderState.EXPIRED,
            10_000_000,
            0,
        ),
    ],
)
def test_an_order_is_a_whole_state(trader, fields, state, qty, filled):
    (seen,) = trader.hear(user_order(**fields))
    assert (seen.state, seen.qty, seen.filled) == (state, qty, filled)
    assert (seen.client_order, seen.venue_order, seen.price) == (ORDER, THEIRS, 1_300)
    assert seen.venue_at == TS * MS


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("SelfTradeCancel", "another order of yours"),
        ("HaltCancel", "paused"),
        ("CloseCancel", "market closed"),
        ("NewReason", "Kalshi says: NewReason"),
        ("Trade", ""),
    ],
)
def test_why_it_changed_is_told(trader, reason, words):
    gone = {"status": "canceled", "remaining_count_fp": "0.00", "last_update_reason": reason}
    (seen,) = trader.hear(user_order(**gone))
    assert words in seen.reason
    assert bool(words) == bool(seen.reason)


def test_the_newest_word_on_an_order_wins(trader):
    later = {"fill_count_fp": "4.00", "remaining_count_fp": "6.00"}
    trader.hear(user_order(**later, last_updated_ts_ms=TS + 9))
    assert trader.hear(user_order(last_updated_ts_ms=TS)) == []
    assert trader.hear(user_order(last_updated_ts_ms=TS + 9)) == []
    (seen,) = trader.hear(user_order(**later, last_updated_ts_ms=TS + 10))
    assert seen.filled == 4_000_000


def test_a_read_older_than_the_stream_loses_while_it_is_young(trader):
    done = {"status": "executed", "fill_count_fp": "10.00", "remaining_count_fp": "0.00"}
    trader.hear(user_order(**done, last_updated_ts_ms=TS + 50))
    (look,) = trader.orders.look(sent(), trader.at)
    stale = {**user_order()["msg"], "last_update_time": "2026-11-21T12:26:40.5Z"}
    (seen,) = trader.answer(look, 200, {"order": stale})
    assert (seen.state, seen.at) == (OrderState.FILLED, trader.at)


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "pending"},
        {"status": None},
        {"status": ["resting"]},
        {"fill_count_fp": "11.00", "status": "canceled"},
        {"remaining_count_fp": "0.00"},
        {"remaining_count_fp": None},
        {"initial_count_fp": None, "status": "canceled"},
        {"yes_price_dollars": "0.0000"},
        {"last_updated_ts_ms": "soon"},
        {"ticker": 5},
    ],
)
def test_f46_an_order_that_does_not_fit_is_counted(trader, fields):
    said = trader.hear(user_order(**fields))
    assert kinds(said) == ["Surprised"]
    assert said[0].kind == "bad user_order"


# --- positions and groups


@pytest.mark.parametrize(
    ("position", "cost", "yes", "no"),
    [
        ("3.00", "2.500000", (3_000_000, 8_333), (0, 0)),
        ("-4.00", "1.000000", (0, 0), (4_000_000, 7_500)),
        ("0.00", "0.000000", (0, 0), (0, 0)),
    ],
)
def test_a_position_is_yes_above_nothing_and_no_below(trader, position, cost, yes, no):
    msg = {"market_ticker": A, "position_fp": position, "position_cost_dollars": cost}
    first, second = trader.hear({"type": "market_position", "sid": 3, "msg": msg})
    assert first == HoldingSeen(trader.at, Venue.KALSHI, A, 0, *yes)
    assert second == HoldingSeen(trader.at, Venue.KALSHI, A, 1, *no)


def test_a_triggered_group_is_told(trader):
    msg = {"event_type": "triggered", "order_group_id": "g-1", "ts_ms": TS}
    frame = {"type": "order_group_updates", "sid": 4, "seq": 1, "msg": msg}
    assert trader.hear(frame) == [GroupSeen(trader.at, Venue.KALSHI, "g-1", "triggered")]


# --- what is not ours, and what is unknown


def test_another_sub_accounts_frames_are_not_ours():
    trader = granted(Trader(House(subaccount=2)))
    assert trader.hear(fill(subaccount=0)) == ()
    assert trader.hear(user_order(subaccount_number=1)) == ()
    assert kinds(trader.hear(fill(subaccount=2))) == ["FillSeen"]
    assert kinds(trader.hear(fill())) == ["FillSeen"]


@pytest.mark.parametrize("frame", ["", "x", "5", "null", "[1]", '{"a"', "[" * 100_000, "{}"])
def test_f46_what_is_no_frame_is_counted(trader, frame):
    said = trader.hear(frame)
    assert kinds(said) == ["Surprised"]


def test_f46_an_unknown_type_is_counted_and_named(trader):
    (said,) = trader.hear({"type": "margin_call", "msg": {}})
    assert (said.kind, said.excerpt) == ("unknown type", "margin_call")


def test_f46_unknown_keys_are_no_trouble(trader):
    assert kinds(trader.hear(fill(new_key={"deep": [1]}))) == ["FillSeen"]


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["0.50", "resting", "canceled", "bid", A, OTHER, THEIRS_2, "1e9", "-0"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(sorted(fill()["msg"])) | st.text(max_size=9), inner)
    ),
    max_leaves=12,
)
TYPES = ["fill", "user_order", "market_position", "order_group_updates", "ok", "error"]
KEYS = sorted({*fill()["msg"], *user_order()["msg"], "code", "channel", "position_fp", "msg"})


@given(
    kind=st.sampled_from([*TYPES, "subscribed", "unsubscribed"]) | junk,
    msg=st.dictionaries(st.sampled_from(KEYS), junk, max_size=8) | junk,
    head=st.dictionaries(st.sampled_from(["id", "sid", "seq"]), junk, max_size=3),
)
def test_f46_no_frame_raises(kind, msg, head):
    trader = granted(Trader())
    for base in (fill()["msg"], user_order()["msg"]):
        whole = {**base, **msg} if isinstance(msg, dict) else msg
        trader.hear({"type": kind, "msg": whole, **head})
    trader.orders.tick(trader.at + 20 * SECOND)


@given(st.text(max_size=200))
def test_f46_no_text_raises(text):
    trader = granted(Trader())
    trader.orders.receive(UserFrame(trader.at, Venue.KALSHI, 1, text))
