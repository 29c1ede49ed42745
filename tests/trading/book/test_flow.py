"""Depth that vanished was traded if the tape says so within two seconds, else pulled."""

from pmterm.model.units import SECOND
from pmterm.trading.book.flow import PAIRING, Flow


def test_fall_without_a_print_was_pulled():
    flow = Flow()
    flow.fell(4_200, 10, at=1)
    assert (flow.gone, flow.traded, flow.pulled) == (10, 0, 10)


def test_print_explains_a_fall_whichever_comes_first():
    first, second = Flow(), Flow()
    first.fell(4_200, 10, at=1)
    first.printed(4_200, 6, at=SECOND)
    second.printed(4_200, 6, at=1)
    second.fell(4_200, 10, at=SECOND)
    assert first.traded == second.traded == 6
    assert first.pulled == second.pulled == 4


def test_print_at_another_price_or_too_late_explains_nothing():
    flow = Flow()
    flow.fell(4_200, 10, at=1)
    flow.printed(4_300, 10, at=2)
    flow.printed(4_200, 10, at=2 + PAIRING)
    assert flow.traded == 0


def test_one_print_explains_a_fall_only_once():
    flow = Flow()
    flow.printed(4_200, 10, at=1)
    flow.fell(4_200, 8, at=2)
    flow.fell(4_200, 8, at=3)
    assert (flow.traded, flow.pulled) == (10, 6)


def test_falls_add_up_until_the_print_comes():
    flow = Flow()
    flow.fell(4_200, 5, at=1)
    flow.fell(4_200, 5, at=2)
    flow.printed(4_200, 9, at=3)
    assert (flow.traded, flow.pulled) == (9, 1)


def test_replaced_book_forgets_what_was_waiting():
    flow = Flow()
    flow.fell(4_200, 5, at=1)
    flow.forget()
    flow.printed(4_200, 5, at=2)
    assert flow.traded == 0
