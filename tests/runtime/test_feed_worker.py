import asyncio
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import serve

from pmterm.messages.health import WorkerDown
from pmterm.messages.transport import (
    Closed,
    Frame,
    HttpRequest,
    HttpResponse,
    Opened,
    Reconnect,
    SendText,
)
from pmterm.model.errors import CredentialsWrong, TransportLost
from pmterm.model.ids import Venue
from pmterm.net.websocket import Stream
from pmterm.runtime.clock import FakeClock, SystemClock, settle
from pmterm.runtime.feed_worker import TOO_SLOW, FeedWorker
from pmterm.runtime.request_worker import MOST_WAITING, RequestWorker
from pmterm.runtime.supervisor import Supervisor

K = Venue.KALSHI


class Feed:
    venue = K


class Inbox:
    """Takes what comes; `room` is how many more it takes before it says it is full."""

    def __init__(self):
        self.events = []
        self.room = 10**9
        self._changed = asyncio.Event()

    def put(self, event):
        if len(self.events) >= self.room:
            return False
        self.events.append(event)
        self._changed.set()
        return True

    async def until(self, holds):
        while not holds(self.events):
            self._changed.clear()
            await self._changed.wait()

    def kinds(self):
        return [type(event) for event in self.events]


class Script:
    """A connection that gives what a test scripts, one list of texts per connection."""

    def __init__(self, clock, *connections):
        self.clock = clock
        self.connections = list(connections)
        self.sent = []
        self.dropped = ""
        self._conn = 0

    async def __aiter__(self):
        texts = self.connections.pop(0)
        if isinstance(texts, Exception):
            raise texts
        self._conn += 1
        self.dropped = ""
        yield Opened(self.clock.stamp(), K, self._conn)
        for text in texts:
            await asyncio.sleep(0)
            if self.dropped:
                break
            yield Frame(self.clock.stamp(), K, self._conn, text)
        yield Closed(self.clock.stamp(), K, self._conn, self.dropped or "end of script")
        raise TransportLost("end of script")

    async def send(self, text):
        self.sent.append(text)

    def drop(self, reason):
        self.dropped = self.dropped or reason


class Site:
    """Answers requests when told to."""

    def __init__(self):
        self.asked = []
        self.may_answer = asyncio.Event()

    async def ask(self, request):
        self.asked.append(request.path)
        await self.may_answer.wait()
        return HttpResponse(2, K, request.method, request.path, 200, "ok", request.purpose)


def request(path, priority=2):
    return HttpRequest(1, K, "api", "GET", path, purpose="p", priority=priority)


@asynccontextmanager
async def running(*coroutines):
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(coroutine) for coroutine in coroutines]
    await settle()
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_every_event_reaches_the_inbox_in_order_then_the_loss_is_raised():
    clock, inbox = FakeClock(), Inbox()
    worker = FeedWorker(Feed(), lambda: Script(clock, ["a", "b"]), Site(), inbox.put, clock)
    with pytest.raises(TransportLost):
        await worker.run()
    assert inbox.kinds() == [Opened, Frame, Frame, Closed]


async def test_a_full_inbox_drops_the_connection_and_never_a_frame_inside_it():
    clock, inbox = FakeClock(), Inbox()
    inbox.room = 4
    script = Script(clock, [str(n) for n in range(50)], ["fresh"])
    worker = FeedWorker(Feed(), lambda: script, Site(), inbox.put, clock)
    async with running(worker.run()) as [run]:
        assert [event.text for event in inbox.events[1:]] == ["0", "1", "2"]
        await clock.advance(1)
        assert not run.done()  # the end of the connection waits for room
        inbox.room = 10**9
        await clock.advance(1)
        assert isinstance(run.exception(), TransportLost)
    assert inbox.kinds() == [Opened, Frame, Frame, Frame, Closed]
    assert inbox.events[-1].reason == TOO_SLOW
    with pytest.raises(TransportLost):
        await worker.run()
    assert inbox.kinds()[-3:] == [Opened, Frame, Closed]
    assert inbox.events[-1].conn == 2


