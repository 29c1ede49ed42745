"""A local exchange with one account, settings that lead to it, and the account's own keys."""

from contextlib import asynccontextmanager

import msgspec
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pmterm.config.settings import Hosts, Settings
from pmterm.model.secret import Secret
from pmterm.model.units import CASH_ONE
from pmterm.runtime.clock import SystemClock
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, TestAccount
from pmterm.sim.quiet import QuietWorld, kalshi_listing, polymarket_listing
from pmterm.sim.server import SimServer
from pmterm.venues.polymarket.funders import funders_of
from pmterm.venues.polymarket.wallet import load_wallet

PRIVATE_KEY = "0x" + "5e" * 32
OTHER_KEY = "0x" + "6f" * 32
KEY_ID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
OWNER = load_wallet(Secret(PRIVATE_KEY)).address
CASH = 1_234 * CASH_ONE


def funder(kind):
    return next(one.address for one in funders_of(OWNER) if one.kind == kind)


class Place:
    """The exchange, and files with the keys to it."""

    def __init__(self, server, folder, pem):
        self.server = server
        self.url = server.base_url
        self.settings = settings_at(server.hosts())
        self.private_key = self._file(folder / "wallet.key", PRIVATE_KEY)
        self.pem = self._file(folder / "kalshi.pem", pem)
        self.passphrase = self._file(folder / "passphrase", "correct horse battery")

    @staticmethod
    def _file(path, text):
        path.write_text(text)
        path.chmod(0o600)
        return path

    @property
    def wallet(self):
        return self.server.polymarket.wallets.of_key(OWNER)


def settings_at(hosts, **more):
    return Settings(hosts=msgspec.convert(hosts, Hosts), **more)


@asynccontextmanager
async def exchange(folder, *, kind=0, maker="", cash=CASH):
    clock = SystemClock()
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    account = TestAccount(
        account_id="tester",
        cash={POLYMARKET_PURSE: cash, KALSHI_PURSE: cash} if cash else {},
        wallet=OWNER,
        signature_type=kind,
        funder=maker or funder(kind),
        kalshi_keys={KEY_ID: key.public_key()},
    )
    world = QuietWorld([polymarket_listing(), kalshi_listing()])
    async with SimServer(world, clock, accounts=[account]) as server:
        yield Place(server, folder, pem)


@asynccontextmanager
async def site(handler):
    """A loopback server that answers every path with `handler`; gives its base URL."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        place = web.TCPSite(runner, "127.0.0.1", 0)
        await place.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def settings_all_at(base):
    """Settings whose every host is at one base URL."""
    stream = base.replace("http", "ws", 1)
    return settings_at(
        {
            "kalshi": {"api": f"{base}/trade-api/v2", "stream": f"{stream}/trade-api/ws/v2"},
            "polymarket": {
                "clob": f"{base}/clob",
                "gamma": f"{base}/gamma",
                "data": f"{base}/data",
                "stream": f"{stream}/ws/market",
                "user_stream": f"{stream}/ws/user",
            },
        }
    )


def by_check(lines, venue=""):
    """The lines of a venue, by what was checked."""
    return {line.check: line for line in lines if line.venue == venue}
