"""A sweep plays one run for all that do the same: every number and hash is that of its own run."""

import json

import pytest
from tests.lab.recordings import HOCKEY, KALSHI, blinking, lines_of, world_tape, write_recording
from tests.lab.test_the_same_everywhere import EVENING

from pmterm.compose import playing, sweep_runs, sweeps
from pmterm.compose.sweeps import sweep
from pmterm.lab.alike import NOT_KNOWN, acted_on
from pmterm.lab.nulls import Plant, World
from pmterm.lab.outcome import Followed
from pmterm.model.units import PPM, SECOND
from pmterm.trading.signal.rules import SignalSettings

DAY = 86_400 * SECOND
HEAD = """
recordings = ["rec"]
[set]
"strategies.dollars" = 20
"risk.market_cooldown_s" = "off"
"risk.loss_cooldown_s" = "off"
"""
# Each begins with its strategies, then what is set, then what is tried.
MOVES = """["fade", "fomo"]
"signals.min_baseline_s" = 30
"signals.act_score" = 0.1
[grid]
"signals.panic_change_percent" = [-1, -3, -8]
"signals.fomo_change_percent" = [1, 3, 8]
"signals.panic_volume" = [0.3, 1.5]
"""
SCORE = """["fade", "fomo"]
"signals.panic_volume" = 0.5
"signals.fomo_volume" = 0.5
[grid]
"signals.act_score" = [0.05, 0.3, 0.6]
"signals.min_baseline_s" = [20, 60]
"signals.panic_change_percent" = [-0.5, -1.5]
"strategies.fade.timeout_s" = [30, 120]
"""
MEAN = """["reversion"]
"signals.min_baseline_s" = 30
"strategies.reversion.stop_percent" = 40
[grid]
"signals.reversion_sd" = [0.5, 1.5, 3]
"signals.reversion_ticks" = [1, 4]
"signals.reversion_samples" = [30, 60]
"signals.rearm_s" = [5, 30]
"""
SPIKE = """["spike"]
"signals.spike_depth" = 1
"signals.spike_change_percent" = 0.1
"strategies.spike.stop_times" = 30
"strategies.spike.trail_times" = 30
[grid]
"signals.spike_threshold" = [0.0005, 0.002, 0.02]
"signals.spike_slack" = [0.0001, 0.001]
"signals.spike_span" = [5, 10]
"signals.spike_mode" = ["fade", "follow"]
"""
WORLDS = (
    (World(markets=2, seconds=400, plant=Plant(-0.6, 0.6, every_s=70)), 1),
    (World(markets=1, seconds=500, plant=Plant(0.5, 0.7, every_s=110)), 2),
)


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """A folder of recordings of both venues, and of worlds: their tapes.

    Much happens in those, and in one the book is gone for a moment now and then.
    """
    folder = tmp_path_factory.mktemp("rec")
    (folder / "a.ndjson.zst").write_bytes(EVENING.read_bytes())
    for place, window in enumerate((KALSHI, HOCKEY), 1):
        write_recording(folder / f"b{place}.ndjson.zst", lines_of(window))
    tapes = {}
    for place, (world, seed) in enumerate(WORLDS):
        path = folder / f"c{place}.ndjson.zst"
        path.write_bytes(b"world %d" % seed)
        tapes[path.name] = world_tape(world, seed, place * DAY, iter if place else blinking)
    return folder, tapes


@pytest.fixture
def spec(tmp_path, recordings, monkeypatch, request):
    monkeypatch.chdir(tmp_path)
    folder, tapes = recordings
    (tmp_path / "rec").symlink_to(folder)
    decode = playing.tape_of
    made_up = lambda path: tapes.get(path.name) or decode(path)  # noqa: E731
    monkeypatch.setattr(playing, "tape_of", made_up)
    strategies, _, rest = request.param.partition("\n")
    path = tmp_path / "try.toml"
    path.write_text(f"strategies = {strategies}{HEAD}{rest}")
    return path


@pytest.fixture
def played(monkeypatch):
    """The runs that were played."""
    runs = []
    real = sweeps.play

    def note(piece, watch):
        runs.append(piece)
        return real(piece, watch)

    monkeypatch.setattr(sweeps, "play", note)
    return runs


