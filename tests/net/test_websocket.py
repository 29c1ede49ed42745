import asyncio
import http
import socket
from contextlib import aclosing, asynccontextmanager

from websockets.asyncio.server import serve

from pmterm.messages.transport import Closed, Frame, Opened
from pmterm.model.errors import CredentialsWrong, TransportLost, VenueRefused
from pmterm.model.ids import Venue
from pmterm.net.websocket import Stream
from pmterm.runtime.clock import FakeClock, SystemClock

K = Venue.KALSHI


@asynccontextmanager
async def served(handler, **settings):
    async with serve(handler, "127.0.0.1", 0, close_timeout=0.2, **settings) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"ws://127.0.0.1:{port}/stream"


def stream_to(url, clock=None, headers=dict, **settings):
    return Stream(url, headers, K, clock or SystemClock(), **settings)


async def nothing_more(event):
    pass


async def all_of(stream, then=nothing_more):
    """Return the events of one connection and the error it ended with."""
    events = []
    try:
        async with aclosing(stream.__aiter__()) as coming:
            async for event in coming:
                events.append(event)
                await then(event)
    except (TransportLost, CredentialsWrong, VenueRefused) as error:
        return events, error
    raise AssertionError


async def test_frames_come_between_opened_and_closed_with_rising_stamps():
    async def handler(socket):
        await socket.send("one")
        await socket.send("two")

    async with served(handler) as url:
        events, error = await all_of(stream_to(url))
    assert [type(event) for event in events] == [Opened, Frame, Frame, Closed]
    assert [event.text for event in events[1:3]] == ["one", "two"]
    stamps = [event.at for event in events]
    assert stamps == sorted(set(stamps))
    assert isinstance(error, TransportLost)
    assert "ended the stream" in events[-1].reason


async def test_each_connection_counts_on_and_asks_for_headers_anew():
    seen = []

    async def handler(socket):
        seen.append(socket.request.headers["X-Signed"])

    numbers = iter(range(1, 9))
    async with served(handler) as url:
        stream = stream_to(url, headers=lambda: {"X-Signed": str(next(numbers))})
        first, _ = await all_of(stream)
        second, _ = await all_of(stream)
    assert seen == ["1", "2"]
    assert [events[0].conn for events in (first, second)] == [1, 2]
    assert second[-1].conn == 2


async def test_what_is_sent_arrives_and_what_finds_no_connection_is_dropped():
    async def handler(socket):
        await socket.send(await socket.recv())

    async with served(handler) as url:
        stream = stream_to(url)
        await stream.send("too early")

        async def subscribe(event):
            if type(event) is Opened:
                await stream.send("subscribe")

        events, _ = await all_of(stream, subscribe)
        await stream.send("too late")
    assert [event.text for event in events if type(event) is Frame] == ["subscribe"]


async def test_a_silent_stall_is_dropped_though_the_socket_is_open():
    clock = FakeClock()

    async def handler(socket):
        await socket.send("last word")
        await socket.wait_closed()

    async with served(handler) as url:
        stream = stream_to(url, clock, silent_s=30)

        async def let_time_pass(event):
            if type(event) is Frame:
                await clock.advance(29)
                assert clock.waiting()
                await clock.advance(2)

        events, error = await all_of(stream, let_time_pass)
    assert [type(event) for event in events] == [Opened, Frame, Closed]
    assert "nothing came for 30 s" in events[-1].reason
    assert isinstance(error, TransportLost)
    assert clock.waiting() == 0


async def test_any_text_keeps_a_quiet_stream_alive():
    clock = FakeClock()

    async def handler(socket):
        async for _ in socket:
            await socket.send("PONG")

    async with served(handler) as url:
        stream = stream_to(url, clock, silent_s=30)
        pongs = 0
        async with aclosing(stream.__aiter__()) as events:
            async for event in events:
                if type(event) is Closed:
                    break
                pongs += type(event) is Frame
                await clock.advance(20)
                if pongs == 10:
                    break
                await stream.send("PING")
    assert pongs == 10


async def test_drop_cuts_at_once_with_its_own_reason():
    async def handler(socket):
        await socket.send("x")
        await socket.wait_closed()

    async with served(handler) as url:
        stream = stream_to(url)

        async def drop(event):
            if type(event) is Frame:
                stream.drop("a gap")
                stream.drop("later words do not count")

        events, _ = await all_of(stream, drop)
    assert events[-1].reason == "a gap"


async def test_too_large_a_frame_ends_the_connection_with_words():
    async def handler(socket):
        await socket.send("x" * 5000)
        await socket.wait_closed()

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url, max_size=1000))
    assert [type(event) for event in events] == [Opened, Closed]
    assert "too large" in events[-1].reason


async def test_a_deflate_bomb_is_too_large_by_its_unpacked_size():
    async def handler(socket):
        await socket.send("0" * 20_000_000)
        await socket.wait_closed()

    async with served(handler, compression="deflate") as url:
        events, _ = await all_of(stream_to(url, max_size=1_000_000))
    assert "too large" in events[-1].reason


