"""Kalshi's rate limits: buckets of tokens, one for reads and one for writes of an account.

Source: Kalshi docs, rate limits, read 2026-10; costs and the Basic tier as recorded from the demo
exchange 2026-07.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from pmterm.model.units import SECOND, Ns

USUAL_COST = 10
COSTS = (  # method, path below the base, tokens
    ("POST", "/account/api_usage_level/upgrade", 30),
    ("DELETE", "/portfolio/events/orders", 2),
    ("DELETE", "/portfolio/events/orders/:order_id", 2),
    ("DELETE", "/portfolio/events/orders/batched", 2),
    ("GET", "/portfolio/orders/:order_id", 2),
)


class Tier(msgspec.Struct, frozen=True):
    """Tokens a second, and how many seconds of them a bucket holds."""

    read: int
    write: int
    read_holds_s: int
    write_holds_s: int


TIERS = {
    "basic": Tier(200, 100, 2, 1),
    "advanced": Tier(300, 300, 2, 2),
    "expert": Tier(600, 600, 1, 2),
    "premier": Tier(1_000, 1_000, 1, 2),
    "paragon": Tier(2_000, 2_000, 1, 2),
    "prime": Tier(4_000, 4_000, 1, 2),
    "prestige": Tier(10_000, 8_000, 1, 2),
}


class Bucket:
    """Fills at `rate` tokens a second up to `capacity`; starts full."""

    __slots__ = ("_at", "_level", "capacity", "rate")

    def __init__(self, rate: int, capacity: int) -> None:
        self.rate = rate
        self.capacity = capacity
        self._level = capacity * SECOND  # in 1e-9 tokens, so that time adds up without rounding
        self._at: Ns | None = None

    def take(self, tokens: int, now: Ns) -> bool:
        """Take all of `tokens`, or none of them and return False. Nothing is owed afterwards."""
        passed = max(0, now - self._at) if self._at is not None else 0
        self._at = now
        self._level = min(self.capacity * SECOND, self._level + passed * self.rate)
        if self._level < tokens * SECOND:
            return False
        self._level -= tokens * SECOND
        return True

    def row(self) -> dict[str, int]:
        """Return it as `/account/limits` shows it."""
        return {"bucket_capacity": self.capacity, "refill_rate": self.rate}


class Limits:
    """The buckets of one account: reads, writes, and writes to each shard named outright."""

    def __init__(self, tier: str) -> None:
        rates = TIERS[tier]
        self.tier = tier
        self.read = Bucket(rates.read, rates.read * rates.read_holds_s)
        self._new_write: Callable[[], Bucket] = lambda: Bucket(
            rates.write, rates.write * rates.write_holds_s
        )
        self.write = self._new_write()
        self._shards: dict[int, Bucket] = {}

    def shard(self, number: int) -> Bucket:
        """Return the bucket of single writes that name shard `number`; below 1 the common one."""
        if number < 1:
            return self.write
        return self._shards.setdefault(number, self._new_write())

    def row(self) -> dict[str, Any]:
        """Return the body of `/account/limits`."""
        return {
            "usage_tier": self.tier,
            "read": self.read.row(),
            "write": self.write.row(),
            "grants": [],
        }


def costs_row(base: str) -> dict[str, Any]:
    """Return the body of `/account/endpoint_costs`: what does not cost the usual."""
    rows = [{"method": method, "path": base + path, "cost": cost} for method, path, cost in COSTS]
    return {"default_cost": USUAL_COST, "endpoint_costs": rows}
