from pmterm.model.units import SECOND
from pmterm.views.figures import (
    Unit,
    age_text,
    brief_cash,
    cash_text,
    clock_text,
    half_text,
    price_text,
    qty_text,
    span_text,
)


def test_price_has_the_decimals_its_tick_needs():
    assert price_text(4700) == "47"
    assert price_text(4730, tick=10) == "47.3"
    assert price_text(4730, Unit.DOLLARS, 10) == "0.473"
    assert price_text(4700, Unit.DOLLARS) == "0.47"
    assert price_text(4700, Unit.PERCENT) == "47%"
    assert price_text(300, Unit.DOLLARS) == "0.03"


def test_half_a_cent_of_a_mid_is_not_lost():
    assert half_text(9300, tick2=20) == "46.5"


def test_size_never_takes_more_than_seven_cells():
    assert [qty_text(q * 1_000_000) for q in (0, 7, 4310, 18_240, 1_312_000)] == [
        "0",
        "7",
        "4,310",
        "18.2k",
        "1.31M",
    ]
    assert qty_text(3_250_000) == "3.25"
    assert qty_text(-120_000_000) == "-120"


def test_cash_keeps_its_sign_and_never_says_minus_nothing():
    assert cash_text(-400_000) == "-$0.40"
    assert cash_text(3_200_000, signed=True) == "+$3.20"
    assert cash_text(-1) == "$0.00"
    assert brief_cash(4_120_000_000) == "$4120"
    assert brief_cash(14_120_000_000) == "$14.1k"


def test_times_read_as_people_write_them():
    assert clock_text(1_790_000_000 * SECOND) == "14:13:20"
    assert [age_text(n * SECOND) for n in (0, 12, 250, 7300)] == ["0.0s", "12s", "4m", "2h"]
    assert span_text(3849 * SECOND) == "1:04:09"
