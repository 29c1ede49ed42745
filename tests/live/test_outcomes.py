"""Three outcomes, never two: what was asked of a venue is confirmed, refused, or not known yet."""

import pytest
from tests.live.rig import BUY, VENUE, M, Rig, ready

from pmterm.live.judging import GONE
from pmterm.messages.commands import CancelAll, CancelOrder, Halt
from pmterm.messages.orders import Fill, OrderAdopted, OrderReport, PlaceOrder, Refused
from pmterm.messages.said import (
    FillSeen,
    OrderAccepted,
    OrderDeclined,
    OrderMissing,
    OrderSeen,
    OrderUnclear,
    WithdrawAnswered,
)
from pmterm.model.ids import VenueOrderId
from pmterm.model.order import FillState, OrderState
from pmterm.model.units import QTY_ONE

S = OrderState


def accepted(rig, order, state=S.OPEN, filled=0, **fields):
    venue_order = VenueOrderId(f"V{order.id}")
    rig.hear(OrderAccepted(rig.at, VENUE, order.id, venue_order, state, filled * QTY_ONE, **fields))


def seen(rig, order, state=S.OPEN, filled=0, name=None):
    venue_order = VenueOrderId(name or f"V{order.id}")
    rig.hear(
        OrderSeen(rig.at, VENUE, venue_order, M, 0, order.side, order.price, order.qty,
                  filled * QTY_ONE, state, client_order=order.named)
    )  # fmt: skip


def traded(rig, order, qty, trade="t1", state=FillState.CONFIRMED, name=None, client=None):
    rig.hear(
        FillSeen(rig.at, VENUE, trade, VenueOrderId(name or f"V{order.id}"), M, 0, BUY, 4700,
                 round(qty * QTY_ONE), 0, is_maker=False, state=state, venue_at=rig.at,
                 client_order=order.named if client is None else client)
    )  # fmt: skip


def missing(rig, order):
    rig.hear(OrderMissing(rig.at, VENUE, order.id))


def test_an_order_is_on_disk_with_its_name_before_it_is_asked_for():
    rig = ready()
    order = rig.buy()
    assert rig.verbs("place:") == [f"place:{order.id}"]
    kinds = [type(message).__name__ for message in rig.journal]
    placed = kinds.index("PlaceOrder")
    assert kinds[placed : placed + 2] == ["PlaceOrder", "OrderNamed"]
    assert rig.state(order) is S.SENT


def test_what_the_venue_cannot_take_is_refused_unsent():
    rig = ready()
    rig.wing.unsendable = "no such tick"
    order = rig.buy()
    assert rig.state(order) is S.REFUSED
    assert not rig.verbs("place:")


def test_f01_accepted_and_the_reply_lost_is_unknown_until_found_and_never_sent_again():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    assert rig.state(order) is S.UNKNOWN
    rig.wait(1)
    assert f"look:{order.id}" in rig.verbs("look:")
    seen(rig, order)
    assert rig.state(order) is S.OPEN
    assert rig.verbs("place:") == [f"place:{order.id}"]


def test_f03_not_found_is_believed_after_three_looks_over_a_minute_only():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    for _ in range(5):
        rig.wait(2)
        missing(rig, order)
    assert rig.state(order) is S.UNKNOWN  # five looks, but only ten seconds
    reserved = [use.value for use in rig.gate.uses(M) if use.rule == "R1"]
    assert reserved == ["$4.70"]
    rig.wait(49)
    missing(rig, order)
    assert rig.state(order) is S.UNKNOWN  # a minute since it was sent, not since the first look
    rig.wait(3)
    missing(rig, order)
    assert rig.state(order) is S.REFUSED
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R1"] == ["$0"]


def test_f03_each_look_in_vain_is_told_to_the_trader():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    for _ in range(4):
        rig.wait(2)
        missing(rig, order)
    assert rig.state(order) is S.UNKNOWN, "three looks are not enough so soon"
    told = [each.reason for each in rig.heard(OrderReport) if each.state is S.UNKNOWN]
    assert told == [
        "no answer",
        *(f"look {n}: not there; given up after 60 s" for n in (1, 2, 3, 4)),
    ]


def test_f03_late_looks_say_that_more_looks_are_what_is_awaited():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    missing(rig, order)
    rig.wait(61)
    missing(rig, order)
    told = [each.reason for each in rig.heard(OrderReport) if each.state is S.UNKNOWN]
    assert told[-2:] == [
        "look 1: not there; given up after 60 s",
        "look 2: not there; given up at look 3",
    ]


def test_i7_what_was_compared_too_long_ago_counts_as_not_compared():
    rig = ready()
    rig.wait(90)  # each round breaks off: nothing is answered
    assert rig.buy() is not None
    rig.wait(40)
    assert rig.buy(5) is None
    assert "not compared" in rig.heard(Refused)[-1].value
    rig.agree()
    rig.arm()
    assert rig.buy(5) is not None


