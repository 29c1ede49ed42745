"""The local exchange's Polymarket as a venue: its moods, its rates, its dead-man switch."""

import aiohttp
from tests.sim.polymarket_trader import (
    POLYMARKET,
    Trader,
    account,
    said,
    serving,
    trading,
)

from pmterm.sim.clob_mood import Mood
from pmterm.sim.fault_script import Do, FaultScript, Rule


async def test_a_restart_is_425_then_post_only_then_over():
    async with trading() as (sim, ann):
        sim.polymarket.restart(ann.clock.now())
        assert await ann.refused("BUY", "0.45", 20, status=425) == "Service is not ready"
        assert await ann.ask("DELETE", "/cancel-all", status=425)
        assert await ann.open_orders() == []
        await ann.clock.advance(91)
        body = await ann.ask("POST", "/order", ann.post("BUY", "0.45", 20), 503)
        assert body == {
            "error": "post-only mode: only post-only orders and cancels are allowed",
            "code": "post_only_mode",
            "retry_after_seconds": 119,
        }
        assert ann.answer_headers["Retry-After"] == "119"
        legs = [ann.post("BUY", "0.45", 20), ann.post("BUY", "0.45", 20, post_only=True)]
        first, second = await ann.ask("POST", "/orders", legs)
        assert first == {
            "success": True,
            "errorMsg": "post-only mode: only post-only orders and cancels are allowed",
            "orderID": "",
            "status": "",
            "makingAmount": "",
            "takingAmount": "",
        }
        assert second["status"] == "live"
        await ann.clock.advance(120)
        assert (await ann.place("BUY", "0.44", 20))["status"] == "live"


async def test_a_restart_by_script_forgets_orders_without_a_word_and_breaks_streams():
    rule = Rule(do=Do.RESTART, venue=POLYMARKET, after_s=5, seconds=90, post_only_s=120)
    async with trading(script=FaultScript([rule])) as (_, ann), ann.stream() as stream:
        placed = await ann.place("BUY", "0.45", 20)
        await said(stream)
        await ann.clock.advance(5)
        assert (await stream.receive(10)).type is not aiohttp.WSMsgType.TEXT
        assert await ann.open_orders() == []
        assert await ann.ask("GET", f"/data/order/{placed['orderID']}") is None
        assert await ann.refused("BUY", "0.45", 20, status=425) == "Service is not ready"


async def test_cancel_only_and_disabled_say_so():
    async with trading() as (sim, ann):
        placed = await ann.place("BUY", "0.45", 20)
        sim.polymarket.trading.mood.mood = Mood.CANCEL_ONLY
        assert await ann.refused("BUY", "0.45", 20, status=503) == (
            "Trading is currently cancel-only. New orders are not accepted, but cancels are "
            "allowed."
        )
        sim.polymarket.trading.mood.mood = Mood.DISABLED
        words = "Trading is currently disabled. Check polymarket.com for updates"
        assert await ann.refused("BUY", "0.45", 20, status=503) == words
        assert await ann.ask("DELETE", "/cancel-all", status=503) == {"error": words}
        sim.polymarket.trading.mood.mood = Mood.CANCEL_ONLY
        assert (await ann.ask("DELETE", "/cancel-all"))["canceled"] == [placed["orderID"]]


async def test_the_edge_blocks_with_a_page():
    async with trading() as (sim, ann):
        sim.faults[POLYMARKET].blocks_rest = True
        headers = ann.headers("GET", "/data/orders")
        async with ann.web.get(ann.url("/data/orders"), headers=headers) as got:
            assert (got.status, got.content_type) == (403, "text/html")


async def test_the_geoblock_says_where_we_are():
    async with trading() as (sim, ann):
        site = sim.hosts()["polymarket"]["site"]

        async def where():
            async with ann.web.get(f"{site}/api/geoblock") as got:
                return await got.json()

        assert await where() == {
            "blocked": False,
            "ip": "127.0.0.1",
            "country": "NL",
            "region": "NH",
        }
        sim.polymarket.switches.is_blocked = True
        assert (await where())["blocked"] is True


