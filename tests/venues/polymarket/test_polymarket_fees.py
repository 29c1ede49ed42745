"""The published fee formula through our schedule, and the book hash recipe."""

import json

import pytest
from tests.venues.polymarket.build import http_text

from pmterm.model.fees import FeeSchedule, fee_of
from pmterm.model.units import parse_price, parse_qty
from pmterm.venues.polymarket.fees import RATES_PPM, schedule

VECTORS = json.loads(http_text("fee_vectors"))


@pytest.mark.parametrize("case", VECTORS["cases"] + VECTORS["real"])
def test_a_fee_is_the_formulas_to_five_decimals(case):
    rule = schedule(case["rate"], case["exponent"])
    fee = fee_of(rule, parse_price(case["price"]), parse_qty(case["shares"]))
    exact = float(case["fee_exact"])
    assert abs(fee / 1e6 - exact) <= 0.000_005_000_1
    assert fee % 10 == 0


@pytest.mark.parametrize("case", VECTORS["real"])
def test_a_fee_really_charged_is_met_exactly(case):
    rule = schedule(case["rate"], case["exponent"])
    fee = fee_of(rule, parse_price(case["price"]), parse_qty(case["shares"]))
    assert fee == round(case["observed_entry_fees_usdc"] * 1_000_000)


def test_a_maker_pays_nothing():
    assert fee_of(schedule(0.05), 5_000, 100_000_000, is_maker=True) == 0


def test_a_rate_of_nothing_is_no_fee():
    assert schedule(0) == schedule("0") == FeeSchedule()


@pytest.mark.parametrize(
    ("rate", "exponent"),
    [
        (-0.1, 1),
        (1.1, 1),
        ("NaN", 1),
        (float("inf"), 1),
        (1e40, 1),
        ("0.05x", 1),
        ("9" * 400, 1),
        (0.05, 0),
        (0.05, 1.5),
        (0.05, 99),
    ],
)
def test_a_fee_that_cannot_be_is_refused(rate, exponent):
    with pytest.raises(ValueError, match=r"no such fee|decimal"):
        schedule(rate, exponent)


def test_rates_by_category_lie_between_nothing_and_seven_percent():
    assert {RATES_PPM["geopolitics"], RATES_PPM["crypto"], RATES_PPM["sports"]} == {
        0,
        70_000,
        50_000,
    }
    assert max(RATES_PPM.values()) == 70_000
