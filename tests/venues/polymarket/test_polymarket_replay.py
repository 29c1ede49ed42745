"""Windows of real recordings from end to end."""

from collections import Counter, defaultdict

import pytest
from tests.venues.polymarket.build import recording

from pmterm.messages.feed import BookLost, BookSnapshot, LevelSet, TradeSeen
from pmterm.messages.health import FeedDown, FeedUp, Surprised
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.order import Side
from pmterm.venues.polymarket.catalog import PolymarketCatalog
from pmterm.venues.polymarket.feed import PolymarketFeed


def play(name: str, *, merge: bool):
    """Every message of a window, and its markets."""
    feed, catalog = PolymarketFeed(merge), PolymarketCatalog()
    markets, said = [], []
    hear = {Opened: feed.opened, Closed: feed.closed, Frame: feed.receive}
    for event in recording(name):
        if isinstance(event, dict):
            markets.append(catalog.market_of(event))
            said += feed.watch(markets[-1], 0)
        elif isinstance(event, HttpResponse):
            said += feed.answered(event)
        else:
            said += hear[type(event)](event)
    return said, markets


class Books:
    """The plainest books there can be, and how their touch compares to what was told."""

    def __init__(self, said) -> None:
        self.sides = defaultdict(lambda: {Side.BUY: {}, Side.SELL: {}})
        self.checks = self.agree = 0
        for message in said:
            if isinstance(message, BookSnapshot):
                sides = {Side.BUY: dict(message.bids), Side.SELL: dict(message.asks)}
                self.sides[message.market] = sides
            elif isinstance(message, LevelSet):
                self.set(message)

    def set(self, change: LevelSet) -> None:
        book = self.sides[change.market]
        book[change.side][change.price] = change.qty
        book[Side.BUY] = {p: q for p, q in book[Side.BUY].items() if q and p <= change.best_bid}
        book[Side.SELL] = {p: q for p, q in book[Side.SELL].items() if q and p >= change.best_ask}
        touch = (max(book[Side.BUY], default=0), min(book[Side.SELL], default=10_000))
        self.checks += 1
        self.agree += touch == (change.best_bid, change.best_ask)


@pytest.mark.parametrize("merge", [True, False])
@pytest.mark.parametrize("name", ["hockey_goal_2026-06", "updown_connections_2026-04"])
def test_nothing_in_a_recording_is_a_surprise(name, merge):
    said, _ = play(name, merge=merge)
    assert not [m for m in said if isinstance(m, Surprised)]


def test_received_books_and_changes_agree_with_the_told_touch():
    for merge in (True, False):
        said, _ = play("updown_connections_2026-04", merge=merge)
        books = Books(said)
        assert books.checks == books.agree == (6 if merge else 12)


def test_every_real_hash_agrees():
    said, _ = play("updown_connections_2026-04", merge=False)
    assert Counter((m.is_reply, m.hash_agrees) for m in said if isinstance(m, BookSnapshot)) == {
        (True, True): 12,
        (False, True): 12,
    }


def test_first_books_of_tokens_never_described_are_checked_on_every_connection():
    feed, agreed = PolymarketFeed(), 0
    for event in recording("updown_connections_2026-04"):
        if isinstance(event, Frame):
            said = feed.receive(event)
            agreed += sum(m.hash_agrees is True for m in said if isinstance(m, BookSnapshot))
        elif isinstance(event, Closed):
            feed.closed(event)
    assert agreed == 12


def test_each_connection_is_told_from_up_to_down():
    said, markets = play("updown_connections_2026-04", merge=True)
    assert Counter(type(m) for m in said if isinstance(m, FeedUp | FeedDown | BookLost)) == {
        FeedUp: 2,
        FeedDown: 2,
        BookLost: 2 * len(markets),
    }


def test_merged_books_equal_the_first_tokens_and_mirror_the_seconds():
    merged, markets = play("updown_connections_2026-04", merge=True)
    apart, _ = play("updown_connections_2026-04", merge=False)
    one, two = Books(merged).sides, Books(apart).sides
    for market in markets:
        first, second = (two[outcome.token] for outcome in market.outcomes)
        assert one[market.id] == first
        assert one[market.id][Side.BUY] == {10_000 - p: q for p, q in second[Side.SELL].items()}
        assert one[market.id][Side.SELL] == {10_000 - p: q for p, q in second[Side.BUY].items()}


def test_a_goal_is_said_once_per_change_and_with_its_trades():
    merged, _ = play("hockey_goal_2026-06", merge=True)
    apart, _ = play("hockey_goal_2026-06", merge=False)
    one, two = (Counter(type(m) for m in said) for said in (merged, apart))
    lone_rows = 1
    assert two[LevelSet] == 2 * (one[LevelSet] - lone_rows) + lone_rows
    assert one[TradeSeen] == two[TradeSeen] >= 6
    assert one[BookSnapshot] == 6
    assert two[BookSnapshot] == 12


def test_a_market_never_described_plays_token_by_token():
    feed = PolymarketFeed()
    said = [
        m for e in recording("hockey_goal_2026-06") if isinstance(e, Frame) for m in feed.receive(e)
    ]
    apart, _ = play("hockey_goal_2026-06", merge=False)
    kept = (LevelSet, TradeSeen, BookSnapshot)
    assert [m for m in said if isinstance(m, kept)] == [m for m in apart if isinstance(m, kept)]
