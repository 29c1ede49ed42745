"""Builds replays: a recording on the screen, and a session played again to compare decisions."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from pmterm.compose.core import (
    ENDED_NOTE,
    SETTINGS_NOTE,
    SLEPT_NOTE,
    core,
    read_market,
    thought_with,
)
from pmterm.compose.front import front_of
from pmterm.compose.given import Screen
from pmterm.config.paths import store_path
from pmterm.config.settings import Settings
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import Command
from pmterm.messages.health import Noticed
from pmterm.messages.strategy import RecordKnown, SetMode, StrategyMode
from pmterm.messages.transport import Frame
from pmterm.model.errors import RecordingBroken, UsageWrong
from pmterm.model.ids import MarketId
from pmterm.model.units import Ns
from pmterm.runtime.clock import SystemClock
from pmterm.runtime.engine import LONGEST_QUIET, Engine, Woken
from pmterm.runtime.hub import Hub, Watching
from pmterm.runtime.replay_desk import Built, ReplayDesk, events_of
from pmterm.runtime.replay_worker import ReplayWorker
from pmterm.runtime.session import Edge, run_session
from pmterm.runtime.supervisor import Worker
from pmterm.store.database import Database
from pmterm.store.journal import DECISIONS, Journal, decisions_hash
from pmterm.store.recording import Header, MarketLine, NoteLine, RecordingReader

COMMANDS = Command.__args__
SAID_AT_END = 5  # differing decisions shown
NAMED = 12  # markets named where another one was asked for
QUIET: Ns = LONGEST_QUIET // 2


class Scene(msgspec.Struct, frozen=True):
    """Where a replay begins, in which market, and which strategies act as in a backtest."""

    at: Ns
    market: MarketId
    strategies: tuple[str, ...] = ()


async def replay(
    settings: Settings, screen: Screen, path: Path, *, speed: float, scene: Scene | None = None
) -> int:
    """Play a recording in the terminal.

    Raises:
        RecordingBroken: it cannot be read, or holds nothing with a time.
        UsageWrong: the market to begin with is not in it.
    """
    clock = SystemClock()
    span, damage, markets = contents_of(path)
    if scene is not None and scene.market not in {"", *markets}:
        _check_market(path, scene.market, markets)

    def build() -> Built:
        parts = core(settings)
        return Built(parts.engine, parts.fold, parts.reader, parts.executor)

    desk = ReplayDesk(path.name, span, build, settings.cash)
    hub = Hub(desk.engine, clock, stamp=desk.stamp)
    worker = ReplayWorker(
        lambda: _acting(events_of(RecordingReader(path), read_market, desk.started), scene),
        hub.put,
        clock,
        restart=desk.rewind,
        speed_milli=round(speed * 1_000),
        stays=not screen.plain,
        starts_at=scene.at if scene is not None else 0,
    )
    desk.attach(worker, hub)
    if scene is not None and scene.market:
        desk.focus(scene.market)

    front = front_of(settings, screen, desk, hub.engine, clock)
    if damage:
        hub.engine.announce(Noticed(span[0], _damaged(damage)))
    edge = Edge({}, hub.engine.announce, clock)
    beside: list[Worker] = [worker]
    if screen.plain:
        beside = [Finale(worker, hub, front.end)]
    return await run_session(hub, edge, front.run, clock, beside=beside)


def _acting(events: Iterator[Message], scene: Scene | None) -> Iterator[Message]:
    """Let strategies act from the first event on."""
    for event in events:
        yield event
        if isinstance(event, SessionStarted) and scene is not None:
            yield from (SetMode(event.at, name, StrategyMode.AUTO) for name in scene.strategies)


class Finale:
    """Plays a recording to its end, then leaves."""

    name = "replay"

    def __init__(self, worker: ReplayWorker, hub: Hub, end: Callable[[int], None]) -> None:
        self._worker = worker
        self._hub = hub
        self._end = end

    async def run(self) -> None:
        """Play, wait until all is said, leave."""
        await self._worker.run()
        await self._hub.settled()
        self._end(0)


class Contents(NamedTuple):
    """The first and last time of a recording, what of it is damaged, and the markets it names."""

    span: tuple[Ns, Ns]
    damage: list[str]
    markets: list[MarketId]


def contents_of(path: Path) -> Contents:
    """Read a recording through.

    Raises:
        RecordingBroken: it cannot be read, or holds nothing with a time.
    """
    reader = RecordingReader(path)
    first = last = 0
    markets: dict[MarketId, None] = {}
    for line in reader:
        if isinstance(line, MarketLine):
            markets[line.market] = None
        if not isinstance(line, Header) and line.at > 0:
            first = first or line.at
            last = max(last, line.at)
    if not first:
        raise RecordingBroken(f"{path.name} holds no frame.", "There is nothing to play.")
    return Contents((first, last), reader.damage, list(markets))


def _check_market(path: Path, market: MarketId, markets: Sequence[MarketId]) -> None:
    """Refuse a market that a recording neither names nor has frames of.

    Raises:
        UsageWrong: it names those that there are.
    """
    quoted = f'"{market}"'
    if any(isinstance(line, Frame) and quoted in line.text for line in RecordingReader(path)):
        return
    named = ", ".join(markets[:NAMED])
    more = f" and {len(markets) - NAMED} more" if len(markets) > NAMED else ""
    hint = f"It holds {named}{more}." if markets else "It names none."
    raise UsageWrong(f"{path.name} holds no market {market[:80]}.", hint)


def _damaged(damage: Sequence[str]) -> str:
    places = "a place" if len(damage) == 1 else f"{len(damage)} places"
    return f"the recording is damaged in {places} and plays past: {damage[0]}"


async def check(settings: Settings, path: Path) -> tuple[dict[str, object], int]:
    """Play a session's recording and commands again; compare every decision with its journal.

    Exit code 0 if all agree, 6 if not.
    """
    lines = list(RecordingReader(path))
    header = next((line for line in lines if isinstance(line, Header)), None)
    session = header.note if header is not None else ""
    if session.startswith(f"{Mode.LIVE.value}-"):
        raise UsageWrong(
            f"{session} traded real money: its decisions hang on what the venue answered, and that "
            "is in no recording.",
            "`pmterm audit` checks a live session's journal; the recording plays without --check.",
        )
    async with await Database.open(store_path(settings.store), read_only=True) as database:
        journal = Journal(database)
        whole = await journal.read()
        told = await journal.read(session=session)
    if not any(isinstance(message, SessionStarted) for message in told):
        raise RecordingBroken(
            f"the store has no session {session!r} to compare with.",
            "Only a recording that `watch` made beside a journal can be checked.",
        )
    notes = [line for line in lines if isinstance(line, NoteLine)]
    thought = next((note.data for note in notes if note.text == SETTINGS_NOTE), None)
    parts = core(thought_with(settings, thought or {}))
    for message in whole[: whole.index(told[0])]:
        parts.engine.recall(message)
    decided: list[Message] = []
    parts.engine.listen(dict.fromkeys(DECISIONS, decided.append))
    commands = [m for m in told if isinstance(m, (*COMMANDS, SessionStarted, RecordKnown))]
    play(parts.engine, awake(events_of(lines, read_market), notes), commands)
    before = [message for message in told if type(message) in DECISIONS]
    differing = _differing(before, decided)
    facts: dict[str, object] = {
        "session": session,
        "decisions": len(before),
        "decisions_in_replay": len(decided),
        "hash": decisions_hash(before),
        "hash_in_replay": decisions_hash(decided),
        "agree": not differing,
        "differing": [f"{then} / {now}" for then, now in differing[:SAID_AT_END]],
    }
    return facts, 0 if not differing else RecordingBroken.exit_code


def awake(events: Iterator[Message], notes: Sequence[NoteLine]) -> Iterator[Message]:
    """Put in that time passed where nothing came, but for where the computer slept."""
    slept = [note for note in notes if note.text == SLEPT_NOTE and note.data]
    naps = [(note.at, int((note.data or {})["until"])) for note in slept]
    turns = [at for nap in naps for at in nap]
    turns += [note.at for note in notes if note.text == ENDED_NOTE]
    leaps = {until for _, until in naps}
    last: Ns = 0
    for event in heapq.merge(events, map(Woken, turns), key=lambda event: event.at):
        while last and event.at - last > QUIET and event.at not in leaps:
            last += QUIET
            yield Woken(last)
        last = event.at
        yield event


def play(engine: Engine, events: Iterator[Message], commands: Sequence[Message]) -> None:
    """Give inputs and commands in the order of their times."""
    waiting = sorted(commands, key=lambda command: command.at)
    for event in events:
        while waiting and waiting[0].at <= event.at:
            give(engine, waiting.pop(0))
        give(engine, event)
    for command in waiting:
        give(engine, command)


def give(engine: Engine, event: Message) -> None:
    """Give one input, and see it through."""
    steps = (
        engine.watch(event.market, event.at) if isinstance(event, Watching) else engine.take(event)
    )
    for _ in steps:
        pass


def _differing(
    before: Sequence[Message], now: Sequence[Message]
) -> list[tuple[Message | None, Message | None]]:
    longest = max(len(before), len(now))
    padded = [
        (
            before[index] if index < len(before) else None,
            now[index] if index < len(now) else None,
        )
        for index in range(longest)
    ]
    return [(then, again) for then, again in padded if then != again]
