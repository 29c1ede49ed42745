"""F11: every tick, kind of order, side and awkward size gives exact amounts at no worse a price."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.order import Side
from pmterm.model.units import CASH_CENT, PRICE_ONE, parse_price, parse_qty
from pmterm.venues.polymarket.amounts import (
    TICKS,
    Amounts,
    keeps_limit,
    limit_amounts,
    market_amounts,
    spend_amounts,
)

CASES: list[dict[str, str]] = json.loads(
    (Path(__file__).parent / "vectors" / "amounts.json").read_text()
)
SIDES = st.sampled_from((Side.BUY, Side.SELL))
SIZES = st.integers(1, 2_000_000_000_000) | st.sampled_from(
    [1, 9_999, 10_000, 10_001, 999_999, 1_000_000, 28_089_900, 33_333_333, 5_000_001]
)


@st.composite
def on_grid(draw: st.DrawFn) -> tuple[int, int]:
    tick = draw(st.sampled_from(TICKS))
    return tick, tick * draw(st.integers(1, PRICE_ONE // tick - 1))


@pytest.mark.parametrize("case", CASES, ids=lambda case: " ".join(case.values()))
def test_amounts_equal_the_official_clients(case: dict[str, str]) -> None:
    side, price, tick = Side(case["side"].lower()), parse_price(case["price"]), case["tick"]
    size = parse_qty(case.get("size") or case["amount"])
    if case["kind"] == "limit":
        amounts = limit_amounts(side, price, size)
    elif side is Side.BUY:
        amounts = spend_amounts(price, size, parse_price(tick), crude=False)
    else:
        amounts = market_amounts(side, price, size, parse_price(tick), crude=False)
    assert (str(amounts.maker), str(amounts.taker)) == (case["makerAmount"], case["takerAmount"])


def implied(side: Side, amounts: Amounts) -> Fraction:
    """The worst price these amounts can be matched at."""
    if side is Side.BUY:
        return Fraction(amounts.maker, amounts.taker)
    return Fraction(amounts.taker, amounts.maker)


@given(on_grid(), SIDES, SIZES)
def test_a_limit_orders_amounts_state_its_price_exactly(
    grid: tuple[int, int], side: Side, size: int
) -> None:
    _, price = grid
    amounts = limit_amounts(side, price, size)
    assert amounts.shares % 10_000 == 0
    assert 0 <= size - amounts.shares < 10_000
    if amounts.shares:
        assert implied(side, amounts) == Fraction(price, PRICE_ONE)
        assert keeps_limit(side, price, amounts)
        dollars = amounts.maker if side is Side.BUY else amounts.taker
        assert dollars * PRICE_ONE == amounts.shares * price


@given(on_grid(), SIDES, SIZES, st.booleans())
def test_a_market_orders_amounts_have_the_decimals_the_venue_takes(
    grid: tuple[int, int], side: Side, size: int, crude: bool
) -> None:
    tick, price = grid
    amounts = market_amounts(side, price, size, tick, crude=crude)
    assert amounts.maker % 10_000 == 0
    finest = {1_000: 3, 100: 4, 50: 5, 25: 6, 10: 5, 1: 6}[tick]
    assert amounts.taker % 10 ** (6 - min(finest, 4 if crude else 6)) == 0


@given(on_grid(), SIDES, SIZES, st.booleans())
def test_a_market_order_never_asks_for_more_nor_pays_more_than_was_said(
    grid: tuple[int, int], side: Side, size: int, crude: bool
) -> None:
    tick, price = grid
    amounts = market_amounts(side, price, size, tick, crude=crude)
    assert amounts.shares <= size
    if side is Side.BUY:
        assert amounts.maker * PRICE_ONE <= price * size
        assert amounts.taker == amounts.shares
    else:
        assert amounts.maker == amounts.shares


@given(on_grid(), SIDES, SIZES, st.booleans())
def test_rounding_leaves_the_limit_on_its_place_of_the_finest_grid(
    grid: tuple[int, int], side: Side, size: int, crude: bool
) -> None:
    """The one check in exact fractions: a buy meets asks up to the limit and none above it."""
    tick, price = grid
    amounts = market_amounts(side, price, size, tick, crude=crude)
    if not amounts.maker or not amounts.taker:
        assert not keeps_limit(side, price, amounts)
        return
    limit, step, worst = Fraction(price, PRICE_ONE), Fraction(1, PRICE_ONE), implied(side, amounts)
    kept = limit <= worst < limit + step if side is Side.BUY else limit - step < worst <= limit
    assert keeps_limit(side, price, amounts) is kept
    if amounts.shares >= 1_000_000:
        assert kept, "from one share on no size may be refused for its roundness"


@given(on_grid(), st.integers(1, 10**12))
def test_a_purchase_of_dollars_spends_whole_cents_of_them(
    grid: tuple[int, int], dollars: int
) -> None:
    tick, price = grid
    amounts = spend_amounts(price, dollars, tick)
    assert 0 <= dollars - amounts.maker < CASH_CENT
    assert amounts.taker * price <= amounts.maker * PRICE_ONE


def test_a_tick_no_market_has_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="no such tick"):
        market_amounts(Side.SELL, 5_000, 10_000_000, 20)
