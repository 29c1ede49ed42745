"""The shape of a venue: bytes in, messages out; requests out, bytes never sent here."""

from collections.abc import Sequence
from typing import Protocol

from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpRequest, HttpResponse, Opened
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.units import Ns


class Feed(Protocol):
    """A market stream as a state machine: a list of bytes tests it.

    Every method returns what was learned, oldest first: messages of `messages/feed.py` and
    `messages/health.py` for the pipeline, and `SendText`, `HttpRequest`, `Reconnect` for the
    worker that holds the socket (a replay drops those). No method raises on bad input: it
    answers `Surprised`.
    """

    venue: Venue

    def watch(self, market: Market, at: Ns) -> Sequence[Message]:
        """Follow a market from now on; subscribes at once if the stream is open."""
        ...

    def unwatch(self, market: MarketId, at: Ns) -> Sequence[Message]:
        """Stop following a market."""
        ...

    def opened(self, event: Opened) -> Sequence[Message]:
        """A connection is up: subscribe."""
        ...

    def receive(self, frame: Frame) -> Sequence[Message]:
        """One frame came."""
        ...

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """A REST answer came, asked for by this feed or seen in a recording."""
        ...

    def closed(self, event: Closed) -> Sequence[Message]:
        """The connection is gone: every book of it is a guess now."""
        ...

    def resync(self, market: MarketId, at: Ns, reason: str) -> Sequence[Message]:
        """The book stage doubts a book: ask for a fresh one."""
        ...

    def tick(self, at: Ns) -> Sequence[Message]:
        """Time has passed (about once a second): pings, compares, missing first books."""
        ...


class Catalog(Protocol):
    """Which markets there are: makes requests, reads answers."""

    venue: Venue

    def search(self, words: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that find open markets by words; empty words: the most active ones."""
        ...

    def lookup(self, name: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that may find one market by id, slug, ticker or URL, likeliest first.

        Empty if `name` cannot be one of this venue's.
        """
        ...

    def markets(self, response: HttpResponse) -> Sequence[Market]:
        """Markets in an answer, tradeable first. Raises VenueRefused or WireSurprise."""
        ...

    def further(self, response: HttpResponse) -> Sequence[HttpRequest]:
        """Requests for what an answer to a search left out: its next page; empty at the end."""
        ...

    def market_of(self, data: dict[str, object]) -> Market:
        """A market from metadata as a recording keeps it. Raises WireSurprise."""
        ...

    def metadata(self, market: MarketId) -> dict[str, object] | None:
        """The venue's own words for a market seen in an answer, for the recording."""
        ...
