"""Positions and money on a real account."""

import msgspec
import pytest
from tests.properties.money_builders import (
    SELL,
    T0,
    M,
    fill,
    recall,
    seen,
    tell,
    touch,
)

from pmterm.messages.accounts import (
    BalanceSeen,
    MarketSettled,
    Mode,
    PositionChanged,
    SessionStarted,
)
from pmterm.messages.health import Heartbeat, Noticed
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import FillMoved, OrderAdopted
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, Side
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.trading.portfolio.portfolio import Portfolio

FEES = FeeSchedule(FeeKind.POLYMARKET, 50_000)
START = (
    SessionStarted(T0, "s", Mode.LIVE, "0", 77 * CASH_ONE),
    seen(venue=Venue.POLYMARKET, fees=FEES),
    CashSeen(T0, Venue.POLYMARKET, 100 * CASH_ONE),
)


def portfolio(*messages):
    it = Portfolio()
    tell(it, *START, *messages)
    return it


def matched(number=1, **fields):
    return msgspec.structs.replace(fill(number, **fields), state=FillState.MATCHED)


def moved(one, state):
    return FillMoved(T0 + 1, one.id, one.order, M, state)


def test_real_cash_is_the_venues_word_alone_and_purses_add_up():
    it = portfolio()
    assert it.cash == 100 * CASH_ONE
    (said,) = tell(it, CashSeen(T0, Venue.KALSHI, 5 * CASH_ONE))
    assert said == BalanceSeen(T0, 105 * CASH_ONE)
    assert tell(it, CashSeen(T0, Venue.KALSHI, 5 * CASH_ONE)) == []
    tell(it, fill(qty=10, price=4700), CashSeen(T0, Venue.POLYMARKET, 95 * CASH_ONE))
    assert it.cash == 100 * CASH_ONE


def test_what_settles_is_told_apart_until_it_is_there():
    it, one = portfolio(), matched(qty=10)
    (changed, _) = tell(it, one)
    assert (changed.qty, changed.settling) == (10 * QTY_ONE, 10 * QTY_ONE)
    assert it.positions()[0].settling == 10 * QTY_ONE
    tell(it, fill(2, qty=5), moved(one, FillState.MINED))
    assert it.positions()[0].settling == 10 * QTY_ONE
    said = tell(it, moved(one, FillState.CONFIRMED))
    assert [m.settling for m in said if isinstance(m, PositionChanged)] == [0]


def test_a_failed_fill_takes_back_position_cash_fee_and_the_days_profit():
    it = portfolio(fill(1, qty=10, price=4000))
    tell(it, Heartbeat(T0 + SECOND))
    before = (it.cash, it.positions(), it.mark())
    sale = matched(2, side=SELL, qty=10, price=5000, fee=20_000)
    tell(it, sale, Heartbeat(T0 + SECOND))
    assert it.mark().realised_day == CASH_ONE - 20_000
    said = tell(it, moved(sale, FillState.FAILED), moved(sale, FillState.FAILED), sale)
    assert len(said) == 2
    tell(it, Heartbeat(T0 + SECOND))
    assert (it.cash, it.positions(), it.mark()) == before


def test_an_exit_is_worth_what_is_left_after_its_fee():
    it = portfolio(fill(qty=100, price=4700), touch(5000, 5100))
    tell(it, Heartbeat(T0 + SECOND))
    assert it.mark().open_exit == 3 * CASH_ONE - 1_250_000
    assert it.mark().equity == 100 * CASH_ONE + 3 * CASH_ONE - 1_250_000


def test_a_pair_of_both_outcomes_is_money():
    it = portfolio(fill(qty=10, price=4000))
    other = msgspec.structs.replace(fill(2, side=SELL, qty=10, price=4500), outcome=1)
    tell(it, other, Heartbeat(T0 + SECOND))
    assert it.cash == 100 * CASH_ONE - 9_500_000
    assert it.mark().equity == 100 * CASH_ONE + 500_000
    tell(it, MarketSettled(T0, M, 0), Heartbeat(T0 + SECOND))
    assert it.cash == 100 * CASH_ONE - 9_500_000  # the shares are still to be redeemed
    assert it.mark().equity == 100 * CASH_ONE + 500_000


