"""F07, F25-F27: a cancel is done when it is proved, one order at a time, whatever it met."""

import asyncio
import json

import pytest
from tests.faults.night import BOTH, CANCEL, LOOK, PLACE, PM, name_of, night, on, silence
from tests.faults.weather import Arrivals
from tests.live.evening import BUY, KALSHI, POLY, SELL
from tests.live.virtual import run

from pmterm.messages.commands import CancelAll, CancelOrder
from pmterm.messages.orders import Fill, OrderNamed, OrderReport
from pmterm.model.order import OrderState as S
from pmterm.model.order import TimeInForce
from pmterm.model.units import QTY_ONE
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do, Rule
from pmterm.trading.risk.limits import Limits

QUICK = Limits(market_cooldown=0)
IOC, FOK = TimeInForce.IOC, TimeInForce.FOK


@BOTH
def test_f07_of_a_batch_one_leg_is_done_one_refused_one_silent_each_by_itself(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            prices = (4_600, 4_500, 4_400)
            orders = [await here.order(market, BUY, 10, price) for price in prices]
            for order in orders:
                await here.state_is(order, S.OPEN)
            done, refused, silent = orders
            body = batch_answer(market, *(here.at_venue(order) for order in orders))
            here.breaks(
                silence(market, 20),
                on(LOOK, market, Do.REFUSE, status=500, times=40),
                on(CANCEL, market, Do.STATUS_AFTER, status=200, body=body),
            )
            here.send(CancelAll(0))
            await here.state_is(done, S.CANCELLED)
            assert here.state(refused) is S.OPEN
            assert here.state(silent) is S.CANCEL_UNKNOWN
            for order in orders:
                await here.state_is(order, S.CANCELLED)

    run(tell())


def batch_answer(market, done, refused, silent):
    """What each venue would say of three cancels, had it lost sight of two of them."""
    if market.venue is PM:
        why = "the order is already canceled or matched"
        return json.dumps({"canceled": [done.id], "not_canceled": {refused.id: why}})
    none = {"client_order_id": None, "reduced_by": "0.00", "ts_ms": None}
    failed = {"code": "internal_server_error", "message": "internal server error"}
    legs = [
        {"order_id": done.id, **none, "reduced_by": "10.00", "error": None},
        {"order_id": refused.id, **none, "error": {"code": "not_found", "message": "not found"}},
        {"order_id": silent.id, **none, "error": failed},
    ]
    return json.dumps({"orders": legs})


HOWS = {
    "plain": (),
    "the answer is lost": (on(CANCEL, POLY, Do.DROP_REPLY), on(CANCEL, KALSHI, Do.DROP_REPLY)),
    "the words come late": (
        Rule(do=Do.HOLD, after_s=0, venue=POLY.venue, seconds=8.0),
        Rule(do=Do.HOLD, after_s=0, venue=KALSHI.venue, seconds=8.0),
    ),
    "the cancel comes late": (
        on(CANCEL, POLY, Do.DELAY, seconds=1.0),
        on(CANCEL, KALSHI, Do.DELAY, seconds=1.0),
    ),
}


@BOTH
@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("traded", [4, 10])
@pytest.mark.parametrize("fills_after_s", [-0.1, 0.0, 0.5])
def test_f25_a_cancel_meets_a_fill_and_both_count(market, traded, how, fills_after_s):
    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            here.breaks(*(rule for rule in HOWS[how] if rule.venue is market.venue))
            world = here.exchange.world
            if fills_after_s <= 0:
                world.cross(market.id, SELL, 4_600, traded * QTY_ONE)
                await asyncio.sleep(-fills_after_s)
            here.send(CancelOrder(0, order.id))
            if fills_after_s > 0:
                await asyncio.sleep(fills_after_s)
                world.cross(market.id, SELL, 4_600, traded * QTY_ONE)
            await here.state_is(order, S.FILLED, S.CANCELLED)
            await here.until(lambda: here.held(market) == here.position(market))
            real = here.at_venue(order)
            assert here.executor.order(order.id).filled == real.filled
            ended = [r.state for r in here.heard(OrderReport) if r.order == order.id]
            first = next(i for i, state in enumerate(ended) if state.is_final)
            assert set(ended[first:]) == {ended[first]}  # I11: what has ended does not reopen

    run(tell())


@BOTH
@pytest.mark.parametrize("do", [Do.DROP_REPLY, Do.RESET_AFTER, Do.RESET_BEFORE])
def test_f26_a_cancel_whose_reply_is_lost_is_asked_again_until_it_is_proved(market, do):
    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            here.breaks(
                on(CANCEL, market, do, times=3),
                on(LOOK, market, Do.REFUSE, status=500, times=20),
                silence(market),
            )
            here.send(CancelOrder(0, order.id))
            await here.state_is(order, S.CANCEL_UNKNOWN)
            assert here.used(market) == "$4.60"
            await here.state_is(order, S.CANCELLED)
            assert here.at_venue(order).standing is Standing.CANCELLED
            arrivals = Arrivals(here.exchange)
            await asyncio.sleep(60)
            assert not [what for _, what, _ in arrivals.all if what.startswith("DELETE")]

    run(tell())


@BOTH
def test_f26_a_cancel_of_what_the_venue_does_not_know_is_no_proof_that_it_is_gone(market):
    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            name = here.at_venue(order).id
            body, status = f'{{"canceled":[],"not_canceled":{{"{name}":"order not found"}}}}', 200
            if market is KALSHI:
                body, status = '{"error":{"code":"not_found","message":"not found"}}', 404
            here.breaks(on(CANCEL, market, Do.REFUSE, status=status, body=body, times=2))
            here.send(CancelOrder(0, order.id))
            await asyncio.sleep(1)
            assert here.at_venue(order).standing is Standing.RESTING
            assert not here.state(order).is_final
            assert here.used(market) == "$4.60"
            await here.state_is(order, S.CANCELLED)
            assert here.at_venue(order).standing is Standing.CANCELLED

    run(tell())


@BOTH
def test_f27_an_order_that_filled_in_part_keeps_that_part_when_it_is_cancelled(market):
    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            here.exchange.world.cross(market.id, SELL, 4_600, 4 * QTY_ONE)
            await here.state_is(order, S.PARTIAL)
            here.send(CancelOrder(0, order.id))
            await here.state_is(order, S.CANCELLED)
            await here.until(lambda: here.held(market) == 4 * QTY_ONE)
            assert here.executor.order(order.id).filled == 4 * QTY_ONE

    run(tell())


@BOTH
@pytest.mark.parametrize("tif", [IOC, FOK])
def test_f27_what_must_trade_at_once_fills_in_part_or_not_at_all(market, tif):
    async def tell():
        limits = Limits(min_depth=0, max_spread=0, max_spread_ratio=0)
        async with night(market, risk=limits) as here:
            here.exchange.world.withdraw(market.id)
            here.exchange.fill_book(market.id, (((4_500, 50),), ((4_700, 4), (4_900, 50))))
            await asyncio.sleep(1)
            order = await here.order(market, BUY, 10, 4_700, tif=tif)
            await here.state_is(order, S.CANCELLED, S.REFUSED)
            real = here.at_venue(order)
            assert (real.filled if real else 0) == here.executor.order(order.id).filled
            assert (here.executor.order(order.id).filled > 0) == (tif is IOC)

    run(tell())


def test_f27_a_market_order_that_is_reported_live_is_looked_for_until_its_fills_are_known():
    async def tell():
        async with night(POLY) as here:

            def lie(messages):
                for message in messages:
                    if isinstance(message, OrderNamed):
                        said = {
                            "success": True, "errorMsg": "", "orderID": message.venue_order,
                            "status": "live", "makingAmount": "", "takingAmount": "",
                        }  # fmt: skip
                        here.breaks(
                            on(PLACE, POLY, Do.STATUS_AFTER, status=200, body=json.dumps(said)),
                            silence(POLY, 30),
                        )

            here.journal.before_write = lie
            order = await here.order(POLY, BUY, 10, 4_700, tif=IOC)
            await here.state_is(order, S.FILLED, S.CANCELLED)
            assert Do.STATUS_AFTER in here.fired
            await here.agreed(POLY)
            assert here.heard(Fill)
            assert S.OPEN not in {r.state for r in here.heard(OrderReport) if r.order == order.id}
            assert name_of(here.at_venue(order)) == here.executor.order(order.id).venue_order

    run(tell())
