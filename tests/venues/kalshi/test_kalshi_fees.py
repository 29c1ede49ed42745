"""The fee schedule against vectors made from the published rule and a real series list."""

import pytest

from pmterm.model.fees import FeeKind, fee_of
from pmterm.model.units import PPM, parse_fixed, parse_price, parse_qty
from pmterm.venues.kalshi import fees


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
