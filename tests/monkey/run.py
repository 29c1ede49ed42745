"""Many random keys on a live terminal: `python -m tests.monkey.run --keys 1000000 --seed 1`."""

import argparse
import gc
import sys
import time
import traceback
from collections import Counter

from tests.monkey.monkey import Monkey

A_SEED = 2_000


def play(seed: int, keys: int = A_SEED, paint_every: int = 1) -> tuple[Monkey, list[str]]:
    """Let one monkey play; return what was wrong, an exception included."""
    monkey = Monkey(seed, keys, paint_every)
    try:
        wrong = list(monkey.tell())
    except BaseExceptionGroup as group:
        wrong = traceback.format_exception(group)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is told
        wrong = traceback.format_exception(error)
    return monkey, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--paint-every", type=int, default=1, help="draw each n-th picture only")
    given = parser.parse_args()
    figures: Counter[str] = Counter()
    bad = 0
    seed = given.seed
    began = time.monotonic()
    while figures["keys"] < given.keys:
        gc.unfreeze()  # each session freezes what it found; nobody else begins so many in one life
        monkey, wrong = play(seed, min(A_SEED, given.keys - figures["keys"]),
                             given.paint_every)  # fmt: skip
        figures += monkey.figures
        figures["seeds"] += 1
        if wrong:
            bad += 1
            print(f"seed {seed}:", *wrong, *monkey.lines[-40:], sep="\n    ", flush=True)
        took = time.monotonic() - began
        keys = figures["keys"]
        print(f"... seed {seed}: {keys:,} keys in {took:.0f} s, {bad} bad seeds", flush=True)
        seed += 1
    for name, count in sorted(figures.items()):
        print(f"{name:42} {count:>9,}")
    print(f"{'seeds with violations':42} {bad:>9,}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
