from pmterm.tui.render.bars import bar_cell
from pmterm.tui.render.braille import draw, joined
from pmterm.tui.render.cells import fit, inert, plain


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
