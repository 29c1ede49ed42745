"""Builds a live session: network, store, recorder, engine and screen, in the order they fall."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

import msgspec

from pmterm.compose.control import Control, heed_kill, socket_of
from pmterm.compose.core import ENDED_NOTE, SETTINGS_NOTE, Core, core, market_words, thinking
from pmterm.compose.front import Front, front_of
from pmterm.compose.given import Screen, version
from pmterm.compose.network import Network, connects, edge, network
from pmterm.compose.recorder import Recorder, recorder_of
from pmterm.compose.trading import (
    Trader,
    accounts_seen,
    check_accounts,
    forbid_creates_while_halted,
    private,
    trader,
)
from pmterm.config.paths import kill_flag, live_store_path, log_dir, store_path
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.health import WorkerDown
from pmterm.messages.transport import Reconnect
from pmterm.model.errors import CredentialsWrong, PmtermError
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.runtime.control import ControlWorker
from pmterm.runtime.finder import Finder
from pmterm.runtime.hub import Hub
from pmterm.runtime.live_desk import LiveDesk
from pmterm.runtime.log import Redactor, log_to
from pmterm.runtime.log_lines import log_listeners
from pmterm.runtime.session import WIND_DOWN_S, Edge, Keeper, Private, run_session
from pmterm.runtime.signals import SleepWatch
from pmterm.runtime.supervisor import Worker
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.store.lock import WriterLock
from pmterm.store.private_files import private_folder
from pmterm.store.snapshots import Snapshots

LIVE_WIND_DOWN_S = 4.0  # cancels are followed so long; with the rest of the end, under 5 s
MOST_MARKETS = 20  # of one event, watched at once when the whole event was named


class Prologue(msgspec.Struct, frozen=True):
    """Inputs from before the session's own connections, for a baseline: the demo's quarter hour."""

    events: Callable[[], Sequence[Message]]


async def watch(
    settings: Settings,
    screen: Screen,
    names: Sequence[str],
    prologue: Prologue | None = None,
    *,
    is_live: bool = False,
) -> int:
    """Look the names up, open the store, and run the terminal until it is left.

    `is_live`: with real money, in a store of its own, as its only writer.
    """
    clock = SystemClock()
    redactor = Redactor()
    net = network(settings, clock)
    if net.key is not None:
        redactor.register(net.key.pem.reveal())
    owner = trader(settings, redactor) if is_live else None
    if owner is not None and owner.kalshi is not None:
        net = msgspec.structs.replace(net, key=owner.kalshi)
    async with AsyncExitStack() as stack:
        private_folder(log_dir())
        stack.enter_context(log_to(log_dir() / "pmterm.log", redactor))
        stack.push_async_callback(net.http.close)
        markets = await _look_up(net.finder, names)
        path = live_store_path(settings.store) if is_live else store_path(settings.store)
        private_folder(path.parent)
        if owner is not None:
            stack.enter_context(WriterLock(path))
        database = await stack.enter_async_context(await Database.open(path))
        session = await _open(settings, Ground(net, clock, database, stack), owner)
        before = prologue.events() if prologue is not None else ()
        session.begin(settings, before)
        if is_live:
            heed_kill(kill_flag(settings.store), session.hub, clock)
        since = before[0].at - SECOND if before else 0
        for market in markets:
            session.desk.follow(market, net.finder.metadata(market), since)
        for event in before:
            session.hub.put(event)
        await _follow_held(session.desk, session.parts, session.kept)
        front = front_of(settings, screen, session.desk, session.parts.engine, clock)
        return await _run(session, front, settings, clock)


class Session(msgspec.Struct, frozen=True):
    """The parts of one session, handed to each other and ready to run."""

    name: str
    mode: Mode
    parts: Core
    hub: Hub
    edge: Edge
    desk: LiveDesk
    snapshots: Snapshots
    kept: dict[MarketId, Market]
    recorder: Recorder | None
    clock: Clock
    owner: Trader | None
    orders: Private | None

    def begin(self, settings: Settings, before: Sequence[Message]) -> None:
        """Put the session's beginning in line, before anything that happened in it."""
        at = before[0].at - SECOND if before else self.clock.stamp()
        if self.recorder is not None:
            self.recorder.note(at, SETTINGS_NOTE, thinking(settings))
        cash = settings.cash if self.mode is Mode.PAPER else 0
        self.hub.put(SessionStarted(at, self.name, self.mode, version(), cash))
        if self.owner is not None:
            for seen in accounts_seen(self.owner.names, at):
                self.hub.put(seen)


