from pmterm.model.order import Side
from pmterm.model.outcome import Inventory, Leg, outcome_of

BUY, SELL = Side.BUY, Side.SELL


def test_what_is_held_is_sold_first_and_otherwise_the_other_outcome_is_bought():
    assert outcome_of(SELL, Inventory(held=10), 1) == Leg(0, is_sale=True)
    assert outcome_of(SELL, Inventory(), 1) == Leg(1, is_sale=False)
    assert outcome_of(BUY, Inventory(held=10), 1) == Leg(1, is_sale=True)
    assert outcome_of(BUY, Inventory(), 1) == Leg(0, is_sale=False)


def test_what_is_held_goes_first_though_none_of_it_is_free():
    assert outcome_of(SELL, Inventory(held=10, settling=10), 1).is_sale
    assert Inventory(held=10, settling=4, offered=3).free == 3
    assert Inventory(held=10, settling=8, offered=8).free == 0


def test_dust_is_not_held():
    assert outcome_of(SELL, Inventory(held=9), 10) == Leg(1, is_sale=False)
