"""Realised profit by UTC day, and what open positions would bring now."""

from collections.abc import Mapping

import msgspec

from pmterm.model.holding import utc_day
from pmterm.model.ids import MarketId
from pmterm.model.ledger import Ledger
from pmterm.model.units import Cash, Ns, Price


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


def worth(ledger: Ledger, touches: Mapping[MarketId, tuple[Price, Price]]) -> Worth:
    """Mark all holdings at the last touch (bid, ask) that had both sides."""
    value = middle = paid = 0
    for market, held in ledger.holdings.items():
        if held.qty == 0:
            continue
        paid += held.cost
        touch = touches.get(market)
        value += held.cost if touch is None else ledger.exit_value(market, held.qty, touch)
        middle += held.cost if touch is None else held.mid_value(*touch)
    return Worth(value, value - paid, middle - paid, paid)
