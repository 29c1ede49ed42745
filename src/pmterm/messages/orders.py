"""From a wish to a fill: intents, verdicts, requests to the venue, and its answers."""

from pmterm.messages.base import Message
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.order import GateState, OrderState, Side, TimeInForce
from pmterm.model.units import Cash, Ns, Price, Qty


class Intent(Message, frozen=True):
    """An order someone wants. Always has a limit price; a market order's is its slippage cap.

    `order` is the id it will have if approved. `replaces`: the working order it amends.
    `told_price` is the touch the trader saw when asking.
    """

    order: OrderId
    market: MarketId
    side: Side
    qty: Qty
    price: Price
    tif: TimeInForce
    post_only: bool = False
    reduce_only: bool = False
    origin: str = "ticket"
    told_price: Price = 0
    replaces: OrderId = OrderId("")


class Refused(Message, frozen=True):
    """The gate said no: which rule, its value, its limit, and what would pass."""

    order: OrderId
    market: MarketId
    rule: str
    value: str
    limit: str
    remedy: str
    is_warning: bool = False


class Approved(Message, frozen=True):
    """The gate let an intent through and reserved `reserved` (1e-6 USD, its worst loss)."""

    intent: Intent
    reserved: Cash
    fee_estimate: Cash = 0


class PlaceOrder(Message, frozen=True):
    """Send this order to the venue. Durable in the journal before its first byte leaves."""

    intent: Intent


class AmendOrder(Message, frozen=True):
    """Ask the venue to change order `order` to the price and total size of `intent`."""

    order: OrderId
    intent: Intent


class WithdrawOrder(Message, frozen=True):
    """Ask the venue to cancel this order."""

    order: OrderId
    market: MarketId


class OrderReport(Message, frozen=True):
    """Where an order stands by the venue's word. `filled` and `qty` are totals in contracts.

    `price` and `qty` differ from the intent's after an amend. `ahead` is what stands before us in
    line by the pessimistic count, -1 if not known; `maybe_filled` what the optimistic count says.
    """

    order: OrderId
    market: MarketId
    state: OrderState
    price: Price
    qty: Qty
    filled: Qty
    reason: str = ""
    ahead: Qty = -1
    maybe_filled: Qty = 0


class Fill(Message, frozen=True):
    """Some of an order traded: `price` on the YES scale, `fee` in 1e-6 USD. Counts once by id."""

    id: FillId
    order: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    fee: Cash
    is_maker: bool
    venue_at: Ns = 0


class GateChanged(Message, frozen=True):
    """The risk gate changed its state; it survives a restart.

    `until` is when it opens again by itself, 0: not before a person says so.
    """

    state: GateState
    reason: str
    until: Ns = 0


class JournalFailed(Message, frozen=True):
    """An order could not be made durable, so it was not sent; the disk is at fault."""

    order: OrderId
    reason: str
