"""Whether prices and confidence came true."""

import msgspec
from tests.lab.case_build import case

from pmterm.lab.calibration import market_calibrations, signal_calibrations, told_beforehand
from pmterm.store.resolved import Quoted


def quote(number, bid, payout, venue="kalshi"):
    return Quoted(f"M{number}", venue, number, bid, bid + 200, payout)


def test_brier_and_curve_by_hand_and_per_venue():
    # Mids of 0.70, of which 24 of 30 paid: 0.8 * 0.09 + 0.2 * 0.49 = 0.17.
    kalshi = [quote(n, 6_900, 10_000 if n < 24 else 0) for n in range(30)]
    poly = [quote(n + 30, 1_900, 0, "polymarket") for n in range(29)]
    whole, first, second = market_calibrations([*kalshi, *poly])
    assert (whole.n, first.n, second.n) == (59, 30, 29)
    assert first.brier.score == 0.17
    (row,) = first.curve
    assert (row.said, row.came_true.rate, row.n) == (0.7, 0.8, 30)
    assert second.brier.score is None  # 29 claim nothing
    assert second.curve[0].came_true.rate is None


def test_confidence_is_told_only_by_what_was_known_before():
    known = [case(n, score=500_000, reverted=n % 2 == 0) for n in range(80)]
    told = told_beforehand(known)
    assert len(told) == 30  # the first 50 teach: a run of 25 begins at 50
    assert all(abs(chance - 0.5) < 0.02 for chance, _ in told)
    later = [*known[:79], msgspec.structs.replace(known[79], reverted=True)]
    assert told_beforehand(later)[:29] == told[:29]


def test_an_outcome_that_was_not_known_yet_teaches_nothing():
    late = [case(n, at=n, ended_at=10**20) for n in range(100)]
    assert told_beforehand(late) == []
    assert signal_calibrations(late) == []
