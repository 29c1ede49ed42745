"""What trades amount to, by hand; and that nothing is claimed from few."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.trades import DOLLAR, in_a_row, trade

from pmterm.stats.intervals import clustered_mean, median, wilson
from pmterm.stats.performance import Performance, half_kelly, performance, profit_factor
from pmterm.stats.sharpe import sharpe_of

CAPITAL = 1000 * DOLLAR
# 40 trades: 24 win $3, 12 lose $4, 4 end at 0.
RESULTS = [3, 3, 3, -4, 3, 3, -4, 3, -4, 0] * 4
NETS = [result * DOLLAR for result in RESULTS]


def test_forty_trades_by_hand():
    found = performance(in_a_row(RESULTS), CAPITAL)
    assert (found.n, found.net, found.won, found.lost) == (
        40, 24 * DOLLAR, 72 * DOLLAR, 48 * DOLLAR,
    )  # fmt: skip
    assert found.win_rate == wilson(24, 40)
    assert found.average.value == 0.6 * DOLLAR
    assert found.middle == median(NETS)
    assert found.profit_factor.value == 1.5
    assert found.sharpe == sharpe_of(NETS)
    assert found.curve[-1].equity == CAPITAL + 24 * DOLLAR
    assert found.drawdown.n == found.stake.n == 40


def test_half_kelly_by_hand():
    # p = 24 / 36, b = 3 / 4: (2/3 * 3/4 - 1/3) / (3/4) = 2 / 9.
    assert half_kelly(NETS).value == pytest.approx(1 / 9, rel=1e-8)
    assert half_kelly([-net for net in NETS]).value == 0.0


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 9), st.integers(1, 9))
def test_no_other_share_grows_capital_faster_than_kellys(wins, losses, gain, loss):
    nets = [gain * DOLLAR] * wins + [-loss * DOLLAR] * losses
    share = half_kelly(nets).value
    if share is None:
        assert wins + losses < 30
        return

    def growth(f):  # a loss costs f, a win brings f * b: compared without logarithms
        b = gain / loss
        return (1 + f * b) ** (wins / len(nets)) * (1 - f) ** (losses / len(nets))

    best = growth(2 * share)
    assert all(growth(step / 50) <= best * (1 + 1e-9) for step in range(50))


def test_trades_of_a_day_count_as_one_day():
    day = 86_400
    trades = [trade(r, day * (i // 10), day * (i // 10) + 5) for i, r in enumerate(RESULTS)]
    found = performance(trades, CAPITAL).average
    assert found.clusters == 4
    assert found == clustered_mean(NETS, [i // 10 for i in range(40)])
    markets = [msgspec.structs.replace(t, cluster=f"m{i % 8}") for i, t in enumerate(trades)]
    assert performance(markets, CAPITAL).average.clusters == 8


def test_reversion_counts_and_times_those_that_came_back():
    came_back = in_a_row([1] * 35, reverted=8) + in_a_row([-1] * 15)
    found = performance(came_back, CAPITAL)
    assert found.reverted == wilson(35, 50)
    assert (found.reversion_s.n, found.reversion_s.value) == (35, 8.0)
    few = performance(in_a_row([1] * 29, reverted=8) + in_a_row([-1] * 21), CAPITAL)
    assert (few.reverted.rate, few.reversion_s.n, few.reversion_s.value) == (0.58, 29, None)


def test_below_thirty_only_what_happened_is_told():
    found = performance(in_a_row(RESULTS[:29]), CAPITAL)
    claims = (
        found.win_rate.rate,
        found.win_rate.low,
        found.average.value,
        found.average.low,
        found.middle.value,
        found.profit_factor.value,
        found.sharpe.value,
        found.sharpe.error,
        found.reverted.rate,
        found.reversion_s.value,
        found.half_kelly.value,
    )
    assert set(claims) == {None}
    assert (found.n, found.win_rate.hits, found.win_rate.n) == (29, 18, 29)
    assert found.net == sum(NETS[:29])
    assert found.drawdown.amount > 0
    assert performance(in_a_row(RESULTS[:30]), CAPITAL).win_rate.rate == round(18 / 30, 9)


def test_only_wins_have_no_profit_factor_and_no_kelly():
    nets = [DOLLAR] * 40
    assert (profit_factor(nets).value, half_kelly(nets).value) == (None, None)
    assert (profit_factor(nets).n, profit_factor(nets).wins) == (40, 40)
    assert profit_factor([-DOLLAR] * 40).value == 0.0


def test_no_trades_at_all():
    found = performance([], CAPITAL)
    assert (found.n, found.net, found.curve, found.win_rate.n) == (0, 0, (), 0)


@given(st.randoms(use_true_random=False))
def test_the_order_told_changes_no_digit(chance):
    trades = in_a_row(RESULTS, reverted=3)
    turned = sorted(trades, key=lambda _: chance.random())
    assert performance(turned, CAPITAL) == performance(trades, CAPITAL)


@given(st.lists(st.integers(-(10**9), 10**9), max_size=50))
def test_equity_ends_at_capital_and_every_net(nets):
    trades = [trade(net / DOLLAR, 10 * i, 10 * i + 5) for i, net in enumerate(nets)]
    found = performance(trades, CAPITAL)
    assert found.won - found.lost == found.net == sum(nets)
    if nets:
        assert found.curve[-1].equity == CAPITAL + sum(nets)


def test_is_written_and_read_back_the_same():
    found = performance(in_a_row(RESULTS, reverted=3), CAPITAL)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Performance) == found


def test_impossible_trades_are_refused():
    for bad in (trade(1, 10, 5), trade(1, exposure=-1)):
        with pytest.raises(ValueError, match="before it was opened"):
            performance([bad], CAPITAL)
    with pytest.raises(ValueError, match="capital"):
        performance([trade(1)], 0)
