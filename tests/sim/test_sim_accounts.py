"""Test accounts, the exchange's own door, and the script in docs/sim.md, over real sockets."""

import base64
import json
import stat
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding
from eth_account import Account

from pmterm.model.errors import CredentialsWrong, StoreBroken
from pmterm.model.ids import Venue
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.runtime.clock import FakeClock
from pmterm.sim import credentials
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, Purse
from pmterm.sim.exchange_orders import ExchangeOrder, Standing, Why
from pmterm.sim.fault_script import Do, load
from pmterm.sim.quiet import QuietWorld, kalshi_listing, polymarket_listing, quiet_listings
from pmterm.sim.server import SimServer

NOW = 1_790_000_000 * SECOND
KALSHI = kalshi_listing().market
POLY = polymarket_listing("quiet-plain").market
CREATE = "/trade-api/v2/portfolio/events/orders"
DOCS = Path(__file__).parents[2] / "docs" / "sim.md"


class Client:
    """A signed Kalshi client, and whoever asks the exchange's own door."""

    def __init__(self, keys, sim, web, clock):
        self.keys, self.sim, self.web, self.clock = keys, sim, web, clock
        pem = keys.kalshi_key.reveal().encode()
        self.key = serialization.load_pem_private_key(pem, None)
        self.number = 0

    def headers(self, method, path):
        stamp = str(self.clock.now() // MS)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        signed = self.key.sign(f"{stamp}{method}{path}".encode(), pss, hashes.SHA256())
        return {
            "KALSHI-ACCESS-KEY": self.keys.kalshi_key_id,
            "KALSHI-ACCESS-TIMESTAMP": stamp,
            "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signed).decode(),
        }

    async def order(self, side="bid", price="0.4000", count="10.00"):
        self.number += 1
        body = {
            "ticker": KALSHI.id,
            "side": side,
            "count": count,
            "price": price,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": f"mine-{self.number}",
        }
        url = self.sim.base_url + CREATE
        async with self.web.post(url, json=body, headers=self.headers("POST", CREATE)) as answer:
            return answer.status, answer.headers, await answer.text()

    async def ask(self, path):
        async with self.web.get(self.sim.base_url + path) as answer:
            return answer.status, await answer.json()

    async def do(self, path, **body):
        async with self.web.post(self.sim.base_url + path, json=body) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def serving(tmp_path, **options):
    (keys,) = credentials.keep(tmp_path / "keys.json")
    world = QuietWorld()
    markets = [listing.market for listing in world.listings]
    clock = FakeClock(NOW)
    accounts = [keys.opens(markets, 100 * CASH_ONE)]
    async with (
        SimServer(world, clock, accounts=accounts, **options) as sim,
        aiohttp.ClientSession() as web,
    ):
        yield Client(keys, sim, web, clock)


def _order(name):
    terms = {"market": POLY.id, "side": Side.BUY, "price": 5_000, "qty": QTY_ONE}
    return ExchangeOrder(id=name, account="tester-1", **terms)


# ---- keys


def test_file_of_keys_is_its_owners_alone_and_used_again(tmp_path):
    path = tmp_path / "keys.json"
    (made,) = credentials.keep(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (read,) = credentials.keep(path)
    assert (read.address, read.kalshi_key_id) == (made.address, made.kalshi_key_id)
    assert read.polymarket_key == made.polymarket_key
    assert Account.from_key(made.polymarket_key.reveal()).address == made.address


def test_no_repr_shows_a_key(tmp_path):
    (made,) = credentials.keep(tmp_path / "keys.json")
    person = made.written()
    shown = repr([made, person, person.polymarket, person.kalshi, vars(made)])
    assert made.polymarket_key.reveal() not in shown
    assert "PRIVATE" not in shown


@pytest.mark.parametrize(
    ("wallet", "kind"), [("eoa", 0), ("proxy", 1), ("safe", 2), ("deposit", 3)]
)
def test_account_of_every_wallet_kind(wallet, kind):
    made = credentials.make("ann", wallet)
    account = made.opens([listing.market for listing in quiet_listings()], 5 * CASH_ONE)
    assert account.signature_type == kind
    assert (account.maker == account.wallet) is (kind == 0)
    purses = {POLYMARKET_PURSE, KALSHI_PURSE, Purse(Venue.KALSHI, 3)}
    assert account.cash == dict.fromkeys(purses, 5 * CASH_ONE)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows.clear(), "no test accounts"),
        (lambda rows: rows["accounts"][0].pop("kalshi"), "no test accounts"),
        (lambda rows: rows["accounts"][0]["kalshi"].update(private_key="x"), "RSA"),
        (lambda rows: rows["accounts"][0]["polymarket"].update(private_key="0x1"), "private key"),
        (lambda rows: rows["accounts"][0]["polymarket"].update(address="0x1"), "not that of"),
    ],
)
def test_file_that_holds_no_keys_is_refused_and_left_as_it_is(tmp_path, change, words):
    path = tmp_path / "keys.json"
    credentials.keep(path)
    rows = json.loads(path.read_text())
    change(rows)
    path.write_text(json.dumps(rows))
    with pytest.raises(CredentialsWrong, match=words):
        credentials.keep(path)
    assert json.loads(path.read_text()) == rows


