"""What the network asks of time and chance; `runtime/clock.py` has it."""

import random
from collections.abc import Callable
from typing import Protocol

from pmterm.model.units import Ns


class Clock(Protocol):
    """Time, waiting and chance from one source, so that a test can hold them."""

    chance: random.Random

    def now(self) -> Ns:
        """Return Unix ns as the computer has it; it may step when the computer's clock is set."""
        ...

    def stamp(self) -> Ns:
        """Return Unix ns, strictly higher than ever before."""
        ...

    def monotonic(self) -> Ns:
        """Return ns that never step; only differences mean anything."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def after(self, seconds: float, call: Callable[[], None]) -> Callable[[], None]:
        """Have `call` called on the loop after `seconds`; returns what takes that back."""
        ...
