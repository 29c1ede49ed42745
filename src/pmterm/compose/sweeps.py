"""Builds sweeps: many settings over many recordings, in this process, on all cores or a cluster."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from pmterm.compose import given
from pmterm.compose.backtests import check_strategies, shelf_of
from pmterm.compose.core import thinking
from pmterm.compose.keeping import keep_played
from pmterm.compose.playing import Task, run_tape, taped
from pmterm.compose.pool import Hands, crew
from pmterm.compose.progress import STOPPED, Progress, Silence
from pmterm.compose.sweep_points import Points
from pmterm.compose.sweep_runs import Piece, groups_of, known_of, play, spread
from pmterm.config.settings import Settings
from pmterm.lab.kept import Kept
from pmterm.lab.ordering import Recorded, files_of, in_order
from pmterm.lab.outcome import Outcome
from pmterm.lab.scores import Results, Score
from pmterm.lab.shelf import source_of
from pmterm.lab.spec import SIGNALS, Point, Spec, read_spec
from pmterm.lab.walk import Tried, chosen, report, windows_of
from pmterm.model.errors import UsageWrong
from pmterm.model.text import counted
from pmterm.model.units import SECOND
from pmterm.runtime.clock import SystemClock
from pmterm.trading.strategy.strategies import STRATEGIES

MOST_DAYS: Final = 1.0  # of work; more is refused with the arithmetic
MOST_RUNS: Final = 250_000  # that one sweep holds in memory; so is more
FEWER: Final = "Give fewer values, or draw some: draws = 200."
DAY_S: Final = 86_400
NO_BACKTEST: Final = (
    "no backtest: each figure is of signals, one contract of each at the touch one delay later and "
    "back, after fees; without orders, fills or limits"
)
FEW: Final = 100  # runs that are not asked how long they take


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
    _check_names(path, spec)
    points = Points(path, spec)
    files = files_of([path.parent / name for name in spec.recordings])
    with Progress() as watch:
        recorded = in_order(_facts(files, watch))
        ordered = [one.path for one in recorded]
        hands = _hands(workers, cluster, spec.count * len(ordered))
        _check_many(spec, ordered, hands.many)
        tried = list(spec.points())
        pieces = list(_pieces(spec, [points.settings(point) for point in tried], ordered))
        results = Results(out or path.with_suffix(".results.jsonl"))
        _play(pieces, results, hands, watch)
    by_signals = spec.measure == SIGNALS
    whole = _tried(tried, pieces, results, by_signals=by_signals)
    facts: dict[str, object] = {"points": spec.count, "runs": len(pieces)}
    if watch.is_stopped:
        done = sum(piece.key in results.known for piece in pieces)
        facts["stopped"] = f"{done} of {counted(len(pieces), 'run')} done; the same command goes on"
        return facts, STOPPED
    done_by = {(piece.name, results.known[piece.key].hash) for piece in pieces}
    facts["runs that did different things"] = len(done_by)
    if by_signals:
        facts["note"] = NO_BACKTEST
    names = [file.name for file in ordered]
    spans = {one.path.name: (one.facts.first_at, one.facts.last_at) for one in recorded}
    facts |= report(whole, names, spec.windows, spec.measure, spans)
    if keeps:
        facts["kept"] = _keep_judged(spec, points, whole, recorded)
    return facts, 0


def _play(pieces: Sequence[Piece], results: Results, hands: Hands, watch: Silence) -> None:
    """Play what is not known, one run for all that come to the same."""
    names = {piece.name for piece in pieces if piece.key not in results.known}
    groups = groups_of([piece for piece in pieces if piece.name in names], hands, watch)
    if watch.is_stopped:
        return
    for group in groups:
        known = known_of(group, results.known)
        if known is not None:
            results.add(spread(known, group))
    fresh = [group for group in groups if group[0].key not in results.known]
    firsts = [group[0] for group in fresh]
    _check_time(firsts, hands.many)
    played = hands.map(play, firsts, watch, lambda one: f"point {one.number + 1}, {one.name}")
    for group, score in zip(fresh, played, strict=False):
        results.add(spread(score, group))


def _keep_judged(
    spec: Spec, points: Points, whole: Sequence[Tried], ordered: Sequence[Recorded]
) -> list[object]:
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
        settings = points.settings(best.point)
        played = [(one.path, _again(one.path, settings, spec)) for one in later]
        home, is_chosen = given.settings({}), len(whole) > 1
        told.append(keep_played(settings, played, home, is_held_out=is_chosen))
    return told


def _again(path: Path, settings: Settings, spec: Spec) -> Outcome:
    return run_tape(Task(path, settings, spec.strategies), Silence(), taped(path, shelf_of()))


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


def _check_names(path: Path, spec: Spec) -> None:
    """Refuse a file in which nothing would be played, or nobody would trade.

    Raises:
        UsageWrong: it says what to write.
    """
    if not spec.recordings:
        hint = 'Write recordings = ["evenings/"]; `pmterm record MARKET` makes them.'
        raise UsageWrong(f"{path.name} names no recordings.", hint)
    if not spec.strategies:
        hint = f'Write strategies = ["fade"]; there are {", ".join(STRATEGIES)}.'
        raise UsageWrong(f"{path.name} names no strategies: nobody would trade.", hint)
    check_strategies(spec.strategies)


def _check_many(spec: Spec, files: Sequence[Path], hands: int) -> None:
    """Refuse more runs than can be held, with the arithmetic of how long they would take.

    Raises:
        UsageWrong: there are too many.
    """
    runs = spec.count * len(files)
    if runs <= MOST_RUNS:
        return
    shelf = shelf_of()
    rows = sum(taped(file, shelf).length for file in files)
    a_point = _row_s(files[0], spec.strategies) * rows
    days = spec.count * a_point / hands / DAY_S
    if days > MOST_DAYS:
        raise UsageWrong(
            f"{counted(spec.count, 'point')} x {a_point:.2f} s (measured) / "
            f"{counted(hands, 'process', 'processes')} = "
            f"{days:,.1f} days.",
            FEWER,
        )
    raise UsageWrong(
        f"{counted(spec.count, 'point')} x {counted(len(files), 'recording')} = "
        f"{counted(runs, 'run')}; one sweep takes "
        f"{MOST_RUNS:,}.",
        FEWER,
    )


def _check_time(pieces: Sequence[Piece], hands: int) -> None:
    """Refuse more than a day's work, once it is known how many runs differ.

    Raises:
        UsageWrong: it would take too long.
    """
    if len(pieces) < FEW:
        return
    first = pieces[0].task
    many = Counter(piece.task.path for piece in pieces)
    shelf = shelf_of()
    rows = sum(taped(path, shelf).length * runs for path, runs in many.items())
    all_s = _row_s(first.path, first.strategies) * rows
    days = all_s / hands / DAY_S
    if days > MOST_DAYS:
        raise UsageWrong(
            f"{len(pieces):,} runs that differ x {all_s / len(pieces):.2f} s (measured) / "
            f"{counted(hands, 'process', 'processes')} = {days:,.1f} days.",
            FEWER,
        )


def _row_s(path: Path, strategies: tuple[str, ...]) -> float:
    """Measure how long a row of a recording takes to play, in seconds."""
    tape, clock = taped(path, shelf_of()), SystemClock()
    began = clock.monotonic()
    run_tape(Task(path, Settings(), strategies), Silence(), tape)
    return (clock.monotonic() - began) / SECOND / max(1, tape.length)


def _pieces(spec: Spec, settings: Sequence[Settings], files: Sequence[Path]) -> Iterator[Piece]:
    """Yield every piece, recordings inside points: what is known early is known of whole points."""
    kept = Kept(Path(os.devnull))
    sources = {file: source_of(file) for file in files}
    for number, one in enumerate(settings):
        asked = [thinking(one), spec.strategies]
        for file in files:
            source, task = sources[file], Task(file.resolve(), one, spec.strategies)
            yield Piece(number, file.name, source, kept.key(source, asked), task)


def _tried(
    points: Sequence[Point], pieces: Sequence[Piece], results: Results, *, by_signals: bool
) -> list[Tried]:
    scores: dict[int, dict[str, Score]] = {}
    for piece in pieces:
        score = results.known.get(piece.key)
        if score is not None:
            here = scores.setdefault(piece.number, {})
            here[piece.name] = score.by_signals() if by_signals else score
    return [Tried(point, scores.get(number, {})) for number, point in enumerate(points)]
