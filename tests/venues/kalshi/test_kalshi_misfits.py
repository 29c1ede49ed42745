"""Frames that do not fit: said, never guessed at, never raised."""

import json

import pytest
from tests.venues.kalshi.talk import BOOK_SID, delta, kinds, snapshot

from pmterm.messages.feed import BookSnapshot
from pmterm.messages.health import Surprised
from pmterm.venues.kalshi.feed import LONGEST_FRAME

# --- what does not fit


def test_an_unknown_type_is_said_and_keeps_its_place_in_the_sequence(talk):
    said = talk.hear({"type": "brand_new", "sid": BOOK_SID, "seq": 3, "msg": {"x": [1]}})
    assert [(type(m), m.kind) for m in said] == [(Surprised, "unknown type")]
    assert kinds(talk.hear(delta(4))) == ["LevelMoved"]


BAD_NUMBERS = ["NaN", "1e999", "9" * 400, "Infinity", "-0.10", "1.5", "0.00001", ""]
BAD_NUMBERS += ["0x1", "\u0660.\u0665"]  # other digits are no digits here


@pytest.mark.parametrize("price", [*BAD_NUMBERS, "0", "1.0000"])
@pytest.mark.parametrize("side", ["yes", "no"])
def test_a_price_that_cannot_be_costs_the_book(talk, price, side):
    said = talk.hear(delta(3, price, side=side))
    assert kinds(said) == ["Surprised", "BookLost", "BookLost", "SendText"]


@pytest.mark.parametrize("qty", ["NaN", "1e999", "9" * 400, "", "+1", " 1"])
def test_a_size_that_cannot_be_costs_the_book(talk, qty):
    assert kinds(talk.hear(delta(3, qty=qty)))[:2] == ["Surprised", "BookLost"]


@pytest.mark.parametrize(
    "rows",
    [
        [["0.45", "-1.00"]],
        [["NaN", "1"]],
        [["0.45", "NaN"]],
        [["0.45", "9" * 400]],
        [["1.0000", "1"]],
        [["0.45", "1"], ["0.450", "2"]],
    ],
)
def test_a_snapshot_that_cannot_be_is_no_book(talk, rows):
    said = talk.hear(snapshot(3, rows))
    assert kinds(said) == ["Surprised", "BookLost", "BookLost", "SendText"]


def test_a_book_frame_of_wrong_shape_loses_the_stream_it_names(talk):
    said = talk.hear({"type": "orderbook_delta", "sid": BOOK_SID, "seq": 3, "msg": {"side": 1}})
    assert kinds(said) == ["Surprised", "BookLost", "BookLost", "SendText"]
    assert talk.feed.gaps == {}
    assert kinds(talk.hear(snapshot(4, [["0.45", "1"]]))) == ["BookSnapshot"]
    assert kinds(talk.hear(delta(5))) == ["LevelMoved"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "bad JSON"),
        ("<html>403</html>", "bad JSON"),
        ("[1,2]", "bad JSON"),
        ('{"type":"orderbook_delta"', "bad JSON"),
        ('{"type":"orderbook_delta","\ud800":1}', "bad JSON"),
        ("[" * 100_000, "bad JSON"),
        ('{"type":"ticker","msg":{"market_ticker":7}}', "bad ticker"),
        ("{}", "unknown type"),
    ],
)
def test_broken_frames_are_said_and_books_stay(talk, text, kind):
    said = talk.hear(text)
    assert [(type(m), m.kind) for m in said] == [(Surprised, kind)]
    assert kinds(talk.hear(delta(3))) == ["LevelMoved"]


def test_a_frame_too_long_is_not_even_read(talk):
    said = talk.hear(json.dumps(delta(3)) + " " * LONGEST_FRAME)
    assert [m.kind for m in said] == ["oversized frame"]


def test_a_name_full_of_escapes_is_no_market(talk):
    said = talk.hear(snapshot(3, [["0.45", "1"]], ticker="\x1b]0;evil\x07[red]"))
    assert kinds(said)[0] == "Surprised"
    assert "\x1b" not in said[0].excerpt
    assert not any(isinstance(m, BookSnapshot) for m in said)
