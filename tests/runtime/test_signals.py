import asyncio
import os
import signal

from pmterm.runtime.clock import FakeClock, settle
from pmterm.runtime.signals import (
    SleepWatch,
    TerminalProbe,
    ending_signals,
    terminal_is_there,
)


async def test_each_ending_signal_says_why_and_with_which_code():
    told = []
    came = asyncio.Event()

    def end(ending):
        told.append(ending)
        came.set()

    with ending_signals(end):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            came.clear()
            os.kill(os.getpid(), number)
            await came.wait()
    assert [ending.exit_code for ending in told] == [143, 129, 130]
    assert "SIGHUP" in told[1].reason


async def test_handlers_are_gone_afterwards():
    with ending_signals(lambda _: None):
        pass
    assert not asyncio.get_running_loop().remove_signal_handler(signal.SIGTERM)


async def test_standing_still_is_noticed_afterwards_and_a_hiccup_is_not():
    clock, told = FakeClock(), []
    watch = asyncio.get_running_loop().create_task(SleepWatch(told.append, clock).run())
    await settle()
    await clock.advance(30)
    clock.set_back(-1)
    await clock.advance(5)
    assert told == []
    clock.set_back(-60)  # the wall went on while nothing of ours ran
    await clock.advance(5)
    assert told == [60]
    watch.cancel()


async def test_a_terminal_that_vanishes_ends_the_run_once():
    master, slave = os.openpty()
    clock, told = FakeClock(), []
    probe = asyncio.get_running_loop().create_task(TerminalProbe(told.append, clock, slave).run())
    await settle()
    await clock.advance(10)
    assert told == []
    os.close(master)
    await clock.advance(0.5)
    assert [ending.exit_code for ending in told] == [129]
    await probe
    os.close(slave)


def test_a_pipe_or_a_closed_descriptor_is_no_terminal():
    reader, writer = os.pipe()
    assert not terminal_is_there(reader)
    os.close(reader)
    os.close(writer)
    assert not terminal_is_there(reader)
