"""A request in, an answer out, within a deadline; failures come as words, not as raises."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import CredentialsWrong, VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.net.address import address_of, check_base
from pmterm.net.backoff import Backoff
from pmterm.net.clock import Clock
from pmterm.net.limiter import ORDER, READ, Limiter
from pmterm.net.retry_after import seconds_of
from pmterm.net.sending import Answering, NotPermitted, Sending, failed
from pmterm.net.words import words_for

if TYPE_CHECKING:
    import aiohttp

    from pmterm.net.line import Line, Lines, Reply

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


class HttpClient:
    """Asks the hosts it was told of and no other; follows no redirect, resends nothing but reads.

    `bases` maps (venue, host name of the settings) to a base URL. `proxy` is used only if given;
    the environment's proxies are not read. TLS is checked always. aiohttp is imported at the first
    request, because it costs 180 ms. Close it with `close()`.

    `proofs` sign what has `auth`; that goes over connections of its own (`net.line`), without a
    proxy. `permit` is asked about each order when its connection is in hand, just before its first
    byte: words instead of "" hold it back, so that no order begins after a kill.
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
        self._context: ssl.SSLContext | None = None
        self._lines: dict[str, Lines] = {}
        self._busy = {venue: Backoff(1.0, 30.0, chance=clock.chance) for venue, _ in self._bases}

    def ask(self, request: HttpRequest) -> Awaitable[HttpResponse]:
        """Return the answer; `status` 0 and words if none came or the question cannot be put.

        A GET is tried up to 3 times if nothing came back, all within one deadline. Nothing else is
        ever sent twice: whether the venue acted on it is then not known, unless `sent_at` is 0.

        A signed order that nothing holds up is on its way before this returns what to wait for.
        """
        asked_at = self._clock.stamp()
        sending = Sending(lambda: self._permit(request) if request.priority == ORDER else "")
        self._begin(request, sending)
        return Answering(lambda: self._answered(request, sending, asked_at))

    async def _answered(self, request: HttpRequest, sending: Sending, asked_at: Ns) -> HttpResponse:
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
        for lines in self._lines.values():
            lines.close()
        self._lines.clear()
        await asyncio.sleep(0)  # for the loop to let go of them
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _within_deadline(self, request: HttpRequest, sending: Sending) -> Answer:
        base = self._bases.get((request.venue, request.host))
        if base is None:
            return Answer(0, f"no address is set for {request.venue} {request.host!r}")
        url = address_of(base, request.path)
        if not url:
            return Answer(0, "the path of this request is not a plain URL path")
        if request.auth and request.venue not in self._proofs:
            return Answer(0, f"there is no key for {request.venue}")
        if sending.begun is None and not await self._turn(request):
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

    async def _attempts(self, request: HttpRequest, url: str, sending: Sending) -> Answer:
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

    async def _once(self, request: HttpRequest, url: str, sending: Sending) -> Answer:
        if request.auth and self._proxy is None:
            return await self._once_signed(request, sending)
        import aiohttp  # noqa: PLC0415 - 180 ms, which the first screen does not wait for

        try:
            async with self._exchange(request, url, sending) as response:
                text = await self._body(response)
        except NotPermitted as stopped:
            return Answer(0, str(stopped))
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError):
            return Answer(0, f"{_host(url)}: the connection was cut")
        except (aiohttp.ClientError, OSError) as error:
            return Answer(0, f"{_host(url)}: {words_for(error)}")
        if text is None:
            return Answer(0, f"{_host(url)}: the answer is longer than {self._max_body} bytes")
        wait = seconds_of(response.headers.get("Retry-After", ""), self._clock.stamp())
        return Answer(response.status, text, wait, _date_of(response.headers.get("Date", "")))

    def _begin(self, request: HttpRequest, sending: Sending) -> None:
        """Write an order out now, if there is a connection and nothing to wait for."""
        lines = self._lines.get(self._bases.get((request.venue, request.host), ""))
        is_ready = request.auth and request.venue in self._proofs
        if lines is None or not is_ready or request.priority != ORDER:
            return
        line = lines.take()
        if line is None:
            return
        if address_of("", request.path) and self._limiter.pass_now(request.venue, ORDER):
            sending.begun = line, self._write(line, lines, request, sending)
        else:
            lines.give_back(line)

    def _write(
        self, line: Line, lines: Lines, request: HttpRequest, sending: Sending
    ) -> asyncio.Future[Reply]:
        """Write a signed request out, unless it may not go any more; the answer comes later."""
        try:
            written = lines.written(request, self._headers(request))
        except (CredentialsWrong, VenueRefused) as wrong:
            return failed(wrong)
        stopped = sending.permit()
        if stopped:
            return failed(NotPermitted(stopped))
        sending.sent_at = sending.sent_at or self._clock.stamp()
        return line.ask(request.method, written)

    async def _once_signed(self, request: HttpRequest, sending: Sending) -> Answer:
        from pmterm.net.line import NoAnswer  # noqa: PLC0415 - h11 is loaded as late as aiohttp

        base = self._bases[(request.venue, request.host)]
        lines = self._lines_to(base)
        begun, sending.begun = sending.begun, None
        try:
            line = begun[0] if begun else lines.take() or await lines.open(CONNECT_S)
            try:
                reply = await (begun[1] if begun else self._write(line, lines, request, sending))
            finally:
                lines.give_back(line)
        except NotPermitted as stopped:
            return Answer(0, str(stopped))
        except NoAnswer as none:
            return Answer(0, f"{_host(base)}: {none}")
        except OSError as error:
            return Answer(0, f"{_host(base)}: {words_for(error)}")
        wait = seconds_of(reply.headers.get("retry-after", ""), self._clock.stamp())
        text = reply.body.decode("utf-8", errors="replace")
        return Answer(reply.status, text, wait, _date_of(reply.headers.get("date", "")))

    def _lines_to(self, base: str) -> Lines:
        from pmterm.net.line import Lines  # noqa: PLC0415 - as above

        if base not in self._lines:
            self._lines[base] = Lines(base, self._tls(), self._max_body, IDLE_S)
        return self._lines[base]

    def _headers(self, request: HttpRequest) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": AGENT}
        if request.body:
            headers["Content-Type"] = "application/json"
        if request.auth:
            headers |= self._proofs[request.venue].headers(request, self._clock.now())
        return headers

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context()
            self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        return self._context

    @asynccontextmanager
    async def _exchange(
        self, request: HttpRequest, url: str, sending: Sending
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        from yarl import URL  # noqa: PLC0415 - comes with aiohttp, as late as it does

        async with self._open_session().request(
            request.method,
            URL(url, encoded=True),
            data=request.body.encode() if request.body else None,
            headers=self._headers(request),
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
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    ssl=self._tls(), limit=96, limit_per_host=48, keepalive_timeout=IDLE_S
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
            sending: Sending = context.trace_request_ctx
            stopped = sending.permit()
            if stopped:
                raise NotPermitted(stopped)
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
