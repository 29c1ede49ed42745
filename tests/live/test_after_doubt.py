"""What random evenings (tests/proof) have found, each as short as it can be told."""

import msgspec
import pytest
from tests.live.rig import BUY, VENUE, M, ready

from pmterm.messages.live import CashSeen, HoldingDiffers
from pmterm.messages.orders import (
    AmendOrder,
    Fill,
    Intent,
    OrderAdopted,
    OrderNamed,
    OrderReport,
)
from pmterm.messages.said import FillSeen, OrderAccepted, OrderMissing, OrderSeen, OrderUnclear
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, TimeInForce
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, QTY_ONE


def accepted(rig, order):
    """The venue's answer took it; no read has shown it yet."""
    said = OrderAccepted(rig.at, rig.wing.venue, order.id, VenueOrderId(order.named), S.OPEN, 0)
    rig.hear(said)


def seen(rig, order, price, qty):
    return OrderSeen(rig.at, rig.wing.venue, VenueOrderId(order.named), M, 0, order.side, price,
                     qty * QTY_ONE, 0, S.OPEN)  # fmt: skip


def cash_seen(rig):
    return [seen.cash // CASH_ONE for seen in rig.heard(CashSeen)]


def test_reads_that_do_not_know_a_young_order_do_not_end_it():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    for _ in range(5):
        rig.wait(2)
        rig.hear(OrderMissing(rig.at, VENUE, order.id))
    assert rig.state(order) is S.OPEN
    rig.wait(60)
    rig.hear(OrderMissing(rig.at, VENUE, order.id))
    assert rig.state(order) is S.CANCELLED


def test_money_that_open_orders_hold_back_is_not_taken_off_twice():
    rig = ready(venue=Venue.KALSHI)
    order = rig.buy()
    accepted(rig, order)
    rig.wait(16)
    rig.agree(orders=[order], cash=995)
    assert cash_seen(rig) == [1_000]


@pytest.mark.parametrize("venue", list(Venue))
def test_money_read_just_after_an_order_ended_is_not_taken(venue):
    rig = ready(venue=venue)
    order = rig.buy()
    accepted(rig, order)
    for _ in range(2):
        rig.wait(60)
        rig.hear(OrderMissing(rig.at, venue, order.id))
    assert rig.state(order) is S.CANCELLED
    rig.agree(cash=995)
    assert cash_seen(rig) == [1_000]
    rig.wait(70)
    rig.agree(cash=995)
    assert cash_seen(rig) == [1_000, 995]


def test_a_fill_first_heard_as_nobodys_and_then_by_our_name_is_counted_once():
    rig = ready(venue=Venue.KALSHI)
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, Venue.KALSHI, order.id, "no answer"))
    listed = fill_seen(rig, "theirs-1")  # a list does not tell our name for it, the stream does
    rig.hear(listed)
    rig.hear(msgspec.structs.replace(listed, client_order=order.named))
    told = OrderSeen(rig.at, Venue.KALSHI, VenueOrderId("theirs-1"), M, 0, BUY, 4700,
                     10 * QTY_ONE, 10 * QTY_ONE, S.FILLED, client_order=order.named)  # fmt: skip
    rig.hear(told)
    rig.wait(10)
    assert [fill.order for fill in rig.heard(Fill)] == [order.id]
    assert [p.qty for p in rig.portfolio.positions()] == [10 * QTY_ONE]


def test_what_the_venue_shows_an_order_to_be_is_told():
    rig = ready()
    order = rig.buy(10, 4600)
    accepted(rig, order)
    rig.wait(10)
    rig.hear(seen(rig, order, 4500, 7))
    known = rig.executor.order(order.id)
    assert (known.price, known.qty) == (4500, 7 * QTY_ONE)


def test_an_amend_that_died_with_its_session_is_found_out():
    rig = ready()
    order = rig.buy(10, 4600)
    accepted(rig, order)
    rig.journal.append(AmendOrder(rig.at, order.id, amend_of(rig, order)))
    again = rig.again()
    assert list(again.desk.table.get(order.id).amends) == ["amend-1"]
    again.wait(10)
    again.hear(seen(again, order, 4500, 10))
    assert not again.desk.table.get(order.id).amends
    assert again.executor.order(order.id).price == 4500


def amend_of(rig, order):
    return Intent(rig.at, OrderId("amend-1"), M, order.side, 10 * QTY_ONE, 4500, TimeInForce.GTC,
                  replaces=order.id)  # fmt: skip


def fill_seen(rig, name, state=FillState.CONFIRMED, qty=10):
    return FillSeen(rig.at, rig.wing.venue, "t1", VenueOrderId(name), M, 0, BUY, 4700,
                    qty * QTY_ONE, 0, is_maker=False, state=state, venue_at=rig.at)  # fmt: skip


def test_a_fill_that_may_be_ours_is_not_called_foreign_while_that_is_not_known():
    rig = ready(venue=Venue.KALSHI)
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, Venue.KALSHI, order.id, "no answer"))
    rig.hear(fill_seen(rig, "theirs-1"))
    rig.wait(30)
    assert not rig.heard(OrderAdopted)
    told = OrderSeen(rig.at, Venue.KALSHI, VenueOrderId("theirs-1"), M, 0, BUY, 4700,
                     10 * QTY_ONE, 10 * QTY_ONE, S.FILLED, client_order=order.named)  # fmt: skip
    rig.hear(told)
    assert rig.state(order) is S.FILLED
    assert [fill.order for fill in rig.heard(Fill)] == [order.id]


