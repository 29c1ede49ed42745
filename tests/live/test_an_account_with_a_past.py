"""An account that traded before pmterm first saw it: its past is held, and is counted once."""

import asyncio

import pytest
from tests.faults.night import session
from tests.live.evening import BUY, KALSHI, POLY, SELL, MemoryJournal, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.live import HoldingAdjusted, HoldingDiffers
from pmterm.messages.orders import Fill
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])


async def buys(here, market):
    await here.arm(market)
    order = await here.order(market, BUY, 10, 4_700)
    await here.state_is(order, S.FILLED)
    await asyncio.sleep(20)


@BOTH
@pytest.mark.parametrize("pause", [1, 700], ids=["just now", "long ago"])
def test_what_was_bought_before_is_held_once(market, pause):
    async def tell():
        async with open_exchange() as (exchange, key):
            async with evening(exchange, key=key) as before:
                await buys(before, market)
            await asyncio.sleep(pause)
            fresh = MemoryJournal()
            async with evening(exchange, fresh, key=key) as here:
                await here.ready(market.venue)
                await asyncio.sleep(90)
                assert here.held(market) == 10 * QTY_ONE
                assert len(here.heard(HoldingAdjusted)) == 1
                assert not here.heard(Fill)
            async with evening(exchange, fresh, key=key) as again:
                await again.ready(market.venue)
                await asyncio.sleep(90)
                assert again.held(market) == 10 * QTY_ONE
                await buys(again, market)
                assert again.held(market) == 20 * QTY_ONE
                assert not again.heard(HoldingDiffers)

    run(tell())


@BOTH
def test_a_holding_taken_over_twice_by_a_crash_between_is_held_once(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            async with evening(exchange, key=key) as before:
                await buys(before, market)
            fresh = MemoryJournal()
            async with evening(exchange, fresh, key=key) as here:
                await here.until(lambda: here.heard(HoldingAdjusted))
            end = next(n for n, m in enumerate(fresh.messages) if isinstance(m, HoldingAdjusted))
            torn = MemoryJournal(fresh.messages[: end + 1])
            async with evening(exchange, torn, key=key) as again:
                await again.ready(market.venue)
                await asyncio.sleep(90)
                assert again.held(market) == 10 * QTY_ONE
                assert not again.heard(HoldingDiffers)

    run(tell())


@BOTH
def test_an_order_that_had_partly_filled_elsewhere_counts_with_what_is_left_of_it(market):
    async def tell():
        async with (
            open_exchange() as (exchange, key),
            session(exchange, key, dead_man=False) as elsewhere,
        ):
            await elsewhere.arm(market)
            theirs = await elsewhere.order(market, BUY, 10, 4_600)
            await elsewhere.state_is(theirs, S.OPEN)
            exchange.world.cross(market.id, SELL, 4_600, 4 * QTY_ONE)
            await elsewhere.until(lambda: elsewhere.held(market) == 4 * QTY_ONE)
            await asyncio.sleep(60)
            async with session(exchange, key, dead_man=False) as here:
                await here.ready(market.venue)
                await asyncio.sleep(2)  # Polymarket dates a trade by its whole second
                exchange.world.cross(market.id, SELL, 4_600, 3 * QTY_ONE)
                await here.until(lambda: here.held(market) == 7 * QTY_ONE)
                await here.until(lambda: here.used(market) == "$4.60")
                assert not here.heard(HoldingDiffers)

    run(tell())
