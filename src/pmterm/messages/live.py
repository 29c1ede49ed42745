"""Real accounts: whether they can be traded on, and how ours compares with the venue's word."""

from pmterm.messages.base import Message
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.units import Cash, Ns, Price, Qty


class AccountSeen(Message, frozen=True):
    """Whose money a live journal is about. `account` is public: a wallet, or a key id's owner."""

    venue: Venue
    account: str


class ReadinessChanged(Message, frozen=True):
    """Whether orders may be made on a venue. `missing` names each thing that is not there.

    The gate makes no live order without a "ready" for its venue that has nothing missing: user
    stream up, reconciled, clock sane, dead-man healthy if it was asked for, venue taking orders.
    `post_only`: the venue takes only orders that rest.
    """

    venue: Venue
    missing: tuple[str, ...] = ()
    post_only: bool = False


class Disarmed(Message, frozen=True):
    """Live orders stopped passing: why. A reconnect, a stale book, idleness, a person."""

    reason: str


class Armed(Message, frozen=True):
    """Live orders pass in one market until `until` (Unix ns), each up to `max_cash` (0: any)."""

    market: MarketId
    until: Ns
    max_cash: Cash = 0


class CashSeen(Message, frozen=True):
    """The venue's word for our free cash (1e-6 USD); replaces ours, the difference is recorded."""

    venue: Venue
    cash: Cash


class HoldingDiffers(Message, frozen=True):
    """The venue holds another number for us than our fills add up to (signed on the YES scale).

    No order may make that holding larger until it agrees again or a person accepts the venue's.
    `is_over`: they agree again.
    """

    market: MarketId
    ours: Qty
    theirs: Qty
    is_over: bool = False


class HoldingAdjusted(Message, frozen=True):
    """A recorded correction of a holding by `qty` (signed, YES scale) at `price`; costs no cash.

    Made of what was held before pmterm first saw the account, or when a person accepted the venue's
    word. Never made in silence. `outcome` is the one that is corrected (more YES: above 0, more NO:
    below 0); -1: what there is of the other outcome goes first.
    """

    market: MarketId
    qty: Qty
    price: Price
    reason: str
    outcome: int = -1
    venue: Venue = Venue.POLYMARKET


class Reconciled(Message, frozen=True):
    """Our orders, fills, holdings and cash were compared with the venue's, to the end.

    `cause`: "start", "reconnect", "timer", "asked", "dead man" (its switch is back after it ran
    out). `differences` counts what did not agree.
    """

    venue: Venue
    cause: str
    differences: int
    took_ms: int


class DeadManSeen(Message, frozen=True):
    """The venue confirmed the dead-man switch; it cancels all orders at `until` unless renewed."""

    venue: Venue
    until: Ns


class OrderTimed(Message, frozen=True):
    """When an order passed each stage, Unix ns, 0 where it has not: the latency waterfall.

    key: the press. decided: gate, signature and journal done. sent: first byte on the socket.
    acked: the venue's answer. matched: first fill heard. settled: last fill confirmed.
    """

    order: OrderId
    venue: Venue
    key: Ns
    decided: Ns = 0
    sent: Ns = 0
    acked: Ns = 0
    matched: Ns = 0
    settled: Ns = 0


class LinkSeen(Message, frozen=True):
    """How the line to a venue is, said now and then; counts are since the session began.

    `skew` is our clock less the venue's, ns. `limited` counts answers that told us to slow down
    (429, 425), `failed` calls without a readable answer.
    """

    venue: Venue
    skew: Ns = 0
    calls: int = 0
    limited: int = 0
    failed: int = 0
