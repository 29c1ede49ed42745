"""The logistic fit against scipy's optimiser and the conditions that its minimum must meet."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.logistic import Logistic, chance, fit_logistic, log_loss, plain_rate

ROWS = [(0.2, 5), (1.1, 3), (0.7, 8), (2.5, 1), (1.9, 4)]
ROWS += [(0.1, 9), (3.0, 2), (1.4, 6), (2.2, 7), (0.9, 2)]
HITS = [False, False, False, True, True, False, True, False, True, True]
# scipy 1.17.1, minimize(method="BFGS", gtol=1e-12) over the same penalised loss.
BY_SCIPY = [(1.0, [0.0147398, 1.111388, -0.6460942]), (0.1, [-0.0081674, 2.7185865, -1.5070812])]


@pytest.mark.parametrize(("ridge", "expected"), BY_SCIPY)
def test_agrees_with_a_general_optimiser(ridge, expected):
    model = fit_logistic(ROWS, HITS, ridge)
    assert (model.intercept, *model.weights) == pytest.approx(expected, abs=1e-5)
    assert (model.n, model.hits) == (10, 5)


DATA = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.tuples(st.tuples(*[st.integers(-20, 20)] * width), st.booleans()),
        min_size=1,
        max_size=40,
    )
)


@given(DATA, st.sampled_from([0.01, 1.0, 30.0]))
def test_the_slope_of_the_penalised_loss_is_zero(data, ridge):
    rows, hits = zip(*data, strict=True)
    model = fit_logistic(rows, hits, ridge)
    if not 0 < sum(hits) < len(hits):
        assert set(model.weights) == {0.0}
        return
    errors = []
    moved = []
    for row, hit in data:
        z = [
            (x - m) / s if s else 0.0
            for x, m, s in zip(row, model.means, model.scales, strict=True)
        ]
        told = 1 / (
            1
            + math.exp(
                -model.intercept - math.fsum(map(math.prod, zip(model.weights, z, strict=True)))
            )
        )
        errors.append(hit - told)
        moved.append(z)
    assert math.fsum(errors) == pytest.approx(0.0, abs=1e-6)
    for place, weight in enumerate(model.weights):
        pull = math.fsum(e * z[place] for e, z in zip(errors, moved, strict=True))
        assert pull == pytest.approx(ridge * weight, abs=1e-6)


@given(DATA)
def test_unit_and_order_of_the_rows_do_not_matter(data):
    rows, hits = zip(*data, strict=True)
    model = fit_logistic(rows, hits)
    other = fit_logistic([[8 * x + 3 for x in row] for row in rows][::-1], hits[::-1])
    assert other.weights == pytest.approx(model.weights, abs=1e-8)
    told = [chance(model, row) for row in rows]
    assert [chance(other, [8 * x + 3 for x in row]) for row in rows] == pytest.approx(
        told, rel=1e-7
    )


def test_cases_told_apart_without_error_still_have_a_fit():
    model = fit_logistic([[-1], [-2], [1], [2]], [False, False, True, True], 0.01)
    assert chance(model, [-2]) < 0.1 < 0.9 < chance(model, [2])


def test_a_feature_that_never_moved_counts_for_nothing_later():
    model = fit_logistic([[0.1, 1], [0.1, 2], [0.1, 3]], [False, True, True])
    assert (model.scales[0], model.weights[0]) == (0.0, 0.0)
    assert chance(model, [0.1, 2]) == chance(model, [99.0, 2])


def test_only_one_outcome_is_a_smoothed_rate():
    model = fit_logistic([[1], [2], [3]], [True] * 3)
    assert chance(model, [2]) == pytest.approx(plain_rate(3, 3)) == pytest.approx(3.5 / 4)


def test_a_stored_model_tells_the_same():
    model = fit_logistic(ROWS, HITS)
    read = msgspec.json.decode(msgspec.json.encode(model), type=Logistic)
    assert read == model
    assert [chance(read, row) for row in ROWS] == [chance(model, row) for row in ROWS]


def test_log_loss_by_hand():
    assert log_loss([0.8, 0.4], [True, False]).loss == pytest.approx(
        -(math.log(0.8) + math.log(0.6)) / 2
    )
    assert (log_loss([], []).n, log_loss([], []).loss) == (0, None)
    assert log_loss([0.0], [True]).loss == pytest.approx(-math.log(1e-6))


@pytest.mark.parametrize(
    ("rows", "hits", "ridge"),
    [
        ([], [], 1),
        ([[1]], [], 1),
        ([[1]], [True], 0),
        ([[1], [1, 2]], [True, False], 1),
        ([[math.inf]], [True], 1),
    ],
)
def test_bad_input_is_refused(rows, hits, ridge):
    with pytest.raises(ValueError, match=r"."):
        fit_logistic(rows, hits, ridge)


def test_a_row_of_another_width_is_refused():
    with pytest.raises(ValueError, match=r"."):
        chance(fit_logistic(ROWS, HITS), [1.0])
    with pytest.raises(ValueError, match="chance"):
        log_loss([1.5], [True])
