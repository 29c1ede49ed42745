import pytest
from tests.trading.signal.evening import Evening, M

from pmterm.messages.feed import BookChanged, MarketSeen, TradeSeen
from pmterm.model.errors import SettingsWrong
from pmterm.model.ids import Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.trading.signal.kalman import DRIFT, NOISE, ONE, Estimate, drift, fused_ppm, pairs_of

HOUR = 3_600 * SECOND


def test_it_is_the_textbook_filter():
    it = Estimate()
    value, variance = 0.4, 0.1
    for mid2 in (8_000, 9_000, 8_600, 8_600):
        it.see(mid2, -1)
        variance += 0.001
        gain = variance / (variance + 0.01)
        value += gain * (mid2 / 20_000 - value)
        variance *= 1 - gain
    assert abs(it.value / ONE - value) < 1e-9
    assert abs(it.variance / ONE - variance) < 1e-9


def test_the_same_prices_come_to_the_same_bits():
    it = Estimate()
    for mid2 in range(6_000, 9_000, 7):
        it.see(mid2, 5 * HOUR)
    assert (it.value, it.variance) == (449_565_111_993, 5_984_051_584)


def test_noise_moves_it_less_than_the_price_and_a_shift_is_followed():
    it = Estimate()
    for _ in range(50):
        it.see(10_000, -1)
    it.see(11_000, -1)
    assert 500_000 < it.value_ppm < 520_000
    for _ in range(30):
        it.see(11_000, -1)
    assert abs(it.value_ppm - 550_000) < 500


@pytest.mark.parametrize(
    ("left", "times"), [(-1, 1), (48 * HOUR, 1), (24 * HOUR, 1), (12 * HOUR, 6), (0, 11)]
)
def test_it_drifts_faster_as_the_end_comes_near(left, times):
    assert drift(left) == times * DRIFT


def test_the_louder_venue_counts_more():
    assert fused_ppm(400_000, 3, 600_000, 1) == 450_000
    assert fused_ppm(400_000, 0, 600_000, 0) == 500_000
    assert fused_ppm(400_000, 0, 0, 9) == 400_000
    assert fused_ppm(0, 0, 0, 0) == 0


def test_pairs_read_both_ways():
    assert pairs_of(" A=0x1, B = 0x2 ,") == {"A": "0x1", "0x1": "A", "B": "0x2", "0x2": "B"}
    assert pairs_of("") == {}


@pytest.mark.parametrize("text", ["A", "A=", "A=A", "A=B=C", "A=B, A=C"])
def test_what_is_no_pair_is_told(text):
    with pytest.raises(SettingsWrong, match=r"signals\.pairs"):
        pairs_of(text)


def test_the_screen_reads_the_estimate_and_that_of_both_venues():
    it = Evening(pairs=f"{M}=0x1")
    for name, venue in ((M, Venue.KALSHI), ("0x1", Venue.POLYMARKET)):
        outcomes = (Outcome("Yes"), Outcome("No"))
        it.hear(MarketSeen(it.at, Market(id=name, venue=venue, title="?", outcomes=outcomes)))
    for _ in range(60):
        it.wait(seconds=1)
        it.book()
        depth = 100 * CASH_ONE
        it.hear(
            BookChanged(it.at, "0x1", 5_900, 6_100, QTY_ONE, QTY_ONE, depth, depth, is_trusted=True)
        )
        it.trade(3)
        it.hear(TradeSeen(it.at, it.at, "0x1", 6_000, QTY_ONE, Side.BUY))
    here, there = it.detector.gauges(M), it.detector.gauges("0x1")
    assert (here.estimate_ppm, there.estimate_ppm) == (500_000, 600_000)
    assert here.fused_ppm == there.fused_ppm == 525_000
    assert 0 < here.estimate_sd_ppm < 1_000_000 * (NOISE / ONE) ** 0.5
    it.book(trusted=False)
    it.wait(seconds=3)
    assert it.detector.gauges(M).estimate_ppm == 0
