"""A world for load tests: so many changes a second, evenly, for ever; no chance in it."""

from collections.abc import Mapping, Sequence

from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import QTY_ONE, SECOND, Ns, Qty
from pmterm.sim.billing import TEAMS, Bout, listings_of
from pmterm.sim.events import BookReplaced, LevelNow, SimEvent
from pmterm.sim.listing import Listing
from pmterm.sim.market_state import MarketState
from pmterm.sim.world import Unmatched

DEEP = 20  # levels a side
BEST_BID, BEST_ASK = 4_900, 5_100


class BurstWorld(Unmatched):
    """The five markets of one match, their books changing `rate` times a second in turn.

    Every change sets one of forty levels to another size; every 97th removes one, which comes
    back with its next change.
    """

    def __init__(self, start: Ns, rate: int) -> None:
        self.listings: Sequence[Listing] = tuple(
            listings_of(Bout(TEAMS[0], TEAMS[1], start // SECOND * SECOND))
        )
        self.states: Mapping[MarketId, MarketState] = {
            listing.market.id: MarketState(listing) for listing in self.listings
        }
        self._start = start
        self._rate = rate
        self._made = 0
        self._has_opened = False
        self._sizes: list[dict[tuple[Side, int], Qty]] = [{} for _ in self.listings]

    @property
    def made(self) -> int:
        """How many changes there have been."""
        return self._made

    def run_until(self, at: Ns) -> Sequence[SimEvent]:
        """Return the changes that are due."""
        events: list[SimEvent] = []
        if not self._has_opened:
            self._has_opened = True
            events += [self._first_book(index) for index in range(len(self.listings))]
        due = max(0, at - self._start) * self._rate // SECOND
        while self._made < due:
            self._made += 1
            events.append(self._change(self._made))
        return events

    def _first_book(self, index: int) -> BookReplaced:
        bids = tuple((BEST_BID - 100 * deep, 200 * QTY_ONE) for deep in range(DEEP))
        asks = tuple((BEST_ASK + 100 * deep, 200 * QTY_ONE) for deep in range(DEEP))
        sizes = self._sizes[index]
        sizes |= {(Side.BUY, price): qty for price, qty in bids}
        sizes |= {(Side.SELL, price): qty for price, qty in asks}
        return BookReplaced(self._start, self.listings[index].market.id, bids, asks)

    def _change(self, number: int) -> LevelNow:
        index = number % len(self.listings)
        side = Side.BUY if number // 5 % 2 else Side.SELL
        deep = number // 10 * 7 % DEEP
        price = BEST_BID - 100 * deep if side is Side.BUY else BEST_ASK + 100 * deep
        qty = 0 if number % 97 == 0 else (100 + number % 61) * QTY_ONE
        at = self._start + number * SECOND // self._rate
        before = self._sizes[index].get((side, price), 0)
        self._sizes[index][side, price] = qty
        market = self.listings[index].market.id
        return LevelNow(at, market, side, price, qty, qty - before)
