"""The only source of time, waiting and chance; a test can hold it."""

import asyncio
import heapq
import random
import time
from collections.abc import Callable
from typing import Protocol

from pmterm.model.units import SECOND, Ns
from pmterm.net.clock import Clock as NetworkClock


class Clock(NetworkClock, Protocol):
    """All of time."""


class SystemClock:
    """The computer's clock. `seed` fixes chance, for a run that is to be repeated."""

    def __init__(self, seed: int | None = None) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - jitter and demo, never a secret
        self._last: Ns = 0
        self._last_tick: Ns = time.monotonic_ns()

    def now(self) -> Ns:
        """Return Unix ns as the computer has it."""
        return time.time_ns()  # noqa: TID251 - the one place

    def stamp(self) -> Ns:
        """Return Unix ns, strictly higher than ever before.

        When the computer's clock is set back, stamps go on at the pace of real time instead.
        """
        wall = time.time_ns()  # noqa: TID251 - the one place
        tick = time.monotonic_ns()
        if wall <= self._last:
            wall = self._last + max(tick - self._last_tick, 1)
        self._last = wall
        self._last_tick = tick
        return wall

    def monotonic(self) -> Ns:
        """Return ns that never step."""
        return time.monotonic_ns()

    async def sleep(self, seconds: float) -> None:
        """Wait on the loop."""
        await asyncio.sleep(seconds)

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` called on the running loop."""
        return asyncio.get_running_loop().call_later(seconds, call).cancel


class FakeClock:
    """A clock that stands still until a test moves it, and wakes who is due in order of time."""

    def __init__(self, at: Ns = 1_760_000_000 * SECOND, seed: int = 1) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - a test wants the same run again
        self._start = at
        self._elapsed: Ns = 0
        self._last: Ns = 0
        self._due: list[tuple[Ns, int, Callable[[], None]]] = []
        self._taken_back: set[int] = set()
        self._numbers = 0

    def now(self) -> Ns:
        """Return the time a test has set."""
        return self._start + self._elapsed

    def stamp(self) -> Ns:
        """Return the time a test has set, 1 ns later each time it is asked again."""
        self._last = max(self.now(), self._last + 1)
        return self._last

    def monotonic(self) -> Ns:
        """Return how far a test has moved the clock."""
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        """Wait until a test moves the clock so far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        take_back = self.after(seconds, lambda: None if woken.done() else woken.set_result(None))
        try:
            await woken
        finally:
            take_back()

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` called when a test has moved the clock so far."""
        self._numbers += 1
        number = self._numbers
        heapq.heappush(self._due, (self._elapsed + round(seconds * SECOND), number, call))
        return lambda: self._taken_back.add(number)

    def waiting(self) -> int:
        """Return how many sleepers and calls are due some time."""
        return sum(number not in self._taken_back for _, number, _ in self._due)

    async def advance(self, seconds: float) -> None:
        """Move on, waking who is due at the very time it is due, and let them run."""
        until = self._elapsed + round(seconds * SECOND)
        while self._due and self._due[0][0] <= until:
            due, number, call = heapq.heappop(self._due)
            if number in self._taken_back:
                self._taken_back.discard(number)
                continue
            self._elapsed = max(self._elapsed, due)
            call()
            await settle()
        self._elapsed = until
        await settle()

    def set_back(self, seconds: float) -> None:
        """Set the wall back, as when the computer's clock is corrected."""
        self._start -= round(seconds * SECOND)


async def settle(turns: int = 20) -> None:
    """Give every task that can go on the turns to do so."""
    for _ in range(turns):
        await asyncio.sleep(0)
