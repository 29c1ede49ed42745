"""An approved order that may still fill, and what is left of it."""

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Panic,
)
from pmterm.messages.orders import Intent, OrderAdopted
from pmterm.messages.strategy import ExitFired
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, Cash, Price, Qty

Leaving: TypeAlias = (
    CancelOrder | CancelMarket | CancelAll | ClosePosition | CloseAll | Panic | ExitFired
)
Offers: TypeAlias = list[tuple[Price, Qty]]  # YES price, open size


class Reserved(msgspec.Struct):
    """An approved order that may still fill.

    `filled` is what its fills add up to. `expected` is what a report said had filled: an order
    that ended stays reserved until its fills have arrived. `fee` is the estimate for all of it.
    `amends` holds amends under way, in the order they were asked for and will be answered.
    `outcome` is what it was sent for. `failed` of its fills were taken back, and may come again
    while it works. An adopted order had `before` filled when it was found, which no fill tells.
    `closes`: by the gate's reckoning it could lose nothing more than was at stake without it.
    """

    intent: Intent
    price: Price
    qty: Qty
    fee: Cash = 0
    filled: Qty = 0
    expected: Qty = 0
    has_ended: bool = False
    is_leaving: bool = False
    is_answered: bool = False
    amends: list[Intent] = msgspec.field(default_factory=list)
    outcome: int = 0
    failed: Qty = 0
    before: Qty = 0
    is_adopted: bool = False
    is_foreign: bool = False
    closes: bool = False

    @property
    def open_qty(self) -> Qty:
        """The most that may still fill.

        Of an adopted order the venue's word counts: which of its fills were heard is not known.
        """
        if self.has_ended:
            return max(0, self.expected - self.before - self.filled)
        most = max(self.qty, *(a.qty for a in self.amends)) if self.amends else self.qty
        gone = self.expected if self.is_adopted else self.filled
        return max(0, most - gone + self.failed)

    @property
    def open_fee(self) -> Cash:
        """The share of its estimated fee that is still to be paid, rounded up."""
        return -(-self.fee * min(self.open_qty, self.qty) // self.qty) if self.qty else 0

    @property
    def worst_price(self) -> Price:
        """The worst price it may fill at, amends under way included."""
        if not self.amends:
            return self.price
        pick = max if self.intent.side is Side.BUY else min
        return pick(self.price, *(a.price for a in self.amends))


def offers_of(orders: Iterable[Reserved], wish: Intent | None = None) -> tuple[Offers, Offers]:
    """Return what orders still offer to buy and to sell, one of them as `wish` would have it."""
    buys: Offers = []
    sells: Offers = []
    for order in orders:
        (buys if order.intent.side is Side.BUY else sells).append(still_open(order, wish))
    return buys, sells


def still_open(order: Reserved, wish: Intent | None) -> tuple[Price, Qty]:
    """Return the worst price of what is open of an order, and how much; `wish` may change it."""
    price, qty = order.worst_price, order.open_qty
    if wish is not None and wish.replaces == order.intent.order:
        return _worse(wish, price, qty, order.filled)
    return price, qty


def _worse(wish: Intent, price: Price, qty: Qty, filled: Qty) -> tuple[Price, Qty]:
    """Return the worse of what an order is and what it is to become."""
    pick = max if wish.side is Side.BUY else min
    return pick(price, wish.price), max(qty, wish.qty - filled)


def unit_loss(side: Side, price: Price) -> Price:
    """Return what one contract bought or sold at `price` can lose at most."""
    return price if side is Side.BUY else PRICE_ONE - price


def found(adopted: OrderAdopted) -> Intent:
    """Write an order that was found as the intent it could have come from."""
    return Intent(
        adopted.at,
        adopted.order,
        adopted.market,
        adopted.side,
        adopted.qty,
        adopted.price,
        TimeInForce.GTC,
        origin="adopted",
    )


def is_meant(order: Reserved, command: Leaving) -> bool:
    """Tell whether a command takes an order back; a foreign one only if named, or all are.

    Who asks twice for a position to be closed does not want the close back that is on its way.
    """
    is_close = order.intent.reduce_only and not order.intent.tif.rests
    if is_close and isinstance(command, ClosePosition | CloseAll | ExitFired):
        return False
    match command:
        case CancelOrder(order=named):
            return order.intent.order == named
        case CancelMarket(market=market) | ClosePosition(market=market) | ExitFired(market=market):
            return order.intent.market == market and not order.is_foreign
        case CancelAll() | CloseAll():
            return not order.is_foreign
        case Panic(foreign=foreign):
            return foreign or not order.is_foreign
