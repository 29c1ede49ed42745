"""What was approved but waits for its turn goes out only if it is still armed then."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import Disarm, Panic, SubmitTicket
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])


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
