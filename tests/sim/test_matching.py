"""Price-time matching: who trades first, at what price, and what is left."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId
from pmterm.model.order import Side, TimeInForce
from pmterm.sim.events import LevelNow, Traded
from pmterm.sim.matching import MatchingBook, Order

M = MarketId("m")


def book_of(*orders):
    book = MatchingBook(M)
    for order_id, owner, side, price, qty in orders:
        book.place(1, Order(order_id, owner, side, price, qty))
    return book


def test_better_price_trades_before_older_order_and_older_before_younger():
    book = book_of(
        ("a", "x", Side.SELL, 5200, 10),
        ("b", "y", Side.SELL, 5100, 10),
        ("c", "z", Side.SELL, 5100, 10),
    )
    placed = book.place(2, Order("t", "w", Side.BUY, 5300, 25))
    assert [(m.maker_order, m.price, m.qty) for m in placed.matches] == [
        ("b", 5100, 10),
        ("c", 5100, 10),
        ("a", 5200, 5),
    ]
    assert (placed.filled, placed.resting, placed.killed) == (25, 0, 0)
    assert book.best_ask == 5200
    assert book.size_at(Side.SELL, 5200) == 5


def test_events_tell_levels_and_trades_in_order():
    book = book_of(("a", "x", Side.SELL, 5100, 10))
    placed = book.place(7, Order("t", "w", Side.BUY, 5100, 30))
    assert placed.events == [
        LevelNow(7, M, Side.SELL, 5100, 0, -10, by_trade=True, order="a"),
        Traded(7, M, 5100, 10, Side.BUY, 1),
        LevelNow(7, M, Side.BUY, 5100, 20, 20, order="t"),
    ]


def test_ioc_kills_the_rest_and_fok_trades_all_or_nothing():
    book = book_of(("a", "x", Side.BUY, 4000, 10))
    short = book.place(2, Order("f", "w", Side.SELL, 4000, 11), TimeInForce.FOK)
    assert (short.filled, short.killed, short.reason) == (0, 11, "fill or kill")
    assert book.size_at(Side.BUY, 4000) == 10
    part = book.place(3, Order("i", "w", Side.SELL, 4000, 11), TimeInForce.IOC)
    assert (part.filled, part.killed, part.reason) == (10, 1, "nothing to match")
    assert book.levels(Side.SELL) == []


def test_post_only_order_that_would_trade_is_refused_whole():
    book = book_of(("a", "x", Side.BUY, 4000, 10))
    refused = book.place(2, Order("p", "w", Side.SELL, 4000, 5), post_only=True)
    assert (refused.killed, refused.reason, refused.events) == (5, "post only", [])
    assert book.place(3, Order("q", "w", Side.SELL, 4100, 5), post_only=True).resting == 5


def test_nobody_trades_with_himself():
    book = book_of(("a", "x", Side.SELL, 5000, 10), ("b", "me", Side.SELL, 5000, 10))
    placed = book.place(2, Order("t", "me", Side.BUY, 5000, 20))
    assert (placed.filled, placed.resting, placed.killed) == (10, 0, 10)
    assert placed.reason == "own order"
    assert book.size_at(Side.SELL, 5000) == 10


def test_smaller_order_keeps_its_place_and_cancel_frees_the_level():
    book = book_of(("a", "x", Side.BUY, 5000, 10), ("b", "y", Side.BUY, 5000, 10))
    assert book.reduce(2, "a", 4) == [LevelNow(2, M, Side.BUY, 5000, 16, -4, order="a")]
    first = book.place(3, Order("t", "w", Side.SELL, 5000, 6)).matches[0]
    assert (first.maker_order, first.qty) == ("a", 6)
    assert book.cancel(4, "b") == [LevelNow(4, M, Side.BUY, 5000, 0, -10, order="b")]
    assert book.cancel(5, "b") == []
    assert book.best_bid == 0


@pytest.mark.parametrize(("price", "qty"), [(0, 1), (10_000, 1), (5000, 0), (5000, -3)])
def test_order_that_cannot_stand_is_a_bug(price, qty):
    with pytest.raises(Impossible):
        MatchingBook(M).place(1, Order("a", "x", Side.BUY, price, qty))


steps = st.lists(
    st.tuples(
        st.sampled_from(["gtc", "ioc", "fok", "post", "cancel", "reduce"]),
        st.sampled_from(list(Side)),
        st.integers(1, 12),
        st.integers(1, 30),
        st.sampled_from("xyz"),
    ),
    max_size=60,
)


def act(book, number, step):
    """One step; returns (events, asked, placed or None)."""
    kind, side, price, qty, owner = step
    if kind == "cancel":
        return book.cancel(number, f"o{qty}"), 0, None
    if kind == "reduce":
        return book.reduce(number, f"o{qty}", price), 0, None
    tif = {"ioc": TimeInForce.IOC, "fok": TimeInForce.FOK}.get(kind, TimeInForce.GTC)
    order = Order(f"o{number}", owner, side, price * 100, qty)
    placed = book.place(number, order, tif, post_only=kind == "post")
    return placed.events, qty, placed


@given(steps)
def test_book_is_never_crossed_and_nothing_is_lost_or_made(todo):
    book = MatchingBook(M)
    shown = {Side.BUY: {}, Side.SELL: {}}
    for number, step in enumerate(todo):
        events, asked, placed = act(book, number, step)
        if placed is not None:
            assert placed.filled + placed.resting + placed.killed == asked
            assert sum(m.qty for m in placed.matches) == placed.filled
            assert sum(e.qty for e in events if isinstance(e, Traded)) == placed.filled
        for event in events:
            if isinstance(event, LevelNow):
                level = shown[event.side]
                assert level.get(event.price, 0) + event.change == event.qty
                level[event.price] = event.qty
                if not event.qty:
                    del level[event.price]
        assert book.best_bid < book.best_ask
        for side in Side:
            assert dict(book.levels(side)) == shown[side]


@given(steps)
def test_same_orders_give_the_same_events(todo):
    first, second = MatchingBook(M), MatchingBook(M)
    for number, step in enumerate(todo):
        assert act(first, number, step)[0] == act(second, number, step)[0]
