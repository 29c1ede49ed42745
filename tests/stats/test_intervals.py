"""Intervals against published tables, scipy 1.17.1 and counting by hand."""

import math
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.intervals import (
    ENOUGH,
    Estimate,
    clustered_mean,
    difference,
    known_rate,
    mean,
    median,
    p_above,
    wilson,
)

# Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3.
WILSON = [
    (81, 263, 0.2553, 0.3662),
    (15, 148, 0.0624, 0.1605),
    (0, 20, 0.0, 0.1611),
    (1, 29, 0.0061, 0.1718),
]
# Newcombe (1998), Statistics in Medicine 17, 873-890, table II, method 10.
NEWCOMBE = [
    ((56, 70), (48, 80), 0.0524, 0.3339),
    ((9, 10), (3, 10), 0.1705, 0.8090),
    ((6, 7), (2, 7), 0.0582, 0.8062),
    ((5, 56), (0, 29), -0.0381, 0.1926),
    ((0, 10), (0, 20), -0.1611, 0.2775),
    ((0, 10), (0, 10), -0.2775, 0.2775),
    ((10, 10), (0, 20), 0.6791, 1.0),
    ((10, 10), (0, 10), 0.6075, 1.0),
]
# scipy.stats.binomtest(hits, n, rate).pvalue, alternatives "greater" and "less".
BINOMIAL = [
    (7, 20, 0.3, 0.3919901877990756, 0.7722717974181608),
    (0, 5, 0.2, 1.0, 0.32768),
    (5, 5, 0.2, 0.00032, 1.0),
    (560, 1000, 0.5, 8.252493527522643e-05, 0.9999361178408378),
    (3, 4000, 0.01, 0.999999999999997, 4.11355385378374e-14),
    (39, 50, 0.5, 4.5107450535653015e-05, 0.9999880693341616),
]
RESULTS = [120, -80, 35, 240, -150, 60, 10, -20, 95, -300, 45, 70]


@pytest.mark.parametrize(("hits", "n", "low", "high"), WILSON)
def test_wilson_as_in_newcombes_table(hits, n, low, high):
    found = wilson(hits, n)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (found.hits, found.n) == (hits, n)


@given(st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_ends_solve_the_score_equation(counts):
    hits, n = counts
    found = wilson(hits, n)
    for end in {found.low, found.high} - {0.0, 1.0}:
        score = (found.rate - end) / math.sqrt(end * (1 - end) / n)
        assert abs(score) == pytest.approx(1.959964, rel=1e-5)
    assert 0 <= found.low <= found.rate <= found.high <= 1


def test_of_nothing_nothing_is_known():
    assert (wilson(0, 0).rate, wilson(0, 0).low, wilson(0, 0).high) == (None, 0.0, 1.0)


def test_below_thirty_a_rate_is_not_known_but_its_counts_are():
    few, enough = known_rate(20, ENOUGH - 1), known_rate(20, ENOUGH)
    assert (few.hits, few.n, few.rate, few.low, few.high) == (20, 29, None, None, None)
    assert enough == wilson(20, 30)


@pytest.mark.parametrize(("hits", "n"), [(-1, 5), (6, 5), (0, -1)])
def test_counts_that_cannot_be_are_refused(hits, n):
    for ask in (wilson, known_rate, lambda *counts: p_above(*counts, 0.5)):
        with pytest.raises(ValueError, match="cannot be"):
            ask(hits, n)


@pytest.mark.parametrize(("hits", "n", "rate", "above", "below"), BINOMIAL)
def test_exact_binomial_agrees_with_scipy(hits, n, rate, above, below):
    assert p_above(hits, n, rate).p == pytest.approx(above, rel=1e-8)
    assert p_above(n - hits, n, 1 - rate).p == pytest.approx(below, rel=1e-8)


@given(st.integers(1, 60), st.floats(0, 1))
def test_more_or_fewer_is_everything_and_once_itself(n, rate):
    hits = n // 2
    rest = p_above(n - hits + 1, n, 1 - rate).p if hits else 0.0
    assert p_above(hits, n, rate).p + rest == pytest.approx(1.0, abs=1e-8)


@pytest.mark.parametrize(("first", "second", "low", "high"), NEWCOMBE)
def test_difference_as_in_newcombes_table(first, second, low, high):
    found = difference(first, second)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)
    assert (found.first_n, found.second_n) == (first[1], second[1])


