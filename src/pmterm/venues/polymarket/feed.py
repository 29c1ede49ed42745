"""Polymarket's market stream as a state machine: frames in, messages and wishes out."""

from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, BookSnapshot
from pmterm.messages.health import FeedDown, FeedUp
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened, Reconnect, SendText
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.text import clean_text
from pmterm.model.units import MS, SECOND, Ns
from pmterm.venues.polymarket import wire
from pmterm.venues.polymarket.events import BOOK_WAIT, Events, agreement
from pmterm.venues.polymarket.lines import Line, Lines
from pmterm.venues.polymarket.translate import book_sides
from pmterm.venues.polymarket.wishes import (
    fetch_book,
    subscribe_first,
    subscribe_more,
    surprised,
    unsubscribe,
)

PING_EVERY: Ns = 10 * SECOND
LONGEST_WAIT: Ns = 60 * SECOND
COMPARE_EVERY: Ns = 45 * SECOND
COMPARES_PER_TICK = 5
LONGEST_FRAME = 8 * 1024 * 1024
_decode_change = wire.change_decoder.decode
_decode = wire.frame_decoder.decode


class PolymarketFeed:
    """Follows markets on one connection of the market stream.

    `merge_outcomes`: one book per market under its condition id, on the first outcome's scale;
    otherwise every token is its own market. Nothing here depends on who asked for a REST answer,
    which a recording does not know: so it plays to the same messages.
    """

    venue = Venue.POLYMARKET

    def __init__(self, merge_outcomes: bool = True) -> None:  # noqa: FBT001, FBT002  # its one switch
        self._lines = Lines(merge_outcomes=merge_outcomes)
        self._events = Events(self._lines)
        self._change = self._events.price_change
        self._is_open = False
        self._is_up = False
        self._has_subscribed = False
        self._pinged_at: Ns = 0

    def watch(self, market: Market, at: Ns) -> Sequence[Message]:
        """Follow a market from now on; subscribes at once if the stream is open."""
        new = self._lines.add(market)
        if not new or not self._is_open:
            return ()
        for line in new:
            line.connect(at, at + COMPARE_EVERY, BOOK_WAIT)
        if not self._has_subscribed:
            return (self._subscribe(at),)
        return (subscribe_more(at, list(self._lines.tokens(market.id))),)

    def unwatch(self, market: MarketId, at: Ns) -> Sequence[Message]:
        """Stop following a market."""
        tokens = self._lines.remove(market)
        if not tokens or not self._has_subscribed:
            return ()
        return (unsubscribe(at, list(tokens)),)

    def opened(self, event: Opened) -> Sequence[Message]:
        """Subscribe to everything, if there is anything: an idle stream must not be pinged."""
        self._is_open = True
        self._is_up = False
        self._has_subscribed = False
        for number, line in enumerate(self._lines.watched()):
            # a second later per few lines, so that compares do not come all at once
            later = COMPARE_EVERY + number // COMPARES_PER_TICK * SECOND
            line.connect(event.at, event.at + later, BOOK_WAIT)
        return (self._subscribe(event.at),) if self._lines.all_tokens() else ()

    def _subscribe(self, at: Ns) -> SendText:
        self._has_subscribed = True
        self._pinged_at = at
        return subscribe_first(at, self._lines.all_tokens())

    def closed(self, event: Closed) -> Sequence[Message]:
        """Say that the stream and every book of it is lost."""
        self._is_open = self._is_up = self._has_subscribed = False
        reason = clean_text(event.reason) or "the connection was lost"
        said: list[Message] = [FeedDown(event.at, self.venue, reason)]
        for line in self._lines.everything():
            line.disconnect()
            said.append(BookLost(event.at, line.market, reason))
        return said

    def resync(self, market: MarketId, at: Ns, reason: str) -> Sequence[Message]:  # noqa: ARG002  # the book stage said it already
        """Fetch a market's book afresh, unless one is on its way."""
        line = self._lines.line_of(market)
        if line is None or not line.is_watched:
            return ()
        if line.awaits_book and at - line.asked_at < BOOK_WAIT:
            return ()
        line.await_book(at, BOOK_WAIT)
        return (fetch_book(line, at, "book"),)

    def tick(self, at: Ns) -> Sequence[Message]:
        """Ping, ask for books that did not come, compare some of the others."""
        if not self._has_subscribed:
            return ()
        wishes: list[Message] = []
        if at - self._pinged_at >= PING_EVERY:
            self._pinged_at = at
            wishes.append(SendText(at, self.venue, "PING"))
        compares = 0
        for line in self._lines.watched():
            line.listen(at)
            if line.awaits_book:
                if at - line.asked_at >= line.asks_in:
                    line.asked_at = at
                    line.asks_in = min(2 * line.asks_in, LONGEST_WAIT)
                    wishes.append(fetch_book(line, at, "book"))
            elif at >= line.compare_at and compares < COMPARES_PER_TICK:
                compares += 1
                line.compare_at = at + COMPARE_EVERY
                wishes.append(fetch_book(line, at, "compare"))
        return wishes

    def receive(self, frame: Frame) -> Sequence[Message]:
        """Say what one frame tells."""
        text = frame.text
        if len(text) > LONGEST_FRAME:
            return (surprised(frame.at, "frame too large", text),)
        try:
            said = self._change(_decode_change(text), frame.at)
        except wire.UNREADABLE:
            return self._other(text, frame.at)
        return said if self._is_up else self._up(said, frame.at)

    def _other(self, text: str, at: Ns) -> Sequence[Message]:
        """Say what a frame tells that is no price_change."""
        try:
            words = _decode(text)
        except wire.UNREADABLE:
            return self._unreadable(text.strip(), at)
        if type(words) is list:
            said = self._events.several(words, at)
        else:
            said = self._events.on[type(words)](words, at)
        return said if self._is_up else self._up(said, at)

    def _up(self, said: Sequence[Message], at: Ns) -> Sequence[Message]:
        """Note that the stream answers; a recording may begin in the middle of a connection."""
        self._is_up = self._is_open = True
        return (FeedUp(at, self.venue), *said)

    def _unreadable(self, text: str, at: Ns) -> Sequence[Message]:
        """Say what can be said of a frame that the decoder refused."""
        if text in {"", "PONG", "PING"}:
            return ()
        if text == "INVALID OPERATION":
            return (surprised(at, "operation refused", text),)
        if text[0] != "[":
            return self._unfit(text, at)
        try:
            pieces = wire.pieces_decoder.decode(text)
        except wire.UNREADABLE:
            return (surprised(at, "bad json", text),)
        events: list[wire.Event] = []
        complaints: list[Message] = []
        for piece in pieces:
            try:
                events.append(wire.event_decoder.decode(piece))
            except wire.UNREADABLE:
                complaints += self._unfit(bytes(piece).decode("utf-8", "replace"), at)
        return [*self._events.several(events, at), *complaints]

    def _unfit(self, text: str, at: Ns) -> Sequence[Message]:
        """Say what is wrong with one event, and give up the book it should have changed."""
        try:
            words = wire.envelope_decoder.decode(text)
        except wire.UNREADABLE:
            return (surprised(at, "bad json", text),)
        kind = words.event_type
        if not isinstance(kind, str) or kind not in wire.KNOWN_TYPES:
            return (surprised(at, "unknown type", text),)
        said: list[Message] = [surprised(at, f"bad {kind}", text)]
        if kind in {"book", "price_change"}:
            for token in words.tokens():
                said += self._events.lose(token, at, f"a {kind} that does not fit")
        return said

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say the book in an answer of GET /book; other answers are the catalog's."""
        route, _, query = response.path.partition("?")
        token = "".join(parse_qs(query).get("token_id", ())) if route.endswith("/book") else ""
        if not token:
            return ()
        at, text = response.at, response.text
        if response.status != 200:
            kind = "no answer" if response.status == 0 else f"http {response.status}"
            return (surprised(at, kind, text),)
        if len(text) > LONGEST_FRAME:
            return (surprised(at, "answer too large", text),)
        try:
            words = wire.rest_book_decoder.decode(text)
            seat = self._lines.seat_of(token)
            if seat is None:
                return ()
            bids, asks = book_sides(words, flips=seat.flips)
        except (*wire.UNREADABLE, ValueError):
            return (surprised(at, "bad book answer", text),)
        if words.asset_id != token:
            return (surprised(at, "answer for another token", text),)
        line, stamp = seat.line, words.timestamp
        reply = (token, stamp, hash((bids, asks)), line.heard)
        last = line.last_reply
        if last is not None and last[0] != token and last[1:3] == reply[1:3]:
            return ()  # the other token's copy of what was just said
        line.last_reply = reply
        agrees = agreement(words, line)
        snapshot = BookSnapshot(
            at, stamp * MS, line.market, bids, asks, is_reply=True, hash_agrees=agrees
        )
        if not self._is_open:
            return (snapshot, BookLost(at, line.market, "fetched: no stream keeps it current"))
        if line.awaits_book:
            late = line.book_fetched(stamp)
            return [snapshot, *(msgspec.structs.replace(change, at=at) for change in late)]
        return (snapshot, *self._check_stall(line, last, at))

    def _check_stall(
        self, line: Line, last: tuple[str, int, int, int] | None, at: Ns
    ) -> Sequence[Message]:
        """Notice a stream that answers pings but has stopped telling changes.

        Two fetched books differ, and nothing was heard in between: a first sign. Nothing was
        heard some seconds later either: that cannot be a frame still on its way.
        """
        reply = line.last_reply
        if last is None or reply is None or not self._is_up:
            return ()
        if last[3] != reply[3]:
            line.stalled_at = 0
        elif line.stalled_at and at - line.stalled_at >= BOOK_WAIT:
            line.stalled_at = 0
            reason = "the stream is open but has stopped telling changes"
            return (Reconnect(at, self.venue, reason),)
        elif not line.stalled_at and last[2] != reply[2]:
            line.stalled_at = at
            line.compare_at = at + BOOK_WAIT
        return ()