def test_a_payout_is_cash_once_the_venue_says_so_and_counts_once():
    it = portfolio(fill(qty=10, price=4000), MarketSettled(T0, M, 10_000))
    tell(it, Heartbeat(T0 + SECOND))
    assert (it.cash, it.mark().equity) == (96 * CASH_ONE, 106 * CASH_ONE)
    for cash in (96, 106, 120):
        tell(it, CashSeen(T0, Venue.POLYMARKET, cash * CASH_ONE), Heartbeat(T0 + SECOND))
        assert it.mark().equity == max(106, cash) * CASH_ONE


@pytest.mark.parametrize("deposit", [1, 4], ids=["a rebate", "a deposit"])
def test_money_smaller_than_what_is_due_is_no_payout(deposit):
    it = portfolio(fill(qty=10, price=4000), MarketSettled(T0, M, 10_000))
    for cash, equity in ((96, 106), (96 + deposit, 106 + deposit), (106 + deposit, 106 + deposit)):
        said = tell(it, cash_seen(cash), Heartbeat(T0 + SECOND))
        assert it.mark().equity == equity * CASH_ONE
        assert not [m for m in said if isinstance(m, Noticed)]


def test_of_other_money_it_is_said_what_it_was_taken_for():
    """It may be a deposit: counting on the payout besides would be money that is not there."""
    it = portfolio(fill(qty=10, price=4000), MarketSettled(T0, M, 10_000))
    said = tell(it, cash_seen(196), Heartbeat(T0 + SECOND))
    (noticed,) = [m for m in said if isinstance(m, Noticed)]
    assert "polymarket: $100.00 came in and $10.00 of it counts as the payout" in noticed.text
    assert it.mark().equity == 196 * CASH_ONE
    tell(it, cash_seen(206), Heartbeat(T0 + SECOND))
    assert it.mark().equity == 206 * CASH_ONE


def cash_seen(dollars):
    return CashSeen(T0, Venue.POLYMARKET, dollars * CASH_ONE)


def test_a_correction_is_no_trade():
    it = portfolio()
    adjusted = HoldingAdjusted(T0, M, -10 * QTY_ONE, 4000, "held before", 1, Venue.POLYMARKET)
    assert tell(it, adjusted) == [
        PositionChanged(T0, M, -10 * QTY_ONE, 4000, 6 * CASH_ONE, 0, 0, 0)
    ]
    assert it.cash == 100 * CASH_ONE


def test_what_others_ordered_counts_in_exposure():
    name = VenueOrderId("v")
    size = 10 * QTY_ONE
    it = portfolio(OrderAdopted(T0, OrderId("x"), M, name, 0, Side.BUY, 4000, size, size // 2))
    tell(it, Heartbeat(T0 + SECOND))
    assert it.mark().exposure == 2 * CASH_ONE


def test_every_prefix_of_the_journal_restores_the_account():
    live, journal = Portfolio(), []
    one, two = matched(1), matched(2, side=SELL, qty=4)
    for event in [
        *START,
        HoldingAdjusted(T0, M, 10 * QTY_ONE, 4000, "held before", 0, Venue.POLYMARKET),
        one,
        two,
        moved(one, FillState.CONFIRMED),
        moved(two, FillState.FAILED),
        MarketSettled(T0 + 2, M, 10_000),
        matched(3),
    ]:
        journal += [event, *tell(live, event)]
        again = recall(Portfolio(), journal)
        assert (again.cash, again.positions()) == (live.cash, live.positions())


def test_pairs_of_both_outcomes_are_told_beside_the_net_holding():
    it = portfolio(fill(1, qty=10, price=4700))
    bought = msgspec.structs.replace(fill(2, SELL, qty=4, price=4600), outcome=1)  # NO, for 54
    (told,) = [m for m in tell(it, bought) if isinstance(m, PositionChanged)]
    assert (told.qty, told.pairs) == (6 * QTY_ONE, 4 * QTY_ONE)
    netting = fill(3, SELL, qty=10, price=4600)  # sells the YES: no pair is left
    (told,) = [m for m in tell(it, netting) if isinstance(m, PositionChanged)]
    assert (told.qty, told.pairs) == (-4 * QTY_ONE, 0)
