"""How an order is worked, by its size: at once, resting for a moment, or in slices over minutes."""

from enum import StrEnum
from typing import Final

from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, PPM, PRICE_ONE, SECOND, Cash, Ns, Price, Qty, cost

AUTO: Final = "auto"
AT_ONCE_BELOW: Final[Cash] = 50 * CASH_ONE
RESTS_BELOW: Final[Cash] = 500 * CASH_ONE
RESTS_FOR: Final[Ns] = 30 * SECOND
REACH_PPM: Final = 1_000  # of the touch, 0.1 %
SLICES: Final = 5
EVERY: Final[Ns] = 60 * SECOND


class Route(StrEnum):
    """Which way an order goes."""

    AT_ONCE = "at market"
    RESTS = "limit at the touch"
    SLICED = "in slices"


def route_of(value: Cash) -> Route:
    """Return the way for an order that costs or brings `value` at the touch."""
    if value < AT_ONCE_BELOW:
        return Route.AT_ONCE
    return Route.RESTS if value < RESTS_BELOW else Route.SLICED


def value_at(side: Side, touch: Price, qty: Qty, held: Qty) -> Cash:
    """Return what changes hands at the touch; `held` is signed on the YES scale.

    What only closes brings the price of what it sells, anything else costs that of what it buys.
    """
    closes = held < 0 if side is Side.BUY else held > 0
    is_yes = (side is Side.BUY) != (closes and qty <= abs(held))
    return cost(touch if is_yes else PRICE_ONE - touch, qty)


def resting_price(market: Market, side: Side, touch: Price) -> Price:
    """Return the touch and a little further, on the grid and never short of the touch."""
    reach = touch * REACH_PPM // PPM
    if side is Side.BUY:
        return market.snap(min(touch + reach, PRICE_ONE - 1), up=False)
    return market.snap(max(touch - reach, 1), up=True)


def slices_of(market: Market, qty: Qty) -> int:
    """Return in how many slices a size is worked: none below the venue's smallest order."""
    return max(1, min(SLICES, qty // max(1, market.min_qty)))


def slices_words(slices: int) -> str:
    """Say how many orders go out over how long: `5 orders over 4 min`."""
    minutes = (slices - 1) * EVERY // (60 * SECOND)
    return f"{slices} orders over {minutes} min"
