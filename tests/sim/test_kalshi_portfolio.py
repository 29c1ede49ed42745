"""What the local Kalshi says of an account: lists, positions, money, payments, and how late."""

import pytest
from tests.sim.kalshi_build import (
    BASE,
    DOLLARS,
    FAR,
    NOW,
    ORDERS,
    TICKER,
    code,
    quote,
    trading,
)

from pmterm.model.units import SECOND

IOC = {"time_in_force": "immediate_or_cancel"}
EVENT = TICKER.rsplit("-", 1)[0]


async def position(ann, ticker=TICKER):
    _, body = await ann.get("/portfolio/positions", ticker=ticker)
    return body["market_positions"][0]


# ---- lists


async def test_orders_are_filtered_paged_and_newest_first():
    async with trading() as ann:
        made = []
        for price in ("0.1000", "0.1100", "0.1200"):
            made.append((await ann.placed(price=price, count="1.00"))["order_id"])
            await ann.clock.advance(1)
        await ann.delete(f"{ORDERS}/{made[1]}")
        filled = (await ann.placed("bid", "1.00", "0.4500"))["order_id"]

        async def listed(**query):
            status, body = await ann.get("/portfolio/orders", **query)
            assert status == 200, body
            return [row["order_id"] for row in body["orders"]]

        assert await listed() == [filled, made[2], made[1], made[0]]
        assert await listed(status="resting") == [made[2], made[0]]
        assert await listed(status="canceled") == [made[1]]
        assert await listed(status="executed", ticker=TICKER) == [filled]
        assert await listed(event_ticker=f"{EVENT},KXOTHER") == await listed()
        assert await listed(ticker=FAR) == await listed(exchange_index=3) == []
        assert await listed(min_ts=NOW // SECOND + 2) == [filled, made[2]]
        assert await listed(max_ts=NOW // SECOND) == [made[0]]
        _, first = await ann.get("/portfolio/orders", limit=3)
        _, rest = await ann.get("/portfolio/orders", limit=3, cursor=first["cursor"])
        assert [row["order_id"] for row in rest["orders"]] == [made[0]]
        assert rest["cursor"] == ""
        assert await listed(cursor="garbage") == await listed()
        assert (await ann.as_bob().get("/portfolio/orders"))[1]["orders"] == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": 1_001}, "'Limit' failed on the 'lte' tag"),
        ({"limit": 0}, "'Limit' failed on the 'gte' tag"),
        ({"status": "open"}, "'Status' failed on the 'oneof' tag"),
    ],
)
async def test_parameter_out_of_bounds_is_refused_in_msg(query, said):
    async with trading() as ann:
        status, body = await ann.get("/portfolio/orders", **query)
        assert (status, set(body)) == (400, {"msg"})
        assert body["msg"].startswith("Parameter validation failed for GetOrders")
        assert said in body["msg"]


async def test_sums_of_an_order_are_those_of_its_fills():
    async with trading() as ann:
        quote(ann.sim, asks=[(4_600, 5)])
        made = await ann.placed("bid", "30.00", "0.4600")
        quote(ann.sim, asks=[(4_600, 2)])
        row = await ann.order(made["order_id"])
        _, body = await ann.get("/portfolio/fills", order_id=made["order_id"])
        fills = body["fills"]
        assert sum(float(fill["count_fp"]) for fill in fills) == float(row["fill_count_fp"]) == 27
        fees = float(row["taker_fees_dollars"]) + float(row["maker_fees_dollars"])
        assert sum(float(fill["fee_cost"]) for fill in fills) == pytest.approx(fees, abs=1e-9)
        assert len({fill["fill_id"] for fill in fills}) == 3
        assert (await ann.get("/portfolio/fills", ticker=f"{FAR},{TICKER}"))[1] == body
        many = ",".join(f"T{number}" for number in range(101))
        assert (await ann.get("/portfolio/fills", ticker=many))[0] == 400


# ---- positions


async def test_position_is_net_and_closing_makes_the_difference():
    async with trading() as ann:
        quote(ann.sim, bids=[(4_000, 30)])
        await ann.placed("bid", "10.00", "0.4500", **IOC)
        held = await position(ann)
        assert (held["position_fp"], held["market_exposure_dollars"]) == ("10.00", "4.500000")
        await ann.placed("ask", "4.00", "0.4000", **IOC)
        held = await position(ann)
        assert (held["position_fp"], held["market_exposure_dollars"]) == ("6.00", "2.700000")
        assert held["realized_pnl_dollars"] == "-0.200000"  # four bought at 0.45, sold at 0.40
        assert held["total_traded_dollars"] == "6.900000"  # 4.50 of YES and 2.40 of NO
        await ann.placed("ask", "16.00", "0.4000", **IOC)
        held = await position(ann)
        assert (held["position_fp"], held["market_exposure_dollars"]) == ("-10.00", "6.000000")
        assert isinstance(held["last_updated_ts"], str)
        _, body = await ann.get("/portfolio/positions", event_ticker=EVENT)
        (event,) = body["event_positions"]
        assert (event["event_ticker"], event["event_exposure_dollars"]) == (EVENT, "6.000000")


