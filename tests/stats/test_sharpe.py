"""The Sharpe ratio and its deflation against the papers' worked examples."""

import math
from statistics import NormalDist, fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.sharpe import (
    Sharpe,
    deflated,
    deflated_of,
    expected_maximum,
    known_sharpe,
    probabilistic,
    sharpe_error,
    sharpe_of,
)

RESULTS = [120, -80, 35, 240, -150, 60, 10, -20, 95, -300, 45, 70]
# Bailey & Lopez de Prado (2014), "A numerical example": 2.5 a year over 1250 days of 250 a year,
# variance of the trials 1/2 a year, skew -3, kurtosis 10.
DAILY = Sharpe(1250, 2.5 / math.sqrt(250), None, -3.0, 10.0)
# Bailey & Lopez de Prado (2012): a fund's 24 months.
FUND = Sharpe(24, 0.458, None, -2.448, 10.164)


def test_moments_agree_with_scipy():
    # scipy 1.17.1: mean / std(ddof=1), skew, kurtosis(fisher=False).
    found = sharpe_of(RESULTS)
    assert (found.value, found.skew, found.kurtosis) == pytest.approx(
        (0.07523409602081402, -0.7295959638583825, 3.510586443551977), rel=1e-8
    )
    assert found.n == 12


def test_the_papers_example_deflates_to_90_percent():
    found = deflated(DAILY, 100, 0.5 / 250)
    assert round(found.against, 4) == 0.1132
    assert round(found.probability, 4) == 0.9004
    assert (found.n, found.trials) == (1250, 100)


def test_46_trials_would_have_been_acceptable_or_88_of_normal_results():
    normal = Sharpe(DAILY.n, DAILY.value, None)
    assert round(deflated(DAILY, 46, 0.5 / 250).probability, 4) == 0.9505
    assert round(deflated(normal, 88, 0.5 / 250).probability, 4) == 0.9505


def test_the_fund_is_less_sure_than_a_normal_one():
    assert round(probabilistic(FUND).probability, 3) == 0.913
    assert round(probabilistic(Sharpe(24, 0.458, None)).probability, 3) == 0.982


def test_the_best_of_ten_worthless_tries_shows_1_57():
    # Bailey, Borwein, Lopez de Prado & Zhu (2014), Notices of the AMS 61, proposition 1.
    assert round(expected_maximum(10, 1.0), 2) == 1.57


@pytest.mark.parametrize("trials", [5, 20, 100, 1000])
def test_the_expected_maximum_is_near_the_integral(trials):
    normal = NormalDist()
    # The mean of the largest of N is the integral of its quantile, here by the midpoint rule.
    steps = 20_000
    exact = fmean(normal.inv_cdf(((i + 0.5) / steps) ** (1 / trials)) for i in range(steps))
    assert expected_maximum(trials, 4.0) == pytest.approx(2 * exact, rel=0.03)


def test_a_single_try_is_not_deflated():
    assert expected_maximum(1, 3.0) == 0.0
    assert deflated(FUND, 1, 3.0).probability == probabilistic(FUND).probability


def test_deflation_takes_trials_and_variance_from_what_was_tried():
    tried = [0.458, 0.1, -0.2, 0.3]
    mean = fmean(tried)
    variance = sum((one - mean) ** 2 for one in tried) / 3
    assert deflated_of(FUND, tried) == deflated(FUND, 4, variance)
    assert deflated_of(FUND, [0.458]).probability == probabilistic(FUND).probability


@given(st.integers(2, 500), st.floats(0.0001, 1))
def test_more_trials_leave_less(trials, variance):
    fewer, more = (deflated(DAILY, n, variance).probability for n in (trials, trials + 50))
    assert more <= fewer <= probabilistic(DAILY).probability


def test_a_normal_sharpe_has_los_error():
    # Lo (2002): variance (1 + SR^2 / 2) / n.
    assert sharpe_error(0.5, 101) == pytest.approx(math.sqrt((1 + 0.125) / 100))


def test_the_error_is_the_spread_seen_over_many_samples():
    # Results with a long tail of losses, drawn by a fixed multiplicative walk (MINSTD).
    state, found = 1, []
    for _ in range(1500):
        results = []
        for _ in range(300):
            state = state * 48_271 % 2_147_483_647
            results.append(0.9 + 0.5 * math.log(state / 2_147_483_647))
        found.append(sharpe_of(results))
    centre = fmean(one.value for one in found)
    spread = math.sqrt(fmean((one.value - centre) ** 2 for one in found))
    assert fmean(one.error for one in found) == pytest.approx(spread, rel=0.06)
    assert sharpe_error(centre, 300) < 0.8 * spread  # as if the results were normal


@given(
    st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=2, max_size=30),
    st.sampled_from([0.25, 2.0, 1024.0]),
)
def test_the_unit_does_not_matter_and_nothing_breaks(results, unit):
    plain, scaled = sharpe_of(results), sharpe_of([result * unit for result in results])
    if plain.value is not None and scaled.value is not None:
        assert scaled.value == pytest.approx(plain.value, rel=1e-6)
        assert 0 <= probabilistic(plain).probability <= 1


@pytest.mark.parametrize("results", [[], [5], [5, 5, 5]])
def test_without_spread_there_is_no_sharpe(results):
    found = sharpe_of(results)
    assert (found.n, found.value, found.error) == (len(results), None, None)
    assert probabilistic(found).probability is None
    assert deflated(found, 10, 1.0).probability is None


def test_too_few_tell_only_their_number():
    assert known_sharpe(sharpe_of(RESULTS), 30) == Sharpe(12, None, None)
    assert known_sharpe(sharpe_of(RESULTS), 12).value is not None


@pytest.mark.parametrize(("trials", "variance"), [(0, 1.0), (5, -1.0), (5, math.nan)])
def test_impossible_trials_are_refused(trials, variance):
    with pytest.raises(ValueError, match="trials"):
        expected_maximum(trials, variance)
