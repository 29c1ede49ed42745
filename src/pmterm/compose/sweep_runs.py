"""The runs of a sweep, and which of them come to the same, so that one is played for all."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from pmterm.compose.backtests import shelf_of
from pmterm.compose.core import thinking
from pmterm.compose.featured import features_of, shape_of
from pmterm.compose.playing import Task, run_tape, taped
from pmterm.compose.pool import Hands
from pmterm.compose.progress import Silence
from pmterm.config.settings import Settings
from pmterm.lab.acts import Acts
from pmterm.lab.alike import NOT_KNOWN, Heard, acted_on, heard, what_matters
from pmterm.lab.features import Features
from pmterm.lab.scores import Score, score_of
from pmterm.lab.shelf import source_of
from pmterm.lab.tape import Tape
from pmterm.model.errors import RecordingBroken
from pmterm.trading.signal.rules import SignalSettings

TAPES: Final = 64  # decoded recordings that a process holds at once
WORTH: Final = 4  # sets of thresholds on a recording from which features are worth their pass

_tapes: dict[str, Tape] = {}


class Piece(msgspec.Struct, frozen=True):
    """One point on one recording. `number` tells the point, `name` the recording.

    `source` is the SHA-256 of the recording, `key` names the run.
    """

    number: int
    name: str
    source: str
    key: str
    task: Task


class Question(msgspec.Struct, frozen=True):
    """Which signals sets of thresholds let strategies hear in one recording."""

    path: Path
    thresholds: tuple[SignalSettings, ...]
    strategies: tuple[str, ...]


def play(piece: Piece, _: Silence) -> Score:
    """Play one piece to its end; each process loads a decoded recording once.

    Raises:
        RecordingBroken: the recording is another here than where the sweep was begun.
    """
    if piece.source not in _tapes:
        while len(_tapes) >= TAPES:
            del _tapes[next(iter(_tapes))]
        path = piece.task.path
        tape = taped(path, shelf_of())
        if source_of(path) != piece.source:
            raise RecordingBroken(f"{path} is another recording here than where this began.")
        _tapes[piece.source] = tape
    acts = Acts()
    task = piece.task
    outcome = run_tape(task, Silence(), _tapes[piece.source], acts.hears())
    signals = acted_on(outcome.signals, task.settings.signals, task.strategies)
    return score_of(piece.key, acts.hash, outcome, signals)


def hear(question: Question, watch: Silence) -> list[Heard]:
    """Answer for each set of thresholds."""
    features: dict[tuple[int, ...], list[Features]] = {}
    answers: list[Heard] = []
    for settings in question.thresholds:
        shape = shape_of(settings)
        if shape not in features:
            features[shape] = features_of(question.path, settings, shelf_of())
        answers.append(heard(features[shape], settings, question.strategies))
        watch.at(f"signals of {question.path.name}", len(answers) / len(question.thresholds))
        if watch.is_stopped:
            break
    return answers


def groups_of(pieces: Sequence[Piece], hands: Hands, watch: Silence) -> list[list[Piece]]:
    """Put pieces of one sweep together that come to the same, in the order of the first of each.

    Where nothing is known of a piece it is alone, unless the very same run is asked for twice.
    """
    questions = list(_questions(pieces))
    answers = hands.map(hear, questions, watch, lambda asked: f"signals of {asked.path.name}")
    known: dict[tuple[Path, SignalSettings], Heard] = {}
    for question, told in zip(questions, answers, strict=False):
        for signals, one in zip(question.thresholds, told, strict=False):
            known[question.path, signals] = one
    groups: dict[object, list[Piece]] = {}
    rests: dict[tuple[int, frozenset[str]], bytes] = {}
    for piece in pieces:
        task = piece.task
        told_here = known.get((task.path, task.settings.signals), NOT_KNOWN)
        place: object = piece.key
        if told_here.hash:
            point = (piece.number, told_here.strategies)
            if point not in rests:
                rests[point] = _rest(task.settings, told_here)
            place = (piece.source, rests[point], told_here.hash)
        groups.setdefault(place, []).append(piece)
    return list(groups.values())


def _rest(settings: Settings, told: Heard) -> bytes:
    """Write down what else decides a run in which that is heard."""
    signals, strategies = what_matters(settings.signals, settings.strategies, told)
    others = msgspec.structs.replace(settings, signals=signals, strategies=strategies)
    return msgspec.json.encode(thinking(others))


def _questions(pieces: Sequence[Piece]) -> Iterator[Question]:
    sets: dict[Path, dict[SignalSettings, None]] = {}
    for piece in pieces:
        sets.setdefault(piece.task.path, {})[piece.task.settings.signals] = None
    for path, thresholds in sets.items():
        if len(thresholds) >= WORTH:
            yield Question(path, tuple(thresholds), pieces[0].task.strategies)


def spread(score: Score, group: Sequence[Piece]) -> list[Score]:
    """Return what one run of a group says of each of its pieces."""
    return [msgspec.structs.replace(score, key=piece.key) for piece in group]


def known_of(group: Sequence[Piece], known: Mapping[str, Score]) -> Score | None:
    """Return the score of a piece of the group that is known, if one is."""
    return next((known[piece.key] for piece in group if piece.key in known), None)
