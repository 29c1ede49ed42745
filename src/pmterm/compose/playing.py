"""Plays one recording into an engine of its own, and writes down what it came to."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from pmterm.compose.core import core
from pmterm.compose.given import version
from pmterm.compose.progress import Silence
from pmterm.compose.replays import give
from pmterm.compose.surveys import inputs_of, survey_of
from pmterm.config.settings import Settings
from pmterm.lab.notebook import HOLE, Notebook
from pmterm.lab.outcome import Outcome
from pmterm.lab.shelf import Shelf, source_of
from pmterm.lab.tape import Chunk, Facts, Tape
from pmterm.lab.taping import Taping
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.strategy import SetMode, StrategyMode
from pmterm.model.errors import RecordingBroken
from pmterm.model.units import Ns
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline

TOLD_EVERY = 512  # inputs between two looks at whether to stop
FOREVER: Ns = 1 << 62
Hears: TypeAlias = Mapping[type[Message], Callable[[Any], None]]


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


def run(task: Task, watch: Silence, shelf: Shelf | None = None) -> Outcome:
    """Play one recording to its end, to `until`, or to where it is stopped.

    With a shelf its decoded form is taken from there, or put there.

    Raises:
        RecordingBroken: it cannot be read, or holds no frame.
    """
    if shelf is not None:
        return run_tape(task, watch, taped(task.path, shelf))
    survey = survey_of(task.path)
    player = Player(task, watch, survey.facts)
    engine = player.listen_to(core(task.settings, is_watched=False).engine)
    player.play(engine, inputs_of(task.path, survey))
    return player.outcome()


def run_tape(task: Task, watch: Silence, tape: Tape, hears: Hears | None = None) -> Outcome:
    """Play a decoded recording in the same way, to the same decisions; let others hear it, too."""
    player = Player(task, watch, tape.facts)
    engine = player.listen_to(core(task.settings, feeds=tape.feeds(), is_watched=False).engine)
    engine.listen(hears or {})
    player.play_tape(engine, tape)
    return player.outcome()


def taped(path: Path, shelf: Shelf) -> Tape:
    """Return a recording decoded, from where it is kept if it is.

    Raises:
        RecordingBroken: it cannot be read, or holds no frame.
    """
    try:
        source = source_of(path)
    except OSError as error:
        raise RecordingBroken(f"{path}: {(error.strerror or str(error)).lower()}.") from error
    return shelf.tape(path, source, lambda: tape_of(path))


def tape_of(path: Path) -> Tape:
    """Decode a recording: its feeds, and the books that may ask them again, hear it once."""
    survey = survey_of(path)
    taping = Taping(core(Settings(), is_watched=False).feeds)
    engine = Engine(taping.feeds, Pipeline([Books()]), NoBroker())
    for event in inputs_of(path, survey):
        taping.began(max(event.at, engine.at))
        give(engine, event)
        taping.ended()
    return taping.tape(survey.facts)


class Player:
    """Gives a recording's inputs to an engine, in order, after the session's own beginning."""

    def __init__(self, task: Task, watch: Silence, facts: Facts) -> None:
        self._task = task
        self._watch = watch
        self._facts = facts
        self._notebook = Notebook(task.since)
        self._waiting = _beginning(task, facts)
        self._next_wait = self._waiting[0].at
        self._last: Ns = 0
        self._inputs = 0
        self._stopped_at: Ns = 0

    def listen_to(self, engine: Engine) -> Engine:
        """Hear what this engine says from now on."""
        for table in self._notebook.hears():
            engine.listen(table)
        return engine

    def play(self, engine: Engine, events: Iterator[Message]) -> None:
        """Play until it is over."""
        until = self._task.until or FOREVER
        for event in events:
            at = event.at
            if at >= until:
                break
            self._before(engine, at)
            give(engine, event)
            self._inputs += 1
            if self._inputs % TOLD_EVERY == 0 and self._is_stopped(at):
                break

    def play_tape(self, engine: Engine, tape: Tape) -> None:
        """Play until it is over, what feeds made of it."""
        until = self._task.until or FOREVER
        for chunk in tape.chunks():
            ats, last = chunk.ats, chunk.ats[-1]
            hole = max(chunk.longest, ats[0] - self._last)
            if hole <= HOLE and last < min(self._next_wait, until):
                engine.heard(ats, chunk.made)
                self._inputs += sum(chunk.starts)
                self._last = max(self._last, last)
            elif not self._play_carefully(engine, chunk, until):
                return
            if self._is_stopped(last):
                return

    def _play_carefully(self, engine: Engine, chunk: Chunk, until: Ns) -> bool:
        """Play inputs among which something else happens; tell whether it goes on."""
        for at, message, starts in zip(chunk.ats, chunk.made, chunk.starts, strict=True):
            if at >= until:
                return False
            if at >= self._next_wait or at - self._last > HOLE:
                self._before(engine, at)
            engine.heard((at,), (message,))
            self._last = max(self._last, at)
            self._inputs += starts
        return True

    def _before(self, engine: Engine, at: Ns) -> None:
        """Give what is due before an input of `at`, and note a hole that it ends."""
        while self._waiting and self._waiting[0].at <= at:
            give(engine, self._waiting.pop(0))
        self._next_wait = self._waiting[0].at if self._waiting else FOREVER
        if self._last and at - self._last > HOLE:
            self._notebook.hole(self._last, at, "nothing was recorded")
        self._last = max(self._last, at)

    def _is_stopped(self, at: Ns) -> bool:
        facts = self._facts
        span = max(1, facts.last_at - facts.first_at)
        self._watch.at(self._task.path.name, (at - facts.first_at) / span)
        if self._watch.is_stopped:
            self._stopped_at = at
        return self._watch.is_stopped

    def outcome(self) -> Outcome:
        """Return what it came to."""
        told = self._notebook.outcome(
            self._task.path.name,
            (self._facts.first_at, self._last or self._facts.first_at),
            self._inputs,
            damage=self._facts.damage,
            stopped_at=self._stopped_at,
        )
        return msgspec.structs.replace(told, made_by=self._facts.made_by)


def _beginning(task: Task, facts: Facts) -> list[Message]:
    begun = facts.started_at
    started = SessionStarted(begun, facts.session, Mode.PAPER, version(), task.settings.cash)
    since = max(begun, task.since)
    return [started, *(SetMode(since, name, StrategyMode.AUTO) for name in task.strategies)]
