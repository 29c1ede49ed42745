"""Waits for the end of a run without a screen: a signal, a time, or the end of its input."""

import asyncio
import os
import sys

from pmterm.runtime.signals import Ending, ending_signals


async def wait_for_end(seconds: float) -> int:
    """Return 0 when told to end, or after `seconds` (0: never)."""
    over = asyncio.Event()

    def end(_: Ending) -> None:
        over.set()

    with ending_signals(end):
        try:
            async with asyncio.timeout(seconds or None):
                await over.wait()
        except TimeoutError:
            return 0
    return 0


async def end_of_input() -> int:
    """Return 0 when stdin ends: whoever started us is gone, or wants us to be."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()

    def typed() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            over.set()

    loop.add_reader(sys.stdin.fileno(), typed)
    try:
        with ending_signals(lambda _: over.set()):
            await over.wait()
    finally:
        loop.remove_reader(sys.stdin.fileno())
    return 0
