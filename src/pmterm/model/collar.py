"""How far from the touch an order may reach."""

from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PPM, PRICE_ONE, Price


def furthest_price(market: Market, side: Side, touch: Price, cap_ppm: int) -> Price:
    """Return the worst price a taker may pay or accept against `touch`, on the grid.

    `touch` is the opposite best price; the reach is `cap_ppm` of it, at least one tick, and never
    leaves 1 tick .. 1 - 1 tick.
    """
    reach = touch * cap_ppm // PPM
    if side is Side.BUY:
        return max(market.snap(min(touch + reach, PRICE_ONE - 1), up=False), market.tick_up(touch))
    return min(market.snap(max(touch - reach, 1), up=True), market.tick_down(touch))
