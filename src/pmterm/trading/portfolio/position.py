"""Every position as the screen lists it."""

import msgspec

from pmterm.messages.accounts import PositionChanged
from pmterm.model.ids import MarketId
from pmterm.model.ledger import Ledger
from pmterm.model.stock import NO, YES
from pmterm.model.units import Cash, Ns, Price, Qty


class Position(msgspec.Struct, frozen=True):
    """One market's holding; units as in `Holding`.

    `settling` of it, 0 or more, has not settled yet and cannot be sold.
    """

    market: MarketId
    qty: Qty
    average: Price
    cost: Cash
    realised: Cash
    fees: Cash
    settling: Qty = 0


def position(ledger: Ledger, market: MarketId) -> Position:
    """Return what is held in a market."""
    held = ledger.held(market)
    return Position(
        market,
        held.qty,
        held.average,
        held.cost,
        held.realised,
        held.fees,
        ledger.settling(market),
    )


def changed(at: Ns, ledger: Ledger, market: MarketId) -> PositionChanged:
    """Say what a holding has become."""
    now = position(ledger, market)
    return PositionChanged(
        at,
        market,
        now.qty,
        now.average,
        now.cost,
        now.realised,
        now.fees,
        now.settling,
        min(ledger.held_of(market, YES), ledger.held_of(market, NO)),
    )
