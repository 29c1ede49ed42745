"""What became of a signal: the turn, the excursions, and what an order would have earned."""

import msgspec
import pytest
from tests.trading.signal.evening import Evening, M

from pmterm.messages.feed import NO_ASK, NO_BID, BookLost, MarketSeen
from pmterm.messages.health import FeedDown
from pmterm.messages.signals import SignalBack, SignalKind
from pmterm.model.fees import FeeKind, FeeSchedule, fee_of
from pmterm.model.ids import Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND

FEES = FeeSchedule(FeeKind.KALSHI, taker_ppm=70_000)
MARKET = Market(
    id=M,
    venue=Venue.KALSHI,
    title="t",
    outcomes=(Outcome("Y"), Outcome("N")),
    taker_delay=3 * SECOND,
)


def panicked(market=MARKET, **settings):
    """A panic from 0.50 to 0.48, followed from now on; only panics are looked at."""
    night = Evening(**({"min_baseline_s": 80, "reversion_samples": 301} | settings))
    night.hear(MarketSeen(night.at, market))
    night.calm(130)
    night.said.clear()
    night.wait(ms=200)
    night.trade(200)
    night.quote(4_700, 4_900)
    assert len(night.seen(SignalKind.PANIC_SELL)) == 1
    return night


def ended(night):
    (end,) = [e for e in night.ended() if e.kind is SignalKind.PANIC_SELL]
    return end


def finish(night):
    """Let the rest of the time pass, and hear of the market once more."""
    night.wait(180)
    night.book()


def test_half_the_way_back_from_the_extreme_is_a_reversion():
    night = panicked()
    night.wait(10)
    night.quote(4_500, 4_700)
    night.wait(10)
    night.quote(4_690, 4_898)  # 0.4794, and half way from 0.46 to 0.50 is 0.48
    night.wait(1)
    night.quote(4_700, 4_900)
    finish(night)
    end = ended(night)
    assert (end.reverted, end.after, end.is_whole) == (True, 21 * SECOND, True)
    assert (end.best, end.worst) == (0, -200)


def test_less_than_half_the_way_is_none():
    night = panicked()
    night.wait(10)
    night.quote(4_500, 4_700)
    night.wait(10)
    night.quote(4_690, 4_898)
    finish(night)
    end = ended(night)
    assert (end.reverted, end.after, end.is_whole) == (False, 180 * SECOND, True)


def test_the_way_back_is_told_at_once_and_once_and_counts_for_nothing_yet():
    night = panicked()
    night.wait(10)
    night.quote(4_500, 4_700)
    assert not night.told(SignalBack)
    night.wait(11)
    night.quote(4_700, 4_900)
    night.quote(4_500, 4_700)
    night.quote(4_800, 5_000)
    (signal,) = night.seen(SignalKind.PANIC_SELL)
    (back,) = [told for told in night.told(SignalBack) if told.id == signal.id]
    assert (back.at, back.after) == (signal.at + 21 * SECOND, 21 * SECOND)
    assert not night.ended()


def test_what_came_half_back_is_followed_to_the_end():
    """Else only those that did not would have to be seen to the end to count."""
    night = panicked()
    night.wait(10)
    night.quote(4_800, 5_000)
    night.wait(60)
    night.quote(5_100, 5_300)
    night.wait(20)
    night.quote(4_200, 4_400)
    night.wait(89, ms=900)
    assert night.ended() == []
    night.wait(1)
    night.book()
    end = ended(night)
    assert (end.reverted, end.after, end.is_whole) == (True, 10 * SECOND, True)
    assert end.net == (4_800 - 4_900) * 100  # closed when it was half back
    assert (end.best, end.worst) == (400, -500)


@pytest.mark.parametrize("loss", ["book", "feed", "empty", "not to be believed"])
def test_what_came_back_before_it_was_cut_short_does_not_count(loss):
    night = panicked()
    night.wait(10)
    night.quote(4_900, 5_000)
    night.wait(100)
    {
        "book": lambda: night.hear(BookLost(night.at, M, "gap")),
        "feed": lambda: night.hear(FeedDown(night.at, Venue.KALSHI, "")),
        "empty": lambda: night.quote(NO_BID, NO_ASK),
        "not to be believed": lambda: night.book(trusted=False),
    }[loss]()
    night.wait(2)
    end = ended(night)
    assert (end.reverted, end.net, end.is_known, end.is_whole) == (False, 0, False, False)
    night.quote(4_900, 5_100)
    finish(night)
    assert ended_count(night) == 1


def test_one_that_ran_until_nobody_bids_is_sold_for_nothing_and_counts():
    """Those that lose all end so: to leave them out would flatter every rate."""
    night = panicked()
    night.wait(10)
    night.quote(400, 600)
    night.wait(10)
    night.quote(NO_BID, 300)
    finish(night)
    end = ended(night)
    assert (end.reverted, end.after, end.is_whole) == (False, 180 * SECOND, True)
    assert end.net == -4_900 * 100


def test_one_that_ran_until_nobody_asks_is_bought_back_at_a_dollar():
    night = Evening(min_baseline_s=80, reversion_samples=301)
    night.hear(MarketSeen(night.at, MARKET))
    night.calm(130)
    night.said.clear()
    night.wait(ms=200)
    night.trade(200, taker=Side.BUY)
    night.quote(5_300, 5_500)
    night.wait(10)
    night.quote(9_800, NO_ASK)
    finish(night)
    (end,) = [e for e in night.ended() if e.kind is SignalKind.FOMO_BUY]
    assert (end.is_whole, end.reverted, end.net) == (True, False, (5_300 - 10_000) * 100)


