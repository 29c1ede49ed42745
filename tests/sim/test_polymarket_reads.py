"""What can be read at the local exchange's Polymarket: lists, metadata, the Data API."""

import pytest
from tests.sim.polymarket_trader import (
    MARKET,
    NO,
    YES,
    account,
    said,
    said_until,
    serving,
    trading,
)

from pmterm.model.units import CASH_ONE, MS, SECOND
from pmterm.sim.fault_script import Do, FaultScript, Rule
from pmterm.sim.polymarket_signing import NEG_RISK_V2
from pmterm.sim.quiet import NO_FEES, polymarket_listing


async def test_lists_are_filtered_and_come_in_pages():
    listings = [polymarket_listing("quiet"), polymarket_listing("other")]
    async with serving(listings) as (sim, ann):
        sim.polymarket.switches.limits_rates = False
        for _ in range(7):
            await ann.ask("POST", "/orders", [ann.post("BUY", "0.02", 5) for _ in range(15)])
        await ann.place("BUY", "0.3", 5, token=NO)
        other = listings[1].market
        last = await ann.place("BUY", "0.3", 5, token=other.outcomes[0].token)
        first = await ann.ask("GET", "/data/orders")
        assert (first["count"], first["limit"], len(first["data"])) == (100, 100, 100)
        rest = await ann.ask("GET", "/data/orders", next_cursor=first["next_cursor"])
        assert (rest["next_cursor"], rest["count"]) == ("LTE=", 7)
        assert len(await ann.open_orders(asset_id=NO)) == 1
        assert [row["id"] for row in await ann.open_orders(market=other.id)] == [last["orderID"]]
        assert len(await ann.open_orders(id=last["orderID"])) == 1
        wrong = await ann.ask("GET", "/data/orders", status=400, next_cursor="?")
        assert wrong == {"error": "Invalid next_cursor"}


async def test_an_ended_order_is_null_and_an_unknown_one_404():
    async with trading() as (_, ann):
        bought = await ann.place("BUY", "0.5", 20)
        assert await ann.ask("GET", f"/data/order/{bought['orderID']}") is None
        unknown = await ann.ask("GET", "/data/order/0x" + "12" * 32, status=404)
        assert unknown == {"error": "order not found"}


async def test_trades_are_filtered_by_time_and_by_the_takers_asset():
    async with trading() as (_, ann):
        await ann.place("BUY", "0.5", 10)
        [first] = await ann.trades()
        await ann.clock.advance(10)
        await ann.place("BUY", "0.52", 10, token=NO)
        assert len(await ann.trades()) == 2
        at = first["match_time"]
        assert [trade["id"] for trade in await ann.trades(before=str(int(at) + 1))] == [first["id"]]
        assert [trade["asset_id"] for trade in await ann.trades(after=at)] == [NO]
        assert [trade["id"] for trade in await ann.trades(asset_id=YES)] == [first["id"]]
        assert [trade["id"] for trade in await ann.trades(id=first["id"])] == [first["id"]]
        assert len(await ann.trades(maker_address=ann.wallet.address.lower())) == 2
        assert await ann.trades(market="0x12") == []


async def test_trades_come_into_the_list_late_where_they_are_held_back():
    async with trading() as (sim, ann):
        sim.polymarket.switches.trades_after = 20 * SECOND
        bought = await ann.place("BUY", "0.5", 10)
        await ann.clock.advance(19)
        assert await ann.trades() == []
        assert await ann.ask("GET", f"/data/order/{bought['orderID']}") is None
        await ann.clock.advance(1)
        assert [trade["taker_order_id"] for trade in await ann.trades()] == [bought["orderID"]]


async def test_notifications_tell_of_cancels_fills_failures_and_payouts_until_dropped():
    async with trading() as (sim, ann):
        placed = await ann.place("BUY", "0.45", 20)
        await ann.ask("DELETE", "/order", {"orderID": placed["orderID"]})
        sim.polymarket.switches.failing_trades = 1
        await ann.place("BUY", "0.5", 10)
        await ann.clock.advance(6)
        await ann.place("BUY", "0.5", 10)
        await ann.clock.advance(6)
        sim.exchange.resolve(sim.exchange.now, MARKET.id, 10_000)
        rows = await ann.ask("GET", "/notifications")
        assert [row["type"] for row in rows] == [1, 2, 8, 2, 4]
        about = rows[0]["payload"]
        assert (about["order_id"], about["remaining_size"]) == (placed["orderID"], "20")
        assert (rows[1]["payload"]["trade_id"], rows[1]["payload"]["matched_size"]) == (
            rows[2]["payload"]["trade_id"],
            "10",
        )
        assert [token["winner"] for token in rows[4]["payload"]["tokens"]] == [True, False]
        kept = rows[-1]["id"]
        ids = ",".join(str(row["id"]) for row in rows[:-1])
        assert await ann.ask("DELETE", "/notifications", ids=ids) == "OK"
        assert [row["id"] for row in await ann.ask("GET", "/notifications")] == [kept]


