"""One book: levels and changes, the touch and the depth of the best five, all kept at hand.

Both sides are the same thing seen from either end: an ask at `p` is a bid of the other outcome at
`1 - p`. A side therefore files its levels under what it costs to sit there (the "stake": the
price for bids, 1 - price for asks), best is highest, and one piece of code serves both.
"""

from bisect import bisect_left
from collections.abc import Iterable

from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Price, Qty

TOP = 5  # levels that count as depth


class BookSide:
    """Levels of one side by stake.

    `levels` maps stake to size, `stakes` holds the same stakes ascending, `best` is the highest
    (0: empty), `top_value` the sum of stake x size over the best five (1e-10 USD), `floor` the
    fifth best stake. Changing a level is O(1) but for the shift inside the list of stakes.
    """

    __slots__ = ("best", "floor", "levels", "stakes", "top_value")

    def __init__(self) -> None:
        self.levels: dict[Price, Qty] = {}
        self.stakes: list[Price] = []
        self.best: Price = 0
        self.floor: Price = 0  # the fifth best stake; 0 while there are fewer than five
        self.top_value = 0

    @property
    def total(self) -> Qty:
        """Contracts over all levels; counted when asked, which is seldom."""
        return sum(self.levels.values())

    def replace(self, levels: Iterable[tuple[Price, Qty]]) -> None:
        """Take these (stake, size) levels instead of all we had; sizes of 0 are left out."""
        self.levels = {stake: qty for stake, qty in levels if qty > 0}
        self.stakes = sorted(self.levels)
        top = self.stakes[-TOP:]
        self.best = top[-1] if top else 0
        self.floor = top[0] if len(top) == TOP else 0
        self.top_value = sum(stake * self.levels[stake] for stake in top)

    def put(self, stake: Price, qty: Qty) -> Qty:
        """Make one level hold exactly `qty` (0 or less: gone); return what it held before."""
        levels = self.levels
        old = levels.get(stake, 0)
        if qty > 0:
            levels[stake] = qty
            if not old:
                self._added(stake, qty)
            elif stake >= self.floor:
                self.top_value += stake * (qty - old)
        elif old:
            del levels[stake]
            self._removed(stake, old)
        return old

    def prune(self, told: Price) -> int:
        """Take away every level better than the stake `told`; return how many."""
        pruned = 0
        while self.best > told:
            self.put(self.best, 0)
            pruned += 1
        return pruned

    def _added(self, stake: Price, qty: Qty) -> None:
        stakes = self.stakes
        if stake > self.best:
            stakes.append(stake)
            self.best = stake
        else:
            stakes.insert(bisect_left(stakes, stake), stake)
        floor = self.floor
        if stake < floor:
            return
        self.top_value += stake * qty
        if floor:  # the fifth best is pushed out
            self.top_value -= floor * self.levels[floor]
            self.floor = stakes[-TOP]
        elif len(stakes) == TOP:
            self.floor = stakes[0]

    def _removed(self, stake: Price, old: Qty) -> None:
        stakes = self.stakes
        if stake == self.best:
            stakes.pop()
            self.best = stakes[-1] if stakes else 0
        else:
            del stakes[bisect_left(stakes, stake)]
        if stake < self.floor:
            return
        self.top_value -= stake * old
        if self.floor:  # the sixth best moves up, if there is one
            if len(stakes) >= TOP:
                self.floor = stakes[-TOP]
                self.top_value += self.floor * self.levels[self.floor]
            else:
                self.floor = 0


class OrderBook:
    """The visible book of one market on the YES scale."""

    __slots__ = ("_asks", "_bids")

    def __init__(self, bids: BookSide, asks: BookSide) -> None:
        self._bids = bids
        self._asks = asks

    @property
    def best_bid(self) -> Price:
        """The highest bid; 0 if there is none."""
        return self._bids.best

    @property
    def best_ask(self) -> Price:
        """The lowest ask; 10_000 if there is none."""
        return PRICE_ONE - self._asks.best

    @property
    def bid_levels(self) -> int:
        """How many bid prices hold something."""
        return len(self._bids.stakes)

    @property
    def ask_levels(self) -> int:
        """How many ask prices hold something."""
        return len(self._asks.stakes)

    @property
    def bid_size(self) -> Qty:
        """Contracts over all bids."""
        return self._bids.total

    @property
    def ask_size(self) -> Qty:
        """Contracts over all asks."""
        return self._asks.total

    def bids(self, n: int) -> list[tuple[Price, Qty]]:
        """Return up to `n` bids as (price, size), best first."""
        side = self._bids
        return [(stake, side.levels[stake]) for stake in side.stakes[: -n - 1 : -1]]

    def asks(self, n: int) -> list[tuple[Price, Qty]]:
        """Return up to `n` asks as (price, size), best first."""
        side = self._asks
        return [(PRICE_ONE - stake, side.levels[stake]) for stake in side.stakes[: -n - 1 : -1]]

    def size_at(self, side: Side, price: Price) -> Qty:
        """Return what stands at one price of one side (BUY: bids); 0 if nothing."""
        if side is Side.BUY:
            return self._bids.levels.get(price, 0)
        return self._asks.levels.get(PRICE_ONE - price, 0)
