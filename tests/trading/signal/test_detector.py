"""When each signal speaks, when it says why not, and when it holds its tongue."""

import pytest
from tests.trading.signal.evening import START, Evening, M

from pmterm.messages.feed import BookDoubted, BookLost, TouchSeen
from pmterm.messages.signals import Advice, SignalKind
from pmterm.model.ids import Venue
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND

PANIC, FOMO = SignalKind.PANIC_SELL, SignalKind.FOMO_BUY
VACUUM, PULL = SignalKind.LIQUIDITY_VACUUM, SignalKind.DEPTH_PULL
REVERSION, SPIKE = SignalKind.MEAN_REVERSION, SignalKind.SPIKE
BASELINE = 120


def evening(**more):
    """Two minutes of calm are enough of a baseline here."""
    night = Evening(**({"min_baseline_s": BASELINE - 40} | more))
    night.calm(BASELINE + 10)
    night.said.clear()
    return night


def panic(night, volume=100):
    night.wait(ms=200)
    night.trade(volume)
    night.wait(ms=10)
    return night.quote(4_700, 4_900)


def test_panic_fires_at_the_very_change_that_makes_it_true():
    night = evening()
    (signal,) = panic(night)
    assert (signal.kind, signal.advice, signal.at) == (PANIC, Advice.BUY, night.at)
    assert (signal.mid2, signal.before2, signal.best_bid, signal.best_ask) == (
        9_600,
        10_000,
        4_700,
        4_900,
    )
    assert signal.expected == 4_900
    assert signal.reasons[0] == "price -4.0 % in 30 s"
    assert signal.reasons[1].endswith("x of 3x")
    assert signal.id == "s-000001"


def test_panic_fires_on_the_trade_when_the_price_came_first():
    night = evening()
    night.wait(ms=200)
    assert night.quote(4_700, 4_900) == []
    night.wait(ms=10)
    assert [m.kind for m in night.trade(100)] == [PANIC]


def test_panic_fires_on_the_trade_that_brings_volume_back_within_a_second():
    night = evening()
    night.wait(ms=200)
    night.trade(70)
    night.wait(ms=800)
    night.calm(29)  # enough until this second ended, then the burst is over 30 s old
    night.wait(ms=200)
    assert night.quote(4_700, 4_900) == []
    night.wait(ms=10)
    assert [m.kind for m in night.trade(100)] == [PANIC]


def test_panic_needs_three_times_the_volume_and_says_so_once():
    night = evening()
    panic(night, volume=20)
    night.wait(5)
    assert night.seen() == []
    (why,) = night.rejected(PANIC)
    assert why.failed == ("volume 1.6x of 3x",)


@pytest.mark.parametrize(("volume", "fires"), [(60, False), (61, True)])
def test_volume_threshold_is_exact(volume, fires):
    """29 of the last 30 s hold one contract each; the mean per 30 s is 30, so 90 are needed."""
    night = evening()
    panic(night, volume=volume)
    assert bool(night.seen(PANIC)) is fires


@pytest.mark.parametrize(("bid", "fires"), [(4_751, False), (4_750, True)])
def test_panic_price_threshold_is_exact(bid, fires):
    night = evening()
    night.trade(100)
    assert bool(night.quote(bid, 4_950)) is fires


@pytest.mark.parametrize(("bid", "fires"), [(5_149, False), (5_150, True)])
def test_fomo_needs_five_percent(bid, fires):
    night = evening()
    night.trade(100, Side.BUY)
    said = night.quote(bid, 5_350)
    assert [(m.kind, m.advice) for m in said] == ([(FOMO, Advice.SELL)] if fires else [])


def test_a_kind_speaks_once_and_again_only_after_thirty_calm_seconds():
    night = evening()
    panic(night)
    night.calm(10)
    assert len(night.seen(PANIC)) == 1
    night.quote(4_900, 5_100)
    night.calm(70)
    night.quote(4_700, 4_900)
    night.trade(200)
    assert len(night.seen(PANIC)) == 2
    assert [s.id for s in night.seen()] == ["s-000001", "s-000002"]


