"""A request in, an answer out, within a deadline; failures come as words, not as raises."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.net.address import address_of, check_base
from pmterm.net.backoff import Backoff
from pmterm.net.clock import Clock
from pmterm.net.limiter import ORDER, READ, Limiter
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
IDLE_S = 15.0  # then a connection is let go; what a venue's side let go would lose an order
ORDER_WAITS_S = 1.0  # an order held back longer would go out at a price of the past


class Answer(msgspec.Struct, frozen=True):
    """What one attempt brought: a status, or 0 and the words for why there is none."""

    status: int
    text: str
    retry_after_s: int = 0
    venue_at: Ns = 0


class Proof(Protocol):
    """Who holds an account's secrets, and makes headers of them."""

    def headers(self, request: HttpRequest, at: Ns) -> Mapping[str, str]:
        """Return headers that prove who asks, good for a few seconds from `at` (Unix ns)."""
        ...


class _NotPermitted(Exception):
    """An order may not go out any more; said before its first byte."""


class _Sending:
    """What one attempt knows of itself: when its connection was in hand, and who may stop it."""

    __slots__ = ("permit", "sent_at")

    def __init__(self, permit: Callable[[], str]) -> None:
        self.permit = permit
        self.sent_at: Ns = 0


class HttpClient:
    """Asks the hosts it was told of and no other; follows no redirect, resends nothing but reads.

    `bases` maps (venue, host name of the settings) to a base URL. `proxy` is used only if given;
    the environment's proxies are not read. TLS is checked always. aiohttp is imported at the first
    request, because it costs 180 ms. Close it with `close()`.

    `proofs` sign what has `auth`. `permit` is asked about each order when its connection is in
    hand, just before its first byte: words instead of "" hold it back, so that no order begins
    after a kill.
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
        proofs: Mapping[Venue, Proof] | None = None,
        permit: Callable[[HttpRequest], str] = lambda _: "",
    ) -> None:
        self._bases = {key: check_base(base) for key, base in bases.items()}
        self._limiter = limiter
        self._clock = clock
        self._proxy = proxy
        self._deadline_s = deadline_s
        self._max_body = max_body
        self._proofs = dict(proofs or {})
        self._permit = permit
        self._session: aiohttp.ClientSession | None = None
        self._busy = {venue: Backoff(1.0, 30.0, chance=clock.chance) for venue, _ in self._bases}

    async def ask(self, request: HttpRequest) -> HttpResponse:
        """Return the answer; `status` 0 and words if none came or the question cannot be put.

        A GET is tried up to 3 times if nothing came back, all within one deadline. Nothing else is
        ever sent twice: whether the venue acted on it is then not known, unless `sent_at` is 0.
        """
        asked_at = self._clock.stamp()
        sending = _Sending(lambda: self._permit(request) if request.priority == ORDER else "")
        try:
            answer = await self._within_deadline(request, sending)
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
            auth=request.auth,
            asked_at=asked_at,
            sent_at=sending.sent_at,
            venue_at=answer.venue_at,
            wall_at=self._clock.now(),
            ticked_at=self._clock.monotonic(),
        )

    def permit_by(self, permit: Callable[[HttpRequest], str]) -> None:
        """Ask this from now on about each order, just before its first byte."""
        self._permit = permit

    def prove(self, venue: Venue, proof: Proof) -> None:
        """Sign from now on what is asked of a venue."""
        self._proofs[venue] = proof

    async def close(self) -> None:
        """Let go of every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _within_deadline(self, request: HttpRequest, sending: _Sending) -> Answer:
        base = self._bases.get((request.venue, request.host))
        if base is None:
            return Answer(0, f"no address is set for {request.venue} {request.host!r}")
        url = address_of(base, request.path)
        if not url:
            return Answer(0, "the path of this request is not a plain URL path")
        if request.auth and request.venue not in self._proofs:
            return Answer(0, f"there is no key for {request.venue}")
        if not await self._turn(request):
            return Answer(0, "the venue takes no orders just now, and an order does not wait")
        try:
            async with asyncio.timeout(self._deadline_s):
                answer = await self._attempts(request, url, sending)
        except TimeoutError:
            answer = Answer(0, f"{_host(base)}: no answer within {self._deadline_s:g} s")
        self._heed(request, answer)
        return answer

    async def _turn(self, request: HttpRequest) -> bool:
        """Wait until it may be asked; False for an order that would have to wait too long."""
        if self._limiter.pass_now(request.venue, request.priority):
            return True
        try:
            async with asyncio.timeout(ORDER_WAITS_S if request.priority == ORDER else None):
                await self._limiter.enter(request.venue, request.priority)
        except TimeoutError:
            return False
        return True

    async def _attempts(self, request: HttpRequest, url: str, sending: _Sending) -> Answer:
        answer = await self._once(request, url, sending)
        if answer.status or request.method != "GET":
            return answer
        waits = Backoff(0.25, 2.0, chance=self._clock.chance)
        for _ in range(READ_TRIES - 1):
            await self._clock.sleep(waits.next())
            await self._limiter.enter(request.venue, request.priority)
            answer = await self._once(request, url, sending)
            if answer.status:
                break
        return answer

    async def _once(self, request: HttpRequest, url: str, sending: _Sending) -> Answer:
        import aiohttp  # noqa: PLC0415 - 180 ms, which the first screen does not wait for

        try:
            async with self._exchange(request, url, sending) as response:
                text = await self._body(response)
        except _NotPermitted as stopped:
            return Answer(0, str(stopped))
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError):
            return Answer(0, f"{_host(url)}: the connection was cut")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, f"{_host(url)}: {words_for(error)}")
        if text is None:
            return Answer(0, f"{_host(url)}: the answer is longer than {self._max_body} bytes")
        wait = seconds_of(response.headers.get("Retry-After", ""), self._clock.stamp())
        return Answer(response.status, text, wait, _date_of(response.headers.get("Date", "")))

    @asynccontextmanager
    async def _exchange(
        self, request: HttpRequest, url: str, sending: _Sending
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        from yarl import URL  # noqa: PLC0415 - comes with aiohttp, as late as it does

        headers = {"Accept": "application/json", "User-Agent": AGENT}
        if request.body:
            headers["Content-Type"] = "application/json"
        if request.auth:
            headers |= self._proofs[request.venue].headers(request, self._clock.now())
        async with self._open_session().request(
            request.method,
            URL(url, encoded=True),
            data=request.body.encode() if request.body else None,
            headers=headers,
            allow_redirects=False,
            proxy=self._proxy,
            trace_request_ctx=sending,
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
                connector=aiohttp.TCPConnector(
                    ssl=context, limit=96, limit_per_host=48, keepalive_timeout=IDLE_S
                ),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                trace_configs=[self._tracing()],
            )
            # aiohttp sends DELETE and PUT again by itself when a kept connection was dropped.
            self._session._retry_connection = False  # noqa: SLF001 - there is no public switch
        return self._session

    def _tracing(self) -> aiohttp.TraceConfig:
        import aiohttp  # noqa: PLC0415 - as above

        async def connected(_: object, context: Any, __: object) -> None:
            sending: _Sending = context.trace_request_ctx
            stopped = sending.permit()
            if stopped:
                raise _NotPermitted(stopped)
            sending.sent_at = sending.sent_at or self._clock.stamp()

        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_end.append(connected)
        tracing.on_connection_reuseconn.append(connected)
        return tracing

    def _heed(self, request: HttpRequest, answer: Answer) -> None:
        """Hold requests back as the venue asked, or by our own growing waits if it told no time.

        A venue that takes no orders for a while (425, 503) is still read from. The time that goes
        with an order's 503 is about such orders alone: others, post-only ones, it may take.
        """
        waits = self._busy[request.venue]
        if answer.status in BUSY:
            is_for_all = answer.status != 503 or request.priority >= READ
            told = answer.retry_after_s if is_for_all else 0
            seconds = float(told) or waits.next()
            reads_too = answer.status == 429 or request.priority >= READ
            self._limiter.hold(request.venue, seconds, reads_too=reads_too)
        elif answer.status:
            waits.reset()


def _date_of(header: str) -> Ns:
    """Read a Date header (whole seconds) as Unix ns, 0 if it is none."""
    try:
        return round(parsedate_to_datetime(header).timestamp()) * SECOND
    except (ValueError, OverflowError):
        return 0


def _host(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0]
