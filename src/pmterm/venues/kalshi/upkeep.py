"""What is asked again as time passes: missing books, dead streams, a book that may be stale."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote, unquote

from pmterm.messages.base import Message
from pmterm.messages.feed import BookSnapshot
from pmterm.messages.transport import HttpRequest, HttpResponse, Reconnect
from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import SECOND, Ns
from pmterm.venues.kalshi.subscriptions import BOOK, TICKER, TRADE, Stream, Subscriptions
from pmterm.venues.kalshi.translate import rest_book

_REST_BOOK = re.compile(r"/markets/([^/?]+)/orderbook(?:\?|$)")
MOVED_LATELY: Ns = 15 * SECOND  # a book that did cannot be compared with a REST answer
SILENT_FOR: Ns = 30 * SECOND
COMPARE_EVERY: Ns = 60 * SECOND
LONGEST_WAIT: Ns = 60 * SECOND


def book_in(response: HttpResponse, subs: Subscriptions) -> BookSnapshot | None:
    """Read a REST book, None where it says nothing.

    One that moved meanwhile cannot be compared, and one that no stream carries would not stay
    fresh.

    Raises:
        ValueError: it does not fit (`msgspec.ValidationError` is one).
    """
    found = _REST_BOOK.search(response.path)
    ticker = unquote(found[1]) if found is not None else ""
    stream = next((s for s in subs.streams.values() if ticker in s.markets), None)
    if stream is None or stream.last_at > response.at - MOVED_LATELY:
        return None
    return rest_book(stream.markets[ticker], response.text, response.at)


class Patience:
    """How soon a thing may be tried again: twice as long each time, anew after a quiet while."""

    __slots__ = ("_next_at", "_shortest", "_wait")

    def __init__(self, shortest: Ns) -> None:
        self._shortest = shortest
        self._wait = shortest
        self._next_at: Ns = 0

    def take(self, at: Ns) -> bool:
        """Tell whether a try is due at `at`, and count it as made."""
        if at < self._next_at:
            return False
        if at >= self._next_at + 2 * LONGEST_WAIT:
            self._wait = self._shortest
        self._next_at = at + self._wait
        self._wait = min(self._wait * 2, LONGEST_WAIT)
        return True


class Upkeep:
    """Keeps one feed's wishes: what it waits for and how long it has waited.

    Waits for renewals and doubts outlive a connection, so that a venue that keeps talking
    nonsense is not asked at full speed.
    """

    def __init__(self) -> None:
        self._wanted: dict[MarketId, Patience] = {}
        self._to_renew: set[int] = set()
        self._renewals = Patience(2 * SECOND)
        self._doubts: dict[MarketId, Patience] = {}
        self._joins = {TICKER: Patience(10 * SECOND), TRADE: Patience(10 * SECOND)}
        self._compared: Ns = 0
        self._turn = 0

    def new_connection(self, at: Ns) -> None:
        """Forget what was awaited from the last connection."""
        for patience in self._joins.values():
            patience.take(at)
        self._wanted.clear()
        self._to_renew.clear()

    def want(self, markets: Iterable[MarketId], at: Ns) -> None:
        """Note that these books are on their way, to ask again if they do not come."""
        for market in markets:
            self._wanted.setdefault(market, Patience(5 * SECOND)).take(at)

    def got(self, market: MarketId) -> None:
        """Note that a book came, or is no longer wanted."""
        self._wanted.pop(market, None)

    def doubt(self, subs: Subscriptions, market: MarketId, at: Ns) -> list[Message]:
        """Ask for a whole book, unless that was done just now."""
        patience = self._doubts.setdefault(market, Patience(2 * SECOND))
        return [subs.fresh_book(market, at)] if patience.take(at) else []

    def renew(self, subs: Subscriptions, stream: Stream, at: Ns) -> list[Message]:
        """End a stream to have it anew: now, or on a later tick if that was done just now."""
        if stream.sid in subs.endings:
            return []
        if not self._renewals.take(at):
            self._to_renew.add(stream.sid)
            return []
        return [subs.end(stream, at)]

    def tick(self, subs: Subscriptions, markets: Sequence[MarketId], at: Ns) -> list[Message]:
        """Return what is due now; `markets` are those to follow."""
        if subs.is_overdue(at):
            subs.endings.clear()
            return [Reconnect(at, Venue.KALSHI, "no answer to unsubscribe")]
        said: list[Message] = []
        if self._to_renew and self._renewals.take(at):
            said += self._put_off(subs, at)
        if not subs.endings:
            missing = [market for market, wait in self._wanted.items() if wait.take(at)]
            said += [subs.fresh_book(market, at) for market in missing]
        for channel, patience in self._joins.items():
            if markets and subs.of_channel(channel) is None and patience.take(at):
                said.append(subs.join(channel, markets, at))
        return [*said, *self._compare(subs, at)]

    def _put_off(self, subs: Subscriptions, at: Ns) -> list[Message]:
        """End the streams that were to be renewed, unless their books came back meanwhile."""
        sids = sorted(self._to_renew) if self._wanted else []
        self._to_renew.clear()
        due = [subs.streams[sid] for sid in sids if sid in subs.streams]
        return [subs.end(stream, at) for stream in due if stream.sid not in subs.endings]

    def _compare(self, subs: Subscriptions, at: Ns) -> list[Message]:
        """Ask by REST for one book of a stream that has been silent for long, each in turn.

        While changes arrive the two cannot be compared, and silence is what a stall looks like.
        """
        stream = subs.of_channel(BOOK)
        if stream is None or not stream.markets:
            return []
        if at - stream.last_at < SILENT_FOR or at - self._compared < COMPARE_EVERY:
            return []
        self._compared = at
        self._turn += 1
        ticker = sorted(stream.markets)[self._turn % len(stream.markets)]
        path = f"/markets/{quote(ticker, safe='')}/orderbook"
        return [HttpRequest(at, Venue.KALSHI, "api", "GET", path, "", f"book {ticker}")]
