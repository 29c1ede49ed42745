"""What a venue's public feed says, in our words. All prices are on the YES scale."""

from typing import Final

from pmterm.messages.base import Message
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus, PriceBand
from pmterm.model.order import Side
from pmterm.model.units import Cash, Ns, Price, Qty

NOT_TOLD: Price = -1  # a touch the venue did not state
NO_BID: Price = 0  # the bid side is empty
NO_ASK: Price = 10_000  # the ask side is empty
CLOSED_EARLY: Final = "closed early"
DETERMINED: Final = "determined"
SETTLED: Final = "settled"


class MarketSeen(Message, frozen=True):
    """Metadata of a market, first seen or changed."""

    market: Market


class BookSnapshot(Message, frozen=True):
    """The whole book of a market; replaces what we had.

    Levels are (price, size) in any order, sizes above 0. `is_reply` tells a book that we fetched
    to compare (REST): it is checked against ours and replaces it only if ours is not trusted.
    """

    venue_at: Ns
    market: MarketId
    bids: tuple[tuple[Price, Qty], ...]
    asks: tuple[tuple[Price, Qty], ...]
    is_reply: bool = False
    hash_agrees: bool | None = None


class LevelSet(Message, frozen=True, gc=False):
    """One level now holds exactly `qty` (0: gone). `side` BUY is the bid side.

    `best_bid` and `best_ask` are the venue's own touch after the change: NOT_TOLD, NO_BID or
    NO_ASK where that applies. Levels better than a told touch are stale and are pruned.
    """

    venue_at: Ns
    market: MarketId
    side: Side
    price: Price
    qty: Qty
    best_bid: Price = NOT_TOLD
    best_ask: Price = NOT_TOLD


class LevelMoved(Message, frozen=True, gc=False):
    """One level grew or shrank by `delta` contracts (signed). `side` BUY is the bid side."""

    venue_at: Ns
    market: MarketId
    side: Side
    price: Price
    delta: Qty


class TouchSeen(Message, frozen=True, gc=False):
    """The venue's own touch, from a ticker: a check on our book, and the last price.

    `last` is 0 if never traded. `volume` is contracts traded in all, 0 if not told.
    """

    venue_at: Ns
    market: MarketId
    best_bid: Price
    best_ask: Price
    last: Price = 0
    volume: Qty = 0


class TradeSeen(Message, frozen=True, gc=False):
    """A trade on the tape. `taker` is the aggressor's side on the YES scale."""

    venue_at: Ns
    market: MarketId
    price: Price
    qty: Qty
    taker: Side
    trade_id: str = ""
    is_block: bool = False


class TickChanged(Message, frozen=True):
    """The price grid changed: the book is dropped until a new snapshot."""

    market: MarketId
    bands: tuple[PriceBand, ...]


class MarketStatusSeen(Message, frozen=True):
    """A market opened, paused, closed or was resolved (`result`: the winning outcome's name).

    `payout` is what YES pays where the venue told it, -1: it follows from `result` or is not known.
    `word` says more than the status, where the venue does: closed early, determined (the result is
    known, nothing is paid yet), settled.
    """

    market: MarketId
    status: MarketStatus
    result: str = ""
    payout: Price = -1
    word: str = ""


class BookLost(Message, frozen=True):
    """The book of a market can no longer be trusted: a gap, a lost connection, a mismatch."""

    market: MarketId
    reason: str


class BookChanged(Message, frozen=True, gc=False):
    """A market's book after a change, boiled down to what signals and screens need of every one.

    `best_bid` is NO_BID and `best_ask` NO_ASK where a side is empty: a mid exists only when both
    stand. `bid_depth` and `ask_depth` are dollars (1e-6) on the best five levels of a side: the
    sum of price x size on the bid side and of (1 - price) x size on the ask side, each what it
    costs to sit there. Visible levels are read from the book when the screen paints, not copied
    here. A change that touches none of this, deeper than the best five, is said once a second at
    most. `is_trusted` false: gap, crossing, silence or mismatch; such a book is not traded on.
    """

    market: MarketId
    best_bid: Price
    best_ask: Price
    bid_qty: Qty
    ask_qty: Qty
    bid_depth: Cash
    ask_depth: Cash
    is_trusted: bool


class BookDoubted(Message, frozen=True):
    """Our book and the venue's word differ: ask for a fresh one. Heard by the feed's worker."""

    venue: Venue
    market: MarketId
    reason: str
