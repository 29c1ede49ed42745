"""What stands before a resting order is asked now and then, and told when it has changed."""

import asyncio

import msgspec
import pytest
from tests.live.evening import BUY, KALSHI, SELL, MemoryJournal, evening, open_exchange
from tests.live.rig import VENUE, M, ready
from tests.live.test_outcomes import accepted, traded
from tests.live.virtual import run

from pmterm.messages.commands import AmendTicket, CancelOrder
from pmterm.messages.health import Surprised
from pmterm.messages.orders import OrderReport
from pmterm.messages.said import AmendAccepted, QueueSeen, WithdrawAnswered
from pmterm.model.ids import VenueOrderId
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.sim.fault_script import Do, Rule
from pmterm.trading.risk.limits import STANDARD
from pmterm.views.plain import line_of


def told(rig, order, ahead=None, ago=0):
    """Let the venue say what stands before an order, None: that it is nowhere in line."""
    row = () if ahead is None else ((VenueOrderId(f"V{order.id}"), ahead * QTY_ONE),)
    rig.hear(QueueSeen(rig.at, VENUE, (M,), row, rig.at - ago * SECOND))


def rests(rig):
    order = rig.buy()
    accepted(rig, order)
    return order


def places(rig, order):
    """Return the places that were told of an order."""
    return [m.ahead // QTY_ONE for m in rig.heard(OrderReport) if m.order == order.id]


def ahead(rig, order):
    return rig.executor.order(order.id).ahead


def test_nothing_is_asked_while_nothing_rests():
    rig = ready()
    rig.wait(60)
    rig.buy()  # on its way
    rig.wait(5)
    assert rig.verbs("queue:") == []


def test_all_is_asked_in_one_request_seconds_after_it_rests_and_then_each_15_s():
    rig = ready()
    rests(rig)
    rig.wait(2.5)
    assert rig.verbs("queue:") == []
    rig.wait(1)
    assert rig.verbs("queue:") == [f"queue:{M}"]
    rig.wait(60)
    assert len(rig.verbs("queue:")) == 5


def test_a_new_order_is_asked_about_soon_and_never_puts_the_question_off():
    rig = ready(limits=msgspec.structs.replace(STANDARD, market_cooldown=0))
    rests(rig)
    rig.wait(5)
    asked = len(rig.verbs("queue:"))
    for _ in range(6):
        rests(rig)
        rig.wait(1)
    assert len(rig.verbs("queue:")) - asked in {1, 2}


def test_only_a_change_is_told_and_nothing_but_the_place_moves():
    rig = ready()
    order = rests(rig)
    before = [m for m in rig.heard(OrderReport) if m.order == order.id]
    for place in (100, 100, 40):
        rig.wait(15)
        told(rig, order, place)
    reports = [m for m in rig.heard(OrderReport) if m.order == order.id][len(before) :]
    assert [(m.ahead // QTY_ONE, m.state, m.filled) for m in reports] == [
        (100, S.OPEN, 0),
        (40, S.OPEN, 0),
    ]
    assert ", 40 ahead" in line_of(reports[-1])
    assert ahead(rig, order) == 40 * QTY_ONE


def test_a_place_that_moves_all_the_time_is_told_now_and_then():
    rig = ready()
    order = rests(rig)
    for place in range(100, 70, -1):
        rig.wait(1)
        told(rig, order, place)
    assert len(places(rig, order)) - 2 <= 4


def test_an_order_that_is_nowhere_in_line_works_on_and_shows_no_place():
    rig = ready()
    order = rests(rig)
    rig.wait(15)
    told(rig, order, 100)
    rig.wait(15)
    told(rig, order)
    assert (ahead(rig, order), rig.state(order)) == (-1, S.OPEN)
    rig.wait(120)
    assert rig.state(order) is S.OPEN


def test_a_place_is_lost_with_a_new_price_and_asked_anew():
    rig = ready()
    order = rests(rig)
    rig.wait(15)
    told(rig, order, 100)
    rig.take(AmendTicket(rig.at, order.id, 4_600, order.qty, confirmed=True))
    rig.wait(1)
    told(rig, order, 90)  # of before, or of after: nobody knows
    (amend,) = (verb.removeprefix("amend:") for verb in rig.verbs("amend:"))
    rig.hear(AmendAccepted(rig.at, VENUE, amend, 4_600, order.qty))
    assert ahead(rig, order) == -1
    rig.wait(1)
    told(rig, order, 80, ago=5)
    assert ahead(rig, order) == -1
    asked = len(rig.verbs("queue:"))
    rig.wait(3)
    assert len(rig.verbs("queue:")) == asked + 1
    told(rig, order, 7)
    assert ahead(rig, order) == 7 * QTY_ONE


def test_one_made_smaller_keeps_its_place():
    rig = ready()
    order = rests(rig)
    rig.wait(15)
    told(rig, order, 100)
    rig.take(AmendTicket(rig.at, order.id, order.price, 4 * QTY_ONE, confirmed=True))
    (amend,) = (verb.removeprefix("amend:") for verb in rig.verbs("amend:"))
    rig.hear(AmendAccepted(rig.at, VENUE, amend, order.price, 4 * QTY_ONE))
    assert (order.qty, ahead(rig, order)) == (4 * QTY_ONE, 100 * QTY_ONE)


def test_a_place_is_told_again_soon_after_a_fill():
    rig = ready()
    order = rests(rig)
    rig.wait(15)
    told(rig, order, 2)
    traded(rig, order, 1)
    asked = len(rig.verbs("queue:"))
    rig.wait(3.5)
    assert len(rig.verbs("queue:")) == asked + 1
    told(rig, order, 0)
    assert (ahead(rig, order), rig.state(order)) == (0, S.PARTIAL)


def test_what_has_ended_or_is_wanted_back_has_no_place():
    rig = ready()
    order = rests(rig)
    rig.wait(15)
    told(rig, order, 100)
    rig.take(CancelOrder(rig.at, order.id))
    asked = len(rig.verbs("queue:"))
    rig.wait(20)
    told(rig, order, 50)
    rig.hear(WithdrawAnswered(rig.at, VENUE, order.id, is_done=True))
    told(rig, order, 20)
    assert (rig.state(order), places(rig, order)[-1]) == (S.CANCELLED, -1)
    assert len(rig.verbs("queue:")) == asked
    assert 50 not in places(rig, order)


def test_an_order_that_does_not_exist_for_sure_is_not_proved_by_a_place():
    rig = ready()
    order = rig.buy()
    told(rig, order, 100)
    assert (rig.state(order), ahead(rig, order)) == (S.SENT, -1)


def test_after_a_restart_the_place_is_known_and_the_same_one_not_told_again():
    rig = ready()
    order = rests(rig)
    rig.wait(15)
    told(rig, order, 100)
    again = rig.again().up()
    same = again.desk.table.get(order.id)
    accepted(again, same)
    again.wait(5)
    assert again.verbs("queue:")
    journaled = len(again.journal)
    told(again, same, 100)
    assert (len(again.journal), ahead(again, same)) == (journaled, 100 * QTY_ONE)
    again.wait(15)
    told(again, same, 60)
    assert ahead(again, same) == 60 * QTY_ONE


def row_of(here, order):
    return next(row for row in here.session.desk.board().orders if row.order == order.id)


def mark_of(here):
    here.session.desk.focus(KALSHI.id)
    (mark,) = here.session.desk.board().ladder.own
    return mark


def test_a_resting_order_is_told_its_place_and_moves_up_when_the_crowd_trades():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(KALSHI)
            order = await here.order(KALSHI, BUY, 10, 4_500)
            await here.until(lambda: row_of(here, order).ahead == 100 * QTY_ONE, most_s=6)
            exchange.world.cross(KALSHI.id, SELL, 4_500, 60 * QTY_ONE)
            await here.until(lambda: row_of(here, order).ahead == 40 * QTY_ONE, most_s=17)
            assert (mark_of(here).ahead, here.state(order)) == (40 * QTY_ONE, S.OPEN)
            exchange.world.cross(KALSHI.id, SELL, 4_500, 50 * QTY_ONE)
            await here.state_is(order, S.FILLED)
            assert row_of(here, order).ahead == -1

    run(tell())


def test_a_session_after_a_crash_goes_on_where_the_place_was():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(KALSHI)
            order = await here.order(KALSHI, BUY, 10, 4_500)
            await here.until(lambda: row_of(here, order).ahead == 100 * QTY_ONE)
            told = MemoryJournal(here.journal.messages)  # what comes later is lost: a crash
            async with evening(exchange, told, key=key) as again:
                assert row_of(again, order).ahead == 100 * QTY_ONE
                await again.ready(KALSHI.venue)
                exchange.world.cross(KALSHI.id, SELL, 4_500, 60 * QTY_ONE)
                await again.until(lambda: mark_of(again).ahead == 40 * QTY_ONE)
                assert again.state(order) is S.OPEN

    run(tell())


@pytest.mark.parametrize("status", [500, 429, 404])
def test_a_refused_question_is_silent_and_asked_again(status):
    refuse = Rule(do=Do.REFUSE, on="GET *queue_positions*", status=status, times=6)

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(KALSHI)
            exchange.server.player.add(refuse)
            order = await here.order(KALSHI, BUY, 10, 4_500)
            await here.state_is(order, S.OPEN)
            surprised = len(here.heard(Surprised))
            await asyncio.sleep(6)
            assert (here.state(order), row_of(here, order).ahead) == (S.OPEN, -1)
            await here.until(lambda: row_of(here, order).ahead == 100 * QTY_ONE)
            assert (here.state(order), len(here.heard(Surprised))) == (S.OPEN, surprised)
            assert {m.state for m in here.heard(OrderReport)} <= {S.SENT, S.OPEN}

    run(tell())
