"""Plays recordings for their signals alone, and writes down what those were worth."""

from pathlib import Path

import msgspec
import numpy as np

from pmterm.compose.core import core
from pmterm.compose.pool import crew
from pmterm.compose.progress import STOPPED, Progress, Silence
from pmterm.compose.replays import give
from pmterm.compose.surveys import inputs_of, survey_of
from pmterm.compose.trials import looking, trials
from pmterm.config.settings import Settings
from pmterm.lab.evidence import Played, document, facts_of
from pmterm.lab.moments import Watcher
from pmterm.lab.readers.sources import SOURCES
from pmterm.lab.trials import Tried
from pmterm.model.errors import UsageWrong


class Piece(msgspec.Struct, frozen=True):
    """One file of one source (its place in `SOURCES`)."""

    source: int
    path: Path


def evidence(folder: Path, out: Path, nulls: int, workers: int) -> tuple[dict[str, object], int]:
    """Play all that is known in a folder of recordings, and write the document.

    With `nulls` so many made-up worlds of either kind are judged, too, and told of in it.

    Raises:
        UsageWrong: nothing of the kind is there, or the document cannot be written.
        RecordingBroken: a file cannot be read.
    """
    pieces = pieces_in(folder)
    if not out.parent.is_dir():
        raise _unwritable(out, f"there is no folder {out.parent}")
    with Progress() as watch:
        played = list(
            crew(workers, len(pieces)).map(play, pieces, watch, lambda one: one.path.name)
        )
        tried: list[Tried] = [] if watch.is_stopped else trials(nulls, workers, watch)
    if watch.is_stopped:
        return {"stopped": "nothing was written"}, STOPPED
    try:
        out.write_text(document(SOURCES, played, tried), encoding="utf-8")
    except OSError as error:
        raise _unwritable(out, (error.strerror or str(error)).lower()) from error
    return {"written": str(out), **facts_of(SOURCES, played)}, 0


def _unwritable(out: Path, why: str) -> UsageWrong:
    return UsageWrong(f"{out} cannot be written: {why}.", "Name another file: --out evidence.md.")


def pieces_in(folder: Path) -> list[Piece]:
    """Return all files of known sources.

    Raises:
        UsageWrong: there are none.
    """
    pieces = [
        Piece(place, path)
        for place, source in enumerate(SOURCES)
        for path in sorted((folder / source.folder).glob(source.pattern))
    ]
    if not pieces:
        known = ", ".join(dict.fromkeys(f"{source.folder}/" for source in SOURCES))
        raise UsageWrong(f"{folder} holds no recordings that are known.", f"Folders are {known}.")
    return pieces


def play(piece: Piece, _: Silence | None = None) -> Played:
    """Play one file, with the settings that pmterm comes with."""
    source = SOURCES[piece.source]
    settings = Settings()
    signals = msgspec.structs.replace(settings.signals, min_baseline_s=source.baseline_s)
    settings = msgspec.structs.replace(settings, signals=signals)
    watcher = Watcher()
    engine = looking(settings, core(settings, is_watched=False).feeds)
    engine.listen(watcher.hears())
    if source.read is None:
        for event in inputs_of(piece.path, survey_of(piece.path)):
            give(engine, event)
    else:
        for message in source.read(piece.path):
            engine.heard((message.at,), (message,))
    cases = watcher.cases(np.random.default_rng(1))
    markets = watcher.markets.values()
    clusters = {market.id: source.cluster(market, piece.path) for market in markets}
    return Played(
        piece.source, piece.path.name, watcher.hours(), watcher.events, clusters, tuple(cases)
    )
