"""Calibration against counts by hand and Murphy's identity."""

from collections import defaultdict
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.calibration import Brier, brier, reliability_curve, skill
from pmterm.stats.intervals import wilson

TENTHS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=40)


def test_the_score_by_hand():
    # (0.9-1)^2, (0.9-0)^2, (0.2-0)^2, (0.2-0)^2 -> 0.90 / 4; base rate 1/4.
    found = brier([0.9, 0.9, 0.2, 0.2], [True, False, False, False])
    # Of 0.9 a half came true (0.4 off), of 0.2 none (0.2 off); both lie 0.25 from the base rate.
    assert found == Brier(4, 0.225, 0.1, 0.0625, 0.1875, 0.0)


def by_murphy(points):
    """Return the three parts in whole fractions, grouped by the forecast itself."""
    groups = defaultdict(list)
    for tenth, hit in points:
        groups[Fraction(tenth, 10)].append(int(hit))
    n = len(points)
    base = Fraction(sum(hit for _, hit in points), n)
    share = {told: Fraction(sum(hits), len(hits)) for told, hits in groups.items()}
    reliability = sum(len(groups[told]) * (told - share[told]) ** 2 for told in groups) / n
    resolution = sum(len(groups[told]) * (share[told] - base) ** 2 for told in groups) / n
    return reliability, resolution, base * (1 - base)


@given(TENTHS)
def test_one_forecast_for_each_bin_leaves_nothing_within(points):
    chances, outcomes = [(t + 0.0) / 10 for t, _ in points], [hit for _, hit in points]
    found = brier(chances, outcomes, bins=1000)
    reliability, resolution, uncertainty = by_murphy(points)
    assert found.n == len(points)
    assert found.reliability == pytest.approx(float(reliability), abs=1e-8)
    assert found.resolution == pytest.approx(float(resolution), abs=1e-8)
    assert found.uncertainty == pytest.approx(float(uncertainty), abs=1e-8)
    assert found.within == pytest.approx(0.0, abs=1e-8)
    assert found.score == pytest.approx(float(reliability - resolution + uncertainty), abs=1e-8)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_the_parts_add_up_to_the_mean_squared_error(points):
    chances, outcomes = zip(*points, strict=True)
    found = brier(chances, outcomes)
    direct = sum((c - o) ** 2 for c, o in points) / len(points)
    assert found.score == pytest.approx(direct, abs=1e-8)
    parts = found.reliability - found.resolution + found.uncertainty + found.within
    assert parts == pytest.approx(direct, abs=1e-8)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.integers(1, 20))
def test_every_forecast_is_in_one_bin_that_holds_it(points, bins):
    chances, outcomes = [c for c, _ in points], [o for _, o in points]
    curve = reliability_curve(chances, outcomes, bins)
    assert sum(one.n for one in curve) == len(points)
    assert sum(one.came_true.hits for one in curve) == sum(outcomes)
    for one in curve:
        assert one.low - 1e-8 <= one.said <= one.high + 1e-8
        assert one.came_true == wilson(one.came_true.hits, one.n)


def test_a_sure_forecast_falls_into_the_last_bin():
    (only,) = reliability_curve([1.0, 1.0], [True, True])
    assert (only.low, only.high, only.n, only.said) == (0.9, 1.0, 2, 1.0)


def test_skill_is_one_for_the_truth_none_for_the_rate_and_negative_for_worse():
    outcomes = [True, False, False, False]
    assert skill([1, 0, 0, 0], outcomes, 0.25).skill == 1.0
    assert skill([0.25] * 4, outcomes, 0.25).skill == 0.0
    # Four errors of 1 against the rate's 0.5625 and three times 0.0625.
    assert skill([0, 1, 1, 1], outcomes, 0.25).skill == pytest.approx(1 - 4 / 0.75, abs=1e-8)
    assert skill([0, 0], [False, False], 0.0).skill is None


def test_without_forecasts_nothing_is_claimed():
    assert brier([], []) == Brier(0, None, None, None, None, None)
    assert reliability_curve([], []) == ()
    assert skill([], [], 0.5).skill is None


@pytest.mark.parametrize(
    ("chances", "outcomes"),
    [([1.1], [True]), ([-0.1], [True]), ([0.5], []), ([float("nan")], [True])],
)
def test_bad_input_is_refused(chances, outcomes):
    for ask in (brier, reliability_curve, lambda c, o: skill(c, o, 0.5)):
        with pytest.raises(ValueError, match=r"."):
            ask(chances, outcomes)
