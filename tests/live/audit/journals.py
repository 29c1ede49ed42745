"""A clean journal of a live evening on both venues, kept for all tests, and ways to damage it."""

import asyncio
import functools

import msgspec
from tests.live.evening import BUY, KALSHI, POLY, SELL, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import CancelOrder
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE

WELL = frozenset({S.FILLED, S.CANCELLED})


@functools.cache
def clean():
    """Buy, rest and cancel, sell again, on each venue."""

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            for market in (POLY, KALSHI):
                await here.arm(market)
                bought = await here.order(market, BUY, 20, 4_700)
                await here.state_is(bought, S.FILLED)
                await asyncio.sleep(6)  # each market rests a while after a trade
                resting = await here.order(market, BUY, 10, 4_600)
                await here.state_is(resting, S.OPEN)
                here.send(CancelOrder(0, resting.id))
                await here.state_is(resting, S.CANCELLED)
                await asyncio.sleep(12)
                sold = await here.order(market, SELL, 8, 4_500)
                await here.state_is(sold, *WELL)
                await here.until(lambda m=market: here.held(m) == 12 * QTY_ONE)
                await asyncio.sleep(30)
            return tuple(here.journal.messages)

    return run(tell())


def place_of(messages, kind, nth=0):
    """Where the nth message of a kind stands, from 0."""
    return [n for n, m in enumerate(messages) if isinstance(m, kind)][nth]


def changed(kind, nth=0, **fields):
    """The clean journal with one message changed; and the row of it."""
    messages = list(clean())
    at = place_of(messages, kind, nth)
    messages[at] = msgspec.structs.replace(messages[at], **fields)
    return messages, at + 1


def without(kind, nth=0):
    messages = list(clean())
    del messages[place_of(messages, kind, nth)]
    return messages


def again(kind, nth=0):
    """The clean journal with one message told twice; and the row of the second."""
    messages = list(clean())
    at = place_of(messages, kind, nth)
    messages.insert(at + 1, messages[at])
    return messages, at + 2
