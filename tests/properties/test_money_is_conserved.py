from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.money_builders import BUY, SELL, T0, fill, tell

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.model.holding import FLAT, worst_loss
from pmterm.model.ids import MarketId
from pmterm.model.units import CASH_ONE, PRICE_ONE, QTY_ONE
from pmterm.trading.portfolio.portfolio import Portfolio

sides = st.sampled_from([BUY, SELL])
prices = st.integers(1, 9_999)
hundredths = st.integers(1, 5_000_00).map(lambda n: n / 100)
fees = st.integers(0, 5_000_000)
names = st.sampled_from(["M", "N"])
trades = st.lists(st.tuples(names, sides, prices, hundredths, fees), max_size=25)
START = 10_000 * CASH_ONE


def account(rows):
    it = Portfolio()
    tell(it, SessionStarted(T0, "s", Mode.PAPER, "0", START))
    for n, (name, side, price, qty, fee) in enumerate(rows):
        tell(it, fill(n, side=side, price=price, qty=qty, fee=fee, name=name))
    return it


def flows(rows):
    """Sales less purchases less fees on the YES scale, counted apart from the program."""
    cash = 0
    for _, side, price, qty, fee in rows:
        worth = price * round(qty * 100) * 10_000 // PRICE_ONE
        cash += (worth if side is SELL else -worth) - fee
    return cash


def net(rows, name):
    signed = [
        round(q * 100) * 10_000 * (1 if s is BUY else -1) for m, s, _, q, _ in rows if m == name
    ]
    return sum(signed)


@given(trades)
def test_start_plus_sales_less_purchases_less_fees_is_cash(rows):
    it = account(rows)
    short = sum(max(0, -net(rows, name)) for name in "MN")  # a dollar backs each short contract
    assert it.cash == START + flows(rows) - short
    assert {p.market: p.qty for p in it.positions()} == {
        name: net(rows, name) for name in dict.fromkeys(row[0] for row in rows)
    }


@given(trades, st.integers(0, PRICE_ONE))
def test_after_settlement_only_payouts_stand_beside_the_flows(rows, payout):
    it = account(rows)
    for name in ("M", "N"):
        tell(it, MarketSettled(T0, MarketId(name), payout))
    payouts = sum(net(rows, name) * payout // PRICE_ONE for name in "MN")
    assert it.cash == START + flows(rows) + payouts
    assert all(p.qty == 0 and p.cost == 0 for p in it.positions())


any_qty = st.integers(1, 300 * QTY_ONE)


@given(st.lists(st.tuples(sides, prices, any_qty, fees), max_size=25))
def test_cash_is_start_plus_realised_less_cost_to_the_last_unit(rows):
    it = Portfolio()
    tell(it, SessionStarted(T0, "s", Mode.PAPER, "0", START))
    for n, (side, price, qty, fee) in enumerate(rows):
        tell(it, fill(n, side=side, price=price, qty=qty / QTY_ONE, fee=fee))
    held = it.positions()
    assert it.cash == START + sum(p.realised for p in held) - sum(p.cost for p in held)
    assert all(p.cost >= 0 and p.fees == sum(row[3] for row in rows) for p in held)


@given(st.lists(st.tuples(sides, prices, any_qty), min_size=1, max_size=12))
def test_a_round_trip_earns_what_its_fills_brought(rows):
    held, cash = FLAT, 0
    for side, price, qty in rows:
        booked = held.filled(side, price, qty, 0)
        held, cash = booked.holding, cash + booked.cash
    if held.qty:
        side = SELL if held.qty > 0 else BUY
        booked = held.filled(side, 5_000, abs(held.qty), 0)
        assert booked.is_over
        held, cash = booked.holding, cash + booked.cash
    assert held.cost == 0
    assert held.realised == cash


orders = st.lists(st.tuples(sides, prices, any_qty), max_size=4)


@settings(max_examples=60)
@given(st.tuples(sides, prices, any_qty), orders)
def test_no_order_of_fills_ties_up_more_than_the_worst_loss(first, working):
    start = FLAT.filled(*first, 0).holding
    buys = [(price, qty) for side, price, qty in working if side is BUY]
    sells = [(price, qty) for side, price, qty in working if side is SELL]
    worst = worst_loss(start, buys, sells)
    for row in permutations(working):
        held = start
        for side, price, qty in row:
            held = held.filled(side, price, qty, 0).holding
            assert held.cost <= worst + len(working)  # a unit of rounding per fill
