"""Whether chances that were told came true as often as they said."""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.stats.digits import finite, placed, shown
from pmterm.stats.intervals import Proportion, wilson

BINS: Final = 10


class Bin(msgspec.Struct, frozen=True):
    """Forecasts in `low`..`high`: how many, what they said on average, what came true."""

    low: float
    high: float
    n: int
    said: float
    came_true: Proportion


class Brier(msgspec.Struct, frozen=True):
    """Mean squared error of `n` chances, 0 best, and what it is made of.

    score = reliability - resolution + uncertainty + within. `reliability` is the harm of saying
    the wrong number (0 best), `resolution` the good of telling cases apart, `uncertainty` that of
    the base rate, `within` what is left because one bin holds different forecasts. All None where
    there is no forecast.
    """

    n: int
    score: float | None
    reliability: float | None
    resolution: float | None
    uncertainty: float | None
    within: float | None
    bins: int = BINS


class Skill(msgspec.Struct, frozen=True):
    """How much of the base rate's error the forecasts take away: 1 all, 0 nothing, below 0 worse.

    `skill` is None without forecasts, or where the base rate makes no error itself.
    """

    n: int
    base_rate: float
    skill: float | None


def reliability_curve(
    chances: Sequence[float], outcomes: Sequence[bool], bins: int = BINS
) -> tuple[Bin, ...]:
    """Return the bins of equal width that hold a forecast, each with its n and Wilson interval.

    Murphy & Winkler (1977), Applied Statistics 26, 41-47.

    Raises:
        ValueError: lengths that differ, a chance outside 0..1, or no bin.
    """
    return tuple(
        Bin(
            place / bins,
            (place + 1) / bins,
            len(group),
            shown(_mean(group)),
            wilson(sum(hit for _, hit in group), len(group)),
        )
        for place, group in _binned(chances, outcomes, bins)
    )


def brier(chances: Sequence[float], outcomes: Sequence[bool], bins: int = BINS) -> Brier:
    """Return the Brier score and its parts.

    Brier (1950), Monthly Weather Review 78; Murphy (1973), Journal of Applied Meteorology 12,
    595-600; the rest within bins: Stephenson, Coelho & Jolliffe (2008), Weather and Forecasting 23.

    Raises:
        ValueError: lengths that differ, a chance outside 0..1, or no bin.
    """
    groups = _binned(chances, outcomes, bins)
    n = len(chances)
    if not n:
        return Brier(0, None, None, None, None, None, bins)
    score = _brier_score(chances, outcomes)
    base = sum(outcomes) / n
    reliability = math.fsum(len(group) * (_mean(group) - _share(group)) ** 2 for _, group in groups)
    resolution = math.fsum(len(group) * (_share(group) - base) ** 2 for _, group in groups)
    uncertainty = base * (1.0 - base)
    within = score - reliability / n + resolution / n - uncertainty
    return Brier(
        n,
        placed(score),
        placed(reliability / n),
        placed(resolution / n),
        placed(uncertainty),
        placed(within),
        bins,
    )


def skill(chances: Sequence[float], outcomes: Sequence[bool], base_rate: float) -> Skill:
    """Return the Brier skill score against always saying `base_rate`.

    Give a base rate known beforehand: one taken from these outcomes knows more than the forecasts.
    Murphy (1973), Journal of Applied Meteorology 12, 215-223.

    Raises:
        ValueError: lengths that differ, or a chance outside 0..1.
    """
    _check([*chances, base_rate])
    n = len(chances)
    plain = _brier_score([base_rate] * n, outcomes) if n else 0.0
    if not plain:
        return Skill(n, base_rate, None)
    return Skill(n, base_rate, placed(1.0 - _brier_score(chances, outcomes) / plain))


_Group = list[tuple[float, bool]]


def _binned(
    chances: Sequence[float], outcomes: Sequence[bool], bins: int
) -> list[tuple[int, _Group]]:
    if bins < 1:
        msg = "a curve needs at least one bin"
        raise ValueError(msg)
    _check(chances)
    groups: dict[int, _Group] = {}
    for chance, outcome in zip(chances, outcomes, strict=True):
        groups.setdefault(min(bins - 1, int(chance * bins)), []).append((chance, bool(outcome)))
    return sorted(groups.items())


def _brier_score(chances: Sequence[float], outcomes: Sequence[bool]) -> float:
    squares = ((c - o) ** 2 for c, o in zip(chances, outcomes, strict=True))
    return math.fsum(squares) / len(chances)


def _mean(group: _Group) -> float:
    return math.fsum(chance for chance, _ in group) / len(group)


def _share(group: _Group) -> float:
    return sum(hit for _, hit in group) / len(group)


def _check(chances: Sequence[float]) -> None:
    if not all(0.0 <= chance <= 1.0 for chance in finite(chances)):
        msg = "a chance lies between 0 and 1"
        raise ValueError(msg)
