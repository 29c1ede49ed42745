"""What is to be done later, in order of time."""

import heapq
from collections.abc import Callable
from typing import TypeAlias

from pmterm.model.units import Ns

Call: TypeAlias = Callable[[Ns], None]


class Agenda:
    """Calls that are due at a time; those of one time come in the order they were put down."""

    def __init__(self) -> None:
        self._due: list[tuple[Ns, int, Call]] = []
        self._taken_back: set[int] = set()
        self._numbers = 0

    def put(self, due: Ns, call: Call) -> Callable[[], None]:
        """Have `call` called with its time once that has come; returns what takes it back."""
        self._numbers += 1
        number = self._numbers
        heapq.heappush(self._due, (due, number, call))
        return lambda: self._taken_back.add(number)

    def next(self, until: Ns) -> tuple[Ns, Call] | None:
        """Take out the first call that is due by `until`."""
        while self._due and self._due[0][0] <= until:
            due, number, call = heapq.heappop(self._due)
            if number not in self._taken_back:
                return due, call
            self._taken_back.discard(number)
        return None