def test_a_trade_that_failed_before_it_was_heard_of_proves_its_order():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    rig.hear(fill_seen(rig, order.named, FillState.FAILED))
    for _ in range(2):
        rig.wait(60)
        rig.hear(OrderMissing(rig.at, VENUE, order.id))
    assert rig.state(order) is S.CANCELLED


@pytest.mark.parametrize("venue", list(Venue))
def test_nothing_is_compared_while_a_fill_waits_for_its_order(venue):
    rig = ready(venue=venue)
    rig.wait(70)
    rig.hear(fill_seen(rig, "nobody's"))
    rig.agree(holdings=[(0, 10 * QTY_ONE)], cash=995)
    assert not rig.heard(HoldingDiffers)
    assert cash_seen(rig) == [1_000]


def test_a_trade_that_failed_before_it_was_heard_of_is_taken_back_from_its_order():
    rig = ready()
    order = rig.buy()
    name = VenueOrderId(order.named)
    rig.hear(OrderAccepted(rig.at, VENUE, order.id, name, S.FILLED, 10 * QTY_ONE))
    rig.hear(fill_seen(rig, order.named, FillState.FAILED))
    assert rig.executor.order(order.id).filled == 0
    assert all(p.qty == 0 for p in rig.portfolio.positions())
    assert not rig.gate.uses(M)[0].used_ppm
    before = len(rig.verbs("fills"))
    rig.wait(12)
    assert len(rig.verbs("fills")) == before


def test_f22_the_fills_still_under_way_are_waited_for_though_one_has_failed():
    rig = ready()
    order = rig.buy(6)
    name = VenueOrderId(order.named)
    rig.hear(OrderAccepted(rig.at, VENUE, order.id, name, S.FILLED, 6 * QTY_ONE))
    for state in (FillState.MATCHED, FillState.FAILED):
        rig.hear(trade_seen(rig, order, "a", state))
    rig.wait(16)
    rig.agree()  # the next round is a minute away
    asked = len(rig.verbs("fills"))
    rig.wait(25)
    assert len(rig.verbs("fills")) > asked
    assert rig.executor.order(order.id).filled == 4 * QTY_ONE
    for trade in ("b", "c"):
        rig.hear(trade_seen(rig, order, trade, FillState.CONFIRMED))
    rig.hear(whole(rig, order, 6))  # the venue's own count keeps what failed
    rig.agree(holdings=[(0, 4 * QTY_ONE)], cash=998)
    asked = len(rig.verbs("fills"))
    rig.wait(30)
    assert len(rig.verbs("fills")) == asked
    assert [p.qty for p in rig.portfolio.positions()] == [4 * QTY_ONE]


def test_f22_what_failed_of_a_resting_order_does_not_end_it():
    rig = ready()
    order = rig.buy(6, 4600)
    accepted(rig, order)
    for state in (FillState.MATCHED, FillState.FAILED):
        rig.hear(trade_seen(rig, order, "a", state))
    for trade in ("b", "c"):
        rig.hear(trade_seen(rig, order, trade, FillState.CONFIRMED))
    assert rig.state(order) is S.PARTIAL  # whether the venue lets it trade again is for it to say
    rig.hear(whole(rig, order, 6))
    assert rig.state(order) is S.FILLED
    assert rig.executor.order(order.id).filled == 4 * QTY_ONE


def trade_seen(rig, order, trade, state):
    return FillSeen(rig.at, VENUE, trade, VenueOrderId(order.named), M, 0, BUY, 4600,
                    2 * QTY_ONE, 0, is_maker=True, state=state, venue_at=rig.at)  # fmt: skip


def whole(rig, order, filled):
    return OrderSeen(rig.at, VENUE, VenueOrderId(order.named), M, 0, order.side, order.price,
                     order.qty, filled * QTY_ONE, S.FILLED)  # fmt: skip


def test_an_order_that_had_no_name_when_pmterm_died_was_never_sent():
    rig = ready()
    order = rig.buy()
    nameless = [m for m in rig.journal if not isinstance(m, OrderNamed | OrderReport)]
    rig.journal[:] = nameless
    again = rig.again()
    assert again.state(order) is S.REFUSED
    assert not again.gate.uses(M)[0].used_ppm


def test_f79_a_clock_put_forward_settles_nothing_by_absence():
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, VENUE, order.id, "no answer"))
    rig.wait(2)
    rig.put_clock_forward(3_600)
    for _ in range(5):
        rig.wait(2)
        rig.hear(OrderMissing(rig.at, VENUE, order.id))
    assert rig.state(order) is S.UNKNOWN  # an hour on the wall, but twelve seconds in truth
    rig.wait(52)
    rig.hear(OrderMissing(rig.at, VENUE, order.id))
    assert rig.state(order) is S.REFUSED


def test_f79_a_clock_put_forward_does_not_end_an_order_that_reads_do_not_know_yet():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    rig.put_clock_forward(3_600)
    for _ in range(3):
        rig.wait(2)
        rig.hear(OrderMissing(rig.at, VENUE, order.id))
    assert rig.state(order) is S.OPEN


def test_an_order_of_an_earlier_session_is_looked_for_over_a_minute_of_this_one():
    rig = ready()
    order = rig.buy()
    rig.at += 3_600_000_000_000  # nobody can tell how long that truly was
    again = rig.again()
    for _ in range(5):
        again.wait(2)
        again.hear(OrderMissing(again.at, VENUE, order.id))
    assert again.state(order) is S.UNKNOWN
    again.wait(60)
    again.hear(OrderMissing(again.at, VENUE, order.id))
    assert again.state(order) is S.REFUSED
