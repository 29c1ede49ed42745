"""One market as everybody outside sees it: folded from events, read by both dialects."""

from bisect import bisect_left, insort
from collections import deque

from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus, PriceBand
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.sim.events import (
    BookReplaced,
    GridChanged,
    LevelNow,
    MarketEvent,
    StatusChanged,
    Traded,
)
from pmterm.sim.listing import Listing

TRADES_KEPT = 1_000


class Levels:
    """One side: sizes by price, and the prices in ascending order."""

    __slots__ = ("prices", "sizes")

    def __init__(self) -> None:
        self.sizes: dict[Price, Qty] = {}
        self.prices: list[Price] = []

    def set(self, price: Price, qty: Qty) -> None:
        """Make a level hold exactly `qty`."""
        known = price in self.sizes
        if qty:
            if not known:
                insort(self.prices, price)
            self.sizes[price] = qty
        elif known:
            del self.sizes[price], self.prices[bisect_left(self.prices, price)]

    def rising(self) -> list[tuple[Price, Qty]]:
        """Return (price, size), prices ascending."""
        return [(price, self.sizes[price]) for price in self.prices]


class MarketState:
    """The book, the tape and the status of one market. `at` is the time of the last event."""

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.market: MarketId = listing.market.id
        self.bands: tuple[PriceBand, ...] = listing.market.bands
        self.status: MarketStatus = listing.market.status
        self.result = -1
        self.payout: Price = -1  # what a YES pays once resolved, -1 before
        self.bids = Levels()
        self.asks = Levels()
        self.last: Price = 0
        self.last_qty: Qty = 0
        self.volume: Qty = 0
        self.at: Ns = 0
        self.trades: deque[Traded] = deque(maxlen=TRADES_KEPT)

    @property
    def best_bid(self) -> Price:
        """The highest bid, 0 if there is none."""
        return self.bids.prices[-1] if self.bids.prices else 0

    @property
    def best_ask(self) -> Price:
        """The lowest ask, 10_000 if there is none."""
        return self.asks.prices[0] if self.asks.prices else PRICE_ONE

    @property
    def is_open(self) -> bool:
        """Whether it trades."""
        return self.status in {MarketStatus.ACTIVE, MarketStatus.PAUSED}

    def side(self, side: Side) -> Levels:
        """Return one side of the book."""
        return self.bids if side is Side.BUY else self.asks

    def apply(self, event: MarketEvent) -> None:
        """Take an event of this market in."""
        self.at = event.at
        match event:
            case LevelNow():
                self.side(event.side).set(event.price, event.qty)
            case Traded():
                self.last, self.last_qty = event.price, event.qty
                self.volume += event.qty
                self.trades.append(event)
            case BookReplaced():
                self._replace(event)
            case GridChanged():
                self.bands = (PriceBand(0, PRICE_ONE, event.step),)
            case StatusChanged():
                self.status, self.result = event.status, event.result
                is_resolved = event.status is MarketStatus.RESOLVED
                self.payout = event.yes_pays if is_resolved else -1

    def _replace(self, event: BookReplaced) -> None:
        self.bids, self.asks = Levels(), Levels()
        for price, qty in event.bids:
            self.bids.set(price, qty)
        for price, qty in event.asks:
            self.asks.set(price, qty)
