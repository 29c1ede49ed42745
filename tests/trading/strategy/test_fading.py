"""A panic is faded on paper from signal to closed position, by each of its exits."""

import pytest
from tests.properties.money_builders import BUY, SELL, M
from tests.trading.strategy.floor import SECOND, floor

from pmterm.messages.orders import Fill, Intent, Refused
from pmterm.messages.signals import Advice, SignalKind
from pmterm.messages.strategy import ExitFired, ExitKind, Exits, ExitsGone, StrategyMode
from pmterm.model.units import QTY_ONE


def entered():
    it = floor()
    it.signal()
    it.wait()
    return it


def test_a_panic_is_bought_with_its_exits():
    it = entered()
    (wish,) = it.said(Intent)
    assert (wish.side, wish.price, wish.origin) == (BUY, 4800, "auto fade")
    assert wish.qty == 104_160_000  # fifty dollars at the limit
    assert it.held() == wish.qty
    (exits,) = it.said(Exits)
    assert (exits.target, exits.stop) == (5100, 4500)  # 0.47 +7.5 % and -3 %, on the grid
    assert exits.until == it.said(Fill)[0].at + 120 * SECOND


@pytest.mark.parametrize(
    ("quotes", "kind", "price"),
    [
        ([(5000, 5100), (5100, 5200)], ExitKind.TARGET, 5100),
        ([(4500, 4600), (4400, 4600)], ExitKind.STOP, 4400),
        ([(2000, 2100)], ExitKind.STOP, 2000),  # a gap through the stop: what can be had
    ],
)
def test_price_exits_close_it(quotes, kind, price):
    it = entered()
    for quote in quotes:
        it.quote(*quote)
    it.wait()
    (fired,) = it.said(ExitFired)
    assert (fired.kind, fired.price) == (kind, price)
    entry, leave = it.said(Fill)
    assert (leave.side, leave.qty, leave.price) == (SELL, entry.qty, price)
    assert (it.held(), it.said(ExitsGone)[0].reason) == (0, "closed")
    order = it.said(Intent)[1]
    assert (order.order, order.reduce_only) == (fired.order, True)


def test_one_that_never_comes_back_leaves_when_its_time_is_up():
    it = entered()
    it.wait(119 * SECOND)
    assert not it.said(ExitFired)
    it.quote(4600, 4700)
    it.wait(2 * SECOND)
    (fired,) = it.said(ExitFired)
    assert (fired.kind, fired.price) == (ExitKind.TIMEOUT, 4600)
    assert it.held() == 0
    assert it.portfolio.cash < 10_000_000_000  # F98: at its real price, never as break-even


def test_a_rush_is_sold_and_its_exits_are_those_of_the_other_outcome():
    it = floor()
    it.switch("fomo")
    it.signal(SignalKind.FOMO_BUY, Advice.SELL)
    it.wait()
    assert it.held() < 0
    (exits,) = it.said(Exits)  # paid 0.54 for NO: 0.5913 and 0.5184, so 0.41 and 0.49 on the grid
    assert (exits.target, exits.stop) == (4000, 4900)
    it.quote(3900, 4000)
    it.wait()
    assert [m.kind for m in it.said(ExitFired)] == [ExitKind.TARGET]
    assert it.held() == 0


def test_a_weak_signal_is_let_go_and_says_why():
    it = floor()
    it.signal(score=600_000)
    assert not it.said(Intent)
    (why,) = it.said(Refused)
    assert (why.rule, why.value, why.limit) == ("fade", "score 0.60", "at least 0.70")
    assert why.is_warning


def test_nothing_happens_while_it_is_off():
    it = floor()
    it.switch(mode=StrategyMode.OFF)
    it.signal()
    assert not it.said(Intent, Refused)


def test_one_position_at_a_time():
    it = entered()
    it.signal()
    assert len(it.said(Intent)) == 1
    assert it.said(Refused)[0].value == "104.16 held"


def test_exits_follow_partial_fills():
    it = floor()
    it.book.sizes[SELL] = {4700: 60, 4800: 1_000}
    it.look()
    it.signal()
    it.wait()
    assert [m.qty // QTY_ONE for m in it.said(Fill)] == [60, 44]
    first, last = it.said(Exits)
    assert first.until == last.until
    assert (first.target, last.target) == (5100, 5100)
    it.quote(5100, 5200)
    it.wait()
    assert (it.held(M), len(it.said(ExitFired))) == (0, 1)
