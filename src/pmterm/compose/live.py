"""Builds a live session: network, store, recorder, engine and screen, in the order they fall."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

import msgspec

from pmterm.compose.control import Control, heed_kill, socket_of
from pmterm.compose.core import Core, market_words
from pmterm.compose.front import front_of
from pmterm.compose.given import Screen
from pmterm.compose.lease import trading_alone
from pmterm.compose.network import network
from pmterm.compose.past import Cards, chances_of, past_of, records_of
from pmterm.compose.recorder import Recorder, recorder_of
from pmterm.compose.session import Ground, Session, assemble
from pmterm.compose.trading import trader
from pmterm.config.paths import kill_flag, live_store_path, log_dir, store_path
from pmterm.config.settings import Settings
from pmterm.messages.base import Message
from pmterm.messages.health import WorkerDown
from pmterm.model.errors import CredentialsWrong, PmtermError
from pmterm.model.ids import MarketId
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import SECOND
from pmterm.runtime.clock import SystemClock
from pmterm.runtime.control import ControlWorker
from pmterm.runtime.finder import Finder
from pmterm.runtime.live_desk import LiveDesk
from pmterm.runtime.log import Redactor, log_to
from pmterm.runtime.log_lines import log_listeners
from pmterm.runtime.session import Keeper
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.store.private_files import private_folder
from pmterm.store.snapshots import Snapshots

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
        if owner is not None:
            stack.enter_context(trading_alone(owner.names))
        private_folder(log_dir())
        stack.enter_context(log_to(log_dir() / "pmterm.log", redactor))
        stack.push_async_callback(net.http.close)
        markets = await _look_up(net.finder, names)
        path = live_store_path(settings.store) if is_live else store_path(settings.store)
        private_folder(path.parent)
        database = await stack.enter_async_context(await Database.open(path))
        journal = Journal(database)
        record = partial(_recorder, settings, stack)
        kill = kill_flag(settings.store)
        ground = Ground(net, clock, journal, await journal.read(), record, kill)
        past = await past_of(settings, database)
        session = assemble(settings, ground, owner)
        snapshots = Snapshots(database, session.name)
        engine = session.parts.engine
        engine.listen(snapshots.listens())
        engine.listen(log_listeners())
        learned = await asyncio.to_thread(chances_of, past)
        engine.listen(Cards(past, learned, engine.announce).hears())
        before = prologue.events() if prologue is not None else ()
        session.begin(settings, before, partial(records_of, settings, past, ground.told))
        if is_live:
            heed_kill(kill, session.hub, clock)
        since = before[0].at - SECOND if before else 0
        for market in markets:
            session.desk.follow(market, net.finder.metadata(market), since)
        for event in before:
            session.hub.put(event)
        await _follow_held(session.desk, session.parts, session.kept)
        front = front_of(settings, screen, session.desk, engine, clock)
        keeper = Keeper(snapshots, clock, engine.announce, settings.store.retention_days)
        return await session.run(front.run, keeper=keeper, beside=[_control(session)])


def _recorder(settings: Settings, stack: AsyncExitStack, name: str) -> Recorder | None:
    return recorder_of(settings, name, stack)


def _control(session: Session) -> ControlWorker:
    """Build who answers another shell."""
    clock, tell = session.clock, session.parts.engine.announce
    control = Control(session.hub, session.desk, clock)
    return ControlWorker(
        socket_of(session.mode, os.getpid()),
        control.answer,
        lambda words: tell(WorkerDown(clock.stamp(), "control", words, 0.0)),
    )


async def _look_up(finder: Finder, names: Sequence[str]) -> list[Market]:
    """Ask for all names at once; the markets come in the order of the names."""
    async with asyncio.TaskGroup() as asking:
        answers = [asking.create_task(finder.lookup(name)) for name in names]
    found = [market for answer in answers for market in answer.result()[:MOST_MARKETS]]
    return list({market.id: market for market in found}.values())


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
