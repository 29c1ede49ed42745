"""Kalshi's words into ours: units, sides, ids. Nothing here is guessed: what does not fit raises.

Kalshi keeps bids only. A YES bid is a bid; a NO bid at `p` is an ask at `1 - p`. Which scale the
NO side is written on depends on how the stream was subscribed (`use_yes_price`).
"""

import re
from collections.abc import Iterable

from pmterm.messages.feed import (
    NO_ASK,
    NO_BID,
    BookSnapshot,
    TouchSeen,
    TradeSeen,
)
from pmterm.model.ids import MarketId
from pmterm.model.market import CENT_GRID, PriceBand
from pmterm.model.order import Side
from pmterm.model.text import clean_text
from pmterm.model.units import (
    MS,
    PRICE_ONE,
    Ns,
    Price,
    Qty,
    parse_fixed,
    parse_price,
    parse_qty,
)
from pmterm.venues.kalshi import wire

MOST_KEPT = 65_536  # texts a cache remembers before it starts afresh
MOST_LEVELS = 20_000  # a book has at most 9 999 levels a side
_TICKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,119}", re.ASCII)


class _Kept(dict[str, int]):
    """What texts mean, remembered; a text not seen yet is parsed strictly."""

    def __missing__(self, text: str) -> int:
        value = self.read(text)
        if len(self) >= MOST_KEPT:
            self.clear()
        self[text] = value
        return value

    @staticmethod
    def read(text: str) -> int:
        raise NotImplementedError


class _Levels(_Kept):
    @staticmethod
    def read(text: str) -> Price:
        price = parse_price(text)
        if not 0 < price < PRICE_ONE:
            msg = f"no order can stand at {text[:40]!r}"
            raise ValueError(msg)
        return price


class _OtherLevels(_Levels):
    @staticmethod
    def read(text: str) -> Price:
        return PRICE_ONE - _Levels.read(text)


class _Quotes(_Kept):
    @staticmethod
    def read(text: str) -> Price:
        return parse_price(text)


class _Sizes(_Kept):
    @staticmethod
    def read(text: str) -> Qty:
        return parse_qty(text)


class _Changes(_Kept):
    @staticmethod
    def read(text: str) -> Qty:
        return parse_fixed(text, 6)


class _Names(dict[str, MarketId]):
    """Tickers that were looked at once: safe to show, and the same object every time."""

    def __missing__(self, text: str) -> MarketId:
        if not _TICKER.fullmatch(text):
            msg = f"not a ticker: {clean_text(text, 40)!r}"
            raise ValueError(msg)
        if len(self) >= MOST_KEPT:
            self.clear()
        name = MarketId(text)
        self[text] = name
        return name


LEVELS = _Levels()  # a price of our scale
OTHER_LEVELS = _OtherLevels()  # a price of the NO scale, turned to ours
QUOTES = _Quotes()  # 0 and 1 pass
SIZES = _Sizes()
CHANGES = _Changes()  # signed
NAMES = _Names()


def side_of(rows: wire.Rows | None, prices: _Levels) -> tuple[tuple[Price, Qty], ...]:
    """Read one side of a book; levels of size 0 are left out.

    Raises:
        ValueError: a price or size that cannot be, or a price twice.
    """
    if not rows:
        return ()
    if len(rows) > MOST_LEVELS:
        msg = f"{len(rows)} levels on one side"
        raise ValueError(msg)
    levels = {prices[price]: SIZES[size] for price, size in rows}
    if len(levels) != len(rows):
        msg = "the same price twice"
        raise ValueError(msg)
    return tuple(level for level in levels.items() if level[1])


def snapshot(words: wire.Snapshot, at: Ns, *, yes_scale: bool) -> BookSnapshot:
    """Read a whole book. `yes_scale`: the NO side is written in YES prices.

    Raises:
        ValueError: it does not fit, or bids and asks cross, which no resting book does: then the
            scale is not the one we asked for.
    """
    bids = side_of(words.msg.yes_dollars_fp, LEVELS)
    asks = side_of(words.msg.no_dollars_fp, LEVELS if yes_scale else OTHER_LEVELS)
    if bids and asks and max(bids)[0] >= min(asks)[0]:
        msg = "crossed snapshot"
        raise ValueError(msg)
    sent = (words.sending_ts_ms or 0) * MS
    return BookSnapshot(at, sent, NAMES[words.msg.market_ticker], bids, asks)


