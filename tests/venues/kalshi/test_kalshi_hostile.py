"""Whatever comes, the feed answers; it never raises and never says a number that cannot be."""

import json
from contextlib import suppress

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from tests.venues.kalshi.talk import A, Talk, delta, market, snapshot, subscribed

from pmterm.messages.feed import BookSnapshot, LevelMoved, TouchSeen, TradeSeen
from pmterm.messages.transport import Frame, HttpResponse
from pmterm.model.errors import PmtermError
from pmterm.model.ids import Venue
from pmterm.venues.kalshi.catalog import KalshiCatalog
from pmterm.venues.kalshi.feed import KalshiFeed

CALM = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
JSON = some.recursive(
    some.none()
    | some.booleans()
    | some.integers()
    | some.floats(allow_nan=False)
    | some.text(max_size=20)
    | some.sampled_from(["NaN", "1e999", "-1", "0", "1", "0.5", "9" * 400, "yes", "no", A]),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=8,
)
TYPES = [
    "orderbook_delta", "orderbook_snapshot", "ticker", "trade", "market_lifecycle_v2", "ok",
    "subscribed", "unsubscribed", "error", "event_lifecycle", "event_fee_update", "what", 7,
]  # fmt: skip
KEYS = [
    "market_ticker", "price_dollars", "delta_fp", "side", "ts_ms", "yes_dollars_fp", "channel",
    "no_dollars_fp", "yes_bid_dollars", "yes_ask_dollars", "sid", "code", "event_type", "result",
    "close_ts", "price_ranges", "yes_price_dollars", "count_fp", "taker_side",
]  # fmt: skip


FRAMES = some.fixed_dictionaries(
    {"type": some.sampled_from(TYPES), "msg": some.dictionaries(some.sampled_from(KEYS), JSON)},
    optional={
        "sid": some.integers(-1, 4) | JSON,
        "seq": some.integers(0, 6) | JSON,
        "id": JSON,
    },
)


def check(said) -> None:
    for message in said:
        match message:
            case LevelMoved():
                assert 0 < message.price < 10_000
            case BookSnapshot():
                levels = (*message.bids, *message.asks)
                assert all(0 < price < 10_000 and qty > 0 for price, qty in levels)
            case TouchSeen():
                assert 0 <= message.best_bid < 10_000
                assert 0 < message.best_ask <= 10_000
            case TradeSeen():
                assert 0 < message.price < 10_000
                assert message.qty >= 0


def opened() -> Talk:
    talk = Talk(market())
    talk.open()
    talk.hear(subscribed("orderbook_delta", 3))
    talk.hear(snapshot(1, [["0.45", "10"]], [["0.50", "4"]]))
    return talk


@given(some.lists(some.binary(max_size=200), max_size=5))
@CALM
def test_random_bytes(chunks):
    talk = opened()
    for chunk in chunks:
        check(talk.hear(chunk.decode("utf-8", "surrogateescape")))


@given(some.lists(FRAMES, max_size=8))
@CALM
def test_frames_of_known_types_with_anything_in_them(frames):
    talk = opened()
    for frame in frames:
        check(talk.hear(frame))
        check(talk.tick())


@given(some.data())
@CALM
def test_a_real_frame_with_bytes_changed(data):
    talk = opened()
    frames = [delta(2), delta(3, "0.4700", "-3.25", "no"), snapshot(4, [["0.45", "1"]])]
    for frame in frames:
        text = list(json.dumps(frame))
        for _ in range(data.draw(some.integers(0, 3))):
            place = data.draw(some.integers(0, len(text) - 1))
            text[place] = data.draw(some.characters())
        check(talk.hear("".join(text)))


@given(JSON, some.sampled_from([0, 200, 403, 500]))
@CALM
def test_rest_answers_of_any_shape(body, status):
    text = json.dumps(body)
    path = f"/markets/{A}/orderbook"
    reply = HttpResponse(10**12, Venue.KALSHI, "GET", path, status, text)
    check(opened().feed.answered(reply))
    for wrapped in (text, json.dumps({"markets": [body]}), json.dumps({"market": body})):
        with suppress(PmtermError):
            KalshiCatalog().markets(
                HttpResponse(1, Venue.KALSHI, "GET", "/x", status, wrapped, "search 1 a")
            )


def test_a_feed_that_was_never_opened_hears_frames_too():
    frame = Frame(1, Venue.KALSHI, 1, json.dumps(snapshot(1, [["0.45", "1"]])))
    assert [type(m).__name__ for m in KalshiFeed().receive(frame)] == ["FeedUp", "BookSnapshot"]
