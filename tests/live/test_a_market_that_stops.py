"""A market that pauses or closes: an order is refused with what that is, and what to do."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.orders import Refused
from pmterm.model.order import OrderState as S


def refused_after(what, market, price):
    """Return what is said to an order after the market stopped that way."""

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            resting = await here.order(market, BUY, 10, 4_400)
            await here.state_is(resting, S.OPEN)
            getattr(exchange.exchange, what)(exchange.clock.now(), market.id)
            await asyncio.sleep(7)  # longer than the pause between two orders
            assert await here.order(market, BUY, 10, price) is None
            return here.heard(Refused)[-1]

    return run(tell())


@pytest.mark.parametrize("price", [0, 4_500], ids=["at market", "limit"])
def test_a_paused_market_says_so_and_what_becomes_of_what_rests(price):
    said = refused_after("pause", KALSHI, price)
    assert said.value == "kalshi paused it"
    assert said.remedy == (
        "what rests cannot trade, and kalshi may cancel it; wait until it reopens"
    )


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
@pytest.mark.parametrize("price", [0, 4_500], ids=["at market", "limit"])
def test_a_market_closed_without_a_word_is_no_matter_of_waiting(market, price):
    said = refused_after("close", market, price)
    assert said.value == "nobody quotes on either side"
    assert said.remedy.startswith("it may be paused or closed: look at the venue")