def test_f03_one_that_appears_after_all_is_adopted_and_taken_back():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    for _ in range(4):
        rig.wait(20)
        missing(rig, order)
    assert rig.state(order) is S.REFUSED
    rig.asked.clear()
    seen(rig, order)
    rig.wait(1)
    assert [(a.order, a.is_ours) for a in rig.heard(OrderAdopted)] == [(order.id, True)]
    assert f"cancel:{order.id}" in rig.verbs("cancel:")
    assert rig.executor.order(order.id).state is not S.REFUSED


@pytest.mark.parametrize("first", ["answer", "fill"])
def test_f19_a_fill_before_the_answer_finds_its_order(first):
    rig = ready()
    order = rig.buy()
    steps = [lambda: accepted(rig, order, S.FILLED, 10), lambda: traded(rig, order, 10)]
    for step in steps if first == "answer" else reversed(steps):
        step()
    assert rig.state(order) is S.FILLED
    assert [p.qty for p in rig.portfolio.positions()] == [10 * QTY_ONE]


def test_f20_a_fill_counts_once_over_stream_list_and_restart():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    traded(rig, order, 4)
    traded(rig, order, 4)
    again = rig.again()
    again.up(orders=again.desk.table.all(), holdings=[(0, 4 * QTY_ONE)])
    traded(again, order, 4)
    assert [p.qty for p in again.portfolio.positions()] == [4 * QTY_ONE]
    assert len([m for m in again.journal if isinstance(m, Fill)]) == 1


def test_f21_a_failed_fill_is_taken_back_once_and_stays_gone():
    rig = ready()
    order = rig.buy()
    accepted(rig, order, S.FILLED, 10)
    traded(rig, order, 10, state=FillState.MATCHED)
    cash = rig.portfolio.cash
    for state in (FillState.RETRYING, FillState.FAILED, FillState.CONFIRMED, FillState.FAILED):
        traded(rig, order, 10, state=state)
    assert [p.qty for p in rig.portfolio.positions()] == [0]
    assert rig.portfolio.cash == cash + 4_700_000


def test_f22_three_fills_of_which_two_fail_leave_one():
    rig = ready()
    order = rig.buy(9)
    accepted(rig, order, S.FILLED, 9)
    for trade in ("a", "b", "c"):
        traded(rig, order, 3, trade, FillState.MATCHED)
    for trade in ("a", "c"):
        traded(rig, order, 3, trade, FillState.FAILED)
    assert [p.qty for p in rig.portfolio.positions()] == [3 * QTY_ONE]


@pytest.mark.parametrize("fill_first", [True, False])
def test_f25_a_cancel_that_meets_a_fill_keeps_both(fill_first):
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    rig.take(CancelOrder(rig.at, order.id))
    steps = [
        lambda: traded(rig, order, 4),
        lambda: rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=True)),
    ]
    for step in steps if fill_first else reversed(steps):
        step()
    assert rig.state(order) is S.CANCELLED
    assert rig.executor.order(order.id).filled == 4 * QTY_ONE
    assert [p.qty for p in rig.portfolio.positions()] == [4 * QTY_ONE]


def test_f26_a_lost_cancel_reply_is_asked_again_until_it_is_proven():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    rig.take(CancelOrder(rig.at, order.id))
    rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=None, reason="no answer"))
    assert rig.state(order) is S.CANCEL_UNKNOWN
    rig.wait(10)
    assert len(rig.verbs("cancel:")) >= 2
    rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=True))
    assert rig.state(order) is S.CANCELLED
    asked = len(rig.verbs("cancel:"))
    rig.wait(30)
    assert len(rig.verbs("cancel:")) == asked


def test_f26_nothing_to_cancel_is_read_before_anything_is_said():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    rig.take(CancelOrder(rig.at, order.id))
    rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=False, reason="not found"))
    assert rig.state(order) is S.OPEN
    rig.wait(1)
    assert f"look:{order.id}" in rig.verbs("look:")
    seen(rig, order, S.FILLED, 10)
    assert rig.state(order) is S.FILLED


def test_f24_a_refusal_ends_an_order_and_gives_its_reservation_back():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderDeclined(rig.at, VENUE, order.id, "balance", "Not enough money there."))
    assert rig.state(order) is S.REFUSED
    assert rig.executor.order(order.id).reason == "Not enough money there."
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R2"] == ["$0"]


def test_f28_orders_made_elsewhere_count_and_are_not_touched_by_cancel_mine():
    rig = ready()
    rig.hear(
        OrderSeen(rig.at, VENUE, VenueOrderId("W1"), M, 0, BUY, 4500, 100 * QTY_ONE, 0, S.OPEN)
    )
    assert [a.is_ours for a in rig.heard(OrderAdopted)] == [False]
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R1"] == ["$45"]
    rig.take(CancelAll(rig.at))
    assert not rig.verbs("cancel:")