async def test_a_signer_has_a_bucket_of_orders_and_one_of_cancels():
    async with serving() as (sim, ann):
        bodies = [ann.post("BUY", "0.01", 5) for _ in range(15)]
        for _ in range(4):
            await ann.ask("POST", "/orders", bodies)
        assert ann.answer_headers["Poly-RateLimit-Remaining"] == "0"
        assert ann.answer_headers["Poly-RateLimit-Tier"] == "standard"
        body = await ann.ask("POST", "/order", ann.post("BUY", "0.02", 5), 429)
        assert body == {"error": "Too many requests"}
        assert int(ann.answer_headers["Poly-RateLimit-Remaining"]) < 0
        assert ann.answer_headers["Retry-After"] == "1"
        assert int(ann.answer_headers["Poly-RateLimit-Reset"]) > int(ann.stamp)
        assert len((await ann.ask("DELETE", "/cancel-all"))["canceled"]) == 15
        assert ann.answer_headers["Poly-RateLimit-Remaining"] == "119"
        await ann.ask("DELETE", "/cancel-all")
        assert ann.answer_headers["Poly-RateLimit-Remaining"] == "103"
        sim.polymarket.switches.warns_of_rates = True
        await ann.place("BUY", "0.02", 5)
        assert ann.answer_headers["Poly-RateLimit-Warning"] == "true"
        sim.polymarket.switches.warns_of_rates = False
        await ann.clock.advance(2)
        assert (await ann.place("BUY", "0.02", 5))["status"] == "live"


async def test_a_tier_is_told_and_counts():
    async with serving() as (sim, ann):
        assert (await ann.ask("GET", "/v1/user/rate-limit-tier"))["tier"] == "standard"
        sim.polymarket.switches.tier = "gold"
        row = await ann.ask("GET", "/v1/user/rate-limit-tier")
        assert (row["orders_per_second"], row["cancels_burst"]) == (400, 1_200)


async def beat(trader, heartbeat_id, status=200):
    return await trader.ask("POST", "/v1/heartbeats", {"heartbeat_id": heartbeat_id}, status)


async def test_when_beats_stop_everything_is_cancelled():
    async with trading() as (_, ann):
        await ann.place("BUY", "0.45", 20)
        beaten = (await beat(ann, ""))["heartbeat_id"]
        for _ in range(3):
            await ann.clock.advance(5)
            beaten = (await beat(ann, beaten))["heartbeat_id"]
        assert len(await ann.open_orders()) == 1
        await ann.clock.advance(9.9)
        assert len(await ann.open_orders()) == 1
        await ann.clock.advance(5.1)
        assert await ann.open_orders() == []


async def test_a_wrong_beat_is_told_the_right_id_and_extends_nothing():
    async with trading() as (_, ann):
        await ann.place("BUY", "0.45", 20)
        first = (await beat(ann, ""))["heartbeat_id"]
        await ann.clock.advance(9)
        wrong = await beat(ann, "another", 400)
        assert wrong == {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": first}
        assert (await beat(ann, "", 400))["heartbeat_id"] == first
        await ann.clock.advance(6)
        assert await ann.open_orders() == []


async def test_beats_without_an_id_count_too():
    async with trading() as (_, ann):
        await ann.place("BUY", "0.45", 20)
        assert await ann.ask("POST", "/heartbeats") == {"status": "ok"}
        await ann.clock.advance(9)
        assert len(await ann.open_orders()) == 1
        await ann.clock.advance(6)
        assert await ann.open_orders() == []


async def test_nobody_is_cancelled_who_never_beat():
    async with trading(accounts=[account("ann"), account("bob")]) as (sim, ann):
        bob = await Trader(sim, ann.web, ann.clock, "bob").log_in()
        await ann.place("BUY", "0.45", 20)
        await beat(bob, "")
        await ann.clock.advance(60)
        assert len(await ann.open_orders()) == 1
