"""The pre-roll's frames, read back by the feeds that read the real venues."""

from itertools import pairwise

import pytest

from pmterm.messages.feed import BookSnapshot, LevelMoved, LevelSet, TouchSeen, TradeSeen
from pmterm.messages.health import Surprised
from pmterm.messages.transport import Frame, Opened
from pmterm.model.ids import Venue
from pmterm.model.order import Side
from pmterm.model.units import SECOND
from pmterm.sim.history import history
from pmterm.sim.scenario import Scenario
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.feed import PolymarketFeed

NOW = 1_790_000_000 * SECOND


class Book:
    """The simplest book there is: what the messages say, nothing more."""

    def __init__(self):
        self.sides = {Side.BUY: {}, Side.SELL: {}}
        self.trades = []
        self.disagreements = 0

    def hear(self, message):
        match message:
            case BookSnapshot():
                self.sides = {Side.BUY: dict(message.bids), Side.SELL: dict(message.asks)}
            case LevelSet():
                self.set(message.side, message.price, message.qty)
                self.compare(message)
            case LevelMoved():
                before = self.sides[message.side].get(message.price, 0)
                self.set(message.side, message.price, before + message.delta)
            case TouchSeen():
                self.compare(message)
            case TradeSeen():
                self.trades.append((message.price, message.qty, message.taker))

    def set(self, side, price, qty):
        assert qty >= 0
        self.sides[side][price] = qty
        if not qty:
            del self.sides[side][price]

    def compare(self, message):
        bid = max(self.sides[Side.BUY], default=0)
        ask = min(self.sides[Side.SELL], default=10_000)
        self.disagreements += (bid, ask) != (message.best_bid, message.best_ask)


@pytest.fixture(scope="module")
def evening():
    scenario = Scenario(5, NOW, pre_roll=60 * SECOND)
    frames = list(history(scenario, scenario.started_at, NOW + 20 * SECOND))
    return scenario, frames


def heard(scenario, frames):
    feeds = {Venue.KALSHI: KalshiFeed(), Venue.POLYMARKET: PolymarketFeed()}
    books = {listing.market.id: Book() for listing in scenario.listings}
    surprises = []
    for listing in scenario.listings:
        feeds[listing.market.venue].watch(listing.market, 1)
    for event in frames:
        feed = feeds[event.venue]
        said = feed.opened(event) if isinstance(event, Opened) else feed.receive(event)
        for message in said:
            if isinstance(message, Surprised):
                surprises.append(message)
            elif hasattr(message, "market"):
                books[message.market].hear(message)
    return books, surprises


def test_feeds_rebuild_every_book_and_are_never_surprised(evening):
    scenario, frames = evening
    books, surprises = heard(scenario, frames)
    assert surprises == []
    for market, state in scenario.states.items():
        book = books[market]
        assert book.sides == {Side.BUY: state.bids.sizes, Side.SELL: state.asks.sizes}
        assert book.disagreements == 0
        assert state.bids.sizes
        assert [(t.price, t.qty, t.taker) for t in state.trades] == book.trades
        assert sum(qty for _, qty, _ in book.trades) == state.volume


def test_frames_come_in_order_after_an_opening_of_each_venue(evening):
    _, frames = evening
    assert all(a.at < b.at for a, b in pairwise(frames))
    openings = [event.venue for event in frames if isinstance(event, Opened)]
    assert sorted(openings) == [Venue.KALSHI, Venue.POLYMARKET]
    assert frames[-1].at <= NOW + 20 * SECOND + len(frames)


def test_history_of_one_market_holds_only_that_market():
    scenario = Scenario(5, NOW, pre_roll=20 * SECOND)
    chosen = scenario.listings[0].market
    frames = list(history(scenario, scenario.started_at, NOW, markets={chosen.id}))
    texts = [event.text for event in frames if isinstance(event, Frame)]
    assert len(texts) > 50
    assert {event.venue for event in frames} == {Venue.POLYMARKET}
    others = [listing.market.id for listing in scenario.listings[1:]]
    assert not any(other in text for other in others for text in texts)