def test_f28_two_orders_made_elsewhere_whose_names_end_alike_are_two():
    rig = ready()
    for name in ("1-0123456789abcdef", "2-0123456789abcdef"):
        rig.hear(
            OrderSeen(rig.at, VENUE, VenueOrderId(name), M, 0, BUY, 4500, 100 * QTY_ONE, 0, S.OPEN)
        )
    assert len({adopted.order for adopted in rig.heard(OrderAdopted)}) == 2
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R1"] == ["$90"]
    rig.hear(
        OrderSeen(rig.at, VENUE, VenueOrderId("1-0123456789abcdef"), M, 0, BUY, 4500,
                  100 * QTY_ONE, 0, S.CANCELLED)
    )  # fmt: skip
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R1"] == ["$45"]


def test_a_fill_whose_order_nobody_knows_is_foreign_after_a_while_and_counts():
    rig = ready()
    rig.hear(
        FillSeen(rig.at, VENUE, "t9", VenueOrderId("W9"), M, 0, BUY, 4700, 5 * QTY_ONE, 0,
                 is_maker=False, state=FillState.CONFIRMED, venue_at=rig.at)
    )  # fmt: skip
    assert not rig.heard(Fill)
    rig.wait(8)
    assert [p.qty for p in rig.portfolio.positions()] == [5 * QTY_ONE]


def test_f35_orders_the_venue_wiped_are_missed_and_let_go_only_when_proven():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    rig.agree(orders=[order])
    rig.wait(16)
    rig.agree(orders=[])
    assert rig.state(order) is S.OPEN
    for _ in range(2):
        rig.wait(1)
        missing(rig, order)
    assert rig.state(order) is S.OPEN  # taken back, or filled and not listed yet
    assert rig.heard(OrderReport)[-1].reason == GONE
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R1"] == ["$4.70"]
    rig.wait(60)
    missing(rig, order)
    assert rig.state(order) is S.CANCELLED
    assert [use.value for use in rig.gate.uses(M) if use.rule == "R1"] == ["$0"]


def test_an_order_that_the_venue_lists_again_is_told_to_stand_and_its_minute_begins_anew():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    for _ in range(2):
        missing(rig, order)
    rig.wait(50)
    seen(rig, order)
    assert (rig.state(order), rig.heard(OrderReport)[-1].reason) == (S.OPEN, "")
    rig.wait(20)
    for _ in range(3):
        missing(rig, order)
    assert rig.state(order) is S.OPEN


def test_f56_a_kill_during_a_create_follows_that_order_to_its_end():
    rig = ready()
    order = rig.buy()
    rig.take(Halt(rig.at))
    accepted(rig, order)
    rig.wait(1)
    assert f"cancel:{order.id}" in rig.verbs("cancel:")
    rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=True))
    assert rig.state(order) is S.CANCELLED
    assert rig.buy(5) is None
    assert rig.heard(Refused)[-1].rule == "R10 halted"


def test_f55_cancels_repeat_while_the_venue_is_dead_and_no_create_goes_out():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    rig.take(Halt(rig.at))
    for _ in range(6):
        rig.wait(5)
        rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=None, reason="no answer"))
    assert len(rig.verbs("cancel:")) >= 4
    assert rig.state(order) is S.CANCEL_UNKNOWN
    assert rig.verbs("place:") == [f"place:{order.id}"]


def test_what_was_in_flight_at_a_crash_is_unknown_after_it_and_is_looked_for():
    rig = ready()
    order = rig.buy()
    again = rig.again()
    assert again.state(order) is S.UNKNOWN
    again.wait(1)
    assert f"look:{order.id}" in again.verbs("look:")
    assert not again.verbs("place:")
    again.up()
    assert again.buy(5) is None  # a restart is never armed
    seen(again, order)
    assert again.state(order) is S.OPEN


def test_the_journal_restores_orders_and_holdings_as_they_were():
    rig = ready()
    first = rig.buy()
    rig.wait(6)
    second = rig.buy(3, 4600)
    accepted(rig, first, S.FILLED, 10)
    traded(rig, first, 10)
    accepted(rig, second)
    again = Rig(rig.journal, at=rig.at)
    orders = [(o.id, o.state, o.filled) for o in rig.executor.orders()]
    assert [(o.id, o.state, o.filled) for o in again.executor.orders()] == orders
    assert again.portfolio.positions() == rig.portfolio.positions()
    assert again.portfolio.cash == rig.portfolio.cash
    assert again.desk.book.held(M) == rig.desk.book.held(M) == 10 * QTY_ONE


def test_a_delayed_order_counts_down_and_is_not_sent_again():
    rig = ready()
    order = rig.buy()
    accepted(rig, order, S.SENT, delay=3_000_000_000)
    assert rig.heard(OrderReport)[-1].until == rig.at + 3_000_000_000
    assert rig.state(order) is S.SENT
    traded(rig, order, 10, client="")
    assert rig.state(order) is S.FILLED
    assert len([m for m in rig.journal if isinstance(m, PlaceOrder)]) == 1
