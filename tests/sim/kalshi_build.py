"""A client of the local Kalshi that signs by itself, for the tests of that exchange."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager
from urllib.parse import urlencode

import aiohttp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from pmterm.model.ids import Venue
from pmterm.model.units import MS, QTY_ONE, SECOND
from pmterm.runtime.clock import FakeClock
from pmterm.sim.accounts import Purse, TestAccount
from pmterm.sim.quiet import QuietWorld, kalshi_listing
from pmterm.sim.server import SimServer

NOW = 1_790_000_000 * SECOND
TICKER = "KXQUIETGAME-26OCT010000EMBTDL-EMB"
FAR = "KXQUIETTENNIS-26OCT010000EMBTDL-EMB"  # on shard 3
BASE = "/trade-api/v2"
ORDERS = "/portfolio/events/orders"
RSA = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
ED = ed25519.Ed25519PrivateKey.generate()
OTHER = ed25519.Ed25519PrivateKey.generate()
DOLLARS = 1_000_000


def purse(shard=0):
    return Purse(Venue.KALSHI, shard)


def accounts(cash=100 * DOLLARS):
    return [
        TestAccount(
            account_id="ann",
            cash={purse(): cash},
            kalshi_keys={"key-rsa": RSA.public_key(), "key-ed": ED.public_key()},
        ),
        TestAccount(
            account_id="bob",
            cash={purse(): cash, purse(3): cash},
            kalshi_keys={"key-bob": OTHER.public_key()},
        ),
    ]


def signature(key, text):
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        raw = key.sign(text.encode(), pss, hashes.SHA256())
    else:
        raw = key.sign(text.encode())
    return base64.b64encode(raw).decode()


def headers(key_id, key, method, path, at):
    stamp = str(at // MS)
    return {
        "KALSHI-ACCESS-KEY": key_id,
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": signature(key, stamp + method + path),
    }


class Trader:
    """One signed client. Every call returns (status, body)."""

    def __init__(self, sim, web, clock, key_id="key-ed", key=ED):
        self.sim, self.web, self.clock = sim, web, clock
        self.key_id, self.key = key_id, key
        self.made = 0

    def as_bob(self):
        return Trader(self.sim, self.web, self.clock, "key-bob", OTHER)

    async def call(self, method, path, body=None, **query):
        query = {name: str(value) for name, value in query.items() if value is not None}
        url = self.sim.base_url + BASE + path + ("?" + urlencode(query) if query else "")
        signed = headers(self.key_id, self.key, method, BASE + path, self.clock.now())
        raw = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if raw is not None:
            signed["Content-Type"] = "application/json"
        async with self.web.request(method, url, data=raw, headers=signed) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None

    async def get(self, path, **query):
        return await self.call("GET", path, **query)

    async def post(self, path, body=None, **query):
        return await self.call("POST", path, body, **query)

    async def put(self, path, body=None, **query):
        return await self.call("PUT", path, body, **query)

    async def delete(self, path, body=None, **query):
        return await self.call("DELETE", path, body, **query)

    def wish(self, side="bid", count="10.00", price="0.4000", **more):
        self.made += 1
        return {
            "ticker": TICKER,
            "side": side,
            "count": count,
            "price": price,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": f"{self.key_id}-{self.made}",
        } | more

    async def create(self, side="bid", count="10.00", price="0.4000", **more):
        return await self.post(ORDERS, self.wish(side, count, price, **more))

    async def placed(self, *args, **more):
        status, body = await self.create(*args, **more)
        assert status == 201, body
        return body

    async def order(self, order_id):
        status, body = await self.get(f"/portfolio/orders/{order_id}")
        return body["order"] if status == 200 else body

    @asynccontextmanager
    async def stream(self, *channels, **params):
        url = self.sim.hosts()["kalshi"]["stream"]
        path = "/trade-api/ws/v2"
        signed = headers(self.key_id, self.key, "GET", path, self.clock.now())
        async with self.web.ws_connect(url, headers=signed, autoping=False) as socket:
            for number, channel in enumerate(channels, 1):
                wanted = {"channels": [channel], **params}
                await socket.send_json({"id": number, "cmd": "subscribe", "params": wanted})
                granted = await heard(socket)
                assert granted["type"] == "subscribed", granted
            yield socket


async def heard(socket):
    """The next text frame, read."""
    while True:
        message = await asyncio.wait_for(socket.receive(), 10)
        if message.type is aiohttp.WSMsgType.PING:
            await socket.pong(message.data)
            continue
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return json.loads(message.data)


async def heard_until(socket, kind):
    """Every frame up to the first of a type, and that one."""
    frames = []
    while not frames or frames[-1]["type"] != kind:
        frames.append(await heard(socket))
    return frames


@asynccontextmanager
async def trading(listings=None, *, lag=False, cash=100 * DOLLARS, book=True, at=NOW, **options):
    """A quiet exchange with a book of 0.40 x 20 and 0.45 x 20, and ann's client on it.

    Reads do not lag unless asked to.
    """
    clock = FakeClock(at)
    world = QuietWorld(listings or [kalshi_listing(TICKER), kalshi_listing(FAR, shard=3)])
    given = options.pop("accounts", None) or accounts(cash)
    async with (
        SimServer(world, clock, accounts=given, **options) as sim,
        aiohttp.ClientSession() as web,
    ):
        if not lag:
            sim.kalshi.rules.list_lag = sim.kalshi.rules.look_lag = 0
        sim.kalshi.rules.tier = ""
        if book:
            quote(sim, bids=[(4_000, 20)], asks=[(4_500, 20)])
        yield Trader(sim, web, clock)


def quote(sim, bids=(), asks=(), ticker=TICKER):
    """Have the maker stand there: (price, contracts)."""
    sim.world.quote(
        ticker,
        [(price, qty * QTY_ONE) for price, qty in bids],
        [(price, qty * QTY_ONE) for price, qty in asks],
    )
    sim.advance(sim.exchange.now)


def code(body):
    """The code of a refusal of the usual shape."""
    return body["error"]["code"]
