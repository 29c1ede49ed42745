"""Runs one session: the engine first in and last out, feeds and screen around it."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from pmterm.messages.commands import CancelAll
from pmterm.messages.health import WorkerDown
from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import CredentialsWrong, StoreBroken, VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import Clock
from pmterm.runtime.engine import Wish
from pmterm.runtime.feed_worker import FeedWorker
from pmterm.runtime.hub import Hub
from pmterm.runtime.request_worker import RequestWorker
from pmterm.runtime.supervisor import Supervisor, Worker
from pmterm.runtime.user_worker import UserWorker
from pmterm.store.snapshots import Snapshots

WIND_DOWN_S = 2.0
WRITE_EVERY_S = 2.0
STAYS_DOWN = "It stays down: start pmterm again when that is mended."
SWITCH_S = 0.0005  # a write that is on disk waits no longer than this for the thread that says so


class Over(Exception):
    """The front has returned; the edge may fall."""


class Private:
    """Who carries what concerns our own account: signed requests, and words on user streams.

    `requests` lives as long as the session, also while the streams and the screen fall.
    """

    def __init__(self, requests: RequestWorker, streams: Mapping[Venue, UserWorker]) -> None:
        self.requests = requests
        self.streams = streams

    def takes(self, wish: Wish) -> bool:
        """Carry a wish out if it is private; tell whether it was."""
        if isinstance(wish, HttpRequest):
            if wish.auth:
                self.requests.do(wish)
            return bool(wish.auth)
        if wish.is_user and wish.venue in self.streams:
            self.streams[wish.venue].do(wish)
        return wish.is_user


class Edge:
    """The connections of a session, each started when the first market of its venue is watched."""

    def __init__(
        self,
        workers: Mapping[Venue, FeedWorker],
        tell: Callable[[WorkerDown], object],
        clock: Clock,
        orders: Private | None = None,
    ) -> None:
        self._since = clock.stamp()
        self._workers = workers
        self._orders = orders
        self._tell = tell
        self._clock = clock
        self._supervisor = Supervisor(tell, clock)
        self._group: asyncio.TaskGroup | None = None
        self._wanted: set[Venue] = set()
        self._running: set[Venue] = set()

    def want(self, venue: Venue) -> None:
        """Connect to a venue, now or as soon as the session runs."""
        self._wanted.add(venue)
        self._start()

    def do(self, wish: Wish) -> None:
        """Hand a feed's wish to the worker of its venue; one from before our time is history."""
        if self._orders is not None and self._orders.takes(wish):
            return
        worker = self._workers.get(wish.venue)
        if worker is not None and wish.at >= self._since:
            worker.do(wish)

    def enter(self, group: asyncio.TaskGroup) -> None:
        """Start what is wanted so far."""
        self._group = group
        self._start()
        self._start_private(group)

    def beside(self, group: asyncio.TaskGroup, workers: Sequence[Worker]) -> None:
        """Start other workers that may fall with the edge."""
        self._supervisor.start(group, *workers)

    def leave(self) -> None:
        """Start nothing any more."""
        self._group = None

    def _start(self) -> None:
        if self._group is None:
            return
        for venue in self._wanted - self._running:
            self._running.add(venue)
            worker = self._workers[venue]
            patient = Patient(worker, self._tell, self._clock)
            self._supervisor.start(self._group, patient, worker.requests)

    def _start_private(self, group: asyncio.TaskGroup) -> None:
        for stream in self._orders.streams.values() if self._orders is not None else ():
            self._supervisor.start(group, Patient(stream, self._tell, self._clock))


class Patient:
    """A worker whose venue will not have us: said once, and the others go on."""

    def __init__(self, worker: Worker, tell: Callable[[WorkerDown], object], clock: Clock) -> None:
        self.name = worker.name
        self._worker = worker
        self._tell = tell
        self._clock = clock

    async def run(self) -> None:
        """Run the worker; return when the venue refuses us for good."""
        try:
            await self._worker.run()
        except (CredentialsWrong, VenueRefused) as error:
            cause = f"{error} {STAYS_DOWN}"
            self._tell(WorkerDown(self._clock.stamp(), self.name, cause, 0.0))


