"""Builds backtests: recordings through the very machine that trades live, with paper orders."""

import sys
from pathlib import Path

import msgspec

from pmterm.compose.playing import Task, run
from pmterm.compose.progress import STOPPED, Progress
from pmterm.config.paths import cache_dir
from pmterm.config.settings import Settings
from pmterm.lab.report import facts_of
from pmterm.lab.shelf import Shelf
from pmterm.lab.times import parse_time
from pmterm.model.errors import UsageWrong


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
    shelf = shelf_of() if wish.caches else None
    with Progress() as watch:
        outcomes = []
        for task in tasks:
            outcomes.append(run(task, watch, shelf))
            if watch.is_stopped:
                break
    return facts_of(outcomes), STOPPED if watch.is_stopped else 0


def shelf_of() -> Shelf:
    """Return where decoded recordings are kept; what is made anew is told on stderr."""
    return Shelf(cache_dir() / "recordings", _tell)


def _tell(words: str) -> None:
    sys.stderr.write(f"{words}\n")
