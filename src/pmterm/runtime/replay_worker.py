"""A recording to the inbox, at a chosen pace, with pause, step and seek."""

import asyncio
from collections.abc import Callable, Iterable, Iterator

from pmterm.messages.base import Message
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import Clock
from pmterm.runtime.pacing import MILLI, Pacer

BATCH = 200  # events given in a row before the screen and the hub get their turn
INBOX_WAIT_S = 0.01


class ReplayWorker:
    """Gives recorded events to `put` when they are due.

    `open_events` starts the recording from its beginning each time it is called; events have an
    `at` and come in order (one out of order is due at once). `restart` is called before that for
    a seek backwards: whoever built the engine builds it anew. With `stays` the worker waits at
    the end for a seek instead of returning. When `put` answers False the event is offered again:
    a replay loses nothing and rather falls behind. What is before `starts_at` is given at once.
    """

    name = "replay"

    def __init__(
        self,
        open_events: Callable[[], Iterable[Message]],
        put: Callable[[Message], bool | None],
        clock: Clock,
        *,
        restart: Callable[[], None] = lambda: None,
        speed_milli: int = MILLI,
        is_paused: bool = False,
        stays: bool = True,
        starts_at: Ns = 0,
    ) -> None:
        self._open = open_events
        self._put = put
        self._clock = clock
        self._restart = restart
        self._stays = stays
        self._changed = asyncio.Event()
        self._events: Iterator[Message] = iter(())
        self._next: Message | None = None
        self._pacer = Pacer(0, clock.monotonic(), speed_milli)
        self._starts_paused = is_paused
        self._steps = 0
        self._must_restart = False
        self._hurry_to = self._starts_at = starts_at
        self.given = 0
        self.last_at: Ns = 0
        self.is_at_end = False

    @property
    def position(self) -> Ns:
        """The recorded instant that is shown now; the last event's once all are given."""
        return self.last_at if self.is_at_end else self._pacer.position(self._clock.monotonic())

    @property
    def quiet_at(self) -> Ns:
        """The latest instant that is known to hold no event before it that was not given."""
        return self.position if self._next is None else min(self.position, self._next.at - 1)

    @property
    def speed_milli(self) -> int:
        """How fast, in thousandths of real time."""
        return self._pacer.speed_milli

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._pacer.is_paused

    def pause(self) -> None:
        """Stand still."""
        self._pacer.pause(self._clock.monotonic())
        self._changed.set()

    def resume(self) -> None:
        """Go on."""
        self._steps = 0
        self._pacer.resume(self._clock.monotonic())
        self._changed.set()

    def set_speed(self, speed_milli: int) -> None:
        """Go at `speed_milli` thousandths of real time, within 0.1x..1000x."""
        self._pacer.set_speed(speed_milli, self._clock.monotonic())
        self._changed.set()

    def step(self, count: int = 1) -> None:
        """Give the next `count` events and stand still."""
        if not self._pacer.is_paused:
            self._pacer.pause(self._clock.monotonic())
        self._steps += count
        self._changed.set()

    def seek(self, at: Ns) -> None:
        """Be at the recorded instant `at`; what lies between is given as fast as it goes."""
        if at < self.last_at:
            self._must_restart = True
        self._steps = 0
        self._hurry_to = at
        self._pacer.seek(at, self._clock.monotonic())
        self._changed.set()

    async def run(self) -> None:
        """Play to the end, or for ever with `stays`."""
        self._begin(seek_to=self._starts_at or None)
        while True:
            self._changed.clear()
            if self._must_restart:
                self._must_restart = False
                self._restart()
                self._begin(seek_to=self._pacer.position(self._clock.monotonic()))
            if self._next is None:
                self.is_at_end = True
                if not self._stays:
                    return
                await self._changed.wait()
            elif not await self._give_due():
                await self._wait()

    def _begin(self, seek_to: Ns | None) -> None:
        self._events = iter(self._open())
        self._next = next(self._events, None)
        self.given, self.last_at, self.is_at_end = 0, 0, False
        first = self._next.at if self._next else 0
        self._pacer.seek(max(seek_to or 0, first), self._clock.monotonic())
        if self._starts_paused:
            self._starts_paused = False
            self._pacer.pause(self._clock.monotonic())

    async def _give_due(self) -> bool:
        """Give what is due, at most a batch; False if nothing was."""
        count = 0
        while count < BATCH and self._is_due() and not self._must_restart:
            await self._give()
            count += 1
        if count:
            await self._clock.sleep(0)
        if count == BATCH and self.last_at >= self._hurry_to and not self._must_restart:
            # Faster than this computer can go: be where we are, not where we should be.
            self._pacer.seek(self.last_at, self._clock.monotonic())
        return count > 0

    def _is_due(self) -> bool:
        if self._next is None:
            return False
        if self._steps:
            return True
        return self._pacer.wait_for(self._next.at, self._clock.monotonic()) == 0

    async def _give(self) -> None:
        event = self._next
        if event is None:
            return
        while self._put(event) is False:
            await self._clock.sleep(INBOX_WAIT_S)
        self.given += 1
        self.last_at = max(self.last_at, event.at)
        if self._steps:
            self._steps -= 1
            self._pacer.seek(self.last_at, self._clock.monotonic())
        self._next = next(self._events, None)

    async def _wait(self) -> None:
        """Wait until the next event is due or a command comes."""
        upcoming = self._next
        wait = self._pacer.wait_for(upcoming.at, self._clock.monotonic()) if upcoming else None
        if wait is None:
            await self._changed.wait()
            return
        take_back = self._clock.after(wait / SECOND, self._changed.set)
        try:
            await self._changed.wait()
        finally:
            take_back()
