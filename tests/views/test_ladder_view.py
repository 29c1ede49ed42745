from pmterm.model.ids import OrderId
from pmterm.model.market import PriceBand
from pmterm.model.order import Side
from pmterm.views.ladder import LadderView, OwnMark, centre_of, rows_of, step_for

CENTS = LadderView(
    bids=((4600, 120), (4500, 80), (4100, 5)),
    asks=((4800, 90), (4900, 10)),
    own=(OwnMark(OrderId("o1"), Side.BUY, 4500, 40, 12),),
)


def test_rows_stand_around_the_mid_highest_price_first():
    rows = rows_of(CENTS, centre_of(CENTS, 100), 100, 9)
    assert [row.price for row in rows] == [5100, 5000, 4900, 4800, 4700, 4600, 4500, 4400, 4300]
    assert [row.ask for row in rows][:5] == [0, 0, 10, 90, 0]
    assert [row.bid for row in rows][4:7] == [0, 120, 80]
    assert [row.price for row in rows if row.is_touch] == [4800, 4600]
    assert rows[6].own == CENTS.own


def test_grouped_levels_never_look_better_than_they_are():
    fine = LadderView(
        bids=((4610, 7), (4600, 3)),
        asks=((4790, 5), (4810, 6)),
        bands=(PriceBand(0, 10_000, 10),),
    )
    rows = {row.price: row for row in rows_of(fine, 4700, 100, 9)}
    assert rows[4600].bid == 10
    assert rows[4800].ask == 5
    assert rows[4900].ask == 6


def test_wide_spread_on_a_fine_grid_widens_the_rows():
    wide = LadderView(bids=((3000, 1),), asks=((6000, 1),), bands=(PriceBand(0, 10_000, 10),))
    step = step_for(wide, 20)
    rows = rows_of(wide, centre_of(wide, step), step, 20)
    assert any(row.bid for row in rows)
    assert any(row.ask for row in rows)


def test_an_empty_book_has_rows_and_no_middle():
    rows = rows_of(LadderView(), centre_of(LadderView(), 100), 100, 5)
    assert [row.price for row in rows] == [5200, 5100, 5000, 4900, 4800]
    assert not any(row.is_touch or row.bid or row.ask for row in rows)
    assert LadderView(bids=((100, 1),)).mid2 == 0