def test_without_enough_baseline_it_says_how_much_there_is():
    night = Evening()
    night.calm(280)
    panic(night)
    night.wait(1)
    assert night.seen(PANIC) == []
    assert night.rejected(PANIC)[0].failed == ("baseline 4 of 10 min",)


def test_burst_does_not_hide_itself_in_the_baseline():
    night = evening()
    night.calm(25, volume=50)
    gauges = night.detector.gauges(M)
    assert gauges.volume_30s == (25 * 50 + 4) * QTY_ONE
    assert gauges.volume_ratio == gauges.volume_30s // 30
    assert gauges.spread_mean == 200


def test_baseline_without_trading_never_divides_and_never_fires():
    night = Evening(min_baseline_s=60)
    night.calm(120, volume=0)
    panic(night)
    night.wait(1)
    assert night.seen(PANIC) == []
    assert night.rejected(PANIC)[0].failed == ("no trading in the baseline",)
    assert night.detector.gauges(M).volume_ratio == 0


def test_market_at_its_close_fires_nothing():
    night = evening()
    night.trade(500)
    assert night.quote(0, 10_000) == []
    night.wait(5)
    night.trade(500)
    assert night.quote(0, 5_100) == []
    night.wait(5)
    assert night.said == []
    assert night.detector.gauges(M).change_ppm == 0


def test_untrusted_book_fires_nothing():
    night = evening()
    night.trade(500)
    night.bid, night.ask = 4_700, 4_900
    assert night.book(trusted=False) == []
    night.wait(ms=100)
    assert [m.kind for m in night.book(trusted=True)] == [PANIC]


@pytest.mark.parametrize(
    "hole", [BookLost(0, M, "gap"), BookDoubted(0, Venue.KALSHI, M, "touch differs")]
)
def test_move_across_a_lost_book_is_no_move(hole):
    night = evening()
    night.hear(type(hole)(night.at, *[getattr(hole, f) for f in hole.__struct_fields__[1:]]))
    night.book(trusted=False)
    night.wait(2)
    night.trade(500)
    assert night.quote(4_500, 4_700) == []
    night.calm(29)
    assert night.seen() == night.rejected() == []
    assert night.detector.gauges(M).change_ppm == 0
    night.calm(5)
    assert night.detector.gauges(M).ready_s > 80


def test_hole_in_a_recording_is_no_move():
    night = evening()
    night.at += 3_600 * SECOND
    night.trade(500)
    assert night.quote(4_500, 4_700) == []
    night.wait(3)
    assert night.said == []


def test_vacuum_needs_thin_depth_and_a_wide_spread_that_last():
    night = evening()
    night.wait(ms=100)
    thin = {"bid_depth": 800 * CASH_ONE, "ask_depth": 200 * CASH_ONE}
    assert night.quote(4_700, 5_300, **thin) == []
    night.wait(ms=200)
    assert night.book() == []
    night.wait(ms=60)
    (signal,) = [m for m in night.book() if m.kind is VACUUM]
    assert signal.advice is Advice.WAIT
    assert signal.reasons[0] == "depth 0.5x of its mean"


def test_vacuum_with_a_narrow_spread_says_so():
    night = evening(pull_fall_ppm=990_000)
    night.quote(4_900, 5_101, bid_depth=400 * CASH_ONE, ask_depth=500 * CASH_ONE)
    night.wait(3)
    assert night.seen() == []
    assert night.rejected(VACUUM)[0].failed == ("spread 1x of 3x",)


def test_quotes_being_replaced_are_no_pull():
    night = evening()
    for _ in range(20):
        night.wait(ms=300)
        night.quote(4_900, 5_100, bid_depth=CASH_ONE)
        night.wait(ms=100)
        night.quote(4_900, 5_100, bid_depth=1_000 * CASH_ONE)
    assert night.said == []


@pytest.mark.parametrize(
    ("side", "words"), [("bid_depth", "trap for buyers"), ("ask_depth", "squeeze on sellers")]
)
def test_pulled_depth_names_trap_or_squeeze(side, words):
    night = evening()
    night.wait(ms=100)
    night.quote(4_900, 5_100, **{side: 499 * CASH_ONE})
    night.wait(ms=300)
    (signal,) = night.book()
    assert (signal.kind, signal.advice) == (PULL, Advice.WAIT)
    assert words in signal.reasons
    assert "trades explain 0 % of it" in signal.reasons


