"""Builds backtests: recordings through the very machine that trades live, with paper orders."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from pmterm.compose.core import SETTINGS_NOTE, core, read_market
from pmterm.compose.given import version
from pmterm.compose.progress import STOPPED, Progress
from pmterm.compose.replays import awake, give
from pmterm.config.settings import Settings
from pmterm.lab.notebook import HOLE, Notebook
from pmterm.lab.outcome import Outcome
from pmterm.lab.report import facts_of
from pmterm.lab.times import parse_time
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.strategy import SetMode, StrategyMode
from pmterm.messages.transport import Frame
from pmterm.model.errors import RecordingBroken, UsageWrong
from pmterm.model.units import Ns
from pmterm.runtime.engine import Engine
from pmterm.runtime.replay_desk import events_of
from pmterm.store.recording import Header, Line, NoteLine, RecordingReader

UNNAMED = "backtest"
TOLD_EVERY = 512  # inputs between two looks at whether to stop
FOREVER: Ns = 1 << 62


class Task(msgspec.Struct, frozen=True):
    """One recording to be played: with what settings, which strategies acting, and when.

    Strategies act from `since` on; what is before is played too, so that books and baselines are
    as they were. Nothing at `until` or later is played (Unix ns, 0: all of it).
    """

    path: Path
    settings: Settings
    strategies: tuple[str, ...] = ()
    since: Ns = 0
    until: Ns = 0


def run(task: Task, watch: Progress) -> Outcome:
    """Play one recording to its end, to `until`, or to where it is stopped."""
    survey = Survey.of(task.path)
    parts = core(task.settings)
    notebook = Notebook(task.since)
    for table in notebook.hears():
        parts.engine.listen(table)
    reader = RecordingReader(task.path)
    events = awake(events_of(_no_notes(reader), read_market), survey.notes)
    player = _Player(task, survey, notebook, watch)
    player.play(parts.engine, events)
    return notebook.outcome(
        task.path.name,
        (player.first, player.last),
        player.inputs,
        damage=reader.damage,
        stopped_at=player.stopped_at,
    )


def _no_notes(lines: RecordingReader) -> Iterator[Line]:
    return (line for line in lines if not isinstance(line, NoteLine))


class Survey(msgspec.Struct, frozen=True):
    """What has to be known of a recording before it is played."""

    session: str
    first_at: Ns
    last_at: Ns
    started_at: Ns
    notes: list[NoteLine]
    damage: list[str]

    @classmethod
    def of(cls, path: Path) -> "Survey":
        """Read a recording through once.

        Raises:
            RecordingBroken: it cannot be read, or holds no frame.
        """
        reader = RecordingReader(path)
        header = Header("", 0)
        notes: list[NoteLine] = []
        first = last = 0
        frames = 0
        for line in reader:
            if isinstance(line, Header):
                header = line
                continue
            if isinstance(line, NoteLine):
                notes.append(line)
            elif line.at > 0:
                first = first or line.at
                last = max(last, line.at)
            frames += isinstance(line, Frame)
        if not frames:
            raise RecordingBroken(f"{path.name} holds no frame.", "There is nothing to play.")
        begun = next((note.at for note in notes if note.text == SETTINGS_NOTE), first)
        is_session = header.note.startswith(f"{Mode.PAPER.value}-")
        return cls(
            header.note if is_session else UNNAMED,
            first,
            last,
            begun,
            notes,
            list(reader.damage),
        )


class _Player:
    """Gives a recording's inputs to an engine, in order, after the session's own beginning."""

    def __init__(self, task: Task, survey: Survey, notebook: Notebook, watch: Progress) -> None:
        self._task = task
        self._survey = survey
        self._notebook = notebook
        self._watch = watch
        self.first: Ns = survey.first_at
        self.last: Ns = survey.first_at
        self.inputs = 0
        self.stopped_at: Ns = 0

    def play(self, engine: Engine, events: Iterator[Message]) -> None:
        """Play until it is over."""
        waiting = self._beginning()
        until = self._task.until or FOREVER
        last = 0
        for event in events:
            at = event.at
            if at >= until:
                break
            while waiting and waiting[0].at <= at:
                give(engine, waiting.pop(0))
            if last and at - last > HOLE:
                self._notebook.hole(last, at, "nothing was recorded")
            give(engine, event)
            last = max(last, at)
            self.inputs += 1
            if self.inputs % TOLD_EVERY == 0 and self._is_stopped(at):
                self.stopped_at = at
                break
        self.last = last or self.first

    def _beginning(self) -> list[Message]:
        task, begun = self._task, self._survey.started_at
        started = SessionStarted(
            begun, self._survey.session, Mode.PAPER, version(), task.settings.cash
        )
        since = max(begun, task.since)
        modes = [SetMode(since, name, StrategyMode.AUTO) for name in task.strategies]
        return [started, *modes]

    def _is_stopped(self, at: Ns) -> bool:
        span = max(1, self._survey.last_at - self._survey.first_at)
        self._watch.at(self._task.path.name, (at - self._survey.first_at) / span)
        return self._watch.is_stopped


class Wish(msgspec.Struct, frozen=True):
    """What was asked for on the command line; times as typed."""

    paths: tuple[Path, ...]
    strategies: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    workers: int = 1
    resumes: bool = False
    caches: bool = True


def backtest(settings: Settings, wish: Wish) -> tuple[dict[str, object], int]:
    """Play recordings one after another, each on its own: a fresh account, fresh baselines.

    Exit code 130 when it was stopped before the end.
    """
    since, until = parse_time(wish.since, "--from"), parse_time(wish.until, "--to")
    tasks = [Task(path, settings, wish.strategies, since, until) for path in wish.paths]
    if not tasks:
        raise UsageWrong("no recording was named.", "`pmterm record MARKET` makes one.")
    with Progress() as watch:
        outcomes = []
        for task in tasks:
            outcomes.append(run(task, watch))
            if watch.is_stopped:
                break
    return facts_of(outcomes), STOPPED if watch.is_stopped else 0
