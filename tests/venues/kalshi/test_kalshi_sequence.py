"""Sequence, gaps, renewals and connections."""

import pytest
from tests.venues.kalshi.talk import (
    BOOK_SID,
    A,
    B,
    Talk,
    commands,
    delta,
    kinds,
    market,
    snapshot,
    subscribed,
)

from pmterm.messages.feed import BookLost
from pmterm.messages.health import FeedDown, Surprised
from pmterm.messages.transport import Closed, Reconnect
from pmterm.model.ids import Venue

# --- sequence


def test_control_replies_count_in_the_sequence(talk):
    ok = {"type": "ok", "id": 9, "sid": BOOK_SID, "seq": 3, "msg": {"market_tickers": [A, B]}}
    assert talk.hear(ok) == []
    assert kinds(talk.hear(delta(4))) == ["LevelMoved"]
    assert talk.feed.gaps == {}


def test_a_gap_loses_every_book_of_the_stream_and_asks_anew(talk):
    said = talk.hear(delta(4))
    assert kinds(said) == ["BookLost", "BookLost", "SendText"]
    assert [m.market for m in said[:2]] == [A, B]
    assert commands(said)[0]["cmd"] == "unsubscribe"
    assert commands(said)[0]["params"] == {"sids": [BOOK_SID]}
    assert talk.feed.gaps == {A: 1, B: 1}
    assert talk.hear(delta(5)) == ()  # no book to change


def test_after_a_gap_a_new_subscription_heals_and_the_old_one_is_not_heard(talk):
    (left,) = commands(talk.hear(delta(4)))
    over = {"type": "unsubscribed", "id": left["id"], "sid": BOOK_SID, "seq": 5}
    (joined,) = commands(talk.hear(over))
    assert joined["params"]["channels"] == ["orderbook_delta"]
    assert joined["params"]["market_tickers"] == [A, B]
    assert talk.hear(delta(6)) == []  # late, of the old sid
    assert talk.hear(snapshot(7, [["0.10", "1"]])) == []
    talk.hear(subscribed("orderbook_delta", 8, joined["id"]))
    assert kinds(talk.hear(snapshot(1, [["0.45", "1"]], sid=8))) == ["BookSnapshot"]
    assert talk.hear(delta(7)) == []
    assert kinds(talk.hear(delta(2, sid=8))) == ["LevelMoved"]
    assert talk.feed.gaps == {A: 1, B: 1}


def test_a_snapshot_after_a_gap_heals_its_own_market_only(talk):
    talk.hear(delta(4))
    assert kinds(talk.hear(snapshot(5, [["0.45", "1"]]))) == ["BookSnapshot"]
    assert kinds(talk.hear(delta(6))) == ["LevelMoved"]
    assert talk.hear(delta(7, ticker=B)) == ()


def test_a_change_that_names_no_subscription_costs_the_books_and_nothing_else(talk):
    said = talk.hear(delta(3, sid=0))
    assert kinds(said) == ["Surprised", "BookLost", "BookLost", "SendText"]
    assert said[0].kind == "bad orderbook_delta"
    assert kinds(talk.hear(snapshot(4, [["0.45", "1"]]))) == ["BookSnapshot"]


def test_a_gap_before_a_snapshot_still_takes_the_snapshot(talk):
    said = talk.hear(snapshot(9, [["0.45", "1"]]))
    assert kinds(said) == ["BookLost", "BookLost", "SendText", "BookSnapshot"]


def test_the_same_frame_twice_is_said_and_used_once(talk):
    assert kinds(talk.hear(delta(3))) == ["LevelMoved"]
    said = talk.hear(delta(3))
    assert kinds(said) == ["Surprised"]
    assert said[0].kind == "repeated frame"
    assert kinds(talk.hear(delta(4))) == ["LevelMoved"]


def test_a_fresh_book_may_come_without_a_number(talk):
    assert kinds(talk.hear(snapshot(None, [["0.45", "1"]]))) == ["BookSnapshot"]
    assert kinds(talk.hear(delta(3))) == ["LevelMoved"]


def test_each_stream_counts_for_itself(talk):
    talk.hear(subscribed("trade", 9))
    words = {"market_ticker": A, "yes_price_dollars": "0.45", "count_fp": "1", "trade_id": "x"}
    frame = {"type": "trade", "sid": 9, "seq": 1, "msg": {**words, "taker_outcome_side": "no"}}
    assert kinds(talk.hear(frame)) == ["TradeSeen"]
    assert kinds(talk.hear({**frame, "seq": 3})) == ["Surprised", "TradeSeen"]
    assert kinds(talk.hear(delta(3))) == ["LevelMoved"]
    assert talk.feed.gaps == {}


def test_gaps_in_a_row_are_not_answered_at_full_speed(talk):
    sent = 0
    seq, sid = 4, BOOK_SID
    for turn in range(50):
        for command in commands(talk.hear(delta(seq, sid=sid))):
            sent += 1
            talk.hear({"type": "unsubscribed", "id": command["id"], "sid": sid})
            sid += 10
            talk.hear(subscribed("orderbook_delta", sid))
        talk.hear(snapshot(turn * 9 + 100, [["0.45", "1"]], sid=sid))
        seq = turn * 9 + 105
    assert sent == 1
    assert "unsubscribe" in [c["cmd"] for c in commands(talk.tick(5))]


