"""G7: the probability behind a noisy price, and of one event priced on two venues.

A Kalman filter of one number in fixed point: any Python on any machine comes to the same bits.
"""

from collections.abc import Mapping
from math import isqrt
from typing import Final

from pmterm.model.errors import SettingsWrong
from pmterm.model.ids import MarketId
from pmterm.model.units import PPM, PRICE_ONE, SECOND, Ns, Qty

ONE: Final = 10**12  # probabilities and variances are integers of 1e-12
NOISE: Final = ONE // 100  # variance of one measurement, 0.01
FIRST: Final = ONE // 10  # variance before any, 0.1
DRIFT: Final = ONE // 1_000  # what the variance grows by between two, 0.001
_DAY: Final[Ns] = 24 * 3_600 * SECOND
_MORE: Final = 10  # at the close the drift is this many times more


class Estimate:
    """What a price says about a probability, one measurement a second.

    `value` and `variance` in 1e-12; `value` 0: none yet.
    """

    __slots__ = ("value", "variance")

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin anew, as after a hole."""
        self.value = 0
        self.variance = FIRST

    def see(self, mid2: int, left: Ns) -> None:
        """Take a mid (bid + ask) `left` ns before the market closes; below 0: not known when."""
        measured = mid2 * ONE // (2 * PRICE_ONE)
        if not self.value:
            self.value = measured
        variance = self.variance + drift(left)
        gain = variance * ONE // (variance + NOISE)
        self.value += gain * (measured - self.value) // ONE
        self.variance = variance * (ONE - gain) // ONE

    @property
    def value_ppm(self) -> int:
        """The probability in millionths, 0: not known."""
        return self.value * PPM // ONE

    @property
    def deviation_ppm(self) -> int:
        """Its standard deviation in millionths, 0: not known."""
        return isqrt(self.variance * ONE) * PPM // ONE if self.value else 0


def drift(left: Ns) -> int:
    """Return 0.001 x (1 + 10 x max(0, 1 - hours left / 24)) in 1e-12; `left` < 0: not known."""
    if left < 0 or left >= _DAY:
        return DRIFT
    return DRIFT + DRIFT * _MORE * (_DAY - left) // _DAY


def fused_ppm(one: int, one_volume: Qty, other: int, other_volume: Qty) -> int:
    """Return two venues' probabilities as one, each counting by its volume; 0: neither is known.

    One that is not known counts for nothing; where nobody traded both count the same.
    """
    if not one or not other:
        return one or other
    volume = one_volume + other_volume
    if not volume:
        return (one + other) // 2
    return (one * one_volume + other * other_volume) // volume


def pairs_of(text: str) -> Mapping[MarketId, MarketId]:
    """Read the pairs of the settings: "KXGAME-A=0x12ab, KXGAME-B=0x34cd", both ways.

    Raises:
        SettingsWrong: it is not such a list, or names a market twice.
    """
    pairs: dict[MarketId, MarketId] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        names = [MarketId(name.strip()) for name in part.split("=")]
        if len(names) != 2 or not all(names) or names[0] == names[1]:
            raise SettingsWrong(
                f"signals.pairs: {part[:80]!r} is no pair of markets.",
                "Write one market of each venue: KXGAME-A=0x12ab.",
            )
        one, other = names
        if one in pairs or other in pairs:
            raise SettingsWrong(f"signals.pairs: a market of {part[:80]!r} is in two pairs.")
        pairs[one], pairs[other] = other, one
    return pairs
