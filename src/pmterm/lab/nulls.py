"""Made-up markets in which the truth is known: nothing ever comes back, or a known share does.

Log-odds walk at random, with bursts of movement and trading; around them stands a book with a
spread, five levels a side, quotes that come and go, depth that is pulled for a while, thin edges
near 0 and 1, and a tape whose takers follow the price. In a planted world shocks come on top, of
which a known share comes back with a known half-life. The same seed makes the same world.
"""

from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from pmterm.messages.base import Message
from pmterm.messages.feed import BookSnapshot, LevelSet, MarketSeen, TradeSeen
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side
from pmterm.model.units import MS, PRICE_ONE, QTY_ONE, SECOND, Ns, Price, Qty

Floats: TypeAlias = npt.NDArray[np.float64]
Book: TypeAlias = dict[tuple[Side, Price], Qty]

BEGINS: Final[Ns] = 1_800_000_000 * SECOND
TICK: Final[Price] = 100
LEVELS: Final = 5
_SHOCK_TRADES: Final = 60  # in its second: a crowd
KALSHI_FEES: Final = FeeSchedule(FeeKind.KALSHI, 70_000, 0)  # docs, fee_rounding, read 2026-10


class Plant(msgspec.Struct, frozen=True):
    """Shocks of `size` in log-odds (signed); `share` of each comes back.

    It stands for `stands_s`, then half of what is to come back is back every `half_life_s`.
    """

    size: float
    share: float
    half_life_s: float = 15.0
    every_s: int = 230
    stands_s: int = 2


class World(msgspec.Struct, frozen=True):
    """How a world is made. `volatility` is log-odds a root second, in calm and in bursts.

    `contracts` is the mean size of a trade, `trades_s` how many a second while it is calm, `depth`
    the mean contracts of a level at even odds.
    """

    markets: int = 8
    seconds: int = 2_400
    volatility: float = 0.010
    burst_volatility: float = 0.05
    burst_every_s: int = 90
    burst_lasts_s: int = 25
    trades_s: float = 0.4
    burst_trades_s: float = 6.0
    contracts: float = 30.0
    depth: float = 400.0
    plant: Plant | None = None


class _Series(NamedTuple):
    """One market second by second; `half` is half the spread in dollars, `kept` what is not pulled.

    `shocks` are the seconds of planted shocks.
    """

    fair: Floats
    middle: Floats
    half: Floats
    trades: npt.NDArray[np.int64]
    kept: Floats
    shocks: tuple[int, ...]


def market_of(seed: int, number: int) -> Market:
    """Return the metadata of one market of a world."""
    return Market(
        id=MarketId(f"WORLD{seed}-{number}"),
        venue=Venue.KALSHI,
        title=f"World {seed}, market {number}",
        outcomes=(Outcome("Yes"), Outcome("No")),
        event=f"WORLD{seed}-{number}",
        category="made up",
        fees=KALSHI_FEES,
    )


def play(world: World, seed: int) -> Iterator[Message]:
    """Yield all that happens in a world, in order of time."""
    chance = np.random.default_rng(seed)
    quotes = []
    for number in range(world.markets):
        market = market_of(seed, number)
        yield MarketSeen(BEGINS, market)
        quotes.append(_Quotes(market.id, world, _series(world, chance), chance))
    for second in range(world.seconds):
        said = [message for one in quotes for message in one.second(second)]
        yield from sorted(said, key=attrgetter("at"))


def shocks_of(world: World, seed: int) -> dict[MarketId, tuple[Ns, ...]]:
    """Return when each market of a planted world is shocked."""
    chance = np.random.default_rng(seed)
    told: dict[MarketId, tuple[Ns, ...]] = {}
    for number in range(world.markets):
        series = _series(world, chance)
        market = market_of(seed, number).id
        told[market] = tuple(BEGINS + second * SECOND for second in series.shocks)
        _Quotes(market, world, series, chance)
    return told


def _series(world: World, chance: np.random.Generator) -> _Series:
    n = world.seconds
    bursts = _spells(chance, n, world.burst_every_s, world.burst_lasts_s)
    if world.plant is not None:
        bursts = np.zeros(n, bool)
    steps = chance.standard_normal(n) * np.where(bursts, world.burst_volatility, world.volatility)
    walk = chance.uniform(-1.8, 1.8) + np.cumsum(steps)
    shocks = _shock_seconds(world, chance)
    walk += _shocked(world, shocks)
    fair = 1.0 / (1.0 + np.exp(-walk))
    wide = chance.integers(1, 4, n) / 2.0 + np.where(bursts, 0.5, 0.0)  # half spread in ticks
    kept = np.where(_spells(chance, n, 250, 15), 0.2, 1.0)
    wide += np.where(kept < 1.0, 3.0, 0.0)  # who pulls depth quotes wider, too
    strays = chance.uniform(-0.4, 0.4, n)  # of a tick: quotes that lean to one side for a second
    trades = chance.poisson(np.where(bursts, world.burst_trades_s, world.trades_s))
    for second in shocks:
        trades[second] += _SHOCK_TRADES
    unit = TICK / PRICE_ONE
    return _Series(fair, fair + strays * unit, wide * unit, trades, kept, shocks)