def test_an_ed25519_key_opens_kalshi_too(tmp_path):
    path = tmp_path / "keys.json"
    credentials.keep(path)
    rows = json.loads(path.read_text())
    key = ed25519.Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    rows["accounts"][0]["kalshi"]["private_key"] = pem.decode()
    path.write_text(json.dumps(rows))
    (read,) = credentials.keep(path)
    account = read.opens([KALSHI], CASH_ONE)
    assert account.kalshi_keys[read.kalshi_key_id] == key.public_key()


def test_link_is_not_followed(tmp_path):
    credentials.keep(tmp_path / "keys.json")
    (tmp_path / "link").symlink_to(tmp_path / "keys.json")
    with pytest.raises(StoreBroken, match="symbolic link"):
        credentials.keep(tmp_path / "link")


# ---- the door


async def test_ledger_tells_what_an_account_did(tmp_path):
    async with serving(tmp_path) as client:
        assert (await client.order())[0] == 201
        status, answer = await client.do(
            "/sim/trade", market=KALSHI.id, side="sell", price="0.40", qty="4"
        )
        assert (status, answer) == (200, {"filled": 4 * QTY_ONE})
        ledger = (await client.ask("/sim/ledger"))[1]
        mine = ledger["accounts"]["tester-1"]
        (order,) = mine["orders"]
        assert (order["filled"], order["open"], order["price"]) == (4 * QTY_ONE, 6 * QTY_ONE, 4_000)
        assert order["client_id"] == "mine-1"
        assert [fill["order"] for fill in mine["fills"]] == [order["id"]]
        assert mine["holdings"] == {KALSHI.id: [4 * QTY_ONE, 0]}
        assert mine["cash"]["kalshi/0"] == 100 * CASH_ONE - 1_600_000
        assert mine["cash"]["polymarket/0"] == mine["cash"]["kalshi/3"] == 100 * CASH_ONE
        assert ledger["overdrawn"] == []


async def test_market_is_paused_resumed_and_resolved_by_a_script(tmp_path):
    async with serving(tmp_path) as client:
        await client.order()
        for do, status in (("pause", "paused"), ("resume", "active"), ("close", "closed")):
            assert await client.do("/sim/market", market=KALSHI.id, do=do) == (
                200,
                {"status": status},
            )
        (order,) = client.sim.exchange.orders.values()
        assert order.why is Why.MARKET_CLOSED
        told = await client.do("/sim/market", market=POLY.slug, do="resolve", pays="0.5")
        assert told == (200, {"status": "resolved"})
        assert client.sim.world.states[POLY.id].payout == 5_000


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/sim/market", {"market": "none", "do": "pause"}, "no market none"),
        ("/sim/market", {"market": KALSHI.id, "do": "explode"}, "explode"),
        ("/sim/market", {"market": KALSHI.id, "do": "resolve", "pays": "2"}, "0..1"),
        ("/sim/market", {"market": KALSHI.id}, "do"),
        ("/sim/trade", {"market": KALSHI.id, "side": "up", "price": "0.5", "qty": "1"}, "up"),
        ("/sim/trade", {"market": KALSHI.id, "side": "buy", "price": "1", "qty": "1"}, "traded"),
        ("/sim/trade", {"market": KALSHI.id, "side": "buy", "price": "0.5", "qty": "0"}, "traded"),
        ("/sim/fault", {"do": "explode"}, "explode"),
        ("/sim/fault", {"do": "stall", "seconds": 1}, "cannot stall"),
        ("/sim/deposit", {"account": "a", "venue": "nyse", "cash": "1"}, "nyse"),
        ("/sim/deposit", {"account": "a", "venue": "kalshi", "cash": "much"}, "much"),
    ],
)
async def test_door_refuses_what_cannot_be(tmp_path, path, body, words):
    async with serving(tmp_path) as client:
        status, answer = await client.do(path, **body)
        assert status == 400
        assert words in answer["error"]


