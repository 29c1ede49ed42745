"""Builds backtests: recordings through the very machine that trades live, with paper orders."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

import msgspec

from pmterm.compose.core import thinking
from pmterm.compose.keeping import keep_played
from pmterm.compose.playing import Task, run, taped
from pmterm.compose.pool import crew
from pmterm.compose.progress import STOPPED, Progress, Silence
from pmterm.compose.surveys import survey_of
from pmterm.config.paths import cache_dir
from pmterm.config.settings import Settings
from pmterm.lab.kept import Kept
from pmterm.lab.ordering import Recorded, files_of, in_order
from pmterm.lab.outcome import Outcome
from pmterm.lab.report import broken, facts_of
from pmterm.lab.shelf import Shelf, source_of
from pmterm.lab.tape import Facts
from pmterm.lab.times import parse_time
from pmterm.model.errors import RecordingBroken, UsageWrong
from pmterm.model.text import counted
from pmterm.store.export import time_text
from pmterm.trading.strategy.strategies import STRATEGIES

EACH_ALONE = (
    "paper orders on recorded markets; each recording is played on its own: a fresh account, fresh "
    "baselines, its own cash"
)

BROKE = 1  # a bug, as everywhere

NO_RECORD = "a backtest knows no record to size by (kelly): strategies open nothing; try fixed"


class Wish(msgspec.Struct, frozen=True):
    """What was asked for on the command line; times as typed."""

    paths: tuple[Path, ...]
    strategies: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    workers: int = 1
    resumes: bool = False
    caches: bool = True
    keeps: bool = False


class LeftOut(msgspec.Struct, frozen=True):
    """A recording that cannot be played, and why."""

    path: Path
    why: str
    hint: str = ""


class Playing(NamedTuple):
    """What is to be played: how many recordings, what each comes to, and which are left out."""

    many: int
    runs: Iterator[tuple[Path, Outcome]]
    left_out: tuple[LeftOut, ...]


def backtest(settings: Settings, wish: Wish) -> tuple[dict[str, object], int]:
    """Play recordings one after another, each on its own: a fresh account, fresh baselines.

    A wish that `keeps` adds what was played to its end to the records of strategies. Recordings
    that cannot be read are left out and told, among the others. Exit code 130 when it was stopped
    before the end, that of a broken recording when one was left out, 1 when a strategy broke.

    Raises:
        UsageWrong: nothing to play, a name nobody knows, or recordings that do not go together.
        RecordingBroken: none can be read.
        StoreBroken: what is to be kept cannot be.
    """
    with Progress() as watch:
        many, runs, left_out = playing(settings, wish, watch)
        played = list(runs)
    outcomes = [outcome for _, outcome in played]
    whole = facts_of(outcomes, settings.cash, wish.strategies)
    facts: dict[str, object] = {"note": EACH_ALONE, **whole}
    if left_out:
        facts["left out"] = [{"recording": one.path.name, "why": one.why} for one in left_out]
    if wish.strategies and settings.strategies.rules.sizing == "kelly":
        facts["sizing"] = NO_RECORD
    if wish.keeps:
        facts["kept"] = keep_played(settings, played, settings)
    if watch.is_stopped:
        facts["stopped"] = f"{len(outcomes)} of {counted(many, 'recording')} begun"
        return facts, STOPPED
    broke = broken(outcomes)
    for words in broke:
        _tell(words)
    return facts, RecordingBroken.exit_code if left_out else BROKE if broke else 0


def playing(settings: Settings, wish: Wish, watch: Silence) -> Playing:
    """Return what there is to be played; each is, as what it comes to is asked for.

    Raises:
        UsageWrong: nothing to play, a name nobody knows, or recordings that do not go together.
        RecordingBroken: none can be read.
    """
    since, until = parse_time(wish.since, "--from"), parse_time(wish.until, "--to")
    if since and until and since >= until:
        raise UsageWrong(f"--from {wish.since} is not before --to {wish.until}.")
    check_strategies(wish.strategies)
    tasks = [Task(path, settings, wish.strategies, since, until) for path in files_of(wish.paths)]
    ordered, left_out = _ordered(tasks, wish, watch)
    paths = (task.path for task in ordered)
    runs = zip(paths, _outcomes(ordered, wish, watch), strict=False)
    return Playing(len(tasks) - len(left_out), runs, left_out)


def check_strategies(names: Iterable[str]) -> None:
    """Refuse a name that no strategy has.

    Raises:
        UsageWrong: it suggests the nearest.
    """
    for name in names:
        if name not in STRATEGIES:
            near = get_close_matches(name, list(STRATEGIES), 1, 0.5)
            known = f"There are {', '.join(STRATEGIES)}."
            hint = f"Did you mean {near[0]}?" if near else known
            raise UsageWrong(f"there is no strategy {name[:40]}.", hint)


def shelf_of() -> Shelf:
    """Return where decoded recordings are kept; what is made anew is told on stderr."""
    return Shelf(cache_dir() / "recordings", _tell)


def _ordered(
    tasks: Sequence[Task], wish: Wish, watch: Silence
) -> tuple[list[Task], tuple[LeftOut, ...]]:
    read = crew(wish.workers, len(tasks)).map(
        Read(wish.caches), tasks, watch, lambda task: f"reading {task.path.name}"
    )
    by_path = {task.path: task for task in tasks}
    found = list(read)
    left_out = tuple(one for one in found if isinstance(one, LeftOut))
    recorded = [one for one in found if isinstance(one, Recorded)]
    if recorded:
        _check_times(tasks[0], recorded)
    elif left_out:
        more = f" None of {len(left_out)} recordings can be read." if len(left_out) > 1 else ""
        raise RecordingBroken(left_out[0].why + more, left_out[0].hint)
    for one in left_out:
        _tell(f"left out: {one.why}")
    return [by_path[one.path] for one in in_order(recorded)], left_out


def _check_times(task: Task, recorded: Sequence[Recorded]) -> None:
    """Refuse times between which nothing was recorded.

    Raises:
        UsageWrong: it tells from when to when something was.
    """
    first = min(one.facts.first_at for one in recorded)
    last = max(one.facts.last_at for one in recorded)
    if task.since > last or 0 < task.until <= first:
        option = "--to" if 0 < task.until <= first else "--from"
        between = f"{time_text(first)[:19]} to {time_text(last)[:19]}"
        raise UsageWrong(f"nothing is left to play with this {option}.", f"Recorded: {between}.")


class Read(msgspec.Struct, frozen=True):
    """Reads one recording through, in this process or another."""

    caches: bool

    def __call__(self, task: Task, _: Silence) -> Recorded | LeftOut:
        """Say what is known of it."""
        try:
            return Recorded(task.path, self._facts(task.path))
        except RecordingBroken as broken:
            return LeftOut(task.path, broken.detail, broken.hint)

    def _facts(self, path: Path) -> Facts:
        return taped(path, shelf_of()).facts if self.caches else survey_of(path).facts


def _outcomes(tasks: Sequence[Task], wish: Wish, watch: Silence) -> Iterator[Outcome]:
    """Play what was not played before, and keep what was played to its end."""
    kept = Kept(cache_dir() / "backtests")
    keys = {task.path: kept.key(source_of(task.path), _asked(task)) for task in tasks}
    known = {path: kept.get(key) for path, key in keys.items()} if wish.resumes else {}
    fresh = [task for task in tasks if known.get(task.path) is None]
    played = crew(wish.workers, len(fresh)).map(
        Play(wish.caches), fresh, watch, lambda task: task.path.name
    )
    for task in tasks:
        outcome = known.get(task.path)
        if outcome is None:
            outcome = next(played, None)
            if outcome is None:
                return
            if not outcome.stopped_at:
                kept.put(keys[task.path], outcome)
        yield outcome


class Play(msgspec.Struct, frozen=True):
    """Plays one recording, in this process or another."""

    caches: bool

    def __call__(self, task: Task, watch: Silence) -> Outcome:
        """Play it."""
        return run(task, watch, shelf_of() if self.caches else None)


def _asked(task: Task) -> object:
    """Return all that a result hangs on beside the recording and the program."""
    return [task.path.name, thinking(task.settings), task.strategies, task.since, task.until]


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
