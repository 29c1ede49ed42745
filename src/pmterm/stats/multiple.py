"""Many questions asked at once: p-values adjusted for how many there were."""

from collections.abc import Sequence

import msgspec

from pmterm.stats.digits import shown


class Adjusted(msgspec.Struct, frozen=True):
    """Adjusted p-values in the order asked; `n` is how many there were.

    A question is answered "yes" at level a where its value is at most a.
    """

    n: int
    values: tuple[float, ...]


def holm(p_values: Sequence[float]) -> Adjusted:
    """Adjust so that the chance of even one false "yes" stays below the level, always.

    Holm (1979), Scandinavian Journal of Statistics 6, 65-70.

    Raises:
        ValueError: a p-value outside 0..1.
    """
    order = _ranked(p_values)
    n = len(order)
    adjusted = [0.0] * n
    highest = 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (n - rank) * p_values[place]))
        adjusted[place] = shown(highest)
    return Adjusted(n, tuple(adjusted))


def benjamini_hochberg(p_values: Sequence[float]) -> Adjusted:
    """Adjust so that the share of false among all "yes" stays below the level on average.

    Holds for independent or positively dependent tests. Benjamini & Hochberg (1995), Journal of
    the Royal Statistical Society B 57, 289-300; adjusted values as Yekutieli & Benjamini (1999).

    Raises:
        ValueError: a p-value outside 0..1.
    """
    order = _ranked(p_values)
    n = len(order)
    adjusted = [0.0] * n
    lowest = 1.0
    for rank in range(n, 0, -1):
        place = order[rank - 1]
        lowest = min(lowest, p_values[place] * n / rank)
        adjusted[place] = shown(lowest)
    return Adjusted(n, tuple(adjusted))


def _ranked(p_values: Sequence[float]) -> list[int]:
    if not all(0.0 <= p <= 1.0 for p in p_values):
        msg = "a p-value lies between 0 and 1"
        raise ValueError(msg)
    return sorted(range(len(p_values)), key=lambda place: p_values[place])
