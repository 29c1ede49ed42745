"""The book stage against a dict, and its invariants under anything a feed may say."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.messages.feed import (
    NO_ASK,
    NO_BID,
    NOT_TOLD,
    BookChanged,
    BookDoubted,
    BookLost,
    BookSnapshot,
    LevelMoved,
    LevelSet,
    TouchSeen,
    TradeSeen,
)
from pmterm.messages.health import Heartbeat
from pmterm.model.order import Side
from pmterm.model.units import MS, SECOND
from pmterm.trading.book.books import Books

M = "0xabc"
prices = st.integers(1, 9_999) | st.integers(4_900, 5_100)
sides = st.sampled_from(list(Side))
sizes = st.integers(0, 10**9)
moves = st.integers(-(10**9), 10**9)
sets = st.lists(st.tuples(sides, prices, sizes), max_size=60)
told_bids = st.sampled_from([NOT_TOLD, NO_BID, 4_900, 4_950])
told_asks = st.sampled_from([NOT_TOLD, NO_ASK, 5_000, 5_050])
levels = st.dictionaries(prices, st.integers(1, 10**9), max_size=8).map(lambda d: tuple(d.items()))

anything = st.lists(
    st.one_of(
        st.builds(lambda b, a, r: BookSnapshot(0, 0, M, b, a, r), levels, levels, st.booleans()),
        st.builds(
            lambda s, p, q, b, a: LevelSet(0, 0, M, s, p, q, b, a),
            sides,
            prices,
            sizes,
            told_bids,
            told_asks,
        ),
        st.builds(
            lambda s, p, d: LevelMoved(0, 0, M, s, p, d),
            sides,
            prices,
            st.integers(-(10**9), 10**9),
        ),
        st.builds(lambda b, a: TouchSeen(0, 0, M, b, a), told_bids, told_asks),
        st.builds(lambda p, q, s: TradeSeen(0, 0, M, p, q + 1, s), prices, sizes, sides),
        st.just(BookLost(0, M, "gap")),
        st.just(Heartbeat(0)),
    ),
    max_size=60,
)


def at_times(messages):
    """Give each message a time 300 ms after the one before."""
    fields = [tuple(getattr(m, f) for f in m.__struct_fields__[1:]) for m in messages]
    return [
        type(m)((i + 1) * 300 * MS, *rest)
        for i, (m, rest) in enumerate(zip(messages, fields, strict=True))
    ]


def hear(stage, message):
    return list(stage.hears()[type(message)](message))


@given(sets)
def test_sets_and_moves_to_the_same_levels_make_the_same_book(steps):
    by_set, by_move, plain = Books(), Books(), {}
    for stage in (by_set, by_move):
        hear(stage, BookSnapshot(1, 1, M, (), ()))
    for second, (side, price, qty) in enumerate(steps, start=2):
        at = second * SECOND  # what lies below the best five is said once a second at most
        delta = qty - plain.get((side, price), 0)
        if not delta:
            continue  # no venue says a change that is none
        plain[side, price] = qty
        one = hear(by_set, LevelSet(at, at, M, side, price, qty))
        two = hear(by_move, LevelMoved(at, at, M, side, price, delta))
        assert one == two
        book = by_set.book(M)
        bids = sorted(((p, q) for (s, p), q in plain.items() if s is Side.BUY and q), reverse=True)
        asks = sorted((p, q) for (s, p), q in plain.items() if s is Side.SELL and q)
        assert (book.bids(99), book.asks(99)) == (bids, asks)
        said = one[0]
        assert (said.best_bid, said.bid_qty) == (bids[0] if bids else (NO_BID, 0))
        assert (said.best_ask, said.ask_qty) == (asks[0] if asks else (NO_ASK, 0))
        assert said.bid_depth == sum(p * q for p, q in bids[:5]) // 10_000
        assert said.ask_depth == sum((10_000 - p) * q for p, q in asks[:5]) // 10_000


@settings(max_examples=200, deadline=None)
@given(anything)
def test_whatever_comes_a_book_stays_a_book(messages):
    stage = Books()
    doubted = False
    for message in at_times(messages):
        if type(message) is BookSnapshot:
            doubted = False  # a fresh book, though it may be crossed from the start
        for said in hear(stage, message):
            if type(said) is BookDoubted:
                assert not doubted, "a doubt is said once, until there is a fresh book"
                doubted = True
        book, health = stage.book(M), stage.health(M)
        if health.is_trusted:
            doubted = False
            assert book.best_bid < book.best_ask
            assert health.reason == ""
        if book is None:
            continue
        assert all(q > 0 for _, q in book.bids(999) + book.asks(999))
        assert 0 <= health.touch_agree <= health.touch_checks
        for flow in stage.flow(M):
            assert 0 <= flow.traded <= flow.gone


@settings(max_examples=200, deadline=None)
@given(anything)
def test_no_change_of_an_untrusted_or_crossed_book_is_called_trusted(messages):
    stage = Books()
    for message in at_times(messages):
        changes = [m for m in hear(stage, message) if type(m) is BookChanged]
        if changes:
            assert changes[-1].is_trusted == stage.health(M).is_trusted
        for said in changes:
            assert not said.is_trusted or said.best_bid < said.best_ask