async def test_bytes_where_text_belongs_end_the_connection():
    async def handler(socket):
        await socket.send(b"\x00\x01")
        await socket.wait_closed()

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url))
    assert [type(event) for event in events] == [Opened, Closed]
    assert "bytes where text belongs" in events[-1].reason


async def test_broken_utf8_ends_the_connection():
    async def handler(socket):
        await socket.send(b"\xff\xfe", text=True)
        await socket.wait_closed()

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url))
    assert [type(event) for event in events] == [Opened, Closed]
    assert "UTF-8" in events[-1].reason


async def test_a_cut_connection_is_told_as_cut():
    async def handler(socket):
        await socket.send("x")
        socket.transport.abort()

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url))
    assert "cut" in events[-1].reason


async def test_words_of_the_venue_at_the_close_are_kept_and_cleaned():
    async def handler(socket):
        await socket.close(1008, "invalid \x1b[31m payload")

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url))
    assert "(1008 invalid [31m payload)" in events[-1].reason


def refusing(status, body="", headers=()):
    def process(connection, request):
        response = connection.respond(http.HTTPStatus(status), body)
        for name, value in headers:
            response.headers[name] = value
        return response

    return process


async def never(socket):
    raise AssertionError


async def test_401_at_the_first_handshake_is_about_the_key():
    async with served(never, process_request=refusing(401, '{"error":"bad signature"}')) as url:
        events, error = await all_of(stream_to(url))
    assert events == []
    assert isinstance(error, CredentialsWrong)
    assert "HTTP 401" in str(error)
    assert "bad signature" in str(error)


async def test_401_after_it_once_worked_may_heal():
    count = 0

    def process(connection, request):
        nonlocal count
        count += 1
        return None if count == 1 else connection.respond(http.HTTPStatus.UNAUTHORIZED, "")

    async def handler(socket):
        await socket.send("x")

    async with served(handler, process_request=process) as url:
        stream = stream_to(url)
        await all_of(stream)
        events, error = await all_of(stream)
    assert events == []
    assert isinstance(error, TransportLost)
    assert "HTTP 401" in str(error)


async def test_html_403_says_what_it_means():
    async with served(never, process_request=refusing(403, "<!DOCTYPE html><h1>no</h1>")) as url:
        _, error = await all_of(stream_to(url))
    assert isinstance(error, VenueRefused)
    assert "blocks this network" in str(error)


async def test_503_at_the_handshake_is_tried_again_later():
    async with served(never, process_request=refusing(503, "restarting")) as url:
        _, error = await all_of(stream_to(url))
    assert isinstance(error, TransportLost)


async def test_a_redirect_is_not_followed_so_signed_headers_stay_here():
    reached = []

    async def elsewhere(socket):
        reached.append(dict(socket.request.headers.raw_items()))

    async with served(elsewhere) as other:
        process = refusing(302, headers=[("Location", other)])
        async with served(never, process_request=process) as url:
            _, error = await all_of(stream_to(url, headers=lambda: {"X-Signed": "1"}))
    assert reached == []
    assert "does not follow" in str(error)


async def test_refused_is_told_in_plain_words():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"ws://127.0.0.1:{free.getsockname()[1]}/"
    events, error = await all_of(stream_to(url))
    assert events == []
    assert isinstance(error, TransportLost)
    assert "refused" in str(error)


async def test_a_name_that_is_not_found_is_told_apart(monkeypatch):
    async def not_found(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", not_found)
    _, error = await all_of(stream_to("wss://exchange.invalid/ws"))
    assert isinstance(error, TransportLost)
    assert "DNS" in str(error)
    assert "exchange.invalid" in str(error)


async def test_a_fault_of_the_venue_is_not_told_as_a_dead_connection():
    async def handler(socket):
        await socket.close(1011, "boom")

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url))
    assert "fault of its own (1011 boom)" in events[-1].reason


async def test_a_server_that_speaks_no_websocket_is_no_crash():
    async def babble(reader, writer):
        await reader.read(10)
        writer.write(b"220 smtp ready\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, error = await all_of(stream_to(f"ws://127.0.0.1:{port}/"))
    server.close()
    await server.wait_closed()
    assert isinstance(error, TransportLost)


async def test_a_server_that_accepts_and_says_nothing_meets_the_deadline():
    gone = asyncio.Event()

    async def silent(reader, writer):
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    _, error = await all_of(stream_to(f"ws://127.0.0.1:{port}/", open_s=0.2))
    gone.set()
    server.close()
    await server.wait_closed()
    assert isinstance(error, TransportLost)
    assert "in time" in str(error)


async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("ws_proxy", "http_proxy", "https_proxy", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)

    async def handler(socket):
        await socket.send("direct")

    async with served(handler) as url:
        events, _ = await all_of(stream_to(url))
    assert events[1].text == "direct"
