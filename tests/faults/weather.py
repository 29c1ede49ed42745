"""A bad network between a live session and the exchange, and what came through it."""

import asyncio
import json
from contextlib import asynccontextmanager

from aiohttp import web
from tests.live.evening import open_exchange

from pmterm.sim.chaos import ChaosProxy


def through(exchange, proxy, name="127.0.0.1"):
    """The exchange's addresses, with a proxy in the way."""
    here = json.dumps(exchange.server.hosts()).replace(
        exchange.server.base_url.split("//")[1], f"{name}:{proxy.port}"
    )
    if proxy.url.startswith("https"):
        here = here.replace("http://", "https://").replace("ws://", "wss://")
    return json.loads(here)


def port_of(server):
    return int(server.base_url.rpartition(":")[2])


@asynccontextmanager
async def behind_proxy(**how):
    """An open exchange, the account's key, and a proxy before it; `how` is the proxy's."""
    async with (
        open_exchange() as (exchange, key),
        ChaosProxy(port_of(exchange.server), exchange.clock, **how) as proxy,
    ):
        yield exchange, key, proxy


class Arrivals:
    """Every request that reached the exchange from now on: when, what, and whether signed."""

    def __init__(self, exchange):
        self._clock = exchange.clock
        self.all = []
        player = exchange.server.player
        pass_on = player.pass_on

        async def noted(request, handler, venue):
            self.all.append((self._clock.now(), f"{request.method} {request.path}", _auth(request)))
            return await pass_on(request, handler, venue)

        player.pass_on = noted

    def creates(self):
        return [what for _, what, _ in self.all if is_create(what)]

    def signed(self):
        return [what for _, what, is_signed in self.all if is_signed]


def is_create(what):
    """Whether a request places or changes an order, on either venue."""
    return what.startswith("POST ") and what.rpartition("/")[2] in {
        "order", "orders", "batched", "amend", "decrease",
    }  # fmt: skip


def _auth(request):
    return any(name.upper().startswith(("POLY_", "KALSHI-ACCESS")) for name in request.headers)


def resolve(names):
    """Have the running loop find names as `names(host)` says: an address, or it raises."""
    loop = asyncio.get_running_loop()
    found = loop.getaddrinfo

    async def getaddrinfo(host, port, **how):
        if host is not None and not str(host)[0].isdigit():
            host = await names(host)
        return await found(host, port, **how)

    loop.getaddrinfo = getaddrinfo


@asynccontextmanager
async def site(handler):
    """A stranger's web server on loopback that answers every path; gives its port."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()
