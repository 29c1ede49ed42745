"""A rate that may only rise with the score: isotonic regression, for calibrated confidence.

Only `+ - * /` in a fixed order: the same bits on every machine.
"""

from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from pmterm.stats.digits import finite, shown


class Block(msgspec.Struct, frozen=True):
    """Scores `low`..`high` that share one value, from `n` observations of total `weight`."""

    low: float
    high: float
    value: float
    n: int
    weight: float


class Isotonic(msgspec.Struct, frozen=True):
    """A rising step function learned from `n` observations; `blocks` by score."""

    n: int
    blocks: tuple[Block, ...]


class _Pool:
    """Observations that have to share one value so far."""

    __slots__ = ("high", "low", "n", "total", "weight")

    def __init__(self, score: float, target: float, weight: float) -> None:
        self.low = self.high = score
        self.total = target * weight
        self.weight = weight
        self.n = 1

    def take(self, later: "_Pool") -> None:
        self.high = later.high
        self.total += later.total
        self.weight += later.weight
        self.n += later.n


def fit_isotonic(
    scores: Sequence[float], targets: Sequence[float], weights: Sequence[float] | None = None
) -> Isotonic:
    """Return the rising function of the score with the least weighted squared error.

    Pool adjacent violators: Ayer et al. (1955), Annals of Mathematical Statistics 26, 641-647.
    Equal scores are one point. The order of the observations does not matter but for equal scores'
    last bits.

    Raises:
        ValueError: lengths that differ, a value that is not finite, or a weight not above 0.
    """
    given = finite(weights) if weights is not None else [1.0] * len(scores)
    if any(weight <= 0.0 for weight in given):
        msg = "a weight must be above 0"
        raise ValueError(msg)
    seen = sorted(zip(finite(scores), finite(targets), given, strict=True))
    # Equal scores first: pooled one by one, the low targets among them would drag a lower score in.
    points: list[_Pool] = []
    for score, target, weight in seen:
        pool = _Pool(score, target, weight)
        if points and points[-1].low == score:
            points[-1].take(pool)
        else:
            points.append(pool)
    pools: list[_Pool] = []
    for point in points:
        pools.append(point)
        _pool_violators(pools)
    blocks = tuple(
        Block(pool.low, pool.high, shown(pool.total / pool.weight), pool.n, pool.weight)
        for pool in pools
    )
    return Isotonic(len(seen), blocks)


def block_at(isotonic: Isotonic, score: float) -> Block | None:
    """Return the last block that begins at or below `score`, else the first; None without any."""
    if not isotonic.blocks:
        return None
    place = bisect_right(isotonic.blocks, score, key=lambda block: block.low)
    return isotonic.blocks[max(0, place - 1)]


def step_value(isotonic: Isotonic, score: float) -> float | None:
    """Return the value of the block at `score`; between blocks that of the lower one."""
    block = block_at(isotonic, score)
    return None if block is None else block.value


def _pool_violators(pools: list[_Pool]) -> None:
    while len(pools) > 1 and _must_share(pools[-2], pools[-1]):
        later = pools.pop()
        pools[-1].take(later)


def _must_share(earlier: _Pool, later: _Pool) -> bool:
    return earlier.total * later.weight >= later.total * earlier.weight
