"""A small learned chance: logistic regression with a ridge, fitted by reweighted least squares.

The linear algebra is numpy's, which may differ in the last bits from machine to machine; the
problem has one solution, found to 1e-10, and the model keeps nine places of it. A model that was
stored and read back gives the same chances as the one that was fitted.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from pmterm.stats.digits import finite, placed, shown

# A chance is told in ppm at the finest; the loss of a sure "never" that happens stays finite.
SUREST: Final = 1e-6
_CLOSE: Final = 1e-10
_MOST_STEPS: Final = 100

_Floats = NDArray[np.float64]


class Logistic(msgspec.Struct, frozen=True):
    """A fitted model: from `n` cases, `hits` of which came true.

    `weights` belong to features standardised by `means` and `scales` (0: the feature never moved
    and counts for nothing).
    """

    n: int
    hits: int
    ridge: float
    intercept: float
    weights: tuple[float, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]


class LogLoss(msgspec.Struct, frozen=True):
    """Mean logarithmic loss of `n` chances in nats; None where there is none."""

    n: int
    loss: float | None


def fit_logistic(
    rows: Sequence[Sequence[float]], outcomes: Sequence[bool], ridge: float = 1.0
) -> Logistic:
    """Return the model with the least log loss plus `ridge / 2` times its squared weights.

    The intercept is not held back. Reweighted least squares (Newton's method): McCullagh & Nelder,
    Generalized Linear Models (1989), 2.5; the ridge: le Cessie & van Houwelingen (1992), Applied
    Statistics 41, 191-201. Where all outcomes are the same, only their (smoothed) rate is learned.

    Raises:
        ValueError: no rows, rows of different length, a value that is not finite, or a ridge that
            is not above 0 (without one, cases told apart without error have no solution).
    """
    if not ridge > 0.0 or not rows or len(rows) != len(outcomes):
        msg = "a fit needs a ridge above 0, and rows with one outcome each"
        raise ValueError(msg)
    columns = [finite(column) for column in zip(*rows, strict=True)]
    means = tuple(math.fsum(column) / len(column) for column in columns)
    scales = tuple(map(_scale, columns, means))
    n, hits = len(outcomes), sum(map(bool, outcomes))
    start = _log_odds(plain_rate(hits, n))
    if 0 < hits < n:
        used = _standardised(columns, means, scales, n)
        solution = _solve(used, np.array(outcomes, dtype=np.float64), ridge, start)
    else:
        solution = [start] + [0.0] * len(columns)
    intercept, *weights = map(placed, solution)
    return Logistic(n, hits, ridge, intercept, tuple(weights), means, scales)


def chance(model: Logistic, row: Sequence[float]) -> float:
    """Return the model's chance (1e-6..1 - 1e-6) for one row of features.

    Raises:
        ValueError: not one value for each feature, or one that is not finite.
    """
    values = zip(finite(row), model.weights, model.means, model.scales, strict=True)
    moved = [weight * (value - mean) / scale for value, weight, mean, scale in values if scale]
    log_odds = math.fsum([model.intercept, *moved])
    # Past 40 the chance is beyond SUREST on any machine, and exp could not overflow.
    told = 1.0 / (1.0 + math.exp(-max(-40.0, min(40.0, log_odds))))
    return shown(min(1.0 - SUREST, max(SUREST, told)))


def plain_rate(hits: int, n: int) -> float:
    """Return the rate that a forecast without features tells, never 0 or 1.

    Half a hit and half a miss are added: Jeffreys' prior; Krichevsky & Trofimov (1981).
    """
    return (hits + 0.5) / (n + 1.0)


def log_losses(chances: Sequence[float], outcomes: Sequence[bool]) -> list[float]:
    """Return the loss of each chance, -log of what it gave to what happened (Good, 1952).

    Raises:
        ValueError: lengths that differ, or a chance outside 0..1.
    """
    if not all(0.0 <= told <= 1.0 for told in chances):
        msg = "a chance lies between 0 and 1"
        raise ValueError(msg)
    return [
        -math.log(max(SUREST, told if outcome else 1.0 - told))
        for told, outcome in zip(chances, outcomes, strict=True)
    ]


def log_loss(chances: Sequence[float], outcomes: Sequence[bool]) -> LogLoss:
    """Return the mean loss.

    Raises:
        ValueError: lengths that differ, or a chance outside 0..1.
    """
    losses = log_losses(chances, outcomes)
    return LogLoss(len(losses), shown(math.fsum(losses) / len(losses)) if losses else None)


def _scale(column: list[float], mean: float) -> float:
    if min(column) == max(column):
        return 0.0
    return math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))


def _standardised(
    columns: list[list[float]], means: tuple[float, ...], scales: tuple[float, ...], n: int
) -> _Floats:
    """Return a column of ones beside the standardised features."""
    table = np.zeros((n, len(columns) + 1))
    table[:, 0] = 1.0
    for place, (column, mean, scale) in enumerate(zip(columns, means, scales, strict=True), 1):
        if scale:
            table[:, place] = (np.array(column) - mean) / scale
    return table


def _solve(table: _Floats, outcomes: _Floats, ridge: float, start: float) -> list[float]:
    held = np.full(table.shape[1], ridge)
    held[0] = 0.0
    found = np.zeros(table.shape[1])
    found[0] = start
    for _ in range(_MOST_STEPS):
        told = _chances(table @ found)
        slope = table.T @ (outcomes - told) - held * found
        bend = (table.T * (told * (1.0 - told))) @ table + np.diag(held)
        step: _Floats = np.linalg.solve(bend, slope).astype(np.float64)
        if float(np.max(np.abs(step))) < _CLOSE:
            return [float(value) for value in found + step]
        found = _no_worse(table, outcomes, held, found, step)
    msg = f"no fit within {_MOST_STEPS} steps"
    raise ArithmeticError(msg)


def _no_worse(
    table: _Floats, outcomes: _Floats, held: _Floats, found: _Floats, step: _Floats
) -> _Floats:
    """Take the step, halved until it does not make the fit worse (but for rounding)."""
    before = _penalised_loss(table, outcomes, held, found)
    size = 1.0
    while _penalised_loss(table, outcomes, held, found + size * step) > before * (1.0 + 1e-12):
        size *= 0.5
    return found + size * step


def _penalised_loss(table: _Floats, outcomes: _Floats, held: _Floats, found: _Floats) -> float:
    log_odds = table @ found
    losses = np.logaddexp(0.0, log_odds) - outcomes * log_odds
    return float(np.sum(losses) + 0.5 * np.sum(held * found * found))


def _chances(log_odds: _Floats) -> _Floats:
    return 1.0 / (1.0 + np.exp(-np.clip(log_odds, -500.0, 500.0)))


def _log_odds(rate: float) -> float:
    return math.log(rate / (1.0 - rate))
