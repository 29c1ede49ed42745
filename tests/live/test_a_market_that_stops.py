"""A market that pauses or closes: an order is refused with what that is, and what to do."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.orders import Refused
from pmterm.model.order import OrderState as S


def refused_after(what, market, price, wait_s=7):
    """Return what is said to an order so long after the market stopped that way.

    Seven seconds are longer than the pause between two orders.
    """

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            resting = await here.order(market, BUY, 10, 4_400)
            await here.state_is(resting, S.OPEN)
            getattr(exchange.exchange, what)(exchange.clock.now(), market.id)
            await asyncio.sleep(wait_s)
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


@pytest.mark.parametrize("price", [0, 4_500], ids=["at market", "limit"])
def test_kalshi_is_asked_about_a_market_that_it_closed_without_a_word(price):
    said = refused_after("close", KALSHI, price, wait_s=65)
    assert said.value == "it is closed"
    assert "kalshi itself cancels what rests" in said.remedy


@pytest.mark.parametrize("price", [0, 4_500], ids=["at market", "limit"])
def test_a_market_closed_without_a_word_is_no_matter_of_waiting(price):
    said = refused_after("close", POLY, price)
    assert said.value == "nobody quotes on either side"
    assert said.remedy.startswith("it may be paused or closed: look at the venue")
