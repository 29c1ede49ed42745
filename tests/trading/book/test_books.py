"""What the book stage says of every change, and what makes it trust or doubt a book."""

import pytest

from pmterm.messages.feed import (
    NO_ASK,
    NO_BID,
    BookChanged,
    BookDoubted,
    BookLost,
    BookSnapshot,
    LevelMoved,
    LevelSet,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
    TouchSeen,
    TradeSeen,
)
from pmterm.messages.health import FeedDown, Heartbeat
from pmterm.model.ids import Venue
from pmterm.model.market import Market, MarketStatus, Outcome, PriceBand
from pmterm.model.order import Side
from pmterm.model.units import MS, QTY_ONE, SECOND
from pmterm.trading.book.books import Books

BUY, SELL = Side.BUY, Side.SELL
ONE = QTY_ONE
K = "KXTEST-1"
P = "0xabc"


class Street:
    """Feeds one stage and remembers what it said last."""

    def __init__(self):
        self.stage = Books()
        self._hears = self.stage.hears()

    def hear(self, message):
        return list(self._hears[type(message)](message))

    def changed(self, message):
        said = self.hear(message)
        assert type(said[0]) is BookChanged
        return said[0]

    def doubts(self, message):
        return [m.reason for m in self.hear(message) if type(m) is BookDoubted]

    def health(self, market=K):
        return self.stage.health(market)


@pytest.fixture
def street():
    return Street()


def snapshot(at=1, market=K, bids=((4_200, 10 * ONE),), asks=((4_400, 10 * ONE),), **more):
    return BookSnapshot(at, at, market, bids, asks, **more)


def moved(at, side, price, delta, market=K):
    return LevelMoved(at, at, market, side, price, delta)


def put(at, side, price, qty, bid, ask, market=P):
    return LevelSet(at, at, market, side, price, qty, bid, ask)


def ticker(at, bid, ask, market=K):
    return TouchSeen(at, at, market, bid, ask)


def test_snapshot_makes_a_trusted_book_and_says_its_depth(street):
    said = street.changed(
        snapshot(bids=((4_100, 5 * ONE), (4_200, 10 * ONE)), asks=((4_400, 7 * ONE),))
    )
    assert said == BookChanged(
        1, K, 4_200, 4_400, 10 * ONE, 7 * ONE, 6_250_000, 7 * 560_000, is_trusted=True
    )
    assert street.health().is_trusted


def test_changes_move_levels_of_their_own_side(street):
    street.hear(snapshot())
    assert street.changed(moved(2, BUY, 4_300, 3 * ONE)).best_bid == 4_300
    assert street.changed(moved(3, SELL, 4_400, -10 * ONE)).best_ask == NO_ASK
    book = street.stage.book(K)
    assert book.bids(5) == [(4_300, 3 * ONE), (4_200, 10 * ONE)]
    assert street.health().changed_at == 3


def test_empty_and_one_sided_snapshots_are_books_too(street):
    said = street.changed(snapshot(bids=(), asks=()))
    assert (said.best_bid, said.best_ask, said.bid_qty, said.ask_depth) == (NO_BID, NO_ASK, 0, 0)
    said = street.changed(snapshot(2, asks=()))
    assert (said.best_bid, said.best_ask) == (4_200, NO_ASK)


def test_changes_before_any_snapshot_make_an_untrusted_book(street):
    assert not street.changed(moved(1, BUY, 4_200, ONE)).is_trusted
    assert not street.changed(put(2, BUY, 4_200, ONE, 4_200, NO_ASK)).is_trusted
    assert street.health().reason == "no book yet"
    assert street.health(P).touch_checks == 0


def test_unheard_of_market_has_no_book_and_no_trust(street):
    assert street.stage.book("never") is None
    assert not street.health("never").is_trusted
    assert street.stage.markets() == ()