async def test_a_refused_key_comes_out_as_itself():
    clock = FakeClock()
    script = Script(clock, CredentialsWrong("no"))
    worker = FeedWorker(Feed(), lambda: script, Site(), Inbox().put, clock)
    with pytest.raises(CredentialsWrong):
        await worker.run()


async def test_wishes_reach_the_stream():
    clock, inbox = FakeClock(), Inbox()
    script = Script(clock, ["x"] * 10_000)
    worker = FeedWorker(Feed(), lambda: script, Site(), inbox.put, clock)
    async with running(worker.run()):
        worker.do(SendText(1, K, "subscribe"))
        worker.do(SendText(1, K, "more"))
        await settle()
        assert script.sent == ["subscribe", "more"]
        worker.do(Reconnect(1, K, "a gap"))
        await inbox.until(lambda events: type(events[-1]) is Closed)
    assert inbox.events[-1].reason == "a gap"


async def test_requests_outlive_the_stream_and_answer_into_the_inbox():
    clock, inbox, site = FakeClock(), Inbox(), Site()
    worker = FeedWorker(Feed(), lambda: Script(clock, []), site, inbox.put, clock)
    async with running(worker.requests.run()):
        worker.do(request("/book"))
        with pytest.raises(TransportLost):
            await worker.run()
        site.may_answer.set()
        await inbox.until(lambda events: HttpResponse in map(type, events))
    assert inbox.events[-1].purpose == "p"


async def test_an_answer_waits_for_room_in_the_inbox():
    clock, inbox, site = FakeClock(), Inbox(), Site()
    inbox.room = 0
    site.may_answer.set()
    worker = RequestWorker(site, inbox.put, clock)
    async with running(worker.run()):
        worker.do(request("/book"))
        await clock.advance(1)
        inbox.room = 1
        await clock.advance(1)
    assert inbox.kinds() == [HttpResponse]


async def test_too_many_requests_are_answered_at_once_that_they_were_not_asked():
    inbox = Inbox()
    worker = RequestWorker(Site(), inbox.put, FakeClock())
    for n in range(MOST_WAITING + 1):
        worker.do(request(f"/{n}"))
    assert [(event.status, event.path) for event in inbox.events] == [(0, f"/{MOST_WAITING}")]


async def test_the_most_urgent_request_is_asked_first():
    site = Site()
    worker = RequestWorker(site, Inbox().put, FakeClock())
    worker.do(request("/read", 2))
    worker.do(request("/cancel", 0))
    worker.do(request("/order", 1))
    async with running(worker.run()):
        assert site.asked == ["/cancel", "/order", "/read"]


async def test_through_real_sockets_a_lost_stream_comes_back_by_itself():
    clock, inbox = SystemClock(seed=1), Inbox()
    met = []

    async def handler(socket):
        met.append(await socket.recv())
        await socket.send(f"answer {len(met)}")
        if len(met) == 1:
            socket.transport.abort()
        await socket.wait_closed()

    async with serve(handler, "127.0.0.1", 0, close_timeout=0.2) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        worker = FeedWorker(Feed(), lambda: Stream(url, dict, K, clock), Site(), inbox.put, clock)

        def put(event):
            inbox.put(event)
            if type(event) is Opened:
                worker.do(SendText(event.at, K, f"subscribe {event.conn}"))

        worker._put = put
        supervisor = Supervisor(inbox.put, clock)
        async with running(supervisor.keep(worker)):
            await inbox.until(lambda events: [type(e) for e in events].count(Frame) == 2)
    assert inbox.kinds()[:6] == [Opened, Frame, Closed, WorkerDown, Opened, Frame]
    assert met == ["subscribe 1", "subscribe 2"]
    assert "cut" in inbox.events[3].cause