async def test_positions_that_are_flat_are_left_out_if_asked():
    async with trading() as ann:
        await ann.placed("bid", "1.00", "0.4500", **IOC)
        await ann.placed("ask", "1.00", "0.4000", **IOC)
        _, body = await ann.get("/portfolio/positions", count_filter="position")
        assert body["market_positions"] == []
        _, body = await ann.get("/portfolio/positions", count_filter="total_traded")
        assert body["market_positions"][0]["position_fp"] == "0.00"


# ---- money


async def test_balance_is_free_money_by_shard_and_cents_are_cut_off():
    async with trading(cash=98_018_600) as ann:
        _, body = await ann.get("/portfolio/balance")
        assert (body["balance"], body["balance_dollars"]) == (9_801, "98.0186")
        assert body["balance_breakdown"] == [{"exchange_index": 0, "balance": "98.0186"}]
        bob = ann.as_bob()
        _, body = await bob.get("/portfolio/balance")
        assert body["balance_dollars"] == "196.0372"
        _, body = await bob.get("/portfolio/balance", exchange_index=3)
        assert body["balance_dollars"] == "98.0186"
        await ann.placed("bid", "10.00", "0.3000")
        _, body = await ann.get("/portfolio/balance")
        assert body["balance_dollars"] == "95.0186"  # a resting order holds its cost back
        await ann.placed("bid", "10.00", "0.4500", **IOC)
        _, body = await ann.get("/portfolio/balance")
        assert body["balance_dollars"] == "90.3453"  # 4.50 and 0.1733 of fee
        assert body["portfolio_value"] == 450


async def test_money_moves_between_shards_in_its_time():
    async with trading() as ann:
        path = "/portfolio/intra_exchange_instance_transfer"
        wish = {
            "source": "event_contract",
            "destination": "event_contract",
            "amount": 250_000,  # centicents: 25 dollars
            "source_exchange_shard": 0,
            "destination_exchange_shard": 3,
            "client_transfer_id": "t1",
        }
        assert (await ann.create(ticker=FAR, price="0.3000"))[0] == 404
        status, body = await ann.post(path, wish)
        assert status == 200
        look = f"{path}s/{body['transfer_id']}"
        shown = (await ann.get(look))[1]["transfer"]
        assert (shown["status"], shown["amount"]) == ("pending", "25.0000")
        assert (await ann.get(f"{path}s"))[1]["transfers"] == [shown]
        assert (await ann.create(ticker=FAR, price="0.3000"))[0] == 404
        await ann.clock.advance(1)
        assert (await ann.get(look))[1]["transfer"]["status"] == "complete"
        await ann.placed(ticker=FAR, price="0.3000")
        _, body = await ann.get("/portfolio/balance")
        assert [one["balance"] for one in body["balance_breakdown"]] == ["75.0000", "22.0000"]
        assert code((await ann.post(path, wish))[1]) == "transfer_already_exists"
        much = wish | {"client_transfer_id": "t2", "amount": 10**9}
        assert code((await ann.post(path, much))[1]) == "insufficient_balance"
        far = wish | {"client_transfer_id": "t3", "source_exchange_shard": 2}
        assert code((await ann.post(path, far))[1]) == "user_not_found"
        assert (await ann.as_bob().get(look))[0] == 404
        ann.sim.exchange.ledger.check()


async def test_subaccounts_have_their_own_money_orders_and_positions():
    async with trading() as ann:
        status, body = await ann.post("/portfolio/subaccounts", {})
        assert (status, body["subaccount_number"]) == (201, 1)
        wish = {
            "client_transfer_id": "11111111-0000-4000-8000-000000000000",
            "from_subaccount": 0,
            "to_subaccount": 1,
            "amount_cents": 1_000,
        }
        assert (await ann.create(subaccount=1))[0] == 400
        assert (await ann.post("/portfolio/subaccounts/transfer", wish))[0] == 200
        assert (await ann.post("/portfolio/subaccounts/transfer", wish))[0] == 409
        made = await ann.placed("bid", "20.00", "0.4500", subaccount=1, **IOC)
        _, body = await ann.get("/portfolio/positions", subaccount=1)
        assert body["market_positions"][0]["position_fp"] == "20.00"
        assert (await ann.get("/portfolio/positions"))[1]["market_positions"] == []
        rows = (await ann.get("/portfolio/orders"))[1]["orders"]  # of all, if none is named
        assert [(row["order_id"], row["subaccount_number"]) for row in rows] == [
            (made["order_id"], 1)
        ]
        assert (await ann.get("/portfolio/orders", subaccount=0))[1]["orders"] == []
        rests = await ann.placed("bid", "1.00", "0.1000", subaccount=1)
        path = f"{ORDERS}/{rests['order_id']}"
        assert (await ann.delete(path))[0] == 404
        assert (await ann.delete(path, subaccount=1))[0] == 200
        _, body = await ann.get("/portfolio/subaccounts/balances")
        found = {row["subaccount_number"]: row["balance"] for row in body["subaccount_balances"]}
        assert found == {0: "90.0000", 1: "0.6535"}
        _, body = await ann.get("/portfolio/subaccounts/transfers")
        assert [row["amount_cents"] for row in body["transfers"]] == [1_000]
        ann.sim.exchange.ledger.check()


