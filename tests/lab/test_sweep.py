import importlib.util
import json
import os

import pytest
from tests.e2e.program import run as run_program
from tests.lab.recordings import KALSHI, ROTATION, lines_of, write_recording
from tests.lab.test_the_same_everywhere import EVENING

from pmterm.compose.sweeps import sweep
from pmterm.lab.scores import Score
from pmterm.lab.spec import Spec, read_spec
from pmterm.lab.walk import Tried, report, windows_of
from pmterm.model.errors import (
    RecordingBroken,
    SettingsWrong,
    StoreBroken,
    TransportLost,
    UsageWrong,
)
from pmterm.model.units import SECOND

QUICK = """
[set]
"signals.min_baseline_s" = 30
"signals.act_score" = 0.1
"risk.market_cooldown_s" = "off"
"""


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """A sweep of four points over three recordings, one of them with trades."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "rec"
    folder.mkdir()
    write_recording(folder / "a.ndjson.zst", lines_of(KALSHI))
    write_recording(folder / "b.ndjson.zst", lines_of(ROTATION), shift=86_400 * SECOND)
    (folder / "c.ndjson.zst").write_bytes(EVENING.read_bytes())
    path = tmp_path / "try.toml"
    path.write_text(
        'recordings = ["rec"]\nstrategies = ["fade", "fomo"]\n'
        + QUICK
        + '[grid]\n"strategies.fade.stop_percent" = [3, 6]\n'
        + '"strategies.fade.timeout_s" = { from = 60, to = 120, step = 60 }\n'
    )
    return path


@pytest.fixture
def wide(spec):
    """The same sweep over thresholds too, of which some come to the same."""
    spec.write_text(spec.read_text() + '"signals.panic_change_percent" = [-1, -2, -4, -8]\n')
    return spec


def scores(path):
    lines = path.with_suffix(".results.jsonl").read_text().splitlines()
    return sorted(lines)


def test_processes_come_to_the_same_numbers_as_one(wide):
    alone, code = sweep(wide, workers=1, cluster="", out=None)
    told = scores(wide)
    wide.with_suffix(".results.jsonl").unlink()
    together, _ = sweep(wide, workers=2, cluster="", out=None)
    assert code == 0
    assert together == alone
    assert scores(wide) == told
    assert (alone["points"], alone["runs"]) == (16, 48)
    assert 3 < alone["runs that did different things"] < 48
    assert any(json.loads(line)["nets"] for line in told)


@pytest.fixture
def scheduler():
    """A local cluster of two workers, by its address."""
    if importlib.util.find_spec("distributed") is None:
        pytest.skip("pmterm[cluster] is not installed")
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1"
    ) as local:
        yield local.scheduler_address


@pytest.mark.filterwarnings("default")  # of Dask's own making
def test_a_cluster_comes_to_the_same_numbers(wide, scheduler):
    alone, _ = sweep(wide, workers=1, cluster="", out=None)
    out = wide.with_suffix(".cluster.jsonl")
    spread, code = sweep(wide, workers=1, cluster=scheduler, out=out)
    assert code == 0
    assert spread == alone
    assert sorted(out.read_text().splitlines()) == scores(wide)


@pytest.mark.filterwarnings("default")  # of Dask's own making
def test_a_cluster_that_would_come_to_other_numbers_is_refused(spec, scheduler, monkeypatch):
    monkeypatch.setattr("pmterm.compose.cluster.program", os.getpid)  # another in each process
    with pytest.raises(UsageWrong, match="runs another pmterm than we do"):
        sweep(spec, workers=1, cluster=scheduler, out=None)


@pytest.mark.filterwarnings("default")  # of Dask's own making
def test_a_cluster_without_workers_is_refused(spec):
    distributed = pytest.importorskip("distributed", reason="pmterm[cluster] is not installed")
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as local,
        pytest.raises(UsageWrong, match="has no workers"),
    ):
        sweep(spec, workers=1, cluster=local.scheduler_address, out=None)


def test_what_was_tried_is_not_tried_again_and_a_cut_line_is(spec, monkeypatch):
    whole, _ = sweep(spec, workers=1, cluster="", out=None)
    results = spec.with_suffix(".results.jsonl")
    lines = results.read_bytes().splitlines(keepends=True)
    results.write_bytes(b"".join(lines[:5]) + lines[5][:40])
    tried = []
    from pmterm.compose import sweeps

    real = sweeps.play
    monkeypatch.setattr(sweeps, "play", lambda piece, watch: tried.append(1) or real(piece, watch))
    again, _ = sweep(spec, workers=1, cluster="", out=None)
    assert again == whole
    assert len(tried) == 7


def test_a_setting_nobody_knows_is_refused_with_the_nearest_name(spec):
    spec.write_text(spec.read_text().replace("strategies.fade.stop_percent", "fade.stop_percent"))
    with pytest.raises(SettingsWrong) as told:
        sweep(spec, workers=1, cluster="", out=None)
    assert "stop_percent" in str(told.value)


def test_a_value_that_cannot_be_taken_is_refused_before_anything_is_played(spec):
    spec.write_text(spec.read_text().replace("[3, 6]", "[3, -6]"))
    with pytest.raises(SettingsWrong, match="must not be negative") as told:
        sweep(spec, workers=1, cluster="", out=None)
    assert "try.toml line 9: strategies.fade.stop_percent: " in str(told.value)


def test_a_value_that_is_set_is_refused_where_it_stands(spec):
    spec.write_text(spec.read_text().replace('"signals.min_baseline_s" = 30', "signals.x = 1"))
    with pytest.raises(SettingsWrong, match=r"try\.toml line 5: there is no key signals\.x"):
        sweep(spec, workers=1, cluster="", out=None)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('strategies = ["fade", "fomo"]', "", "try.toml names no strategies"),
        ('recordings = ["rec"]', "", "try.toml names no recordings"),
        ('"fade", "fomo"', '"fad"', "there is no strategy fad"),
        ("strategies.fade.stop_percent", "signals.act_score", "line 9: .* both set and tried"),
        ('fade.stop_percent" = [3, 6]', 'fade.stop_percent" = [3, 3.0]', "line 9: all 2 values"),
        (
            "[grid]",
            '[grid]\n"general.theme" = ["light", "dark"]',
            "line 9: all 2 values of general.theme",
        ),
    ],
)
def test_what_cannot_be_a_sweep_is_refused(spec, old, new, words):
    spec.write_text(spec.read_text().replace(old, new))
    with pytest.raises(UsageWrong, match=words):
        sweep(spec, workers=1, cluster="", out=None)
    assert not spec.with_suffix(".results.jsonl").exists()


def test_a_result_that_cannot_be_read_is_told(spec):
    with pytest.raises(StoreBroken):
        sweep(spec, workers=1, cluster="", out=spec.parent)


def test_more_than_a_days_work_is_refused_by_the_runs_that_differ(spec, monkeypatch):
    from pmterm.compose import sweeps

    monkeypatch.setattr(sweeps, "FEW", 1)
    monkeypatch.setattr(sweeps, "MOST_DAYS", 0.0)
    with pytest.raises(UsageWrong, match=r"12 runs that differ x .* s \(measured\) / 1 process = "):
        sweep(spec, workers=1, cluster="", out=None)


def test_a_recording_that_is_another_one_there_is_told(spec):
    """A worker of a cluster may have another file at the same path."""
    from pmterm.compose import sweep_runs
    from pmterm.compose.playing import Task
    from pmterm.compose.progress import Silence
    from pmterm.config.settings import Settings

    task = Task(spec.parent / "rec/a.ndjson.zst", Settings(), ("fade",))
    with pytest.raises(RecordingBroken, match="is another recording here"):
        sweep_runs.play(sweep_runs.Piece(0, "a", "0" * 64, "key", task), Silence())


def test_ten_million_points_are_refused_with_the_arithmetic(spec):
    many = ",".join(str(n) for n in range(1, 3163))
    spec.write_text(
        spec.read_text().replace("[3, 6]", "[" + many + "]").replace("to = 120, step = 60",
                                                                    "to = 3221, step = 1")
    )  # fmt: skip
    with pytest.raises(UsageWrong, match=r"9,998,\d\d\d points x .* s \(measured\) / 1 .* days"):
        sweep(spec, workers=1, cluster="", out=None)


def test_more_runs_than_can_be_held_are_refused_however_short_they_are(spec, monkeypatch):
    from pmterm.compose import sweeps

    monkeypatch.setattr(sweeps, "MOST_RUNS", 11)
    with pytest.raises(UsageWrong, match="4 points x 3 recordings = 12 runs; one sweep takes 11"):
        sweep(spec, workers=1, cluster="", out=None)


def test_a_scheduler_that_is_not_there_is_told(spec, monkeypatch):
    pytest.importorskip("distributed", reason="pmterm[cluster] is not installed")
    monkeypatch.setattr("pmterm.compose.cluster.PATIENCE_S", 0.1)
    with pytest.raises(TransportLost, match=r"no scheduler answers at tcp://127\.0\.0\.1:1\."):
        sweep(spec, workers=1, cluster="tcp://127.0.0.1:1", out=None)


@pytest.mark.parametrize("address", ["garbage", "tls://127.0.0.1:1"])
def test_an_address_of_no_scheduler_is_told_and_nothing_else(spec, address):
    pytest.importorskip("distributed", reason="pmterm[cluster] is not installed")
    told = run_program(spec.parent, "sweep", str(spec), "--cluster", address)
    assert told.returncode == 5
    assert told.stderr.splitlines()[-2:] == [
        f"Network: no scheduler answers at {address}.",
        "Give it as the scheduler says it: tcp://host:8786.",
    ]
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('recordngs = ["x"]', "no field recordngs"),
        ("recordings = 3", "list of texts"),
        ("[grid]\na = []", "lists no values"),
        ("[grid]\na = { from = 2, to = 1, step = 1 }", "0 values"),
        ("[grid]\na = { from = 1, to = 2, step = 0 }", "0 values"),
        ("x", "not valid TOML"),
        ("set = 3", "set is a table"),
        ("grid = 3", "grid is a table"),
        ('recordings = ["x"]', "nothing to try"),
        ('measure = "luck"\n[grid]\na = [1]', "measure is one of"),
    ],
)
def test_a_wrong_file_is_told(tmp_path, text, words):
    path = tmp_path / "try.toml"
    path.write_text(text)
    with pytest.raises(UsageWrong, match=words):
        read_spec(path)


def test_draws_are_the_same_for_the_same_seed_and_each_once():
    grid = {"a": tuple("123456"), "b": tuple("123456")}
    one = list(Spec(("r",), grid=grid, draws=20, seed=4).points())
    assert one == list(Spec(("r",), grid=grid, draws=20, seed=4).points())
    assert one != list(Spec(("r",), grid=grid, draws=20, seed=5).points())
    assert len({tuple(point.items()) for point in one}) == 20


def test_a_huge_grid_is_not_written_out_to_draw_from_it():
    grid = {name: tuple(str(n) for n in range(10_000)) for name in "abcd"}
    spec = Spec(("r",), grid=grid, draws=3)
    assert spec.size == 10_000**4
    assert len(list(spec.points())) == 3


def test_windows_follow_each_other_and_hold_everything():
    assert windows_of(list("abcde"), 2) == [["a", "b", "c"], ["d", "e"]]
    assert windows_of(list("ab"), 5) == [["a"], ["b"]]


def score(key, *nets):
    return Score(key, "", nets, tuple(range(len(nets))), tuple("M" for _ in nets), 0)


def test_what_is_chosen_never_saw_what_judges_it():
    good_first = Tried({"p": "1"}, {"a": score("1", 9, 9), "b": score("2", -5)})
    good_later = Tried({"p": "2"}, {"a": score("3", -1), "b": score("4", 100)})
    told = report([good_first, good_later], ["a", "b"], 2, "net")
    (fold,) = told["walk forward"]
    assert fold["chosen"] == "p 1"
    assert fold["net here"].endswith("(n 1)")
    assert told["out of sample"]["n"] == 1
    assert told["out of sample"]["net"].startswith("-")
    assert told["points tried"] == 2


def test_what_overlaps_in_time_with_what_chose_it_does_not_judge_it():
    point = Tried({"p": "1"}, {n: score(n, net) for n, net in (("a", 9), ("b", 5), ("c", -1))})
    spans = {"a": (0, 20), "b": (10, 30), "c": (40, 50)}
    (fold,) = report([point], ["a", "b"], 2, "net", spans)["walk forward"]
    assert fold["judged by"] == "nothing"
    assert fold["left out"].startswith("1 ")
    assert fold["net here"].endswith("(n 0)")
    told = report([point], ["a", "b", "c"], 3, "net", spans)
    assert told["out of sample"]["n"] == 1
    assert told["walk forward"][1]["judged by"] == "c"


def test_one_window_judges_nothing_and_says_so():
    told = report([Tried({"p": "1"}, {"a": score("1", 9)})], ["a"], 1, "net")
    assert told["out of sample"].startswith("nothing")


def test_of_many_worthless_points_the_correction_leaves_none():
    """30 coin flips a point: some of 200 points look good, none does after the correction."""
    import random

    chance = random.Random(3)
    tried = [
        Tried({"p": str(n)}, {"a": score(str(n), *(chance.choice((-1, 1)) for _ in range(30)))})
        for n in range(200)
    ]
    told = report(tried, ["a"], 1, "net")["in sample, all windows"]
    assert told["hit rate over one half, uncorrected"] > 0
    assert told["hit rate over one half, Holm"] == 0
    luck = told["chance that it is better than luck, deflated"]
    assert float(luck.split("%")[0]) < 95
