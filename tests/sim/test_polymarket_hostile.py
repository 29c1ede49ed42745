"""Whatever strangers send the local exchange's Polymarket, it answers, and not with a crash."""

import json

import pytest
from tests.sim.polymarket_trader import YES, said, trading

LONG = "9" * 5_000
DEEP = "[" * 5_000
BODIES = ["", "null", "7", '"x"', "[]", "[[]]", "[7]", "{}", '{"order":null}', DEEP, "\ud7ff", "{"]
PATHS = [
    ("POST", "/order"),
    ("POST", "/orders"),
    ("DELETE", "/order"),
    ("DELETE", "/orders"),
    ("DELETE", "/cancel-market-orders"),
    ("POST", "/v1/heartbeats"),
    ("POST", "/orders-scoring"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
async def test_no_body_breaks_a_private_path(method, path):
    async with trading() as (_, ann):
        for body in BODIES:
            headers = ann.headers(method, path, body)
            data = body.encode()
            async with ann.web.request(method, ann.url(path), headers=headers, data=data) as got:
                assert got.status < 500, body[:40]
                assert got.content_type == "application/json"


@pytest.mark.parametrize("odd", ["", "²", LONG, "-1", "0x12", "é", "%00"])
async def test_no_query_breaks_a_read(odd):
    async with trading() as (sim, ann):
        await ann.place("BUY", "0.5", 10)
        for path, name in (
            ("/data/orders", "next_cursor"),
            ("/data/orders", "asset_id"),
            ("/data/trades", "after"),
            ("/data/trades", "before"),
            ("/data/trades", "next_cursor"),
            ("/balance-allowance", "token_id"),
            ("/order-scoring", "order_id"),
        ):
            query = {name: odd, "asset_type": "CONDITIONAL"}
            headers = ann.headers("GET", path)
            async with ann.web.get(ann.url(path), headers=headers, params=query) as got:
                assert got.status < 500, (path, name)
        for path in ("/book", "/tick-size", "/prices-history"):
            async with ann.web.get(ann.url(path), params={"token_id": odd, "market": odd}) as got:
                assert got.status < 500, path
        data = sim.hosts()["polymarket"]["data"]
        for name in ("user", "cursor", "limit", "offset"):
            query = {"user": ann.wallet.address} | {name: odd}
            async with ann.web.get(f"{data}/v2/trades", params=query) as got:
                assert got.status < 500, name


@pytest.mark.parametrize("odd", ["", "²", LONG, "-1", "é", "0x" + "f" * 130])
async def test_no_header_breaks_the_door(odd):
    async with trading() as (_, ann):
        signed = ann.headers("GET", "/data/orders")
        for name in signed:
            async with ann.web.get(ann.url("/data/orders"), headers=signed | {name: odd}) as got:
                assert got.status == 401
        signed = ann.wallet_headers(5)
        for name in signed:
            headers = signed | {name: odd}
            async with ann.web.post(ann.url("/auth/api-key"), headers=headers) as got:
                assert got.status == 401


async def test_no_word_breaks_the_user_stream():
    async with trading() as (_, ann), ann.stream() as stream:
        for word in ("", "null", "7", DEEP, "{}", '{"operation":7}', '{"markets":7}'):
            await stream.send_str(word)
            assert await said(stream, raw=True) == "INVALID OPERATION"
        placed = await ann.place("BUY", "0.45", 20)
        assert (await said(stream))["id"] == placed["orderID"]


@pytest.mark.parametrize("field", ["apiKey", "secret", "passphrase"])
async def test_odd_credentials_are_no_proof(field):
    async with trading() as (sim, ann):
        auth = {name: ann.key[name] for name in ("apiKey", "secret", "passphrase")}
        async with ann.web.ws_connect(sim.hosts()["polymarket"]["user_stream"]) as socket:
            first = {"type": "user", "auth": auth | {field: "é" + "x" * 9}}
            await socket.send_str(json.dumps(first, ensure_ascii=False))
            await socket.receive(10)
            assert socket.close_code == 1008


@pytest.mark.parametrize(
    "amounts", [(1, 1), (1, (1 << 128) - 1), ((1 << 128) - 1, 1), ((1 << 127), (1 << 127) + 1)]
)
@pytest.mark.parametrize("kind", ["GTC", "FAK"])
@pytest.mark.parametrize("side", ["BUY", "SELL"])
async def test_absurd_amounts_are_refused(amounts, kind, side):
    async with trading() as (_, ann):
        assert await ann.refused(side, None, None, kind, amounts=amounts)
        assert await ann.open_orders(asset_id=YES) == []


async def test_an_expiry_beyond_all_time_is_taken():
    async with trading() as (_, ann):
        answer = await ann.place("BUY", "0.45", 20, "GTD", expiration=int("9" * 70))
        assert answer["status"] == "live"
        await ann.clock.advance(100)
        assert len(await ann.open_orders()) == 1
