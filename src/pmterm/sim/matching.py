"""Price-time matching of one market: integers in, events out, no clock and no chance."""

from bisect import bisect_left, insort

import msgspec

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.sim.events import LevelNow, MarketEvent, Traded

NO_BID: Price = 0
NO_ASK: Price = PRICE_ONE


class Order(msgspec.Struct):
    """An order; `qty` is what is left of it."""

    id: str
    owner: str
    side: Side
    price: Price
    qty: Qty


class Match(msgspec.Struct, frozen=True):
    """One resting order met one incoming order, at the resting price."""

    maker_order: str
    maker_owner: str
    taker_order: str
    price: Price
    qty: Qty


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
    resting price. The book is never crossed. An order never trades with its own owner's: what is
    left of it then is killed, as Kalshi's "taker at cross" does (Kalshi docs, orders, read
    2026-10).
    """

    def __init__(self, market: MarketId) -> None:
        self.market = market
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

    def place(
        self,
        at: Ns,
        order: Order,
        tif: TimeInForce = TimeInForce.GTC,
        *,
        post_only: bool = False,
    ) -> Placed:
        """Match an order and let the rest stand, as its time in force says.

        Raises:
            Impossible: the order's id is known, or its price or size cannot be traded.
        """
        if order.id in self._orders or order.qty <= 0 or not 0 < order.price < PRICE_ONE:
            raise Impossible(f"no such order can be placed: {order}")
        asked = order.qty
        reachable = self._reachable(order)
        if post_only and self._meets(order):
            return Placed([], [], 0, 0, asked, "post only")
        if tif is TimeInForce.FOK and reachable < asked:
            return Placed([], [], 0, 0, asked, "fill or kill")
        events, matches = self._match(at, order)
        filled = asked - order.qty
        if not order.qty:
            return Placed(events, matches, filled, 0, 0)
        if self._meets(order):
            return Placed(events, matches, filled, 0, order.qty, "own order")
        if tif is not TimeInForce.GTC:
            return Placed(events, matches, filled, 0, order.qty, "nothing to match")
        self._orders[order.id] = order
        total = self._line(order.side).add(order)
        events.append(LevelNow(at, self.market, order.side, order.price, total, order.qty))
        return Placed(events, matches, filled, order.qty, 0)

    def cancel(self, at: Ns, order_id: str) -> list[MarketEvent]:
        """Take an order back; nothing happens if it does not rest here."""
        order = self._orders.get(order_id)
        return self.reduce(at, order_id, order.qty) if order else []

    def reduce(self, at: Ns, order_id: str, by: Qty) -> list[MarketEvent]:
        """Make a resting order smaller by at most `by`; it keeps its place in line."""
        order = self._orders.get(order_id)
        if order is None or by <= 0:
            return []
        by = min(by, order.qty)
        left = self._line(order.side).take(order, by)
        if not order.qty:
            del self._orders[order_id]
        return [LevelNow(at, self.market, order.side, order.price, left, -by)]

    def _line(self, side: Side) -> _Line:
        return self._bids if side is Side.BUY else self._asks

    def _meets(self, order: Order) -> bool:
        line = self._line(order.side.other)
        return bool(line.ranks) and line.ranks[-1] >= order.price * line.sign

    def _reachable(self, order: Order) -> Qty:
        """Return how much of an order could trade at once, up to its size."""
        line = self._line(order.side.other)
        sum_qty = 0
        for rank in reversed(line.ranks):
            if rank < order.price * line.sign or sum_qty >= order.qty:
                break
            for resting in line.queues[rank].values():
                if resting.owner == order.owner:
                    return sum_qty
                sum_qty += resting.qty
        return sum_qty

    def _match(self, at: Ns, order: Order) -> tuple[list[MarketEvent], list[Match]]:
        line = self._line(order.side.other)
        events: list[MarketEvent] = []
        matches: list[Match] = []
        while order.qty and self._meets(order):
            price = line.ranks[-1] * line.sign
            traded = self._match_level(order, line, matches)
            if traded:
                self._trades += 1
                left = line.totals.get(price * line.sign, 0)
                events.append(
                    LevelNow(at, self.market, order.side.other, price, left, -traded, by_trade=True)
                )
                events.append(Traded(at, self.market, price, traded, order.side, self._trades))
            if line.ranks and line.ranks[-1] * line.sign == price and order.qty:
                break  # the next in line is the owner's own order
        return events, matches

    def _match_level(self, order: Order, line: _Line, matches: list[Match]) -> Qty:
        traded = 0
        for resting in list(line.queues[line.ranks[-1]].values()):
            if not order.qty or resting.owner == order.owner:
                break
            qty = min(order.qty, resting.qty)
            line.take(resting, qty)
            order.qty -= qty
            traded += qty
            matches.append(Match(resting.id, resting.owner, order.id, resting.price, qty))
            if not resting.qty:
                del self._orders[resting.id]
        return traded