def test_an_empty_group_is_not_compared():
    with pytest.raises(ValueError, match="empty"):
        difference((0, 0), (1, 2))


@pytest.mark.parametrize("n", [6, 7, 10, 20, 21, 75])
def test_the_medians_interval_is_the_narrowest_that_holds_it(n):
    def coverage(rank):  # of the rank-th value from either side, by counting signs
        return sum(math.comb(n, below) for below in range(rank, n - rank + 1)) / 2**n

    found = median(range(1, n + 1))
    rank = int(found.low)
    assert found.high == n + 1 - rank
    assert coverage(rank) >= 0.95 > coverage(rank + 1)
    assert found.value == statistics.median(range(1, n + 1))


def test_five_values_hold_no_median_with_95_percent():
    assert median([5, 1, 4, 2, 3]) == Estimate(5, 3.0, None, None)
    assert median([]) == Estimate(0, None, None, None)


def test_mean_agrees_with_scipys_t_interval():
    found = mean(RESULTS, 0.9)
    assert found.value == pytest.approx(statistics.fmean(RESULTS))
    assert (found.low, found.high) == pytest.approx(
        (-61.363079150080544, 82.19641248341384), rel=1e-8
    )
    assert mean([3]) == Estimate(1, 3.0, None, None)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=2, max_size=40))
def test_clusters_of_one_are_the_plain_mean(values):
    alone = clustered_mean(values, range(len(values)))
    plain = mean(values)
    assert alone.clusters == alone.n == len(values)
    assert (alone.low, alone.high) == pytest.approx((plain.low, plain.high), rel=1e-6, abs=1e-3)


def test_a_day_told_ten_times_is_still_one_day():
    days = [3.0, -1.0, 4.0, 2.0]
    once = mean(days)
    tenfold = clustered_mean(
        [day for day in days for _ in range(10)], [d for d in range(4) for _ in range(10)]
    )
    assert (tenfold.n, tenfold.clusters) == (40, 4)
    assert (tenfold.low, tenfold.high) == pytest.approx((once.low, once.high))
    assert mean([day for day in days for _ in range(10)]).low > once.low


def test_clusters_of_unequal_size_by_hand():
    # Mean 3.4; sums of deviations by cluster -3.8, 0.2, 3.6; t(2) = 4.302652730.
    found = clustered_mean([1, 2, 3, 4, 7], ["mon", "mon", "tue", "tue", "wed"])
    error = math.sqrt(3 / 2 * (3.8**2 + 0.2**2 + 3.6**2)) / 5
    assert found.value == 3.4
    assert found.high - 3.4 == pytest.approx(4.302652730 * error, rel=1e-8)


def test_one_day_has_no_interval_however_many_trades():
    found = clustered_mean([1.0] * 50 + [2.0] * 50, ["mon"] * 100)
    assert (found.n, found.clusters, found.low, found.high) == (100, 1, None, None)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_the_order_of_the_values_changes_no_digit(values, chance):
    turned = sorted(values, key=lambda _: chance.random())
    assert mean(turned) == mean(values)
    assert median(turned) == median(values)


@given(st.integers(30, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_more_confidence_is_a_wider_interval(counts):
    widths = [
        wilson(*counts, level).high - wilson(*counts, level).low for level in (0.5, 0.9, 0.99)
    ]
    assert all(narrow < wide for narrow, wide in pairwise(widths))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_what_is_not_a_number_is_refused(bad):
    for ask in (mean, median, lambda values: clustered_mean(values, [1, 2])):
        with pytest.raises(ValueError, match="not a number"):
            ask([1.0, bad])
