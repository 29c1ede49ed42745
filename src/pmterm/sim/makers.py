"""Makers: they quote a ladder around what they believe, and belief lags behind the match."""

import random
from collections.abc import Iterator

import msgspec

from pmterm.model.errors import Impossible
from pmterm.model.market import PriceBand
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import QTY_ONE, Ns, Price, Qty
from pmterm.sim.events import MarketEvent
from pmterm.sim.listing import Grid
from pmterm.sim.matching import MatchingBook, Order


class Style(msgspec.Struct, frozen=True):
    """How busy and how deep a market is.

    `level_qty` contracts stand on a maker's level on average, `half_spread` is half of the usual
    spread at even odds, `flutter` how often a second each maker changes one of its orders,
    `takers` how many market orders come a second and `taker_qty` how large the middle one is.
    """

    level_qty: int = 350
    half_spread: Price = 70
    levels: int = 6
    flutter: float = 1.2
    takers: float = 0.35
    taker_qty: int = 45


class Mood(msgspec.Struct):
    """What the makers feel: share of the usual size on each side, and extra ticks of spread."""

    bid_share: float = 1.0
    ask_share: float = 1.0
    extra_ticks: int = 0

    @property
    def is_calm(self) -> bool:
        """Whether nothing is out of the ordinary."""
        return self.bid_share == self.ask_share == 1.0 and not self.extra_ticks


class Counter:
    """Names orders, so that no two are alike."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """Return a name not used before."""
        self._last += 1
        return f"o{self._last}"


class Trading:
    """One market's book, its grid, its source of chance; how anybody here acts on it."""

    def __init__(
        self, book: MatchingBook, bands: tuple[PriceBand, ...], chance: random.Random
    ) -> None:
        self.book = book
        self.grid = Grid(bands)
        self.chance = chance
        self.names = Counter()

    def qty(self, contracts: float) -> Qty:
        """Return a size near `contracts`: log-normal, at least 5, one in seven with cents."""
        whole = max(5, int(contracts * self.chance.lognormvariate(0.0, 0.6)))
        cents = self.chance.randrange(1, 100) * 10_000 if self.chance.random() < 0.14 else 0
        return whole * QTY_ONE + cents

    def rest(
        self, at: Ns, owner: str, side: Side, price: Price, qty: Qty
    ) -> tuple[str, list[MarketEvent]]:
        """Place a post-only order; the name is empty if it would have traded."""
        name = self.names.next()
        placed = self.book.place(at, Order(name, owner, side, price, qty), post_only=True)
        return (name if placed.resting else ""), placed.events

    def hit(self, at: Ns, owner: str, side: Side, price: Price, qty: Qty) -> list[MarketEvent]:
        """Trade at once up to `price`, and let nothing rest."""
        order = Order(self.names.next(), owner, side, price, qty)
        return self.book.place(at, order, TimeInForce.IOC).events

    def beyond(self, side: Side, ticks: int) -> Price:
        """Return the price some ticks deeper than what a taker of that side meets first."""
        book, prices = self.book, self.grid.prices
        if side is Side.BUY:
            return prices[min(len(prices) - 1, self.grid.above(book.best_ask) + ticks)]
        return prices[max(0, self.grid.below(book.best_bid) - ticks)]