def test_level_below_zero_is_clamped_and_doubted_once(street):
    street.hear(snapshot())
    said = street.hear(moved(2, BUY, 4_200, -11 * ONE))
    assert [type(m) for m in said] == [BookChanged, BookDoubted]
    assert said[0].best_bid == NO_BID
    assert not said[0].is_trusted
    assert said[1].venue is Venue.KALSHI
    assert street.doubts(moved(3, BUY, 4_200, -ONE)) == []
    assert street.health().negative_levels == 2


def test_level_that_ends_at_exactly_zero_is_no_fault(street):
    street.hear(snapshot())
    assert street.changed(moved(2, BUY, 4_200, -10 * ONE)).is_trusted
    assert street.health().negative_levels == 0


def test_levels_better_than_the_told_touch_are_pruned_and_counted(street):
    street.hear(snapshot(market=P, bids=((4_100, ONE), (4_200, ONE), (4_300, ONE))))
    said = street.changed(put(2, SELL, 4_500, ONE, 4_100, 4_400))
    assert (said.best_bid, said.best_ask, said.is_trusted) == (4_100, 4_400, True)
    health = street.health(P)
    assert (health.pruned_levels, health.touch_checks, health.touch_agree) == (2, 1, 1)


def test_told_empty_side_prunes_all_of_it(street):
    street.hear(snapshot(market=P))
    said = street.changed(put(2, BUY, 4_000, 0, NO_BID, 4_400))
    assert said.best_bid == NO_BID
    assert street.health(P).touch_agree == 1


def test_two_mismatches_running_make_a_doubt_one_does_not(street):
    street.hear(snapshot(market=P))
    assert street.doubts(put(2, BUY, 4_000, ONE, 4_250, 4_400)) == []
    assert street.doubts(put(3, BUY, 4_000, ONE, 4_200, 4_400)) == []
    assert street.doubts(put(4, BUY, 4_000, ONE, 4_250, 4_400)) == []
    assert street.doubts(put(5, BUY, 4_000, ONE, 4_250, 4_400)) == [
        "touch differs from the venue's"
    ]
    assert street.doubts(put(6, BUY, 4_000, ONE, 4_250, 4_400)) == []
    health = street.health(P)
    assert (health.is_trusted, health.touch_checks, health.touch_agree) == (False, 5, 1)


def test_doubted_touch_is_believed_again_after_agreeing_long_enough(street):
    street.hear(snapshot(market=P))
    for at in (2, 3):
        street.hear(put(at, BUY, 4_000, ONE, 4_250, 4_400))
    for at in range(4, 23):
        assert not street.changed(put(at, BUY, 4_000, at * ONE, 4_200, 4_400)).is_trusted
    assert street.changed(put(23, BUY, 4_000, ONE, 4_200, 4_400)).is_trusted
    assert street.doubts(put(24, BUY, 4_000, ONE, 4_250, 4_400)) == []
    assert street.doubts(put(25, BUY, 4_000, ONE, 4_250, 4_400)) != []


def test_negative_level_is_not_healed_by_touches(street):
    street.hear(snapshot())
    street.hear(moved(2, BUY, 4_200, -11 * ONE))
    for at in range(3, 60):
        street.hear(put(at, BUY, 4_100, at * ONE, 4_100, 4_400, market=K))
    assert not street.health().is_trusted


def test_ticker_that_differs_in_passing_is_counted_only(street):
    street.hear(snapshot())
    assert street.hear(ticker(2, 4_200, 4_400)) == []
    assert street.hear(ticker(3, 4_100, 4_400)) == []
    assert street.hear(ticker(SECOND * 9, 4_000, 4_400)) == []
    health = street.health()
    assert (health.touch_checks, health.touch_agree, health.is_trusted) == (3, 1, True)


def test_ticker_that_differs_for_over_five_seconds_makes_a_doubt(street):
    street.hear(snapshot())
    for second in range(6):
        assert street.doubts(ticker((1 + second) * SECOND, 4_100, 4_400)) == []
    assert street.doubts(ticker(7 * SECOND, 4_100, 4_400)) == ["touch differs from the ticker's"]
    assert not street.health().is_trusted


