"""What each event of the stream means, one method per event type."""

from collections.abc import Callable, Sequence
from typing import Any

from pmterm.messages.base import Message
from pmterm.messages.feed import (
    BookLost,
    BookSnapshot,
    LevelSet,
    MarketStatusSeen,
    TickChanged,
    TouchSeen,
    TradeSeen,
)
from pmterm.model.ids import MarketId
from pmterm.model.market import MarketStatus
from pmterm.model.text import clean_text
from pmterm.model.units import MS, PRICE_ONE, SECOND, Ns
from pmterm.venues.polymarket import wire
from pmterm.venues.polymarket.book_hash import hash_agrees
from pmterm.venues.polymarket.lines import Line, Lines, TradeKey
from pmterm.venues.polymarket.rows import news_of
from pmterm.venues.polymarket.translate import (
    FLIPPED,
    PRICES,
    SIDES,
    SIZES,
    TOUCH_ASKS,
    TOUCH_BIDS,
    book_sides,
    grid,
    mirrored,
)
from pmterm.venues.polymarket.wishes import fetch_book, surprised

BOOK_WAIT: Ns = 5 * SECOND
MOST_PRINTS = 256


class Events:
    """Reads events and keeps the lines they speak of up to date."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._seats = lines.seats
        self.on: dict[object, Callable[[Any, Ns], Sequence[Message]]] = {
            wire.PriceChange: self.price_change,
            wire.Book: self.book,
            wire.LastTradePrice: self.last_trade_price,
            wire.BestBidAsk: self.best_bid_ask,
            wire.TickSizeChange: self.tick_size_change,
            wire.MarketResolved: self.market_resolved,
            wire.NewMarket: _nothing,
        }

    def price_change(self, words: wire.PriceChange, at: Ns) -> Sequence[Message]:
        """Say the levels that changed, each once.

        Nearly every frame is one change told for both tokens: that case is read here, at once.
        """
        rows = words.price_changes
        if rows is None:
            return (surprised(at, "old price_change", ""),)
        if len(rows) != 2:
            return self._rows(words.timestamp, rows, at)
        row, other = rows
        try:
            seat = self._seats[row.asset_id]
            size = row.size
            price = PRICES[row.price]
            mirror = PRICES[other.price]
            if (
                price + mirror != PRICE_ONE
                or size != other.size
                or row.side == other.side
                or seat.partner != other.asset_id
            ):
                return self._rows(words.timestamp, rows, at)
            if seat.flips:  # the other row says the same in the first token's words
                row = other
                price = mirror
            line = seat.line
            stamp = words.timestamp
            change = LevelSet(
                at,
                stamp * MS,
                line.market,
                SIDES[row.side],
                price,
                SIZES[size],
                TOUCH_BIDS[row.best_bid],
                TOUCH_ASKS[row.best_ask],
            )
        except (KeyError, ValueError):
            return self._rows(words.timestamp, rows, at)
        if stamp < line.since:
            return line.early(change)
        line.heard = stamp
        return (change,)

    def _rows(self, stamp: int, rows: list[wire.Row], at: Ns) -> Sequence[Message]:
        """Say rows that are not just one change told for both tokens."""
        news, broken = news_of(rows, self._lines, stamp, at)
        said: list[Message] = []
        for line, change in news:
            if stamp < line.since:
                said += line.early(change)
            else:
                line.heard = stamp
                said.append(change)
        for token, why in broken:
            said.append(surprised(at, "bad price_change", why))
            said += self.lose(token, at, f"bad price_change: {why}")
        return said

    def several(self, events: list[wire.Event], at: Ns) -> Sequence[Message]:
        """Say an array's events."""
        return [message for event in events for message in self.on[type(event)](event, at)]

    def book(self, words: wire.Book, at: Ns) -> Sequence[Message]:
        """Say a whole book, once for both tokens."""
        try:
            seat = self._lines.seat_of(words.asset_id)
            if seat is None:
                return ()
            bids, asks = book_sides(words, flips=seat.flips)
        except ValueError as broken:
            lost = self.lose(words.asset_id, at, f"bad book: {broken}")
            return (surprised(at, "bad book", str(broken)), *lost)
        line = seat.line
        seen = (seat.token, words.timestamp, hash((bids, asks)))
        last, line.last_book = line.last_book, seen
        if last is not None and last[0] != seat.token and last[1:] == seen[1:]:
            return ()  # the other token's copy of what was just said
        # a later book is hashed over a last price that we may not know
        agrees = None if line.had_book else agreement(words, line)
        line.book_came(words.timestamp)
        stamp = words.timestamp * MS
        return (BookSnapshot(at, stamp, line.market, bids, asks, hash_agrees=agrees),)

    def last_trade_price(self, words: wire.LastTradePrice, at: Ns) -> Sequence[Message]:
        """Say a trade; on the second token the taker's side is the other one."""
        try:
            seat = self._lines.seat_of(words.asset_id)
            if seat is None:
                return ()
            price, qty = PRICES[words.price], SIZES[words.size]
        except ValueError as broken:
            return (surprised(at, "bad last_trade_price", str(broken)),)
        if qty == 0:
            return (surprised(at, "bad last_trade_price", "a trade of nothing"),)
        side = SIDES[words.side]
        if seat.flips:
            price, side = PRICE_ONE - price, FLIPPED[words.side]
        name = clean_text(words.transaction_hash or "", 80)
        line, stamp = seat.line, words.timestamp
        line.heard = max(line.heard, stamp)
        if seat.partner and _is_copy(line, seat.token, (stamp, name, price, qty)):
            return ()
        return (TradeSeen(at, stamp * MS, line.market, price, qty, side, name),)

    def best_bid_ask(self, words: wire.BestBidAsk, at: Ns) -> Sequence[Message]:
        """Say the venue's own touch, once for both tokens."""
        try:
            seat = self._lines.seat_of(words.asset_id)
            if seat is None:
                return ()
            bid, ask = TOUCH_BIDS[words.best_bid], TOUCH_ASKS[words.best_ask]
        except ValueError as broken:
            return (surprised(at, "bad best_bid_ask", str(broken)),)
        if seat.flips:
            bid, ask = mirrored(ask), mirrored(bid)
        line, stamp = seat.line, words.timestamp
        seen = (seat.token, stamp, bid, ask)
        last, line.last_touch = line.last_touch, seen
        if last is not None and last[0] != seat.token and last[1:] == seen[1:]:
            return ()
        return (TouchSeen(at, stamp * MS, line.market, bid, ask),)

    def tick_size_change(self, words: wire.TickSizeChange, at: Ns) -> Sequence[Message]:
        """Say a new grid, once for both tokens; what we have of the old one is void."""
        try:
            seat = self._lines.seat_of(words.asset_id)
            if seat is None:
                return ()
            bands = grid(words.new_tick_size)
        except ValueError as broken:
            return (surprised(at, "bad tick_size_change", str(broken)),)
        line = seat.line
        if line.step == bands[0].step:
            return ()
        line.step = bands[0].step
        line.last_book = None
        line.await_book(at, BOOK_WAIT, mute=True)
        return (TickChanged(at, line.market, bands), *_fetch(line, at))

    def market_resolved(self, words: wire.MarketResolved, at: Ns) -> Sequence[Message]:
        """Say the result of a market we follow; others' results come too."""
        lines: dict[MarketId, Line] = {}
        for token in words.assets_ids:
            seat = self._seats.get(token)
            if seat is not None:
                lines[seat.line.market] = seat.line
        told = clean_text(words.winning_outcome)
        return [
            MarketStatusSeen(
                at,
                line.market,
                MarketStatus.RESOLVED,
                told or line.names.get(words.winning_asset_id, ""),
            )
            for line in lines.values()
        ]

    def lose(self, token: str, at: Ns, reason: str) -> Sequence[Message]:
        """Give up the book a token speaks of and ask for it afresh, unless that is under way."""
        seat = self._seats.get(token)
        if seat is None:
            return ()
        line = seat.line
        if line.awaits_book and at - line.asked_at < BOOK_WAIT:
            return ()
        line.await_book(at, BOOK_WAIT)
        return (BookLost(at, line.market, clean_text(reason)), *_fetch(line, at))


def agreement(words: wire.BookWords, line: Line) -> bool | None:
    """Tell whether the venue's hash fits a book, by what is known of its market."""
    return hash_agrees(words, line.min_size, neg_risk=line.neg_risk)


def _fetch(line: Line, at: Ns) -> Sequence[Message]:
    """Ask for a book afresh, but not for tokens that nobody watches."""
    return (fetch_book(line, at, "book"),) if line.is_watched else ()


def _nothing(_words: object, _at: Ns) -> Sequence[Message]:
    return ()


def _is_copy(line: Line, token: str, key: TradeKey) -> bool:
    """Tell whether the other token already told this trade; each copy is spent once."""
    teller, count = line.prints.get(key, (token, 0))
    if teller != token and count > 0:
        line.prints[key] = (teller, count - 1)
        return True
    if len(line.prints) >= MOST_PRINTS:
        line.prints.clear()
    line.prints[key] = (token, count + 1)
    return False
