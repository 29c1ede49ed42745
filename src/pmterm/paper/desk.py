"""One market's paper orders against its real book and tape."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged, TradeSeen
from pmterm.messages.orders import Fill
from pmterm.model.order import Side
from pmterm.model.units import Ns, Price, Qty
from pmterm.paper.depth import Depth, Levels, is_within
from pmterm.paper.latency import PaperSettings
from pmterm.paper.orders import PaperOrder, Phase
from pmterm.paper.queue import Line


class Desk:
    """Fills a market's orders, never better than the book and the tape allowed.

    `held` is what our paper fills in this market add up to, signed: a reduce-only order fills no
    further than that. `is_lost`: the book was lost, so places in line start over.
    """

    def __init__(self, settings: PaperSettings) -> None:
        self._settings = settings
        self._depth = Depth(settings.refill)
        self.orders: list[PaperOrder] = []
        self.held: Qty = 0
        self.is_trusted = True
        self.is_lost = False

    @property
    def is_idle(self) -> bool:
        """Whether the market needs no attention: no order, and nothing taken lately."""
        return not self.orders and not self._depth

    def add(self, order: PaperOrder) -> None:
        """Take an order on."""
        self.orders.append(order)

    def drop(self, order: PaperOrder) -> None:
        """Let an order go."""
        self.orders = [other for other in self.orders if other is not order]

    def crosses(self, order: PaperOrder, levels: Levels) -> bool:
        """Tell whether an order would trade at once."""
        best = levels.asks(1) if order.side is Side.BUY else levels.bids(1)
        return bool(best) and is_within(order.side, order.price, best[0][0])

    def cap(self, order: PaperOrder) -> Qty:
        """Return how much of an order may still fill."""
        if not order.intent.reduce_only:
            return order.open_qty
        against = -self.held if order.side is Side.BUY else self.held
        return max(0, min(order.open_qty, against))

    def take(self, order: PaperOrder, levels: Levels, at: Ns, *, whole: bool) -> list[Message]:
        """Walk the book up to the order's limit; with `whole`, all of it or nothing."""
        want = self.cap(order)
        rows: list[tuple[Price, Qty]] = []
        for price, size in self._depth.offers(levels, order.side, order.price):
            if want == 0:
                break
            rows.append((price, min(size, want)))
            want -= rows[-1][1]
        if whole and (want or self.cap(order) < order.open_qty):
            return []
        said: list[Message] = []
        for price, qty in rows:
            self._depth.take(order.side, price, qty, at)
            said.append(self._fill(order, at, price, qty, is_maker=False))
        return said

    def recall(self, fill: Fill) -> None:
        """Remember what an earlier session took from the book, lest a restart sells it again."""
        if not fill.is_maker:
            self._depth.take(fill.side, fill.price, fill.qty, fill.at)

    def rest(self, order: PaperOrder, levels: Levels) -> None:
        """Put an order at the end of the line at its price."""
        order.phase = Phase.RESTING
        order.line = Line(levels.size_at(order.side, order.price), self._settings.credit)

    def level_changed(self, side: Side, price: Price, levels: Levels, at: Ns) -> None:
        """Follow a level of the real book."""
        size = levels.size_at(side, price)
        self._depth.level_is(side, price, size)
        if self.is_lost:
            return
        for order in self.orders:
            if order.line is not None and order.price == price and order.side is side:
                order.line.level_is(size, at)

    def book_replaced(self, levels: Levels, at: Ns) -> None:
        """Follow a whole new book; after a doubtful one, places in line start over."""
        self._depth.book_is(levels)
        if not self.is_trusted:
            self.is_lost = True
        if self.is_lost:
            return
        for order in self.orders:
            if order.line is not None:
                order.line.level_is(levels.size_at(order.side, order.price), at)

    def trusted_again(self, levels: Levels) -> None:
        """Stand at the end of every line, since nobody saw what happened to them."""
        self.is_lost = False
        for order in self.orders:
            if order.phase is not Phase.RESTING:
                continue
            size = levels.size_at(order.side, order.price)
            if order.line is None:
                order.line = Line(size, self._settings.credit)
            else:
                order.line.lost(size)

    def traded(self, trade: TradeSeen) -> list[Message]:
        """Fill resting orders by a trade on the tape.

        A trade at our price eats who stands before us, then us; one beyond our price would have
        met us first, for as much as it traded (by the optimistic count, for all of ours).
        """
        if not self.is_trusted or self.is_lost or trade.is_block:
            return []
        said: list[Message] = []
        left = trade.qty
        for order in self._by_priority(trade.taker.other):
            reached, maybe = self._reached_by(order, trade, left, trade.qty - left)
            order.maybe_filled = min(order.qty, order.maybe_filled + maybe)
            qty = min(reached, self.cap(order))
            if qty > 0:
                left -= qty
                said += self._made(order, trade.at, qty)
        return said

    def _reached_by(
        self, order: PaperOrder, trade: TradeSeen, left: Qty, before: Qty
    ) -> tuple[Qty, Qty]:
        """Return how much of a trade came to an order, and how much may have (in all)."""
        if order.line is None or not is_within(trade.taker, trade.price, order.price):
            return 0, 0
        if order.price != trade.price:
            return left, order.open_qty
        surely, maybe = order.line.traded(trade.qty, trade.at)
        return min(left, max(0, surely - before)), max(0, maybe - before)

    def touched(self, book: BookChanged, levels: Levels) -> list[Message]:
        """Fill resting orders that the other side's best price has come to."""
        said: list[Message] = []
        for side, best in ((Side.BUY, book.best_ask), (Side.SELL, book.best_bid)):
            if best in {NO_ASK, NO_BID}:
                continue
            for order in self._by_priority(side):
                if is_within(side, order.price, best):
                    said += self._met(order, levels, book.at)
        return said

    def _met(self, order: PaperOrder, levels: Levels, at: Ns) -> list[Message]:
        want = self.cap(order)
        met = 0
        for price, size in self._depth.offers(levels, order.side, order.price):
            qty = min(size, want - met)
            if qty == 0:
                break
            self._depth.take(order.side, price, qty, at)
            met += qty
        return self._made(order, at, met) if met else []

    def _made(self, order: PaperOrder, at: Ns, qty: Qty) -> list[Message]:
        fill = self._fill(order, at, order.price, qty, is_maker=True)
        report = order.standing(at)
        if order.open_qty == 0:
            self.drop(order)
        return [fill, report]

    def _fill(self, order: PaperOrder, at: Ns, price: Price, qty: Qty, *, is_maker: bool) -> Fill:
        self.held += qty if order.side is Side.BUY else -qty
        return order.fill(at, price, qty, is_maker=is_maker)

    def _by_priority(self, side: Side) -> Sequence[PaperOrder]:
        """Return the resting orders of a side, best price first, then oldest."""
        sign = -1 if side is Side.BUY else 1
        resting = (o for o in self.orders if o.phase is Phase.RESTING and o.side is side)
        return sorted(resting, key=lambda order: sign * order.price)

    def news(self, at: Ns) -> list[Message]:
        """Say which places in line have changed since they were last told."""
        self._depth.expire(at)
        return [
            order.standing(at)
            for order in self.orders
            if order.line is not None and order.line.ahead != order.told_ahead
        ]
