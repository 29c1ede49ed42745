"""What an account holds on Kalshi and what it made of it, fill by fill."""

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty
from pmterm.sim.exchange_orders import Filled, Settled


class Holding(msgspec.Struct, frozen=True):
    """One market's net position: `qty` more than 0 is YES, less is NO.

    `exposure` is what the open contracts cost, `traded` what all ever cost, `pnl` what closing made
    before fees; money in 1e-6 USD.
    """

    market: MarketId
    qty: Qty = 0
    exposure: Cash = 0
    traded: Cash = 0
    pnl: Cash = 0
    fees: Cash = 0
    volume: Qty = 0
    at: Ns = 0
    is_settled: bool = False

    def filled(self, event: Filled) -> "Holding":
        """Return it after a fill: buying the other outcome closes first, then opens."""
        change = event.qty if event.order.side is Side.BUY else -event.qty
        yes_cost = event.price * event.qty // PRICE_ONE
        cost = yes_cost if change > 0 else event.qty - yes_cost
        closing = min(event.qty, abs(self.qty)) if change * self.qty < 0 else 0
        freed = self.exposure * closing // abs(self.qty) if closing else 0
        cost_of_closing = cost * closing // event.qty
        return msgspec.structs.replace(
            self,
            qty=self.qty + change,
            exposure=self.exposure - freed + cost - cost_of_closing,
            traded=self.traded + cost,
            pnl=self.pnl + closing - freed - cost_of_closing,
            fees=self.fees + event.fee,
            volume=self.volume + event.qty,
            at=event.at,
        )

    def settled(self, event: Settled) -> "Holding":
        """Return it after the market paid."""
        pnl = self.pnl + event.cash - self.exposure
        return msgspec.structs.replace(
            self, qty=0, exposure=0, pnl=pnl, at=event.at, is_settled=True
        )

    def value(self, yes_price: Price) -> Cash:
        """Return what it is worth at a price of YES."""
        own = yes_price if self.qty > 0 else PRICE_ONE - yes_price
        return abs(self.qty) * own // PRICE_ONE
