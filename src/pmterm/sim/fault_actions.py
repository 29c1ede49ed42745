"""Carries a fault script out: on requests as they pass, on orders as they come, on streams."""

import contextlib
import socket
import struct
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from typing import Any, Protocol

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.sim.client import Client
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Why
from pmterm.sim.fault_script import AT_VENUE, BEFORE, Do, FaultScript, Rule
from pmterm.sim.faults import EDGE_PAGE, Faults
from pmterm.sim.world import Clock

TOO_MANY_BODY = {
    Venue.KALSHI: '{"error":{"code":"too_many_requests","message":"too many requests"}}',
    Venue.POLYMARKET: '{"error":"Too Many Requests"}',
}
DOWN_BODY = '{"error":{"code":"service_unavailable","message":"service unavailable"}}'
ORDER_IDS = frozenset({"orderID", "order_id"})
LOOK_EVERY_S = 0.05


class Struck(Exception):
    """A rule stops a request before the venue accepts the order in it."""

    def __init__(self, number: int, rule: Rule) -> None:
        super().__init__(rule.do)
        self.number = number
        self.rule = rule


class Dialect(Protocol):
    """What a venue's server offers to faults, beside its streams."""

    def restart(self, now: Ns, down: Ns, post_only: Ns) -> None:
        """Refuse orders for `down`, then take only post-only ones for `post_only`."""
        ...

    def fail_trades(self, trades: int) -> None:
        """Have the next trades fail to settle."""
        ...


class DownTime:
    """The simplest dialect of a restart: every request is refused until it is over."""

    def __init__(self) -> None:
        self._until: Ns = 0

    def restart(self, now: Ns, down: Ns, post_only: Ns) -> None:  # noqa: ARG002
        """Go down; nothing is known of a post-only time after it."""
        self._until = now + down

    def fail_trades(self, trades: int) -> None:
        """Do nothing: what is matched here is settled."""

    def own_fault(self, rule: Rule, now: Ns) -> None:
        """Do what only one venue can; the others nothing."""

    def is_down(self, now: Ns) -> bool:
        """Whether it restarts."""
        return now < self._until


class _Request:
    """What one request brought: rules that act on its answer, and its orders."""

    def __init__(self) -> None:
        self.rules: list[tuple[Rule, ExchangeOrder | None]] = []
        self.orders: list[ExchangeOrder] = []


_current: ContextVar[_Request | None] = ContextVar("request", default=None)


