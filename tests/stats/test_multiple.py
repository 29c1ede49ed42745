"""Adjusted p-values against the papers' own example, scipy and the procedures step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.stats.multiple import benjamini_hochberg, holm

# Benjamini & Hochberg (1995): fifteen p-values of a trial of thrombolysis.
PAPER = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
    0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000,
]  # fmt: skip
P_VALUES = st.lists(st.floats(0, 1), max_size=25)


def test_the_papers_example_rejects_four_and_holm_three():
    assert sum(p <= 0.05 for p in benjamini_hochberg(PAPER).values) == 4
    assert sum(p <= 0.05 for p in holm(PAPER).values) == 3


def test_bh_agrees_with_scipys_false_discovery_control():
    found = benjamini_hochberg([0.01, 0.04, 0.03, 0.005, 0.8, 0.04])
    assert found.values == pytest.approx([0.03, 0.048, 0.048, 0.03, 0.8, 0.048])
    assert found.n == 6


def step_down(p_values, level):
    """Holm's procedure as he wrote it: from the smallest, stop at the first that is too large."""
    rejected = set()
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > level / (len(p_values) - rank):
            break
        rejected.add(place)
    return rejected


def step_up(p_values, level):
    """Benjamini and Hochberg's: the largest rank whose p-value is at most rank / n * level."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    n = len(order)
    last = max((r for r in range(1, n + 1) if p_values[order[r - 1]] <= r / n * level), default=0)
    return set(order[:last])


@pytest.mark.parametrize(
    ("adjust", "procedure"), [(holm, step_down), (benjamini_hochberg, step_up)]
)
@given(p_values=st.lists(st.integers(0, 1000).map(lambda p: p / 1000), max_size=25))
def test_adjusted_values_reject_what_the_procedure_rejects(adjust, procedure, p_values):
    level = 0.0503  # no rank's threshold lies on a thousandth, so rounding cannot decide
    assert {place for place, p in enumerate(adjust(p_values).values) if p <= level} == procedure(
        p_values, level
    )


@given(P_VALUES)
def test_nothing_gets_surer_by_being_asked_with_others(p_values):
    by_holm, by_rate = holm(p_values).values, benjamini_hochberg(p_values).values
    for raw, strict, mild in zip(p_values, by_holm, by_rate, strict=True):
        assert raw <= mild * (1 + 1e-8)
        assert mild <= strict * (1 + 1e-8)
        assert strict <= 1.0


def test_one_question_keeps_its_p_value():
    assert holm([0.03]).values == benjamini_hochberg([0.03]).values == (0.03,)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("bad", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(adjust, bad):
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust([0.5, bad])
