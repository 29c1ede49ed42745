"""The real book as far as it is still there for us: what we took already cannot be taken twice."""

from collections.abc import Iterator
from typing import Protocol

from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.readings import BookHealth
from pmterm.model.units import Ns, Price, Qty

_ALL = 10_000  # more levels than the finest price grid has


class Levels(Protocol):
    """One market's real book; levels are (price, size), best first."""

    def bids(self, n: int) -> list[tuple[Price, Qty]]:
        """Return the best `n` bids."""
        ...

    def asks(self, n: int) -> list[tuple[Price, Qty]]:
        """Return the best `n` asks."""
        ...

    def size_at(self, side: Side, price: Price) -> Qty:
        """Return the size that stands at a price, 0 if none."""
        ...


class BookReader(Protocol):
    """Where the broker reads real books; `trading/book/books.py` is one."""

    def book(self, market: MarketId) -> Levels | None:
        """Return a market's book."""
        ...

    def health(self, market: MarketId) -> BookHealth:
        """Return how far that book can be trusted."""
        ...


def is_within(side: Side, limit: Price, price: Price) -> bool:
    """Tell whether a taker on `side` with this limit accepts `price`."""
    return price <= limit if side is Side.BUY else price >= limit


class Depth:
    """What of one market's displayed sizes we took.

    A level that shrinks gives our part up with it, a level that is gone forgets it; growth is new
    size on top of what we took. After `refill` ns a level counts as whole again.
    """

    def __init__(self, refill: Ns) -> None:
        self._refill = refill
        self._taken: dict[tuple[Side, Price], tuple[Qty, Ns]] = {}

    def __bool__(self) -> bool:
        """Whether anything is remembered."""
        return bool(self._taken)

    def offers(self, levels: Levels, side: Side, limit: Price) -> Iterator[tuple[Price, Qty]]:
        """Give what a taker on `side` could still have within `limit`, best first."""
        standing = levels.asks(_ALL) if side is Side.BUY else levels.bids(_ALL)
        for price, size in standing:
            if not is_within(side, limit, price):
                return
            left = size - self._taken.get((side.other, price), (0, 0))[0]
            if left > 0:
                yield price, left

    def take(self, side: Side, price: Price, qty: Qty, at: Ns) -> None:
        """Remember that a taker on `side` had `qty` at `price`."""
        key = (side.other, price)
        self._taken[key] = (self._taken.get(key, (0, 0))[0] + qty, at)

    def level_is(self, side: Side, price: Price, size: Qty) -> None:
        """Note that a level of the real book now shows `size`."""
        key = (side, price)
        if key not in self._taken:
            return
        taken, at = self._taken[key]
        if size == 0:
            del self._taken[key]
        elif size < taken:
            self._taken[key] = (size, at)

    def book_is(self, levels: Levels) -> None:
        """Note a whole new book."""
        for side, price in list(self._taken):
            self.level_is(side, price, levels.size_at(side, price))

    def expire(self, at: Ns) -> None:
        """Forget what was taken long ago."""
        self._taken = {k: v for k, v in self._taken.items() if at - v[1] < self._refill}
