"""Where floats leave this room: rounded, so that every machine prints the same digits.

Inside, sums are `math.fsum` (correctly rounded, in any order) and `+ - * /` and `sqrt` are exact to
the last bit by IEEE 754. What may differ in the last bit between machines is libm (`exp`, `log`,
`erfc`, `atan`) and numpy's linear algebra (`logistic.py`); a dozen such steps stay below 1e-12
relative. Results are therefore rounded on their way into a struct; only a value that lies within
that distance of a rounding edge could still print differently.
"""

import math
from collections.abc import Iterable
from typing import Final

SIGNIFICANT: Final = 9
PLACES: Final = 9


def shown(value: float) -> float:
    """Round to nine significant digits; for figures that are never a difference near zero."""
    return float(f"{value:.{SIGNIFICANT}g}") + 0.0


def placed(value: float) -> float:
    """Round to nine places; for figures near zero, where relative rounding would keep the noise."""
    return round(value, PLACES) + 0.0


def finite(values: Iterable[float]) -> list[float]:
    """Return the values as floats.

    Raises:
        ValueError: one of them is infinite or not a number; a figure over it would lie.
    """
    checked = [float(value) for value in values]
    if not all(map(math.isfinite, checked)):
        msg = "a value is infinite or not a number"
        raise ValueError(msg)
    return checked
