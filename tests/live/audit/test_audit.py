"""The audit finds nothing in a clean journal, and each kind of damage where it is."""

import msgspec
import pytest
from tests.live.audit.journals import again, changed, clean, place_of, without

from pmterm.live.audit import replay
from pmterm.live.audit.audit import audit
from pmterm.messages.accounts import BalanceSeen, PositionChanged
from pmterm.messages.live import Armed
from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    LimitChanged,
    OrderAdopted,
    OrderNamed,
    OrderReport,
    PlaceOrder,
)
from pmterm.model.ids import VenueOrderId
from pmterm.model.order import FillState, GateState, OrderState, Side
from pmterm.model.units import CASH_ONE, QTY_ONE
from pmterm.trading.execution.executor import Executor
from pmterm.trading.risk.limits import STANDARD


def wrongs(messages, limits=STANDARD):
    """What is wrong, by the first word of each check."""
    return {f.name.split()[0]: f.wrong for f in audit(messages, limits) if f.wrong}


def test_a_clean_journal_is_clean_and_every_check_had_something_to_look_at():
    findings = audit(clean(), STANDARD)
    assert [f.wrong for f in findings] == [()] * 11
    assert all(f.count for f in findings)


def test_an_empty_journal_is_clean():
    assert wrongs([]) == {}


def test_i1_a_fee_that_was_changed_shows_at_the_next_balance():
    messages, row = changed(Fill, fee=0)
    (wrong,) = wrongs(messages)["I1"][:1]
    assert isinstance(messages[wrong.row - 1], BalanceSeen)
    assert wrong.row > row


def test_i1_a_balance_that_was_changed_is_named_and_so_is_the_way_back():
    messages, row = changed(BalanceSeen, 4, cash=1)
    assert next(w.row for w in wrongs(messages)["I1"]) == row


def test_i2_an_order_placed_twice():
    messages, row = again(PlaceOrder)
    assert [w.row for w in wrongs(messages)["I2"]] == [row]


def test_i2_an_order_without_a_name():
    assert "has no name" in wrongs(without(OrderNamed))["I2"][0].says


def test_i2_a_name_given_twice():
    messages = list(clean())
    first = messages[place_of(messages, OrderNamed)].venue_order
    messages, row = changed(OrderNamed, 1, venue_order=first)
    assert [w.row for w in wrongs(messages)["I2"]] == [row]


def test_i3_a_position_that_its_fills_do_not_make():
    messages, row = changed(PositionChanged, qty=QTY_ONE)
    assert [w.row for w in wrongs(messages)["I3"]] == [row]


def test_i4_a_sale_of_more_than_was_held():
    messages = list(clean())
    at = next(n for n, m in enumerate(messages)
              if isinstance(m, Approved) and m.intent.side is Side.SELL)  # fmt: skip
    big = msgspec.structs.replace(messages[at].intent, qty=21 * QTY_ONE)
    messages[at] = msgspec.structs.replace(messages[at], intent=big)
    assert [w.row for w in wrongs(messages)["I4"]] == [at + 1]


def test_i5_orders_over_a_limit():
    tight = msgspec.structs.replace(STANDARD, max_position=10 * CASH_ONE)
    found = wrongs(clean(), tight)["I5"]
    assert {type(clean()[w.row - 1]) for w in found} == {Approved}


def test_i5_follows_the_limits_that_a_person_changed():
    tight = msgspec.structs.replace(STANDARD, max_position=10 * CASH_ONE)
    messages = list(clean())
    first = place_of(messages, Approved, 0)
    at = messages[first].at
    raised = LimitChanged(at, "max_position", tight.max_position, STANDARD.max_position)
    assert "I5" not in wrongs([*messages[:first], raised, *messages[first:]], tight)
    lowered = LimitChanged(at, "max_position", STANDARD.max_position, CASH_ONE)
    assert wrongs([*messages[:first], lowered, *messages[first:]])["I5"]


def test_i6_an_order_placed_while_halted():
    messages = list(clean())
    at = place_of(messages, PlaceOrder, 1)
    messages.insert(at, GateChanged(messages[at].at, GateState.HALTED, "killed"))
    found = wrongs(messages)["I6"]
    assert found[0].row == at + 2
    messages.insert(at + 1, GateChanged(messages[at].at, GateState.ACTIVE, ""))
    assert "I6" not in wrongs(messages)


def test_i7_an_order_placed_unarmed():
    first = place_of(clean(), PlaceOrder) - 1
    assert wrongs(without(Armed))["I7"][0].row == first + 1


def test_i8_a_word_before_the_order_was_written_down():
    messages = list(clean())
    named = messages.pop(place_of(messages, OrderNamed))
    report = place_of(messages, OrderReport)
    messages.insert(report + 1, named)
    assert wrongs(messages)["I8"][0].row == report + 1


def test_i9_a_state_that_comes_out_differently(monkeypatch):
    class Forgetful(Executor):
        made = 0

        def __init__(self):
            super().__init__()
            Forgetful.made += 1

        def orders(self):
            return super().orders()[Forgetful.made - 1 :]

    monkeypatch.setattr(replay, "Executor", Forgetful)
    assert "orders come out differently" in wrongs(clean())["I9"][0].says


def test_i11_an_order_that_ended_and_works_again_unless_it_was_adopted():
    messages = list(clean())
    at = max(n for n, m in enumerate(messages) if isinstance(m, OrderReport))
    old = messages[at]
    messages.append(msgspec.structs.replace(old, state=OrderState.OPEN))
    assert wrongs(messages)["I11"][-1].row == len(messages)
    name = VenueOrderId("v")
    messages.insert(-1, OrderAdopted(old.at, old.order, old.market, name, 0, Side.BUY, 1, 2, 0))
    assert "I11" not in wrongs(messages)


def test_i11_an_order_that_filled_less_than_before_unless_a_fill_failed():
    messages = list(clean())
    at = max(n for n, m in enumerate(messages) if isinstance(m, OrderReport) and m.filled)
    less = msgspec.structs.replace(messages[at], filled=messages[at].filled - 1)
    assert wrongs([*messages, less])["I11"][-1].row == len(messages) + 1
    fill = next(m for m in messages if isinstance(m, Fill) and m.order == less.order)
    failed = FillMoved(less.at, fill.id, fill.order, fill.market, FillState.FAILED)
    assert "I11" not in wrongs([*messages, failed, less])


@pytest.mark.parametrize("kind", [Fill, FillMoved])
def test_i12_a_fill_that_is_told_twice(kind):
    messages, row = again(kind, -1)
    assert row in [w.row for w in wrongs(messages)["I12"]]


def test_i12_a_settlement_of_a_fill_nobody_counted():
    messages, row = changed(FillMoved, fill="nobody's")
    assert wrongs(messages)["I12"][0].row == row


def test_more_than_one_kind_of_damage_is_told_of_each():
    messages, _ = again(Fill)
    messages.insert(0, GateChanged(1, GateState.HALTED, "killed"))
    assert {"I6", "I12"} <= wrongs(messages).keys()
