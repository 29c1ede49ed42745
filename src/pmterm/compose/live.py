"""Builds a live session: network, store, recorder, engine and screen, in the order they fall."""

import asyncio
import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from pmterm.compose.core import (
    ENDED_NOTE,
    SETTINGS_NOTE,
    SLEPT_NOTE,
    Core,
    catalogs,
    core,
    market_words,
    thinking,
)
from pmterm.compose.front import front_of
from pmterm.compose.given import Screen
from pmterm.config.credentials import KalshiKey, kalshi_key
from pmterm.config.paths import log_dir, recordings_dir, store_path
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.health import WorkerDown
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened, Reconnect
from pmterm.model.errors import CredentialsWrong, PmtermError, StoreBroken
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import SECOND, Ns
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter, Rate
from pmterm.net.websocket import Stream
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.runtime.engine import LONGEST_QUIET
from pmterm.runtime.feed_worker import FeedWorker
from pmterm.runtime.finder import Finder
from pmterm.runtime.hub import Hub, Watching
from pmterm.runtime.live_desk import LiveDesk
from pmterm.runtime.log import Redactor, log_to
from pmterm.runtime.log_lines import log_listeners
from pmterm.runtime.session import Edge, Keeper, run_session
from pmterm.runtime.signals import SleepWatch
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.store.private_files import private_folder
from pmterm.store.recording import RecordingWriter
from pmterm.store.snapshots import Snapshots
from pmterm.venues.kalshi.auth import Signer, headers, load_key

# Reads a second, well below what each venue states for the lowest tier (Kalshi Basic: 20;
# Polymarket /book: 150 by address). Sources: their rate-limit pages, read 2026-10 and 2026-08.
RATES = {Venue.KALSHI: Rate(per_s=15, burst=30), Venue.POLYMARKET: Rate(per_s=50, burst=100)}
# A quiet Kalshi market sends no text at all (its pings are below our sight), and the feed proves
# it alive by asking for a book; Polymarket answers our PING every 10 s.
SILENT_S = {Venue.KALSHI: 300.0, Venue.POLYMARKET: 30.0}
KALSHI_STREAM_PATH = "/trade-api/ws/v2"
MOST_MARKETS = 20  # of one event, watched at once when the whole event was named


class Recorder:
    """Writes the hub's inputs, and what is watched, to a recording."""

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer = writer
        self._heard: Ns = 0

    def write(self, event: Message) -> None:
        """Keep one input."""
        self._hear(event.at)
        if isinstance(event, Watching):
            market = event.market
            self._writer.market(event.at, market.venue, market.id, event.data)
        elif isinstance(event, Frame | HttpResponse | Opened | Closed):
            self._writer.write(event)

    def flush(self, at: Ns) -> None:
        """Bring what is kept to the system if a second has passed."""
        self._hear(at)
        self._writer.flush(at)

    def note(self, at: Ns, text: str, data: dict[str, Any] | None = None) -> None:
        """Keep a note: what the session thought with, when it ended."""
        try:
            self._writer.note(at, text, data)
        except StoreBroken:
            return  # told when it first happened

    def _hear(self, at: Ns) -> None:
        """Note where time leapt: there the engine stepped over what it walks while awake."""
        if self._heard and at - self._heard > LONGEST_QUIET:
            self.note(self._heard, SLEPT_NOTE, {"until": at})
        self._heard = at


class Network(msgspec.Struct, frozen=True):
    """What reaches the venues."""

    http: HttpClient
    finder: Finder
    streams: Mapping[Venue, str]
    key: KalshiKey | None


def network(settings: Settings, clock: Clock) -> Network:
    """Build the HTTP client, the finder and the way to the streams; opens nothing yet."""
    http = HttpClient(settings.hosts.bases(), Limiter(RATES, clock), clock)
    finder = Finder(catalogs(), http, clock)
    return Network(http, finder, settings.hosts.streams(), kalshi_key(settings.kalshi))


def edge(net: Network, parts: Core, hub: Hub, clock: Clock) -> Edge:
    """Build a worker per venue; each connects when its first market is watched."""
    signer = load_key(net.key.pem.reveal().encode()) if net.key is not None else None

    def stream(venue: Venue) -> Stream:
        handshake = _handshake(venue, net.key, signer, clock)
        silent_s = SILENT_S[venue]
        return Stream(net.streams[venue], handshake, venue, clock, silent_s=silent_s)

    workers = {
        venue: FeedWorker(feed, partial(stream, venue), net.http, hub.put, clock)
        for venue, feed in parts.feeds.items()
    }
    return Edge(workers, parts.engine.announce, clock)


def _handshake(
    venue: Venue, key: KalshiKey | None, signer: Signer | None, clock: Clock
) -> Callable[[], Mapping[str, str]]:
    if venue is Venue.KALSHI and key is not None and signer is not None:
        return lambda: headers(signer, key.key_id, "GET", KALSHI_STREAM_PATH, clock.now())
    return dict


def connects(net: Network, edge_: Edge) -> Callable[[Venue], None]:
    """Return what connects to a venue, or says why that cannot work."""

    def connect(venue: Venue) -> None:
        if venue is Venue.KALSHI and net.key is None:
            raise CredentialsWrong(
                "Kalshi's market stream wants a key, also for public data, and none is set.",
                "Set kalshi.key_id and kalshi.key_file (see `pmterm config path`), then try again.",
            )
        edge_.want(venue)

    return connect


class Prologue(msgspec.Struct, frozen=True):
    """Inputs from before the session's own connections, for a baseline: the demo's quarter hour."""

    events: Callable[[], Sequence[Message]]


