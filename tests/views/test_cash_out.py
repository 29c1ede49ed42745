"""What leaving a position would bring, the best way first."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pmterm.messages.accounts import PositionChanged
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.units import QTY_ONE
from pmterm.views.cash_out import CashOut, Way, cash_outs, if_resolved
from pmterm.views.positions import leaving_lines, position_row, ways_to_leave

FREE = FeeSchedule()
DEAR = FeeSchedule(FeeKind.POLYMARKET, taker_ppm=70_000)
TEN = 10 * QTY_ONE
BIDS = [(5_500, 4 * QTY_ONE), (6_000, 8 * QTY_ONE)]  # 8 at 60c, then 4 at 55c


def test_selling_walks_down_the_book_and_pays_its_fees():
    (way,) = cash_outs(TEN, BIDS, FREE)
    assert way == CashOut(Way.SELL, TEN, 5_900_000, at_once=True)
    assert way.each == 590_000
    # 7 % of 8 x 0.6 x 0.4, and of 2 x 0.55 x 0.45.
    (dear,) = cash_outs(TEN, BIDS, DEAR)
    assert dear.brings == 5_900_000 - 134_400 - 34_650


def test_only_what_stands_in_the_book_is_told():
    (way,) = cash_outs(20 * QTY_ONE, BIDS, FREE)
    assert (way.qty, way.brings) == (12 * QTY_ONE, 7_000_000)
    assert cash_outs(TEN, [], FREE) == []


def test_what_settles_yet_cannot_be_sold_but_paired():
    paired, sold = cash_outs(TEN, BIDS, FREE, settling=7 * QTY_ONE, merges=True)
    assert (paired.way, paired.qty, paired.brings) == (Way.MERGE, TEN, 5_900_000)
    assert (sold.way, sold.qty) == (Way.SELL, 3 * QTY_ONE)


def test_where_both_bring_the_same_selling_comes_first():
    first, second = cash_outs(TEN, BIDS, FREE, merges=True)
    assert (first.way, second.way) == (Way.SELL, Way.MERGE)
    assert first.brings == second.brings


def test_the_other_venue_is_first_where_it_pays_more_and_says_that_it_pays_later():
    better = ([(6_500, TEN)], FREE)
    first, *others = cash_outs(TEN, BIDS, FREE, merges=True, elsewhere=better)
    assert (first.way, first.brings, first.at_once) == (Way.ELSEWHERE, 6_500_000, False)
    worse = ([(6_500, TEN)], DEAR)
    dear = FeeSchedule(FeeKind.POLYMARKET, taker_ppm=300_000)
    assert cash_outs(TEN, BIDS, FREE, elsewhere=worse)[0].way is Way.ELSEWHERE
    assert cash_outs(TEN, BIDS, FREE, elsewhere=([(6_500, TEN)], dear))[0].way is Way.SELL
    assert len(others) == 2


def test_what_it_earns_if_it_is_held_to_the_end():
    assert if_resolved(TEN, 4_000_000, wins=True) == 6_000_000
    assert if_resolved(TEN, 4_000_000, wins=False) == -4_000_000


levels = st.lists(st.tuples(st.integers(1, 9_999), st.integers(1, 50_000_000)), max_size=6)


@given(st.integers(1, 100_000_000), levels, st.integers(0, 100_000))
def test_a_pair_and_a_sale_never_differ_by_more_than_rounding(qty, bids, rate):
    fees = FeeSchedule(FeeKind.POLYMARKET, taker_ppm=rate)
    found = {one.way: one for one in cash_outs(qty, bids, fees, merges=True)}
    if found:
        sold, paired = found[Way.SELL], found[Way.MERGE]
        assert sold.qty == paired.qty <= qty
        assert abs(sold.brings - paired.brings) <= len(bids)
        assert sold.brings <= sold.qty


def row_of(held, here, there=None, *, merges=False):
    ways = ways_to_leave(held, here, there, merges=merges)
    return position_row(held, MARKET, (5_900, 6_100), is_trusted=True, value=0, ways=ways)


MARKET = Market(id="KX", venue=Venue.KALSHI, title="A", outcomes=(Outcome("Home"), Outcome("Away")))
BOOK = (([(5_900, TEN)], [(6_100, TEN)]), FREE)


def test_a_short_holding_sells_into_the_asks():
    held = PositionChanged(1, "KX", -TEN, 7_000, 3_000_000, 0, 0)
    row = row_of(held, BOOK, (([], [(6_000, TEN)]), FREE))
    assert [(one.way, one.brings) for one in row.ways] == [
        (Way.ELSEWHERE, 4_000_000),
        (Way.SELL, 3_900_000),
    ]
    assert leaving_lines(row) == (
        "cash out: buy the other elsewhere $4.00 when resolved; sell $3.90",
        "cashed out +$1.00 either way; held to the end +$7.00 if Away, else -$3.00",
    )


def test_a_long_holding_is_left_in_part_where_the_book_is_thin():
    held = PositionChanged(1, "KX", 2 * TEN, 5_000, 10_000_000, 0, 0)
    assert leaving_lines(row_of(held, BOOK, merges=True)) == (
        "cash out: sell $5.90 for 10; buy the other and merge $5.90 for 10",
        "cashed out +$0.90 either way; held to the end +$10.00 if Home, else -$10.00",
    )


def test_with_nobody_there_it_says_so_and_a_resolved_market_has_no_way():
    held = PositionChanged(1, "KX", TEN, 5_000, 5_000_000, 0, 0)
    row = row_of(held, (([], []), FREE))
    assert leaving_lines(row)[0] == "cash out: nobody to sell to now"
    assert leaving_lines(msgspec.structs.replace(row, redeems=TEN)) == ()
