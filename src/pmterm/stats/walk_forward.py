"""A learned chance tried as it would have been used: each forecast knows only what was known then.

What was known at a moment are the cases whose outcome had been seen before it, not those that had
begun: an outcome is followed for minutes, and a model that learns from it earlier looks ahead.
"""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from pmterm.model.units import Ns
from pmterm.stats.digits import shown
from pmterm.stats.intervals import ENOUGH, FEWEST_CLUSTERS, Estimate, clustered_mean
from pmterm.stats.logistic import (
    LogLoss,
    chance,
    fit_logistic,
    log_loss,
    log_losses,
    plain_rate,
)


class Case(msgspec.Struct, frozen=True):
    """One signal: when it was seen, when its outcome was known, its features, and the outcome.

    `cluster` names what moves together: a day, a market.
    """

    at: Ns
    known_at: Ns
    features: tuple[float, ...]
    hit: bool
    cluster: str


class Forecast(msgspec.Struct, frozen=True):
    """What was told for case `case` (its place) by model and by plain rate, learned from `n`."""

    case: int
    n: int
    model: float
    rate: float


class Comparison(msgspec.Struct, frozen=True):
    """Model against plain rate over `n` cases neither had seen.

    `gain` is the mean of the rate's log loss minus the model's, case by case, with the interval
    over clusters. `is_better` only where the whole interval lies above 0, with at least 30 cases
    in at least 5 clusters; else the plain rate is used.
    """

    n: int
    model: LogLoss
    rate: LogLoss
    gain: Estimate
    is_better: bool


def walk_forward(
    cases: Sequence[Case], first: int = 100, every: int = 25, ridge: float = 1.0
) -> tuple[Forecast, ...]:
    """Return a forecast for each case from the moment `first` outcomes are known.

    The model is fitted anew before each run of `every` cases, on the cases before that run whose
    outcome was known before the run's first case. So nothing later than a case, nor how many come
    later, moves its forecast by a bit.

    Raises:
        ValueError: cases out of order, an outcome known before its case, `first` or `every` below
            1, or what `fit_logistic` refuses.
    """
    _check(cases, first, every)
    forecasts: list[Forecast] = []
    for begin in range(0, len(cases), every):
        now = cases[begin].at
        known = [case for case in cases[:begin] if case.known_at < now]
        if len(known) < first:
            continue
        hits = sum(case.hit for case in known)
        rate = shown(plain_rate(hits, len(known)))
        model = fit_logistic([case.features for case in known], [c.hit for c in known], ridge)
        forecasts += [
            Forecast(begin + place, len(known), chance(model, case.features), rate)
            for place, case in enumerate(cases[begin : begin + every])
        ]
    return tuple(forecasts)


def compare(cases: Sequence[Case], forecasts: Sequence[Forecast]) -> Comparison:
    """Return whether the model beat the plain rate on these forecasts.

    Paired by case, as Diebold & Mariano (1995), Journal of Business & Economic Statistics 13, with
    clusters in place of lags.

    Raises:
        ValueError: a forecast without its case, or a chance outside 0..1.
    """
    if any(not 0 <= forecast.case < len(cases) for forecast in forecasts):
        msg = "a forecast names a case that is not there"
        raise ValueError(msg)
    judged = [cases[forecast.case] for forecast in forecasts]
    hits = [case.hit for case in judged]
    by_model = [forecast.model for forecast in forecasts]
    by_rate = [forecast.rate for forecast in forecasts]
    gains = [
        plain - learned
        for plain, learned in zip(
            log_losses(by_rate, hits), log_losses(by_model, hits), strict=True
        )
    ]
    gain = clustered_mean(gains, [case.cluster for case in judged])
    is_better = (
        gain.n >= ENOUGH
        and gain.clusters >= FEWEST_CLUSTERS
        and gain.low is not None
        and gain.low > 0.0
    )
    return Comparison(gain.n, log_loss(by_model, hits), log_loss(by_rate, hits), gain, is_better)


def _check(cases: Sequence[Case], first: int, every: int) -> None:
    if first < 1 or every < 1:
        msg = "walking forward needs at least one case to learn from, and one to tell"
        raise ValueError(msg)
    if any(case.known_at < case.at for case in cases):
        msg = "an outcome is known before its case"
        raise ValueError(msg)
    if any(later.at < earlier.at for earlier, later in pairwise(cases)):
        msg = "cases out of order"
        raise ValueError(msg)
