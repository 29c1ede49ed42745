"""Writes down what the signal rules read of a recording, once, for all thresholds to come."""

from pathlib import Path

from pmterm.compose.playing import taped
from pmterm.lab.features import SHAPE, Features, Observer
from pmterm.lab.shelf import Shelf, features_in, source_of
from pmterm.lab.tape import Tape
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.rules import SignalSettings


def shape_of(settings: SignalSettings) -> tuple[int, ...]:
    """Return the settings that features hang on, in the order of `SHAPE`."""
    return tuple(getattr(settings, name) for name in SHAPE)


def features_of(path: Path, settings: SignalSettings, shelf: Shelf) -> list[Features]:
    """Return the features of a recording, from where they are kept if they are.

    Raises:
        RecordingBroken: it cannot be read, or holds no frame.
        OSError: it is not there any more.
    """
    form = features_in(shape_of(settings))
    return shelf.kept(form, path, source_of(path), lambda: observed(taped(path, shelf), settings))


def observed(tape: Tape, settings: SignalSettings) -> list[Features]:
    """Let the detector hear a decoded recording, and note what it could have seen."""
    observer = Observer(settings)
    engine = Engine(tape.feeds(), Pipeline([Books(), observer]), NoBroker())
    for chunk in tape.chunks():
        engine.heard(chunk.ats, chunk.made)
    return observer.features()
