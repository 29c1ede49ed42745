"""One order as the executor keeps it."""

import msgspec

from pmterm.messages.orders import Approved, OrderAdopted
from pmterm.model.ids import MarketId, OrderId, VenueOrderId
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import Ns, Price, Qty


class WorkingOrder(msgspec.Struct):
    """One of our orders, working or ended.

    `at` is when it last changed; `most` is the largest size it was ever to have: an amend may yet
    arrive. `venue_order` is what the venue calls it, "" while not known; `outcome` what it was sent
    for. `until` is when a taker delay is over, 0 if none runs. `is_foreign`: made elsewhere.
    `reversed` of what had filled was taken back; `filled` is without it.
    """

    id: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    tif: TimeInForce
    at: Ns
    filled: Qty = 0
    state: OrderState = OrderState.RESERVED
    ahead: Qty = -1
    maybe_filled: Qty = 0
    reason: str = ""
    post_only: bool = False
    reduce_only: bool = False
    is_leaving: bool = False
    most: Qty = 0
    venue_order: VenueOrderId = VenueOrderId("")
    outcome: int = 0
    until: Ns = 0
    is_foreign: bool = False
    reversed: Qty = 0

    def has_filled(self, total: Qty) -> None:
        """Note that `total` of it has traded by somebody's word, what was taken back included."""
        self.filled = max(self.filled, total - self.reversed)
        self.maybe_filled = max(self.maybe_filled, self.filled)

    def takes_back(self, qty: Qty) -> None:
        """Note that `qty` of what had traded never settled."""
        qty = min(qty, self.filled)
        self.reversed += qty
        self.filled -= qty
        self.maybe_filled = max(self.filled, self.maybe_filled - qty)


def working(approved: Approved) -> WorkingOrder:
    """Return the order that an approved intent becomes."""
    intent = approved.intent
    return WorkingOrder(
        id=intent.order,
        market=intent.market,
        side=intent.side,
        price=intent.price,
        qty=intent.qty,
        tif=intent.tif,
        at=approved.at,
        post_only=intent.post_only,
        reduce_only=intent.reduce_only,
        outcome=approved.outcome,
    )


def found(adopted: OrderAdopted, old: WorkingOrder | None) -> WorkingOrder:
    """Return an order that was found on the account; one of ours keeps what we know of it."""
    order = WorkingOrder(
        id=adopted.order,
        market=adopted.market,
        side=adopted.side,
        price=adopted.price,
        qty=adopted.qty,
        tif=old.tif if old is not None else TimeInForce.GTC,
        at=adopted.at,
        filled=adopted.filled,
        state=OrderState.PARTIAL if adopted.filled else OrderState.OPEN,
        maybe_filled=adopted.filled,
        venue_order=adopted.venue_order,
        outcome=adopted.outcome,
        is_foreign=not adopted.is_ours,
    )
    if old is not None:
        order.post_only, order.reduce_only = old.post_only, old.reduce_only
        order.is_leaving, order.reversed = old.is_leaving, old.reversed
        order.has_filled(old.filled + old.reversed)
    return order
