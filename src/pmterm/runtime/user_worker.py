"""The stream of our own orders and fills: a venue's words about us, to the inbox."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.transport import (
    Closed,
    Frame,
    Opened,
    Reconnect,
    SendText,
    UserClosed,
    UserFrame,
    UserOpened,
)
from pmterm.model.ids import Venue
from pmterm.runtime.clock import Clock
from pmterm.runtime.feed_worker import Connection, FeedWorker
from pmterm.runtime.request_worker import Asks

_USER_WORDS: dict[type[Message], type[Message]] = {
    Opened: UserOpened,
    Frame: UserFrame,
    Closed: UserClosed,
}


class Greets(Protocol):
    """Who proves an account, as far as the stream wants it: `venues.base.Proof` does."""

    venue: Venue

    def greeting(self) -> str:
        """Return the first text of a connection, empty if there is none."""
        ...


class UserWorker:
    """One venue's user stream: start it under a supervisor.

    The proof's greeting is the first text of each connection; it can hold secrets, so it is made
    here and goes to the socket at once. Nothing of this stream is recorded.
    """

    def __init__(
        self,
        proof: Greets,
        stream_factory: Callable[[], Connection],
        http: Asks,
        put: Callable[[Message], bool | None],
        clock: Clock,
    ) -> None:
        self.name = f"{proof.venue.value} orders"
        self.venue = proof.venue
        self._greeting = proof.greeting
        self._put = put
        self._worker = FeedWorker(proof, stream_factory, http, self._take, clock)

    def do(self, wish: SendText | Reconnect) -> None:
        """Carry out what the desk wishes; never blocks."""
        self._worker.do(wish)

    async def run(self) -> None:
        """Keep one connection as long as it lasts; raises as `FeedWorker.run`."""
        await self._worker.run()

    def _take(self, event: Message) -> bool | None:
        if type(event) is Opened and (words := self._greeting()):
            self._worker.send_soon(words)  # in no message: those can be shown
        user = _USER_WORDS[type(event)]
        return self._put(user(**msgspec.structs.asdict(event)))
