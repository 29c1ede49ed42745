"""Which payouts new money is, by its size alone. Dollars here."""

import pytest

from pmterm.model.redeeming import redeemed
from pmterm.model.units import CASH_ONE

DUES = {"A": 10 * CASH_ONE, "B": 4_700_000, "C": 25 * CASH_ONE}


@pytest.mark.parametrize(
    ("came", "markets"),
    [(10, "A"), (4.7, "B"), (4.695, "B"), (14.7, "AB"), (39.7, "ABC"), (35.02, "AC")],
)
def test_money_of_the_size_of_payouts_is_those(came, markets):
    paid, is_sure = redeemed(round(came * CASH_ONE), DUES)
    assert (paid, is_sure) == ({market: DUES[market] for market in markets}, True)


@pytest.mark.parametrize("came", [-3, 0, 0.005, 4.6])
def test_less_money_than_any_payout_is_something_else(came):
    assert redeemed(round(came * CASH_ONE), DUES) == ({}, True)
    assert redeemed(round(came * CASH_ONE), {}) == ({}, True)


@pytest.mark.parametrize(("came", "paid"), [(12, [10, 2, 0]), (100, [10, 4.7, 25])])
def test_other_money_counts_as_payouts_as_far_as_it_goes_and_is_not_sure(came, paid):
    given, is_sure = redeemed(came * CASH_ONE, DUES)
    assert ([each / CASH_ONE for each in given.values()], is_sure) == (paid, False)


def test_nothing_due_is_paid_by_no_money():
    assert redeemed(0, {"A": 5_000}) == ({}, True)


def test_of_very_many_payouts_one_or_all_are_told_apart():
    many = {str(n): (n + 1) * CASH_ONE for n in range(40)}
    assert redeemed(17 * CASH_ONE, many) == ({"16": 17 * CASH_ONE}, True)
    assert redeemed(sum(many.values()), many) == (many, True)
