"""One connected client: a bounded line of frames and the task that sends them."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

from aiohttp import ClientError, WSMsgType, web

from pmterm.sim.faults import Faults

LONGEST_LINE = 50_000  # frames a slow reader may be behind before it is cut off
TOO_SLOW = 1008


class Client:
    """Frames wait here, so that a slow reader delays nobody; too many, and it is cut off."""

    def __init__(
        self, socket: web.WebSocketResponse, faults: Faults, *, room: int = LONGEST_LINE
    ) -> None:
        self.socket = socket
        self._faults = faults
        self._room = room
        self._line: deque[str] = deque()
        self._late: str | None = None  # a frame that lets the next one pass
        self._news = asyncio.Event()
        self.is_cut_off = False
        self._farewell: tuple[int, str] | None = None

    @property
    def waiting(self) -> int:
        """How many frames are still to be sent."""
        return len(self._line)

    def put(self, text: str) -> None:
        """Put a data frame in line, as the faults have it."""
        if self._late is None and self._faults.swaps():
            self._late = text
            return
        for _ in range(self._faults.copies()):
            self.put_plain(text)
        if self._late is not None:
            late, self._late = self._late, None
            self.put_plain(late)

    def put_plain(self, text: str) -> None:
        """Put a frame in line whatever the faults are (answers, PONG)."""
        if len(self._line) >= self._room:
            self.is_cut_off = True
        else:
            self._line.append(text)
        self._news.set()

    def leave(self, code: int, reason: str) -> None:
        """Close the connection once everything in line is sent."""
        self._farewell = (code, reason)
        self._news.set()

    def wake(self) -> None:
        """Have the sender look again: a fault was switched."""
        self._news.set()

    async def send_all(self) -> None:
        """Send what is in line, for ever; returns when the client is gone or cut off."""
        while not self.socket.closed:
            await self._news.wait()
            self._news.clear()
            while self._line and not self._faults.is_held and not self.is_cut_off:
                try:
                    await self.socket.send_str(self._line.popleft())
                except (ConnectionError, ClientError):
                    return
            if self.is_cut_off:
                self._line.clear()
                self._farewell = (TOO_SLOW, "too slow")
            if self._farewell is not None:
                code, reason = self._farewell
                await self.socket.close(code=code, message=reason.encode())
                return

    def kill(self) -> None:
        """Break the connection without a goodbye."""
        request = self.socket._req  # noqa: SLF001 - aiohttp offers no other way to the transport
        if request is not None and request.transport is not None:
            request.transport.abort()


Hear: TypeAlias = Callable[[str], None]


async def converse(
    client: Client, hear: Hear, beat: Coroutine[Any, Any, None] | None = None
) -> None:
    """Send and listen until the client is gone; `beat` runs beside it."""
    async with asyncio.TaskGroup() as group:
        beside = [group.create_task(client.send_all())]
        if beat is not None:
            beside.append(group.create_task(beat))
        async for message in client.socket:
            if message.type is WSMsgType.TEXT:
                hear(message.data)
        for task in beside:
            task.cancel()
