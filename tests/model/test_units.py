import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model import units


@given(st.integers(0, 10_000))
def test_a_price_reads_back_as_it_was_written(price):
    assert units.parse_price(units.price_text(price)) == price


@given(st.integers(-(10**15), 10**15))
def test_a_fixed_number_reads_back_as_it_was_written(value):
    assert units.parse_fixed(units.fixed_text(value, 6), 6) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NaN",
        "inf",
        "1e999",
        "1e-2",
        "+1",
        " 1",
        "1 ",
        "0x1",
        "1_0",
        ".5",
        "5.",
        "--1",
        "9" * 400,
    ],
)
def test_what_is_not_a_plain_decimal_is_refused(text):
    with pytest.raises(ValueError, match="plain decimal"):
        units.parse_fixed(text, 6)


@pytest.mark.parametrize("text", ["1.0001", "-0.01", "2"])
def test_a_price_outside_zero_to_one_is_refused(text):
    with pytest.raises(ValueError, match="price outside"):
        units.parse_price(text)


def test_more_decimals_than_the_unit_has_are_refused_unless_they_are_zeros():
    assert units.parse_price("0.560000") == 5600
    with pytest.raises(ValueError, match="finer"):
        units.parse_price("0.56001")


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match="negative size"):
        units.parse_qty("-1")


@given(st.integers(1, 9_999), st.integers(1, 10**13))
def test_buyers_pay_rounded_up_and_sellers_get_rounded_down(price, qty):
    exact = price * qty
    assert 0 <= units.cost(price, qty) * 10_000 - exact < 10_000
    assert 0 <= exact - units.proceeds(price, qty) * 10_000 < 10_000


def test_a_json_tick_is_written_without_float_noise():
    assert units.decimal_text(0.1 + 0.2, 4) == "0.3000"
    assert units.decimal_text(0.001, 4) == "0.0010"


@pytest.mark.parametrize(
    ("qty", "text"),
    [(1_000_000, "1 contract"), (2_500_000, "2.5 contracts"), (10_000, "0.01 contracts")],
)
def test_one_contract_is_one(qty, text):
    assert units.contracts_text(qty) == text