class Ground(msgspec.Struct, frozen=True):
    """What a session stands on."""

    net: Network
    clock: Clock
    database: Database
    stack: AsyncExitStack


async def _open(settings: Settings, ground: Ground, owner: Trader | None) -> Session:
    """Fold what was before, and put the parts together."""
    net, clock = ground.net, ground.clock
    journal = Journal(ground.database)
    parts = core(settings, owner.wings if owner is not None else None)
    told = await journal.read()
    if owner is not None:
        check_accounts(owner.names, told)
    kept = _recall(parts, told)
    mode = Mode.PAPER if owner is None else Mode.LIVE
    name = session_name(clock.stamp(), told, mode, clock.chance.getrandbits(20))
    recorder = recorder_of(settings, name, ground.stack)
    hub = Hub(parts.engine, clock, journal=journal, recorder=recorder)
    orders = private(owner, settings, net, hub, clock) if owner is not None else None
    if owner is not None:
        flag = kill_flag(settings.store)
        forbid_creates_while_halted(net, parts, flag, lambda: heed_kill(flag, hub, clock))
    edge_ = edge(net, parts, hub, clock, orders)
    parts.engine.wish_to(edge_.do)
    snapshots = Snapshots(ground.database, name)
    parts.engine.listen(snapshots.listens())
    parts.engine.listen(log_listeners())
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
    return Session(
        name, mode, parts, hub, edge_, desk, snapshots, kept, recorder, clock, owner, orders
    )


async def _run(session: Session, front: Front, settings: Settings, clock: Clock) -> int:
    tell = session.parts.engine.announce
    control = Control(session.hub, session.desk, clock)
    lasting: list[Worker] = [
        ControlWorker(
            socket_of(session.mode, os.getpid()),
            control.answer,
            lambda words: tell(WorkerDown(clock.stamp(), "control", words, 0.0)),
        )
    ]
    if session.orders is not None:
        lasting.append(session.orders.requests)
    code = await run_session(
        session.hub,
        session.edge,
        front.run,
        clock,
        keeper=Keeper(session.snapshots, clock, tell, settings.store.retention_days),
        open_orders=lambda: len(session.desk.quit_blockers()),
        beside=[SleepWatch(partial(_reconnect, session.edge, clock), clock)],
        lasting=lasting,
        wind_down_s=LIVE_WIND_DOWN_S if session.orders is not None else WIND_DOWN_S,
    )
    if session.recorder is not None:
        session.recorder.note(session.parts.engine.at, ENDED_NOTE)
    return code


def _reconnect(edge_: Edge, clock: Clock, stood_s: int) -> None:
    """Start every stream afresh: what is in the sockets is from before we stood still."""
    for venue in Venue:
        for is_user in (False, True):
            why = f"pmterm stood still for {stood_s} s"
            edge_.do(Reconnect(clock.stamp(), venue, why, is_user=is_user))


def session_name(at: Ns, told: Sequence[Message], mode: Mode = Mode.PAPER, mark: int = 0) -> str:
    """Name a session by its second, or the next that none in the journal is named by.

    Order ids begin with it, so it must be new even where the computer's clock was set back. Live
    ids are known to a venue for ever (Kalshi's `client_order_id`), also those of another computer:
    `mark`, drawn by chance, tells them apart.
    """
    taken = {message.session for message in told if isinstance(message, SessionStarted)}
    second = at // SECOND
    end = f"-{mark:05x}" if mode is Mode.LIVE else ""
    while (name := f"{mode.value}-{second}{end}") in taken:
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
