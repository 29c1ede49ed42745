from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.money_builders import (
    BUY,
    FOK,
    GTC,
    IOC,
    SELL,
    T0,
    M,
    RealBook,
    intent,
    seen,
    tell,
    trade,
)

from pmterm.messages.feed import LevelSet
from pmterm.messages.orders import Fill, OrderReport, PlaceOrder
from pmterm.model.units import MS, QTY_ONE
from pmterm.paper.broker import PaperBroker
from pmterm.paper.latency import PaperSettings

bids = st.integers(40, 46).map(lambda cents: cents * 100)
asks = st.integers(47, 53).map(lambda cents: cents * 100)
sizes = st.integers(0, 40)
place = st.tuples(
    st.just("place"),
    st.sampled_from([BUY, SELL]),
    st.one_of(bids, asks),
    st.integers(1, 60),
    st.sampled_from([GTC, IOC, FOK]),
)
level = st.one_of(
    st.tuples(st.just("level"), st.just(BUY), bids, sizes),
    st.tuples(st.just("level"), st.just(SELL), asks, sizes),
)
tape = st.one_of(
    st.tuples(st.just("trade"), st.just(SELL), bids, st.integers(1, 40)),
    st.tuples(st.just("trade"), st.just(BUY), asks, st.integers(1, 40)),
)
books = st.tuples(st.dictionaries(bids, sizes), st.dictionaries(asks, sizes))


class Witness:
    """Runs an evening and checks every fill against the book that a stranger would have seen."""

    def __init__(self, book):
        self.book = RealBook(*book)
        self.broker = PaperBroker(self.book, PaperSettings())
        tell(self.broker, seen())
        self.at = T0
        self.orders = {}
        self.filled = {}
        self.maker_total = 0
        self.taken = {}  # (side of the book, price) -> size taken since the level was last empty

    def hear(self, said, tape_qty=0):
        tape_left = tape_qty
        for message in said:
            if isinstance(message, Fill):
                tape_left = self.check(message, tape_left)
            elif isinstance(message, OrderReport):
                assert message.filled == self.filled.get(message.order, 0)
                assert message.filled <= message.maybe_filled <= message.qty

    def check(self, fill, tape_left):
        wish = self.orders[fill.order]
        total = self.filled[fill.order] = self.filled.get(fill.order, 0) + fill.qty
        assert fill.qty > 0
        assert total <= wish.qty
        if fill.is_maker:
            assert fill.price == wish.price
            if tape_left:
                assert fill.qty <= tape_left
                return tape_left - fill.qty
            return self.eat(fill, wish, at_most=wish.price)
        assert fill.price <= wish.price if wish.side is BUY else fill.price >= wish.price
        return self.eat(fill, wish, at_most=fill.price)

    def eat(self, fill, wish, at_most):
        """The size must stand on the other side within the price, not yet taken by us."""
        side = wish.side.other
        there = {
            price: size * QTY_ONE - self.taken.get((side, price), 0)
            for price, size in self.book.sizes[side].items()
            if (price <= at_most if wish.side is BUY else price >= at_most)
        }
        assert sum(max(0, left) for left in there.values()) >= fill.qty
        best_first = sorted(there, reverse=side is BUY)
        left = fill.qty
        for price in best_first:
            part = min(left, max(0, there[price]))
            if part and not fill.is_maker:
                assert price == fill.price  # nothing better was skipped
            self.taken[side, price] = self.taken.get((side, price), 0) + part
            left -= part
        return 0

    def do(self, n, step):
        self.at += 200 * MS
        match step:
            case ("place", side, price, qty, tif):
                wish = intent(f"s-{n:05d}", side, qty, price, self.at, tif=tif)
                self.orders[wish.order] = wish
                self.hear(tell(self.broker, PlaceOrder(self.at, wish)))
                self.hear(self.broker.wake(self.at + 150 * MS))
            case ("level", side, price, size):
                self.book.sizes[side][price] = size
                if size * QTY_ONE < self.taken.get((side, price), 0):
                    self.taken[side, price] = size * QTY_ONE
                said = tell(
                    self.broker,
                    LevelSet(self.at, self.at, M, side, price, size * QTY_ONE),
                    self.book.touch(self.at),
                )
                self.hear(said)
            case ("trade", taker, price, qty):
                said = tell(self.broker, trade(price, qty, taker, self.at))
                self.hear(said, tape_qty=qty * QTY_ONE)


@settings(max_examples=300)
@given(books, st.lists(st.one_of(place, level, tape), max_size=30))
def test_no_fill_is_better_than_the_book_and_the_tape_allowed(book, steps):
    witness = Witness(book)
    for n, step in enumerate(steps):
        witness.do(n, step)


@settings(max_examples=150)
@given(books, st.lists(st.one_of(place, level, tape), max_size=30))
def test_the_same_evening_gives_the_same_fills(book, steps):
    first, second = Witness(book), Witness(book)
    for n, step in enumerate(steps):
        first.do(n, step)
    for n, step in enumerate(steps):
        second.do(n, step)
    assert first.filled == second.filled