# ---- payments


@pytest.mark.parametrize(
    ("side", "payout", "word", "revenue", "value"),
    [
        ("bid", 10_000, "yes", 1_000, 100),
        ("bid", 0, "no", 0, 0),
        ("ask", 0, "no", 1_000, 0),
        ("ask", 10_000, "yes", 0, 100),
        ("bid", 5_000, "scalar", 500, 50),
    ],
)
async def test_settlement_pays_what_was_held(side, payout, word, revenue, value):
    async with trading() as ann:
        price = "0.4500" if side == "bid" else "0.4000"
        made = await ann.placed(side, "10.00", price, **IOC)
        rests = await ann.placed(side, "1.00", "0.1000" if side == "bid" else "0.9000")
        _, before = await ann.get("/portfolio/balance")
        ann.sim.exchange.resolve(ann.clock.now(), TICKER, payout)
        (row,) = (await ann.get("/portfolio/settlements"))[1]["settlements"]
        assert (row["market_result"], row["revenue"], row["value"]) == (word, revenue, value)
        held, other = ("yes", "no") if side == "bid" else ("no", "yes")
        assert row[f"{held}_count_fp"] == "10.00"
        assert row[f"{held}_total_cost_dollars"] == ("4.500000" if side == "bid" else "6.000000")
        assert row[f"{other}_count_fp"] == "0.00"
        fill = (await ann.get("/portfolio/fills", order_id=made["order_id"]))[1]["fills"][0]
        assert row["fee_cost"] == fill["fee_cost"]
        _, after = await ann.get("/portfolio/balance")
        assert after["balance"] - before["balance"] == revenue + 10  # and what the order held
        assert (await position(ann))["position_fp"] == "0.00"
        assert (await position(ann))["settlement_status"] == "settled"
        assert (await ann.order(rests["order_id"]))["status"] == "canceled"
        _, body = await ann.get(f"/markets/{TICKER}")
        market = body["market"]
        assert (market["status"], market["result"]) == ("finalized", word)
        assert market["settlement_value_dollars"] == f"{payout / 10_000:.4f}"
        ann.sim.exchange.ledger.check()


# ---- lag


async def test_reads_are_behind_the_engine_by_their_switches():
    async with trading(lag=True) as ann:
        made = await ann.placed("bid", "5.00", "0.4500")
        path = f"/portfolio/orders/{made['order_id']}"
        assert (await ann.get(path))[0] == 404
        await ann.clock.advance(0.5)
        assert (await ann.get(path))[1]["order"]["status"] == "executed"
        for list_path, name in (
            ("/portfolio/orders", "orders"),
            ("/portfolio/fills", "fills"),
            ("/portfolio/positions", "market_positions"),
        ):
            assert (await ann.get(list_path))[1][name] == []
        assert (await ann.get("/portfolio/balance"))[1]["balance_dollars"] == "100.0000"
        await ann.clock.advance(0.6)
        assert len((await ann.get("/portfolio/orders"))[1]["orders"]) == 1
        assert (await position(ann))["position_fp"] == "5.00"
        assert (await ann.get("/portfolio/balance"))[1]["balance"] < 10_000


async def test_order_read_right_after_its_cancel_still_rests():
    async with trading(lag=True) as ann:
        made = await ann.placed("bid", "5.00", "0.3000")
        await ann.clock.advance(2)
        await ann.delete(f"{ORDERS}/{made['order_id']}")
        await ann.clock.advance(0.36)
        assert (await ann.order(made["order_id"]))["status"] == "resting"
        await ann.clock.advance(0.64)
        assert (await ann.order(made["order_id"]))["status"] == "canceled"


async def test_freshness_tells_how_far_reads_are_behind():
    async with trading(lag=True) as ann:
        assert NOW == 1_790_000_000 * SECOND
        url = f"{ann.sim.base_url}{BASE}/exchange/user_data_timestamp"
        async with ann.web.get(url) as answer:
            assert await answer.json() == {"as_of_time": "2026-09-21T14:13:19Z"}


async def test_ledger_holds_what_the_reads_say():
    async with trading() as ann:
        await ann.placed("bid", "7.50", "0.4500", **IOC)
        ledger = ann.sim.exchange.ledger
        assert ledger.position("ann", TICKER) == 7_500_000
        _, body = await ann.get("/portfolio/balance")
        cash = sum(ledger.purses("ann").values())
        assert body["balance_dollars"] == f"{cash / DOLLARS:.4f}"
