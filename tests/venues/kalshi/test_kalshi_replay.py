"""Real windows from end to end: no gap, no surprise, and the books they lead to."""

import pytest

from pmterm.messages.feed import BookLost, BookSnapshot, LevelMoved, TouchSeen
from pmterm.messages.health import FeedDown, FeedUp, Surprised
from pmterm.messages.transport import Closed, Frame, Opened
from pmterm.model.order import Side
from pmterm.venues.kalshi.feed import KalshiFeed

FIRST = "KXBTC15M-26MAY140045-45"
SECOND_MARKET = "KXBTC15M-26MAY140100-00"
WINDOWS = [
    "btc15m_reconnect_2026-05-14.jsonl",
    "btc15m_rotation_2026-05-14.jsonl",
    "twelve_markets_2026-08-07.jsonl",
]


def play(events):
    feed = KalshiFeed()
    said = []
    for event in events:
        match event:
            case Opened():
                said += feed.opened(event)
            case Closed():
                said += feed.closed(event)
            case Frame():
                said += feed.receive(event)
    return feed, said


def rebuild(said):
    """Books as {market: ({price: qty}, {price: qty})}; fails where a level falls below zero."""
    books = {}
    for message in said:
        match message:
            case BookSnapshot():
                books[message.market] = (dict(message.bids), dict(message.asks))
            case BookLost():
                books.pop(message.market, None)
            case LevelMoved():
                side = books[message.market][message.side is Side.SELL]
                left = side.get(message.price, 0) + message.delta
                assert left >= 0
                side[message.price] = left
                if not left:
                    del side[message.price]
    return books


@pytest.mark.parametrize("name", WINDOWS)
def test_a_real_window_plays_without_gap_or_surprise(events, name):
    feed, said = play(events(name))
    assert feed.gaps == {}
    assert [m for m in said if isinstance(m, Surprised)] == []
    for bids, asks in rebuild(said).values():
        assert max(bids, default=0) < min(asks, default=10_000)


def test_every_change_of_a_window_is_passed_on(recorded, events):
    name = "btc15m_reconnect_2026-05-14.jsonl"
    sent = sum('"type":"orderbook_delta"' in line.get("text", "") for line in recorded(name))
    _, said = play(events(name))
    assert sum(isinstance(m, LevelMoved) for m in said) == sent > 50


def test_a_reconnect_loses_the_book_and_brings_a_one_sided_one(events):
    _, said = play(events("btc15m_reconnect_2026-05-14.jsonl"))
    turns = [m for m in said if isinstance(m, FeedUp | FeedDown | BookLost | BookSnapshot)]
    assert [type(m) for m in turns] == [
        FeedUp, BookSnapshot, FeedDown, BookLost, FeedUp, BookSnapshot,
    ]  # fmt: skip
    assert turns[3].market == FIRST
    assert turns[5].bids
    assert turns[5].asks == ()


def test_a_close_is_an_empty_book_and_the_next_market_comes_with_its_own(events):
    _, said = play(events("btc15m_rotation_2026-05-14.jsonl"))
    books = [m for m in said if isinstance(m, BookSnapshot)]
    assert [(m.market, bool(m.bids), bool(m.asks)) for m in books] == [
        (FIRST, False, False),
        (SECOND_MARKET, True, True),
    ]
    # changes before the first whole book of the window have nothing to change
    first = said.index(books[0])
    assert not any(isinstance(m, LevelMoved) for m in said[:first])


def test_the_touch_of_a_window_is_where_the_ticker_says(events):
    _, said = play(events("btc15m_reconnect_2026-05-14.jsonl"))
    place = next(i for i, m in enumerate(said) if isinstance(m, TouchSeen))
    bids, asks = rebuild(said[:place])[FIRST]
    assert (max(bids), min(asks)) == (said[place].best_bid, said[place].best_ask)


def test_twelve_markets_share_one_sequence(recorded, events):
    _, said = play(events("twelve_markets_2026-08-07.jsonl"))
    books = rebuild(said)
    assert len(books) == 12
    texts = [line["text"] for line in recorded("twelve_markets_2026-08-07.jsonl")]
    assert sum('"type":"ok"' in text for text in texts) == 11
    fractional = [m for m in said if isinstance(m, LevelMoved) and m.delta % 1_000_000]
    assert fractional


def test_a_window_with_a_frame_taken_out_counts_its_gap(events):
    window = events("twelve_markets_2026-08-07.jsonl")
    del window[40]
    feed, said = play(window)
    assert len(feed.gaps) == 12
    assert set(feed.gaps.values()) == {1}
    assert sum(isinstance(m, BookLost) for m in said) == 12
