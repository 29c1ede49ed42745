"""B8: a sweep over thresholds against playing every run, and against hftbacktest doing so.

The same recordings and 200 sets, with fills, once of thresholds alone and once of thresholds and
exits: `pmterm sweep` itself, cold but for the decoded recordings, writes its features, finds which
runs differ and plays those. Beside it what playing every run would take (a sample of them is
played), and hftbacktest playing the same changes once for every set, with the trivial rule of
`backtest.py`. CPU seconds in one process; events are level changes x sets. How fast the sweep is
hangs on how many of its sets come to the same. Ratios within one run mean something; figures of
two do not.

Run: python benchmarks/sweep.py [--json] [--rounds N] RECORDING...
"""

import argparse
import itertools
import json
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import backtest
import backtest_peers
from pmterm.compose.playing import Task, run_tape, tape_of
from pmterm.compose.progress import Silence
from pmterm.compose.sweep_points import Points
from pmterm.compose.sweeps import sweep
from pmterm.lab.spec import read_spec
from pmterm.lab.tape import Tape

PEER = "hftbacktest"
SAMPLE = 40  # runs played to know what all of them would take
SPEC = """
recordings = ["recordings"]
strategies = ["fade", "fomo", "spike"]

[set]
"signals.min_baseline_s" = 120
"signals.act_score" = 0.4

[grid]
{grid}
"""
MOVES = """
"signals.panic_change_percent" = [-2, -3, -4, -6, -8]
"signals.fomo_change_percent" = [2, 4, 6, 8, 10]
"""
GRIDS = {
    "thresholds": f"""{MOVES}
"signals.panic_volume" = [1, 2]
"signals.spike_threshold" = [0.01, 0.02, 0.03, 0.05]
""",
    "thresholds and exits": f"""{MOVES}
"signals.panic_volume" = [1, 2]
"strategies.fade.timeout_s" = [60, 120, 180, 240]
""",
}


def swept(folder: Path) -> tuple[float, dict[str, Any]]:
    """Sweep once, nothing known but the decoded recordings."""
    for path in folder.rglob("*.features"):
        path.unlink()
    out = folder / "results.jsonl"
    out.unlink(missing_ok=True)
    start = time.process_time()
    facts, _ = sweep(folder / "try.toml", workers=1, cluster="", out=out)
    return time.process_time() - start, facts


def played(folder: Path, tapes: dict[Path, Tape]) -> float:
    """Return the seconds of a run, over a sample of all."""
    spec = read_spec(folder / "try.toml")
    points = Points(folder / "try.toml", spec)
    pairs = list(itertools.product(spec.points(), tapes))
    some = pairs[:: max(1, len(pairs) // SAMPLE)]
    start = time.process_time()
    for point, path in some:
        task = Task(path, points.settings(point), spec.strategies)
        run_tape(task, Silence(), tapes[path])
    return (time.process_time() - start) / len(some)


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure everything; return it as one table of plain values."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "recordings").mkdir()
        for path in args.recordings:
            shutil.copy(path, folder / "recordings")
        tapes = {path: tape_of(path) for path in sorted((folder / "recordings").iterdir())}
        changes = [backtest.changes_of(tape) for tape in tapes.values()]
        peers, missing = backtest_peers.installed()
        ready = [peers[PEER](*one) for one in changes] if PEER in peers else []
        rows = [
            row
            for name, grid in GRIDS.items()
            for row in measured(folder, name, grid, tapes, ready, args.rounds)
        ]
    for row in rows:
        row["events_per_s"] = round(sum(len(one) for one, _ in changes) * row["points"] / row["s"])
    return {
        "python": sys.version.split()[0],
        "recordings": [path.name for path in args.recordings],
        "rows": rows,
        "not_installed": [name for name in missing if name == PEER],
    }


def measured(
    folder: Path,
    name: str,
    grid: str,
    tapes: dict[Path, Tape],
    ready: Sequence[backtest_peers.Ready],
    rounds: int,
) -> list[dict[str, Any]]:
    """Measure every way to go through one grid."""
    (folder / "try.toml").write_text(SPEC.format(grid=grid))
    taken: dict[str, list[float]] = {}
    facts = swept(folder)[1]  # decodes
    for _ in range(rounds):
        taken.setdefault("pmterm sweep", []).append(swept(folder)[0])
        every = played(folder, tapes) * facts["runs"]
        taken.setdefault("pmterm, every run", []).append(every)
        if ready:
            once = sum(way()[0] for way in ready)
            taken.setdefault(PEER, []).append(once * facts["points"])
    return [
        {"grid": name, "way": way, "points": facts["points"], "s": round(statistics.median(s), 2)}
        for way, s in taken.items()
    ]


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recordings", nargs="*", type=Path, default=[backtest.FIXTURE])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    result = run(args)
    if args.json:
        print(json.dumps(result))
        return
    print(f"Python {result['python']}, {len(result['recordings'])} recordings")
    for row in result["rows"]:
        grid = f"{row['points']} x {row['grid']}"
        speed = f"{row['events_per_s']:,} events/s"
        print(f"  {grid:28} {row['way']:20} {row['s']:9.2f} s {speed:>24}")
    for name in result["not_installed"]:
        print(f"  {name} is not installed")


if __name__ == "__main__":
    main()
