"""`pmterm backtest` and `pmterm sweep` as a user runs them."""

import json
import signal
import time

import pytest
from tests.e2e.program import PATIENCE_S, Program, run
from tests.lab.recordings import KALSHI, lines_of, write_recording
from tests.lab.test_the_same_everywhere import EVENING

from pmterm.messages.transport import Frame
from pmterm.model.units import SECOND

QUICK = ("--set", "signals.min_baseline_s=30", "--set", "signals.act_score=0.1")


def cached(folder):
    return {"XDG_CACHE_HOME": str(folder / "cache")}


def test_a_backtest_prints_its_hash_trades_and_figures(tmp_path):
    words = ["backtest", str(EVENING), "--strategy", "fade", "--strategy", "fomo", *QUICK]
    told = run(tmp_path, *words, "--no-cache", "--json", **cached(tmp_path))
    assert told.returncode == 0, told.stderr
    facts = json.loads(told.stdout)
    assert len(facts["recordings"][0]["hash"]) == 64
    assert {trade["strategy"] for trade in facts["trades"]} == {"fade", "fomo"}
    assert facts["strategies"]["fade"]["n"] + facts["strategies"]["fade"]["unknown"] == 1
    plain = run(tmp_path, *words, "--no-cache", **cached(tmp_path))
    assert facts["recordings"][0]["hash"] in plain.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "no recording was named"),
        (("nowhere.ndjson.zst",), "there is no nowhere.ndjson.zst"),
        (("--set", "signals.rearm=3", "x"), "Did you mean signals.rearm_s?"),
        (("--set", "signals.rearm_s", "x"), "sets nothing"),
        (("--strategy", "spikes", "x"), "Did you mean spike?"),
        (("--from", "noon", "x"), "--from noon is no time"),
    ],
)
def test_what_is_typed_wrong_is_told_with_exit_code_2(tmp_path, words, said):
    told = run(tmp_path, "backtest", *words, **cached(tmp_path))
    assert told.returncode == 2
    assert said in told.stderr
    assert told.stdout == ""


def test_ctrl_c_tells_what_is_known_and_resume_goes_on(tmp_path):
    """Many recordings, one process: the interrupt comes while they are being played."""
    frames = [line for line in lines_of(KALSHI) if isinstance(line, Frame)]
    for day in range(24):
        lines = lines_of(KALSHI) + [frames[-1]] * 3_000
        write_recording(tmp_path / f"{day:02}.ndjson.zst", lines, shift=day * 86_400 * SECOND)
    words = ("backtest", str(tmp_path), "--workers", "1", "--json", "--no-cache")
    program = Program(tmp_path, *words, **cached(tmp_path))
    results = tmp_path / "cache" / "pmterm" / "backtests"
    while not (results.is_dir() and len(list(results.glob("*.json"))) > 2):
        assert program.child.poll() is None
        time.sleep(0.005)
    program.child.send_signal(signal.SIGINT)
    told = json.loads(program.wait_for(lambda line: line.startswith("{")))
    assert program.child.wait(PATIENCE_S) == 130
    program.end()
    assert 2 < len(told["recordings"]) < 24
    assert told["stopped"].startswith(f"{len(told['recordings'])} of 24")
    whole = run(tmp_path, *words, "--resume", **cached(tmp_path))
    assert whole.returncode == 0
    assert len(json.loads(whole.stdout)["recordings"]) == 24
