"""One evening lived through sockets with strategies acting, then twice again from its recording."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import msgspec
from tests.live.evening import MemoryJournal
from tests.live.virtual import VirtualClock
from tests.live.virtual import run as run_virtual

from pmterm.compose.core import SETTINGS_NOTE, core, market_words, read_market, thought_with
from pmterm.compose.network import network
from pmterm.compose.playing import Task, run
from pmterm.compose.progress import Silence
from pmterm.compose.recorder import recording_to
from pmterm.compose.replays import COMMANDS, awake, play
from pmterm.compose.session import Ground, assemble
from pmterm.config.settings import Hosts, Settings
from pmterm.lab.shelf import Shelf
from pmterm.messages.accounts import SessionStarted
from pmterm.messages.orders import Fill
from pmterm.messages.signals import SignalSeen
from pmterm.messages.strategy import ExitFired, SetMode, StrategyMode
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND
from pmterm.runtime.replay_desk import events_of
from pmterm.sim.scenario import Scenario
from pmterm.sim.server import SimServer
from pmterm.store.journal import DECISIONS, decisions_hash
from pmterm.store.recording import NoteLine, RecordingReader
from pmterm.trading.risk.limits import Limits
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.strategies import STRATEGIES

# Quick to judge and quick to act: a short evening has to hold whole trades.
SETTINGS = Settings(
    signals=SignalSettings(min_baseline_s=30, act_score_ppm=100_000, reversion_samples=60),
    risk=Limits(market_cooldown=0),
)
BEFORE_RUMOUR_S = 100
LASTS_S = 200


def live(path):
    """Live a paper session against the exchange on virtual time; return its journal."""

    async def evening():
        clock = VirtualClock()
        begins = clock.now() + BEFORE_RUMOUR_S * SECOND
        world = Scenario(1, begins, pre_roll=BEFORE_RUMOUR_S * SECOND)
        markets = [one.market for one in world.listings if one.market.venue is Venue.POLYMARKET]
        journal = MemoryJournal()
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(SimServer(world, clock))
            settings = msgspec.structs.replace(
                SETTINGS, hosts=msgspec.convert(server.hosts(), Hosts)
            )
            net = network(settings, clock)
            stack.push_async_callback(net.http.close)
            ground = Ground(
                net, clock, journal, [], lambda name: recording_to(path, name, stack),
                Path("/nonexistent/kill"),
            )  # fmt: skip
            session = assemble(settings, ground)
            session.begin(settings)
            for name in STRATEGIES:
                session.hub.put(SetMode(0, name, StrategyMode.AUTO))
            for market in markets:
                session.desk.follow(market, market_words(market))

            async def front():
                await asyncio.sleep(LASTS_S)
                return 0

            await session.run(front)
        return journal.messages

    return run_virtual(evening())


def replayed(path, told):
    """Play the recording and the session's commands again, as `replay --check` does."""
    lines = list(RecordingReader(path))
    notes = [line for line in lines if isinstance(line, NoteLine)]
    thought = next(note.data for note in notes if note.text == SETTINGS_NOTE)
    engine = core(thought_with(Settings(), thought)).engine
    decided = []
    engine.listen(dict.fromkeys(DECISIONS, decided.append))
    commands = [m for m in told if isinstance(m, (*COMMANDS, SessionStarted))]
    play(engine, awake(events_of(lines, read_market), notes), commands)
    return decided


def test_live_replay_and_backtest_decide_the_same(tmp_path):
    path = tmp_path / "evening.ndjson.zst"
    told = live(path)
    hash_ = decisions_hash(told)
    kinds = {type(message) for message in told}
    assert {SignalSeen, Fill, ExitFired} <= kinds  # there was something to disagree about
    assert decisions_hash(replayed(path, told)) == hash_
    task = Task(path, SETTINGS, tuple(STRATEGIES))
    plain = run(task, Silence())
    assert plain.hash == hash_
    assert any(trade.strategy and trade.is_known for trade in plain.trades)
    assert run(task, Silence(), Shelf(tmp_path / "spare", print)) == plain
    assert run(msgspec.structs.replace(task, strategies=()), Silence()).hash != hash_