class Keeper:
    """Brings snapshots and tape to disk in small batches, and lets old ones go."""

    name = "snapshots"

    def __init__(
        self,
        snapshots: Snapshots,
        clock: Clock,
        tell: Callable[[WorkerDown], object],
        keep_days: int,
    ) -> None:
        self._snapshots = snapshots
        self._clock = clock
        self._tell = tell
        self._keep_days = keep_days

    async def run(self) -> None:
        """Write for ever; a disk that will not have it is told once, until it will again."""
        is_broken = False
        has_retired = False
        while True:
            await self._clock.sleep(WRITE_EVERY_S)
            try:
                await self._snapshots.write()
                if not has_retired:
                    has_retired = True
                    oldest = self._clock.now() - self._keep_days * 86_400 * SECOND
                    await self._snapshots.retire(oldest)
            except StoreBroken as broken:
                if not is_broken:
                    self._tell(WorkerDown(self._clock.stamp(), self.name, str(broken), 0.0))
                is_broken = True
            else:
                is_broken = False

    async def finish(self) -> None:
        """Write what is left."""
        try:
            await self._snapshots.write()
        except StoreBroken as broken:
            self._tell(WorkerDown(self._clock.stamp(), self.name, str(broken), 0.0))


async def run_session(
    hub: Hub,
    edge: Edge,
    front: Callable[[], Awaitable[int]],
    clock: Clock,
    *,
    keeper: Keeper | None = None,
    open_orders: Callable[[], int] = lambda: 0,
    beside: Sequence[Worker] = (),
    lasting: Sequence[Worker] = (),
    wind_down_s: float = WIND_DOWN_S,
) -> int:
    """Run until the front returns, then cancel our orders, and return the front's exit code.

    Positions stay: closing them is a decision, not a way to leave. `beside` falls with the screen
    and the feeds; `lasting` (who carries requests to the venues) ends last, so that what is under
    way is followed to its end. Streams are closed beside that: a silent venue lets both wait.
    """
    code = 1
    end = Ending(hub, clock, open_orders, wind_down_s)
    async with asyncio.TaskGroup() as core:
        tasks = [core.create_task(hub.run(), name="hub"), core.create_task(hub.beat(), name="beat")]
        tasks += [core.create_task(worker.run(), name=worker.name) for worker in lasting]
        if keeper is not None:
            tasks.append(core.create_task(keeper.run(), name=keeper.name))
        try:
            async with asyncio.TaskGroup() as group:
                edge.enter(group)
                edge.beside(group, beside)
                gc.collect()
                gc.freeze()
                sys.setswitchinterval(SWITCH_S)
                code = await front()
                end.begin()
                raise Over  # noqa: TRY301  # the way to end a group from inside
        except* Over:
            pass
        finally:
            edge.leave()
            await end.finish()
            await hub.settled()
            if keeper is not None:
                await keeper.finish()
            for task in tasks:
                task.cancel()
    return code


class Ending:
    """Cancels every order of ours, and waits `most_s` at most until that is proved of each."""

    def __init__(
        self, hub: Hub, clock: Clock, open_orders: Callable[[], int], most_s: float
    ) -> None:
        self._hub = hub
        self._clock = clock
        self._open_orders = open_orders
        self._most = round(most_s * SECOND)
        self._until: Ns | None = None

    def begin(self) -> None:
        """Ask for all to be cancelled."""
        if self._until is None:
            self._until = self._clock.monotonic() + self._most
        if self._open_orders():
            self._hub.put(CancelAll(self._clock.stamp()))

    async def finish(self) -> None:
        """Ask for what came since the beginning too, and wait."""
        self.begin()
        await self._hub.settled()
        while self._open_orders() and self._clock.monotonic() < (self._until or 0):
            await self._clock.sleep(0.05)
            await self._hub.settled()
