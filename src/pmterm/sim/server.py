"""The local exchange: both venues' public dialects from one world, on loopback."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from email.utils import formatdate
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler

from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.sim import kalshi_server, polymarket_server
from pmterm.sim.accounts import TestAccount
from pmterm.sim.client import Client
from pmterm.sim.control import PATH as CONTROL
from pmterm.sim.control import Control
from pmterm.sim.events import MatchMoment, SimEvent
from pmterm.sim.exchange import Exchange
from pmterm.sim.fault_actions import FaultPlayer
from pmterm.sim.fault_script import FaultScript, Fired
from pmterm.sim.faults import EDGE_PAGE, Faults, no_faults
from pmterm.sim.handshake import PublicKey
from pmterm.sim.kalshi_server import KalshiServer
from pmterm.sim.polymarket_server import PolymarketServer
from pmterm.sim.world import Clock, World

STEP_S = 0.025
LOOPBACK = "127.0.0.1"
STREAMS = {kalshi_server.STREAM, polymarket_server.STREAM, polymarket_server.USER_STREAM}


class SimServer:
    """Serves a world while entered: `async with SimServer(world, clock) as sim`.

    Time is the clock's: every 25 ms of it the world moves up to `clock.now()` and every client is
    told. `port` 0 takes a free one. `accounts` may trade, on `exchange`. `kalshi_keys` are public
    keys by key id; None lets unsigned clients in. What `script` says goes wrong. The world must
    not be ahead of the clock.
    """

    def __init__(
        self,
        world: World,
        clock: Clock,
        *,
        port: int = 0,
        accounts: Sequence[TestAccount] = (),
        kalshi_keys: Mapping[str, PublicKey] | None = None,
        script: FaultScript | None = None,
    ) -> None:
        self.world = world
        self.faults: dict[Venue, Faults] = no_faults()
        self.moments: list[MatchMoment] = []
        self.accounts = tuple(accounts)
        self.exchange = Exchange(world)
        self.exchange.on_market.append(self._tell)
        self._clock = clock
        self._port = port
        self.kalshi = KalshiServer(
            self.exchange,
            clock,
            self.faults[Venue.KALSHI],
            accounts=self.accounts,
            keys=kalshi_keys,
        )
        self.polymarket = PolymarketServer(
            self.exchange, clock, self.faults[Venue.POLYMARKET], self.accounts
        )
        self.script = script or FaultScript()
        self.player = FaultPlayer(
            self.script,
            self.exchange,
            clock,
            switches=self.faults,
            clients=self.clients,
            dialects={Venue.KALSHI: self.kalshi, Venue.POLYMARKET: self.polymarket},
        )
        self._stack = AsyncExitStack()
        self._pump: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Bring the world up to now, then open the door."""
        now = self._clock.now()
        for account in self.accounts:
            self.exchange.open_account(now, account)
        self.kalshi.open(now)
        self.advance(now)
        self.player.start(now)
        app = web.Application(middlewares=[self._date, self._spoil])
        app.add_routes(self.kalshi.routes())
        app.add_routes(self.polymarket.routes())
        app.add_routes(Control(self.exchange, self.player, self._clock).routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, LOOPBACK, self._port)
        await site.start()
        self._port = runner.addresses[0][1]
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._pump = group.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Break every connection and close the door; an error of the body passes as it is."""
        if self._pump is not None:
            self._pump.cancel()
        for venue in Venue:
            self.kill(venue)
        await self._stack.aclose()

    @property
    def fired(self) -> list[Fired]:
        """Every fault of the script that happened, oldest first."""
        return self.script.fired

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://{LOOPBACK}:{self._port}"

    def hosts(self) -> dict[str, dict[str, str]]:
        """Return the base URL of every host, by venue, as the settings want them."""
        stream = self.base_url.replace("http", "ws", 1)
        return {
            "kalshi": {
                "api": self.base_url + kalshi_server.BASE,
                "stream": stream + kalshi_server.STREAM,
            },
            "polymarket": {
                "clob": self.base_url + polymarket_server.CLOB,
                "gamma": self.base_url + polymarket_server.GAMMA,
                "data": self.base_url + "/data",
                "stream": stream + polymarket_server.STREAM,
                "user_stream": stream + polymarket_server.USER_STREAM,
                "site": self.base_url,
            },
        }

    def advance(self, to: Ns) -> None:
        """Let the world's time pass up to `to` and tell everybody what happened."""
        self.exchange.advance(to)

    def _tell(self, event: SimEvent) -> None:
        if isinstance(event, MatchMoment):
            self.moments.append(event)
        elif self.world.states[event.market].listing.market.venue is Venue.KALSHI:
            self.kalshi.tell(event)
        else:
            self.polymarket.tell(event)

    def clients(self, venue: Venue) -> list[Client]:
        """Return who is connected to a venue's streams."""
        return list(self.kalshi.clients) if venue is Venue.KALSHI else self.polymarket.everybody()

    def say(self, venue: Venue, text: str) -> None:
        """Send every client of a venue this text: garbage, an unknown type, a hostile frame."""
        for client in self.clients(venue):
            client.put_plain(text)

    def kill(self, venue: Venue) -> None:
        """Break every connection of a venue without a goodbye."""
        for client in self.clients(venue):
            client.kill()

    def hold(self, venue: Venue, *, is_held: bool) -> None:
        """Keep everything back, or let all of it out in one burst."""
        self.faults[venue].is_held = is_held
        for client in self.clients(venue):
            client.wake()

    async def _run(self) -> None:
        while True:
            await self._clock.sleep(STEP_S)
            self.advance(self._clock.now())

    @web.middleware
    async def _date(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Date each answer by the exchange's own clock: clients measure their skew by it."""
        response = await handler(request)
        if not response.prepared:
            response.headers["Date"] = formatdate(self._clock.now() // SECOND, usegmt=True)
        return response

    @web.middleware
    async def _spoil(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer as the faults of the path's venue have it."""
        if request.path.startswith(CONTROL):
            return await handler(request)
        is_kalshi = request.path.startswith("/trade-api")
        venue = Venue.KALSHI if is_kalshi else Venue.POLYMARKET
        faults = self.faults[venue]
        is_stream = request.path in STREAMS
        if faults.blocks_stream if is_stream else faults.blocks_rest:
            return web.Response(text=EDGE_PAGE, status=403, content_type="text/html")
        if faults.rest_status and not is_stream:
            return web.Response(
                text=faults.rest_body, status=faults.rest_status, content_type="application/json"
            )
        return await self.player.pass_on(request, handler, venue)