def _spells(chance: np.random.Generator, n: int, every: int, lasts: int) -> npt.NDArray[np.bool_]:
    """Return which seconds lie in a spell; spells begin at random and last about as long."""
    told = np.zeros(n, bool)
    for start in np.flatnonzero(chance.random(n) < 1.0 / every):
        told[start : start + 1 + int(chance.exponential(lasts))] = True
    return told


def _shock_seconds(world: World, chance: np.random.Generator) -> tuple[int, ...]:
    """Return when shocks come: far enough apart that each is followed to its end."""
    if world.plant is None:
        return ()
    every = world.plant.every_s
    told = []
    second = 630 + int(chance.integers(0, 60))  # baselines stand by then
    while second < world.seconds - 200:
        told.append(second)
        second += every + int(chance.integers(0, 30))
    return tuple(told)


def _shocked(world: World, shocks: Sequence[int]) -> Floats:
    told = np.zeros(world.seconds)
    plant = world.plant
    if plant is None:
        return told
    after = np.arange(world.seconds, dtype=np.float64)
    back = 1.0 - 0.5 ** (np.maximum(0.0, after - plant.stands_s) / plant.half_life_s)
    shape = plant.size * (1.0 - plant.share * back)
    for second in shocks:
        told[second:] += shape[: world.seconds - second]
    return told


class _Quotes:
    """The quotes of one market: what changes in each second, as its feed would say it."""

    def __init__(
        self, market: MarketId, world: World, series: _Series, chance: np.random.Generator
    ) -> None:
        self._market = market
        self._world = world
        self._series = series
        self._chance = np.random.default_rng(chance.integers(1 << 62))
        self._book: Book = {}
        self._kept = 1.0

    def second(self, number: int) -> list[Message]:
        """Return what is said in one second; trades come before the quotes that follow them."""
        begins = BEGINS + number * SECOND
        bid, ask = self._touch(number)
        said = self._trades(number, begins)
        change = begins + int(self._chance.integers(500, 900)) * MS
        wanted = self._wanted(bid, ask, float(self._series.fair[number]))
        if not self._book:
            self._book = wanted
            return [self._snapshot(change)]
        self._refresh(wanted, float(self._series.kept[number]))
        gone = [key for key in self._book if key not in wanted]
        for key in gone:
            del self._book[key]
            said.append(LevelSet(change, change, self._market, key[0], key[1], 0))
        for key, qty in wanted.items():
            if self._book.get(key) != qty:
                self._book[key] = qty
                said.append(LevelSet(change, change, self._market, key[0], key[1], qty))
        return said

    def _touch(self, number: int) -> tuple[Price, Price]:
        middle, half = float(self._series.middle[number]), float(self._series.half[number])
        bid = int((middle - half) * PRICE_ONE) // TICK * TICK
        ask = -int(-(middle + half) * PRICE_ONE // TICK) * TICK
        bid = min(max(bid, TICK), PRICE_ONE - 2 * TICK)
        return bid, max(min(ask, PRICE_ONE - TICK), bid + TICK)

    def _wanted(self, bid: Price, ask: Price, fair: float) -> Book:
        """Return the levels that shall stand, at their sizes where they stood already."""
        book = self._book
        thin = 0.15 + 3.4 * fair * (1.0 - fair)  # edges are thin
        wanted: Book = {}
        for side, touch, way in ((Side.BUY, bid, -TICK), (Side.SELL, ask, TICK)):
            for step in range(LEVELS):
                price = touch + step * way
                if 0 < price < PRICE_ONE:
                    key = (side, price)
                    wanted[key] = book.get(key) or self._size(thin)
        return wanted

    def _size(self, thin: float) -> Qty:
        mean = self._world.depth * thin * self._kept
        return (1 + int(mean * self._chance.exponential())) * QTY_ONE

    def _refresh(self, wanted: Book, kept: float) -> None:
        """Let one level be quoted anew; or all, where depth is pulled or comes back."""
        if kept != self._kept:
            ratio, self._kept = kept / self._kept, kept
            for key, qty in wanted.items():
                wanted[key] = max(QTY_ONE, int(qty * ratio) // QTY_ONE * QTY_ONE)
        elif self._chance.random() < 0.5:
            keys = list(wanted)
            key = keys[int(self._chance.integers(len(keys)))]
            wanted[key] = self._size(1.0)

    def _trades(self, number: int, begins: Ns) -> list[Message]:
        if not self._book or not number:
            return []
        rises = self._series.fair[number] > self._series.fair[number - 1]
        bids = [price for side, price in self._book if side is Side.BUY]
        asks = [price for side, price in self._book if side is Side.SELL]
        said: list[Message] = []
        for at in sorted(self._chance.integers(0, 500, self._series.trades[number])):
            is_buy = bool(rises) is bool(self._chance.random() < 0.75)
            side, price = (Side.BUY, min(asks)) if is_buy else (Side.SELL, max(bids))
            qty = (1 + int(self._chance.exponential(self._world.contracts))) * QTY_ONE
            when = begins + int(at) * MS
            said.append(TradeSeen(when, when, self._market, price, qty, side))
        return said

    def _snapshot(self, at: Ns) -> BookSnapshot:
        levels = [(side, price, qty) for (side, price), qty in self._book.items()]
        bids = tuple((price, qty) for side, price, qty in levels if side is Side.BUY)
        asks = tuple((price, qty) for side, price, qty in levels if side is Side.SELL)
        return BookSnapshot(at, at, self._market, bids, asks)
