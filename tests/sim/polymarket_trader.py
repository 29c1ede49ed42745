"""A Polymarket account for tests: makes keys, signs orders and requests, hears its stream.

Signs with `eth_account` alone, so that it proves neither the terminal's own client nor itself.
"""

import asyncio
import base64
import hashlib
import hmac
import json
from contextlib import asynccontextmanager
from decimal import Decimal

import aiohttp
from eth_account import Account
from eth_account.messages import encode_typed_data

from pmterm.model.ids import Venue
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND
from pmterm.runtime.clock import FakeClock
from pmterm.sim.accounts import POLYMARKET_PURSE, TestAccount
from pmterm.sim.polymarket_signing import NEG_RISK_V2, ORDER_FIELDS, V2
from pmterm.sim.quiet import QuietWorld, polymarket_listing
from pmterm.sim.server import SimServer

NOW = 1_790_000_000 * SECOND
POLYMARKET = Venue.POLYMARKET
ZERO = "0x" + "00" * 32
# Keys of local Ethereum development chains: public, and worth nothing.
KEYS = {
    "ann": "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80",
    "bob": "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d",
}
MARKET = polymarket_listing("quiet").market
YES, NO = (outcome.token for outcome in MARKET.outcomes)


def account(name="ann", cash=1_000, **more):
    wallet = Account.from_key(KEYS[name]).address
    purse = {POLYMARKET_PURSE: cash * CASH_ONE}
    return TestAccount(account_id=name, cash=purse, wallet=wallet, **more)