def results(path):
    return sorted(path.with_suffix(".results.jsonl").read_text().splitlines())


@pytest.mark.parametrize(
    "spec", [MOVES, SCORE, MEAN, SPIKE], indirect=True, ids=["moves", "score", "mean", "spike"]
)
def test_every_run_is_what_it_is_when_it_is_played_itself(spec, played, monkeypatch):
    short, _ = sweep(spec, workers=1, cluster="", out=None)
    few = len(played)
    told = results(spec)
    spec.with_suffix(".results.jsonl").unlink()
    monkeypatch.setattr(sweeps, "groups_of", lambda pieces, *_: [[piece] for piece in pieces])
    whole, _ = sweep(spec, workers=1, cluster="", out=None)
    assert told == results(spec)
    assert short == whole
    assert len(played) - few == whole["runs"]
    assert few < whole["runs"] / 2
    scores = [json.loads(line) for line in told]
    assert len({score["hash"] for score in scores if score["nets"]}) > 1


@pytest.mark.parametrize("spec", [SCORE], indirect=True, ids=["score"])
def test_where_features_cannot_tell_every_run_is_played(spec, played, monkeypatch):
    monkeypatch.setattr(sweep_runs, "heard", lambda *_: NOT_KNOWN)
    told, _ = sweep(spec, workers=1, cluster="", out=None)
    assert len(played) == told["runs"]


@pytest.mark.parametrize("spec", [MOVES], indirect=True, ids=["moves"])
def test_what_was_played_tells_for_what_comes_to_the_same_later(spec, played):
    """Half of the grid first, then all of it: runs like those of the first half are not played."""
    text = spec.read_text()
    spec.write_text(text.replace("[-1, -3, -8]", "[-3, -8]"))
    sweep(spec, workers=1, cluster="", out=None)
    few = len(played)
    spec.write_text(text.replace("[0.3, 1.5]", "[0.3, 1.5, 1000]"))
    told, _ = sweep(spec, workers=1, cluster="", out=None)
    later = len(played) - few
    spec.with_suffix(".results.jsonl").unlink()
    again, _ = sweep(spec, workers=1, cluster="", out=None)
    assert again == told
    assert len(played) - few - later == few + later


@pytest.mark.parametrize("spec", [MOVES], indirect=True, ids=["moves"])
def test_features_are_kept_beside_recordings_and_used(spec, monkeypatch):
    first, _ = sweep(spec, workers=1, cluster="", out=None)
    assert (spec.parent / "rec/a.ndjson.zst.20-3.features").exists()
    spec.with_suffix(".results.jsonl").unlink()
    monkeypatch.setattr("pmterm.compose.featured.observed", None)  # not written down again
    again, _ = sweep(spec, workers=1, cluster="", out=None)
    assert again == first


@pytest.mark.parametrize("spec", [MOVES, SPIKE], indirect=True, ids=["moves", "spike"])
def test_thresholds_can_be_chosen_by_what_signals_were_worth(spec):
    """All that is told is of the signals that would be acted on, not of trades."""
    trades, _ = sweep(spec, workers=1, cluster="", out=None)
    spec.write_text('measure = "signals"\n' + spec.read_text())
    told, _ = sweep(spec, workers=1, cluster="", out=None)
    assert told["note"].startswith("no backtest")
    assert "note" not in trades
    best = told["in sample, all windows"]
    assert "points with signals" in best
    scores = [json.loads(line) for line in results(spec)]
    many = {len(score["signal_nets"]) for score in scores}
    assert max(many) > 1
    assert best["net"] != trades["in sample, all windows"]["net"]


def test_signals_that_nobody_acts_on_are_not_counted():
    def signal(kind, score_ppm):
        return Followed("s", "M", kind, 1, score_ppm, net=5, is_whole=True)

    settings = SignalSettings(act_score_ppm=500_000)
    good, weak = signal("panic_sell", 500_000), signal("panic_sell", 499_999)
    others = signal("fomo_buy", PPM), signal("liquidity_vacuum", PPM)
    unscored = signal("spike", 0)
    told = acted_on([good, weak, *others, unscored], settings, ["fade", "spike"])
    assert told == [good, unscored]
