"""Plays worlds whose truth is known through the machine that trades live, and judges them."""

from collections.abc import Mapping

import numpy as np

from pmterm.compose.pool import crew
from pmterm.compose.progress import STOPPED, Progress, Silence
from pmterm.config.settings import Settings
from pmterm.lab.judging import KINDS, rows_of
from pmterm.lab.moments import Watcher
from pmterm.lab.nulls import play
from pmterm.lab.trials import Trial, Tried, asked, facts_of
from pmterm.model.ids import Venue
from pmterm.model.text import counted
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.detector import Detector
from pmterm.venues.base import Feed


def looking(settings: Settings, feeds: Mapping[Venue, Feed] | None = None) -> Engine:
    """Return the machine as far as signals go: nobody trades, so nothing after them is needed."""
    return Engine(feeds or {}, Pipeline([Books(), Detector(settings.signals)]), NoBroker())


def try_one(trial: Trial, _: Silence | None = None) -> Tried:
    """Play one world with the settings that pmterm comes with."""
    watcher = Watcher()
    engine = looking(Settings())
    engine.listen(watcher.hears())
    for message in play(trial.world, trial.seed):
        engine.heard((message.at,), (message,))
    cases = watcher.cases(np.random.default_rng(trial.seed))
    clusters = {market: str(market) for market in watcher.markets}
    return Tried(trial, tuple(rows_of("made up", cases, KINDS, clusters)))


def nulls(seeds: int, workers: int) -> tuple[dict[str, object], int]:
    """Judge `seeds` worlds where nothing comes back and as many where some does."""
    with Progress() as watch:
        tried = trials(seeds, workers, watch)
    facts = facts_of(tried)
    if watch.is_stopped:
        facts["stopped"] = f"{len(tried)} of {counted(len(asked(seeds)), 'world')} judged"
    return facts, STOPPED if watch.is_stopped else 0


def trials(seeds: int, workers: int, watch: Silence) -> list[Tried]:
    """Judge worlds until all are or it is stopped."""
    wanted = asked(seeds)
    return list(crew(workers, len(wanted)).map(try_one, wanted, watch, _name)) if wanted else []


def _name(trial: Trial) -> str:
    return f"seed {trial.seed}"
