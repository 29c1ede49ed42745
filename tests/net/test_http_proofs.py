"""Signed requests: who proves, what may still be stopped, and what is known of the sending."""

import asyncio
import gc
from collections.abc import AsyncIterator, Mapping

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter, Rate
from pmterm.runtime.clock import SystemClock

PLACE = HttpRequest(0, Venue.KALSHI, "api", "POST", "/orders", '{"a":1}', "place:x", 1, auth="key")


class Signs:
    """Proves with a header that tells what it was made for."""

    venue = Venue.KALSHI

    def headers(self, request: HttpRequest, at: Ns) -> Mapping[str, str]:
        return {"X-Proof": f"{request.method} {request.path} {request.body} {at > 0}"}


class Venueless:
    """A server that keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[web.Request] = []
        self.waits = asyncio.Event()
        self.waits.set()

    async def answer(self, request: web.Request) -> web.Response:
        await request.read()
        self.asked.append(request)
        await self.waits.wait()
        return web.Response(text="{}", status=201)


@pytest.fixture
def venue() -> Venueless:
    return Venueless()


@pytest.fixture
async def base(venue: Venueless) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", venue.answer)
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("")).rstrip("/")
    await server.close()


def client(base: str, **how: object) -> HttpClient:
    clock = SystemClock()
    limiter = Limiter({Venue.KALSHI: Rate(100, 100)}, clock)
    return HttpClient({(Venue.KALSHI, "api"): base}, limiter, clock, **how)  # type: ignore[arg-type]


async def test_what_has_auth_is_proved_and_marked(base: str, venue: Venueless) -> None:
    http = client(base, proofs={Venue.KALSHI: Signs()})
    answer = await http.ask(PLACE)
    await http.close()
    assert answer.status == 201
    assert answer.auth == "key"
    assert venue.asked[0].headers["X-Proof"] == 'POST /orders {"a":1} True'
    assert 0 < answer.asked_at < answer.sent_at < answer.at
    assert abs(answer.venue_at - answer.at) < 5 * SECOND


async def test_nothing_signed_leaves_without_a_key(base: str, venue: Venueless) -> None:
    http = client(base)
    answer = await http.ask(PLACE)
    await http.close()
    assert (answer.status, answer.sent_at) == (0, 0)
    assert "no key" in answer.text
    assert not venue.asked


async def test_an_order_may_be_stopped_until_its_first_byte(base: str, venue: Venueless) -> None:
    stops = iter(["", "halted by hand", "halted by hand"])
    http = client(base, proofs={Venue.KALSHI: Signs()}, permit=lambda _: next(stops))
    assert (await http.ask(PLACE)).status == 201
    stopped = await http.ask(PLACE)
    await http.close()
    assert (stopped.status, stopped.sent_at, stopped.text) == (0, 0, "halted by hand")
    assert len(venue.asked) == 1


async def test_a_cancel_needs_no_permission(base: str, venue: Venueless) -> None:
    http = client(base, proofs={Venue.KALSHI: Signs()}, permit=lambda _: "halted")
    cancel = HttpRequest(0, Venue.KALSHI, "api", "DELETE", "/orders/1", "", "cancel:x", 0, "key")
    assert (await http.ask(cancel)).status == 201
    await http.close()
    assert len(venue.asked) == 1


async def test_a_refused_connection_never_left(unused_tcp_port: int) -> None:
    http = client(f"http://127.0.0.1:{unused_tcp_port}", proofs={Venue.KALSHI: Signs()})
    answer = await http.ask(PLACE)
    await http.close()
    assert (answer.status, answer.sent_at) == (0, 0)


async def test_an_order_does_not_wait_behind_a_hold(
    base: str, venue: Venueless, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pmterm.net.http.ORDER_WAITS_S", 0.01)
    clock = SystemClock()
    limiter = Limiter({Venue.KALSHI: Rate(100, 100)}, clock)
    limiter.hold(Venue.KALSHI, 30.0)
    http = HttpClient({(Venue.KALSHI, "api"): base}, limiter, clock, proofs={Venue.KALSHI: Signs()})
    answer = await http.ask(PLACE)
    await http.close()
    assert (answer.status, answer.sent_at) == (0, 0)
    assert "does not wait" in answer.text
    assert not venue.asked


async def test_an_order_is_on_its_way_before_anybody_waits_for_it(
    base: str, venue: Venueless
) -> None:
    http = client(base, proofs={Venue.KALSHI: Signs()})
    await http.ask(PLACE)  # leaves a connection behind
    answer = http.ask(PLACE)
    while len(venue.asked) < 2:
        await asyncio.sleep(0)
    assert (await answer).status == 201
    await http.close()


async def test_an_order_whose_sender_is_gone_before_it_waits_leaves_nothing_open(
    base: str, venue: Venueless
) -> None:
    http = client(base, proofs={Venue.KALSHI: Signs()})
    await http.ask(PLACE)
    http.ask(PLACE)  # a coroutine nobody awaits would be a warning, and that an error here
    gc.collect()
    while len(venue.asked) < 2:
        await asyncio.sleep(0)
    await http.close()


async def test_an_order_that_was_begun_and_never_answered_is_told_as_sent(
    base: str, venue: Venueless, monkeypatch: pytest.MonkeyPatch
) -> None:
    http = client(base, proofs={Venue.KALSHI: Signs()}, deadline_s=0.05)
    await http.ask(PLACE)
    monkeypatch.setattr(venue, "waits", asyncio.Event())
    answer = await http.ask(PLACE)
    venue.waits.set()
    await http.close()
    assert answer.status == 0
    assert 0 < answer.asked_at < answer.sent_at
    assert "no answer within" in answer.text
