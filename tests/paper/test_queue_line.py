from pmterm.model.units import MS, SECOND
from pmterm.paper.queue import Line


def line(level=100):
    return Line(level, SECOND)


def test_a_cancel_brings_only_the_optimist_forward():
    place = line()
    place.level_is(160, 1)  # sixty join behind us
    place.level_is(120, 2)  # forty cancel: behind us, says the pessimist
    assert (place.ahead, place.maybe_ahead) == (100, 60)


def test_a_level_smaller_than_what_stood_before_us_brings_both_forward():
    place = line()
    place.level_is(70, 1)
    assert (place.ahead, place.maybe_ahead) == (70, 70)


def test_a_trade_counts_once_whether_tape_or_book_tells_first():
    tape_first, book_first = line(), line()
    assert tape_first.traded(40, 1) == (0, 0)
    tape_first.level_is(60, 2)
    book_first.level_is(60, 1)
    assert book_first.traded(40, 2) == (0, 0)
    assert (tape_first.ahead, tape_first.maybe_ahead) == (60, 60)
    assert (book_first.ahead, book_first.maybe_ahead) == (60, 60)


def test_a_trade_told_by_the_book_first_counts_once_with_others_behind_us():
    place = line(80)
    place.level_is(100, 1)
    place.level_is(60, 2)
    place.traded(40, 3)
    assert place.ahead == 40


def test_what_a_trade_leaves_after_those_ahead_is_ours():
    place = line(30)
    place.level_is(100, 1)
    assert place.traded(50, 2)[0] == 20
    assert place.ahead == 0


def test_a_fall_without_a_trade_is_no_credit_later():
    place = line(100)
    place.level_is(40, 0)
    assert place.traded(60, 5 * SECOND)[0] == 20


def test_the_optimist_is_never_behind_the_pessimist():
    place = line(100)
    for at, (level, traded) in enumerate([(130, 0), (90, 20), (95, 30), (20, 0), (50, 45)]):
        place.level_is(level, at * MS)
        surely, maybe = place.traded(traded, at * MS)
        assert surely <= maybe
        assert place.maybe_ahead <= place.ahead


def test_after_a_lost_book_the_whole_level_is_ahead():
    place = line(100)
    place.traded(90, 1)
    place.lost(250)
    assert place.ahead == 250


def test_a_fall_excuses_its_own_trade_and_no_other():
    place = line()
    place.level_is(60, 1)
    assert place.traded(40, 2) == (0, 0)
    assert place.traded(60, 3) == (0, 0)
    assert place.ahead == 0
    assert place.traded(5, 4) == (5, 5)
