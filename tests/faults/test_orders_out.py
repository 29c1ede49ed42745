"""F01-F06: an answer that is lost, wrong or unreadable never makes a second order, nor a lie."""

import asyncio

import pytest
from tests.faults.night import BOTH, LOOK, PLACE, night, on, silence
from tests.live.evening import BUY
from tests.live.virtual import run

from pmterm.messages.commands import CancelOrder
from pmterm.messages.orders import OrderAdopted, OrderReport
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do

SHOWN_DONE = {S.OPEN, S.PARTIAL, S.FILLED, S.CANCELLED}


@BOTH
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_f01_accepted_and_the_reply_lost_is_found_by_its_own_name(market, seed):
    async def tell():
        async with night(market, seed=seed) as here:
            here.breaks(on(PLACE, market, Do.DROP_REPLY), silence(market))
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.UNKNOWN)
            lost_at = here.session.clock.now()
            assert here.used(market) == "$4.60"
            await here.state_is(order, S.OPEN)
            assert here.session.clock.now() - lost_at <= 10 * SECOND
            assert len(here.venue_orders()) == 1

    run(tell())


@BOTH
def test_f02_a_reset_before_the_body_arrived_is_never_called_placed(market):
    async def tell():
        async with night(market) as here:
            here.breaks(on(PLACE, market, Do.RESET_BEFORE))
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.UNKNOWN, S.REFUSED)
            await here.state_is(order, S.REFUSED, most_s=300)
            shown = {r.state for r in here.heard(OrderReport) if r.order == order.id}
            assert not shown & SHOWN_DONE
            assert not here.venue_orders()
            assert here.used(market) == "$0"

    run(tell())


@BOTH
@pytest.mark.parametrize("hidden_s", [8.0, 30.0, 55.0])
def test_f03_an_order_that_reads_know_only_later_stays_reserved_and_is_found(market, hidden_s):
    async def tell():
        async with night(market) as here:
            here.breaks(
                on(PLACE, market, Do.HIDE_ORDER, seconds=hidden_s),
                on(PLACE, market, Do.RESET_AFTER),
                silence(market),
            )
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.UNKNOWN)
            await asyncio.sleep(hidden_s - 2)
            assert (here.state(order), here.used(market)) == (S.UNKNOWN, "$4.60")
            await here.state_is(order, S.OPEN)
            assert len(here.venue_orders()) == 1

    run(tell())


@BOTH
def test_f03_one_that_was_taken_back_meanwhile_is_cancelled_when_it_appears(market):
    async def tell():
        async with night(market) as here:
            here.breaks(
                on(PLACE, market, Do.HIDE_ORDER, seconds=40.0),
                on(PLACE, market, Do.RESET_AFTER),
                silence(market),
            )
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.UNKNOWN)
            here.send(CancelOrder(0, order.id))
            await here.state_is(order, S.CANCELLED)
            assert here.at_venue(order).standing is Standing.CANCELLED

    run(tell())


@BOTH
def test_f03_one_given_up_for_lost_is_adopted_and_taken_back(market):
    async def tell():
        async with night(market) as here:
            here.breaks(
                on(PLACE, market, Do.HIDE_ORDER, seconds=200.0),
                on(PLACE, market, Do.RESET_AFTER),
                silence(market),
            )
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.REFUSED)
            await here.until(lambda: here.heard(OrderAdopted), most_s=400)
            assert [(a.order, a.is_ours) for a in here.heard(OrderAdopted)] == [(order.id, True)]
            await here.state_is(order, S.CANCELLED)
            assert here.at_venue(order).standing is Standing.CANCELLED

    run(tell())


@BOTH
def test_f04_a_5xx_though_matched_is_unknown_and_then_filled_never_refused(market):
    async def tell():
        async with night(market) as here:
            body = '{"error":"could not run the execution"}'
            here.breaks(
                on(PLACE, market, Do.STATUS_AFTER, status=500, body=body), silence(market, 60)
            )
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.UNKNOWN)
            await here.state_is(order, S.FILLED)
            await here.until(lambda: here.held(market) == 10 * QTY_ONE)
            assert S.REFUSED not in {r.state for r in here.heard(OrderReport)}

    run(tell())


@BOTH
@pytest.mark.parametrize("error", [None, "the order could not be placed"])
def test_f05_an_answer_without_an_id_is_not_shown_as_placed(market, error):
    async def tell():
        async with night(market) as here:
            here.breaks(on(PLACE, market, Do.EMPTY_ID, error=error), silence(market, 60))
            order = await here.order(market, BUY, 10, 4_600)
            await here.until(lambda: here.state(order) is not S.SENT)
            assert here.state(order) is S.UNKNOWN
            assert here.used(market) == "$4.60"
            await here.state_is(order, S.OPEN)  # by a look, not by that answer

    run(tell())


@BOTH
@pytest.mark.parametrize(
    ("do", "how"),
    [(Do.TRUNCATE, {"bytes": 20}), (Do.HTML, {}), (Do.NOT_JSON, {})],
    ids=["cut short", "a web page", "no JSON"],
)
def test_f06_an_answer_that_cannot_be_read_is_unknown_until_a_look_settles_it(market, do, how):
    async def tell():
        async with night(market) as here:
            looks = len(here.exchange.server.fired)
            here.breaks(
                on(PLACE, market, do, **how),
                on(LOOK, market, do, **how),  # the first look is no better
                silence(market, 60),
            )
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.UNKNOWN)
            await here.state_is(order, S.OPEN)
            assert here.fired[looks:].count(do) == 2
            assert len(here.venue_orders()) == 1

    run(tell())
