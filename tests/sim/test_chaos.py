"""The chaos proxy: what a bad network does to a connection, and only that."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import timedelta

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from tests.sim.certificates import server_context

from pmterm.runtime.clock import FakeClock
from pmterm.sim.chaos import ChaosProxy, Cut, Way, Weather

BODY = b"0123456789" * 20


@asynccontextmanager
async def behind(**options):
    """A server that notes what it was asked, and a proxy before it."""
    seen = []

    async def answer(request):
        seen.append(await request.read())
        return web.Response(body=BODY)

    app = web.Application()
    app.add_routes([web.post("/", answer)])
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    clock = FakeClock()
    try:
        async with ChaosProxy(runner.addresses[0][1], clock, **options) as proxy:
            yield proxy, clock, seen
    finally:
        await runner.cleanup()


async def ask(proxy, data=b"order", tls=None):
    async with (
        aiohttp.ClientSession() as client,
        client.post(proxy.url, data=data, ssl=tls or False) as answer,
    ):
        return await answer.read()


async def asked(proxy, clock, seconds, data=b"order"):
    """Ask while the clock moves on by so much whenever somebody waits for it."""
    async with asyncio.TaskGroup() as group:
        asking = group.create_task(ask(proxy, data))
        moved = 0.0
        while not asking.done():
            if clock.waiting():
                await clock.advance(seconds)
                moved += seconds
            await asyncio.sleep(0)
    return asking.result(), moved


async def test_fair_weather_changes_nothing():
    async with behind() as (proxy, _, seen):
        assert await ask(proxy) == BODY
        assert seen == [b"order"]
        assert proxy.connections == 1


async def test_delay_and_rate_take_the_clocks_time():
    async with behind() as (proxy, clock, _):
        proxy.weather = Weather(up=Way(delay_s=2.0))
        answer, moved = await asked(proxy, clock, 0.5)
        assert (answer, moved >= 2.0) == (BODY, True)
        proxy.weather = Weather(down=Way(bytes_per_s=100))
        answer, moved = await asked(proxy, clock, 0.5)
        assert (answer, moved >= len(BODY) / 100) == (BODY, True)


async def test_pieces_of_one_byte_still_make_the_whole():
    async with behind() as (proxy, _, seen):
        proxy.weather = Weather(up=Way(piece=1), down=Way(piece=1))
        assert await ask(proxy, b"a whole order") == BODY
        assert seen == [b"a whole order"]


@given(
    st.binary(max_size=40),
    st.integers(0, 50),
    st.integers(0, 7),
    st.lists(st.integers(0, 100), max_size=5),
    st.integers(-1, 100),
)
def test_pieces_lose_nothing_but_what_is_cut_off(data, done, piece, splits, cut):
    way = Way(piece=piece, splits=tuple(splits), cut_after=cut)
    pieces = way.pieces(data, done)
    kept = len(data) if cut < 0 else max(0, min(len(data), cut - done))
    assert b"".join(pieces) == data[:kept]
    assert all(pieces)
    assert not piece or all(len(one) <= piece for one in pieces)
    ends = set()
    place = done
    for one in pieces:
        place += len(one)
        ends.add(place)
    assert {split for split in splits if done < split < done + kept} <= ends


async def test_request_cut_before_its_end_never_reaches_the_exchange():
    async with behind() as (proxy, _, seen):
        proxy.weather = Weather(up=Way(cut_after=30))
        with pytest.raises(aiohttp.ClientConnectionError):
            await ask(proxy)
        assert seen == []


async def test_answer_cut_after_the_exchange_has_acted():
    async with behind() as (proxy, _, seen):
        proxy.weather = Weather(down=Way(cut_after=0))
        with pytest.raises(aiohttp.ClientConnectionError):
            await ask(proxy)
        assert seen == [b"order"]


@pytest.mark.parametrize("cut", [Cut.CLOSE, Cut.HALF])
async def test_answer_that_ends_early_in_good_order(cut):
    async with behind() as (proxy, _, _seen):
        proxy.weather = Weather(down=Way(cut_after=200, cut=cut))
        with pytest.raises((aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError)):
            await ask(proxy)


async def test_silence_leaves_the_client_waiting_until_it_gives_up():
    async with behind() as (proxy, _, seen), asyncio.TaskGroup() as group:
        proxy.weather = Weather(down=Way(cut_after=0, cut=Cut.SILENCE))
        asking = group.create_task(ask(proxy))
        while not seen:
            await asyncio.sleep(0)
        assert (asking.done(), proxy.open) == (False, 1)
        asking.cancel()


async def test_blackhole_swallows_until_it_is_lifted():
    async with behind() as (proxy, _, seen), asyncio.TaskGroup() as group:
        proxy.is_silent = True
        asking = group.create_task(ask(proxy))
        while not proxy.open:
            await asyncio.sleep(0)
        assert (seen, asking.done()) == ([], False)
        proxy.is_silent = False
        assert await asking == BODY


async def test_reset_breaks_all_and_new_connections_are_refused():
    async with behind() as (proxy, _, seen), asyncio.TaskGroup() as group:
        proxy.is_silent = True
        asking = group.create_task(_broken(proxy))
        while not proxy.open:
            await asyncio.sleep(0)
        proxy.reset()
        await asking
        proxy.refuses, proxy.is_silent = True, False
        await _broken(proxy)
        proxy.refuses = False
        assert await ask(proxy) == BODY
        assert seen == [b"order"]


async def _broken(proxy):
    with pytest.raises(aiohttp.ClientConnectionError):
        await ask(proxy)


async def test_proxy_ends_though_somebody_waits_for_the_clock():
    async with behind() as (proxy, clock, _), asyncio.TaskGroup() as group:
        proxy.weather = Weather(up=Way(delay_s=60))
        asking = group.create_task(_broken(proxy))
        while not clock.waiting():
            await asyncio.sleep(0)
        proxy.reset()
        await asking
        assert proxy.open == 0


async def test_half_close_ends_one_way_only():
    heard = bytearray()
    gone = asyncio.Event()

    async def listen(reader, writer):
        while data := await reader.read(100):
            heard.extend(data)
        gone.set()
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server, ChaosProxy(server.sockets[0].getsockname()[1], FakeClock()) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
        writer.write(b"one")
        while not heard:
            await asyncio.sleep(0)
        proxy.half_close()
        assert await reader.read() == b""
        writer.write(b"two")
        writer.write_eof()
        await gone.wait()
        assert heard == b"onetwo"
        writer.close()


async def test_each_connection_can_have_weather_of_its_own():
    def forecast(number):
        return Weather(up=Way(cut_after=0)) if number == 1 else None

    async with behind(forecast=forecast) as (proxy, _, _seen):
        await _broken(proxy)
        assert await ask(proxy) == BODY


async def test_nobody_behind_it_is_a_reset():
    async with ChaosProxy(1, FakeClock()) as proxy:
        await _broken(proxy)


@pytest.mark.parametrize(
    ("options", "trusted", "words"),
    [
        ({}, True, None),
        ({}, False, "self-signed"),
        ({"expires_in": timedelta(days=-1)}, True, "expired"),
        ({"host": "example.com"}, True, "IP address mismatch"),
    ],
    ids=["right", "self-signed", "expired", "wrong host"],
)
async def test_certificates_of_every_kind(tmp_path, options, trusted, words):
    server, file = server_context(tmp_path, **options)
    client = ssl.create_default_context(cafile=file if trusted else None)
    async with behind(tls=server) as (proxy, _, seen):
        if words is None:
            assert await ask(proxy, tls=client) == BODY
            return
        with pytest.raises(aiohttp.ClientConnectorCertificateError) as refused:
            await ask(proxy, tls=client)
        assert words in str(refused.value.certificate_error)
        assert seen == []