class Trader:
    """One account at one exchange, over HTTP."""

    def __init__(self, sim, web, clock, name="ann"):
        self.sim, self.web, self.clock = sim, web, clock
        self.wallet = Account.from_key(KEYS[name])
        self.key = {}
        self.salt = 1_000

    @property
    def stamp(self):
        return str(self.clock.now() // SECOND)

    def url(self, path):
        return self.sim.hosts()["polymarket"]["clob"] + path

    # ---- keys

    def wallet_headers(self, nonce=0, stamp=None):
        stamp = stamp or self.stamp
        message = {
            "primaryType": "ClobAuth",
            "types": {
                "EIP712Domain": typed(name="string", version="string", chainId="uint256"),
                "ClobAuth": typed(
                    address="address", timestamp="string", nonce="uint256", message="string"
                ),
            },
            "domain": {"name": "ClobAuthDomain", "version": "1", "chainId": 137},
            "message": {
                "address": self.wallet.address,
                "timestamp": stamp,
                "nonce": nonce,
                "message": "This message attests that I control the given wallet",
            },
        }
        signed = self.wallet.sign_message(encode_typed_data(full_message=message))
        return {
            "POLY_ADDRESS": self.wallet.address,
            "POLY_SIGNATURE": "0x" + signed.signature.hex(),
            "POLY_TIMESTAMP": stamp,
            "POLY_NONCE": str(nonce),
        }

    async def log_in(self, nonce=0):
        headers = self.wallet_headers(nonce)
        async with self.web.post(self.url("/auth/api-key"), headers=headers) as got:
            self.key = await got.json()
        return self

    def headers(self, method, path, body="", stamp=None):
        stamp = stamp or self.stamp
        text = f"{stamp}{method}{path}{body}".encode()
        key = base64.urlsafe_b64decode(self.key["secret"])
        signature = base64.urlsafe_b64encode(hmac.new(key, text, hashlib.sha256).digest())
        return {
            "POLY_ADDRESS": self.wallet.address,
            "POLY_API_KEY": self.key["apiKey"],
            "POLY_PASSPHRASE": self.key["passphrase"],
            "POLY_TIMESTAMP": stamp,
            "POLY_SIGNATURE": signature.decode(),
        }

    async def ask(self, method, path, body=None, status=200, **query):
        """Send a signed request; returns the answer's body once its status is the expected one."""
        text = "" if body is None else json.dumps(body, separators=(",", ":"))
        headers = self.headers(method, path, text)
        data = text.encode() if text else None
        async with self.web.request(
            method, self.url(path), headers=headers, data=data, params=query
        ) as got:
            self.answer_headers = got.headers
            raw = await got.text()
            assert got.status == status, (got.status, raw)
            return json.loads(raw) if raw else None

    # ---- orders

    def amounts(self, side, price, size):
        cash = int(Decimal(str(price)) * Decimal(str(size)) * QTY_ONE)
        shares = int(Decimal(str(size)) * QTY_ONE)
        return (cash, shares) if side == "BUY" else (shares, cash)

    def signed(self, side, price, size, token=YES, domain=V2, **changed):
        """One signed order; `amounts` overrides what price and size make."""
        self.salt += 1
        making, taking = changed.pop("amounts", None) or self.amounts(side, price, size)
        expiration = changed.pop("expiration", 0)
        order = {
            "salt": self.salt,
            "maker": self.wallet.address,
            "signer": self.wallet.address,
            "tokenId": str(token),
            "makerAmount": str(making),
            "takerAmount": str(taking),
            "side": side,
            "signatureType": 0,
            "timestamp": str(self.clock.now() // 1_000_000),
            "metadata": ZERO,
            "builder": ZERO,
        } | changed
        signature = sign(self.wallet, order, domain)
        return order | {"expiration": str(expiration), "signature": signature}

    def post(self, side, price, size, kind="GTC", *, post_only=False, **changed):
        """The body of `POST /order`."""
        owner = changed.pop("owner", self.key["apiKey"])
        body = {
            "order": self.signed(side, price, size, **changed),
            "owner": owner,
            "orderType": kind,
            "deferExec": False,
        }
        return body | ({"postOnly": True} if post_only else {})

    async def place(self, side, price, size, kind="GTC", *, status=200, **changed):
        return await self.ask(
            "POST", "/order", self.post(side, price, size, kind, **changed), status
        )

    async def refused(self, side, price, size, kind="GTC", *, status=400, **changed):
        """The words with which an order is refused."""
        body = self.post(side, price, size, kind, **changed)
        self.last = order_id(body["order"], changed.get("domain", V2))
        return (await self.ask("POST", "/order", body, status))["error"]

    async def open_orders(self, **query):
        return (await self.ask("GET", "/data/orders", **query))["data"]

    async def trades(self, **query):
        return (await self.ask("GET", "/data/trades", **query))["data"]

    async def balance(self, token=None):
        kind = {"asset_type": "CONDITIONAL", "token_id": token} if token else {}
        query = {"asset_type": "COLLATERAL", "signature_type": "0"} | kind
        return int((await self.ask("GET", "/balance-allowance", **query))["balance"])

    @asynccontextmanager
    async def stream(self, **changed):
        """Its user stream, authenticated."""
        names = ("apiKey", "secret", "passphrase")
        first = {"type": "user", "auth": {name: self.key[name] for name in names}} | changed
        url = self.sim.hosts()["polymarket"]["user_stream"]
        async with self.web.ws_connect(url) as socket:
            await socket.send_json(first)
            await socket.send_str("PING")
            assert await said(socket, raw=True) == "PONG"
            yield socket


def typed(**fields):
    return [{"name": name, "type": kind} for name, kind in fields.items()]


def order_message(order, domain):
    values = order | {
        "side": 0 if order["side"] == "BUY" else 1,
        "metadata": bytes.fromhex(order["metadata"][2:]),
        "builder": bytes.fromhex(order["builder"][2:]),
    }
    whole = ("salt", "tokenId", "makerAmount", "takerAmount", "timestamp")
    values |= {name: int(values[name]) for name in whole}
    kept = {name: values[name] for name, _ in ORDER_FIELDS}
    domain_type = typed(
        name="string", version="string", chainId="uint256", verifyingContract="address"
    )
    types = {"EIP712Domain": domain_type, "Order": typed(**dict(ORDER_FIELDS))}
    return {"primaryType": "Order", "types": types, "domain": domain.words(), "message": kept}


def sign(wallet, order, domain):
    signed = wallet.sign_message(encode_typed_data(full_message=order_message(order, domain)))
    return "0x" + signed.signature.hex()


def order_id(order, domain=V2):
    message = encode_typed_data(full_message=order_message(order, domain))
    from eth_utils.crypto import keccak

    return "0x" + keccak(b"\x19\x01" + message.header + message.body).hex()


async def said(socket, *, raw=False):
    message = await asyncio.wait_for(socket.receive(), 10)
    assert message.type is aiohttp.WSMsgType.TEXT, message
    return message.data if raw else json.loads(message.data)


async def said_until(socket, wanted):
    """Every frame up to the first that `wanted` likes."""
    frames = []
    while not frames or not wanted(frames[-1]):
        frames.append(await said(socket))
    return frames


def marks(frames):
    """What frames say, in short."""
    return [(f["type"], f["status"]) for f in frames]


@asynccontextmanager
async def serving(listings=None, accounts=None, **options):
    """An exchange with a quiet market and accounts, its clock held, and a trader at it."""
    clock = FakeClock(NOW)
    world = QuietWorld(listings or [polymarket_listing("quiet")])
    known = [account()] if accounts is None else accounts
    async with (
        SimServer(world, clock, accounts=known, **options) as sim,
        aiohttp.ClientSession() as web,
    ):
        yield sim, await Trader(sim, web, clock).log_in()


@asynccontextmanager
async def trading(asks=((5_000, 100),), bids=((4_800, 100),), **options):
    """The same with a book: (price, contracts) on the YES scale."""
    async with serving(**options) as (sim, trader):
        market = sim.world.listings[0].market.id
        quote(sim, market, bids, asks)
        yield sim, trader


def quote(sim, market, bids=(), asks=()):
    sim.world.quote(
        market,
        bids=[(price, qty * QTY_ONE) for price, qty in bids],
        asks=[(price, qty * QTY_ONE) for price, qty in asks],
    )
    sim.advance(sim.exchange.now)


def neg_risk_domain():
    return NEG_RISK_V2