def test_no_answer_to_unsubscribe_ends_the_connection(talk):
    talk.hear(delta(4))
    said = talk.tick(8)
    assert [m.reason for m in said if isinstance(m, Reconnect)] == ["no answer to unsubscribe"]


def test_an_unknown_sid_at_unsubscribing_is_as_good_as_ended(talk):
    (left,) = commands(talk.hear(delta(4)))
    error = {"type": "error", "id": left["id"], "msg": {"code": 7, "msg": "Unknown sid"}}
    said = talk.hear(error)
    assert kinds(said) == ["Surprised", "SendText"]
    assert commands(said)[0]["cmd"] == "subscribe"


@pytest.mark.parametrize("code", [10, 25])
def test_a_dead_subscription_is_asked_for_again(talk, code):
    error = {"type": "error", "sid": BOOK_SID, "msg": {"code": code, "msg": "overflow"}}
    said = talk.hear(error)
    assert kinds(said) == ["Surprised", "BookLost", "BookLost", "SendText"]
    assert commands(said)[0]["params"]["channels"] == ["orderbook_delta"]
    assert talk.hear(delta(3)) == []


def test_a_dead_subscription_without_a_name_means_connecting_anew(talk):
    said = talk.hear({"type": "error", "msg": {"code": 25, "msg": "overflow"}})
    assert kinds(said) == ["Surprised", "Reconnect"]


def test_any_other_error_is_only_said(talk):
    said = talk.hear({"type": "error", "id": 3, "msg": {"code": 8, "msg": "Unknown channel"}})
    assert [(type(m), m.kind) for m in said] == [(Surprised, "venue error 8")]


# --- connections


def test_a_closed_connection_loses_every_book_and_the_next_counts_anew(talk):
    said = talk.feed.closed(Closed(talk.at, Venue.KALSHI, 1, "going away"))
    assert kinds(said) == ["FeedDown", "BookLost", "BookLost"]
    assert said[0] == FeedDown(talk.at, Venue.KALSHI, "going away")
    assert talk.hear(delta(3)) == ()  # a late frame of the old connection
    talk.conn = 2
    asked = commands(talk.open())
    assert [c["id"] for c in asked] == [1, 2, 3, 4]
    assert kinds(talk.hear(subscribed("orderbook_delta", 1))) == ["FeedUp"]
    assert kinds(talk.hear(snapshot(1, [["0.4", "1"]], sid=1))) == ["BookSnapshot"]


def test_a_connection_whose_opening_was_not_recorded_is_taken_up(talk):
    talk.conn = 2
    said = talk.hear(snapshot(5, [["0.4", "1"]], sid=7))
    assert kinds(said) == ["BookLost", "BookLost", "FeedUp", "BookSnapshot"]
    assert kinds(talk.hear(delta(6, sid=7))) == ["LevelMoved"]


def test_books_lost_name_their_reason(talk):
    lost = [m for m in talk.hear(delta(7)) if isinstance(m, BookLost)]
    assert {m.reason for m in lost} == {"gap: frame 7 came where 3 was due"}


def test_a_market_the_venue_does_not_know_does_not_cost_the_others():
    talk = Talk(market(A), market(B))
    book = next(c for c in commands(talk.open()) if "use_yes_price" in c["params"])
    failure = {"code": 11, "msg": "Invalid parameter", "market_ticker": B}
    said = talk.hear({"type": "error", "id": book["id"], "msg": failure})
    assert kinds(said) == ["Surprised", "SendText"]
    (again,) = commands(said)
    assert again["params"] == {**book["params"], "market_tickers": [A]}
    assert all(B not in str(c) for c in commands(talk.tick(30)))


def test_tickers_and_trades_that_were_refused_are_asked_for_again():
    talk = Talk(market(A))
    talk.open()
    talk.hear(subscribed("orderbook_delta", BOOK_SID))
    talk.hear(subscribed("ticker", 4))
    talk.hear(snapshot(1, [["0.45", "1"]]))
    asked = [c["params"]["channels"] for c in commands(talk.tick(60))]
    assert 1 <= len(asked) <= 4
    assert all(channels == ["trade"] for channels in asked)


def test_a_renewal_put_off_is_dropped_if_the_books_came_back(talk):
    (left,) = commands(talk.hear(delta(4)))
    talk.hear({"type": "unsubscribed", "id": left["id"], "sid": BOOK_SID})
    talk.hear(subscribed("orderbook_delta", 9))
    talk.hear(snapshot(1, [["0.45", "1"]], sid=9))
    talk.hear(snapshot(2, [["0.45", "1"]], ticker=B, sid=9))
    assert kinds(talk.hear(delta(4, sid=9))) == ["BookLost", "BookLost"]  # put off
    talk.hear(snapshot(5, [["0.45", "1"]], sid=9))
    talk.hear(snapshot(6, [["0.45", "1"]], ticker=B, sid=9))
    assert "unsubscribe" not in [c["cmd"] for c in commands(talk.tick(20))]
    assert kinds(talk.hear(delta(7, sid=9))) == ["LevelMoved"]


def test_a_gap_while_no_book_stands_costs_nothing():
    talk = Talk(market(A))
    talk.open()
    talk.hear(subscribed("orderbook_delta", BOOK_SID))
    assert talk.hear(delta(2)) == []
    assert kinds(talk.hear(snapshot(3, [["0.45", "1"]]))) == ["BookSnapshot"]
    assert talk.feed.gaps == {}
