"""One connection, one request on it at a time: what it writes, what it believes, when it ends."""

import asyncio
import socket
import ssl
from contextlib import asynccontextmanager, suppress

import pytest

from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.net.line import Lines, NoAnswer

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nDate: today\r\n\r\nok"
ORDER = HttpRequest(1, Venue.KALSHI, "api", "POST", "/orders?a=1", '{"p":"½"}', "place:x", 1, "key")


class Far:
    """The other end: says `answers`, one piece per request, and keeps what it was asked."""

    def __init__(self, *answers: bytes, closes: bool = False) -> None:
        self.asked: list[bytes] = []
        self.opened = 0
        self.ended = 0
        self._answers = list(answers)
        self._closes = closes
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.writer = writer
        with suppress(ConnectionError):
            while asked := await reader.read(65_536):
                self.asked.append(asked)
                if self._answers:
                    writer.write(self._answers.pop(0))
                if self._closes:
                    break
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.ended += 1

    async def has_ended(self, count: int) -> None:
        while self.ended < count:
            await asyncio.sleep(0)


@asynccontextmanager
async def lines_to(far: Far, most: int = 1_000, idle_s: float = 30.0):
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lines = Lines(f"http://127.0.0.1:{port}/api", ssl.create_default_context(), most, idle_s)
    try:
        yield lines
    finally:
        lines.close()
        await far.has_ended(far.opened)
        server.close()
        await server.wait_closed()


async def ask(lines: Lines, request: HttpRequest = ORDER):
    line = lines.take() or await lines.open(5.0)
    try:
        return await line.ask(request.method, lines.written(request, {"X-Proof": "me"}))
    finally:
        lines.give_back(line)


async def test_a_host_with_an_address_nobody_answers_at_is_reached_at_its_next(monkeypatch):
    async def addresses():
        return ["127.0.0.2", "127.0.0.1"]  # the server listens at the second only

    async with lines_to(Far(OK)) as lines:
        monkeypatch.setattr(lines, "_addresses", addresses)
        assert (await ask(lines)).status == 200


async def test_a_name_is_looked_up_and_its_older_address_comes_first(monkeypatch):
    async def found(*_, **__):
        newer = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 1, 0, 0))
        return [newer, (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 1))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", found)
    lines = Lines("http://localhost:1", ssl.create_default_context(), 1, 1.0)
    assert await lines._addresses() == ["127.0.0.1", "::1"]


async def test_a_request_is_written_whole_and_its_answer_read():
    far = Far(OK)
    async with lines_to(far) as lines:
        reply = await ask(lines)
    head, _, body = far.asked[0].partition(b"\r\n\r\n")
    start, *headers = head.decode().split("\r\n")
    assert start == "POST /api/orders?a=1 HTTP/1.1"
    assert headers[0].startswith("Host: 127.0.0.1:")
    assert "X-Proof: me" in headers
    assert f"Content-Length: {len(body)}" in headers
    assert body.decode() == ORDER.body
    assert (reply.status, reply.body, reply.headers["date"]) == (200, b"ok", "today")


async def test_a_connection_is_kept_for_the_next():
    far = Far(OK, OK)
    async with lines_to(far) as lines:
        await ask(lines)
        await ask(lines)
    assert (far.opened, len(far.asked)) == (1, 2)


async def test_two_at_once_have_a_connection_each():
    far = Far(OK, OK)
    async with lines_to(far) as lines:
        await asyncio.gather(ask(lines), ask(lines))
    assert far.opened == 2


@pytest.mark.parametrize(
    "last",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno",
    ],
    ids=["told to close", "more than was asked for"],
)
async def test_a_connection_is_not_used_again_after(last):
    far = Far(last, OK)
    async with lines_to(far) as lines:
        assert (await ask(lines)).body == b"ok"
        assert (await ask(lines)).body == b"ok"
    assert far.opened == 2


async def test_what_comes_unasked_ends_a_connection():
    far = Far(OK, OK)
    async with lines_to(far) as lines:
        await ask(lines)
        far.writer.write(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        await far.has_ended(1)
        assert (await ask(lines)).status == 200
    assert far.opened == 2


async def test_an_idle_connection_is_let_go():
    far = Far(OK)
    async with lines_to(far, idle_s=0.01) as lines:
        await ask(lines)
        await far.has_ended(1)
        assert lines.take() is None


async def test_who_is_given_up_on_leaves_no_answer_for_the_next():
    far = Far(b"", OK)
    async with lines_to(far) as lines:
        first = asyncio.get_running_loop().create_task(ask(lines))
        while not far.asked:
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert (await ask(lines)).body == b"ok"
    assert far.opened == 2


async def test_an_answer_without_a_length_ends_with_the_connection():
    far = Far(b"HTTP/1.1 200 OK\r\n\r\nto the end", closes=True)
    async with lines_to(far) as lines:
        assert (await ask(lines)).body == b"to the end"


async def test_an_early_hint_is_not_the_answer():
    far = Far(b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK)
    async with lines_to(far) as lines:
        assert (await ask(lines)).status == 200


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "cut"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "cut"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", "does not speak HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + b"x" * 2000, "longer than 1000"),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok", "packed"),
    ],
)
async def test_what_is_no_answer_is_told_in_words(answer, words):
    async with lines_to(Far(answer, closes=True)) as lines:
        with pytest.raises(NoAnswer, match=words):
            await ask(lines)
        assert lines.take() is None


async def test_a_header_that_would_end_itself_is_not_written():
    async with lines_to(Far()) as lines:
        with pytest.raises(VenueRefused, match="plain characters") as told:
            lines.written(ORDER, {"X-Key": "secret\r\nX-More: 1"})
    assert "secret" not in str(told.value)