class FaultPlayer:
    """Plays a script on a server.

    `clients` says who is connected to a venue's streams.
    """

    def __init__(
        self,
        script: FaultScript,
        exchange: Exchange,
        clock: Clock,
        *,
        switches: dict[Venue, Faults],
        clients: Callable[[Venue], list[Client]],
        dialects: dict[Venue, Dialect],
    ) -> None:
        self.script = script
        self._exchange = exchange
        self._clock = clock
        self._switches = switches
        self._clients = clients
        self._dialects = dialects
        exchange.on_asked.append(self._asked)

    def start(self, now: Ns) -> None:
        """Begin to count the time of the rules that wait for it."""
        for number, rule in enumerate(self.script.rules, 1):
            self._plan(now, number, rule)

    def add(self, rule: Rule) -> int:
        """Take one more rule, counted from now on (`after_s` too); returns its number.

        Raises:
            ScriptWrong: it makes no sense.
        """
        number = self.script.add(rule)
        now = self._clock.now()
        if rule.after_s:
            self._plan(now, number, rule)
        elif rule.after_s is not None:
            self._on_time(number, rule, now)
        return number

    async def pass_on(
        self, request: web.Request, handler: Handler, venue: Venue
    ) -> web.StreamResponse:
        """Answer a request as the script has it."""
        what = f"{request.method} {request.path}"
        dialect = self._dialects[venue]
        if isinstance(dialect, DownTime) and dialect.is_down(self._clock.now()):
            return _text(503, DOWN_BODY)
        here = _Request()
        token = _current.set(here)
        try:
            for number, rule in self.script.on_request(request.method, request.path, venue):
                self.script.note(self._clock.now(), number, what)
                if rule.do in AT_VENUE and rule.do is not Do.RESTART:
                    self.act(rule, venue)
                elif rule.do not in BEFORE:
                    here.rules.append((rule, None))
                elif (answer := await self._before(rule, request, venue)) is not None:
                    return answer
            try:
                response = await handler(request)
            except Struck as struck:
                answer = await self._before(struck.rule, request, venue)
                return answer if answer is not None else web.Response(status=503)
        finally:
            _current.reset(token)
        return await self._after(here, request, response, venue)

    def act(self, rule: Rule, venue: Venue) -> None:
        """Do something to a venue or its streams."""
        switches = self._switches[venue]
        frames = rule.frames or 0
        match rule.do:
            case Do.DROP_STREAMS:
                self._drop_streams(venue)
            case Do.STALL:
                switches.is_stalled = True
                self._later(rule, partial(self._let_go, venue, "is_stalled"))
            case Do.HOLD:
                switches.is_held = True
                self._later(rule, partial(self._let_go, venue, "is_held"))
            case Do.GAP:
                switches.drop_frames += frames
            case Do.DUPLICATE:
                switches.repeat_frames += frames
            case Do.REORDER:
                switches.swap_frames += frames
            case Do.RESTART:
                self._restart(rule, venue)
            case Do.FAIL_TRADES:
                self._dialects[venue].fail_trades(rule.trades or 0)
            case _:
                dialect = self._dialects[venue]
                if isinstance(dialect, DownTime):
                    dialect.own_fault(rule, self._clock.now())

    # ---- triggers

    def _plan(self, now: Ns, number: int, rule: Rule) -> None:
        if rule.after_s is not None:
            due = now + round(rule.after_s * SECOND)
            self._exchange.call_at(due, partial(self._on_time, number, rule))

    def _on_time(self, number: int, rule: Rule, at: Ns) -> None:
        if rule.venue is not None:
            self.script.note(at, number, rule.venue)
            self.act(rule, rule.venue)

    def _asked(self, order: ExchangeOrder) -> None:
        """See an order before it is accepted; without a request there is nobody to answer."""
        here = _current.get()
        if here is None:
            return
        here.orders.append(order)
        market = self._exchange.world.states[order.market].listing.market
        for number, rule in self.script.on_order(order, market):
            self.script.note(self._clock.now(), number, f"order {order.id}")
            if rule.do in BEFORE:
                raise Struck(number, rule)
            if rule.do in AT_VENUE and rule.do is not Do.RESTART:
                self.act(rule, market.venue)
            else:
                here.rules.append((rule, order))

    # ---- requests

    async def _before(
        self, rule: Rule, request: web.Request, venue: Venue
    ) -> web.StreamResponse | None:
        """Do what comes before the venue; returns the answer if that is all there is."""
        match rule.do:
            case Do.DELAY:
                await self._clock.sleep(rule.seconds or 0)
                return None
            case Do.RESET_BEFORE:
                _reset(request)
                return web.Response()
            case Do.REFUSE:
                return _text(rule.status or 500, rule.body or "")
            case _:
                wait = rule.retry_after_s
                headers = {"Retry-After": str(wait)} if wait is not None else None
                body = TOO_MANY_BODY[venue] if rule.body is None else rule.body
                return _text(429, body, headers)

    async def _after(
        self,
        here: _Request,
        request: web.Request,
        response: web.StreamResponse,
        venue: Venue,
    ) -> web.StreamResponse:
        # What hides an order hides it from the start, whatever becomes of the answer.
        for rule, cause in sorted(here.rules, key=lambda r: r[0].do is not Do.HIDE_ORDER):
            if rule.do is Do.RESTART:
                self.act(rule, venue)
            elif rule.do is Do.HIDE_ORDER:
                until = self._clock.now() + round((rule.seconds or 0) * SECOND)
                for order in [cause] if cause is not None else here.orders:
                    order.hidden_until = until
            elif rule.do is Do.EVENT_FIRST:
                await self._wait_for(lambda: not any(c.waiting for c in self._clients(venue)))
            else:
                response = await self._spoiled(rule, request, response, cause)
        return response

    async def _spoiled(
        self,
        rule: Rule,
        request: web.Request,
        response: web.StreamResponse,
        cause: ExchangeOrder | None,
    ) -> web.StreamResponse:
        match rule.do:
            case Do.DELAY_REPLY:
                await self._clock.sleep(rule.seconds or 0)
                return response
            case Do.DROP_REPLY:
                await self._wait_for(lambda: _is_gone(request))
                return web.Response()
            case Do.RESET_AFTER:
                _reset(request)
                return web.Response()
            case Do.STATUS_AFTER:
                return _text(rule.status or 500, rule.body or "")
            case Do.TRUNCATE:
                return await _truncated(request, response, rule.bytes or 0)
            case Do.HTML:
                return web.Response(text=EDGE_PAGE, content_type="text/html")
            case Do.NOT_JSON:
                return _text(200, '{"success":true,"orderID":')
            case _:
                only = cause.id if cause is not None else ""
                return _without_ids(response, rule.error or "", only)

    async def _wait_for(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            await self._clock.sleep(LOOK_EVERY_S)

    # ---- venues

    def _later(self, rule: Rule, call: Callable[[Ns], None]) -> None:
        due = self._clock.now() + round((rule.seconds or 0) * SECOND)
        self._exchange.call_at(due, call)

    def _let_go(self, venue: Venue, switch: str, _: Ns) -> None:
        setattr(self._switches[venue], switch, False)
        for client in self._clients(venue):
            client.wake()

    def _drop_streams(self, venue: Venue) -> None:
        for client in self._clients(venue):
            client.kill()

    def _restart(self, rule: Rule, venue: Venue) -> None:
        now = self._clock.now()
        self._exchange.cancel_all(now, venue=venue, why=Why.WIPED, is_silent=True)
        self._drop_streams(venue)
        down = round((rule.seconds or 0) * SECOND)
        post_only = round((rule.post_only_s or 0) * SECOND)
        self._dialects[venue].restart(now, down, post_only)


def _text(status: int, body: str, headers: dict[str, str] | None = None) -> web.Response:
    kind = "text/html" if body.lstrip().startswith("<") else "application/json"
    return web.Response(status=status, text=body, headers=headers, content_type=kind)


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _reset(request: web.Request) -> None:
    """Break a connection with a reset rather than an end."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


async def _truncated(
    request: web.Request, response: web.StreamResponse, most: int
) -> web.StreamResponse:
    """Send the head as it would be and only the beginning of the body, and hang up."""
    body = _body(response)
    short = web.StreamResponse(status=response.status, headers={"Content-Type": "application/json"})
    short.content_length = max(len(body), most + 1)
    await short.prepare(request)
    await short.write(body[:most])
    if request.transport is not None:
        request.transport.close()
    return short


def _without_ids(response: web.StreamResponse, error: str, only: str) -> web.Response:
    """Blank the order ids of an answer, `only` that one if it is named; `error` goes beside it."""
    try:
        body = msgspec.json.decode(_body(response))
    except msgspec.DecodeError:
        return _text(200, "{}")
    _blank(body, error, only)
    return _text(response.status, msgspec.json.encode(body).decode())


def _blank(value: Any, error: str, only: str) -> None:
    if isinstance(value, list):
        for item in value:
            _blank(item, error, only)
    elif isinstance(value, dict):
        for key in ORDER_IDS & value.keys():
            if only in {"", value[key]}:
                value[key] = ""
                value |= {"errorMsg": error} if error else {}
        for item in list(value.values()):
            _blank(item, error, only)


def _body(response: web.StreamResponse) -> bytes:
    body = response.body if isinstance(response, web.Response) else b""
    return body if isinstance(body, bytes) else b""
