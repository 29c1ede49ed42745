"""How far from the touch an order may reach."""

from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PPM, Price


def furthest_price(market: Market, side: Side, touch: Price, cap_ppm: int) -> Price:
    """Return the worst price a taker may pay or accept against `touch`, on the grid.

    `touch` is the opposite best price; the reach is `cap_ppm` of it, at least one tick, and never
    leaves 1 tick .. 1 - 1 tick.
    """
    reach = touch * cap_ppm // PPM
    if side is Side.BUY:
        return max(market.snap(touch + reach, up=False), market.tick_up(touch))
    return min(market.snap(touch - reach, up=True), market.tick_down(touch))
