"""The fee schedule against vectors made from the published rule and a real series list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model import fees as fees_model
from pmterm.model.fees import FeeKind, FeeMeter, FeeSchedule, fee_of, most_fee_of
from pmterm.model.order import Side
from pmterm.model.units import (
    PPM,
    PRICE_ONE,
    cost,
    parse_fixed,
    parse_price,
    parse_qty,
    proceeds,
)
from pmterm.venues.kalshi import fees
from pmterm.venues.kalshi.account import settlements_in
from pmterm.venues.kalshi.rows import fill_seen


def test_every_vector_comes_out_to_the_last_digit(stored):
    vectors = stored("fee_vectors.json")
    assert len(vectors) > 10
    for vector in vectors:
        direct = parse_fixed(vector["balance_precision"], 6) == fees.DIRECT_QUANTUM
        rule = fees.schedule(
            "quadratic_with_maker_fees",
            parse_fixed(vector["fee_multiplier"], 6),
            quantum=fees.DIRECT_QUANTUM if direct else fees.BROKER_QUANTUM,
        )
        price, qty = parse_price(vector["own_side_price"]), parse_qty(vector["count"])
        is_maker = vector["role"] == "maker"
        expected = parse_fixed(vector["fee_cost_before_rebate"], 6)
        assert fee_of(rule, price, qty, is_maker=is_maker) == expected, vector


@pytest.mark.parametrize(
    ("kind", "multiplier", "taker", "maker"),
    [
        ("quadratic", PPM, 70_000, 0),
        ("quadratic", PPM // 2, 35_000, 0),
        ("quadratic_with_maker_fees", PPM // 2, 35_000, 8_750),
        ("quadratic_with_combo_maker_fees", PPM, 70_000, 17_500),
        ("flat", PPM, 70_000, 17_500),
        ("quadratic", 0, 0, 0),
    ],
)
def test_type_and_multiplier_make_the_rates(kind, multiplier, taker, maker):
    rule = fees.schedule(kind, multiplier)
    assert (rule.kind, rule.taker_ppm, rule.maker_ppm) == (FeeKind.KALSHI, taker, maker)


def rule_of(ticker: str) -> FeeSchedule:
    """Baseball paid half in August 2026 (its series said so), the others in full."""
    return fees.schedule("quadratic", PPM // 2 if ticker.startswith("KXMLB") else PPM)


def test_the_fees_of_21_real_fills_come_out_to_the_last_digit(stored):
    rows = stored("fills_fees_2026-08.json")
    assert len(rows) == 21
    for row in rows:
        fill = fill_seen(row, 1)
        own = fill.price if fill.side is Side.BUY else PRICE_ONE - fill.price
        assert fee_of(rule_of(fill.market), own, fill.qty) == fill.fee, row


def test_the_fees_of_12_real_positions_come_out_to_the_last_digit(stored):
    settled = settlements_in(stored("settlements_2026-08.json"))
    assert len(settled) == 12
    for one in settled:
        held = one.yes + one.no
        assert fee_of(rule_of(one.market), one.paid * PRICE_ONE // held, held) == one.fees, one


def test_the_fees_of_the_recorded_demo_fills_come_out(stored):
    for row in stored("fills_demo_2026-06-11.json")["body"]["fills"]:
        fill = fill_seen(row, 1)
        assert fee_of(fees.schedule(), fill.price, fill.qty) == fill.fee


fills = st.lists(st.tuples(st.integers(1, 9_999), st.integers(1, 5_000)), min_size=1, max_size=40)


@given(
    fills,
    st.booleans(),
    st.sampled_from([fees.DIRECT_QUANTUM, fees.BROKER_QUANTUM]),
    st.sampled_from([0, PPM // 2, PPM, 3 * PPM]),
)
def test_no_order_costs_more_than_was_reckoned_however_it_fills(parts, is_maker, quantum, times):
    rule = fees.schedule("quadratic_with_maker_fees", times, quantum=quantum)
    limit = max(price for price, _ in parts)
    qty = sum(cents for _, cents in parts) * fees_model.SMALLEST_FILL
    meter = FeeMeter(rule)
    paid = 0
    for price, cents in parts:
        part = cents * fees_model.SMALLEST_FILL
        paid += cost(price, part) + meter.charge(price, part, is_maker=is_maker)
    assert paid <= cost(limit, qty) + most_fee_of(rule, limit, qty, is_maker=is_maker)


def test_one_fill_is_less_than_the_same_in_a_hundred():
    rule = fees.schedule()
    meter = FeeMeter(rule)
    qty = fees_model.SMALLEST_FILL
    small = sum(meter.charge(200, qty, is_maker=False) for _ in range(100))
    assert fee_of(rule, 200, 100 * qty) < small <= most_fee_of(rule, 200, 100 * qty)


@given(st.integers(1, 9_999), st.integers(1, 10**6), st.sampled_from([100, 10_000]))
def test_selling_what_is_held_and_buying_the_other_side_round_alike(price, cents, quantum):
    rule = fees.schedule(quantum=quantum)
    qty = cents * fees_model.SMALLEST_FILL
    revenue = proceeds(price, qty)
    trade_fee = fee_of(fees.schedule(quantum=1), price, qty)
    expected = trade_fee + (revenue - trade_fee) % quantum
    assert fee_of(rule, PRICE_ONE - price, qty) == expected