def test_crossed_book_is_not_trusted_and_counts_one_episode(street):
    street.hear(snapshot(SECOND))
    crossed = street.changed(moved(SECOND, BUY, 4_500, ONE))
    assert (crossed.best_bid, crossed.best_ask, crossed.is_trusted) == (4_500, 4_400, False)
    street.hear(moved(SECOND + 1, BUY, 4_600, ONE))
    assert street.health().reason == "crossed"
    street.hear(moved(SECOND + 2, BUY, 4_600, -ONE))
    assert street.changed(moved(SECOND + 20 * MS, BUY, 4_500, -ONE)).is_trusted
    assert street.health().crossed_episodes == 1
    assert street.hear(Heartbeat(9 * SECOND)) == []


def test_locked_book_is_not_traded_on_but_is_no_crossing(street):
    street.hear(snapshot())
    assert not street.changed(moved(2, BUY, 4_400, ONE)).is_trusted
    assert street.health().crossed_episodes == 0
    assert street.changed(moved(3, BUY, 4_400, -ONE)).is_trusted


def test_crossing_that_lasts_makes_one_doubt_even_in_silence(street):
    street.hear(snapshot(SECOND))
    street.hear(moved(SECOND, BUY, 4_500, ONE))
    assert street.hear(Heartbeat(2 * SECOND)) == []
    assert street.doubts(Heartbeat(2 * SECOND + 500 * MS)) == ["crossed for over a second"]
    assert street.hear(Heartbeat(3 * SECOND)) == []
    assert not street.changed(moved(4 * SECOND, BUY, 4_500, -ONE)).is_trusted


def test_lost_book_is_not_trusted_until_a_snapshot(street):
    street.hear(snapshot())
    lost = street.changed(BookLost(2, K, "sequence gap"))
    assert (lost.best_bid, lost.is_trusted) == (4_200, False)
    assert street.hear(BookLost(3, K, "again")) == []
    assert not street.changed(moved(4, BUY, 4_100, ONE)).is_trusted
    assert street.health().reason == "again"
    assert street.changed(snapshot(5)).is_trusted
    health = street.health()
    assert (health.lost, health.resyncs) == (1, 1)


def test_snapshot_without_a_loss_is_no_resync(street):
    street.hear(snapshot())
    street.hear(snapshot(2))
    assert street.health().resyncs == 0


def test_feed_down_loses_the_books_of_its_venue_only(street):
    street.hear(snapshot())
    street.hear(snapshot(market=P))
    said = street.hear(FeedDown(2, Venue.KALSHI, "closed"))
    assert [(m.market, m.is_trusted) for m in said] == [(K, False)]
    assert street.health(P).is_trusted


def test_lost_book_takes_no_touch_checks(street):
    street.hear(snapshot())
    street.hear(BookLost(2, K, "gap"))
    street.hear(ticker(3, 4_200, 4_400))
    assert street.health().touch_checks == 0


def test_tick_change_drops_the_book(street):
    street.hear(snapshot())
    said = street.changed(TickChanged(2, K, (PriceBand(0, 10_000, 10),)))
    assert (said.best_bid, said.best_ask, said.is_trusted) == (NO_BID, NO_ASK, False)
    assert street.changed(snapshot(3)).is_trusted


def test_closed_market_keeps_its_book_but_is_not_traded_on(street):
    market = Market(id=K, venue=Venue.KALSHI, title="t", outcomes=(Outcome("Y"), Outcome("N")))
    street.hear(MarketSeen(1, market))
    street.hear(snapshot())
    said = street.changed(MarketStatusSeen(2, K, MarketStatus.CLOSED))
    assert (said.best_bid, said.is_trusted) == (4_200, False)
    assert street.health().reason == "market closed"
    assert street.changed(MarketStatusSeen(3, K, MarketStatus.ACTIVE)).is_trusted


def reply(at, bids=((4_200, ONE),), asks=((4_400, ONE),)):
    return snapshot(at, market=P, bids=bids, asks=asks, is_reply=True)


