"""One order of ours, and the words for where it stands."""

import msgspec

from pmterm.messages.orders import Bracket
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import SECOND, Cash, Ns, Price, Qty
from pmterm.views.figures import age_text, qty_text

_WORDS = {
    OrderState.RESERVED: "ASKED",
    OrderState.JOURNALED: "SENT",
    OrderState.SENT: "SENT",
    OrderState.OPEN: "OPEN",
    OrderState.FILLED: "FILLED",
    OrderState.CANCELLED: "CANCELLED",
    OrderState.EXPIRED: "EXPIRED",
    OrderState.REFUSED: "REFUSED",
    OrderState.CANCEL_UNKNOWN: "CANCEL?",
}
_LEFT = frozenset({OrderState.SENT, OrderState.JOURNALED})  # on its way, no answer yet


class OrderRow(msgspec.Struct, frozen=True):
    """One order. `since` is when it came into its state, `maybe` the optimistic fill count.

    `until` is when the venue's taker delay is over, 0 if it holds nothing back. `is_foreign`: made
    by the web site or another program. `settling` traded but is not confirmed yet, `reversed` was
    taken back. `expires_at` is when it ends by itself, 0: never. `new_price` and `new_qty` are what
    an unanswered amend asks for, 0: none is asked. `bracket` are exits that go with what fills.
    """

    order: OrderId
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    filled: Qty
    state: OrderState
    tif: TimeInForce
    asked_at: Ns
    since: Ns
    ahead: Qty = -1
    maybe: Qty = 0
    reason: str = ""
    origin: str = ""
    is_cancel_asked: bool = False
    paid: Cash = 0
    fees: Cash = 0
    until: Ns = 0
    is_foreign: bool = False
    settling: Qty = 0
    reversed: Qty = 0
    new_price: Price = 0
    new_qty: Qty = 0
    is_post_only: bool = False
    is_reduce_only: bool = False
    expires_at: Ns = 0
    bracket: Bracket | None = None

    @property
    def is_working(self) -> bool:
        """Whether something can still happen to it."""
        return not self.state.is_final

    @property
    def is_doubtful(self) -> bool:
        """Whether nobody knows where it stands."""
        return self.state in {OrderState.UNKNOWN, OrderState.CANCEL_UNKNOWN}

    @property
    def is_amending(self) -> bool:
        """Whether an amend is asked for and not answered."""
        return self.new_qty > 0 and self.is_working

    @property
    def left(self) -> Qty:
        """What has not traded yet."""
        return self.qty - self.filled

    @property
    def average(self) -> Price:
        """What was paid on average, 0 before the first fill."""
        return (self.paid * 10_000 + self.filled // 2) // self.filled if self.filled else 0


def state_words(row: OrderRow, at: Ns) -> str:
    """Say in words where an order stands."""
    if row.state is OrderState.UNKNOWN:
        return f"UNKNOWN {age_text(at - row.since)}"
    if row.state is OrderState.CANCEL_UNKNOWN or (row.is_cancel_asked and row.is_working):
        return "CANCEL?"
    if row.is_working:
        return _working_words(row, at)
    if row.reversed:
        return "REVERSED" if row.reversed >= row.filled else f"REVERSED {qty_text(row.reversed)}"
    if row.settling:
        return "SETTLING"
    if row.filled and row.left > 0:  # what ended, and what of it stands
        return f"FILLED {qty_text(row.filled)}/{qty_text(row.qty)}"
    return _WORDS[row.state]


def _working_words(row: OrderRow, at: Ns) -> str:
    if row.state in _LEFT and row.until > at:
        return f"DELAYED {delay_text(row.until - at)}"
    if row.is_amending:
        return "AMEND?"
    if row.is_foreign:
        return "FOREIGN"
    if row.filled and row.state in {OrderState.PARTIAL, OrderState.OPEN}:
        return f"PART {qty_text(row.filled)}/{qty_text(row.qty)}"
    return _WORDS.get(row.state, row.state.upper())


def delay_text(left: Ns) -> str:
    """Write a countdown: 2.1s, rounded up, so that 0.0s is never shown too early."""
    tenths = -(-left // (SECOND // 10))
    return f"{tenths // 10}.{tenths % 10}s"


def advice(row: OrderRow) -> str:
    """Say what to do about an order nobody knows the end of; empty for the others."""
    if row.state is OrderState.UNKNOWN:
        then = "do not send again; pmterm is asking the venue"
    elif row.state is OrderState.CANCEL_UNKNOWN:
        then = "not proved cancelled; pmterm asks until it is"
    else:
        return ""
    return f"{then}: {row.reason}" if row.reason else then


def brief_order(row: OrderRow, price: str) -> str:
    """Say an order in a few letters: BUY 28@45."""
    return f"{row.side.upper()} {qty_text(row.left)}@{price}"
