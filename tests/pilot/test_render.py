from tests.pilot.screen_build import market

from pmterm.model.order import Side
from pmterm.model.readings import BookHealth
from pmterm.model.units import QTY_ONE
from pmterm.tui.render.bars import bar_cell
from pmterm.tui.render.braille import draw, joined
from pmterm.tui.render.cells import fit, inert, plain
from pmterm.views.ladder import LadderView
from pmterm.views.ticket import estimate


def test_fit_counts_cells_not_letters():
    assert fit("東京タワー", 5) == "東京…"
    assert fit("ab", 4, right=True) == "  ab"
    assert fit("abc", 0) == ""


def test_plain_keeps_the_width():
    assert plain("▶ 東京 ▲1") == "> ???? ^1"


def test_inert_steers_nothing():
    assert inert("a\x1b[2Jb\u202e") == "a?[2Jb?"


def test_dots_stand_where_the_values_are():
    assert draw([(0, 0), (3, 3)], 1, ascii_only=False) == ["⡈"]
    assert draw([(0, 7), None], 2, ascii_only=False) == ["⡇", "⡇"]
    assert draw([(0, 0), (0, 0)], 1, ascii_only=True) == ["."]


def test_a_jump_is_a_stroke():
    assert joined([(0, 0), (5, 5), None, (1, 1)]) == [(0, 0), (1, 5), None, (1, 1)]


def test_bar_grows_from_the_price_outward():
    assert bar_cell("9", 4, 500_000, "bid", right=True) == [("  ", "bid"), ("9 ", "bid-bar")]
    assert bar_cell("9", 4, 500_000, "ask", right=False) == [(" 9", "ask-bar"), ("  ", "ask")]


BOOK = LadderView(
    bids=((4600, 10 * QTY_ONE),),
    asks=((4800, 10 * QTY_ONE), (4900, 10 * QTY_ONE)),
    health=BookHealth(is_trusted=True),
)


def test_ticket_walks_the_book_up_to_its_limit():
    view = estimate(market(), BOOK, Side.BUY, 25 * QTY_ONE, 4900)
    assert (view.fills_now, view.rests, view.average) == (20 * QTY_ONE, 5 * QTY_ONE, 4850)
    assert view.ties_up == 9_700_000 + 2_450_000
    assert view.worst == -(view.ties_up + view.fee)


def test_selling_without_holding_ties_up_the_other_side():
    view = estimate(market(), BOOK, Side.SELL, 10 * QTY_ONE, 0)
    assert (view.fills_now, view.average, view.ties_up) == (10 * QTY_ONE, 4600, 5_400_000)


def test_ticket_objects_before_the_gate_would():
    assert "two ticks" in estimate(market(), BOOK, Side.BUY, QTY_ONE, 4850).objection
    assert "smallest" in estimate(market(), BOOK, Side.BUY, 1000, 4800).objection
    nobody = LadderView(health=BookHealth(is_trusted=True))
    assert "nobody" in estimate(market(), nobody, Side.BUY, QTY_ONE, 0).objection
    assert "not trusted" in estimate(market(), LadderView(), Side.BUY, QTY_ONE, 4800).objection
