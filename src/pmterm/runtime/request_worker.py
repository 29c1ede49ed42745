"""REST questions of the feeds: asked side by side, answered into the inbox."""

import asyncio
import heapq
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
        self._waiting: list[tuple[int, int, HttpRequest]] = []  # a heap, the most urgent first
        self._asked = 0
        self._busy = 0
        self._questions: asyncio.TaskGroup | None = None

    def do(self, request: HttpRequest) -> None:
        """Have a request asked: at once if a lane is free, else in its turn; never blocks."""
        self._asked += 1
        if len(self._waiting) >= MOST_WAITING:
            self._put(_not_asked(request, self._clock))
            return
        heapq.heappush(self._waiting, (request.priority, self._asked, request))
        self._serve()

    async def run(self) -> None:
        """Ask for ever."""
        async with asyncio.TaskGroup() as questions:
            self._questions = questions
            try:
                self._serve()
                await asyncio.get_running_loop().create_future()
            finally:
                self._questions = None

    def _serve(self) -> None:
        while self._questions is not None and self._waiting and self._busy < MOST_AT_ONCE:
            _, _, request = heapq.heappop(self._waiting)
            self._busy += 1
            self._questions.create_task(self._answer(request))

    async def _answer(self, request: HttpRequest) -> None:
        try:
            response = await self._http.ask(request)
        finally:
            self._busy -= 1
            self._serve()
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
