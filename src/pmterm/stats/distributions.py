"""The distributions behind the intervals: normal, Student's t, binomial."""

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

_NORMAL = NormalDist()
# Above this the expansion is right to 1e-10 for any confidence up to 99.9 %, and needs no series.
_MANY_DEGREES: Final = 300


def normal_cdf(z: float) -> float:
    """Return the share of a standard normal below `z`."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def normal_quantile(share: float) -> float:
    """Return the `z` that has `share` (0..1, both excluded) of a standard normal below it.

    Wichura's AS 241 (Applied Statistics 37, 1988), as the standard library has it.
    """
    return _NORMAL.inv_cdf(share)


def two_sided_z(confidence: float) -> float:
    """Return the `z` with `confidence` of a standard normal between `-z` and `z`.

    Raises:
        ValueError: confidence outside 0..1.
    """
    return normal_quantile(_upper_share(confidence))


def two_sided_t(confidence: float, degrees: int) -> float:
    """Return the `t` with `confidence` of Student's t between `-t` and `t`.

    Raises:
        ValueError: confidence outside 0..1, or less than one degree of freedom.
    """
    return student_quantile(_upper_share(confidence), degrees)


def student_cdf(t: float, degrees: int) -> float:
    """Return the share of Student's t below `t`, for whole degrees of freedom.

    Finite series in the angle: Abramowitz & Stegun (1964), 26.7.3 and 26.7.4.
    """
    angle = math.atan(abs(t) / math.sqrt(degrees))
    square = degrees / (degrees + t * t)
    is_odd = degrees % 2 == 1
    term = math.sqrt(square) if is_odd else 1.0
    terms = [term] if degrees > 1 else []
    for step in range(3 if is_odd else 2, degrees - 1, 2):
        term *= square * (step - 1) / step
        terms.append(term)
    inside = math.sin(angle) * math.fsum(terms)
    if is_odd:
        inside = (angle + inside) * 2.0 / math.pi
    return 0.5 + math.copysign(0.5 * inside, t)


@lru_cache(maxsize=1024)
def student_quantile(share: float, degrees: int) -> float:
    """Return the `t` that has `share` of Student's t below it.

    Raises:
        ValueError: share outside 0..1, or less than one degree of freedom.
    """
    if degrees < 1 or not 0.0 < share < 1.0:
        msg = f"no t quantile for a share of {share} with {degrees} degrees of freedom"
        raise ValueError(msg)
    if share < 0.5:
        return -student_quantile(1.0 - share, degrees)
    if degrees > _MANY_DEGREES:
        return _expanded_quantile(normal_quantile(share), degrees)
    return _bisected_quantile(share, degrees)


def _bisected_quantile(share: float, degrees: int) -> float:
    low, high = 0.0, 1.0
    while student_cdf(high, degrees) < share:
        low, high = high, 2.0 * high
    while low < (middle := 0.5 * (low + high)) < high:
        if student_cdf(middle, degrees) < share:
            low = middle
        else:
            high = middle
    return high


def _expanded_quantile(x: float, degrees: int) -> float:
    """Cornish-Fisher expansion around the normal: Abramowitz & Stegun (1964), 26.7.5."""
    first = (x**3 + x) / 4
    second = (5 * x**5 + 16 * x**3 + 3 * x) / 96
    third = (3 * x**7 + 19 * x**5 + 17 * x**3 - 15 * x) / 384
    fourth = (79 * x**9 + 776 * x**7 + 1482 * x**5 - 1920 * x**3 - 945 * x) / 92_160
    n = float(degrees)
    return x + first / n + second / n**2 + third / n**3 + fourth / n**4


def binomial_chances(n: int, rate: float) -> list[float]:
    """Return the chances of 0..n hits in `n` tries at `rate`.

    Built outward from the likeliest count by the ratio of neighbours and divided by their sum: no
    factorials, no logarithms, so the same bits everywhere, and small tails keep their digits.

    Raises:
        ValueError: fewer than 0 tries, or a rate outside 0..1.
    """
    if n < 0 or not 0.0 <= rate <= 1.0:
        msg = f"no binomial with {n} tries at a rate of {rate}"
        raise ValueError(msg)
    likeliest = min(n, int((n + 1) * rate))
    chances = [0.0] * (n + 1)
    chances[likeliest] = 1.0
    for hits in range(likeliest, n):
        chances[hits + 1] = chances[hits] * ((n - hits) * rate) / ((hits + 1) * (1.0 - rate))
        if not chances[hits + 1]:
            break
    for hits in range(likeliest, 0, -1):
        chances[hits - 1] = chances[hits] * (hits * (1.0 - rate)) / ((n - hits + 1) * rate)
        if not chances[hits - 1]:
            break
    whole = math.fsum(chances)
    return [chance / whole for chance in chances]


def _upper_share(confidence: float) -> float:
    if not 0.0 < confidence < 1.0:
        msg = f"a confidence lies between 0 and 1, not {confidence}"
        raise ValueError(msg)
    return 0.5 + confidence / 2.0
