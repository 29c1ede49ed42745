"""REST questions of the feeds: asked side by side, answered into the inbox."""

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from typing import Protocol

from pmterm.messages.base import Message
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.net.limiter import READ
from pmterm.runtime.clock import Clock

MOST_WAITING = 512
MOST_AT_ONCE = 64
MOST_READS = 12  # a venue that lets reads hang must not have every lane and connection with them


class Asks(Protocol):
    """Who can put a question to a venue; `net.http.HttpClient` does."""

    def ask(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """Return the answer, status 0 if none came."""
        ...


class _Lane:
    """What one venue is asked that may wait, or what may not: a heap, and how many are out."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.busy = 0
        self.waiting: list[tuple[int, int, HttpRequest]] = []  # the most urgent first


class RequestWorker:
    """Carries out `HttpRequest`s; a lost stream does not touch those in flight.

    Each venue's reads have lanes of their own, so that no cancel and no order waits for one.
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
        self._lanes: dict[tuple[Venue, bool], _Lane] = {}
        self._asked = 0
        self._questions: asyncio.TaskGroup | None = None

    def do(self, request: HttpRequest) -> None:
        """Have a request asked: at once if a lane is free, else in its turn; never blocks."""
        self._asked += 1
        is_read = request.priority >= READ
        lane = self._lanes.setdefault(
            (request.venue, is_read), _Lane(MOST_READS if is_read else MOST_AT_ONCE)
        )
        if len(lane.waiting) >= MOST_WAITING:
            self._put(_not_asked(request, self._clock))
            return
        heapq.heappush(lane.waiting, (request.priority, self._asked, request))
        self._serve(lane)

    async def run(self) -> None:
        """Ask for ever."""
        async with asyncio.TaskGroup() as questions:
            self._questions = questions
            try:
                for _, lane in sorted(self._lanes.items(), key=lambda kept: kept[0][1]):
                    self._serve(lane)
                await asyncio.get_running_loop().create_future()
            finally:
                self._questions = None

    def _serve(self, lane: _Lane) -> None:
        while self._questions is not None and lane.waiting and lane.busy < lane.most:
            _, _, request = heapq.heappop(lane.waiting)
            lane.busy += 1
            answer = self._http.ask(request)  # what is urgent leaves here, before the task begins
            self._questions.create_task(self._answer(answer, lane))

    async def _answer(self, answer: Awaitable[HttpResponse], lane: _Lane) -> None:
        try:
            response = await answer
        finally:
            lane.busy -= 1
            self._serve(lane)
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
