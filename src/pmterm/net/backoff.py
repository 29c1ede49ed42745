"""How long to wait between attempts, so that many clients do not come back at one instant."""

import random

LONGEST_DOUBLING = 30  # past it the cap holds anyway, and the power stays small


class Backoff:
    """Full jitter: each wait lies anywhere from 0 to a bound that doubles up to a cap.

    Source: Polymarket's own client waits 0.25 s to 30 s this way (docs read 2026-10).
    """

    def __init__(self, base_s: float = 0.25, cap_s: float = 30.0, *, chance: random.Random) -> None:
        self._base_s = base_s
        self._cap_s = cap_s
        self._chance = chance
        self._attempts = 0

    def next(self) -> float:
        """Return the seconds to wait before the next attempt."""
        bound = min(self._cap_s, self._base_s * 2 ** min(self._attempts, LONGEST_DOUBLING))
        self._attempts += 1
        return self._chance.uniform(0.0, bound)

    def reset(self) -> None:
        """Start anew: the last attempt went well for long enough."""
        self._attempts = 0
