import pytest
from tests.properties.money_builders import BUY, SELL, fill, recall
from tests.trading.signal.evening import Evening, M

from pmterm.messages.signals import Advice, SignalKind
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings

KIND = SignalKind.THESIS_INVALID


def lively(seconds, detector=None, **settings):
    """A market that breathes by a tick each ten seconds."""
    it = Evening(**settings)
    if detector is not None:
        it.detector, it.hears = detector, detector.hears()
    for second in range(0, seconds, 10):
        shift = 100 * (second // 10 % 2)
        it.quote(4_900 + shift, 5_100 + shift)
        it.calm(10)
    return it


def hold(it, side=BUY):
    it.hear(fill(side=side, name=M, at=it.at))


def to_the_ten(it):
    it.wait(ms=(10_000 - it.at // 1_000_000 % 10_000))


@pytest.mark.parametrize(("side", "advice"), [(BUY, Advice.SELL), (SELL, Advice.BUY)])
def test_a_move_unlike_the_last_hour_says_to_close(side, advice):
    it = lively(1_200)
    hold(it, side)
    it.quote(5_400, 5_600)
    to_the_ten(it)
    (seen,) = it.seen(KIND)
    assert seen.advice is advice
    assert "sd of its last hour in 10 s" in seen.reasons[0]


def test_volume_alone_is_enough():
    it = lively(1_200)
    hold(it)
    it.trade(200)
    to_the_ten(it)
    (seen,) = it.seen(KIND)
    assert seen.reasons[0].startswith("volume 2")


def test_nothing_is_said_where_nothing_is_held():
    it = lively(1_200)
    it.quote(5_400, 5_600)
    to_the_ten(it)
    hold(it)
    hold(it, SELL)
    assert not it.seen(KIND)


def test_what_was_closed_is_not_held():
    it = lively(1_200)
    hold(it)
    it.hear(fill(2, side=SELL, name=M))
    it.quote(5_400, 5_600)
    to_the_ten(it)
    assert not it.seen(KIND)


def test_it_waits_for_a_hundred_samples():
    it = lively(1_000)
    hold(it)
    it.quote(5_400, 5_600)
    to_the_ten(it)
    assert not it.seen(KIND)


def test_an_ordinary_ten_seconds_is_no_reason():
    it = lively(1_200)
    hold(it)
    it.calm(60)
    assert not it.seen(KIND)


def test_it_is_said_once_until_calm():
    it = lively(1_200)
    hold(it)
    for step in range(3):
        it.quote(5_400 + 300 * step, 5_600 + 300 * step)
        it.calm(10)
    assert len(it.seen(KIND)) == 1


def test_what_is_held_is_known_from_the_journal():
    it = lively(1_200, recall(Detector(SignalSettings()), [fill(name=M)]))
    it.quote(5_400, 5_600)
    to_the_ten(it)
    assert len(it.seen(KIND)) == 1


def test_a_signal_carries_what_a_model_could_learn_from():
    it = lively(1_200, act_score_ppm=1)
    hold(it)
    it.quote(5_400, 5_600, bid_depth=3_000_000_000)
    it.trade(50)
    to_the_ten(it)
    (seen,) = it.seen(KIND)
    assert seen.volume_ratio > 1_000_000
    assert (seen.depth_ratio, seen.imbalance_ppm) == (2_000_000, 500_000)
    assert (seen.spread, seen.spread_ratio) == (200, 1_000_000)
    assert seen.change_ppm > 50_000
    assert seen.ready_s >= 1_000
    assert seen.volatility > 0