async def test_door_wants_json(tmp_path):
    async with serving(tmp_path) as client:
        body = json.dumps({"market": KALSHI.id, "do": "pause"})
        async with client.web.post(client.sim.base_url + "/sim/market", data=body) as answer:
            assert answer.status == 403
        assert client.sim.world.states[KALSHI.id].status == "active"


async def test_money_comes_through_the_door(tmp_path):
    async with serving(tmp_path) as client:
        told = await client.do("/sim/deposit", account="tester-1", venue="kalshi", cash="11.5")
        assert told == (200, {"cash": 111_500_000})


async def test_faults_are_fired_and_told_through_the_door(tmp_path):
    async with serving(tmp_path) as client:
        await client.do("/sim/fault", do="stall", venue="kalshi", seconds=5)
        assert client.sim.faults[Venue.KALSHI].is_stalled
        await client.do("/sim/fault", do="refuse", on=f"POST {CREATE}", status=500)
        assert (await client.order())[0] == 500
        assert (await client.order())[0] == 201
        fired = (await client.ask("/sim/faults"))[1]
        assert [(one["rule"], one["do"]) for one in fired] == [(1, "stall"), (2, "refuse")]


@pytest.mark.parametrize(("do", "again"), [("reset before", 201), ("reset after", 409)])
async def test_sending_again_tells_whether_the_first_one_counted(tmp_path, do, again):
    async with serving(tmp_path) as client:
        await client.do("/sim/fault", do=do, order={"side": "buy"})
        with pytest.raises(aiohttp.ClientConnectionError):
            await client.order()
        client.number -= 1  # the same client_order_id
        assert (await client.order())[0] == again
        assert len(client.sim.exchange.orders) == 1


# ---- docs/sim.md


async def test_script_of_the_manual_does_what_it_says(tmp_path):
    script = tmp_path / "faults.toml"
    script.write_text(DOCS.read_text().partition("```toml\n")[2].partition("```")[0])
    async with serving(tmp_path, script=load(script)) as client:
        exchange = client.sim.exchange
        assert (await client.order())[0] == 201
        status, _, body = await client.order()
        assert (status, body) == (502, "<html>Bad Gateway</html>")
        assert len(exchange.orders) == 2
        status, headers, _ = await client.order(price="0.3300")
        assert (status, headers["Retry-After"], len(exchange.orders)) == (429, "2", 2)
        for _ in range(2):
            with pytest.raises(aiohttp.ClientPayloadError):
                await client.ask("/clob/time")
        forgotten = exchange.place(client.clock.now(), _order("elsewhere"))
        await client.clock.advance(61)
        assert (await client.order())[0] == 201  # Kalshi did not restart
        assert (forgotten.standing, forgotten.why) == (Standing.CANCELLED, Why.WIPED)
        others = [order for order in exchange.orders.values() if order is not forgotten]
        assert {order.standing for order in others} == {Standing.RESTING}
        assert [(one.rule, one.do) for one in client.sim.fired] == [
            (1, Do.STATUS_AFTER),
            (2, Do.TOO_MANY),
            (3, Do.TRUNCATE),
            (3, Do.TRUNCATE),
            (4, Do.RESTART),
        ]