def test_an_order_finds_nobody_while_its_side_is_empty():
    night = panicked()
    night.quote(4_700, NO_ASK)
    night.wait(5)
    night.quote(4_600, 4_800)
    finish(night)
    assert ended(night).net == (4_600 - 4_800) * 100


def test_a_doubt_of_less_than_a_second_ends_nothing():
    night = panicked()
    night.wait(10)
    night.book(trusted=False)
    night.wait(ms=300)
    night.quote(4_700, 4_900)
    night.wait(20)
    assert not night.ended()
    finish(night)
    assert ended(night).is_whole


def test_market_that_is_not_heard_of_again_tells_nothing():
    """It may have ended: the book of a closed market stands as it stood."""
    night = panicked()
    night.wait(10)
    night.quote(4_900, 5_000)
    night.wait(400)
    night.book(market="KXOTHER-1")
    assert night.ended() == []
    night.book(trusted=False)
    assert ended(night).is_whole


def test_order_is_filled_at_the_ask_that_stands_one_delay_later():
    """The delay is the market's 3 s and our own 150 ms."""
    night = panicked()
    night.wait(3, ms=100)
    night.quote(4_650, 4_850)
    night.wait(ms=49)
    night.quote(4_660, 4_860)
    night.wait(ms=2)
    night.quote(4_710, 4_910)
    night.wait(10)
    night.quote(4_850, 4_950)
    finish(night)
    assert ended(night).net == (4_850 - 4_860) * 100


def test_change_before_the_order_arrives_is_no_use_to_it():
    night = panicked()
    night.wait(1)
    night.quote(4_900, 5_000)
    finish(night)
    end = ended(night)
    assert (end.reverted, end.after) == (True, SECOND)
    assert end.net == (4_900 - 5_000) * 100


def test_fees_of_both_ways_are_paid():
    night = panicked(msgspec.structs.replace(MARKET, fees=FEES))
    night.wait(10)
    night.quote(4_900, 5_000)
    finish(night)
    fees = fee_of(FEES, 4_900, QTY_ONE) + fee_of(FEES, 4_900, QTY_ONE)
    assert fees > 0
    assert ended(night).net == -fees


def test_signal_that_does_not_come_back_ends_at_its_real_exit_price():
    night = panicked()
    for step in range(1, 10):
        night.wait(10)
        night.quote(4_700 - 100 * step, 4_900 - 100 * step)
    night.wait(89, ms=900)
    assert ended_count(night) == 0
    night.wait(1)
    night.book()
    end = ended(night)
    assert (end.reverted, end.after) == (False, 180 * SECOND)
    assert end.net == (3_800 - 4_900) * 100
    assert (end.best, end.worst) == (0, -900)


def ended_count(night):
    return len([e for e in night.ended() if e.kind is SignalKind.PANIC_SELL])


def test_price_at_the_deadline_counts_not_the_one_after():
    night = panicked()
    until = night.at + 180 * SECOND
    night.quote(4_600, 4_800)
    night.wait(179)
    night.at = until + 5
    night.quote(100, 300)
    end = ended(night)
    assert (end.net, end.worst) == ((4_600 - 4_800) * 100, -100)


def test_fomo_is_sold_at_the_bid_and_bought_back_at_the_ask():
    night = Evening(min_baseline_s=80, reversion_samples=301, latency_ms=100)
    night.calm(130)
    night.trade(200)
    night.quote(5_300, 5_400)
    assert [m.kind for m in night.seen()] == [SignalKind.FOMO_BUY]
    night.wait(5)
    night.quote(5_400, 5_500)
    night.wait(5)
    night.quote(5_100, 5_250)
    finish(night)
    (end,) = [e for e in night.ended() if e.kind is SignalKind.FOMO_BUY]
    assert end.reverted
    assert end.net == (5_300 - 5_250) * 100
    assert (end.best, end.worst) == (175, -100)


def test_signal_that_says_wait_has_no_net():
    night = Evening(min_baseline_s=80)
    night.calm(130)
    night.quote(4_900, 5_100, bid_depth=100 * CASH_ONE)
    night.wait(2)
    night.quote(4_900, 5_100, bid_depth=1_000 * CASH_ONE)
    finish(night)
    (end,) = night.ended()
    assert (end.kind, end.net, end.reverted) == (SignalKind.DEPTH_PULL, 0, False)
    assert (end.best, end.worst, end.is_whole) == (0, 0, True)


def test_heartbeats_may_come_as_often_as_they_like():
    def story(beat_ms):
        night = Evening(min_baseline_s=80)
        night.hear(MarketSeen(night.at, MARKET))
        for second in range(150):
            night.wait(ms=400, beat_ms=beat_ms)
            night.quote(4_900 + second % 3, 5_100 + second % 3)
            night.trade(1)
            night.wait(ms=600, beat_ms=beat_ms)
        night.trade(200)
        night.quote(4_700, 4_900)
        night.wait(20, beat_ms=beat_ms)
        night.quote(4_400, 4_600)
        night.wait(185, beat_ms=beat_ms)
        night.book()
        return night.said

    assert story(500) == story(1_000) == story(100)
    assert len(story(500)) > 4


def test_message_time_of_the_answer_never_runs_ahead():
    night = panicked()
    night.at += 200 * SECOND + 7 * MS
    night.quote(4_900, 5_000)
    end = ended(night)
    assert (end.at, end.after) == (night.at, 180 * SECOND)
