"""Every signal that features give for any thresholds is the detector's, to the nanosecond."""

import random

import numpy as np
import pytest
from tests.lab.recordings import HOCKEY, blinking, lines_of, world_tape, write_recording
from tests.lab.test_the_same_everywhere import EVENING

from pmterm.compose.playing import tape_of
from pmterm.lab.columns import ColumnsDamaged
from pmterm.lab.features import ENDED, MOMENT, Features, Observer, packed, unpacked
from pmterm.lab.firing import COVERED, fires
from pmterm.lab.nulls import Plant, World
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings


def play(tape, detector):
    """The signals of a detector on a decoded recording, those that features cover."""
    engine = Engine(tape.feeds(), Pipeline([Books(), detector]), NoBroker())
    said = []
    engine.listen({SignalSeen: said.append})
    for chunk in tape.chunks():
        engine.heard(chunk.ats, chunk.made)
    return sorted(
        (s.market, s.kind, s.at, s.mid2, s.before2, s.spread, s.advice, s.score_ppm)
        for s in said
        if s.kind in COVERED
    )


def found(features, settings, kinds=COVERED):
    """The same of features; the spread is that of the spot, which tells whether it is the right."""
    told = []
    for one in features:
        for f in fires(one, settings, kinds).fired:
            rows, place = (one.ends, -1 - f.spot) if f.spot < 0 else (one.moments, f.spot)
            assert (rows["at"][place], rows["mid2"][place]) == (f.at, f.mid2)
            spread = int(rows["spread"][place])
            told.append((f.market, f.kind, f.at, f.mid2, f.before2, spread, f.advice, f.score_ppm))
    return sorted(told)


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
        spike_mode=chance.choice(("fade", "follow")),
        vacuum_depth_ppm=chance.choice((100_000, 500_000, 900_000)),
        pull_fall_ppm=chance.choice((100_000, 500_000, 900_000)),
        pull_window_s=chance.randint(2, 7),
        settle_ms=chance.choice((50, 250, 1_000)),
        act_score_ppm=chance.choice((100_000, 700_000)),
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
        got = found(features, settings)
        assert got == play(tape, Detector(settings)), settings
        kinds |= {fired[1] for fired in got}
    assert kinds >= {SignalKind.PANIC_SELL, SignalKind.FOMO_BUY, SignalKind.SPIKE}


def test_a_recording_too_short_for_anything_gives_nothing(tmp_path):
    tape = tape_of(write_recording(tmp_path / "x.ndjson.zst", lines_of(HOCKEY)[:12]))
    observer = Observer(SignalSettings())
    play(tape, observer)
    assert not any(fires(one, SignalSettings()).fired for one in observer.features())


def test_where_the_book_blinks_it_is_right_or_says_that_it_cannot_tell():
    """Within a second after one that ended without a book the detector may not have looked."""
    world = World(markets=2, seconds=500, plant=Plant(-0.6, 0.6, every_s=60))
    tape = world_tape(world, 5, change=blinking)
    observer = Observer(SignalSettings())
    play(tape, observer)
    features = observer.features()
    gone = sum(int((one.ends["is_quoted"] == 0).sum()) for one in features)
    assert gone > 5
    chance = random.Random(11)
    doubtful = 0
    for _ in range(40):
        settings = thresholds(chance)
        if any(fires(one, settings).doubtful for one in features):
            doubtful += 1
        else:
            assert found(features, settings) == play(tape, Detector(settings)), settings
    assert 0 < doubtful < 30


def test_kinds_that_nobody_asks_for_are_left_out(evening):
    _, _, features = evening
    settings = thresholds(random.Random(8))
    only = found(features, settings, {SignalKind.SPIKE})
    assert only
    assert only == [one for one in found(features, settings) if one[1] is SignalKind.SPIKE]


def test_features_are_the_same_after_they_were_kept(evening):
    _, _, features = evening
    again = unpacked(packed(features))
    settings = thresholds(random.Random(8))
    assert found(again, settings) == found(features, settings)


def test_columns_that_are_no_features_are_told(evening):
    _, _, features = evening
    columns = packed(features)
    columns["0 moment mid2"] = columns["0 moment mid2"][1:]
    with pytest.raises(ColumnsDamaged, match="different lengths"):
        unpacked(columns)
    with pytest.raises(ColumnsDamaged, match="no features"):
        unpacked({"markets": columns["markets"]})


def test_a_market_of_many_millions_of_contracts_an_hour_is_reckoned_in_full():
    """3 x volume x threshold is beyond 64 bits there: a panic must still need its volume."""
    row = {
        "now": 60_000_000_000, "at": 60_000_000_000, "is_quoted": 1, "mid2": 9_000, "ref2": 10_000,
        "bars": 360, "volume_total": 4_000_000_000_000, "volume_30s": 99_000_000_000, "tick": 100,
    }  # fmt: skip
    ends = {name: np.array([row.get(name, 0)]) for name in ENDED}
    one = Features("M", {name: np.array([], np.int64) for name in MOMENT}, ends)
    usual = 3 * 4_000_000_000_000 // 360
    assert 2_900_000 < 99_000_000_000 * 1_000_000 // usual < 3_000_000
    assert not fires(one, SignalSettings()).fired
    enough = one._replace(ends=ends | {"volume_30s": np.array([3 * usual + 3])})
    assert [fired.kind for fired in fires(enough, SignalSettings()).fired] == ["panic_sell"]
