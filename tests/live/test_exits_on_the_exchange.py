"""Exits on real money: a stop sells what is held, armed or not, on both venues."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, SELL, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import ClosePosition, Disarm
from pmterm.messages.orders import Bracket, Refused
from pmterm.messages.strategy import ExitFired, ExitKind, Exits, ExitsGone, SetExits
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE
from pmterm.sim.fault_script import Do, Rule

FALLEN = ((4_000, 100), (3_900, 500)), ((4_200, 100), (4_300, 500))


def fall(exchange, market):
    exchange.world.withdraw(market.id)
    exchange.fill_book(market.id, FALLEN)


async def bought(here, market, **more):
    await here.arm(market)
    order = await here.order(market, BUY, 10, 4_700, **more)
    await here.state_is(order, S.FILLED)
    await here.until(lambda: here.held(market) == 10 * QTY_ONE)


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_a_stop_sells_what_is_held_though_nothing_is_armed_any_more(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await bought(here, market)
            here.send(SetExits(0, market.id, stop=4_300))
            await here.until(lambda: here.heard(Exits))
            here.send(Disarm(0))
            await asyncio.sleep(20)  # until what was bought has settled
            fall(exchange, market)
            await here.until(lambda: here.held(market) == 0)
            assert [fired.kind for fired in here.heard(ExitFired)] == [ExitKind.STOP]
            assert here.heard(ExitsGone)[-1].reason == "closed"
            sold = [o for o in here.venue_orders() if o.side is not here.venue_orders()[0].side]
            assert sum(o.filled for o in sold) <= 10 * QTY_ONE

    run(tell())


def test_what_has_not_settled_is_sold_as_soon_as_it_has():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await bought(here, POLY, bracket=Bracket(stop=4_300))
            await here.until(lambda: here.heard(Exits))
            fall(exchange, POLY)
            await here.until(lambda: here.heard(ExitFired))
            assert here.held(POLY) == 10 * QTY_ONE
            await here.until(lambda: here.held(POLY) == 0)
            assert len(here.heard(ExitFired)) == 1

    run(tell())


def test_a_resting_sale_stands_in_no_exits_way():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await bought(here, POLY)
            await asyncio.sleep(20)
            resting = await here.order(POLY, SELL, 10, 5_500)
            assert resting is not None, here.heard(Refused)
            await here.state_is(resting, S.OPEN)
            here.send(SetExits(0, POLY.id, stop=4_300))
            await here.until(lambda: here.heard(Exits))
            fall(exchange, POLY)
            await here.until(lambda: here.held(POLY) == 0)
            assert here.state(resting) is S.CANCELLED

    run(tell())


def test_a_sale_that_fails_to_settle_brings_its_exits_back_and_they_close_it():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await bought(here, POLY, bracket=Bracket(stop=4_300))
            await asyncio.sleep(20)  # until what was bought has settled
            exchange.server.player.add(
                Rule(do=Do.FAIL_TRADES, after_s=0, venue=POLY.venue, trades=1)
            )
            await asyncio.sleep(1)
            here.send(ClosePosition(0, POLY.id))
            await here.until(lambda: here.held(POLY) == 0)
            assert here.heard(ExitsGone)
            await here.until(lambda: here.held(POLY) == 10 * QTY_ONE)
            assert here.session.parts.strategies.guards.standing()[0].stop == 4_300
            fall(exchange, POLY)
            await here.until(lambda: here.held(POLY) == 0)
            assert [fired.kind for fired in here.heard(ExitFired)] == [ExitKind.STOP]

    run(tell())