async def watch(
    settings: Settings, screen: Screen, names: Sequence[str], prologue: Prologue | None = None
) -> int:
    """Look the names up, open the store, and run the terminal until it is left."""
    clock = SystemClock()
    redactor = Redactor()
    net = network(settings, clock)
    if net.key is not None:
        redactor.register(net.key.pem.reveal())
    async with AsyncExitStack() as stack:
        private_folder(log_dir())
        stack.enter_context(log_to(log_dir() / "pmterm.log", redactor))
        stack.push_async_callback(net.http.close)
        markets = await _look_up(net.finder, names)
        path = store_path(settings.store)
        private_folder(path.parent)
        database = await stack.enter_async_context(await Database.open(path))
        journal = Journal(database)
        parts = core(settings)
        told = await journal.read()
        kept = _recall(parts, told)
        session = session_name(clock.stamp(), told)
        recorder = _recorder(settings, session, stack)
        hub = Hub(parts.engine, clock, journal=journal, recorder=recorder)
        edge_ = edge(net, parts, hub, clock)
        parts.engine.wish_to(edge_.do)
        snapshots = Snapshots(database, session)
        parts.engine.listen(snapshots.listens())
        parts.engine.listen(log_listeners())
        keeper = Keeper(snapshots, clock, parts.engine.announce, settings.store.retention_days)
        desk = LiveDesk(
            hub,
            fold=parts.fold,
            reader=parts.reader,
            executor=parts.executor,
            finder=net.finder,
            now=clock.now,
            stamp=clock.stamp,
            connect=connects(net, edge_),
        )
        before = prologue.events() if prologue is not None else ()
        since = before[0].at - SECOND if before else 0
        begins = since or clock.stamp()
        if recorder is not None:
            recorder.note(begins, SETTINGS_NOTE, thinking(settings))
        hub.put(SessionStarted(begins, session, Mode.PAPER, version(), settings.cash))
        for market in markets:
            desk.follow(market, net.finder.metadata(market), since)
        for event in before:
            hub.put(event)
        await _follow_held(desk, parts, kept)
        front = front_of(settings, screen, desk, parts.engine, clock)
        code = await run_session(
            hub,
            edge_,
            front.run,
            clock,
            keeper=keeper,
            open_orders=lambda: len(desk.quit_blockers()),
            beside=[SleepWatch(partial(_reconnect, edge_, clock), clock)],
        )
        if recorder is not None:
            recorder.note(parts.engine.at, ENDED_NOTE)
        return code


def _reconnect(edge_: Edge, clock: Clock, stood_s: int) -> None:
    """Start every stream afresh: what is in the sockets is from before we stood still."""
    for venue in Venue:
        edge_.do(Reconnect(clock.stamp(), venue, f"pmterm stood still for {stood_s} s"))


def version() -> str:
    """Return the installed version."""
    return importlib.metadata.version("pmterm")


def session_name(at: Ns, told: Sequence[Message]) -> str:
    """Name a session by its second, or the next that none in the journal is named by.

    Order ids begin with it, so it must be new even where the computer's clock was set back.
    """
    taken = {message.session for message in told if isinstance(message, SessionStarted)}
    second = at // SECOND
    while (name := f"paper-{second}") in taken:
        second += 1
    return name


async def _look_up(finder: Finder, names: Sequence[str]) -> list[Market]:
    """Ask for all names at once; the markets come in the order of the names."""
    async with asyncio.TaskGroup() as asking:
        answers = [asking.create_task(finder.lookup(name)) for name in names]
    found = [market for answer in answers for market in answer.result()[:MOST_MARKETS]]
    return list({market.id: market for market in found}.values())


def _recall(parts: Core, journal: Sequence[Message]) -> dict[MarketId, Market]:
    """Fold earlier sessions into every part; return the markets they knew."""
    recalls = parts.fold.recalls()
    kept: dict[MarketId, Market] = {}
    for message in journal:
        parts.engine.recall(message)
        handler = recalls.get(type(message))
        if handler is not None:
            handler(message)
        if isinstance(message, MarketSeen):
            kept[message.market.id] = message.market
    return kept


def _recorder(settings: Settings, session: str, stack: AsyncExitStack) -> Recorder | None:
    if not settings.store.record:
        return None
    folder = recordings_dir(settings.store)
    private_folder(folder)
    return recording_to(folder / f"{session}.ndjson.zst", session, stack)


def recording_to(path: Path, session: str, stack: AsyncExitStack) -> Recorder:
    """Open a recording that is closed with the stack."""
    writer = RecordingWriter(path, source=f"pmterm {version()}", note=session)
    stack.callback(_closed, writer)
    return Recorder(writer)


def _closed(writer: RecordingWriter) -> None:
    try:
        writer.close()
    except StoreBroken:
        return  # told when it first happened; what was written before is whole


async def _follow_held(desk: LiveDesk, parts: Core, kept: Mapping[MarketId, Market]) -> None:
    """Watch again what we hold or have orders in: it must be marked, and orders must live."""
    held = [position.market for position in parts.portfolio.positions() if position.qty]
    working = [order.market for order in parts.executor.orders() if not order.state.is_final]
    for market in dict.fromkeys([*held, *working]):
        try:
            await desk.watch(market)
        except PmtermError as error:
            known = kept.get(market)
            if known is None or known.status is MarketStatus.RESOLVED:
                continue
            try:
                desk.follow(known, market_words(known))
            except CredentialsWrong:
                parts.engine.announce(WorkerDown(0, f"{known.venue} feed", str(error), 0.0))
