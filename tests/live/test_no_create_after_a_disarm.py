"""What was approved but waits for its turn goes out only if it is still armed then."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, MemoryJournal, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import CancelMarket, Disarm, Halt, Panic, SubmitTicket
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])


class SlowDisk(MemoryJournal):
    """A journal whose next write takes as long as is said."""

    takes_s = 0.0

    async def append(self, messages):
        takes_s, self.takes_s = self.takes_s, 0.0
        await asyncio.sleep(takes_s)
        await super().append(messages)


@BOTH
@pytest.mark.parametrize("command", [Disarm(0), Panic(0)], ids=["disarm", "panic"])
def test_an_order_that_waits_for_its_turn_does_not_begin(market, command):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            here.hold_orders(market.venue, 0.5)
            here.send(SubmitTicket(0, market.id, BUY, 10 * QTY_ONE, 4_600, confirmed=True))
            await here.until(here.executor.orders)
            here.send(command)
            order = here.executor.orders()[0]
            await here.state_is(order, S.REFUSED, S.CANCELLED)
            await asyncio.sleep(5)
            assert not here.venue_orders()
            assert here.state(order) is S.REFUSED

    run(tell())


@BOTH
@pytest.mark.parametrize("command", [Halt(0), Panic(0), Disarm(0)], ids=["halt", "panic", "disarm"])
def test_no_order_begins_while_a_stop_waits_for_the_disk(market, command):
    async def tell():
        disk = SlowDisk()
        async with open_exchange() as (exchange, key), evening(exchange, disk, key=key) as here:
            await here.arm(market)
            here.hold_orders(market.venue, 0.5)
            here.send(SubmitTicket(0, market.id, BUY, 10 * QTY_ONE, 4_600, confirmed=True))
            await here.until(here.executor.orders)
            disk.takes_s = 2.0
            here.send(CancelMarket(0, (KALSHI if market is POLY else POLY).id))
            await here.until(lambda: not disk.takes_s)  # the disk is at it now
            here.send(command)
            order = here.executor.orders()[0]
            await here.state_is(order, S.REFUSED, S.CANCELLED)
            await asyncio.sleep(5)
            assert not here.venue_orders()

    run(tell())


@BOTH
def test_what_closes_begins_though_a_panic_waits_for_the_disk(market):
    async def tell():
        disk = SlowDisk()
        async with open_exchange() as (exchange, key), evening(exchange, disk, key=key) as here:
            await here.arm(market)
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.until(lambda: here.held(market))
            await asyncio.sleep(10)  # until it can be sold on either venue
            here.send(Panic(0))
            here.send(Panic(0))  # in line while the first one's orders go out
            await here.until(lambda: not here.held(market))

    run(tell())
