"""Which outcome an order is sent for, where a venue keeps a market's two outcomes apart.

There, what is a sale on the YES scale either sells YES that is held or buys NO; what is a purchase
sells NO that is held or buys YES. One order cannot do both. What is held goes first.
"""

import msgspec

from pmterm.model.order import Side
from pmterm.model.stock import NO, YES
from pmterm.model.units import Qty


class Inventory(msgspec.Struct, frozen=True):
    """What there is of the outcome that an order could sell: in all, and of that what cannot be.

    `settling` was bought and has not settled; `offered` is in other orders that may still sell it.
    """

    held: Qty = 0
    settling: Qty = 0
    offered: Qty = 0

    @property
    def free(self) -> Qty:
        """How much can be sold now."""
        return max(0, self.held - self.settling - self.offered)


class Leg(msgspec.Struct, frozen=True):
    """How an order is sent: for which outcome, and whether it sells that or buys it."""

    outcome: int
    is_sale: bool


def sold_by(side: Side) -> int:
    """Return the outcome that an order of that side sells, where any of it is held."""
    return YES if side is Side.SELL else NO


def outcome_of(side: Side, inventory: Inventory, least: Qty) -> Leg:
    """Return how an order is sent; `inventory` is of the outcome `sold_by(side)`.

    What is held below `least` (the venue's smallest size) is dust and stands in nobody's way.
    """
    sold = sold_by(side)
    if inventory.held >= max(1, least):
        return Leg(sold, is_sale=True)
    return Leg(NO if sold == YES else YES, is_sale=False)