def test_half_the_depth_gone_is_not_more_than_half():
    night = evening()
    night.quote(4_900, 5_100, bid_depth=500 * CASH_ONE)
    night.wait(3)
    assert night.said == []


def test_depth_that_was_traded_was_not_pulled():
    night = evening()
    night.wait(ms=100)
    night.trade(300, Side.SELL)  # $147 of the $600 that go
    night.quote(4_900, 5_100, bid_depth=400 * CASH_ONE)
    night.wait(2)
    assert night.seen(PULL) == []
    assert night.rejected(PULL)[0].failed == ("trades explain 24 % of it, not under 20 %",)


def test_trades_on_the_other_side_explain_nothing():
    night = evening()
    night.wait(ms=100)
    night.trade(3_000, Side.BUY)
    night.quote(4_900, 5_100, bid_depth=400 * CASH_ONE)
    night.wait(2)
    assert len(night.seen(PULL)) == 1


def wobble(night, seconds):
    """Go up and down a tick around 5_000, so that there is a deviation to speak of."""
    for second in range(seconds):
        shift = 100 * (-1) ** second
        night.quote(4_900 + shift, 5_100 + shift)
        night.wait(1)


def test_reversion_fires_beyond_two_deviations_of_five_minutes():
    night = Evening(min_baseline_s=10_000)
    wobble(night, 250)
    assert night.quote(4_700, 4_900) == []  # -200 is two deviations of 100, and not more
    (signal,) = night.quote(4_698, 4_900)
    assert (signal.kind, signal.advice, signal.before2) == (REVERSION, Advice.BUY, 10_000)
    assert signal.reasons[0] == "mid 2 sd below its 5 min mean"


def test_reversion_needs_four_minutes_of_mids():
    night = Evening(min_baseline_s=10_000)
    wobble(night, 200)
    assert night.quote(4_300, 4_500) == []


def test_reversion_of_less_than_a_tick_is_told_as_rejected():
    night = Evening(min_baseline_s=10_000)
    night.calm(250)
    night.quote(4_850, 5_100)
    night.wait(2)
    assert night.seen(REVERSION) == []
    assert night.rejected(REVERSION)[0].failed == ("0.2 ticks of 1",)


@pytest.mark.parametrize(("mode", "advice"), [("fade", Advice.SELL), ("follow", Advice.BUY)])
def test_spike_fires_at_the_end_of_its_second(mode, advice):
    night = Evening(min_baseline_s=10_000, spike_mode=mode)
    night.calm(60)
    night.quote(5_300, 5_500)
    night.wait(1)
    (signal,) = night.seen()
    assert (signal.kind, signal.advice, signal.before2) == (SPIKE, advice, 10_000)
    assert signal.at % SECOND == 0
    assert signal.reasons[0] == "price runs up (CUSUM)"
    assert signal.reasons[2] == "price +8.0 % in 3 s, needs over +1.0 %"


def test_spike_down_is_a_buy():
    night = Evening(min_baseline_s=10_000)
    night.calm(60)
    night.quote(4_500, 4_700)
    night.wait(1)
    assert [(m.kind, m.advice) for m in night.seen()] == [(SPIKE, Advice.BUY)]


@pytest.mark.parametrize(("mid_step", "alarms"), [(350, False), (351, True)])
def test_spike_cusum_counts_beyond_its_slack(mid_step, alarms):
    """0.03 on top of a slack of 0.005 a second."""
    night = Evening(min_baseline_s=10_000)
    night.calm(60)
    night.quote(4_900 + mid_step, 5_100 + mid_step)
    night.wait(1)
    assert bool(night.seen(SPIKE) + night.rejected(SPIKE)) is alarms


def test_spike_into_a_thin_wide_book_says_what_failed():
    night = Evening(min_baseline_s=10_000)
    night.calm(60)
    night.quote(5_200, 5_700, bid_depth=49 * CASH_ONE)
    night.wait(1)
    assert night.seen(SPIKE) == []
    assert night.rejected(SPIKE)[0].failed == (
        "spread 5c, needs under 5c", "$49 a side, needs $50",
    )  # fmt: skip


