"""How the trader has set up the screen: what the widgets need besides the board."""

import msgspec

from pmterm.model.units import QTY_ONE, Price, Qty
from pmterm.views.figures import Unit, price_text
from pmterm.views.news import tick_of


class Look(msgspec.Struct, frozen=True):
    """Units, the size the next order has, and what must be said loudly.

    `panic` is the question of the PANIC strip, `panic_names` what it would cancel and sell.
    """

    unit: Unit = Unit.CENTS
    size: Qty = 10 * QTY_ONE
    is_ascii: bool = False
    is_armed: bool = False
    is_frozen: bool = False
    panic: str = ""
    panic_names: str = ""
    notice: str = ""
    panel: str = "book"
    tabs: tuple[str, ...] = ()

    def price(self, price: Price) -> str:
        """Write a price in the unit chosen, with as many decimals as it needs."""
        return price_text(price, self.unit, tick_of(price))
