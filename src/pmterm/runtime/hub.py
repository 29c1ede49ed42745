"""One inbox, one engine: takes what arrives in order, brings to disk what must be there first."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable
from typing import Protocol

from pmterm.messages.base import Message
from pmterm.messages.commands import Disarm, Halt, Panic
from pmterm.messages.health import LagSeen, WorkerDown
from pmterm.messages.orders import AmendOrder, OrderNamed, PlaceOrder
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.errors import StoreBroken
from pmterm.model.market import Market
from pmterm.model.units import MS, SECOND, Ns
from pmterm.runtime.engine import Durable, Engine, Woken

INBOX_FULL = 200_000  # frames; at 10 000 a second that is 20 s behind: too far to trade on
TURN: Ns = 8 * MS  # how long the engine may hold the loop while a key may be waiting
WAKE_S = 0.05
LAG_TOLD: Ns = 250 * MS
_FROM_OUTSIDE = frozenset({Opened, Frame, Closed, HttpResponse})
_STOPS = frozenset({Halt, Panic, Disarm})


class Clock(Protocol):
    """Where time comes from."""

    def stamp(self) -> Ns:
        """Wall time, strictly increasing."""
        ...

    def monotonic(self) -> Ns:
        """Time that never steps."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class Journal(Protocol):
    """Where messages become durable."""

    async def append(self, messages: list[Message]) -> None:
        """Return when they are on disk; raise StoreBroken if they are not."""
        ...


class Recorder(Protocol):
    """Where raw input is kept."""

    def write(self, event: Message) -> None:
        """Keep one input; raise StoreBroken when the disk will not have it."""
        ...

    def flush(self, at: Ns) -> None:
        """Bring what is kept to the system if a second has passed; raise as `write`."""
        ...


class Watching(Message, frozen=True):
    """A market to follow, in its place among the inputs."""

    market: Market
    data: dict[str, object]


class Hub:
    """Takes inputs one at a time. Bounded: a full inbox tells the feed to start afresh.

    What a person asks for is always taken: a cancel must not be lost to a burst.

    `stamp` is session time where that is not the clock's: in a replay, the recording's.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Clock,
        *,
        journal: Journal | None = None,
        recorder: Recorder | None = None,
        stamp: Callable[[], Ns] | None = None,
    ) -> None:
        self.engine = engine
        self._clock = clock
        self._journal = journal
        self._recorder = recorder
        self._stamp = stamp or clock.stamp
        self._is_live = stamp is None
        self._inbox: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._idle = asyncio.Event()
        self._unwritten: list[Message] = []
        self._lag_told_at: Ns = 0
        self._was_behind = False
        self._is_unwritable = False
        self._is_at_work = False
        self._is_over = False
        self._stops: Counter[type[Message]] = Counter()

    @property
    def is_halting(self) -> bool:
        """Whether a halt is in line, behind what the engine or the disk still works on."""
        return self._stops[Halt] > 0

    @property
    def is_stopping(self) -> bool:
        """Whether a halt, a panic or a disarm is in line: nothing new may begin before it."""
        return self._stops.total() > 0

    def put(self, event: Message) -> bool:
        """Queue one input; False if the inbox is full: drop the connection, never a frame."""
        if len(self._inbox) >= INBOX_FULL and type(event) in _FROM_OUTSIDE:
            return False
        self._inbox.append(event)
        if type(event) in _STOPS:
            self._stops[type(event)] += 1
        self._arrived.set()
        return True

    def restart(self, engine: Engine) -> None:
        """Forget what waits and go on with another engine: a replay was wound back."""
        self._inbox.clear()
        self._stops = Counter()  # a turn under way counts its own off the old one
        self.engine = engine

    async def settled(self) -> None:
        """Wait until everything that has arrived is dealt with, what it led to written down."""
        while (self._inbox or self._is_at_work) and not self._is_over:
            self._idle.clear()
            await self._idle.wait()

    async def run(self) -> None:
        """Take inputs for ever."""
        self._is_over = False
        try:
            while True:
                if not self._inbox:
                    self._idle.set()
                    self._arrived.clear()
                    await self._arrived.wait()
                self._is_at_work = True
                await self._turn()
                self._is_at_work = False
                await asyncio.sleep(0)
        finally:  # also by a bug: whoever waits for what nobody will take waits no longer
            self._is_over = True
            self._idle.set()

    async def beat(self) -> None:
        """Say that time passes, so that what is due happens while no frame comes."""
        while True:
            await self._clock.sleep(WAKE_S)
            if not self._inbox:
                self.put(Woken(self._stamp()))

    async def _turn(self) -> None:
        until = self._clock.monotonic() + TURN
        while self._inbox:
            event, stops = self._inbox.popleft(), self._stops
            self._record(event)
            if type(event) is Watching:
                steps = self.engine.watch(event.market, event.at)
            else:
                steps = self.engine.take(event)
            was_written = False
            for durable in steps:
                if was_written:
                    await asyncio.sleep(0)  # an order just begun leaves before the disk is busy
                await self._commit(durable)
                was_written = True
            if type(event) in _STOPS:
                stops[type(event)] -= 1
            if was_written or self._clock.monotonic() > until:
                break  # what was written may be an order, which is sent before the next frame
        self._watch_lag()

    def _watch_lag(self) -> None:
        if not self._is_live:
            return
        now = self._clock.stamp()
        behind = now - self._inbox[0].at if self._inbox else 0
        is_behind = behind > LAG_TOLD
        if (is_behind or self._was_behind) and now - self._lag_told_at > SECOND // 4:
            self._lag_told_at = now
            self._was_behind = is_behind
            self.engine.announce(LagSeen(now, len(self._inbox), behind // MS))

    def _record(self, event: Message) -> None:
        if self._recorder is None:
            return
        if isinstance(event, HttpResponse) and event.auth:
            return  # our account is nobody's business, and its answers can name keys
        try:
            if isinstance(event, Frame | HttpResponse | Opened | Closed | Watching):
                self._recorder.write(event)
            elif type(event) is Woken:
                self._recorder.flush(event.at)
        except StoreBroken as broken:
            self._recorder = None
            self.engine.announce(WorkerDown(event.at, "recording", str(broken), 0.0))

    async def _commit(self, durable: Durable) -> None:
        if self._journal is None:
            return
        self._unwritten.extend(durable.messages)
        try:
            await self._journal.append(self._unwritten)
        except StoreBroken as broken:
            durable.failed = str(broken)
            if not self._is_unwritable:
                at = durable.messages[-1].at
                self.engine.announce(WorkerDown(at, "journal", durable.failed, 0.0))
            self._is_unwritable = True
            # What was not sent must not be found as sent later; the rest is tried again.
            self._unwritten = [
                message
                for message in self._unwritten
                if not isinstance(message, PlaceOrder | AmendOrder | OrderNamed)
            ]
        else:
            self._unwritten = []
            self._is_unwritable = False
