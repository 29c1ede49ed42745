"""Price-time matching of one market: integers in, events out, no clock and no chance."""

from bisect import bisect_left, insort
from enum import StrEnum
from typing import Protocol

import msgspec

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.sim.events import LevelNow, MarketEvent, Traded

NO_BID: Price = 0
NO_ASK: Price = PRICE_ONE
OWN_ORDER = "own order"  # why an order that met its own owner's went


class SelfTrade(StrEnum):
    """What happens when an order meets one of its own owner's.

    Kalshi's two modes (Kalshi docs, orders, read 2026-10): TAKER kills what is left of the incoming
    order, MAKER takes the resting one out of the way. Polymarket lets them trade: ALLOWED.
    """

    TAKER = "taker_at_cross"
    MAKER = "maker"
    ALLOWED = "allowed"


class Order(msgspec.Struct):
    """An order; `qty` is what is left of it."""

    id: str
    owner: str
    side: Side
    price: Price
    qty: Qty


class Match(msgspec.Struct, frozen=True):
    """One resting order met one incoming order, at the resting price.

    `taker` is the incoming order's side; `number` that of the `Traded` it is part of.
    """

    maker_order: str
    maker_owner: str
    taker_order: str
    price: Price
    qty: Qty
    taker_owner: str = ""
    taker: Side = Side.BUY
    number: int = 0


class BookWatcher(Protocol):
    """Hears what becomes of the orders in a book, while it happens: it must not touch the book."""

    def matched(self, at: Ns, match: Match) -> None:
        """Two orders traded."""
        ...

    def withdrawn(self, at: Ns, order: Order, by: Qty, why: str) -> None:
        """A resting order got smaller by `by` without a trade; `order.qty` is what is left."""
        ...


class Placed(msgspec.Struct, frozen=True):
    """What became of an order: `filled + resting + killed` is what was asked for.

    `reason` says why something was killed: "post only", "fill or kill", "nothing to match" or
    "own order".
    """

    events: list[MarketEvent]
    matches: list[Match]
    filled: Qty
    resting: Qty
    killed: Qty
    reason: str = ""


class _Line:
    """One side of a book: price levels, each a queue in order of arrival, the best level last.

    Levels are kept under a rank that rises towards the best: the price for bids, its negative
    for asks.
    """

    __slots__ = ("queues", "ranks", "sign", "totals")

    def __init__(self, side: Side) -> None:
        self.sign = 1 if side is Side.BUY else -1
        self.ranks: list[int] = []
        self.queues: dict[int, dict[str, Order]] = {}
        self.totals: dict[int, Qty] = {}

    def add(self, order: Order) -> Qty:
        rank = order.price * self.sign
        if rank not in self.totals:
            insort(self.ranks, rank)
            self.queues[rank] = {}
            self.totals[rank] = 0
        self.queues[rank][order.id] = order
        self.totals[rank] += order.qty
        return self.totals[rank]

    def take(self, order: Order, qty: Qty) -> Qty:
        """Take `qty` off an order; it and its level go when empty. Returns the level's rest."""
        rank = order.price * self.sign
        order.qty -= qty
        left = self.totals[rank] - qty
        self.totals[rank] = left
        if not order.qty:
            del self.queues[rank][order.id]
        if not left:
            del self.queues[rank], self.totals[rank], self.ranks[bisect_left(self.ranks, rank)]
        return left

    def levels(self, most: int) -> list[tuple[Price, Qty]]:
        ranks = self.ranks[: -most - 1 : -1] if most else self.ranks[::-1]
        return [(rank * self.sign, self.totals[rank]) for rank in ranks]


