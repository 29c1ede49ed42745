"""Equity, drawdown and stake, by hand and by brute force."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.trades import DOLLAR, in_a_row, trade

from pmterm.stats.equity import Drawdown, equity_curve, max_drawdown, stake


def fall(results, capital):
    money = capital * DOLLAR
    return max_drawdown(equity_curve(in_a_row(results), money), money)


def test_the_curve_steps_where_trades_close():
    curve = equity_curve([trade(3, 0, 50), trade(-1, 5, 20), trade(2, 6, 50)], 10 * DOLLAR)
    assert [(p.at, p.n, p.equity // DOLLAR) for p in curve] == [
        (20_000_000_000, 1, 9),
        (50_000_000_000, 3, 14),
    ]


def test_a_gain_is_no_drawdown():
    assert fall([1, 2, 3], 100) == Drawdown(3, 0, 0.0)
    assert fall([], 100) == Drawdown(0, 0, 0.0)


def test_the_first_peak_is_the_capital():
    assert fall([-20, 5], 100) == Drawdown(2, 20 * DOLLAR, 0.2)


def test_it_falls_from_the_peak_not_from_capital_or_profit():
    # 100, 150, 120, 160, 110: 50 below 160.
    assert fall([50, -30, 40, -50], 100) == Drawdown(4, 50 * DOLLAR, 0.3125)


def test_most_money_and_largest_share_may_be_two_falls():
    # 100, 60 (40 %), 1000, 900 ($100 but 10 %).
    assert fall([-40, 940, -100], 100) == Drawdown(3, 100 * DOLLAR, 0.4)


@given(st.lists(st.integers(-50, 60), max_size=30))
def test_no_pair_of_moments_fell_further(results):
    equity = [1000]
    for result in results:
        equity.append(equity[-1] + result)
    found = fall(results, 1000)
    pairs = [(a, b) for i, a in enumerate(equity) for b in equity[i:]]
    assert found.amount == max(a - b for a, b in pairs) * DOLLAR
    assert found.share == pytest.approx(max((a - b) / a for a, b in pairs), abs=1e-8)


@pytest.mark.parametrize("capital", [0, -5])
def test_without_capital_no_share_can_be_told(capital):
    with pytest.raises(ValueError, match="capital above 0"):
        fall([1], capital)


SPANS = st.tuples(st.integers(0, 12), st.integers(0, 5), st.integers(0, 9))


@given(st.lists(SPANS, min_size=1, max_size=12))
def test_stake_agrees_with_looking_at_every_second(spans):
    trades = [trade(1, begin, begin + long, much) for begin, long, much in spans]
    found = stake(trades)
    at_stake = [
        [much for begin, long, much in spans if begin <= second < begin + long]
        for second in range(20)
    ]
    # A trade opened and closed within one instant is at stake with all that hold then.
    with_moments = [
        sum(now) + sum(much for begin, long, much in spans if begin == second and not long)
        for second, now in enumerate(at_stake)
    ]
    assert found.in_market == sum(1 for now in at_stake if now) * 1_000_000_000
    assert found.peak == max(with_moments) * DOLLAR
    assert found.n == len(spans)
    if found.span:
        assert 0 <= found.share <= 1
    else:
        assert found.share is None


def test_the_share_of_time_in_the_market():
    found = stake(in_a_row([1, 1, 1]))  # 3 times 10 s within 210 s
    assert (found.in_market, found.span) == (30_000_000_000, 210_000_000_000)
    assert found.share == pytest.approx(1 / 7, rel=1e-8)
    assert stake([]).share is None
