"""Plays recordings for their signals alone, and writes down what those were worth."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from pmterm.compose.backtests import LeftOut
from pmterm.compose.core import core
from pmterm.compose.pool import crew
from pmterm.compose.progress import STOPPED, Progress, Silence
from pmterm.compose.replays import give
from pmterm.compose.surveys import inputs_of, survey_of
from pmterm.compose.trials import looking, trials
from pmterm.config.settings import Settings
from pmterm.lab.evidence import Played, document, facts_of
from pmterm.lab.moments import Watcher
from pmterm.lab.readers.sources import SOURCES, Reader
from pmterm.lab.trials import Tried
from pmterm.messages.base import Message
from pmterm.model.errors import RecordingBroken, UsageWrong


class Piece(msgspec.Struct, frozen=True):
    """One file of one source (its place in `SOURCES`)."""

    source: int
    path: Path


def evidence(folder: Path, out: Path, nulls: int, workers: int) -> tuple[dict[str, object], int]:
    """Play all that is known in a folder of recordings, and write the document.

    With `nulls` so many made-up worlds of either kind are judged, too, and told of in it. Files
    that cannot be read are left out and named; the exit code is then that of a broken recording.

    Raises:
        UsageWrong: nothing of the kind is there, or the document cannot be written.
        RecordingBroken: no file can be read.
    """
    pieces = pieces_in(folder)
    if not out.parent.is_dir():
        raise _unwritable(out, f"there is no folder {out.parent}")
    with Progress() as watch:
        found = crew(workers, len(pieces)).map(read, pieces, watch, lambda one: one.path.name)
        played, left_out = _apart(list(found))
        tried: list[Tried] = [] if watch.is_stopped else trials(nulls, workers, watch)
    if watch.is_stopped:
        return {"stopped": "nothing was written"}, STOPPED
    try:
        out.write_text(document(SOURCES, played, tried, left_out), encoding="utf-8")
    except OSError as error:
        raise _unwritable(out, (error.strerror or str(error)).lower()) from error
    facts: dict[str, object] = {"written": str(out), **facts_of(SOURCES, played)}
    if left_out:
        facts["left out"] = [{"recording": name, "why": why} for name, why in left_out.items()]
    return facts, RecordingBroken.exit_code if left_out else 0


def _apart(found: Sequence[Played | LeftOut]) -> tuple[list[Played], dict[str, str]]:
    """Return what was played, and why which files were not.

    Raises:
        RecordingBroken: none was.
    """
    played = [one for one in found if isinstance(one, Played)]
    broken = [one for one in found if isinstance(one, LeftOut)]
    if broken and not played:
        raise RecordingBroken(broken[0].why, broken[0].hint)
    left_out = {one.path.name: one.why.replace(str(one.path), one.path.name) for one in broken}
    for why in left_out.values():
        sys.stderr.write(f"left out: {why}\n")
    return played, left_out


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


def read(piece: Piece, _: Silence | None = None) -> Played | LeftOut:
    """Play one file if it can be read, in this process or another."""
    try:
        return play(piece)
    except RecordingBroken as broken:
        return LeftOut(piece.path, broken.detail, broken.hint)


def play(piece: Piece) -> Played:
    """Play one file, with the settings that pmterm comes with.

    Raises:
        RecordingBroken: it cannot be read.
    """
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
        for message in _told(source.read, piece.path):
            engine.heard((message.at,), (message,))
    cases = watcher.cases(np.random.default_rng(1))
    markets = watcher.markets.values()
    clusters = {market.id: source.cluster(market, piece.path) for market in markets}
    return Played(
        piece.source, piece.path.name, watcher.hours(), watcher.events, clusters, tuple(cases)
    )


def _told(read_rows: Reader, path: Path) -> Iterator[Message]:
    """Yield what another's table says; one with other columns or words in them is broken."""
    try:
        yield from read_rows(path)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise RecordingBroken(f"{path.name}: a row does not read: {error}.") from error
