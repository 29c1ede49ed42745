"""Sharpe ratio per trade, how sure it is, and what is left of it after many trials.

Nothing is annualised: the ratio is per trade (or per whatever one value stands for), and `n` counts
the same. To compare with a yearly figure, divide that one by the root of its periods first. The
errors take trades as independent; trades of one day are not, so they are too small rather than too
large.
"""

import math
from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.stats.digits import finite, shown
from pmterm.stats.distributions import normal_cdf, normal_quantile

EULER_MASCHERONI: Final = 0.5772156649015329


class Sharpe(msgspec.Struct, frozen=True):
    """Mean over standard deviation of `n` results, per trade, with its standard error.

    `kurtosis` is 3 for a normal. `value` and `error` are None with fewer than two results, or
    where all are the same.
    """

    n: int
    value: float | None
    error: float | None
    skew: float = 0.0
    kurtosis: float = 3.0


class Confidence(msgspec.Struct, frozen=True):
    """The chance that the true Sharpe lies above `against`, from `n` results and `trials` tries.

    `probability` is None where there is no Sharpe.
    """

    n: int
    against: float
    probability: float | None
    trials: int = 1


def sharpe_of(results: Sequence[float]) -> Sharpe:
    """Return the Sharpe ratio per trade: mean over sample standard deviation (n - 1).

    Skew and kurtosis are those of the sample (central moments over n).

    Raises:
        ValueError: a result that is not finite.
    """
    values = finite(results)
    n = len(values)
    if n < 2 or min(values) == max(values):
        return Sharpe(n, None, None)
    centre = math.fsum(values) / n
    # In units of the furthest result, so that no power of a very small or large one is lost.
    furthest = max(abs(value - centre) for value in values)
    apart = [(value - centre) / furthest for value in values]
    variance = math.fsum(one * one for one in apart) / n
    cubes = math.fsum(one * one * one for one in apart) / n
    fourths = math.fsum((one * one) ** 2 for one in apart) / n
    skew = cubes / (variance * math.sqrt(variance))
    kurtosis = fourths / (variance * variance)
    value = centre / furthest / math.sqrt(variance * n / (n - 1))
    error = sharpe_error(value, n, skew, kurtosis)
    return Sharpe(n, shown(value), shown(error), shown(skew), shown(kurtosis))


def sharpe_error(value: float, n: int, skew: float = 0.0, kurtosis: float = 3.0) -> float:
    """Return the standard error of a Sharpe ratio over `n` results of any shape.

    Mertens (2002), "Comments on variance of the IID estimator in Lo (2002)", over n - 1 as in
    Bailey & Lopez de Prado (2012), Journal of Risk 15.
    """
    return math.sqrt(_variance_times_n(value, skew, kurtosis) / (n - 1))


def probabilistic(sharpe: Sharpe, against: float = 0.0) -> Confidence:
    """Return the chance that the true Sharpe lies above `against`, seen alone.

    Bailey & Lopez de Prado (2012), Journal of Risk 15.
    """
    if sharpe.value is None:
        return Confidence(sharpe.n, against, None)
    error = sharpe_error(sharpe.value, sharpe.n, sharpe.skew, sharpe.kurtosis)
    if error == 0.0:
        return Confidence(sharpe.n, against, 1.0 if sharpe.value > against else 0.0)
    probability = normal_cdf((sharpe.value - against) / error)
    return Confidence(sharpe.n, against, shown(probability))


def expected_maximum(trials: int, variance: float) -> float:
    """Return the Sharpe that the best of `trials` worthless tries is expected to show.

    `variance` is that of the Sharpe ratios across the tries. Bailey & Lopez de Prado (2014),
    Journal of Portfolio Management 40(5), 94-107; one try expects 0.

    Raises:
        ValueError: no try at all, or a negative variance.
    """
    if trials < 1 or not variance >= 0.0:
        msg = f"no maximum of {trials} trials with variance {variance}"
        raise ValueError(msg)
    if trials == 1:
        return 0.0
    plain = normal_quantile(1.0 - 1.0 / trials)
    further = normal_quantile(1.0 - 1.0 / (trials * math.e))
    best = (1.0 - EULER_MASCHERONI) * plain + EULER_MASCHERONI * further
    return shown(math.sqrt(variance) * best)


def deflated(sharpe: Sharpe, trials: int, variance: float) -> Confidence:
    """Return the chance that the best of `trials` is better than luck alone would make it.

    Bailey & Lopez de Prado (2014): the probabilistic Sharpe against the expected
    maximum. Tries that resemble each other count for less than one; to count all is cautious.

    Raises:
        ValueError: no try at all, or a negative variance.
    """
    alone = probabilistic(sharpe, expected_maximum(trials, variance))
    return Confidence(alone.n, alone.against, alone.probability, trials)


def deflated_of(best: Sharpe, tried: Sequence[float]) -> Confidence:
    """Return `deflated` with trials and variance (n - 1) taken from all Sharpe ratios tried.

    Raises:
        ValueError: nothing was tried, or a ratio that is not finite.
    """
    values = finite(tried)
    trials = len(values)
    if trials < 2:
        return deflated(best, trials, 0.0)
    centre = math.fsum(values) / trials
    square = math.fsum((value - centre) ** 2 for value in values)
    return deflated(best, trials, square / (trials - 1))


def known_sharpe(sharpe: Sharpe, enough: int) -> Sharpe:
    """Return the Sharpe, or only its `n` where that is below `enough`."""
    return sharpe if sharpe.n >= enough else Sharpe(sharpe.n, None, None)


def _variance_times_n(value: float, skew: float, kurtosis: float) -> float:
    # Never negative, since kurtosis >= 1 + skew^2; rounding may say otherwise by a hair.
    return max(0.0, 1.0 - skew * value + (kurtosis - 1.0) / 4.0 * value * value)
