"""Builds sweeps: many settings over many recordings, in this process, on all cores or a cluster."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from pmterm.compose import given
from pmterm.compose.backtests import check_strategies, shelf_of
from pmterm.compose.core import thinking
from pmterm.compose.keeping import keep_played
from pmterm.compose.playing import Task, run_tape, taped
from pmterm.compose.pool import Hands, crew
from pmterm.compose.progress import STOPPED, Progress, Silence
from pmterm.config.settings import Settings
from pmterm.lab.kept import Kept
from pmterm.lab.ordering import Recorded, files_of, in_order
from pmterm.lab.outcome import Outcome
from pmterm.lab.scores import Results, Score, score_of
from pmterm.lab.shelf import source_of
from pmterm.lab.spec import Point, Spec, read_spec
from pmterm.lab.tape import Tape
from pmterm.lab.walk import Tried, chosen, report, windows_of
from pmterm.model.errors import UsageWrong
from pmterm.model.units import SECOND
from pmterm.runtime.clock import SystemClock

MOST_DAYS: Final = 1.0  # of work; more is refused with the arithmetic
MOST_RUNS: Final = 250_000  # that one sweep holds in memory; so is more
FEWER: Final = "Give fewer values, or draw some: draws = 200."
DAY_S: Final = 86_400
TAPES: Final = 64  # decoded recordings that a process holds at once

_tapes: dict[str, Tape] = {}


class Piece(msgspec.Struct, frozen=True):
    """One point on one recording. `number` tells the point, `name` the recording."""

    number: int
    name: str
    key: str
    task: Task


def sweep(
    path: Path, *, workers: int, cluster: str, out: Path | None, keeps: bool = False
) -> tuple[dict[str, object], int]:
    """Try every point of a sweep's file; what was tried before by this program is not tried again.

    If it `keeps`, what was judged counts in the records of strategies with the chosen settings.
    Exit code 130 when it was stopped before the end.

    Raises:
        UsageWrong: a wrong file or name, or more work than a day's.
        SettingsWrong: a setting nobody knows, or a value that cannot be taken.
        RecordingBroken: a recording cannot be read.
    """
    spec = read_spec(path)
    check_strategies(spec.strategies)
    _check_values(spec)
    files = files_of([path.parent / name for name in spec.recordings])
    with Progress() as watch:
        recorded = in_order(_facts(files, watch))
        ordered = [one.path for one in recorded]
        hands = _hands(workers, cluster, spec.count * len(ordered))
        _check_size(spec, ordered, hands.many)
        points = list(spec.points())
        results = Results(out or path.with_suffix(".results.jsonl"))
        pieces = list(_pieces(spec, points, ordered))
        fresh = [piece for piece in pieces if piece.key not in results.known]
        for score in hands.map(play, fresh, watch, lambda piece: f"point {piece.number + 1}"):
            results.add(score)
    whole = _tried(points, pieces, results)
    facts: dict[str, object] = {"points": spec.count, "runs": len(pieces)}
    if watch.is_stopped:
        done = sum(piece.key in results.known for piece in pieces)
        facts["stopped"] = f"{done} of {len(pieces)} runs are done; the same command goes on"
        return facts, STOPPED
    names = [file.name for file in ordered]
    spans = {one.path.name: (one.facts.first_at, one.facts.last_at) for one in recorded}
    facts |= report(whole, names, spec.windows, spec.measure, spans)
    if keeps:
        facts["kept"] = _keep_judged(spec, whole, recorded)
    return facts, 0


def _keep_judged(spec: Spec, whole: Sequence[Tried], ordered: Sequence[Recorded]) -> list[object]:
    """Play again what each choice was judged on, where all of it is later than what chose it.

    Among one point nothing was chosen, so that nothing is known of what it was chosen on.
    """
    by_name = {one.path.name: one for one in ordered}
    windows = windows_of(list(by_name), spec.windows)
    told: list[object] = []
    for learned, unseen, best in chosen(whole, windows, spec.measure):
        if best is None:
            continue
        known_until = max(by_name[name].facts.last_at for name in learned)
        later = [by_name[name] for name in unseen if by_name[name].facts.first_at > known_until]
        settings = _settings(spec, best.point)
        played = [(one.path, _again(one.path, settings, spec)) for one in later]
        home, is_chosen = given.settings({}), len(whole) > 1
        told.append(keep_played(settings, played, home, is_held_out=is_chosen))
    return told


def _again(path: Path, settings: Settings, spec: Spec) -> Outcome:
    return run_tape(Task(path, settings, spec.strategies), Silence(), taped(path, shelf_of()))


def play(piece: Piece, _: Silence) -> Score:
    """Play one piece to its end; each process loads a decoded recording once."""
    path = str(piece.task.path)
    if path not in _tapes:
        while len(_tapes) >= TAPES:
            del _tapes[next(iter(_tapes))]
        _tapes[path] = taped(piece.task.path, shelf_of())
    return score_of(piece.key, run_tape(piece.task, Silence(), _tapes[path]))


def _facts(files: Sequence[Path], watch: Progress) -> list[Recorded]:
    recorded = []
    for done, path in enumerate(files):
        watch.part(f"reading {path.name}", done, len(files))
        recorded.append(Recorded(path, taped(path, shelf_of()).facts))
    return recorded


def _hands(workers: int, cluster: str, pieces: int) -> Hands:
    if not cluster:
        return crew(workers, pieces)
    from pmterm.compose.cluster import Cluster

    return Cluster(cluster)


def _check_values(spec: Spec) -> None:
    """Refuse a setting nobody knows, or one of its values, before anything is played."""
    given.settings(dict(spec.fixed))
    for key, values in spec.grid.items():
        if key in spec.fixed:
            raise UsageWrong(f"{key} is both set and tried.", "Take it out of one of them.")
        for value in values:
            given.settings({key: value})


def _check_size(spec: Spec, files: Sequence[Path], hands: int) -> None:
    """Refuse more than a day's work, or more runs than can be held, with the arithmetic.

    Raises:
        UsageWrong: it would take too long, or too much memory.
    """
    tape = taped(files[0], shelf_of())
    clock = SystemClock()
    began = clock.monotonic()
    run_tape(Task(files[0], Settings(), spec.strategies), Silence(), tape)
    a_row = (clock.monotonic() - began) / SECOND / max(1, tape.length)
    a_point = a_row * sum(taped(file, shelf_of()).length for file in files)
    days = spec.count * a_point / hands / DAY_S
    if days > MOST_DAYS:
        raise UsageWrong(
            f"{spec.count:,} points x {a_point:.2f} s (measured) / {hands} processes = "
            f"{days:,.1f} days.",
            FEWER,
        )
    runs = spec.count * len(files)
    if runs > MOST_RUNS:
        raise UsageWrong(
            f"{spec.count:,} points x {len(files):,} recordings = {runs:,} runs; one sweep takes "
            f"{MOST_RUNS:,}.",
            FEWER,
        )


def _pieces(spec: Spec, points: Sequence[Point], files: Sequence[Path]) -> Iterator[Piece]:
    """Yield every piece, recordings inside points: what is known early is known of whole points."""
    kept = Kept(Path(os.devnull))
    sources = {file: source_of(file) for file in files}
    for number, point in enumerate(points):
        settings = _settings(spec, point)
        asked = [thinking(settings), spec.strategies]
        for file in files:
            task = Task(file.resolve(), settings, spec.strategies)
            yield Piece(number, file.name, kept.key(sources[file], asked), task)


def _settings(spec: Spec, point: Point) -> Settings:
    return msgspec.structs.replace(given.settings({**spec.fixed, **point}), shown=())


def _tried(points: Sequence[Point], pieces: Sequence[Piece], results: Results) -> list[Tried]:
    scores: dict[int, dict[str, Score]] = {}
    for piece in pieces:
        score = results.known.get(piece.key)
        if score is not None:
            scores.setdefault(piece.number, {})[piece.name] = score
    return [Tried(point, scores.get(number, {})) for number, point in enumerate(points)]
