from pmterm.model.units import SECOND
from pmterm.views.chart import KEPT, Line, columns_of


def test_column_holds_lowest_and_highest_mid_within_it():
    line = Line()
    for second, mid2 in enumerate([9000, 9400, 8800, 9000, 9000, 9000], start=1):
        line.look(second * SECOND, mid2)
    columns = columns_of(line.view(0), 0, 6 * SECOND, 2)
    assert [(c.low2, c.high2) for c in columns] == [(9000, 9400), (8800, 9400)]


def test_no_mid_leaves_a_hole_and_is_no_jump_to_zero():
    line = Line()
    for second, mid2 in enumerate([9000, 0, 0, 9200], start=1):
        line.look(second * SECOND, mid2)
    columns = columns_of(line.view(0), SECOND, 4 * SECOND, 3)
    assert [(c.low2, c.high2) for c in columns] == [(9000, 9000), (9000, 9000), (0, 0)]


def test_a_mid_that_stands_still_costs_nothing_and_is_held():
    line = Line()
    for second in range(1, 1000):
        line.look(second * SECOND, 9000)
    view = line.view(0)
    assert len(view.times) == 1
    assert columns_of(view, 900 * SECOND, 999 * SECOND, 3)[2].low2 == 9000


def test_the_line_has_an_end():
    line = Line()
    for second in range(1, 2 * KEPT):
        line.look(second * SECOND, 9000 + second % 2)
    assert len(line.view(0).times) <= KEPT