class MatchingBook:
    """The order book of one market.

    Orders meet the best price first and within a price the oldest first, and trade at the
    resting price. The book is never crossed. `watcher` hears of every match and withdrawal.
    """

    def __init__(self, market: MarketId) -> None:
        self.market = market
        self.watcher: BookWatcher | None = None
        self._orders: dict[str, Order] = {}
        self._bids = _Line(Side.BUY)
        self._asks = _Line(Side.SELL)
        self._trades = 0

    @property
    def best_bid(self) -> Price:
        """The highest bid, NO_BID if there is none."""
        return self._bids.ranks[-1] if self._bids.ranks else NO_BID

    @property
    def best_ask(self) -> Price:
        """The lowest ask, NO_ASK if there is none."""
        return -self._asks.ranks[-1] if self._asks.ranks else NO_ASK

    def levels(self, side: Side, most: int = 0) -> list[tuple[Price, Qty]]:
        """Return (price, size) of a side, best first; `most` 0 means all."""
        return self._line(side).levels(most)

    def size_at(self, side: Side, price: Price) -> Qty:
        """Return what stands at a price."""
        line = self._line(side)
        return line.totals.get(price * line.sign, 0)

    def order(self, order_id: str) -> Order | None:
        """Return a resting order."""
        return self._orders.get(order_id)

    def orders_off(self, step: Price) -> list[str]:
        """Return the resting orders whose price is no multiple of `step`."""
        return [order.id for order in self._orders.values() if order.price % step]

    def all_orders(self) -> list[str]:
        """Return every resting order, oldest first."""
        return list(self._orders)

    def ahead_of(self, order_id: str) -> Qty:
        """Return how much must trade before a resting order does: better prices, then older."""
        order = self._orders.get(order_id)
        if order is None:
            return 0
        line = self._line(order.side)
        rank = order.price * line.sign
        ahead = sum(line.totals[better] for better in line.ranks if better > rank)
        for older in line.queues[rank].values():
            if older.id == order_id:
                break
            ahead += older.qty
        return ahead

    def place(
        self,
        at: Ns,
        order: Order,
        tif: TimeInForce = TimeInForce.GTC,
        *,
        post_only: bool = False,
        self_trade: SelfTrade = SelfTrade.TAKER,
    ) -> Placed:
        """Match an order and let the rest stand, as its time in force says.

        Raises:
            Impossible: the order's id is known, or its price or size cannot be traded.
        """
        if order.id in self._orders or order.qty <= 0 or not 0 < order.price < PRICE_ONE:
            raise Impossible(f"no such order can be placed: {order}")
        asked = order.qty
        if post_only and self._meets(order):
            return Placed([], [], 0, 0, asked, "post only")
        if tif is TimeInForce.FOK and self._reachable(order, self_trade) < asked:
            return Placed([], [], 0, 0, asked, "fill or kill")
        events, matches = self._match(at, order, self_trade)
        filled = asked - order.qty
        if not order.qty:
            return Placed(events, matches, filled, 0, 0)
        if self._meets(order):
            return Placed(events, matches, filled, 0, order.qty, OWN_ORDER)
        if tif in {TimeInForce.IOC, TimeInForce.FOK}:
            return Placed(events, matches, filled, 0, order.qty, "nothing to match")
        self._orders[order.id] = order
        total = self._line(order.side).add(order)
        stands = LevelNow(
            at, self.market, order.side, order.price, total, order.qty, order=order.id
        )
        events.append(stands)
        return Placed(events, matches, filled, order.qty, 0)

    def cancel(self, at: Ns, order_id: str, why: str = "") -> list[MarketEvent]:
        """Take an order back; nothing happens if it does not rest here."""
        order = self._orders.get(order_id)
        return self.reduce(at, order_id, order.qty, why) if order else []

    def reduce(self, at: Ns, order_id: str, by: Qty, why: str = "") -> list[MarketEvent]:
        """Make a resting order smaller by at most `by`; it keeps its place in line."""
        order = self._orders.get(order_id)
        if order is None or by <= 0:
            return []
        by = min(by, order.qty)
        left = self._line(order.side).take(order, by)
        if not order.qty:
            del self._orders[order_id]
        if self.watcher is not None:
            self.watcher.withdrawn(at, order, by, why)
        return [LevelNow(at, self.market, order.side, order.price, left, -by, order=order_id)]

    def _line(self, side: Side) -> _Line:
        return self._bids if side is Side.BUY else self._asks

    def _meets(self, order: Order) -> bool:
        line = self._line(order.side.other)
        return bool(line.ranks) and line.ranks[-1] >= order.price * line.sign

    def _reachable(self, order: Order, self_trade: SelfTrade) -> Qty:
        """Return how much of an order could trade at once, up to its size."""
        line = self._line(order.side.other)
        sum_qty = 0
        for rank in reversed(line.ranks):
            if rank < order.price * line.sign or sum_qty >= order.qty:
                break
            for resting in line.queues[rank].values():
                if resting.owner != order.owner or self_trade is SelfTrade.ALLOWED:
                    sum_qty += resting.qty
                elif self_trade is SelfTrade.TAKER:
                    return sum_qty
        return sum_qty

    def _match(
        self, at: Ns, order: Order, self_trade: SelfTrade
    ) -> tuple[list[MarketEvent], list[Match]]:
        line = self._line(order.side.other)
        events: list[MarketEvent] = []
        matches: list[Match] = []
        while order.qty and self._meets(order):
            first = next(iter(line.queues[line.ranks[-1]].values()))
            if first.owner == order.owner and self_trade is SelfTrade.TAKER:
                break
            if first.owner == order.owner and self_trade is SelfTrade.MAKER:
                events += self.cancel(at, first.id, OWN_ORDER)
                continue
            self._trades += 1
            met = self._match_level(order, line, self_trade)
            traded = sum(match.qty for match in met)
            side, price = order.side.other, met[0].price
            left = line.totals.get(price * line.sign, 0)
            name = met[0].maker_order if len(met) == 1 else ""
            level = LevelNow(at, self.market, side, price, left, -traded, by_trade=True, order=name)
            events.append(level)
            events.append(Traded(at, self.market, price, traded, order.side, self._trades))
            matches += met
            if self.watcher is not None:
                for match in met:
                    self.watcher.matched(at, match)
        return events, matches

    def _match_level(self, order: Order, line: _Line, self_trade: SelfTrade) -> list[Match]:
        """Trade with the best level's queue, up to the first order of the same owner."""
        matches: list[Match] = []
        for resting in list(line.queues[line.ranks[-1]].values()):
            is_own = resting.owner == order.owner and self_trade is not SelfTrade.ALLOWED
            if not order.qty or is_own:
                break
            qty = min(order.qty, resting.qty)
            line.take(resting, qty)
            order.qty -= qty
            matches.append(
                Match(
                    resting.id,
                    resting.owner,
                    order.id,
                    resting.price,
                    qty,
                    order.owner,
                    order.side,
                    self._trades,
                )
            )
            if not resting.qty:
                del self._orders[resting.id]
        return matches
