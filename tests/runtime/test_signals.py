import asyncio
import os
import signal
import subprocess
import sys

from pmterm.runtime.clock import FakeClock, settle
from pmterm.runtime.signals import (
    TerminalProbe,
    ending_signals,
    sleeping_signals,
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


STOPPED = """
import asyncio, os
from pmterm.runtime.signals import sleeping_signals

async def main():
    awake = asyncio.Event()
    with sleeping_signals(lambda: print("before", flush=True), awake.set):
        print("ready", flush=True)
        await awake.wait()
        print("awake", flush=True)

asyncio.run(main())
"""


def test_a_stop_from_outside_runs_the_policy_first_and_a_wake_is_heard():
    child = subprocess.Popen([sys.executable, "-c", STOPPED], stdout=subprocess.PIPE, text=True)
    try:
        assert child.stdout.readline() == "ready\n"
        child.send_signal(signal.SIGTSTP)
        assert child.stdout.readline() == "before\n"
        _, status = os.waitpid(child.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        child.send_signal(signal.SIGCONT)
        assert child.stdout.readline() == "awake\n"
        assert child.wait() == 0
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


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


async def test_sleeping_handlers_are_gone_afterwards():
    with sleeping_signals(lambda: None, lambda: None):
        pass
    assert not asyncio.get_running_loop().remove_signal_handler(signal.SIGTSTP)
