"""Connections for signed requests: written out at once, one answer read back, then kept warm.

A general client prepares for much that a signed request never needs, and an order would wait for
it. Here a request is one write on a connection that stands already, and h11 reads the answer.
"""

import asyncio
import contextlib
import ipaddress
import re
import socket
import ssl
from collections.abc import Mapping
from typing import Any, Final, cast
from urllib.parse import urlsplit

import h11
import msgspec

from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import VenueRefused

CUT: Final = "the connection was cut"
EACH_S: Final = 2.0  # for one address of several
_HEADER = re.compile(r"[!-~](?:[ -~]*[!-~])?", re.ASCII)


class NoAnswer(Exception):
    """Why no answer came, in words."""


class Reply(msgspec.Struct, frozen=True):
    """An answer. The names of `headers` are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Line(asyncio.Protocol):
    """One connection, with at most one request on it; `most` bounds an answer's body, bytes."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._http = h11.Connection(h11.CLIENT)
        self._transport: asyncio.Transport | None = None
        self._reply: asyncio.Future[Reply] | None = None
        self._head: h11.Response | None = None
        self._body = bytearray()
        self._drop: asyncio.TimerHandle | None = None

    @property
    def is_free(self) -> bool:
        """Whether a request may be written on it."""
        transport = self._transport
        return self._reply is None and transport is not None and not transport.is_closing()

    def ask(self, method: str, written: bytes) -> asyncio.Future[Reply]:
        """Write a whole request; the answer comes later, or `NoAnswer`. The line must be free."""
        self._keep()
        self._reply = asyncio.get_running_loop().create_future()
        self._reply.add_done_callback(_heed)
        cast("asyncio.Transport", self._transport).write(written)
        # How an answer is read depends on the method alone, so h11 is told no more than that.
        self._http.send(h11.Request(method=method, target="/", headers=[("Host", "")]))
        self._http.send(h11.EndOfMessage())
        return self._reply

    def rest(self, seconds: float) -> None:
        """Stand idle so long and then close: what the other side let go would lose an order."""
        self._keep()
        self._drop = asyncio.get_running_loop().call_later(seconds, self.abort)

    def abort(self) -> None:
        """Close, whatever is under way."""
        self._keep()
        if self._transport is not None:
            self._transport.abort()

    def _keep(self) -> None:
        if self._drop is not None:
            self._drop.cancel()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The loop says: it stands."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """The loop says: this came."""
        if self._reply is None:  # nobody asked: nothing that comes here can be believed any more
            self.abort()
            return
        self._hear(data, "what answers does not speak HTTP/1.1")

    def eof_received(self) -> None:
        """The loop says: nothing more comes. An answer without a length ends so."""
        if self._reply is not None:
            self._hear(b"", CUT)

    def connection_lost(self, _: Exception | None) -> None:
        """The loop says: it is gone."""
        self._fail(CUT)

    def _hear(self, data: bytes, trouble: str) -> None:
        try:
            self._http.receive_data(data)
            while (event := self._http.next_event()) is not h11.NEED_DATA:
                if self._read(event):
                    break
        except h11.RemoteProtocolError:
            self._fail(trouble)

    def _read(self, event: object) -> bool:
        """Take in a piece of the answer; tell whether it was the last that can be read."""
        match event:
            case h11.InformationalResponse():
                return False
            case h11.Response():
                self._head = event
                packed = dict(event.headers).get(b"content-encoding", b"identity")
                if packed != b"identity":
                    self._fail("the answer is packed, though that was not wanted")
            case h11.Data():
                self._body += event.data
                if len(self._body) > self._most:
                    self._fail(f"the answer is longer than {self._most} bytes")
            case h11.EndOfMessage():
                self._end()
            case _:
                self._fail(CUT)
        return self._reply is None

    def _end(self) -> None:
        reply, head, body = self._reply, self._head, bytes(self._body)
        self._reply, self._head, self._body = None, None, bytearray()
        is_kept = self._http.our_state is h11.DONE and self._http.their_state is h11.DONE
        if is_kept and self._http.trailing_data == (b"", False):
            self._http.start_next_cycle()
        else:
            self.abort()
        if reply is not None and head is not None and not reply.done():
            names = {name.decode("ascii"): text.decode("latin-1") for name, text in head.headers}
            reply.set_result(Reply(head.status_code, names, body))

    def _fail(self, words: str) -> None:
        reply, self._reply = self._reply, None
        self.abort()
        if reply is not None and not reply.done():
            reply.set_exception(NoAnswer(words))


class Lines:
    """The connections to one base URL, without a slash at its end; `context` checks TLS."""

    def __init__(self, base: str, context: ssl.SSLContext, most: int, idle_s: float) -> None:
        parts = urlsplit(base)
        self._is_safe = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._is_safe else 80)
        self._root = parts.path
        self._start = f" HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept-Encoding: identity\r\n"
        self._context = context
        self._most = most
        self._idle_s = idle_s
        self._free: list[Line] = []
        self._all: set[Line] = set()

    def take(self) -> Line | None:
        """Return the free connection used last, to be given back; None if there is none."""
        while self._free:
            line = self._free.pop()
            if line.is_free:
                return line
            self._all.discard(line)
        return None

    async def open(self, within_s: float) -> Line:
        """Return a new connection.

        Raises:
            OSError: it cannot be made (TimeoutError: in that time).
        """
        safe: dict[str, Any] = {}
        if self._is_safe:
            safe = {"ssl": self._context, "server_hostname": self._host}
        loop, failed = asyncio.get_running_loop(), OSError(f"{self._host} has no address")
        async with asyncio.timeout(within_s):
            for address in await self._addresses():
                try:
                    async with asyncio.timeout(EACH_S):
                        _, line = await loop.create_connection(
                            lambda: Line(self._most), address, self._port, **safe
                        )
                except OSError as error:
                    failed = error
                else:
                    self._all.add(line)
                    return line
        raise failed

    async def _addresses(self) -> list[str]:
        """Return the host's addresses, IPv4 first: where the newer one is broken, it hangs.

        They are tried one after another, because asyncio's race between them leaves a socket open
        when it is called off.
        """
        with contextlib.suppress(ValueError):
            return [str(ipaddress.ip_address(self._host))]
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        return [str(address[0]) for _, _, _, _, address in sorted(found, key=lambda one: one[0])]

    def give_back(self, line: Line) -> None:
        """Keep a connection for the next; one that is not free is closed."""
        if line.is_free:
            self._free.append(line)
            line.rest(self._idle_s)
        else:
            line.abort()
            self._all.discard(line)

    def close(self) -> None:
        """Close every connection."""
        for line in self._all:
            line.abort()
        self._all.clear()
        self._free.clear()

    def written(self, request: HttpRequest, headers: Mapping[str, str]) -> bytes:
        """Return a request's bytes; its path is checked before (`net.address`).

        Raises:
            VenueRefused: a header holds what would end it.
        """
        body = request.body.encode()
        head = "".join(f"{name}: {_checked(text)}\r\n" for name, text in headers.items())
        size = f"Content-Length: {len(body)}\r\n" if body or request.method != "GET" else ""
        start = f"{request.method} {self._root}{request.path}{self._start}"
        return f"{start}{head}{size}\r\n".encode("ascii") + body


def _checked(text: str) -> str:
    if not _HEADER.fullmatch(text):  # not which one: it may be a secret
        raise VenueRefused("a header of this request holds more than plain characters")
    return text


def _heed(reply: asyncio.Future[Reply]) -> None:
    """Have looked at it, so that the loop does not complain where nobody waits any more."""
    if not reply.cancelled():
        reply.exception()
