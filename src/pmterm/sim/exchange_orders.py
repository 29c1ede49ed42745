"""An account's order on the local exchange, and what happens to it, in no venue's dialect."""

from enum import StrEnum
from typing import Any, TypeAlias

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import Cash, Ns, Price, Qty
from pmterm.sim.matching import OWN_ORDER, SelfTrade


class Standing(StrEnum):
    """Where an order stands. REFUSED: it never was on the book and traded nothing."""

    NEW = "new"
    DELAYED = "delayed"
    RESTING = "resting"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"

    @property
    def is_open(self) -> bool:
        """Whether it can still trade."""
        return self in {Standing.NEW, Standing.DELAYED, Standing.RESTING}


class Why(StrEnum):
    """Why an order, or a part of it, ended without a trade."""

    NONE = ""
    ASKED = "asked"
    AMENDED = "amended"
    POST_ONLY = "post only"
    FILL_OR_KILL = "fill or kill"
    NOTHING_TO_MATCH = "nothing to match"
    OWN_ORDER = OWN_ORDER
    REDUCE_ONLY = "reduce only"
    EXPIRED = "expired"
    GAME_STARTED = "game started"
    TICK_CHANGED = "tick changed"
    PAUSED = "paused"
    DEACTIVATED = "deactivated"
    MARKET_CLOSED = "market closed"
    NO_BOOK = "no book"
    NOT_COVERED = "not enough balance"
    HEARTBEAT = "heartbeat"
    GROUP = "order group"
    WIPED = "wiped"


class Step(StrEnum):
    """What happened to an order, trades aside."""

    ACCEPTED = "accepted"  # it is on the venue; trades, RESTS or ENDED follow
    DELAYED = "delayed"
    REFUSED = "refused"
    RESTS = "rests"
    REDUCED = "reduced"
    AMENDED = "amended"
    ENDED = "ended"


class Happening(msgspec.Struct, frozen=True):
    """One line of an order's history: `qty` is what ended or traded or was asked for."""

    at: Ns
    what: str
    qty: Qty
    why: Why = Why.NONE


class ExchangeOrder(msgspec.Struct, kw_only=True, eq=False):
    """An order and all that became of it; it is kept for ever.

    The first fields are what is asked for, and go to `Exchange.place`; the exchange keeps the rest.
    `side` and `price` are on the YES scale: buying NO at `p` is SELL at `1 - p` with `outcome` 1.
    `qty` is the order's size as last amended, always `filled + open + ended`; `asked` is the first.
    `expires_at` 0 is never. Before `hidden_until` (a fault) lookups must not find it. `extra` is
    the dialect's own (a signed order, a subaccount).
    """

    id: str
    account: str
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    outcome: int = 0
    tif: TimeInForce = TimeInForce.GTC
    post_only: bool = False
    reduce_only: bool = False
    expires_at: Ns = 0
    self_trade: SelfTrade = SelfTrade.TAKER
    cancels_on_pause: bool = False
    client_id: str = ""
    group: str = ""
    extra: dict[str, Any] = {}

    standing: Standing = Standing.NEW
    why: Why = Why.NONE
    asked: Qty = 0
    filled: Qty = 0
    open: Qty = 0
    ended: Qty = 0
    created_at: Ns = 0
    updated_at: Ns = 0
    due_at: Ns = 0
    hidden_until: Ns = 0
    taker_cost: Cash = 0
    maker_cost: Cash = 0
    taker_fees: Cash = 0
    maker_fees: Cash = 0
    history: list[Happening] = []

    @property
    def is_sale(self) -> bool:
        """Whether it sells its outcome (on the YES scale a BUY of outcome 1 does)."""
        return (self.side is Side.SELL) == (self.outcome == 0)

    @property
    def own_price(self) -> Price:
        """The price of its own outcome."""
        return self.price if self.outcome == 0 else 10_000 - self.price


class OrderMoved(msgspec.Struct, frozen=True):
    """An order was accepted, rests, got smaller, or ended; the numbers are of that moment."""

    at: Ns
    order: ExchangeOrder
    step: Step
    why: Why
    qty: Qty
    open: Qty
    filled: Qty


class Filled(msgspec.Struct, frozen=True):
    """An account's order traded at `price` (YES scale) with `other_order` of `other_account`.

    `other` is None where the counterparty is the crowd. `trade_id` is unique for each pair of
    orders that met, and the same for both of them. `number` is that of the public `Traded`, and
    `sweep` the same for all trades of one incoming order at one time. `fee` and `cash` (what the
    account got, fee not taken off) in 1e-6 USD; `open` and `filled` are the order's after it,
    `position` the account's YES less its NO.
    """

    at: Ns
    order: ExchangeOrder
    trade_id: str
    other: ExchangeOrder | None
    other_order: str
    other_account: str
    price: Price
    qty: Qty
    fee: Cash
    cash: Cash
    is_maker: bool
    number: int
    sweep: str
    open: Qty
    filled: Qty
    position: Qty


class Settled(msgspec.Struct, frozen=True):
    """A market paid an account: `yes` and `no` were held, `cash` came."""

    at: Ns
    account: str
    market: MarketId
    yes: Qty
    no: Qty
    payout: Price
    cash: Cash


class Reversed(msgspec.Struct, frozen=True):
    """A trade was undone, as when its settlement fails on chain."""

    at: Ns
    trade_id: str


AccountEvent: TypeAlias = OrderMoved | Filled | Settled | Reversed
