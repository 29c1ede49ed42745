"""Kalshi's market stream as a state machine: frames in, messages and wishes out.

The NO side is asked for on its own scale (`use_yes_price` false, always said). A recording holds
what came, not what was asked, so every recording must be readable without knowing the question;
all that exist are on this scale. A stream whose grant was not seen is read so too.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, LevelMoved, MarketSeen
from pmterm.messages.health import FeedDown, FeedUp, Surprised
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened, Reconnect
from pmterm.model.errors import WireSurprise
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.text import clean_text
from pmterm.model.units import MS, Ns
from pmterm.venues.kalshi import lifecycle, translate, wire
from pmterm.venues.kalshi.inquiries import PATH, Inquiries, statuses_in
from pmterm.venues.kalshi.subscriptions import BOOK, LIFECYCLE, TRADE, Stream, Subscriptions
from pmterm.venues.kalshi.translate import CHANGES, LEVELS
from pmterm.venues.kalshi.upkeep import Upkeep, book_in
from pmterm.venues.kalshi.watched import Watched

LONGEST_FRAME = 8 * 1024 * 1024
TERMINAL = frozenset({10, 25})  # the subscription is dead: channel error, buffer overflow
_BROKEN = (msgspec.DecodeError, ValueError, RecursionError)
_BUY = Side.BUY
_SELL = Side.SELL
_decode = wire.frame_decoder.decode
_Delta = wire.Delta
Heard: TypeAlias = Sequence[Message]


class KalshiFeed:
    """Follows markets on one connection at a time; satisfies `venues.base.Feed`.

    `gaps` counts, per market, the sequence gaps that cost it its book. A stream that lost a frame
    loses all its books at once and is ended and asked for anew.
    """

    venue = Venue.KALSHI

    def __init__(self, *, use_yes_price: bool = False) -> None:
        self.gaps: dict[MarketId, int] = {}
        self._use_yes_price = use_yes_price
        self._watched = Watched()
        self._conn = 0  # 0: none is open
        self._last_conn = 0
        self._is_up = False
        self._upkeep = Upkeep()
        self._inquiries = Inquiries()
        self._connect(0, 0)
        self._handlers: dict[type, Callable[[Any, Frame], Heard]] = {
            wire.Snapshot: self._snapshot,
            wire.Ticker: self._ticker,
            wire.Trade: self._trade,
            wire.Lifecycle: self._lifecycle,
            wire.Subscribed: self._subscribed,
            wire.Ok: self._ok,
            wire.Unsubscribed: self._unsubscribed,
            wire.Failure: self._failure,
            wire.EventLifecycle: self._event,
            wire.EventFeeUpdate: self._fees,
        }

    def watch(self, market: Market, at: Ns) -> Heard:
        """Follow a market from now on; subscribes at once if the stream is open."""
        self._watched.add(market)
        if not self._conn:
            return ()
        self._upkeep.want([market.id], at)
        return self._subs.subscribe([market.id], at)

    def unwatch(self, market: MarketId, at: Ns) -> Heard:
        """Stop following a market."""
        self._watched.drop(market)
        self._upkeep.got(market)
        return self._subs.leave(market, at) if self._conn else ()

    def opened(self, event: Opened) -> Heard:
        """A connection is up: ask for every watched market."""
        lost = self._lose_all(event.at, "connected anew")
        self._connect(event.conn, event.at)
        markets = self._watched.joinable()
        if not markets:
            return lost
        self._upkeep.want(markets, event.at)
        return [*lost, *self._subs.subscribe(markets, event.at)]

    def closed(self, event: Closed) -> Heard:
        """The connection is gone: every book of it is a guess now."""
        reason = clean_text(event.reason) or "connection closed"
        lost = self._lose_all(event.at, reason)
        self._connect(0, event.at)
        return [FeedDown(event.at, self.venue, reason), *lost]

    def receive(self, frame: Frame) -> Heard:
        """One frame came. The first lines are the hot path: a change of one level, in sequence."""
        text = frame.text
        if frame.conn != self._conn or len(text) > LONGEST_FRAME:
            return self._unexpected(frame)
        try:
            words = _decode(text)
        except _BROKEN:
            return self._misfit(frame)
        if type(words) is not _Delta:
            return self._handlers[type(words)](words, frame)
        stream = self._streams.get(words.sid)
        if stream is None or stream.next_seq != words.seq:
            return self._out_of_step(words, frame)
        stream.next_seq += 1
        stream.last_at = frame.at
        change = words.msg
        market = stream.markets.get(change.market_ticker)
        if market is None:
            return ()
        try:
            if change.side == "yes":
                price = LEVELS[change.price_dollars]
                qty = CHANGES[change.delta_fp]
                return (LevelMoved(frame.at, change.ts_ms * MS, market, _BUY, price, qty),)
            price = stream.asks[change.price_dollars]
            qty = CHANGES[change.delta_fp]
            return (LevelMoved(frame.at, change.ts_ms * MS, market, _SELL, price, qty),)
        except ValueError as error:
            return self._spoiled(stream, frame, error)

    def answered(self, response: HttpResponse) -> Heard:
        """A REST book came, or how markets stand that nobody quotes."""
        if response.status != 200:
            return ()
        try:
            if response.path.startswith(PATH):
                return self._watched.told(statuses_in(response, self._watched.markets))
            book = book_in(response, self._subs)
        except (*_BROKEN, WireSurprise) as error:
            return (self._surprise(response.at, "bad book answer", str(error)),)
        if book is None:
            return ()
        self._inquiries.read(book)
        return (book,)

    def resync(self, market: MarketId, at: Ns, reason: str) -> Heard:  # noqa: ARG002  # Feed's shape
        """The book stage doubts a book: ask for a whole one, at most every other second."""
        return self._upkeep.doubt(self._subs, market, at) if self._conn else ()

    def tick(self, at: Ns) -> Heard:
        """Time has passed: markets close, renewals fall due, books are missing or may be stale."""
        said = self._watched.closing(at)
        if not self._conn:
            return said
        said += self._upkeep.tick(self._subs, self._watched.joinable(), at)
        return [*said, *self._inquiries.tick(self._watched.markets, at)]

    # --- what comes in

    def _snapshot(self, words: wire.Snapshot, frame: Frame) -> Heard:
        stream, said = self._counted(words.sid, words.seq, BOOK, frame)
        if stream is None:
            return said
        try:
            book = translate.snapshot(words, frame.at, yes_scale=stream.yes_scale)
        except ValueError as error:
            return [*said, *self._spoiled(stream, frame, error)]
        if book.market in self._watched.dropped:
            return said
        for other in self._streams.values():
            if other is not stream:
                other.markets.pop(book.market, None)
        stream.markets[book.market] = book.market
        stream.last_at = frame.at
        self._upkeep.got(book.market)
        self._inquiries.read(book)
        return [*said, book]

    def _ticker(self, words: wire.Ticker, frame: Frame) -> Heard:
        try:
            touch = translate.touch(words.msg, frame.at)
        except ValueError as error:
            return (self._surprise(frame.at, "bad ticker", f"{error} {frame.text[:120]}"),)
        self._inquiries.touched(touch)
        return () if touch.market in self._watched.dropped else (touch,)

    def _trade(self, words: wire.Trade, frame: Frame) -> Heard:
        stream, said = self._counted(words.sid, words.seq, TRADE, frame)
        if stream is None:
            return said
        try:
            trade = translate.trade(words.msg, frame.at)
        except ValueError as error:
            return [*said, self._surprise(frame.at, "bad trade", f"{error} {frame.text[:120]}")]
        return said if trade.market in self._watched.dropped else [*said, trade]

    def _lifecycle(self, words: wire.Lifecycle, frame: Frame) -> Heard:
        stream, said = self._counted(words.sid, words.seq, LIFECYCLE, frame)
        market = self._watched.markets.get(MarketId(words.msg.market_ticker))
        if stream is None or market is None:
            return said
        try:
            learnt, after = lifecycle.step(words.msg, market, frame.at)
        except ValueError as error:
            return [*said, self._surprise(frame.at, "bad lifecycle", str(error))]
        self._watched.learn(after)
        said += learnt
        if after.bands != market.bands:
            said.append(self._subs.fresh_book(market.id, frame.at))
        return said

    def _event(self, words: wire.EventLifecycle, frame: Frame) -> Heard:
        return self._counted(words.sid, words.seq, LIFECYCLE, frame)[1]

    def _fees(self, words: wire.EventFeeUpdate, frame: Frame) -> Heard:
        said = self._counted(words.sid, words.seq, LIFECYCLE, frame)[1]
        try:
            changed = lifecycle.fee_changes(words.msg, self._watched.markets.values())
        except ValueError as error:
            return [*said, self._surprise(frame.at, "bad fee update", str(error))]
        for market in changed:
            self._watched.learn(market)
        return [*said, *(MarketSeen(frame.at, market) for market in changed)]

    def _subscribed(self, words: wire.Subscribed, frame: Frame) -> Heard:
        old = self._subs.granted(words.msg.sid, words.msg.channel, words.id or 0)
        said = self._up(frame.at)
        if old is not None:
            said += self._lose(old, frame.at, "subscribed anew")
        return said

    def _ok(self, words: wire.Ok, frame: Frame) -> Heard:
        self._subs.settled(words.id or 0)
        sid = words.sid or 0
        return self._counted(sid, words.seq, "", frame)[1] if sid in self._streams else ()

    def _unsubscribed(self, words: wire.Unsubscribed, frame: Frame) -> Heard:
        return self._over(words.sid or 0, words.id or 0, frame.at, "unsubscribed")

    def _failure(self, words: wire.Failure, frame: Frame) -> Heard:
        code, sid, command = words.msg.code, words.sid or 0, words.id or 0
        told = f"{code} {words.msg.msg} {words.msg.market_ticker or ''}"
        said: list[Message] = [self._surprise(frame.at, f"venue error {code}", told)]
        channel = self._subs.settled(command)
        if code in TERMINAL:
            return [*said, *self._died(sid, channel, frame.at, told)]
        if any(ending.command == command for ending in self._subs.endings.values()):
            said += self._over(0, command, frame.at, "unknown to the venue")
        elif sid in self._streams:
            said += self._counted(sid, words.seq, "", frame)[1]
        refused = MarketId(words.msg.market_ticker or "")
        if channel and refused in self._watched.markets:
            # one market the venue does not know makes it refuse all others: ask without it
            self._watched.refuse(refused)
            self._upkeep.got(refused)
            said += self._rejoin(channel, frame.at)
        return said

    # --- what goes wrong

    def _counted(
        self, sid: int, seq: int | None, channel: str, frame: Frame
    ) -> tuple[Stream | None, list[Message]]:
        """Take one frame into the count of its stream.

        Returns the stream, None if the frame is not to be used, and what that led to.
        """
        said: list[Message] = []
        stream = self._streams.get(sid) if sid else self._subs.of_channel(channel)
        if stream is None:
            stream = self._subs.adopt(sid, channel)
            if stream is None:
                return None, said
            said += self._up(frame.at)
        if seq is None:
            return stream, said
        if stream.next_seq in {0, seq}:
            stream.next_seq = seq + 1
            return stream, said
        if seq == stream.next_seq - 1:
            return None, [*said, self._surprise(frame.at, "repeated frame", frame.text[:120])]
        said += self._gap(stream, seq, frame)
        return stream, said

    def _out_of_step(self, words: wire.Delta, frame: Frame) -> Heard:
        """A change that is not the next of a stream we know."""
        stream, said = self._counted(words.sid, words.seq, BOOK, frame)
        if stream is None or said or words.msg.market_ticker not in stream.markets:
            return said
        stream.next_seq = words.seq  # adopted midway: its number is the first we count from
        return self.receive(frame)

    def _gap(self, stream: Stream, seq: int, frame: Frame) -> list[Message]:
        reason = f"gap: frame {seq} came where {stream.next_seq} was due"
        stream.next_seq = seq + 1
        if stream.channel != BOOK and not stream.markets:
            return [self._surprise(frame.at, "gap", f"{stream.channel}: {reason}")]
        for market in stream.markets.values():
            self.gaps[market] = self.gaps.get(market, 0) + 1
        # without a book there is nothing to lose, and a missing book is asked for in any case
        return self._lose_and_renew(stream, frame.at, reason) if stream.markets else []

    def _spoiled(self, stream: Stream, frame: Frame, error: ValueError) -> Heard:
        """A book frame said what cannot be: its stream's books are guesses now."""
        kind = "crossed snapshot" if "crossed" in str(error) else "bad book frame"
        return [
            self._surprise(frame.at, kind, f"{error} {frame.text[:120]}"),
            *self._lose_and_renew(stream, frame.at, kind),
        ]

    def _misfit(self, frame: Frame) -> Heard:
        """A frame that does not decode: say so, and doubt what it may have been about."""
        try:
            envelope = wire.envelope_decoder.decode(frame.text)
        except _BROKEN:
            return (self._surprise(frame.at, "bad JSON", frame.text[:120]),)
        stream = self._streams.get(envelope.sid)
        if envelope.type not in wire.KNOWN_TYPES:
            said: list[Message] = [self._surprise(frame.at, "unknown type", frame.text[:120])]
            if stream is not None:
                said += self._counted(envelope.sid, envelope.seq, "", frame)[1]
            return said
        surprise = self._surprise(frame.at, f"bad {envelope.type}", frame.text[:120])
        if stream is None and envelope.type.startswith("orderbook_"):
            stream = self._subs.of_channel(BOOK)
        if stream is None:
            return (surprise,)
        stream.next_seq = 0
        if stream.channel != BOOK and not stream.markets:
            return (surprise,)
        return [surprise, *self._lose_and_renew(stream, frame.at, "a book frame did not fit")]

    def _lose(self, stream: Stream, at: Ns, reason: str) -> list[Message]:
        """Give up all books of a stream; a snapshot brings each back."""
        markets = list(stream.markets.values())
        stream.markets.clear()
        self._upkeep.want([m for m in markets if m in self._watched.markets], at)
        return [BookLost(at, market, reason) for market in markets]

    def _lose_all(self, at: Ns, reason: str) -> list[Message]:
        return [lost for s in self._streams.values() for lost in self._lose(s, at, reason)]

    def _lose_and_renew(self, stream: Stream, at: Ns, reason: str) -> list[Message]:
        return [
            *self._lose(stream, at, reason),
            *self._upkeep.renew(self._subs, stream, at),
        ]

    def _over(self, sid: int, command: int, at: Ns, reason: str) -> list[Message]:
        """A subscription has ended; ask for it afresh if that was the plan."""
        stream, channel = self._subs.ended(sid, command)
        said = self._lose(stream, at, reason) if stream else []
        return [*said, *self._rejoin(channel, at)] if channel else said

    def _died(self, sid: int, channel: str, at: Ns, reason: str) -> list[Message]:
        """The venue killed a subscription: ask for it afresh, or, if it named none, reconnect."""
        stream, planned = self._subs.ended(sid)
        said = self._lose(stream, at, clean_text(reason)) if stream else []
        channel = planned or (stream.channel if stream else channel)
        if not channel:
            return [*said, Reconnect(at, self.venue, clean_text(reason))]
        return [*said, *self._rejoin(channel, at)]

    def _rejoin(self, channel: str, at: Ns) -> list[Message]:
        markets = [] if channel == LIFECYCLE else self._watched.joinable()
        if not markets and channel != LIFECYCLE:
            return []
        return [self._subs.join(channel, markets, at)]

    def _connect(self, conn: int, at: Ns) -> None:
        """Begin with an empty connection; 0: there is none."""
        self._conn = conn
        self._last_conn = max(self._last_conn, conn)
        self._is_up = False
        self._subs = Subscriptions(use_yes_price=self._use_yes_price)
        self._streams = self._subs.streams
        self._upkeep.new_connection(at)

    def _unexpected(self, frame: Frame) -> Heard:
        """A frame that is too long, of a connection that is gone, or of one we saw not open."""
        if len(frame.text) > LONGEST_FRAME:
            return (self._surprise(frame.at, "oversized frame", frame.text[:120]),)
        if frame.conn <= self._last_conn:
            return ()
        lost = self._lose_all(frame.at, "connected anew")
        self._connect(frame.conn, frame.at)
        return [*lost, *self.receive(frame)]

    def _up(self, at: Ns) -> list[Message]:
        if self._is_up:
            return []
        self._is_up = True
        return [FeedUp(at, self.venue)]

    def _surprise(self, at: Ns, kind: str, excerpt: str) -> Surprised:
        return Surprised(at, self.venue, clean_text(kind, 40), clean_text(excerpt, 160))
