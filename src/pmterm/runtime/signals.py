"""What the system tells the process: end, terminal gone, sleep, wake."""

import asyncio
import signal
import termios
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import Clock

PROBE_S = 0.5
ASLEEP: Ns = 2 * SECOND
_ENDINGS = {
    signal.SIGTERM: "told to end (SIGTERM)",
    signal.SIGHUP: "the terminal was closed (SIGHUP)",
    signal.SIGINT: "interrupted (SIGINT)",
}


class Ending(msgspec.Struct, frozen=True):
    """Why the program has to end, and what its exit code is to say: 128 + the signal's number."""

    reason: str
    exit_code: int


@contextmanager
def ending_signals(end: Callable[[Ending], None]) -> Iterator[None]:
    """Have TERM, HUP and INT call `end` on the running loop while the context lasts.

    `end` may be called more than once: an impatient user sends it again.
    """
    loop = asyncio.get_running_loop()
    for number, reason in _ENDINGS.items():
        loop.add_signal_handler(number, end, Ending(reason, 128 + number))
    try:
        yield
    finally:
        for number in _ENDINGS:
            loop.remove_signal_handler(number)


class SleepWatch:
    """Notices afterwards that the program stood still: Ctrl-Z, SIGSTOP, or the computer asleep.

    What waits in the sockets then is old, so `awake` is to take every book for lost. It is told
    the seconds. A worker for the supervisor.
    """

    name = "sleep watch"

    def __init__(self, awake: Callable[[int], None], clock: Clock) -> None:
        self._awake = awake
        self._clock = clock

    async def run(self) -> None:
        """Look for ever."""
        while True:
            before = self._clock.stamp()  # the wall: it goes on while the computer sleeps
            await self._clock.sleep(PROBE_S)
            stood = self._clock.stamp() - before
            if stood > ASLEEP:
                self._awake(stood // SECOND)


class TerminalProbe:
    """Looks twice a second whether the terminal is still there.

    A terminal can vanish without a signal (HUP ignored under nohup); the screen's toolkit would
    then spin on a dead descriptor for ever. A worker for the supervisor; done once it is gone.
    """

    name = "terminal probe"

    def __init__(self, end: Callable[[Ending], None], clock: Clock, descriptor: int) -> None:
        self._end = end
        self._clock = clock
        self._descriptor = descriptor

    async def run(self) -> None:
        """Look until the terminal is gone, then say so once."""
        while terminal_is_there(self._descriptor):
            await self._clock.sleep(PROBE_S)
        self._end(Ending("the terminal is gone", 128 + signal.SIGHUP))


def terminal_is_there(descriptor: int) -> bool:
    """Tell whether a terminal answers behind a descriptor."""
    try:
        termios.tcgetattr(descriptor)
    except (termios.error, OSError, ValueError):
        return False
    return True


async def beside(main: Coroutine[Any, Any, object], probe: Coroutine[Any, Any, None]) -> None:
    """Run `main` to its end, and `probe` as long."""
    async with asyncio.TaskGroup() as group:
        looking = group.create_task(probe)
        await main
        looking.cancel()
