"""Estimates with the interval that belongs to them, and the n they stand on."""

import math
from collections.abc import Hashable, Sequence
from typing import Final

import msgspec

from pmterm.stats.digits import finite, shown
from pmterm.stats.distributions import binomial_chances, two_sided_t, two_sided_z

CONFIDENCE: Final = 0.95
# Below this a rate is "not known" (G10): only its counts are told.
ENOUGH: Final = 30
# With fewer independent groups even the t interval is too narrow: Cameron & Miller (2015), VI.
FEWEST_CLUSTERS: Final = 5


class Proportion(msgspec.Struct, frozen=True):
    """How often something happened: `hits` of `n`, the rate and its Wilson interval.

    `rate`, `low` and `high` (0..1) are None where they are not known.
    """

    hits: int
    n: int
    rate: float | None
    low: float | None
    high: float | None
    confidence: float = CONFIDENCE


class Estimate(msgspec.Struct, frozen=True):
    """A mean or median of `n` values, in their unit; None where `n` allows no such claim.

    `clusters` is how many independent groups the interval counts (0: each value by itself).
    """

    n: int
    value: float | None
    low: float | None
    high: float | None
    confidence: float = CONFIDENCE
    clusters: int = 0


class Difference(msgspec.Struct, frozen=True):
    """How much more often in the first group than in the second, -1..1."""

    first_n: int
    second_n: int
    value: float
    low: float
    high: float
    confidence: float = CONFIDENCE


class PValue(msgspec.Struct, frozen=True):
    """The chance of what was seen (`hits` of `n`), or of more extreme, were `rate` the truth."""

    hits: int
    n: int
    rate: float
    p: float


def wilson(hits: int, n: int, confidence: float = CONFIDENCE) -> Proportion:
    """Return a rate with its score interval, however small `n` is (0..1 where `n` is 0).

    Wilson (1927), JASA 22; as method 3 in Newcombe (1998), Statistics in Medicine 17, 857-872.

    Raises:
        ValueError: not 0 <= hits <= n, or a confidence outside 0..1.
    """
    low, high = _wilson_ends(hits, n, two_sided_z(confidence))
    rate = shown(hits / n) if n else None
    return Proportion(hits, n, rate, shown(low), shown(high), confidence)


def known_rate(hits: int, n: int, confidence: float = CONFIDENCE) -> Proportion:
    """Return a rate with its Wilson interval, or only its counts where `n` is below 30 (G10).

    Raises:
        ValueError: not 0 <= hits <= n, or a confidence outside 0..1.
    """
    proportion = wilson(hits, n, confidence)
    if n >= ENOUGH:
        return proportion
    return Proportion(hits, n, None, None, None, confidence)


def p_above(hits: int, n: int, rate: float) -> PValue:
    """Return the exact chance of `hits` or more in `n` tries at `rate` (Clopper & Pearson, 1934).

    Raises:
        ValueError: not 0 <= hits <= n, or a rate outside 0..1.
    """
    _check_counts(hits, n)
    return PValue(hits, n, rate, shown(math.fsum(binomial_chances(n, rate)[hits:])))


def difference(
    first: tuple[int, int], second: tuple[int, int], confidence: float = CONFIDENCE
) -> Difference:
    """Return first rate minus second, each given as (hits, n), with Newcombe's hybrid interval.

    Method 10 in Newcombe (1998), Statistics in Medicine 17, 873-890: the distances of both Wilson
    intervals, squared and added.

    Raises:
        ValueError: an empty group, hits outside 0..n, or a confidence outside 0..1.
    """
    if not first[1] or not second[1]:
        msg = "an empty group has no rate to compare"
        raise ValueError(msg)
    z = two_sided_z(confidence)
    first_low, first_high = _wilson_ends(*first, z)
    second_low, second_high = _wilson_ends(*second, z)
    first_rate, second_rate = first[0] / first[1], second[0] / second[1]
    value = first_rate - second_rate
    low = value - math.hypot(first_rate - first_low, second_high - second_rate)
    high = value + math.hypot(first_high - first_rate, second_rate - second_low)
    return Difference(first[1], second[1], shown(value), shown(low), shown(high), confidence)


