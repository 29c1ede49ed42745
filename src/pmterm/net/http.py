"""A request in, an answer out, within a deadline; failures come as words, not as raises."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.net.address import address_of, check_base
from pmterm.net.backoff import Backoff
from pmterm.net.clock import Clock
from pmterm.net.limiter import READ, Limiter
from pmterm.net.retry_after import seconds_of
from pmterm.net.words import words_for

if TYPE_CHECKING:
    import aiohttp

MAX_BODY = 16 * 1024 * 1024
CONNECT_S = 5.0
DEADLINE_S = 10.0
READ_TRIES = 3
BUSY = frozenset({425, 429, 503})
AGENT = "pmterm"


class Answer(msgspec.Struct, frozen=True):
    """What one attempt brought: a status, or 0 and the words for why there is none."""

    status: int
    text: str
    retry_after_s: int = 0


class HttpClient:
    """Asks the hosts it was told of and no other; follows no redirect, resends nothing but reads.

    `bases` maps (venue, host name of the settings) to a base URL. `proxy` is used only if given;
    the environment's proxies are not read. TLS is checked always. aiohttp is imported at the first
    request, because it costs 180 ms. Close it with `close()`.
    """

    def __init__(
        self,
        bases: Mapping[tuple[Venue, str], str],
        limiter: Limiter,
        clock: Clock,
        *,
        proxy: str | None = None,
        deadline_s: float = DEADLINE_S,
        max_body: int = MAX_BODY,
    ) -> None:
        self._bases = {key: check_base(base) for key, base in bases.items()}
        self._limiter = limiter
        self._clock = clock
        self._proxy = proxy
        self._deadline_s = deadline_s
        self._max_body = max_body
        self._session: aiohttp.ClientSession | None = None
        self._busy = {venue: Backoff(1.0, 30.0, chance=clock.chance) for venue, _ in self._bases}

    async def ask(self, request: HttpRequest) -> HttpResponse:
        """Return the answer; `status` 0 and words if none came or the question cannot be put.

        A GET is tried up to 3 times if nothing came back, all within one deadline. Nothing else is
        ever sent twice: whether the venue acted on it is then not known.
        """
        try:
            answer = await self._within_deadline(request)
        except VenueRefused as refused:
            answer = Answer(0, str(refused))
        return HttpResponse(
            at=self._clock.stamp(),
            venue=request.venue,
            method=request.method,
            path=request.path,
            status=answer.status,
            text=answer.text,
            purpose=request.purpose,
            retry_after_s=answer.retry_after_s,
        )

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _within_deadline(self, request: HttpRequest) -> Answer:
        base = self._bases.get((request.venue, request.host))
        if base is None:
            return Answer(0, f"no address is set for {request.venue} {request.host!r}")
        url = address_of(base, request.path)
        if not url:
            return Answer(0, "the path of this request is not a plain URL path")
        await self._limiter.enter(request.venue, request.priority)
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._attempts(request, url)
        except TimeoutError:
            answer = Answer(0, f"{_host(base)}: no answer within {self._deadline_s:g} s")
        self._heed(request, answer)
        return answer

    async def _attempts(self, request: HttpRequest, url: str) -> Answer:
        waits = Backoff(0.25, 2.0, chance=self._clock.chance)
        tries = READ_TRIES if request.method == "GET" else 1
        answer = await self._once(request, url)
        while answer.status == 0 and tries > 1:
            tries -= 1
            await self._clock.sleep(waits.next())
            await self._limiter.enter(request.venue, request.priority)
            answer = await self._once(request, url)
        return answer

    async def _once(self, request: HttpRequest, url: str) -> Answer:
        import aiohttp  # noqa: PLC0415 - 180 ms, which the first screen does not wait for

        try:
            async with self._exchange(request, url) as response:
                text = await self._body(response)
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError):
            return Answer(0, f"{_host(url)}: the connection was cut")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, f"{_host(url)}: {words_for(error)}")
        if text is None:
            return Answer(0, f"{_host(url)}: the answer is longer than {self._max_body} bytes")
        wait = seconds_of(response.headers.get("Retry-After", ""), self._clock.stamp())
        return Answer(response.status, text, wait)

    @asynccontextmanager
    async def _exchange(
        self, request: HttpRequest, url: str
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        from yarl import URL  # noqa: PLC0415 - comes with aiohttp, as late as it does

        headers = {"Accept": "application/json", "User-Agent": AGENT}
        if request.body:
            headers["Content-Type"] = "application/json"
        async with self._open_session().request(
            request.method,
            URL(url, encoded=True),
            data=request.body.encode() if request.body else None,
            headers=headers,
            allow_redirects=False,
            proxy=self._proxy,
        ) as response:
            yield response

    async def _body(self, response: aiohttp.ClientResponse) -> str | None:
        """Read at most `max_body` bytes after unpacking; None if there is more."""
        parts = bytearray()
        async for part in response.content.iter_chunked(64 * 1024):
            parts += part
            if len(parts) > self._max_body:
                response.close()
                return None
        return parts.decode("utf-8", errors="replace")

    def _open_session(self) -> aiohttp.ClientSession:
        import aiohttp  # noqa: PLC0415 - as above

        if self._session is None:
            context = ssl.create_default_context()
            context.minimum_version = ssl.TLSVersion.TLSv1_2
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context, limit=32, limit_per_host=16),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
            # aiohttp sends DELETE and PUT again by itself when a kept connection was dropped.
            self._session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return self._session

    def _heed(self, request: HttpRequest, answer: Answer) -> None:
        """Hold requests back as the venue asked, or by our own growing waits if it told no time.

        A venue that takes no orders for a while (425, 503) is still read from.
        """
        waits = self._busy[request.venue]
        if answer.status in BUSY:
            seconds = float(answer.retry_after_s) or waits.next()
            reads_too = answer.status == 429 or request.priority >= READ
            self._limiter.hold(request.venue, seconds, reads_too=reads_too)
        elif answer.status:
            waits.reset()


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0]
