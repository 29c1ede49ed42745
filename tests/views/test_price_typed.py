"""A typed price is dollars or cents by how it begins; what could be either is refused in words."""

import pytest
from tests.pilot.screen_build import market

from pmterm.model.market import PriceBand
from pmterm.views.price_typed import fine_tick, read_typed, typed_text

FINE = market(bands=(PriceBand(0, 10_000, 10),))


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("0.33", 3300), (".33", 3300), ("$0.33", 3300), ("$.33", 3300), ("0.002", 20),
        ("0.20", 2000), ("33", 3300), ("45.5", 4550), ("45.25", 4525), ("1", 100), ("1.00", 100),
        ("99.99", 9999), ("33c", 3300), ("0.2c", 20), (" 33 ", 3300), ("5.", 500),
    ],
)  # fmt: skip
def test_how_it_begins_says_the_unit(text, price):
    assert read_typed(text) == price


@pytest.mark.parametrize(
    "text",
    ["", ".", "$", "c", "half", "0", "0.", "0.0", "00.2", "05", "100", "$1", "$45", "-5", "+5",
     "1e1", "0,33", "0.00001", "45.123", "$5c", "5%", "٣٣", "9" * 400],
)  # fmt: skip
def test_what_is_no_price_is_refused(text):
    with pytest.raises(ValueError, match="cent"):
        read_typed(text)


def test_the_unit_is_asked_for_only_where_the_book_itself_writes_such_numbers():
    assert fine_tick(FINE, 4500) == fine_tick(market(), 100) == fine_tick(FINE, 0) == 0
    tick = fine_tick(FINE, 120)
    assert tick == 10
    for text in ("0.5", ".5", "0.50"):
        with pytest.raises(ValueError, match="needs its unit"):
            read_typed(text, tick)
    said = {text: read_typed(text, tick) for text in ("0.5c", "$0.5", "0.05", "0.500", "0.005")}
    assert list(said.values()) == [50, 5000, 500, 5000, 50]


@pytest.mark.parametrize("tick", [0, 1, 10])
def test_what_a_field_starts_with_reads_as_what_it_is(tick):
    for price in range(1, 10_000):
        assert read_typed(typed_text(price, tick), tick) == price
