"""What became of an order while nobody heard is told by evidence, never by silence too early."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from tests.live.evening import BUY, POLY, SELL, MemoryJournal, evening, open_exchange
from tests.live.rig import ready
from tests.live.test_outcomes import accepted, missing, seen, traded
from tests.live.virtual import run

from pmterm.messages.commands import CancelOrder
from pmterm.messages.orders import OrderReport
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.sim.fault_script import Do, Rule

SETTLING = 6  # seconds until the stream has said its last word about a trade


@asynccontextmanager
async def compared(exchange, key):
    """Have an order rest that whole comparisons show; give the order and the journal as it is.

    The session goes on until the block ends, but what it journals then is lost: a crash is here.
    """
    async with evening(exchange, key=key) as here:
        await here.arm(POLY)
        order = await here.order(POLY, BUY, 10, 4_600)
        await here.state_is(order, S.OPEN)
        await asyncio.sleep(40)
        yield order, MemoryJournal(here.journal.messages)


def at_the_venue(exchange):
    """Return how the venue's only order of the account stands, and what of it traded."""
    (order,) = (o for o in exchange.exchange.orders.values() if o.account == "ann")
    return order.standing.value, order.filled


def states_of(here, order):
    return [m.state for m in here.heard(OrderReport) if m.order == order.id]


@pytest.mark.parametrize("lag", [0, 20, 40])
@pytest.mark.parametrize("is_wanted_back", [False, True])
def test_what_filled_without_a_stream_is_never_told_as_cancelled(lag, is_wanted_back):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(POLY)
            order = await here.order(POLY, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            await asyncio.sleep(90)  # lists have shown it for long
            exchange.server.faults[POLY.venue].blocks_stream = True
            exchange.server.polymarket.switches.trades_after = (SETTLING + lag) * SECOND
            exchange.server.player.add(Rule(do=Do.DROP_STREAMS, after_s=0, venue=POLY.venue))
            await here.until(lambda: here.missing(POLY.venue))
            exchange.world.cross(POLY.id, SELL, 4_600, 10 * QTY_ONE)
            await asyncio.sleep(SETTLING)
            if is_wanted_back:
                here.send(CancelOrder(0, order.id))
            await here.until(lambda: here.held(POLY) == 10 * QTY_ONE)
            await here.state_is(order, S.FILLED, S.CANCELLED)
            assert here.state(order) is S.FILLED
            assert S.CANCELLED not in states_of(here, order)

    run(tell())


def test_an_order_that_a_stale_list_still_shows_after_a_crash_is_not_told_as_cancelled():
    rig = ready()
    order = rig.buy()
    accepted(rig, order)
    again = rig.again()
    seen(again, order)
    again.wait(30)
    for _ in range(5):
        again.wait(5)
        missing(again, order)
    assert again.state(order) is S.OPEN
    traded(again, order, 10)
    assert again.state(order) is S.FILLED


@pytest.mark.parametrize("lag", [0, 20, 40])
def test_what_filled_meanwhile_is_never_told_as_cancelled_though_the_trades_come_late(lag):
    async def tell():
        async with open_exchange() as (exchange, key):
            async with compared(exchange, key) as (order, crashed):
                exchange.world.cross(POLY.id, SELL, 4_600, 10 * QTY_ONE)
                exchange.server.polymarket.switches.trades_after = (SETTLING + lag) * SECOND
                await asyncio.sleep(SETTLING)
            assert at_the_venue(exchange)[1] == 10 * QTY_ONE
            async with evening(exchange, crashed, key=key) as here:
                assert here.state(order) is S.OPEN
                await here.state_is(order, S.FILLED, S.CANCELLED)
                await here.until(lambda: here.held(POLY) == 10 * QTY_ONE)
                assert S.FILLED in states_of(here, order)
                assert S.CANCELLED not in states_of(here, order)

    run(tell())


def test_what_was_taken_back_meanwhile_has_ended_once_trades_had_a_minute_to_come():
    async def tell():
        async with open_exchange() as (exchange, key):
            async with compared(exchange, key) as (order, crashed):
                pass  # leaving takes it back
            assert at_the_venue(exchange) == ("cancelled", 0)
            async with evening(exchange, crashed, key=key) as here:
                began_at = exchange.clock.now()
                assert here.state(order) is S.OPEN
                await here.state_is(order, S.CANCELLED)
                assert exchange.clock.now() - began_at >= 60 * SECOND

    run(tell())