class Maker:
    """Keeps one order on each of its levels, bids below and asks above its centre."""

    def __init__(self, owner: str, style: Style, offset: Price, share: float) -> None:
        self.owner = owner
        self._style = style
        self._offset = offset
        self._share = share
        self._standing: dict[tuple[Side, Price], str] = {}
        self._shown: tuple[Price, Price, float, float] | None = None

    def quote(self, at: Ns, trading: Trading, centre: Price, mood: Mood) -> list[MarketEvent]:
        """Move the ladder to where it should stand, if it stands elsewhere."""
        bid, ask = self._edges(trading.grid, centre, mood)
        now = (bid, ask, mood.bid_share, mood.ask_share)
        events: list[MarketEvent] = []
        if now != self._shown:
            is_new_mood = self._shown is None or now[2:] != self._shown[2:]
            self._shown = now
            events += self._withdraw(at, trading, bid, ask, everything=is_new_mood)
        for side, price, share in self._wanted(trading.grid, bid, ask, mood):
            name = self._standing.get((side, price))
            if name and trading.book.order(name):
                continue
            events += self._place(at, trading, side, price, share)
        return events

    def flutter(self, at: Ns, trading: Trading) -> list[MarketEvent]:
        """Change the size of one order for no reason anybody else can see."""
        if not self._standing:
            return []
        key = trading.chance.choice(list(self._standing))
        name = self._standing[key]
        order = trading.book.order(name)
        if order is None:
            return []
        if trading.chance.random() < 0.5 and order.qty > 20 * QTY_ONE:
            return trading.book.reduce(at, name, order.qty // (4 * QTY_ONE) * QTY_ONE)
        events = trading.book.cancel(at, name)
        del self._standing[key]
        side, price = key
        return events + self._place(at, trading, side, price, 1.0)

    def leave(self) -> None:
        """Forget every order: the market is closed or its grid has changed."""
        self._standing.clear()
        self._shown = None

    def _edges(self, grid: Grid, centre: Price, mood: Mood) -> tuple[Price, Price]:
        spread = self._style.half_spread * (2_500 + 3 * centre * (10_000 - centre) // 10_000)
        half = max(4, spread // 10_000) + self._offset
        bid = max(0, grid.below(centre - half) - mood.extra_ticks)
        ask = min(len(grid.prices) - 1, grid.above(centre + half) + mood.extra_ticks)
        return grid.prices[bid], grid.prices[ask]

    def _wanted(
        self, grid: Grid, bid: Price, ask: Price, mood: Mood
    ) -> Iterator[tuple[Side, Price, float]]:
        first_bid, first_ask = grid.below(bid), grid.above(ask)
        for deep in range(self._style.levels):
            if first_bid - deep >= 0:
                yield Side.BUY, grid.prices[first_bid - deep], mood.bid_share * (1 + 0.25 * deep)
            if first_ask + deep < len(grid.prices):
                yield Side.SELL, grid.prices[first_ask + deep], mood.ask_share * (1 + 0.25 * deep)

    def _withdraw(
        self, at: Ns, trading: Trading, bid: Price, ask: Price, *, everything: bool
    ) -> list[MarketEvent]:
        events: list[MarketEvent] = []
        grid = trading.grid
        reach = self._style.levels
        lowest = grid.prices[max(0, grid.below(bid) - reach + 1)]
        highest = grid.prices[min(len(grid.prices) - 1, grid.above(ask) + reach - 1)]
        for (side, price), name in list(self._standing.items()):
            is_kept = lowest <= price <= bid if side is Side.BUY else ask <= price <= highest
            if everything or not is_kept:
                events += trading.book.cancel(at, name)
                del self._standing[side, price]
        return events

    def _place(
        self, at: Ns, trading: Trading, side: Side, price: Price, share: float
    ) -> list[MarketEvent]:
        qty = trading.qty(self._style.level_qty * self._share * share)
        name, events = trading.rest(at, self.owner, side, price, qty)
        if name:
            self._standing[side, price] = name
            return events
        # somebody still offers what this maker no longer believes in: it takes that
        half = max(5 * QTY_ONE, qty // (2 * QTY_ONE) * QTY_ONE)
        return trading.hit(at, self.owner, side, price, half)


def place_tail(at: Ns, trading: Trading, centre: Price, contracts: int) -> list[MarketEvent]:
    """Place the long tail of old orders that stands in every book, ever larger to the ends."""
    events: list[MarketEvent] = []
    if not 0 < centre < 10_000:
        raise Impossible(f"no book stands around {centre}")
    for price in range(100, 10_000, 100):
        away = abs(price - centre)
        if away < 600 or trading.chance.random() < 0.35:
            continue
        side = Side.BUY if price < centre else Side.SELL
        qty = trading.qty(contracts * (1 + away / 800) * (6 if price in {100, 9_900} else 1))
        events += trading.rest(at, "tail", side, price, qty)[1]
    return events
