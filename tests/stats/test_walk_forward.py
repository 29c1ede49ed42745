"""Walking forward: nothing later is seen, an edge is found, and no edge is invented."""

import math
import random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.stats.walk_forward import Case, Forecast, compare, walk_forward

MINUTE = 60_000_000_000


def signals(n, tells, seed=7, spread=10):
    """Return `n` signals a minute apart, known three minutes later; `tells` is the true weight."""
    chance = random.Random(seed)
    made = []
    for place in range(n):
        told, noise = chance.gauss(0, 1), chance.gauss(0, 1)
        hit = chance.random() < 1 / (1 + math.exp(-0.4 - tells * told))
        at = place * MINUTE
        made.append(Case(at, at + 3 * MINUTE, (told, noise), hit, f"day {place // spread}"))
    return made


def test_an_edge_that_is_there_is_used():
    cases = signals(800, tells=1.5)
    found = compare(cases, walk_forward(cases))
    assert found.is_better
    assert found.gain.low > 0
    assert found.model.loss < found.rate.loss
    assert found.n == found.model.n == found.rate.n == found.gain.n == 675


def test_noise_is_almost_never_used():
    used = 0
    for seed in range(40):
        cases = signals(300, tells=0.0, seed=seed)
        used += compare(cases, walk_forward(cases)).is_better
    assert used <= 1


def test_few_clusters_or_few_cases_are_not_enough():
    cases = signals(800, tells=1.5, spread=200)
    found = compare(cases, walk_forward(cases))
    assert (found.gain.clusters, found.is_better) == (4, False)
    cases = signals(150, tells=3.0, spread=1)
    few = walk_forward(cases)[:29]
    assert not compare(cases, few).is_better


def test_no_forecast_before_enough_outcomes_are_known():
    cases = signals(60, tells=1.0)
    found = walk_forward(cases, first=20, every=5)
    # At case 20, minute 20, the outcomes of cases up to 16 are known: 17. At case 25: 22.
    assert found[0].case == 25
    assert found[0].n == 22
    assert {one.n for one in found if one.case < 30} == {22}
    assert walk_forward(cases[:10], first=20) == ()


@settings(max_examples=25)
@given(st.integers(41, 89), st.randoms(use_true_random=False))
def test_shifting_the_future_changes_nothing_before_it(cut, chance):
    cases = signals(90, tells=1.0)
    later = [
        msgspec.structs.replace(
            case,
            at=case.at + 5 * MINUTE,
            known_at=case.known_at + 90 * MINUTE,
            features=(chance.gauss(0, 9), 1e6),
            hit=not case.hit,
        )
        for case in cases[cut:]
    ]
    before = walk_forward(cases, 20, 7)
    for changed in (cases[:cut] + later, cases[:cut]):
        after = walk_forward(changed, 20, 7)
        assert [f for f in after if f.case < cut] == [f for f in before if f.case < cut]


def test_an_outcome_not_yet_known_is_not_learned_from():
    cases = signals(60, tells=1.0)
    # The outcome of case 24 is known at minute 27, after case 25: turning it changes nothing there.
    turned = list(cases)
    turned[24] = msgspec.structs.replace(cases[24], hit=not cases[24].hit)
    first_run = [f for f in walk_forward(cases, 20, 5) if f.case < 30]
    assert first_run == [f for f in walk_forward(turned, 20, 5) if f.case < 30]
    next_run = [f for f in walk_forward(cases, 20, 5) if f.case >= 30]
    assert next_run != [f for f in walk_forward(turned, 20, 5) if f.case >= 30]


def test_bad_input_is_refused():
    cases = signals(30, tells=0.0)
    for bad in (cases[::-1], [msgspec.structs.replace(cases[0], known_at=-1)]):
        with pytest.raises(ValueError, match=r"order|before"):
            walk_forward(bad)
    with pytest.raises(ValueError, match="at least one"):
        walk_forward(cases, first=0)
    with pytest.raises(ValueError, match="not there"):
        compare(cases, [Forecast(99, 1, 0.5, 0.5)])


def test_without_forecasts_the_plain_rate_stays():
    found = compare([], ())
    assert (found.n, found.gain.value, found.is_better) == (0, None, False)
