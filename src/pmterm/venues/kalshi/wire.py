"""Kalshi's stream, field for field, in its own names and strings.

Source: Kalshi docs, AsyncAPI 2.0.0 and the pages of the channels, read 2026-10. Numbers are
decimal strings (`*_dollars`, `*_fp`); keys we do not name are skipped, keys with a default may be
absent or, where `None` is named, null.
"""

from typing import Annotated, Literal, TypeAlias

import msgspec

# Past the year 2255 nanoseconds no longer fit 63 bits, which is what the journal can hold.
Millis: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000_000)]
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Sid: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**53)]
Rows: TypeAlias = list[tuple[str, str]]


class DeltaWords(msgspec.Struct, gc=False):
    """What changed at one level; `delta_fp` is signed."""

    market_ticker: str
    price_dollars: str
    delta_fp: str
    side: Literal["yes", "no"]
    ts_ms: Millis = 0


class Delta(msgspec.Struct, gc=False, tag_field="type", tag="orderbook_delta"):
    """One level of one market grew or shrank."""

    sid: Sid
    seq: Number
    msg: DeltaWords


class SnapshotWords(msgspec.Struct, gc=False):
    """All bids of both outcomes, ascending; a side without orders is left out."""

    market_ticker: str
    yes_dollars_fp: Rows | None = None
    no_dollars_fp: Rows | None = None


class Snapshot(msgspec.Struct, gc=False, tag_field="type", tag="orderbook_snapshot"):
    """The whole book of a market; may come unasked, or (`get_snapshot`) without `seq`."""

    msg: SnapshotWords
    sid: Number = 0
    seq: Number | None = None
    sending_ts_ms: Millis | None = None


class TickerWords(msgspec.Struct, gc=False):
    """The touch, the last price and the volume; 0 and 1 in a quote mean that there is none."""

    market_ticker: str
    yes_bid_dollars: str
    yes_ask_dollars: str
    price_dollars: str = "0"
    volume_fp: str = "0"
    ts_ms: Millis = 0


class Ticker(msgspec.Struct, gc=False, tag_field="type", tag="ticker"):
    """A ticker; the only market frame without `seq`."""

    msg: TickerWords


class TradeWords(msgspec.Struct, gc=False):
    """A trade. `taker_side` is the old spelling of `taker_outcome_side`."""

    market_ticker: str
    yes_price_dollars: str
    count_fp: str
    taker_outcome_side: Literal["yes", "no", ""] | None = ""
    taker_side: Literal["yes", "no", ""] | None = ""
    trade_id: str = ""
    is_block_trade: bool = False
    ts_ms: Millis = 0


class Trade(msgspec.Struct, gc=False, tag_field="type", tag="trade"):
    """A trade on the tape."""

    msg: TradeWords
    sid: Number = 0
    seq: Number | None = None


class Range(msgspec.Struct, gc=False):
    """A stretch of the price grid, in dollars."""

    start: str
    end: str
    step: str


class LifecycleWords(msgspec.Struct, gc=False):
    """A step in the life of a market; which keys are there depends on `event_type`."""

    event_type: str
    market_ticker: str
    result: str | None = ""
    settlement_value: str | None = None
    close_ts: Annotated[int, msgspec.Meta(ge=0, le=9_000_000_000)] | None = None
    price_level_structure: str | None = ""
    price_ranges: list[Range] | None = None


class Lifecycle(msgspec.Struct, gc=False, tag_field="type", tag="market_lifecycle_v2"):
    """A market was activated, paused, decided, paid, or its grid changed."""

    msg: LifecycleWords
    sid: Number = 0
    seq: Number | None = None


class SubscribedWords(msgspec.Struct, gc=False):
    """Which channel got which subscription id."""

    channel: str
    sid: Number


class Subscribed(msgspec.Struct, gc=False, tag_field="type", tag="subscribed"):
    """A new subscription stands; has no `seq`."""

    msg: SubscribedWords
    id: Number | None = 0


class Ok(msgspec.Struct, gc=False, tag_field="type", tag="ok"):
    """A subscription was changed. It counts in the `seq` of its `sid`."""

    id: Number | None = 0
    sid: Number | None = 0
    seq: Number | None = None


class Unsubscribed(msgspec.Struct, gc=False, tag_field="type", tag="unsubscribed"):
    """A subscription has ended; the last frame of its `sid`."""

    sid: Number | None = 0
    id: Number | None = 0
    seq: Number | None = None


class FailureWords(msgspec.Struct, gc=False):
    """Why a command failed, or a subscription died."""

    code: int = 0
    msg: str = ""
    market_ticker: str | None = ""


class Failure(msgspec.Struct, gc=False, tag_field="type", tag="error"):
    """A command failed (`id`), or a subscription died (`sid`)."""

    msg: FailureWords
    id: Number | None = 0
    sid: Number | None = 0
    seq: Number | None = None


class EventLifecycle(msgspec.Struct, gc=False, tag_field="type", tag="event_lifecycle"):
    """News of an event; only its place in the sequence matters here."""

    sid: Number = 0
    seq: Number | None = None


class FeeWords(msgspec.Struct, gc=False):
    """An event's own fee rule; null where it was taken back and its series' rule holds again."""

    event_ticker: str
    fee_type_override: str | None = None
    fee_multiplier_override: float | None = None


class EventFeeUpdate(msgspec.Struct, gc=False, tag_field="type", tag="event_fee_update"):
    """The fee rule of an event changed."""

    msg: FeeWords
    sid: Number = 0
    seq: Number | None = None


Words: TypeAlias = (
    Delta
    | Snapshot
    | Ticker
    | Trade
    | Lifecycle
    | Subscribed
    | Ok
    | Unsubscribed
    | Failure
    | EventLifecycle
    | EventFeeUpdate
)


class Envelope(msgspec.Struct, gc=False):
    """What can still be read of a frame that does not fit."""

    type: str = ""
    sid: int = 0
    seq: int | None = None


class BookWords(msgspec.Struct, gc=False):
    """The REST book: bids of both outcomes, the NO side always on the NO scale."""

    yes_dollars: Rows | None = None
    no_dollars: Rows | None = None


class BookAnswer(msgspec.Struct, gc=False):
    """The answer of `GET /markets/{ticker}/orderbook` (Kalshi docs, read 2026-10)."""

    orderbook_fp: BookWords


KNOWN_TYPES = frozenset(
    {
        "orderbook_delta",
        "orderbook_snapshot",
        "ticker",
        "trade",
        "market_lifecycle_v2",
        "subscribed",
        "ok",
        "unsubscribed",
        "error",
        "event_lifecycle",
        "event_fee_update",
    }
)

frame_decoder: msgspec.json.Decoder[Words] = msgspec.json.Decoder(Words)
envelope_decoder = msgspec.json.Decoder(Envelope)
book_decoder = msgspec.json.Decoder(BookAnswer)
