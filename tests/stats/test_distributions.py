"""The distributions against scipy 1.17.1's values and against their own definitions."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.distributions import (
    binomial_chances,
    student_cdf,
    student_quantile,
    two_sided_t,
    two_sided_z,
)

# Values of scipy's t.ppf at the upper end of a two-sided interval.
STUDENT = [
    (0.95, 1, 12.706204736174694),
    (0.999, 1, 636.6192487687897),
    (0.95, 2, 4.302652729749462),
    (0.999, 3, 12.923978636687961),
    (0.95, 5, 2.5705818356363146),
    (0.999, 10, 4.586893858702708),
    (0.95, 30, 2.0422724563012378),
    (0.95, 300, 1.9679030112610865),
    (0.999, 301, 3.3231418181839993),
    (0.95, 1000, 1.9623390808264083),
]


@pytest.mark.parametrize(("confidence", "degrees", "expected"), STUDENT)
def test_t_agrees_with_scipy(confidence, degrees, expected):
    assert two_sided_t(confidence, degrees) == pytest.approx(expected, rel=2e-11)


def test_z_of_95_percent_is_the_number_everybody_knows():
    assert two_sided_z(0.95) == pytest.approx(1.959963984540054, rel=1e-14)


@given(st.integers(1, 300), st.floats(0.001, 0.999))
def test_the_quantile_undoes_the_share_below(degrees, share):
    assert student_cdf(student_quantile(share, degrees), degrees) == pytest.approx(share, abs=1e-12)


@given(st.floats(0.6, 0.9995))
def test_series_and_expansion_meet(share):
    series, expansion = student_quantile(share, 300), student_quantile(share, 301)
    assert 0 < series - expansion < 1e-3


@given(st.integers(0, 40), st.fractions(0, 1, max_denominator=64))
def test_binomial_chances_are_the_fractions_they_stand_for(n, rate):
    exact = [math.comb(n, hits) * rate**hits * (1 - rate) ** (n - hits) for hits in range(n + 1)]
    # Denominators that are powers of two make the float rate the very same number.
    if Fraction(float(rate)) == rate:
        assert binomial_chances(n, float(rate)) == pytest.approx(
            [float(chance) for chance in exact], rel=1e-12
        )


def test_a_far_tail_keeps_its_digits():
    assert binomial_chances(500, 0.5)[500] == pytest.approx(2.0**-500, rel=1e-12)


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0, 2.0, math.nan])
def test_a_confidence_outside_its_range_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        two_sided_z(confidence)
