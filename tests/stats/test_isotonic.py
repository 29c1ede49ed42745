"""Isotonic regression against scipy and against the min-max formula."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.isotonic import Isotonic, block_at, fit_isotonic, step_value

TARGETS = [1, 2, 6, 3, 7, 3, 5, 5, 9, 8]
WEIGHTS = [1, 2, 1, 1, 3, 1, 1, 2, 1, 1]


def test_agrees_with_scipy():
    # scipy 1.17.1: scipy.optimize.isotonic_regression(TARGETS, weights=WEIGHTS).x
    fitted = fit_isotonic(range(10), TARGETS, WEIGHTS)
    assert [step_value(fitted, x) for x in range(10)] == pytest.approx(
        [
            1.0,
            2.0,
            4.5,
            4.5,
            5.571428571428571,
            5.571428571428571,
            5.571428571428571,
            5.571428571428571,
            8.5,
            8.5,
        ]
    )
    assert fitted.n == sum(block.n for block in fitted.blocks) == 10


def least_squares(targets, weights):
    """Barlow et al. (1972): the value at i is max over a <= i of min over b >= i of the mean."""

    def mean(a, b):
        total = sum(Fraction(t) * w for t, w in zip(targets[a:b], weights[a:b], strict=True))
        return total / sum(weights[a:b])

    n = len(targets)
    return [
        max(min(mean(a, b) for b in range(i + 1, n + 1)) for a in range(i + 1)) for i in range(n)
    ]


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(1, 4)), min_size=1, max_size=9))
def test_is_the_least_squares_fit(points):
    targets, weights = zip(*points, strict=True)
    fitted = fit_isotonic(range(len(points)), targets, weights)
    found = [step_value(fitted, x) for x in range(len(points))]
    assert found == pytest.approx([float(v) for v in least_squares(targets, weights)], abs=1e-8)


@given(st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=30))
def test_rises_keeps_the_mean_and_counts_everybody(points):
    scores, hits = zip(*points, strict=True)
    fitted = fit_isotonic(scores, hits)
    values = [block.value for block in fitted.blocks]
    assert values == sorted(values)
    assert sum(b.value * b.weight for b in fitted.blocks) == pytest.approx(sum(hits))
    assert all(
        low.high < high.low for low, high in zip(fitted.blocks, fitted.blocks[1:], strict=False)
    )


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=20),
    st.floats(-2, 12),
    st.floats(-2, 12),
)
def test_what_is_read_rises(points, one, other):
    fitted = fit_isotonic(*zip(*points, strict=True))
    low, high = sorted((one, other))
    assert step_value(fitted, low) <= step_value(fitted, high)


def test_between_blocks_the_lower_step():
    fitted = fit_isotonic([1, 2, 4, 5], [0, 0, 1, 1])
    assert [step_value(fitted, x) for x in (0, 2, 3, 3.9, 4, 9)] == [0, 0, 0, 0, 1, 1]


def test_one_score_is_one_point_with_its_n():
    fitted = fit_isotonic([3, 3, 3, 3], [1, 0, 0, 1])
    block = block_at(fitted, 3)
    assert (block.low, block.high, block.value, block.n) == (3, 3, 0.5, 4)


def test_nothing_learned_says_nothing():
    empty = fit_isotonic([], [])
    assert (step_value(empty, 1), block_at(empty, 1)) == (None, None)


def test_is_written_and_read_back_the_same():
    fitted = fit_isotonic([0.1, 0.7, 0.3, 0.9], [0, 1, 1, 0], [1, 2, 1.5, 1])
    assert msgspec.json.decode(msgspec.json.encode(fitted), type=Isotonic) == fitted


@pytest.mark.parametrize(
    ("scores", "targets", "weights"),
    [([1, 2], [1], None), ([1], [1], [0]), ([1], [1], [-1]), ([float("nan")], [1], None)],
)
def test_bad_input_is_refused(scores, targets, weights):
    with pytest.raises(ValueError, match=r"."):
        fit_isotonic(scores, targets, weights)


def test_scores_seen_often_each_keep_their_own_rate():
    scores = [1.0] * 4 + [2.0] * 4
    fitted = fit_isotonic(scores, [0, 0, 0, 1, 0, 1, 1, 1])
    assert [(block.low, block.value, block.n) for block in fitted.blocks] == [
        (1.0, 0.25, 4),
        (2.0, 0.75, 4),
    ]
