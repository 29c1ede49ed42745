"""REST questions of the feeds: asked side by side, answered into the inbox."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from pmterm.messages.base import Message
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.runtime.clock import Clock

MOST_WAITING = 512
MOST_AT_ONCE = 64


class Asks(Protocol):
    """Who can put a question to a venue; `net.http.HttpClient` does."""

    async def ask(self, request: HttpRequest) -> HttpResponse:
        """Return the answer, status 0 if none came."""
        ...


class RequestWorker:
    """Carries out `HttpRequest`s; a lost stream does not touch those in flight.

    `put` answers False when the inbox is full; an answer is then offered again until it is taken.
    """

    def __init__(
        self,
        http: Asks,
        put: Callable[[Message], bool | None],
        clock: Clock,
        name: str = "requests",
    ) -> None:
        self.name = name
        self._http = http
        self._put = put
        self._clock = clock
        self._waiting: asyncio.PriorityQueue[tuple[int, int, HttpRequest]]
        self._waiting = asyncio.PriorityQueue(MOST_WAITING)
        self._asked = 0
        self._lanes = asyncio.Semaphore(MOST_AT_ONCE)

    def do(self, request: HttpRequest) -> None:
        """Have a request asked soon, the most urgent first; never blocks."""
        self._asked += 1
        try:
            self._waiting.put_nowait((request.priority, self._asked, request))
        except asyncio.QueueFull:
            self._put(_not_asked(request, self._clock))

    async def run(self) -> None:
        """Ask for ever."""
        async with asyncio.TaskGroup() as questions:
            while True:
                await self._lanes.acquire()
                _, _, request = await self._waiting.get()
                questions.create_task(self._answer(request))

    async def _answer(self, request: HttpRequest) -> None:
        try:
            response = await self._http.ask(request)
        finally:
            self._lanes.release()
        while self._put(response) is False:
            await self._clock.sleep(0.05)


def _not_asked(request: HttpRequest, clock: Clock) -> HttpResponse:
    return HttpResponse(
        at=clock.stamp(),
        venue=request.venue,
        method=request.method,
        path=request.path,
        status=0,
        text="not asked: too many requests wait already",
        purpose=request.purpose,
    )
