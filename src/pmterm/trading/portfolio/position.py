"""Every position and the cash beside them."""

import msgspec

from pmterm.messages.accounts import MarketSettled, PositionChanged
from pmterm.messages.orders import Fill
from pmterm.model.holding import FLAT, Booked, Holding
from pmterm.model.ids import FillId, MarketId
from pmterm.model.units import Cash, Ns, Price, Qty


class Position(msgspec.Struct, frozen=True):
    """One market's holding, as the screen lists it; units as in `Holding`."""

    market: MarketId
    qty: Qty
    average: Price
    cost: Cash
    realised: Cash
    fees: Cash


class Account:
    """Holdings by market and free cash. A fill counts once, by its id."""

    def __init__(self) -> None:
        self.cash: Cash = 0
        self.holdings: dict[MarketId, Holding] = {}
        self._fills: set[FillId] = set()

    def fill(self, fill: Fill) -> Booked | None:
        """Book a fill; None if it was booked before."""
        if fill.id in self._fills:
            return None
        self._fills.add(fill.id)
        held = self.holdings.get(fill.market, FLAT)
        return self._book(fill.market, held.filled(fill.side, fill.price, fill.qty, fill.fee))

    def settle(self, settled: MarketSettled) -> Booked | None:
        """Pay out a holding; None if nothing was held."""
        held = self.holdings.get(settled.market, FLAT)
        return self._book(settled.market, held.settled(settled.payout)) if held.qty else None

    def _book(self, market: MarketId, booked: Booked) -> Booked:
        self.holdings[market] = booked.holding
        self.cash += booked.cash
        return booked


def changed(at: Ns, market: MarketId, held: Holding) -> PositionChanged:
    """Say what a holding has become."""
    return PositionChanged(at, market, held.qty, held.average, held.cost, held.realised, held.fees)
