from tests.properties.money_builders import (
    SELL,
    T0,
    M,
    approved,
    fill,
    recall,
    report,
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
from pmterm.messages.health import Heartbeat
from pmterm.model.ids import OrderId
from pmterm.model.order import OrderState
from pmterm.model.units import CASH_ONE, SECOND
from pmterm.trading.portfolio.portfolio import Portfolio

DAY = 86_400 * SECOND
START = SessionStarted(T0, "s", Mode.PAPER, "0", 1_000 * CASH_ONE)


def portfolio(*messages):
    it = Portfolio()
    tell(it, START, *messages)
    return it


def mark(it, at=T0 + SECOND):
    tell(it, Heartbeat(at))
    return it.mark()


def test_a_buy_takes_cash_and_gives_a_position():
    said = tell(portfolio(), fill(qty=100, price=4700, fee=1_743_700))
    assert said == [
        PositionChanged(T0, M, 100_000_000, 4700, 47 * CASH_ONE, -1_743_700, 1_743_700),
        BalanceSeen(T0, 951_256_300),
    ]


def test_a_sale_while_flat_buys_the_other_outcome():
    it = portfolio(fill(side=SELL, qty=100, price=4700))
    (held,) = it.positions()
    assert (held.qty, held.average, held.cost) == (-100_000_000, 4700, 53 * CASH_ONE)
    assert it.cash == 947 * CASH_ONE


def test_a_sale_through_zero_closes_and_opens():
    it = portfolio(fill(qty=100, price=4000), fill(2, side=SELL, qty=150, price=5000))
    (held,) = it.positions()
    assert (held.qty, held.average, held.realised) == (-50_000_000, 5000, 10 * CASH_ONE)
    assert it.cash == 1_000 * CASH_ONE - 40 * CASH_ONE + 50 * CASH_ONE - 25 * CASH_ONE


def test_a_fill_counts_once_by_its_id():
    it = portfolio(fill(qty=10))
    assert tell(it, fill(qty=10)) == []
    assert it.cash == 1_000 * CASH_ONE - 4_700_000


def test_settlement_pays_both_ways():
    long = portfolio(fill(qty=100, price=4700), MarketSettled(T0, M, 10_000))
    short = portfolio(fill(side=SELL, qty=100, price=4700), MarketSettled(T0, M, 10_000))
    split = portfolio(fill(side=SELL, qty=100, price=4700), MarketSettled(T0, M, 5_000))
    assert [it.cash // CASH_ONE for it in (long, short, split)] == [1_053, 947, 997]
    assert tell(long, MarketSettled(T0, M, 10_000)) == []


def test_profit_is_marked_at_what_an_exit_brings():
    long = mark(portfolio(fill(qty=100, price=4700), touch(4600, 5000)))
    short = mark(portfolio(fill(side=SELL, qty=100, price=4700), touch(4600, 5000)))
    assert (long.open_exit, long.open_mid) == (-CASH_ONE, CASH_ONE)
    assert (short.open_exit, short.open_mid) == (-3 * CASH_ONE, -CASH_ONE)
    assert long.equity == 999 * CASH_ONE
    assert long.is_complete


def test_an_emptied_book_keeps_the_last_mark_and_says_so():
    it = portfolio(fill(qty=100, price=4700), touch(4600, 4700))
    before = mark(it)
    tell(it, touch(0, 10_000))
    after = mark(it, T0 + 2 * SECOND)
    assert after.equity == before.equity
    assert (before.is_complete, after.is_complete) == (True, False)


def test_a_position_without_any_book_counts_at_cost():
    it = mark(portfolio(fill(qty=100, price=4700)))
    assert (it.equity, it.open_exit, it.is_complete) == (1_000 * CASH_ONE, 0, False)


def test_the_day_turns_at_midnight_utc_of_message_time():
    it = portfolio(fill(qty=100, price=4000), fill(2, side=SELL, qty=100, price=5000, fee=500))
    assert (mark(it).realised_day, mark(it).fees_day) == (10 * CASH_ONE - 500, 500)
    assert mark(it, T0 + DAY).realised_day == 0
    assert it.positions()[0].realised == 10 * CASH_ONE - 500


def test_a_quiet_account_marks_once():
    it = portfolio()
    assert len(tell(it, Heartbeat(T0 + SECOND), Heartbeat(T0 + 2 * SECOND))) == 1


def test_exposure_counts_holdings_and_working_orders():
    it = portfolio(approved(qty=100, price=4700, reserved=47 * CASH_ONE))
    assert mark(it).exposure == 47 * CASH_ONE
    tell(it, fill(qty=40, price=4700))
    assert mark(it, T0 + 2 * SECOND).exposure == 47 * CASH_ONE
    tell(it, report(state=OrderState.CANCELLED, filled=40))
    assert mark(it, T0 + 3 * SECOND).exposure == 18_800_000


def test_exposure_of_an_amended_order_grows_by_what_the_amend_reserved():
    it = portfolio(approved(qty=100, price=4700, reserved=47 * CASH_ONE))
    bigger = {"qty": 150, "price": 4700, "replaces": OrderId("s-00001")}
    tell(it, approved("s-00002", **bigger, reserved=23_500_000))
    assert mark(it).exposure == 70_500_000


def test_start_cash_is_given_once_over_restarts():
    it = recall(Portfolio(), [START, fill(qty=10)])
    (balance,) = tell(it, SessionStarted(T0 + 1, "t", Mode.PAPER, "0", 1_000 * CASH_ONE))
    assert balance.cash == 1_000 * CASH_ONE - 4_700_000


def test_every_prefix_of_the_journal_restores_the_account():
    live = Portfolio()
    journal = []
    for event in (
        START,
        approved(reserved=5),
        fill(qty=10, fee=7),
        fill(2, side=SELL, qty=25, price=5100, fee=3),
        report(state=OrderState.FILLED, filled=10),
        MarketSettled(T0 + 5, M, 0),
    ):
        journal += [event, *tell(live, event)]
        again = recall(Portfolio(), journal)
        assert (again.cash, again.positions()) == (live.cash, live.positions())
        assert mark(again, T0 + SECOND).exposure == mark(live, T0 + SECOND).exposure
        assert again.mark().realised_day == live.mark().realised_day


def test_an_amend_that_came_to_nothing_gives_back_what_it_reserved():
    it = portfolio(approved(qty=100, price=4700, reserved=47 * CASH_ONE))
    bigger = {"qty": 150, "price": 4700, "replaces": OrderId("s-00001")}
    tell(it, approved("s-00002", **bigger, reserved=23_500_000))
    tell(it, report("s-00002", state=OrderState.REFUSED, qty=150))
    assert mark(it).exposure == 47 * CASH_ONE
