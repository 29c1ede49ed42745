"""Who waits for whom among the requests to the venues."""

import asyncio

import pytest

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.net.limiter import CANCEL, ORDER, READ
from pmterm.runtime.clock import FakeClock, settle
from pmterm.runtime.request_worker import RequestWorker


class HangingReads:
    """A venue that answers no read, and everything else at once."""

    async def ask(self, request: HttpRequest) -> HttpResponse:
        if request.priority >= READ and request.venue is Venue.KALSHI:
            await asyncio.get_running_loop().create_future()
        return HttpResponse(
            at=1,
            venue=request.venue,
            method=request.method,
            path=request.path,
            status=200,
            text="",
            purpose=request.purpose,
        )


def request(purpose, priority, venue=Venue.KALSHI):
    return HttpRequest(1, venue, "api", "GET", "/x", purpose=purpose, priority=priority)


@pytest.mark.parametrize(
    ("venue", "priority"),
    [(Venue.KALSHI, CANCEL), (Venue.KALSHI, ORDER), (Venue.POLYMARKET, READ)],
    ids=["cancel", "order", "read of the other venue"],
)
async def test_it_waits_for_no_read_that_hangs(venue, priority):
    heard: list[HttpResponse] = []
    worker = RequestWorker(HangingReads(), heard.append, FakeClock())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(worker.run())
        await settle()
        for number in range(100):
            worker.do(request(f"look:{number}", READ))
        worker.do(request("urgent", priority, venue))
        await settle()
        running.cancel()
    assert [answer.purpose for answer in heard] == ["urgent"]
