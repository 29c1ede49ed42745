"""Socket to inbox, and a feed's wishes to the socket. It moves bytes and thinks nothing."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Protocol

from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpRequest, Opened, Reconnect, SendText
from pmterm.model.errors import PmtermError
from pmterm.model.ids import Venue
from pmterm.runtime.clock import Clock
from pmterm.runtime.request_worker import Asks, RequestWorker

TOO_SLOW = "too slow, resync"
MOST_TO_SEND = 1024
OFFER_AGAIN_S = 0.02


class HasVenue(Protocol):
    """All that is asked of a feed here: whose it is."""

    venue: Venue


class Connection(Protocol):
    """One venue's stream; `net.websocket.Stream` is one."""

    def __aiter__(self) -> AsyncGenerator[Opened | Frame | Closed, None]:
        """Connect, and give what comes; ends with a raise of TransportLost."""
        ...

    async def send(self, text: str) -> None:
        """Send a text frame."""
        ...

    def drop(self, reason: str) -> None:
        """Cut the connection."""
        ...


class FeedWorker:
    """One venue's connection: start it and its `requests` under a supervisor.

    `put` takes each `Opened`, `Frame`, `Closed` and REST answer, and answers False when the inbox
    is full: then the connection is dropped, since a stream with a hole in it is worse than none.
    """

    def __init__(
        self,
        feed: HasVenue,
        stream_factory: Callable[[], Connection],
        http: Asks,
        put: Callable[[Message], bool | None],
        clock: Clock,
    ) -> None:
        self.name = f"{feed.venue.value} feed"
        self.requests = RequestWorker(http, put, clock, f"{feed.venue.value} requests")
        self._make_stream = stream_factory
        self._stream: Connection | None = None
        self._put = put
        self._clock = clock
        self._to_send: asyncio.Queue[str] = asyncio.Queue(MOST_TO_SEND)

    def do(self, wish: SendText | HttpRequest | Reconnect) -> None:
        """Carry out what the feed wishes; never blocks."""
        match wish:
            case HttpRequest():
                self.requests.do(wish)
            case SendText():
                self.send_soon(wish.text)
            case Reconnect():
                self._drop(wish.reason)

    async def run(self) -> None:
        """Keep one connection as long as it lasts.

        Raises:
            TransportLost: it is over, or could not be made.
            CredentialsWrong, VenueRefused: the venue will not have us; see `Stream`.
        """
        if self._stream is None:  # made once: it counts its connections
            self._stream = self._make_stream()
        self._to_send = asyncio.Queue(MOST_TO_SEND)
        lost: PmtermError | None = None
        async with asyncio.TaskGroup() as tasks:
            sender = tasks.create_task(self._send_all(self._stream))
            try:
                await self._read(self._stream)
            except PmtermError as error:  # raised below, out of the group's wrapping
                lost = error
            sender.cancel()
        if lost is not None:
            raise lost

    async def _read(self, stream: Connection) -> None:
        put = self._put
        async with aclosing(stream.__aiter__()) as events:
            async for event in events:
                if put(event) is False:
                    if type(event) is Frame:
                        stream.drop(TOO_SLOW)
                    else:
                        await self._offer(event)

    async def _offer(self, event: Message) -> None:
        """Wait for room: that a connection began or ended must not be lost."""
        while self._put(event) is False:
            await self._clock.sleep(OFFER_AGAIN_S)

    async def _send_all(self, stream: Connection) -> None:
        while True:
            await stream.send(await self._to_send.get())

    def send_soon(self, text: str) -> None:
        """Queue a text for the stream; never blocks."""
        try:
            self._to_send.put_nowait(text)
        except asyncio.QueueFull:
            self._drop("the venue takes nothing in")

    def _drop(self, reason: str) -> None:
        if self._stream is not None:
            self._stream.drop(reason)