def rest_book(market: MarketId, text: str, at: Ns) -> BookSnapshot:
    """Read the answer of `GET /markets/{ticker}/orderbook`.

    Raises:
        ValueError: it does not fit (`msgspec.ValidationError` is one).
    """
    book = wire.book_decoder.decode(text).orderbook_fp
    bids = side_of(book.yes_dollars, LEVELS)
    asks = side_of(book.no_dollars, OTHER_LEVELS)
    return BookSnapshot(at, 0, market, bids, asks, is_reply=True)


def touch(words: wire.TickerWords, at: Ns) -> TouchSeen:
    """Read a ticker; a quote of 0 or 1 on either side says that there is none.

    Raises:
        ValueError: it does not fit.
    """
    bid = QUOTES[words.yes_bid_dollars]
    ask = QUOTES[words.yes_ask_dollars]
    return TouchSeen(
        at,
        words.ts_ms * MS,
        NAMES[words.market_ticker],
        NO_BID if bid == PRICE_ONE else bid,
        ask or NO_ASK,
        QUOTES[words.price_dollars],
        parse_qty(words.volume_fp),
    )


def trade(words: wire.TradeWords, at: Ns) -> TradeSeen:
    """Read a trade; who bought NO sold YES.

    Raises:
        ValueError: it does not fit.
    """
    taker = words.taker_outcome_side or words.taker_side
    if not taker:
        msg = "trade without a taker side"
        raise ValueError(msg)
    return TradeSeen(
        at,
        words.ts_ms * MS,
        NAMES[words.market_ticker],
        LEVELS[words.yes_price_dollars],
        parse_qty(words.count_fp),
        Side.BUY if taker == "yes" else Side.SELL,
        clean_text(words.trade_id, 80),
        words.is_block_trade,
    )


def bands(ranges: Iterable[tuple[str, str, str]]) -> tuple[PriceBand, ...]:
    """Read `price_ranges`, each (start, end, step) in dollars.

    Raises:
        ValueError: a range that is none, or a step of 0.
    """
    read = tuple(
        PriceBand(parse_price(start), parse_price(end), parse_price(step))
        for start, end, step in ranges
    )
    if not read or any(band.step == 0 or band.start >= band.end for band in read):
        msg = "price ranges without a grid"
        raise ValueError(msg)
    return read


def _edged(edge: Price, border: Price, centre: Price) -> tuple[PriceBand, ...]:
    return (
        PriceBand(0, border, edge),
        PriceBand(border, PRICE_ONE - border, centre),
        PriceBand(PRICE_ONE - border, PRICE_ONE, edge),
    )


def _even(step: Price) -> tuple[PriceBand, ...]:
    return (PriceBand(0, PRICE_ONE, step),)


# Kalshi docs, fixed_point_migration, read 2026-10. Only for metadata that lacks `price_ranges`,
# which alone is binding.
GRIDS = {
    "linear_cent": CENT_GRID,
    "deci_cent": _even(10),
    "tapered_deci_cent": _edged(10, 1_000, 100),
    "center_whole_edge_half_cent": _edged(50, 1_000, 100),
    "center_whole_edge_quint_cent": _edged(20, 1_000, 100),
    "center_half_edge_half_cent": _even(50),
    "center_half_edge_quint_cent": _edged(20, 1_000, 50),
    "center_half_edge_deci_cent": _edged(10, 1_000, 50),
    "center_quint_edge_quint_cent": _even(20),
    "center_quint_edge_deci_cent": _edged(10, 1_000, 20),
    "center_centi_edge_centi_cent": _even(1),
    "center_deci_edge_centi_cent": _edged(1, 100, 10),
}
