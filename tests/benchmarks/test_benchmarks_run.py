"""The benchmarks still run and still print what they measure; their figures are not judged here."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHORT = {
    "pipeline.py": ["--frames", "200", "--rounds", "1", "--quiet", "5", "--markets", "1"],
    "backtest.py": ["--rounds", "1"],
    "sweep.py": ["--rounds", "1"],
    "recorder.py": ["--rounds", "1"],
    "signing.py": ["--orders", "20", "--rounds", "1"],
    "key_to_socket.py": ["--orders", "3"],
    "at_socket.py": ["--rate", "300", "--seconds", "1", "--rounds", "1"],
}


@pytest.mark.parametrize("name", SHORT)
def test_a_short_run_prints_json(name):
    ran = subprocess.run(
        [sys.executable, str(BENCHMARKS / name), "--json", *SHORT[name]],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)
