"""Realised profit by UTC day, and what open positions would bring now."""

from collections.abc import Mapping

import msgspec

from pmterm.model.fees import FeeSchedule, fee_of
from pmterm.model.holding import Holding, utc_day
from pmterm.model.ids import MarketId
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price


class DayProfit:
    """Profit and fees since the UTC day of message time began. A restart does not reset it."""

    def __init__(self) -> None:
        self.realised: Cash = 0
        self.fees: Cash = 0
        self._day = -1

    def turn(self, at: Ns) -> None:
        """Start from nothing if `at` lies in a new day."""
        day = utc_day(at)
        if day > self._day:
            self._day = day
            self.realised = 0
            self.fees = 0

    def add(self, at: Ns, profit: Cash, fee: Cash) -> None:
        """Count what a fill or settlement realised (`profit` has its fee taken off)."""
        self.turn(at)
        self.realised += profit
        self.fees += fee


class Worth(msgspec.Struct, frozen=True):
    """Open positions at the touch. Profits are against cost; `value` is what an exit brings.

    A position whose market never had two sides counts at cost, and `is_complete` is false then.
    """

    value: Cash
    open_exit: Cash
    open_mid: Cash
    cost: Cash


def worth(
    holdings: Mapping[MarketId, Holding],
    touches: Mapping[MarketId, tuple[Price, Price]],
    fees: Mapping[MarketId, FeeSchedule] | None = None,
) -> Worth:
    """Mark all holdings at the last touch (bid, ask) that had both sides.

    With `fees` given, the value of an exit is after its fee.
    """
    value = middle = paid = 0
    for market, held in holdings.items():
        if held.qty == 0:
            continue
        paid += held.cost
        touch = touches.get(market)
        value += held.cost if touch is None else held.exit_value(*touch)
        if touch is not None and fees is not None and market in fees:
            value -= exit_fee(held, touch, fees[market])
        middle += held.cost if touch is None else held.mid_value(*touch)
    return Worth(value, value - paid, middle - paid, paid)


def exit_fee(held: Holding, touch: tuple[Price, Price], schedule: FeeSchedule) -> Cash:
    """Return the fee of selling all of a holding at the touch."""
    bid, ask = touch
    price = bid if held.qty > 0 else PRICE_ONE - ask
    return fee_of(schedule, price, abs(held.qty))
