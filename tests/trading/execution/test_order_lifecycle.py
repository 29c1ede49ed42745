from itertools import product

from tests.properties.money_builders import report

from pmterm.model.order import OrderState
from pmterm.trading.execution.lifecycle import MOVES, next_state


def test_every_state_has_its_row():
    assert set(MOVES) == set(OrderState)


def test_what_has_ended_stays_ended():
    for old, new in product(OrderState, OrderState):
        if old.is_final:
            assert next_state(old, report(state=new)) is old


def test_an_order_never_goes_back_to_being_sent():
    for old in (OrderState.OPEN, OrderState.PARTIAL, OrderState.UNKNOWN):
        assert next_state(old, report(state=OrderState.SENT)) is old


def test_an_order_that_traded_is_not_open_again_and_one_that_stood_is_not_refused():
    assert next_state(OrderState.PARTIAL, report(state=OrderState.OPEN)) is OrderState.PARTIAL
    assert next_state(OrderState.OPEN, report(state=OrderState.REFUSED)) is OrderState.OPEN


def test_an_unknown_order_is_settled_by_evidence():
    for state in (OrderState.OPEN, OrderState.FILLED, OrderState.REFUSED, OrderState.CANCELLED):
        assert next_state(OrderState.UNKNOWN, report(state=state)) is state
