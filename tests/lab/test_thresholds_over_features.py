"""Every signal that features give for any thresholds is the detector's, to the nanosecond."""

import random

import pytest
from tests.lab.recordings import HOCKEY, lines_of, write_recording
from tests.lab.test_the_same_everywhere import EVENING

from pmterm.compose.playing import tape_of
from pmterm.lab.features import Observer
from pmterm.lab.firing import Fired, fires
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings

COVERED = {
    SignalKind.PANIC_SELL,
    SignalKind.FOMO_BUY,
    SignalKind.MEAN_REVERSION,
    SignalKind.SPIKE,
}


def play(tape, detector):
    """The signals of a detector on a decoded recording, those that features cover."""
    engine = Engine(tape.feeds(), Pipeline([Books(), detector]), NoBroker())
    said = []
    engine.listen({SignalSeen: said.append})
    for chunk in tape.chunks():
        engine.heard(chunk.ats, chunk.made)
    return sorted(Fired(s.market, s.kind, s.at, s.mid2) for s in said if s.kind in COVERED)


def thresholds(chance):
    return SignalSettings(
        panic_volume_ppm=chance.choice((200_000, 1_000_000, 3_000_000)),
        panic_change_ppm=-chance.randint(2_000, 60_000),
        fomo_volume_ppm=chance.choice((200_000, 1_000_000, 3_000_000)),
        fomo_change_ppm=chance.randint(2_000, 60_000),
        reversion_sd_ppm=chance.randint(1_000_000, 3_000_000),
        reversion_ticks=chance.randint(1, 3),
        reversion_samples=chance.randint(30, 120),
        spike_threshold=chance.randint(50, 500),
        spike_slack=chance.randint(10, 100),
        spike_sd_ppm=chance.randint(500_000, 3_000_000),
        spike_change_ppm=chance.randint(1_000, 20_000),
        spike_spread=chance.randint(100, 900),
        spike_depth=chance.randint(1, 200) * 1_000_000,
        min_baseline_s=chance.choice((30, 60, 120)),
        rearm_s=chance.randint(2, 60),
    )


@pytest.fixture(scope="module")
def evening():
    tape = tape_of(EVENING)
    observer = Observer(SignalSettings())
    return tape, play(tape, observer), observer.features()


def test_to_be_observed_changes_nothing(evening):
    tape, said, _ = evening
    assert said == play(tape, Detector(SignalSettings()))


def test_forty_sets_of_thresholds_give_the_detectors_signals(evening):
    tape, _, features = evening
    chance = random.Random(8)
    kinds = set()
    for _ in range(40):
        settings = thresholds(chance)
        told = [fires(one, settings) for one in features]
        got = sorted(fired for one in told for fired in one.fired)
        assert got == play(tape, Detector(settings)), settings
        kinds |= {fired.kind for fired in got}
    assert kinds >= {SignalKind.PANIC_SELL, SignalKind.FOMO_BUY, SignalKind.SPIKE}


def test_a_recording_too_short_for_anything_gives_nothing(tmp_path):
    tape = tape_of(write_recording(tmp_path / "x.ndjson.zst", lines_of(HOCKEY)[:12]))
    observer = Observer(SignalSettings())
    play(tape, observer)
    assert not any(fires(one, SignalSettings()).fired for one in observer.features())
