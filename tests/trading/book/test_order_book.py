"""The book gives back what was put in, best first, and its cached top five is never stale."""

from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.order import Side
from pmterm.trading.book.order_book import TOP, BookSide, OrderBook

changes = st.lists(
    st.tuples(st.integers(1, 9_999) | st.integers(4_000, 4_010), st.integers(0, 5_000_000)),
    max_size=80,
)


def slow_top_value(levels):
    best = sorted(levels, reverse=True)[:TOP]
    return sum(stake * levels[stake] for stake in best)


@given(changes)
def test_side_equals_a_plain_dict_after_every_change(steps):
    side, plain = BookSide(), {}
    for stake, qty in steps:
        assert side.put(stake, qty) == plain.get(stake, 0)
        if qty:
            plain[stake] = qty
        else:
            plain.pop(stake, None)
        assert side.stakes == sorted(plain)
        assert side.levels == plain
        assert side.best == max(plain, default=0)
        assert side.total == sum(plain.values())
        assert side.top_value == slow_top_value(plain)


@given(changes, changes)
def test_side_that_was_replaced_goes_on_like_one_built_by_changes(first, then):
    built, replaced = BookSide(), BookSide()
    for stake, qty in first:
        built.put(stake, qty)
    replaced.replace(dict(first).items())
    for stake, qty in then:
        built.put(stake, qty)
        replaced.put(stake, qty)
    assert replaced.levels == built.levels
    assert replaced.top_value == built.top_value == slow_top_value(built.levels)
    assert (replaced.best, replaced.total) == (built.best, built.total)


def test_book_tells_prices_best_first_on_the_yes_scale():
    bids, asks = BookSide(), BookSide()
    bids.replace([(4_000, 1), (4_200, 2), (4_100, 3)])
    asks.replace([(10_000 - 4_500, 4), (10_000 - 4_400, 5)])
    book = OrderBook(bids, asks)
    assert book.bids(2) == [(4_200, 2), (4_100, 3)]
    assert book.asks(9) == [(4_400, 5), (4_500, 4)]
    assert (book.best_bid, book.best_ask) == (4_200, 4_400)
    assert book.size_at(Side.BUY, 4_100) == 3
    assert book.size_at(Side.SELL, 4_500) == 4
    assert book.size_at(Side.SELL, 4_100) == 0
    assert (book.bid_levels, book.ask_levels, book.bid_size, book.ask_size) == (3, 2, 6, 9)


def test_empty_book_has_no_touch():
    book = OrderBook(BookSide(), BookSide())
    assert (book.best_bid, book.best_ask) == (0, 10_000)
    assert book.bids(5) == book.asks(5) == []
