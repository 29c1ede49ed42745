from fractions import Fraction
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.money_builders import T0, market

from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import RecordKnown
from pmterm.model.fees import FeeSchedule
from pmterm.model.units import CASH_ONE, PPM
from pmterm.trading.strategy.settings import Rules
from pmterm.trading.strategy.sizing import Stake, exits_worth, lower_share_ppm, size_of
from pmterm.trading.strategy.wish import WhyNot

KELLY = Rules(sizing="kelly", kelly_cap_ppm=PPM)
FREE = FeeSchedule()


def record(won, held_out):
    return RecordKnown(T0, "fade", held_out, won, 0, 0, 0)


def stake(known=None, paid=5000, target=6000, stop=4000, tied=0, fees=FREE, most=0, **fields):
    known = record(*known) if known else None
    here = market(fees=fees, **fields)
    return Stake(here, paid, target, stop, tied, 1_000 * CASH_ONE, known, most)


def test_fixed_dollars_are_rounded_down_to_whole_steps():
    assert size_of(stake(paid=4800), Rules()) == 104_160_000
    assert size_of(stake(paid=4800, qty_step=1_000_000), Rules()) == 104_000_000


def test_what_the_event_ties_up_comes_off():
    assert size_of(stake(tied=30 * CASH_ONE), Rules()) == 40_000_000
    why = size_of(stake(tied=50 * CASH_ONE), Rules())
    assert why == WhyNot(
        "$50.00 at stake on the same event", "well below $50.00", "close that first"
    )


def test_a_cap_comes_on_top():
    assert size_of(stake(most=5 * CASH_ONE), Rules()) == 10_000_000


def test_too_small_is_told_with_what_would_do():
    why = size_of(stake(min_qty=500_000_000), Rules())
    assert why == WhyNot("$50.00", "at least $250.00", "a larger size")


def test_half_kelly_bets_on_the_lower_end_of_the_record():
    # p at the least 0.5693 of 1000, even odds: f = 0.1386, half of it of $1000 at 50 c
    p = lower_share_ppm(600, 1_000)
    assert size_of(stake((600, 1_000)), KELLY) == (2 * p - PPM) * 1_000 // 10_000 * 10_000
    few = size_of(stake((6, 10)), KELLY)
    assert few == WhyNot("wins 31.2 % at the least", "above 50 %", "a better record")


def test_kelly_is_capped():
    capped = Rules(sizing="kelly", kelly_cap_ppm=10_000)
    assert size_of(stake((95, 100)), capped) == 20_000_000


def test_kelly_without_a_record_bets_nothing():
    why = size_of(stake(), KELLY)
    assert why == WhyNot("no record", "held-out signals to size by", 'sizing "fixed"')


def test_fees_count_against_the_odds():
    paid = size_of(stake((900, 1_000), fees=market().fees), KELLY)
    assert 0 < paid < size_of(stake((900, 1_000)), KELLY)
    why = size_of(stake((600, 1_000), target=5100, fees=market().fees), KELLY)
    assert why.value == "target and stop"


@pytest.mark.parametrize(("won", "n", "expected"), [(0, 10, 0), (0, 0, 0), (10, 10, 722_459)])
def test_the_lower_end_at_the_edges(won, n, expected):
    assert lower_share_ppm(won, n) == expected


@given(st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_lower_end_is_wilsons(case):
    won, n = case
    z = 1.96
    exact = (won + z * z / 2 - z * sqrt(won * (n - won) / n + z * z / 4)) / (n + z * z)
    assert exact * PPM - 2 <= lower_share_ppm(won, n) <= max(0, exact * PPM) + 0.01
    assert lower_share_ppm(won, n) <= Fraction(won * PPM, n)


def test_exits_as_prices_of_the_outcome_bought():
    ppm = Bracket(target_ppm=100_000, stop_ppm=50_000)
    assert exits_worth(ppm, 4000, is_long=True) == (4400, 3800)
    assert exits_worth(Bracket(target=3000, stop=7000), 4000, is_long=False) == (7000, 3000)
