"""What a venue said about our account, in our units but under its ids; the live broker judges it.

A wing (`venues/*/orders.py`) makes these of answers and of the user stream. Nothing here is
journaled: what the broker concludes is. Sides and prices are on the YES scale.
"""

from enum import StrEnum

from pmterm.messages.base import Message
from pmterm.model.ids import MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.units import Cash, Ns, Price, Qty


class OrderAccepted(Message, frozen=True):
    """The venue took our request to place: proof. `filled` is what it says traded at once.

    `state` is OPEN, PARTIAL, FILLED, CANCELLED (an IOC's rest), or SENT while a taker delay of
    `delay` ns holds it.
    """

    venue: Venue
    order: OrderId
    venue_order: VenueOrderId
    state: OrderState
    filled: Qty
    delay: Ns = 0
    reason: str = ""


class OrderDeclined(Message, frozen=True):
    """The venue proved that it did not take our request to place or amend.

    `code` is a stable word of our own table, `reason` a sentence that says what to do.
    """

    venue: Venue
    order: OrderId
    code: str
    reason: str


class OrderUnclear(Message, frozen=True):
    """Whether the venue took our request is not known: no answer, a 5xx, an answer unread."""

    venue: Venue
    order: OrderId
    reason: str


class AmendAccepted(Message, frozen=True):
    """The venue changed a working order."""

    venue: Venue
    order: OrderId
    price: Price
    qty: Qty
    filled: Qty = -1


class WithdrawAnswered(Message, frozen=True):
    """What became of a request to cancel.

    `is_done` True: the venue says it is cancelled now. False: it says there is nothing to cancel,
    so the order must be read before anything is said of it. None: not known, ask again.
    """

    venue: Venue
    order: OrderId
    is_done: bool | None
    reason: str = ""


class OrderSeen(Message, frozen=True):
    """One of our account's orders as the venue has it: a row of a list, a look, or an event.

    `client_order` is our own id where the venue keeps it (Kalshi). `filled` -1: not told.
    """

    venue: Venue
    venue_order: VenueOrderId
    market: MarketId
    outcome: int
    side: Side
    price: Price
    qty: Qty
    filled: Qty
    state: OrderState
    client_order: str = ""
    reason: str = ""
    venue_at: Ns = 0


class OrderMissing(Message, frozen=True):
    """The venue answered properly that it knows no such order (it may not know it yet)."""

    venue: Venue
    order: OrderId


class FillSeen(Message, frozen=True):
    """Some of an order of our account traded. `fee` -1: the venue did not tell, our schedule does.

    `trade` and `venue_order` together are its identity: one trade may fill several of our orders.
    `client_order` is our own id where the venue tells it.
    """

    venue: Venue
    trade: str
    venue_order: VenueOrderId
    market: MarketId
    outcome: int
    side: Side
    price: Price
    qty: Qty
    fee: Cash
    is_maker: bool
    state: FillState
    venue_at: Ns
    client_order: str = ""


class QueueSeen(Message, frozen=True):
    """What must trade before each of our orders in these markets, by the venue's ids (Kalshi).

    An order that is not named has no place that is known. `asked_at` is when it was asked for.
    """

    venue: Venue
    markets: tuple[MarketId, ...]
    ahead: tuple[tuple[VenueOrderId, Qty], ...]
    asked_at: Ns


class ListKind(StrEnum):
    """What was listed."""

    ORDERS = "orders"
    FILLS = "fills"
    HOLDINGS = "holdings"


class ListEnded(Message, frozen=True):
    """The last page of a list came, all pages whole; only then does absence say anything.

    `asked_at` is when the first page was asked for; `is_whole` False: a page failed, read nothing
    into what is missing.
    """

    venue: Venue
    kind: ListKind
    asked_at: Ns
    is_whole: bool = True
    reason: str = ""


class HoldingSeen(Message, frozen=True):
    """What the venue says we hold of one outcome (0 or more).

    `average` is what was paid on average, on the YES scale; 0: not told.
    """

    venue: Venue
    market: MarketId
    outcome: int
    qty: Qty
    average: Price


class MoneySeen(Message, frozen=True):
    """What the venue says is free to spend; `allowance` -1: has none or did not tell.

    `purses` is what is free on each of the venue's matching engines (shard, cash), where it tells:
    an order can use its own engine's part only (Kalshi).
    """

    venue: Venue
    cash: Cash
    allowance: Cash = -1
    purses: tuple[tuple[int, Cash], ...] = ()


class GroupSeen(Message, frozen=True):
    """What became of an order group, by an answer or by the user stream (Kalshi).

    `step` is created, triggered (its orders are cancelled, new ones refused), reset,
    limit_updated or deleted. `is_done` False: the venue refused it; None: not known, ask again.
    """

    venue: Venue
    group: str
    step: str
    is_done: bool | None = True
    reason: str = ""


class BeatAnswered(Message, frozen=True):
    """The dead-man switch: whether the venue took the beat, and for how long it holds."""

    venue: Venue
    is_taken: bool
    lasts: Ns = 0
    reason: str = ""


class VenueMood(StrEnum):
    """What a venue takes."""

    OPEN = "open"
    POST_ONLY = "post only"
    CANCEL_ONLY = "cancel only"
    CLOSED = "closed"
    RESTARTING = "restarting"
    BLOCKED = "blocked"
    LOGGED_OUT = "logged out"


class MoodSeen(Message, frozen=True):
    """What the venue takes now, as far as an answer told; `for_s` 0: it did not say how long."""

    venue: Venue
    mood: VenueMood
    for_s: int = 0
    reason: str = ""
