"""Many evenings by chance: `python -m tests.proof.run --seeds 0-19999 --jobs 2`."""

import argparse
import logging
import os
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from tests.proof.haste import hasten
from tests.proof.story import Story

BATCH = 20


def tell(seed: int) -> tuple[Story, list[str]]:
    """Live through one seed; an exception is a violation, too."""
    story = Story(seed)
    try:
        with hasten():
            wrong = list(story.tell())
    except BaseExceptionGroup as group:
        wrong = traceback.format_exception(group)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        wrong = traceback.format_exception(error)
    return story, wrong


def history(story: Story, wrong: list[str]) -> str:
    """Write down all of an evening that went wrong."""
    rows = [f"    {row}" for row in story.life.journal.messages] if hasattr(story, "life") else []
    return "\n".join([f"seed {story.seed}", *story.lines, *rows, *wrong])


def batch(seeds: Iterable[int]) -> tuple[Counter[str], list[float], list[tuple[int, str, str]]]:
    """Live through some seeds; return their figures, and the histories of those that went wrong."""
    logging.getLogger("aiohttp.server").disabled = True  # a client that is killed is no news
    figures: Counter[str] = Counter()
    settled: list[float] = []
    bad: list[tuple[int, str, str]] = []
    for seed in seeds:
        story, wrong = tell(seed)
        figures += story.figures
        figures["seeds"] += 1
        settled += story.settled_in
        if wrong:
            bad.append((seed, wrong[-1] if "Trace" in wrong[0] else wrong[0],
                        history(story, wrong)))  # fmt: skip
    return figures, settled, bad


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="0-999")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--whole", action="store_true", help="print the whole history")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    batches = [seeds[n : n + BATCH] for n in range(0, len(seeds), BATCH)]
    figures: Counter[str] = Counter()
    settled: list[float] = []
    violations = 0
    began = time.monotonic()
    with ProcessPoolExecutor(given.jobs) as pool:
        for counted, times, bad in pool.map(batch, batches):
            figures += counted
            settled += times
            violations += len(bad)
            for seed, first_wrong, whole in bad:
                print(whole if given.whole else f"seed {seed}: {first_wrong.strip()}", flush=True)
            if figures["seeds"] % 1000 < BATCH:
                report(figures, settled, violations, time.monotonic() - began)
    report(figures, settled, violations, time.monotonic() - began)
    return 1 if violations else 0


def report(figures: Counter[str], settled: list[float], violations: int, took: float) -> None:
    for name, count in sorted(figures.items()):
        print(f"{name:42} {count:>9,}")
    settled.sort()
    for share in (50, 99):
        if settled:
            at = settled[min(len(settled) - 1, len(settled) * share // 100)]
            print(f"{f'unknown settled, p{share}':42} {at:>9.2f} s")
    print(f"{'time per seed':42} {took / max(1, figures['seeds']) * 1000:>9.1f} ms")
    print(f"{'seeds with violations':42} {violations:>9,}", flush=True)


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets is part of a history
        again = [sys.executable, "-m", "tests.proof.run", *sys.argv[1:]]
        os.execve(sys.executable, again, os.environ | {"PYTHONHASHSEED": "0"})  # noqa: S606
    sys.exit(main())
