"""Polymarket's words as they stand on the wire, and the decoders that read them.

Texts stay texts here; `translate.py` makes numbers of them. Times are the exception: they are
decimal strings of milliseconds and are read as integers at once. Source: Polymarket docs, market
channel, read 2026-08, and recorded frames of 2026-04 to 2026-08.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

Millis: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=10**15)]
Way: TypeAlias = Literal["BUY", "SELL"]


class Level(msgspec.Struct, gc=False):
    """One price of a book: the order of fields matters to the book hash."""

    price: str
    size: str


class BookWords(msgspec.Struct):
    """A whole book of one token, as stream and REST have in common.

    Bids rise and asks fall towards the best level, which is last on both sides; nothing here
    relies on that. The stream leaves out `min_order_size` and `neg_risk`.
    """

    asset_id: str
    timestamp: Millis
    bids: list[Level]
    asks: list[Level]
    market: str = ""
    hash: str = ""
    min_order_size: str | None = None
    tick_size: str | None = None
    neg_risk: bool | None = None
    last_trade_price: str | None = None


class Book(BookWords, tag_field="event_type", tag="book"):
    """A book on the stream: first thing after subscribing, and again after trades."""


class RestBook(BookWords):
    """The answer of GET /book."""


class Row(msgspec.Struct, gc=False):
    """One level after a change. `size` is absolute, "0" removes it.

    The touch is that of this row's own token: absent, "" or "0"/"1" where a side is empty. The
    row's hash cannot be recomputed and is not read.
    """

    asset_id: str
    price: str
    size: str
    side: Way
    best_bid: str | None = None
    best_ask: str | None = None


class PriceChange(msgspec.Struct, gc=False, tag_field="event_type", tag="price_change"):
    """Levels that changed, normally each twice: once for either token.

    Without `price_changes` it is the flat form of before September 2025.
    """

    timestamp: Millis
    price_changes: list[Row] | None = None


class LastTradePrice(msgspec.Struct, gc=False, tag_field="event_type", tag="last_trade_price"):
    """A trade of one token; `side` is the taker's."""

    asset_id: str
    price: str
    size: str
    side: Way
    timestamp: Millis
    transaction_hash: str | None = None


class BestBidAsk(msgspec.Struct, gc=False, tag_field="event_type", tag="best_bid_ask"):
    """The touch of one token; an empty side is ""."""

    asset_id: str
    best_bid: str | None
    best_ask: str | None
    timestamp: Millis


class TickSizeChange(msgspec.Struct, tag_field="event_type", tag="tick_size_change"):
    """The price grid of one token changed; the other token's event follows."""

    asset_id: str
    new_tick_size: str


class MarketResolved(msgspec.Struct, tag_field="event_type", tag="market_resolved"):
    """A market has its result."""

    assets_ids: list[str]
    winning_asset_id: str = ""
    winning_outcome: str = ""


class NewMarket(msgspec.Struct, tag_field="event_type", tag="new_market"):
    """Some market was created, not only one of ours: known, and of no use here."""


Event: TypeAlias = (
    PriceChange | Book | LastTradePrice | BestBidAsk | TickSizeChange | MarketResolved | NewMarket
)
KNOWN_TYPES = frozenset(
    {
        "price_change",
        "book",
        "last_trade_price",
        "best_bid_ask",
        "tick_size_change",
        "market_resolved",
        "new_market",
    }
)


class Envelope(msgspec.Struct):
    """What can still be read of a frame that did not fit: what it was and whose."""

    event_type: object = None
    asset_id: object = None
    price_changes: object = None

    def tokens(self) -> list[str]:
        """Return the token ids it still names."""
        rows = self.price_changes if isinstance(self.price_changes, list) else []
        named = [row.get("asset_id") for row in rows if isinstance(row, dict)]
        return [token for token in (self.asset_id, *named) if isinstance(token, str)]


# Lax, so that a time in quotes is read as an integer by the decoder itself. Nearly every frame is
# a price_change, and a decoder of that type alone takes 0.7 us where one of all types takes 1.0.
change_decoder = msgspec.json.Decoder(PriceChange, strict=False)
frame_decoder = msgspec.json.Decoder(Event | list[Event], strict=False)
event_decoder = msgspec.json.Decoder(Event, strict=False)
rest_book_decoder = msgspec.json.Decoder(RestBook, strict=False)
pieces_decoder = msgspec.json.Decoder(list[msgspec.Raw])
envelope_decoder = msgspec.json.Decoder(Envelope)
UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeError)
