"""The CLOB's limits per signer: buckets of orders and of cancels, and the headers that tell.

Source: Polymarket docs, rate limits, read 2026-08; the header names are those of 2026-07-24.
"""

import msgspec

from pmterm.model.units import SECOND, Ns


class Tier(msgspec.Struct, frozen=True):
    """Orders and cancels a second, and how many of each at once."""

    orders: int
    orders_burst: int
    cancels: int
    cancels_burst: int


TIERS = {
    "standard": Tier(40, 60, 80, 120),
    "copper": Tier(60, 90, 120, 180),
    "bronze": Tier(80, 120, 160, 240),
    "silver": Tier(200, 300, 400, 600),
    "gold": Tier(400, 600, 800, 1_200),
    "platinum": Tier(450, 675, 900, 1_350),
    "diamond": Tier(525, 787, 1_050, 1_575),
    "elite": Tier(600, 900, 1_200, 1_800),
}


class PolyBucket:
    """Fills at `rate` a second up to `burst`. What is over the burst can never pass."""

    __slots__ = ("_at", "_level", "burst", "rate")

    def __init__(self, rate: int, burst: int) -> None:
        self.rate = rate
        self.burst = burst
        self._level = burst * SECOND
        self._at: Ns = 0

    def take(self, cost: int, now: Ns, *, must: bool = False) -> bool:
        """Take `cost` if it is there; with `must` in any case, so that the level goes below 0."""
        if self._at:
            grown = self._level + max(0, now - self._at) * self.rate
            self._level = min(self.burst * SECOND, grown)
        self._at = now
        if self._level < cost * SECOND and not must:
            return False
        self._level -= cost * SECOND
        return True

    @property
    def remaining(self) -> int:
        """What is left, rounded down; may be negative."""
        return self._level // SECOND

    def wait_s(self, cost: int) -> int:
        """How many seconds until `cost` is there, at least 1."""
        return max(1, -(-(cost * SECOND - self._level) // (self.rate * SECOND)))


class SignerLimits:
    """One signer's buckets. `is_warning` lets everything pass and only says so."""

    def __init__(self, tier: str = "standard", *, is_warning: bool = False) -> None:
        self.tier = tier
        self.is_warning = is_warning
        rates = TIERS[tier]
        self._orders = PolyBucket(rates.orders, rates.orders_burst)
        self._cancels = PolyBucket(rates.cancels, rates.cancels_burst)

    def take(self, cost: int, now: Ns, *, is_cancel: bool) -> tuple[bool, dict[str, str]]:
        """Tell whether a request passes, and the headers of its answer.

        A cancel-all's cost is known only afterwards: `charge` the rest then.
        """
        bucket = self._cancels if is_cancel else self._orders
        passes = bucket.take(cost, now)
        headers = {
            "Poly-RateLimit-Remaining": str(
                bucket.remaining if passes else bucket.remaining - cost
            ),
            "Poly-RateLimit-Reset": str(now // SECOND + bucket.wait_s(bucket.burst)),
            "Poly-RateLimit-Tier": self.tier,
        }
        if passes:
            return True, headers
        if self.is_warning:
            bucket.take(cost, now, must=True)
            return True, {**headers, "Poly-RateLimit-Warning": "true"}
        return False, {**headers, "Retry-After": str(bucket.wait_s(cost))}

    def charge(self, cost: int, now: Ns) -> None:
        """Charge what a cancel of many turned out to cost."""
        self._cancels.take(cost, now, must=True)

    def row(self) -> dict[str, object]:
        """Return the answer of `/v1/user/rate-limit-tier`."""
        rates = TIERS[self.tier]
        return {
            "tier": self.tier,
            "orders_per_second": rates.orders,
            "orders_burst": rates.orders_burst,
            "cancels_per_second": rates.cancels,
            "cancels_burst": rates.cancels_burst,
        }