def median(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Return the median between two order statistics that hold it with at least `confidence`.

    Distribution-free (sign test): Conover, Practical Nonparametric Statistics (1999), 3.2. Below
    six values no pair holds it with 95 %, and the ends are None.

    Raises:
        ValueError: a value that is not finite, or a confidence outside 0..1.
    """
    ordered = sorted(finite(values))
    n = len(ordered)
    if not n:
        return Estimate(0, None, None, None, confidence)
    value = shown(math.fsum((ordered[(n - 1) // 2], ordered[n // 2])) / 2.0)
    left_out = _values_outside(n, confidence)
    if not left_out:
        return Estimate(n, value, None, None, confidence)
    low, high = ordered[left_out - 1], ordered[n - left_out]
    return Estimate(n, value, shown(low), shown(high), confidence)


def mean(values: Sequence[float], confidence: float = CONFIDENCE) -> Estimate:
    """Return the mean with Student's interval; the values are taken as independent.

    Student (1908), Biometrika 6. One value has no interval.

    Raises:
        ValueError: a value that is not finite, or a confidence outside 0..1.
    """
    checked = finite(values)
    n = len(checked)
    if n < 2:
        return Estimate(n, shown(checked[0]) if n else None, None, None, confidence)
    centre = math.fsum(checked) / n
    square = math.fsum((value - centre) ** 2 for value in checked)
    half = two_sided_t(confidence, n - 1) * math.sqrt(square / (n - 1) / n)
    return Estimate(n, shown(centre), shown(centre - half), shown(centre + half), confidence)


def clustered_mean(
    values: Sequence[float], clusters: Sequence[Hashable], confidence: float = CONFIDENCE
) -> Estimate:
    """Return the mean where values of one cluster (a day, a market) may move together.

    The sandwich for a mean with the correction G/(G-1), and t with G-1 degrees of freedom:
    Cameron & Miller (2015), Journal of Human Resources 50, sections II and VI. One cluster has no
    interval, whatever its n.

    Raises:
        ValueError: not one cluster for each value, a value that is not finite, or a confidence
            outside 0..1.
    """
    checked = finite(values)
    n = len(checked)
    if not n:
        return Estimate(0, None, None, None, confidence)
    centre = math.fsum(checked) / n
    apart: dict[Hashable, list[float]] = {}
    for value, cluster in zip(checked, clusters, strict=True):
        apart.setdefault(cluster, []).append(value - centre)
    groups = len(apart)
    if groups < 2:
        return Estimate(n, shown(centre), None, None, confidence, groups)
    square = math.fsum(math.fsum(group) ** 2 for group in apart.values())
    error = math.sqrt(square * groups / (groups - 1)) / n
    half = two_sided_t(confidence, groups - 1) * error
    return Estimate(
        n, shown(centre), shown(centre - half), shown(centre + half), confidence, groups
    )


def _wilson_ends(hits: int, n: int, z: float) -> tuple[float, float]:
    _check_counts(hits, n)
    if not n:
        return 0.0, 1.0
    whole = n + z * z
    centre = (hits + z * z / 2.0) / whole
    half = z * math.sqrt(hits * (n - hits) / n + z * z / 4.0) / whole
    return (centre - half if hits else 0.0), (centre + half if hits < n else 1.0)


def _values_outside(n: int, confidence: float) -> int:
    """Return the rank of the order statistic that ends the interval, from either side; 0: none."""
    two_sided_z(confidence)
    below = 0.0
    for rank, chance in enumerate(binomial_chances(n, 0.5)):
        below += chance
        if 2.0 * below > 1.0 - confidence:
            return rank
    return 0


def _check_counts(hits: int, n: int) -> None:
    if not 0 <= hits <= n:
        msg = f"{hits} hits of {n} cannot be"
        raise ValueError(msg)