def test_a_spike_that_is_not_far_enough_out_says_how_far_in_words():
    night = Evening(min_baseline_s=10_000, spike_change_ppm=0)
    for n in range(40):
        shift = 100 if n % 2 else -100
        night.quote(4_900 + shift, 5_100 + shift)
        night.wait(1)
    for step in (100, 200, 300):
        night.quote(4_900 + step, 5_100 + step)
        night.wait(1)
    assert night.rejected(SPIKE)[0].failed == ("moved 2.4 sd from its average, needs over 2.5",)


def test_score_follows_its_formula():
    night = evening()
    (signal,) = panic(night, volume=61)
    volume_ratio, spread_ratio, change = 3.0, 1.0, 0.04
    exact = 0.5 * volume_ratio / 5 + 0.3 * spread_ratio / 3 + 0.2 * change / 0.1
    assert signal.score_ppm == round(exact * 1e6)
    assert signal.reasons[-1] == "score 0.48 of 0.70"


def test_score_never_exceeds_one():
    night = evening()
    (signal,) = panic(night, volume=100_000)
    assert signal.score_ppm == 1_000_000


def test_tickers_give_volume_where_no_tape_is_told():
    night = Evening()
    night.book()
    for at, volume in ((1, 500), (2, 530), (3, 530), (4, 600)):
        stamp = START + at * MS
        night.hear(TouchSeen(stamp, stamp, M, 4_900, 5_100, 5_000, volume * QTY_ONE))
    assert night.detector.gauges(M).volume_30s == 100 * QTY_ONE


def test_tickers_give_no_volume_beside_a_tape():
    night = Evening()
    night.book()
    night.trade(7)
    for at, volume in ((1, 500), (2, 530)):
        stamp = START + at * MS
        night.hear(TouchSeen(stamp, stamp, M, 4_900, 5_100, 5_000, volume * QTY_ONE))
    assert night.detector.gauges(M).volume_30s == 7 * QTY_ONE


def test_gauges_of_a_market_never_heard_of_are_empty():
    gauges = Evening().detector.gauges("never")
    assert (gauges.ready_s, gauges.needed_s) == (0, 600)


def test_move_is_measured_against_the_mid_of_exactly_thirty_seconds_ago():
    night = evening()
    night.wait(ms=500)
    night.quote(5_000, 5_200)
    night.wait(30)
    assert night.detector.gauges(M).change_ppm == 20_000
    night.wait(ms=499)
    assert night.detector.gauges(M).change_ppm == 20_000
    night.wait(ms=1)
    assert night.detector.gauges(M).change_ppm == 0


def test_panic_is_gone_once_the_fall_is_thirty_seconds_old():
    night = evening()
    night.wait(ms=500)
    night.quote(4_700, 4_900)
    night.wait(30, ms=400)
    night.trade(500)
    assert len(night.seen(PANIC)) == 1
    late = evening()
    late.wait(ms=500)
    late.quote(4_700, 4_900)
    late.wait(30, ms=600)
    late.trade(500)
    assert late.seen(PANIC) == []


def test_market_that_was_empty_for_two_seconds_has_no_move_across_it():
    night = evening()
    night.quote(0, 10_000)
    night.wait(3)
    night.trade(500)
    assert night.quote(4_500, 4_700) == []
    night.wait(1)
    assert night.seen(PANIC) == night.rejected(PANIC) == []


def test_side_missing_for_an_instant_does_not_cut_the_history():
    night = evening()
    night.quote(0, 5_100)
    night.wait(ms=20)
    night.trade(500)
    assert [m.kind for m in night.quote(4_700, 4_900)] == [PANIC]


def test_gauges_show_how_far_ten_second_returns_spread():
    night = Evening()
    for ten in range(20):
        night.quote(4_900 + 100 * (ten % 2), 5_100 + 100 * (ten % 2))
        night.wait(10)
    assert 19_000 < night.detector.gauges(M).return_sd_ppm < 20_000  # 2 % up, 1.96 % down