async def test_what_a_client_asks_before_it_signs():
    listings = [
        polymarket_listing("quiet", taker_delay=250 * MS, neg_risk=True),
        polymarket_listing("free", fees=NO_FEES),
    ]
    async with serving(listings) as (sim, ann):

        async def get(path):
            async with ann.web.get(ann.url(path)) as got:
                assert got.status == 200
                return await got.json()

        assert await get("/version") == {"version": 2}
        assert await get(f"/fee-rate?token_id={YES}") == {"base_fee": 1000}
        info = await get(f"/clob-markets/{MARKET.id}")
        assert info["t"][0] == {"t": YES, "o": MARKET.outcomes[0].name}
        assert (info["mts"], info["mos"], info["nr"], info["itode"]) == (0.01, 5, True, True)
        assert info["fd"] == {"r": 0.05, "e": 1, "to": True}
        assert (await get(f"/markets-by-token/{NO}"))["condition_id"] == MARKET.id
        free = sim.world.listings[1].market
        assert await get(f"/fee-rate?token_id={free.outcomes[0].token}") == {"base_fee": 0}
        info = await get(f"/clob-markets/{free.id}")
        assert "fd" not in info
        assert "itode" not in info
        answer = await ann.place("BUY", "0.45", 20, domain=NEG_RISK_V2)
        assert answer["status"] == "live"


async def test_resolution_pays_the_holders_and_shows_the_loss():
    async with trading() as (sim, ann):
        await ann.place("BUY", "0.5", 20)
        await ann.place("BUY", "0.52", 10, token=NO)
        await ann.clock.advance(6)
        before = await ann.balance()
        sim.exchange.resolve(sim.exchange.now, MARKET.id, 10_000)
        assert await ann.balance() == before + 20 * CASH_ONE
        sim.exchange.ledger.check()


async def test_the_data_api_shows_positions_of_the_wallet_that_holds_the_money():
    funder = "0x" + "22" * 20
    known = [account("ann", signature_type=2, funder=funder)]
    async with trading(accounts=known) as (sim, ann):
        of_safe = {"maker": funder, "signatureType": 2}
        await ann.place("BUY", "0.5", 20, **of_safe)
        await ann.clock.advance(6)
        await ann.place("SELL", "0.48", 5, **of_safe)
        await ann.clock.advance(6)
        data = sim.hosts()["polymarket"]["data"]

        async def get(path, **query):
            async with ann.web.get(f"{data}{path}", params=query) as got:
                return got.status, await got.json()

        status, body = await get("/v2/positions", user=funder.upper().replace("X", "x"))
        [row] = body["data"]
        assert status == 200
        assert body["pagination"] == {
            "limit": 100,
            "offset": 0,
            "has_more": False,
            "next_cursor": None,
        }
        assert (row["proxy_wallet"], row["token_id"]) == (funder, YES)
        assert (row["current_size"], row["total_size"], row["avg_price"]) == (15.0, 20.0, 0.5)
        assert (row["entry_cost_usdc"], row["entry_fees_usdc"]) == (7.5, 0.25)
        assert row["realized_pnl"] == -0.1624
        assert (row["current_price"], row["status"], row["outcome_index"]) == (0.49, "OPEN", 0)
        assert row["opposite_token_id"] == NO
        _, [old] = await get("/positions", user=funder)
        assert (old["asset"], old["size"], old["curPrice"]) == (YES, 15.0, 0.49)
        assert await get("/v2/value", user=funder) == (
            200,
            {"data": {"proxy_wallet": funder, "value": 7.35}},
        )
        assert await get("/value", user=funder) == (200, [{"user": funder, "value": 7.35}])
        _, body = await get("/v2/trades", user=funder, limit=1)
        [newest] = body["data"]
        assert (newest["side"], newest["size"], newest["price"]) == ("SELL", 5.0, 0.48)
        _, body = await get(
            "/v2/trades", user=funder, limit=1, cursor=body["pagination"]["next_cursor"]
        )
        assert body["data"][0]["side"] == "BUY"
        assert (await get("/v2/positions", user=ann.wallet.address))[1]["data"] == []
        status, body = await get("/v2/positions", user="me")
        assert (status, body["retryable"]) == (400, False)
        sim.exchange.resolve(sim.exchange.now, MARKET.id, 0)
        _, body = await get("/v2/positions", user=funder)
        assert [(r["status"], r["current_price"]) for r in body["data"]] == [
            ("REDEEMABLE_LOST", 0.0)
        ]


