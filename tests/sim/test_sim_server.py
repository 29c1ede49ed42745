"""The local exchange through real sockets: REST, streams, several clients, switches."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from pmterm.model.ids import Venue
from pmterm.model.units import MS, SECOND
from pmterm.runtime.clock import FakeClock
from pmterm.sim.burst import BurstWorld
from pmterm.sim.scenario import Scenario
from pmterm.sim.server import SimServer

NOW = 1_790_000_000 * SECOND
KALSHI, POLYMARKET = Venue.KALSHI, Venue.POLYMARKET


@asynccontextmanager
async def serving(world=None, **options):
    clock = FakeClock(NOW)
    world = world or Scenario(5, NOW, pre_roll=30 * SECOND)
    async with SimServer(world, clock, **options) as sim, aiohttp.ClientSession() as web:
        yield sim, web, clock


@asynccontextmanager
async def stream(sim, web, venue, headers=None):
    url = sim.hosts()[venue.value]["stream"]
    async with web.ws_connect(url, headers=headers, autoping=False) as socket:
        yield socket


async def said(socket, how_many=1):
    frames = []
    while len(frames) < how_many:
        message = await asyncio.wait_for(socket.receive(), 10)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        frames.append(json.loads(message.data))
    return frames


async def said_until(socket, wanted):
    """Every frame up to the first that `wanted` likes."""
    frames = []
    while not frames or not wanted(frames[-1]):
        frames += await said(socket)
    return frames


def listings(sim, venue):
    return [one.market for one in sim.world.listings if one.market.venue is venue]


def book_command(sim, number=1, **params):
    tickers = [market.id for market in listings(sim, KALSHI)]
    channels = params.pop("channels", ["orderbook_delta"])
    all_params = {"channels": channels, "market_tickers": tickers, **params}
    return {"id": number, "cmd": "subscribe", "params": all_params}


# ---- Kalshi stream


async def test_kalshi_seq_counts_everything_of_a_subscription_without_a_hole():
    async with serving() as (sim, web, clock), stream(sim, web, KALSHI) as socket:
        first, second = (market.id for market in listings(sim, KALSHI))
        await socket.send_json(book_command(sim, market_tickers=[first]))
        granted, snapshot = await said(socket, 2)
        assert granted == {
            "type": "subscribed",
            "id": 1,
            "msg": {"channel": "orderbook_delta", "sid": 1},
        }
        assert (snapshot["type"], snapshot["seq"]) == ("orderbook_snapshot", 1)
        await socket.send_json(book_command(sim, 2, market_tickers=[second]))
        okay, more = await said(socket, 2)
        assert okay["seq"] == 2
        assert okay["msg"]["market_tickers"] == sorted([first, second])
        assert (more["seq"], more["msg"]["market_ticker"]) == (3, second)
        await clock.advance(8)
        frames = await said(socket, 20)
        assert [frame["seq"] for frame in frames] == list(range(4, 24))
        assert {frame["type"] for frame in frames} == {"orderbook_delta"}


async def test_kalshi_scales_write_the_no_side_as_asked():
    async with serving() as (sim, web, _):
        books = {}
        for scale in (False, True):
            async with stream(sim, web, KALSHI) as socket:
                await socket.send_json(book_command(sim, use_yes_price=scale))
                books[scale] = (await said(socket, 2))[1]["msg"]
        assert books[True]["yes_dollars_fp"] == books[False]["yes_dollars_fp"]
        mirrored = [
            [f"{1 - float(price):.4f}", size] for price, size in books[False]["no_dollars_fp"]
        ]
        assert mirrored[::-1] == books[True]["no_dollars_fp"]
        best_bid = float(books[True]["yes_dollars_fp"][-1][0])
        assert best_bid < float(books[True]["no_dollars_fp"][0][0])


async def test_kalshi_subscription_is_updated_listed_and_ended():
    async with serving() as (sim, web, clock), stream(sim, web, KALSHI) as socket:
        first, second = (market.id for market in listings(sim, KALSHI))
        await socket.send_json(book_command(sim))
        await said(socket, 3)
        update = {"sid": 1, "action": "delete_markets", "market_tickers": [second]}
        await socket.send_json({"id": 2, "cmd": "update_subscription", "params": update})
        assert (await said(socket))[0]["msg"] == {"market_tickers": [first]}
        await clock.advance(8)
        assert {f["msg"]["market_ticker"] for f in await said(socket, 10)} == {first}
        update = {"sid": 1, "action": "get_snapshot", "market_tickers": [first]}
        await socket.send_json({"id": 3, "cmd": "update_subscription", "params": update})
        frames = await said_until(socket, lambda frame: frame.get("id") == 3)
        assert frames[-1]["type"] == "orderbook_snapshot"
        await socket.send_json({"id": 4, "cmd": "list_subscriptions"})
        frames = await said_until(socket, lambda frame: frame.get("id") == 4)
        assert frames[-1]["msg"] == [{"channel": "orderbook_delta", "sid": 1}]
        await socket.send_json({"id": 5, "cmd": "unsubscribe", "params": {"sids": [1]}})
        frames = await said_until(socket, lambda frame: frame.get("id") == 5)
        assert frames[-1]["type"] == "unsubscribed"
        await clock.advance(1)
        await socket.send_json(book_command(sim, 6))
        assert (await said(socket))[0]["msg"]["sid"] == 2


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("not json", 1),
        ('{"id":1,"cmd":"dance","params":{}}', 5),
        ('{"id":1,"cmd":"subscribe"}', 2),
        ('{"id":1,"cmd":"subscribe","params":{}}', 3),
        ('{"id":1,"cmd":"subscribe","params":{"channels":["tea"]}}', 8),
        ('{"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"]}}', 14),
        (
            '{"id":1,"cmd":"subscribe","params":{"channels":["trade"],"market_ticker":"KXNO"}}',
            11,
        ),
        ('{"id":1,"cmd":"unsubscribe","params":{"sids":[9]}}', 7),
        ('{"id":1,"cmd":"unsubscribe","params":{}}', 4),
        ('{"id":1,"cmd":"update_subscription","params":{}}', 12),
    ],
)
async def test_kalshi_says_why_a_command_fails(command, code):
    async with serving() as (sim, web, _), stream(sim, web, KALSHI) as socket:
        await socket.send_str(command)
        (frame,) = await said(socket)
        assert (frame["type"], frame["msg"]["code"]) == ("error", code)


async def test_kalshi_pings_every_ten_seconds():
    async with serving(BurstWorld(NOW, 0)) as (sim, web, clock), stream(sim, web, KALSHI) as socket:
        await socket.send_json({"id": 1, "cmd": "list_subscriptions"})
        await said(socket)
        await clock.advance(10)
        message = await asyncio.wait_for(socket.receive(), 10)
        assert message.type is aiohttp.WSMsgType.PING
        assert bytes(message.data) == b"heartbeat"


# ---- Kalshi handshake

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ED_KEY = ed25519.Ed25519PrivateKey.generate()
KEYS = {"rsa-id": RSA_KEY.public_key(), "ed-id": ED_KEY.public_key()}


def headers(key_id, key, at=NOW, path="/trade-api/ws/v2"):
    stamp = str(at // MS)
    text = f"{stamp}GET{path}".encode()
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(text, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    else:
        signature = key.sign(text)
    return {
        "KALSHI-ACCESS-KEY": key_id,
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }


@pytest.mark.parametrize(("key_id", "key"), [("rsa-id", RSA_KEY), ("ed-id", ED_KEY)])
async def test_signed_handshake_is_let_in(key_id, key):
    async with (
        serving(kalshi_keys=KEYS) as (sim, web, _),
        stream(sim, web, KALSHI, headers(key_id, key)) as socket,
    ):
        await socket.send_json({"id": 1, "cmd": "list_subscriptions"})
        assert (await said(socket))[0]["msg"] == []


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({}, "signature_is_missing_from_headers"),
        (headers("nobody", RSA_KEY), "NOT_FOUND"),
        (headers("ed-id", RSA_KEY), "INCORRECT_API_KEY_SIGNATURE"),
        (headers("rsa-id", RSA_KEY, path="/trade-api/v2"), "INCORRECT_API_KEY_SIGNATURE"),
        (headers("rsa-id", RSA_KEY, at=NOW - 30 * SECOND), "header_timestamp_expired"),
    ],
)
async def test_bad_handshake_gets_the_venues_401(sent, word):
    async with serving(kalshi_keys=KEYS) as (sim, web, _):
        url = sim.base_url + "/trade-api/ws/v2"
        async with web.get(url, headers=sent) as answer:
            assert answer.status == 401
            error = (await answer.json())["error"]
            assert word in {error["code"], error.get("details")}


# ---- Polymarket stream


def tokens(sim, index=0):
    return [outcome.token for outcome in listings(sim, POLYMARKET)[index].outcomes]


async def subscribe(socket, *wanted, extras=False):
    await socket.send_json(
        {"type": "market", "assets_ids": list(wanted), "custom_feature_enabled": extras}
    )


async def test_polymarket_mirrors_both_tokens_in_books_and_changes():
    async with serving() as (sim, web, clock), stream(sim, web, POLYMARKET) as socket:
        first, second = tokens(sim)
        await subscribe(socket, first, second)
        (books,) = await said(socket)
        assert [book["asset_id"] for book in books] == [first, second]
        yes, no = books
        mirror = [(f"{1 - float(row['price']):g}", row["size"]) for row in no["asks"]]
        assert mirror == [(row["price"], row["size"]) for row in yes["bids"]]
        assert float(yes["bids"][-1]["price"]) < float(yes["asks"][-1]["price"])
        await clock.advance(5)
        change = (await said_until(socket, lambda f: f["event_type"] == "price_change"))[-1]
        one, other = change["price_changes"]
        assert (one["asset_id"], other["asset_id"]) == (first, second)
        assert float(one["price"]) + float(other["price"]) == pytest.approx(1)
        assert {one["side"], other["side"]} == {"BUY", "SELL"}
        assert one["size"] == other["size"]
        assert float(one["best_bid"]) + float(other["best_ask"]) == pytest.approx(1)


async def test_polymarket_trade_is_told_by_both_books_then_the_print():
    async with serving() as (sim, web, clock), stream(sim, web, POLYMARKET) as socket:
        await subscribe(socket, *tokens(sim))
        await said(socket)
        await clock.advance(45)
        frames = []
        while [f["event_type"] for f in frames[-6:]].count("last_trade_price") < 1:
            frames += await said(socket)
        assert [f["event_type"] for f in frames[-3:]] == ["book", "book", "last_trade_price"]
        assert {frames[-3]["asset_id"], frames[-2]["asset_id"]} == set(tokens(sim))
        assert frames[-1]["asset_id"] in tokens(sim)
        assert frames[-1]["transaction_hash"].startswith("0x")


async def test_polymarket_touch_events_come_only_if_asked_for():
    async with serving() as (sim, web, clock):
        kinds = {}
        for extras in (False, True):
            async with stream(sim, web, POLYMARKET) as socket:
                await subscribe(socket, *tokens(sim), extras=extras)
                await said(socket)
                await clock.advance(20)
                kinds[extras] = {f["event_type"] for f in await said(socket, 150)}
        assert "best_bid_ask" not in kinds[False]
        assert "best_bid_ask" in kinds[True]


async def test_polymarket_answers_ping_and_refuses_what_comes_too_early_or_twice():
    async with serving(BurstWorld(NOW, 0)) as (sim, web, _):
        async with stream(sim, web, POLYMARKET) as early:
            await early.send_str("PING")
            message = await asyncio.wait_for(early.receive(), 10)
            assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1008)
            assert message.extra == "invalid subscription payload"
        async with stream(sim, web, POLYMARKET) as socket:
            await subscribe(socket, "12345")
            assert (await said(socket)) == [[]]
            await socket.send_str("PING")
            assert (await asyncio.wait_for(socket.receive(), 10)).data == "PONG"
            await subscribe(socket, *tokens(sim))
            assert (await asyncio.wait_for(socket.receive(), 10)).data == "INVALID OPERATION"


async def test_polymarket_later_subscribe_adds_and_unsubscribe_takes_away():
    async with serving() as (sim, web, clock), stream(sim, web, POLYMARKET) as socket:
        await subscribe(socket, tokens(sim)[0])
        await said(socket)
        await socket.send_json({"operation": "subscribe", "assets_ids": tokens(sim, 1)})
        (books,) = await said(socket)
        assert [book["asset_id"] for book in books] == tokens(sim, 1)
        await socket.send_json({"operation": "unsubscribe", "assets_ids": [tokens(sim)[0]]})
        await socket.send_str("PING")
        assert (await asyncio.wait_for(socket.receive(), 10)).data == "PONG"
        await clock.advance(10)
        wanted = listings(sim, POLYMARKET)[1].id
        assert {frame["market"] for frame in await said(socket, 15)} == {wanted}


# ---- several clients, and what can go wrong


async def test_two_clients_get_the_same_and_their_own_numbers():
    async with (
        serving() as (sim, web, clock),
        stream(sim, web, KALSHI) as one,
        stream(sim, web, KALSHI) as two,
    ):
        await one.send_json(book_command(sim))
        await said(one, 3)
        await clock.advance(1)
        await said(one, 5)
        await two.send_json(book_command(sim))
        await said(two, 3)
        await clock.advance(1)
        last = [(await said(two, 5))[-1]]
        assert last[0]["seq"] == 7
        frames = await said_until(one, lambda frame: frame["msg"] == last[0]["msg"])
        assert frames[-1]["seq"] > 7


async def test_slow_client_is_cut_off_and_the_other_goes_on():
    async with (
        serving(BurstWorld(NOW, 20_000)) as (sim, web, clock),
        stream(sim, web, KALSHI) as slow,
        stream(sim, web, KALSHI) as quick,
    ):
        await slow.send_json(book_command(sim))
        await said(slow, 3)
        await quick.send_json(book_command(sim))
        await said(quick, 3)
        (stuck, _) = sim.clients(KALSHI)
        stuck._room = 10
        await clock.advance(0.1)
        frames = await said(quick, 200)
        assert [frame["seq"] for frame in frames] == list(range(3, 203))
        while (message := await asyncio.wait_for(slow.receive(), 10)).type is (
            aiohttp.WSMsgType.TEXT
        ):
            pass
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1008)


async def test_dropped_frame_leaves_a_hole_and_a_repeated_one_comes_twice():
    async with (
        serving(BurstWorld(NOW, 1000)) as (sim, web, clock),
        stream(sim, web, KALSHI) as socket,
    ):
        await socket.send_json(book_command(sim))
        await said(socket, 3)
        sim.faults[KALSHI].drop_frames = 1
        sim.faults[KALSHI].repeat_frames = 1
        await clock.advance(0.1)
        assert [f["seq"] for f in await said(socket, 4)] == [4, 4, 5, 6]


async def test_stalled_stream_answers_pings_and_loses_data_held_one_sends_it_late():
    async with (
        serving(BurstWorld(NOW, 1000)) as (sim, web, clock),
        stream(sim, web, POLYMARKET) as socket,
    ):
        await subscribe(socket, *tokens(sim))
        await said(socket)
        sim.faults[POLYMARKET].is_stalled = True
        await clock.advance(0.5)
        await socket.send_str("PING")
        assert (await asyncio.wait_for(socket.receive(), 10)).data == "PONG"
        sim.faults[POLYMARKET].is_stalled = False
        sim.hold(POLYMARKET, is_held=True)
        await clock.advance(0.5)
        waiting = sim.clients(POLYMARKET)[0].waiting
        assert waiting > 50
        sim.hold(POLYMARKET, is_held=False)
        assert len(await said(socket, waiting)) == waiting


async def test_garbage_unknown_types_and_terminal_errors_reach_the_client():
    async with serving() as (sim, web, _), stream(sim, web, KALSHI) as socket:
        await socket.send_json(book_command(sim))
        await said(socket, 3)
        sim.say(KALSHI, '{"type":"weather","msg":{}}')
        assert (await said(socket))[0]["type"] == "weather"
        sim.kalshi.empty_books()
        empties = await said(socket, 2)
        assert all("yes_dollars_fp" not in frame["msg"] for frame in empties)
        sim.kalshi.fail(25)
        (frame,) = await said(socket)
        assert frame["msg"] == {"code": 25, "msg": "Subscription buffer overflow"}


async def test_killed_connection_ends_without_a_goodbye():
    async with serving() as (sim, web, _), stream(sim, web, POLYMARKET) as socket:
        await subscribe(socket, *tokens(sim))
        await said(socket)
        sim.kill(POLYMARKET)
        message = await asyncio.wait_for(socket.receive(), 10)
        assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
        assert socket.close_code == 1006
        async with stream(sim, web, POLYMARKET) as again:
            await subscribe(again, *tokens(sim))
            assert len((await said(again))[0]) == 2
