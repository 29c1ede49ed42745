"""T12: a strategy acts on real money only after it has shown, on signals held out, that it pays."""

import pytest
from tests.properties.money_builders import IOC, SELL, T0, fill, recall, seen, touch
from tests.trading.risk.test_live_gate import LOOSE, bought, gate, tell, unarmed
from tests.trading.risk.test_live_gate import ask as judged

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.orders import Approved
from pmterm.messages.strategy import RecordKnown
from pmterm.model.units import CASH_ONE
from pmterm.trading.risk.gate import Gate


def record(held_out=50, net_low=1, live_trades=50):
    return RecordKnown(T0, "fade", held_out, held_out // 2, 9_000, net_low, 20_000, live_trades)


def ask(it, number=1, qty=10, origin="auto fade", **fields):
    return judged(it, f"s-x{number:04d}", qty=qty, origin=origin, tif=IOC, **fields)


def test_without_a_record_it_does_not_act():
    said = ask(gate())
    assert (said.rule, said.asks) == ("T12", False)
    assert said.value == "fade: no record, needs 50 held-out signals"
    assert said.limit == "50 held-out signals with a net surely above 0"
    assert said.remedy == "let it suggest until then"


@pytest.mark.parametrize(
    ("told", "value"),
    [
        (record(held_out=49), "fade: 49 of 50 held-out signals"),
        (record(net_low=0), "fade: net of 50 signals at the least 0.00 a contract, needs above 0"),
        (
            record(net_low=-2_000),
            "fade: net of 50 signals at the least -0.002 a contract, needs above 0",
        ),
    ],
)
def test_a_record_that_falls_short_is_told(told, value):
    it = gate()
    tell(it, told)
    assert ask(it).value == value


def test_with_a_record_that_pays_it_acts():
    it = gate()
    tell(it, record())
    assert isinstance(ask(it), Approved)


def test_each_strategy_has_its_own_record():
    it = gate()
    tell(it, record())
    assert ask(it, origin="auto spike").rule == "T12"


def test_its_first_trades_are_small():
    it = gate()
    tell(it, record(live_trades=48))
    said = ask(it, qty=11)
    assert said.value == "$5.17 in trade 49 of fade"
    assert (said.limit, said.remedy) == ("$5 in its first 50", "at most $5")
    for number in (1, 2):
        assert isinstance(ask(it, number), Approved)
        assert ask(it, 99, qty=11).rule == "T12"  # sent is not traded
        tell(it, fill(1, order=f"s-x{number:04d}"))
        tell(it, fill(2, order=f"s-x{number:04d}"))
    assert isinstance(ask(it, 3, qty=11), Approved)


def test_a_restart_knows_the_trades_that_were_made():
    first = gate()
    known = record(live_trades=49)
    tell(first, known)
    traded = [ask(first), fill(order="s-x0001")]
    for journal, rule in (([known], "T12"), ([known, *traded], "")):
        again = recall(gate(), journal)
        assert getattr(ask(again, 2, qty=11), "rule", "") == rule


def test_closing_and_a_persons_own_orders_need_no_record():
    it = gate()
    tell(it, bought(10))
    assert isinstance(ask(it, side=SELL, price=4600, reduce_only=True), Approved)
    assert isinstance(ask(it, 2, qty=20, origin="taken fade"), Approved)


def test_an_exit_needs_no_arming_and_asks_nothing_but_only_closes():
    it = unarmed()
    tell(it, bought(10))
    exit_order = {"side": SELL, "price": 4600, "origin": "exit stop", "confirmed": False}
    assert ask(it, **exit_order).rule == "ARM", "it does not say that it only closes"
    assert ask(it, qty=11, **exit_order, reduce_only=True).rule in {"ARM", "reduce only"}
    assert isinstance(ask(it, **exit_order, reduce_only=True), Approved)


def test_on_paper_it_is_let_through():
    it = Gate(LOOSE)
    tell(it, SessionStarted(T0, "s", Mode.PAPER, "0", 100 * CASH_ONE), seen(), touch())
    assert isinstance(ask(it), Approved)
