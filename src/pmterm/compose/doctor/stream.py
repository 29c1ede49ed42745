"""Whether a venue's stream delivers: connect, subscribe to a busy market, wait for its book."""

from collections.abc import Callable, Mapping
from contextlib import aclosing

from pmterm.compose.doctor.lines import Line, failed, ok, warn
from pmterm.messages.base import Message
from pmterm.messages.feed import BookSnapshot
from pmterm.messages.transport import Closed, Frame, Opened, SendText
from pmterm.model.errors import PmtermError, TransportLost
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.units import MS
from pmterm.net.clock import Clock
from pmterm.net.http import HttpClient
from pmterm.net.websocket import Stream
from pmterm.runtime.finder import Finder
from pmterm.venues.base import Catalog, Feed


class Streaming:
    """Asks one venue for one book. `headers` proves who asks, where the venue wants that."""

    def __init__(
        self,
        feed: Feed,
        catalog: Catalog,
        http: HttpClient,
        clock: Clock,
        *,
        url: str,
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._feed = feed
        self._finder = Finder({feed.venue: catalog}, http, clock)
        self._stream = Stream(url, headers, feed.venue, clock)
        self._clock = clock

    async def line(self) -> Line:
        """Say whether a first book came, and how soon."""
        venue, check = self._feed.venue, "stream"
        try:
            markets = await self._finder.find("")
            if not markets:
                fix = "Name one: `pmterm watch MARKET` shows whether its book comes."
                return warn(venue, check, "no open market was found to try it with", fix)
            began = self._clock.monotonic()
            await self._first_book(markets[0])
        except PmtermError as error:
            return failed(venue, check, error)
        took = (self._clock.monotonic() - began) // MS
        return ok(venue, check, f"connected, and a first book came after {took} ms")

    async def _first_book(self, market: Market) -> None:
        self._feed.watch(market, self._clock.stamp())
        async with aclosing(self._stream.__aiter__()) as events:
            async for event in events:
                said = self._heard(event)
                if any(isinstance(one, BookSnapshot) for one in said):
                    return
                for wish in said:
                    if isinstance(wish, SendText):
                        await self._stream.send(wish.text)
        raise TransportLost(f"{self._feed.venue}: the stream ended before a book came")

    def _heard(self, event: Opened | Frame | Closed) -> list[Message]:
        match event:
            case Opened():
                return list(self._feed.opened(event))
            case Frame():
                return list(self._feed.receive(event))
            case Closed():
                return list(self._feed.closed(event))


def no_key_line(venue: Venue) -> Line:
    """Return the line of a stream that could not be tried."""
    fix = f"Add one: pmterm keys add {venue}"
    return warn(venue, "stream", "not tried: it wants a key, also for public data", fix)
