"""A loop whose time passes only while nobody has anything to do: an hour of waiting in a moment.

Sockets are real, on loopback: what was sent is there at once, so "nothing is ready" means that
everybody waits for time.
"""

import asyncio
import random
import selectors
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from pmterm.model.units import SECOND, Ns

T = TypeVar("T")
START: Ns = 1_790_000_000 * SECOND
TURNS = 3  # empty looks at the sockets before time may pass
MOST_S = 86_400.0


class _Selector(selectors.DefaultSelector):
    """Never waits: where it would, the loop's time is moved on instead."""

    def __init__(self) -> None:
        super().__init__()
        self.elapsed = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        for _ in range(TURNS):
            ready = super().select(0)
            if ready or timeout == 0:
                return ready
        if timeout is None:
            return super().select(1.0)  # only a thread can still bring something
        self.elapsed += min(timeout, MOST_S)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop on virtual time."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.elapsed

    async def shutdown_default_executor(self, *_: object) -> None:
        """Wait for threads without a limit: one in virtual time would be over at once."""
        await super().shutdown_default_executor()


class VirtualClock:
    """The injected clock on the running virtual loop. `skew_s`: how far this computer's is off."""

    def __init__(self, seed: int = 1, *, skew_s: float = 0.0) -> None:
        self.chance = random.Random(seed)
        self.skew_s = skew_s
        self._last: Ns = 0
        self._last_tick: Ns = 0

    def now(self) -> Ns:
        return START + round((asyncio.get_running_loop().time() + self.skew_s) * SECOND)

    def stamp(self) -> Ns:
        """Go on at the pace of time when the wall is set back, as the computer's clock does."""
        wall, tick = self.now(), self.monotonic()
        if wall <= self._last:
            wall = self._last + max(tick - self._last_tick, 1)
        self._last, self._last_tick = wall, tick
        return wall

    def monotonic(self) -> Ns:
        return round(asyncio.get_running_loop().time() * SECOND)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        return asyncio.get_running_loop().call_later(seconds, call).cancel


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a virtual loop."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
