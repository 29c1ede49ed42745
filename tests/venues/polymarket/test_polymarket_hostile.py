"""Broken, huge and wicked input: counted, never raised, never guessed at."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.venues.polymarket.build import (
    NO,
    START,
    YES,
    answer,
    book,
    booked_feed,
    change,
    event_text,
    frame,
    row,
)

from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, BookSnapshot, LevelSet, TouchSeen, TradeSeen
from pmterm.messages.health import Surprised
from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import MarketId
from pmterm.venues.polymarket.feed import LONGEST_FRAME
from pmterm.venues.polymarket.lines import MOST_STRANGERS

BROKEN_PRICES = [
    "NaN",
    "nan",
    "1e-2",
    "-0.1",
    "1.1",
    "0",
    "1",
    "",
    "0.00001",
    "9" * 400,
    "\u0660.\u0665",
]
BROKEN_SIZES = ["NaN", "-1", "1e3", "", "Infinity", "9" * 400, "1_000", " 1", "0.0000001", "\u0663"]


def kinds(said) -> list[str]:
    return [m.kind if isinstance(m, Surprised) else type(m).__name__ for m in said]


@pytest.mark.parametrize("price", BROKEN_PRICES)
def test_a_broken_price_loses_the_book_and_asks_for_it(price):
    pair = (row(YES, "BUY", price, "1"), row(NO, "SELL", "0.6", "1"))
    said = booked_feed().receive(frame(change(*pair)))
    assert kinds(said) == ["LevelSet", "bad price_change", "BookLost", "HttpRequest"]
    lost = booked_feed().receive(frame(change(pair[0])))
    assert kinds(lost) == ["bad price_change", "BookLost", "HttpRequest"]


@pytest.mark.parametrize("size", BROKEN_SIZES)
def test_a_broken_size_loses_the_book_and_asks_for_it(size):
    pair = (row(YES, "BUY", "0.3", size), row(NO, "SELL", "0.7", size))
    said = booked_feed().receive(frame(change(*pair)))
    assert kinds(said) == ["bad price_change", "BookLost", "HttpRequest", "bad price_change"]


@pytest.mark.parametrize("touch", ["NaN", "2", "-0.1", "x"])
def test_a_broken_touch_loses_the_book(touch):
    pair = (
        row(YES, "BUY", "0.3", "1", best_bid=touch, best_ask="0.4"),
        row(NO, "SELL", "0.7", "1", best_bid="0.6", best_ask="0.7"),
    )
    said = booked_feed().receive(frame(change(*pair)))
    assert "BookLost" in kinds(said)


@pytest.mark.parametrize(
    "broken",
    [
        {"price": 0.3},
        {"size": None},
        {"side": "HOLD"},
        {"side": None},
    ],
)
def test_a_row_of_wrong_types_loses_the_book(broken):
    said = booked_feed().receive(frame(change(row(YES, "BUY", "0.3", "1") | broken)))
    assert kinds(said) == ["bad price_change", "BookLost", "HttpRequest"]
    assert isinstance(said[1], BookLost)


def test_a_storm_of_broken_rows_asks_once():
    feed = booked_feed()
    bad = frame(change(row(YES, "BUY", "NaN", "1")))
    said = [m for _ in range(100) for m in feed.receive(bad)]
    assert sum(isinstance(m, HttpRequest) for m in said) == 1
    assert sum(isinstance(m, BookLost) for m in said) == 1
    assert sum(isinstance(m, Surprised) for m in said) == 100


@pytest.mark.parametrize(
    "broken",
    [
        book(YES, bids=[("0.3", "-1")]),
        book(YES, bids=[("NaN", "1")]),
        book(YES, bids=[("0.3", "1"), ("0.30", "2")]),
        book(YES, asks=[("1.5", "1")]),
        book(YES) | {"bids": None},
        book(YES) | {"timestamp": "9" * 400},
        book(YES) | {"timestamp": "-5"},
    ],
)
def test_a_broken_book_is_lost_not_half_taken(broken):
    feed = booked_feed()
    assert kinds(feed.receive(frame(broken))) == ["bad book", "BookLost", "HttpRequest"]
    assert kinds(booked_feed().answered(answer(broken))) == ["bad book answer"]


def test_broken_trades_and_touches_are_counted():
    told = {"asset_id": YES, "timestamp": "1", "side": "BUY"}
    for price, size in [("NaN", "1"), ("0.5", "-1"), ("0.5", "0"), ("1.5", "1")]:
        words = told | {"event_type": "last_trade_price", "price": price, "size": size}
        assert kinds(booked_feed().receive(frame(words))) == ["bad last_trade_price"]
    words = told | {"event_type": "best_bid_ask", "best_bid": "x", "best_ask": "1"}
    assert kinds(booked_feed().receive(frame(words))) == ["bad best_bid_ask"]
    for tick in ("0", "0.5", "NaN", "-0.01"):
        words = told | {"event_type": "tick_size_change", "new_tick_size": tick}
        assert kinds(booked_feed().receive(frame(words))) == ["bad tick_size_change"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("{", "bad json"),
        ("[{]", "bad json"),
        ("[" * 100_000, "bad json"),
        ('{"event_type":' + "[" * 100_000, "bad json"),
        ("\ud800", "bad json"),
        ("null", "bad json"),
        ("1e999", "bad json"),
        ("<html>", "bad json"),
        ('{"event_type":null}', "unknown type"),
        ("{}", "unknown type"),
        ("[1]", "bad json"),
        ('{"event_type":"\\u001b[2Jclear"}', "unknown type"),
    ],
)
def test_a_frame_that_is_no_event_is_counted(text, kind):
    assert kinds(booked_feed().receive(frame(text))) == [kind]


def test_an_oversized_frame_is_counted_unread():
    text = '{"event_type":"new_market","x":"' + "y" * LONGEST_FRAME + '"}'
    assert kinds(booked_feed().receive(frame(text))) == ["frame too large"]
    assert kinds(booked_feed().answered(answer(text))) == ["answer too large"]


def test_an_excerpt_carries_no_control_signs_and_is_short():
    [said] = booked_feed().receive(frame("{\x1b[31m\u202eevil\x07" + "x" * 10_000))
    assert said.excerpt.isprintable()
    assert len(said.excerpt) <= 120
    assert "\u202e" not in said.excerpt


def test_tokens_nobody_watches_cause_no_requests():
    feed = booked_feed()
    tick = {"event_type": "tick_size_change", "asset_id": "77", "new_tick_size": "0.001"}
    assert kinds(feed.receive(frame(tick))) == ["TickChanged"]
    assert kinds(feed.receive(frame(book("78", bids=[("2", "1")])))) == ["bad book", "BookLost"]
    assert feed.resync(MarketId("78"), START, "crossed") == ()


def test_unknown_tokens_are_followed_up_to_a_limit():
    feed = booked_feed()
    for number in range(MOST_STRANGERS):
        assert feed.receive(frame(book(str(number))))
    assert "bad book" in kinds(feed.receive(frame(book("99999999"))))
    assert kinds(booked_feed().receive(frame(book("../../etc")))) == ["bad book"]
    assert kinds(booked_feed().receive(frame(book("1" * 79)))) == ["bad book"]


SEEDS = [
    json.dumps(change(row(YES, "BUY", "0.32", "1"), row(NO, "SELL", "0.68", "1"))),
    json.dumps([book(YES), book(NO)]),
    event_text("last_trade_price_2026-08"),
    event_text("best_bid_ask_2025-12"),
    event_text("tick_size_change_2025-02"),
    event_text("resolved_docs"),
    event_text("initial_books_2026-04"),
]


def sane(message: Message) -> bool:
    match message:
        case LevelSet():
            return 0 < message.price < 10_000 and message.qty >= 0 and message.best_bid >= -1
        case TradeSeen():
            return 0 < message.price < 10_000 and message.qty > 0
        case TouchSeen():
            return -1 <= message.best_bid < 10_000 and -1 <= message.best_ask <= 10_000
        case BookSnapshot():
            return all(0 < p < 10_000 and q > 0 for p, q in message.bids + message.asks)
        case _:
            return True


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 4_000), st.text(max_size=4)), min_size=1, max_size=4),
)
def test_mutated_frames_never_raise_and_lead_to_sane_messages_only(text, edits):
    feed = booked_feed()
    for place, patch in edits:
        cut = place % len(text) if text else 0
        text = text[:cut] + patch + text[cut + len(patch) :]
    assert all(sane(m) for m in feed.receive(frame(text)))
    assert all(sane(m) for m in feed.answered(answer(text)))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_random_text_never_raises(text):
    feed = booked_feed()
    feed.receive(frame(text))
    feed.answered(answer(text))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = [
    "event_type",
    "asset_id",
    "price_changes",
    "timestamp",
    "bids",
    "asks",
    "price",
    "size",
    "side",
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.sampled_from(FIELDS), json_values)
def test_a_field_of_any_other_value_never_raises(text, field, value):
    words = json.loads(text)
    for event in words if isinstance(words, list) else [words]:
        event[field] = value
    said = booked_feed().receive(frame(json.dumps(words)))
    assert all(sane(m) for m in said)