async def test_what_failed_to_settle_is_no_position():
    async with trading() as (sim, ann):
        sim.polymarket.fail_trades(1)
        await ann.place("BUY", "0.5", 20)
        await ann.clock.advance(6)
        url = sim.hosts()["polymarket"]["data"] + "/v2/positions"
        async with ann.web.get(url, params={"user": ann.wallet.address}) as got:
            assert (await got.json())["data"] == []


async def test_the_public_stream_tells_the_takers_own_asset():
    async with trading() as (sim, ann):
        url = sim.hosts()["polymarket"]["stream"]
        async with ann.web.ws_connect(url) as socket:
            await socket.send_json({"type": "market", "assets_ids": [YES, NO]})
            await said(socket)
            for token, price in ((NO, "0.52"), (YES, "0.5")):
                await ann.place("BUY", price, 10, token=token)
                frames = await said_until(
                    socket,
                    lambda f: isinstance(f, dict) and f["event_type"] == "last_trade_price",
                )
                last = frames[-1]
                assert (last["asset_id"], last["price"], last["side"]) == (token, price, "BUY")
                [trade] = await ann.trades(asset_id=token)
                await ann.clock.advance(3)
                [trade] = await ann.trades(asset_id=token)
                assert trade["transaction_hash"] == last["transaction_hash"]


async def test_a_hidden_order_is_not_found_until_its_time():
    script = FaultScript([Rule(do=Do.HIDE_ORDER, on="POST /clob/order", seconds=5)])
    async with trading(script=script) as (_, ann):
        placed = await ann.place("BUY", "0.45", 20)
        assert await ann.open_orders() == []
        await ann.ask("GET", f"/data/order/{placed['orderID']}", status=404)
        await ann.clock.advance(6)
        assert len(await ann.open_orders()) == 1


async def test_prices_of_many_tokens_come_as_maps():
    async with trading(asks=((5_000, 100),), bids=((4_800, 100),)) as (_, ann):
        await ann.place("BUY", "0.5", 20)
        asked = [{"token_id": YES}, {"token_id": NO}, {"token_id": "77"}]

        async def post(path, expect=200, body=asked):
            async with ann.web.post(ann.url(path), json=body) as got:
                assert got.status == expect
                return await got.json()

        assert await post("/midpoints") == {YES: "0.49", NO: "0.51"}
        assert await post("/spreads") == {YES: "0.02", NO: "0.02"}
        assert (await post("/prices"))[NO] == {"BUY": "0.5", "SELL": "0.52"}
        last = {"price": "0.500", "side": "BUY"}
        assert await post("/last-trades-prices") == [
            {"token_id": YES, **last},
            {"token_id": NO, **last},
        ]
        assert await post("/prices", 400, asked * 200) == {"error": "Payload exceeds the limit"}
        assert await post("/books", 400, {}) == {"error": "Invalid payload"}


@pytest.mark.parametrize("kind", ["markets", "events"])
async def test_a_short_keyset_page_is_not_the_last(kind):
    listings = [polymarket_listing(f"quiet-{number}", number=number) for number in range(5)]
    async with serving(listings) as (sim, ann):
        sim.polymarket.switches.gamma_page = 1
        url = sim.hosts()["polymarket"]["gamma"] + f"/{kind}/keyset"

        async def page(expect=200, **query):
            async with ann.web.get(url, params={"limit": 2} | query) as got:
                assert got.status == expect
                return await got.json()

        first = await page()
        assert len(first[kind]) == 1
        second = await page(after_cursor=first["next_cursor"])
        third = await page(after_cursor=second["next_cursor"])
        assert len(third[kind]) == 1
        assert "next_cursor" not in third
        assert (await page(422, offset=1))["type"] == "validation error"


async def test_gamma_may_be_late_to_say_that_a_market_closed():
    async with trading() as (sim, ann):
        url = f"{sim.hosts()['polymarket']['gamma']}/markets/slug/{MARKET.slug}"
        sim.exchange.resolve(sim.exchange.now, MARKET.id, 10_000)
        for is_late in (True, False):
            sim.polymarket.switches.gamma_lags = is_late
            async with ann.web.get(url) as got:
                row = await got.json()
            assert (row["acceptingOrders"], row["closed"]) == (is_late, not is_late)
