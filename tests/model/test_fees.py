import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.fees import FeeKind, FeeMeter, FeeSchedule, fee_of

KALSHI = FeeSchedule(FeeKind.KALSHI, taker_ppm=70_000, maker_ppm=17_500)
KALSHI_HALF = FeeSchedule(FeeKind.KALSHI, taker_ppm=35_000)
SPORTS = FeeSchedule(FeeKind.POLYMARKET, taker_ppm=50_000)


# Worked cases from Kalshi's published rule (quadratic, rounded up to 0.0001, then to the balance
# unit), several of them equal to real fills of August 2026.
@pytest.mark.parametrize(
    ("schedule", "qty", "price", "is_maker", "fee"),
    [
        (KALSHI, "1", 5000, False, 17_500),
        (KALSHI, "100", 2500, False, 1_312_500),
        (KALSHI, "1", 9900, False, 700),
        (KALSHI_HALF, "10", 2700, False, 69_000),
        (KALSHI, "81.23", 110, False, 61_970),
        (KALSHI, "90.90", 10, False, 6_400),
        (KALSHI, "28.32", 330, False, 63_340),
        (KALSHI, "100", 5000, True, 437_500),
        (FeeSchedule(FeeKind.KALSHI, 70_000, quantum=10_000), "1", 5000, False, 20_000),
    ],
)
def test_kalshi_fees_equal_the_worked_cases(schedule, qty, price, is_maker, fee):
    units = int(float(qty) * 100) * 10_000
    assert fee_of(schedule, price, units, is_maker=is_maker) == fee


# The first two are fees seen on real positions of October 2026.
@pytest.mark.parametrize(
    ("qty", "price", "fee"),
    [
        (28_090_000, 6700, 310_530),
        (35_440_000, 5500, 438_570),
        (100_000_000, 5000, 1_250_000),
        (100_000_000, 3000, 1_050_000),
        (100_000_000, 9900, 49_500),
    ],
)
def test_polymarket_fees_equal_the_worked_cases(qty, price, fee):
    assert fee_of(SPORTS, price, qty) == fee


def test_polymarket_makers_pay_nothing():
    assert fee_of(SPORTS, 5000, 100_000_000, is_maker=True) == 0


def test_kalshi_rounding_comes_back_as_a_rebate_once_it_exceeds_a_cent():
    cents = FeeSchedule(FeeKind.KALSHI, taker_ppm=70_000, quantum=10_000)
    meter = FeeMeter(cents)
    fees = [meter.charge(5000, 1_000_000, is_maker=False) for _ in range(5)]
    assert fees == [20_000, 20_000, 20_000, 20_000, 10_000]  # 0.0025 kept back each time


@given(st.integers(1, 9_999), st.integers(1, 10**6))
def test_the_fee_is_that_of_the_other_side_when_the_balance_unit_is_fine(price, cents):
    fine = FeeSchedule(FeeKind.KALSHI, taker_ppm=70_000, quantum=1)
    qty = cents * 10_000
    assert fee_of(fine, price, qty) == fee_of(fine, 10_000 - price, qty)
