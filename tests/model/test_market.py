import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import CENT_GRID, Market, Outcome, PriceBand

TAPERED = (PriceBand(0, 1000, 10), PriceBand(1000, 9000, 100), PriceBand(9000, 10_000, 10))


def market(bands=TAPERED):
    return Market(
        id=MarketId("M"),
        venue=Venue.KALSHI,
        title="T",
        outcomes=(Outcome("Yes"), Outcome("No")),
        bands=bands,
    )


def grid(bands):
    return [p for p in range(1, 10_000) if market(bands).is_on_grid(p)]


@pytest.mark.parametrize("bands", [TAPERED, CENT_GRID, (PriceBand(0, 10_000, 25),)])
@given(price=st.integers(1, 9_999))
def test_ticks_are_the_neighbours_in_the_list_of_all_grid_prices(bands, price):
    prices = grid(bands)
    above = [p for p in prices if p > price]
    below = [p for p in prices if p < price]
    assert market(bands).tick_up(price) == (above[0] if above else price)
    assert market(bands).tick_down(price) == (below[-1] if below else price)


@given(price=st.integers(11, 9_989), up=st.booleans())
def test_snapping_lands_on_the_grid_on_the_asked_side(price, up):
    snapped = market().snap(price, up=up)
    assert market().is_on_grid(snapped)
    assert snapped >= price if up else snapped <= price


def test_the_ends_are_not_prices():
    assert not market().is_on_grid(0)
    assert not market().is_on_grid(10_000)


def test_the_finer_tick_rules_on_a_border():
    assert market().step_at(1000) == 10
    assert market().step_at(1100) == 100
