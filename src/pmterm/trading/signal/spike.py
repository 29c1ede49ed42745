"""The recurrences behind SPIKE: a two-sided CUSUM around a lagged EWMA, on one-second bars.

Everything is an integer scaled by 2**16, so that any machine comes to the same answer. The EWMA
and its variance know nothing of the bar they judge: they are updated after it was judged.
"""

from math import isqrt
from typing import Final

from pmterm.model.units import PPM, Cash, Price

SHIFT: Final = 16


class Spike:
    """Follows bid + ask (twice the mid) second by second.

    `up` and `down` are the CUSUMs in twice 1e-4 USD, scaled; `base2` of a side is the average
    where its CUSUM last left zero, which is where the move began. `difference` and `variance` are
    those of the last bar, from before it was learned.
    """

    __slots__ = (
        "_average",
        "_down_from",
        "_gain",
        "_slack",
        "_up_from",
        "_variance",
        "bars",
        "difference",
        "down",
        "up",
        "variance",
    )

    def __init__(self, span: int, slack: Price) -> None:
        self._gain = span + 1
        self._slack = (2 * slack) << SHIFT
        self.reset()

    def reset(self) -> None:
        """Begin anew, as after a hole."""
        self.bars = 0
        self.up = self.down = 0
        self.difference = 0
        self.variance = 0
        self._average = self._variance = 0
        self._up_from = self._down_from = 0

    def settle(self) -> None:
        """Start both CUSUMs from zero again, after an alarm was answered."""
        self.up = self.down = 0

    def see(self, mid2: int) -> None:
        """Judge one bar against what was known before it, then learn from it."""
        value = mid2 << SHIFT
        average = self._average if self.bars else value
        difference = value - average
        slack, up, down = self._slack, self.up, self.down
        if not up:
            self._up_from = average
        if not down:
            self._down_from = average
        up += difference - slack
        down -= difference + slack
        self.up = max(0, up)
        self.down = max(0, down)
        self.difference = difference
        self.variance = variance = self._variance
        gain = self._gain  # weight of the newest bar: 2 / gain
        if difference or variance:
            twice = 2 * difference
            self._variance = (gain - 2) * (gain * variance + twice * difference) // (gain * gain)
            average += twice // gain
        self._average = average
        self.bars += 1

    def direction(self, threshold: Price) -> int:
        """Return 1 or -1 where that side's CUSUM is beyond `threshold`, else 0."""
        limit = (2 * threshold) << SHIFT
        if self.up > limit and self.up >= self.down:
            return 1
        return -1 if self.down > limit else 0

    def base2(self, direction: int) -> int:
        """Return bid + ask where the move in `direction` began."""
        return (self._up_from if direction > 0 else self._down_from) >> SHIFT

    @property
    def volatility(self) -> Cash:
        """The standard deviation of the mid around its average, in 1e-6 USD (100 a price step)."""
        return isqrt(self.variance) * 100 >> (SHIFT + 1)

    def outside_ppm(self, direction: int) -> int:
        """Return by how many standard deviations the bar lies out that way, in millionths."""
        reach = self.difference * direction
        if reach <= 0:
            return 0
        return reach * PPM // max(isqrt(self.variance), 1)
