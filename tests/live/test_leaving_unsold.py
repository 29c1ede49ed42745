"""Who leaves before all is sold is asked, and told at the end what is still held."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import CancelAll, Panic
from pmterm.messages.health import Noticed
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE
from pmterm.views.stopping import quit_lines

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])


async def bought(here, market):
    await here.arm(market)
    await here.state_is(await here.order(market, BUY, 20, 4_700), S.FILLED)
    await here.until(lambda: here.held(market) == 20 * QTY_ONE)
    await asyncio.sleep(20)


@BOTH
@pytest.mark.parametrize("is_stopped", [False, True], ids=["still selling", "stopped"])
def test_a_flatten_that_is_not_done_is_named_before_leaving_and_after(market, is_stopped):
    told = []

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            here.session.parts.engine.listen({Noticed: told.append})
            await bought(here, market)
            exchange.world.withdraw(market.id)
            exchange.fill_book(market.id, (((4_500, 8),), ((4_700, 100),)))
            await asyncio.sleep(2)
            here.send(Panic(0))
            await here.until(lambda: here.held(market) == 12 * QTY_ONE)
            if is_stopped:
                here.send(CancelAll(0))
            await asyncio.sleep(2)
            board, name = here.session.desk.board(), market.outcomes[0].name
            assert f"  12 {name} in {market.title}" in quit_lines(board, [])
            told.clear()
        held = f"still held of what was to be sold: 12 {name} in {market.title}."
        assert [held in one.text for one in told] == [True]

    run(tell())


@BOTH
@pytest.mark.parametrize("is_sold", [False, True], ids=["kept", "sold"])
def test_what_is_kept_or_was_sold_to_the_end_is_left_without_a_word(market, is_sold):
    told = []

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            here.session.parts.engine.listen({Noticed: told.append})
            await bought(here, market)
            if is_sold:
                here.send(Panic(0))
                await here.until(lambda: here.held(market) == 0)
                await asyncio.sleep(20)
            assert not here.session.desk.board().standing.unclosed
            told.clear()
        assert (told, here.code) == ([], 0)

    run(tell())
