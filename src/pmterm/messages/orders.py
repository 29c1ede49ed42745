"""From a wish to a fill: intents, verdicts, requests to the venue, and its answers."""

from enum import StrEnum

import msgspec

from pmterm.messages.base import Message
from pmterm.model.ids import FillId, MarketId, OrderId, VenueOrderId
from pmterm.model.order import FillState, GateState, OrderState, Side, TimeInForce
from pmterm.model.stock import Traded
from pmterm.model.units import Cash, Ns, Price, Qty


class Bracket(msgspec.Struct, frozen=True):
    """Exits that go with an order and guard what fills of it; 0 leaves one out.

    `target` and `stop` are prices on the YES scale; where they are 0, `target_ppm` and `stop_ppm`
    are how far above and below the price paid for the outcome held, in millionths of it. `trail`
    as in `Exits`; `lasts_s` are seconds from the first fill.
    """

    target: Price = 0
    stop: Price = 0
    target_ppm: int = 0
    stop_ppm: int = 0
    trail: Price = 0
    lasts_s: int = 0
    event: str = ""
    thesis: bool = False


class Intent(Message, frozen=True):
    """An order someone wants. Always has a limit price; a market order's is its slippage cap.

    `order` is the id it will have if approved. `replaces`: the working order it amends.
    `told_price` is the touch the trader saw when asking. `expires_at` goes with GTD (Unix ns).
    `confirmed`: a person said yes to what the gate asked about this very order. `bracket`: the
    exits that go with it.
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
    expires_at: Ns = 0
    confirmed: bool = False
    bracket: Bracket | None = None


class Refused(Message, frozen=True):
    """The gate said no: which rule, its value, its limit, and what would pass.

    `asks`: the same ticket with `confirmed` would pass; a person is to be asked.
    """

    order: OrderId
    market: MarketId
    rule: str
    value: str
    limit: str
    remedy: str
    is_warning: bool = False
    asks: bool = False


class Approved(Message, frozen=True):
    """The gate let an intent through and reserved `reserved` (1e-6 USD, its worst loss).

    `outcome` is the outcome it is to be sent for, 0 or 1 of the market's: where a venue has one
    book per outcome, selling YES that is not held is buying NO.
    """

    intent: Intent
    reserved: Cash
    fee_estimate: Cash = 0
    outcome: int = 0


class PlaceOrder(Message, frozen=True):
    """Send this order to the venue. Durable in the journal before its first byte leaves.

    `outcome` as in `Approved`.
    """

    intent: Intent
    outcome: int = 0


class OrderNamed(Message, frozen=True):
    """What an order will be called by its venue, durable before its first byte leaves.

    `venue_order` is the id computed before sending: Polymarket's EIP-712 hash, Kalshi's
    `client_order_id`. `outcome` is the outcome it is sent for, 0 or 1 of the market's: selling YES
    that is not held is buying NO. `body` holds the exact bytes to send; no secret is in it.
    """

    order: OrderId
    market: MarketId
    venue_order: VenueOrderId
    outcome: int
    body: str


class OrderKnown(Message, frozen=True):
    """The venue's own id of an order, where that is not what we named it (Kalshi)."""

    order: OrderId
    venue_order: VenueOrderId


class OrderAdopted(Message, frozen=True):
    """An order on our account that this journal did not make: by the web site or another program.

    It counts in exposure, is shown as foreign, and "cancel mine" does not touch it. An order of
    ours that was given up for lost and appeared after all is adopted too, with `is_ours`.
    """

    order: OrderId
    market: MarketId
    venue_order: VenueOrderId
    outcome: int
    side: Side
    price: Price
    qty: Qty
    filled: Qty
    is_ours: bool = False


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
    line, on paper by the pessimistic count, -1 if not known; `maybe_filled` what the optimistic
    count says. `until` is when the venue's taker delay is over, 0 if it holds nothing back. `lacks`
    of `filled` no fill has told of, and none is waited for any more: a difference that stands on
    the record.
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
    until: Ns = 0
    lacks: Qty = 0


class Fill(Message, frozen=True):
    """Some of an order traded: `price` on the YES scale, `fee` in 1e-6 USD. Counts once by id.

    `outcome` is the outcome that changed hands, 0 or 1 of the market's; `state` how far its
    settlement had come (`FillMoved` tells what comes after). A foreign order's fill counts too.
    """

    id: FillId
    order: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    fee: Cash
    is_maker: bool
    venue_at: Ns = 0
    outcome: int = 0
    state: FillState = FillState.CONFIRMED

    @property
    def traded(self) -> Traded:
        """What a ledger books of it."""
        return Traded(self.id, self.side, self.price, self.qty, self.fee, self.outcome, self.state)


class FillMoved(Message, frozen=True):
    """The settlement of a fill went on; FAILED takes the fill back, once."""

    fill: FillId
    order: OrderId
    market: MarketId
    state: FillState


class GateChanged(Message, frozen=True):
    """The risk gate changed its state; it survives a restart.

    `until` is when it opens again by itself, 0: not before a person says so.
    """

    state: GateState
    reason: str
    until: Ns = 0


class LimitChanged(Message, frozen=True):
    """A limit of the gate is another from now on; as in `ChangeLimit`."""

    name: str
    before: int
    after: int


class JournalFailed(Message, frozen=True):
    """An order could not be made durable, so it was not sent; the disk is at fault."""

    order: OrderId
    reason: str


class PlanState(StrEnum):
    """How a plan of several orders stands. Only a going one sends; a paused one waits for us."""

    GOING = "going"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"


class PlanStarted(Message, frozen=True):
    """An order is to be worked in slices, one every `every` ns, each an order of its own.

    `lasts` is how long a slice may rest before its rest is taken back, 0: it does not rest.
    `confirmed` and `bracket` go with every slice.
    """

    plan: str
    market: MarketId
    side: Side
    qty: Qty
    slices: int
    every: Ns
    lasts: Ns = 0
    origin: str = "ticket"
    reduce_only: bool = False
    confirmed: bool = False
    bracket: Bracket | None = None


class PlanMoved(Message, frozen=True):
    """A plan went on. `sent` slices have begun, `filled` contracts are done, `order` is the last.

    A paused plan goes on when a person resumes, or arms its market; a stopped one never.
    """

    plan: str
    state: PlanState
    sent: int
    filled: Qty
    order: OrderId = OrderId("")
    reason: str = ""
