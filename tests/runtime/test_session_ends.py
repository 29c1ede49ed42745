"""How a session ends: what works is cancelled first, and a silent venue holds nothing up."""

import asyncio

import pytest

from pmterm.messages.commands import CancelAll, Panic
from pmterm.runtime.clock import SystemClock
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.runtime.hub import Hub
from pmterm.runtime.session import Edge, run_session
from pmterm.trading.pipeline import Pipeline


class SlowStream:
    """A worker that closes its stream no sooner than the cancels have gone out."""

    name = "slow"

    def __init__(self, cancelled):
        self._cancelled = cancelled

    async def run(self):
        try:
            await asyncio.Event().wait()
        finally:
            await self._cancelled.wait()


def session(open_orders, streams=()):
    clock = SystemClock()
    engine = Engine({}, Pipeline([]), NoBroker())
    hub = Hub(engine, clock)
    cancelled = asyncio.Event()
    engine.listen({CancelAll: lambda _: cancelled.set()})

    async def front():
        await asyncio.sleep(0)  # the streams run
        return 7

    async def run():
        edge = Edge({}, lambda _: None, clock)
        workers = [stream(cancelled) for stream in streams]
        async with asyncio.timeout(20):
            return await run_session(
                hub, edge, front, clock, open_orders=lambda: open_orders(cancelled),
                beside=workers, wind_down_s=0.2,
            )  # fmt: skip

    return run, cancelled


async def test_orders_are_cancelled_before_a_stream_that_will_not_close():
    run, cancelled = session(lambda done: not done.is_set(), [SlowStream])
    assert await run() == 7
    assert cancelled.is_set()


async def test_orders_that_nobody_proves_cancelled_are_left_after_a_while():
    run, cancelled = session(lambda _: 1)
    assert await run() == 7
    assert cancelled.is_set()


async def test_without_orders_nothing_is_asked():
    run, cancelled = session(lambda _: 0)
    assert await run() == 7
    assert not cancelled.is_set()


class Broken:
    """A part with a bug in it."""

    def hears(self):
        def fall(_):
            raise ZeroDivisionError

        return {Panic: fall}


async def test_a_bug_in_the_middle_of_an_input_ends_the_session_also_with_orders_open():
    clock = SystemClock()
    hub = Hub(Engine({}, Pipeline([Broken()]), NoBroker()), clock)

    async def front():
        hub.put(Panic(clock.stamp()))
        await asyncio.Event().wait()

    edge = Edge({}, lambda _: None, clock)
    ending = run_session(hub, edge, front, clock, open_orders=lambda: 1, wind_down_s=0.2)
    with pytest.raises(ExceptionGroup) as fell:
        await asyncio.wait_for(ending, 20)
    assert fell.group_contains(ZeroDivisionError)