def test_fetched_book_does_not_replace_a_trusted_one(street):
    street.hear(snapshot(market=P))
    assert street.hear(reply(2, bids=((4_100, ONE),))) == []
    assert street.stage.book(P).best_bid == 4_200


def test_two_fetched_books_that_differ_make_a_doubt_and_the_next_one_replaces(street):
    street.hear(snapshot(market=P))
    assert street.doubts(reply(2, bids=((4_100, ONE),))) == []
    assert street.doubts(reply(3, bids=((4_100, ONE),))) == ["fetched books differ from ours"]
    assert street.changed(reply(4, bids=((4_100, ONE),))).is_trusted
    assert street.health(P).resyncs == 1


def test_fetched_book_that_the_stream_contradicts_is_not_believed(street):
    """Polymarket's REST host has been seen to show 0.01/0.99 while the stream was right."""
    street.hear(snapshot(market=P))
    for at in (2, 4, 6, 8):
        street.hear(put(at, BUY, 4_000, at * ONE, 4_200, 4_400))
        assert street.hear(reply(at + 1, bids=((100, ONE),), asks=((9_900, ONE),))) == []
    assert street.health(P).is_trusted


def test_hash_agreement_is_counted(street):
    street.hear(snapshot(hash_agrees=True))
    street.hear(snapshot(2, hash_agrees=False))
    street.hear(snapshot(3))
    assert (street.health().hash_checks, street.health().hash_agree) == (2, 1)


def test_flow_tells_traded_from_pulled_on_the_right_side(street):
    street.hear(snapshot())
    street.hear(TradeSeen(2, 2, K, 4_400, 3 * ONE, BUY))
    street.hear(moved(3, SELL, 4_400, -4 * ONE))
    street.hear(moved(4, BUY, 4_200, -2 * ONE))
    street.hear(moved(5, BUY, 4_100, 6 * ONE))
    bids, asks = street.stage.flow(K)
    assert (asks.traded, asks.pulled, asks.placed) == (3 * ONE, ONE, 0)
    assert (bids.traded, bids.pulled, bids.placed) == (0, 2 * ONE, 6 * ONE)


def test_snapshot_after_a_trade_counts_as_flow(street):
    """Polymarket answers a trade with a whole book."""
    street.hear(snapshot(market=P))
    street.hear(snapshot(2, market=P, asks=((4_400, 4 * ONE),)))
    street.hear(TradeSeen(3, 3, P, 4_400, 6 * ONE, BUY))
    assert street.stage.flow(P)[1].traded == 6 * ONE


def test_block_trade_explains_nothing(street):
    street.hear(snapshot())
    street.hear(moved(2, SELL, 4_400, -4 * ONE))
    street.hear(TradeSeen(3, 3, K, 4_400, 4 * ONE, BUY, is_block=True))
    assert street.stage.flow(K)[1].traded == 0


SIX_BIDS = tuple((4_200 - 100 * n, 10 * ONE) for n in range(6))


@pytest.mark.parametrize("kind", ["moved", "put"])
def test_a_change_below_the_best_five_is_kept_and_said_once_a_second(street, kind):
    market = K if kind == "moved" else P

    def deep(at):
        if kind == "moved":
            return moved(at, BUY, 3_700, ONE, market)
        return put(at, BUY, 3_700, 50 * ONE + at, 4_200, 4_400, market)

    street.changed(snapshot(market=market, bids=SIX_BIDS))
    assert len(street.hear(deep(10 * MS))) == 1  # the first after a snapshot is said
    assert street.hear(deep(20 * MS)) == []
    assert street.hear(deep(900 * MS)) == []
    assert len(street.hear(deep(1_200 * MS))) == 1
    assert street.stage.book(market).size_at(BUY, 3_700) > 10 * ONE
    assert street.health(market).changed_at == 1_200 * MS


def test_a_change_within_the_best_five_is_always_said(street):
    street.changed(snapshot(bids=SIX_BIDS))
    for n in range(5):
        said = street.changed(moved(10 * MS + n, BUY, 3_800, ONE))
        assert said.bid_depth > 0
