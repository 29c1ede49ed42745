"""Measures of a book, and walking it for contracts and for dollars."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.order import Side
from pmterm.trading.book import measures
from pmterm.trading.book.measures import Walk

levels = st.lists(
    st.tuples(st.integers(1, 9_999), st.integers(1, 10**10)), max_size=12, unique_by=lambda x: x[0]
)
ASKS = [(4_400, 100_000_000), (4_500, 50_000_000)]


def test_mid_needs_both_sides_and_no_crossing():
    assert measures.mid2(4_200, 4_500) == 8_700
    assert measures.mid2(0, 4_500) == 0
    assert measures.mid2(4_200, 10_000) == 0
    assert measures.mid2(4_500, 4_500) == 0


def test_microprice_leans_to_the_thin_side():
    assert measures.microprice2(4_000, 5_000, 3, 1) == 2 * 4_750
    assert measures.microprice2(0, 5_000, 3, 1) == 0


def test_imbalance_is_signed():
    assert measures.imbalance(3, 1) == 500_000
    assert measures.imbalance(1, 3) == -500_000
    assert measures.imbalance(0, 0) == 0


def test_spread_of_an_empty_side_reaches_the_end_of_the_scale():
    assert measures.spread(4_200, 4_500) == 300
    assert measures.spread(0, 4_500) == 4_500


def test_depth_is_what_it_costs_to_sit_there():
    assert measures.depth_cash([(4_000, 10_000_000)], Side.BUY) == 4_000_000
    assert measures.depth_cash([(4_000, 10_000_000)], Side.SELL) == 6_000_000


def test_buyer_pays_worse_prices_for_more():
    got = measures.walk(ASKS, 120_000_000, Side.BUY)
    assert got == Walk(120_000_000, 0, 53_000_000, 4_417, 4_500)


def test_seller_average_is_rounded_down():
    bids = [(4_400, 100_000_000), (4_300, 50_000_000)]
    assert measures.walk(bids, 120_000_000, Side.SELL).average == 4_383


def test_walk_says_what_was_not_there():
    got = measures.walk(ASKS, 200_000_000, Side.BUY)
    assert (got.filled, got.unfilled, got.worst) == (150_000_000, 50_000_000, 4_500)
    assert measures.walk([], 5, Side.BUY) == Walk(unfilled=5)


def test_dollars_walk_the_same_levels():
    assert measures.walk_cash(ASKS, 53_000_000, Side.BUY).filled == 120_000_000
    got = measures.walk_cash(ASKS, 100_000_000, Side.BUY)
    assert (got.filled, got.unfilled) == (150_000_000, 100_000_000 - 66_500_000)


@given(levels, st.integers(1, 10**11))
def test_walk_conserves_quantity_and_money(asks, qty):
    asks.sort()
    got = measures.walk(asks, qty, Side.BUY)
    assert got.filled + got.unfilled == qty
    assert got.filled == min(qty, sum(there for _, there in asks))
    left, exact = got.filled, Fraction(0)
    for price, there in asks:
        taken = min(left, there)
        exact += Fraction(price * taken, 10_000)
        left -= taken
    assert 0 <= got.cash - exact < 1
    if got.filled:
        assert got.average >= exact * 10_000 / got.filled > got.average - 1


@given(levels, st.integers(1, 10**9))
def test_dollar_walk_never_spends_more_than_it_has(asks, cash):
    asks.sort()
    got = measures.walk_cash(asks, cash, Side.BUY)
    assert got.cash <= cash
    again = measures.walk(asks, got.filled, Side.BUY)
    assert (again.cash, again.worst) == (got.cash, got.worst)
