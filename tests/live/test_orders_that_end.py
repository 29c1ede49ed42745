"""An order with an end stands until then, and the venue ends it; on both venues."""

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.orders import Refused
from pmterm.model.order import OrderState as S
from pmterm.model.order import TimeInForce
from pmterm.model.units import SECOND


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_an_order_ends_at_its_time_and_not_before(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            end = exchange.clock.stamp() + 300 * SECOND
            order = await here.order(market, BUY, 10, 4_400, tif=TimeInForce.GTD, expires_at=end)
            await here.state_is(order, S.OPEN)
            await here.until(lambda: exchange.clock.stamp() > end - 5 * SECOND, 400)
            assert here.state(order) is S.OPEN
            await here.state_is(order, S.EXPIRED, S.CANCELLED, most_s=180)
            assert [o.standing.value for o in here.venue_orders()] == ["expired"]

    run(tell())


@pytest.mark.parametrize(
    ("market", "least"), [(POLY, "in 2 min"), (KALSHI, "in 5 s")], ids=["polymarket", "kalshi"]
)
def test_an_end_the_venue_would_refuse_is_refused_before(market, least):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            end = exchange.clock.stamp() + 4 * SECOND
            assert not await here.order(market, BUY, 10, 4_400, tif=TimeInForce.GTD, expires_at=end)
            (said,) = here.heard(Refused)
            assert (said.rule, said.limit) == ("end", least)

    run(tell())
