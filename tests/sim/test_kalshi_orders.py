"""Orders on the local Kalshi: made, refused, filled and read, in the venue's own words."""

import pytest
from tests.sim.kalshi_build import FAR, NOW, ORDERS, TICKER, code, quote, trading

from pmterm.model.units import SECOND
from pmterm.sim.quiet import MILLE_GRID, kalshi_listing

SECONDS = NOW // SECOND
IOC = {"time_in_force": "immediate_or_cancel"}
FOK = {"time_in_force": "fill_or_kill"}


# ---- what is taken


async def test_order_rests_is_read_and_cancelled():
    async with trading() as ann:
        made = await ann.placed("bid", "10.00", "0.3000")
        assert made["fill_count"] == "0.00"
        assert made["remaining_count"] == "10.00"
        assert {"average_fill_price", "status"}.isdisjoint(made)
        row = await ann.order(made["order_id"])
        assert (row["status"], row["book_side"], row["outcome_side"]) == ("resting", "bid", "yes")
        assert (row["yes_price_dollars"], row["no_price_dollars"]) == ("0.3000", "0.7000")
        assert row["client_order_id"] == "key-ed-1"
        assert (row["action"], row["side"], row["type"]) == ("buy", "yes", "limit")
        status, gone = await ann.delete(f"{ORDERS}/{made['order_id']}", market_ticker=TICKER)
        assert (status, gone["reduced_by"]) == (200, "10.00")
        assert "client_order_id" not in gone
        row = await ann.order(made["order_id"])
        assert (row["status"], row["remaining_count_fp"]) == ("canceled", "0.00")
        assert row["initial_count_fp"] == "10.00"


async def test_taker_fills_at_the_resting_price_and_pays_the_fee():
    async with trading() as ann:
        made = await ann.placed("bid", "8.00", "0.9900", **IOC)
        assert made["fill_count"] == "8.00"
        assert made["average_fill_price"] == "0.4500"
        # 0.07 * 8 * 0.45 * 0.55 = 0.1386, told per contract
        assert made["average_fee_paid"] == "0.017325"
        row = await ann.order(made["order_id"])
        assert row["status"] == "executed"
        assert row["taker_fill_cost_dollars"] == "3.600000"
        assert row["taker_fees_dollars"] == "0.138600"
        _, fills = await ann.get("/portfolio/fills", order_id=made["order_id"])
        (fill,) = fills["fills"]
        assert (fill["count_fp"], fill["yes_price_dollars"]) == ("8.00", "0.4500")
        assert (fill["no_price_dollars"], fill["fee_cost"]) == ("0.5500", "0.138600")
        assert fill["is_taker"]
        assert fill["fill_id"] == fill["trade_id"]
        assert "client_order_id" not in fill


async def test_order_that_crosses_fills_first_and_rests_with_what_is_left():
    async with trading() as ann:
        made = await ann.placed("bid", "25.50", "0.4500")
        assert (made["fill_count"], made["remaining_count"]) == ("20.00", "5.50")
        row = await ann.order(made["order_id"])
        counts = [row[f"{name}_count_fp"] for name in ("initial", "fill", "remaining")]
        assert (row["status"], counts) == ("resting", ["25.50", "20.00", "5.50"])
        quote(ann.sim, asks=[(4_500, 3)])  # somebody meets it now: ann is the maker
        row = await ann.order(made["order_id"])
        assert (row["fill_count_fp"], row["maker_fill_cost_dollars"]) == ("23.00", "1.350000")
        assert row["maker_fees_dollars"] == "0.000000"  # this market charges takers only


async def test_ask_buys_no_and_fills_say_so():
    async with trading() as ann:
        made = await ann.placed("ask", "5.00", "0.4000", **IOC)
        assert made["average_fill_price"] == "0.4000"
        _, fills = await ann.get("/portfolio/fills")
        (fill,) = fills["fills"]
        assert (fill["outcome_side"], fill["book_side"]) == ("no", "ask")
        # on fills the deprecated pair names what was acquired
        assert (fill["side"], fill["action"]) == ("no", "buy")
        row = await ann.order(made["order_id"])
        assert (row["side"], row["action"]) == ("yes", "sell")


@pytest.mark.parametrize("how", [IOC, FOK])
async def test_orders_that_do_not_rest_leave_nothing_behind(how):
    async with trading() as ann:
        made = await ann.placed("bid", "20.00", "0.4500", **how)
        assert (made["fill_count"], made["remaining_count"]) == ("20.00", "0.00")
        _, resting = await ann.get("/portfolio/orders", status="resting")
        assert resting["orders"] == []


async def test_ioc_takes_what_is_there_and_its_rest_is_gone():
    async with trading() as ann:
        made = await ann.placed("bid", "30.00", "0.4500", **IOC)
        assert (made["fill_count"], made["remaining_count"]) == ("20.00", "0.00")
        row = await ann.order(made["order_id"])
        assert (row["status"], row["fill_count_fp"]) == ("canceled", "20.00")


async def test_ioc_that_meets_nobody_is_accepted_and_cancelled_or_refused_as_switched():
    async with trading() as ann:
        made = await ann.placed("bid", "1.00", "0.3000", **IOC)
        assert (made["fill_count"], made["remaining_count"]) == ("0.00", "0.00")
        assert (await ann.order(made["order_id"]))["status"] == "canceled"
        ann.sim.kalshi.rules.ioc_conflicts = True
        status, body = await ann.create("bid", "1.00", "0.3000", **IOC)
        assert status == 409
        assert code(body) == "immediate_or_cancel_insufficient_resting_volume"


async def test_order_expires_by_itself():
    async with trading() as ann:
        made = await ann.placed(price="0.3000", expiration_time=SECONDS + 5)
        assert "expiration_time" in await ann.order(made["order_id"])
        await ann.clock.advance(4)
        assert (await ann.order(made["order_id"]))["status"] == "resting"
        await ann.clock.advance(2)
        assert (await ann.order(made["order_id"]))["status"] == "canceled"


async def test_post_only_rests_where_it_does_not_cross():
    async with trading() as ann:
        made = await ann.placed("bid", "1.00", "0.4400", post_only=True)
        assert made["remaining_count"] == "1.00"


async def test_reduce_only_is_cut_to_what_is_held():
    async with trading() as ann:
        await ann.placed("bid", "6.00", "0.4500", **IOC)
        made = await ann.placed("ask", "50.00", "0.4000", reduce_only=True, **IOC)
        assert made["fill_count"] == "6.00"
        _, body = await ann.get("/portfolio/positions", ticker=TICKER)
        assert body["market_positions"][0]["position_fp"] == "0.00"


async def test_self_trade_kills_the_taker_or_takes_the_maker_away():
    async with trading(book=False) as ann:
        rests = await ann.placed("ask", "5.00", "0.4500")
        meets = await ann.placed("bid", "5.00", "0.4500")
        assert (meets["fill_count"], meets["remaining_count"]) == ("0.00", "0.00")
        assert (await ann.order(rests["order_id"]))["status"] == "resting"
        quote(ann.sim, asks=[(4_600, 5)])
        goes_on = await ann.placed(
            "bid", "5.00", "0.4600", self_trade_prevention_type="maker", **IOC
        )
        assert goes_on["fill_count"] == "5.00"
        row = await ann.order(rests["order_id"])
        assert (row["status"], row["fill_count_fp"]) == ("canceled", "0.00")


async def test_two_accounts_trade_with_each_other_at_one_price():
    async with trading(book=False) as ann:
        bob = ann.as_bob()
        await ann.placed("bid", "4.00", "0.6000")
        await bob.placed("ask", "4.00", "0.5500")
        both = [(await one.get("/portfolio/fills"))[1]["fills"][0] for one in (ann, bob)]
        assert {fill["yes_price_dollars"] for fill in both} == {"0.6000"}
        assert both[0]["trade_id"] == both[1]["trade_id"]
        assert [fill["is_taker"] for fill in both] == [False, True]
        ann.sim.exchange.ledger.check()


# ---- what is refused


async def refused(ann, status, word, details="", **fields):
    """Ask for an order that is not taken; nothing of it may be seen afterwards."""
    before = len((await ann.get("/portfolio/orders"))[1]["orders"])
    got, body = await ann.create(**fields)
    assert (got, code(body)) == (status, word), body
    assert details in body["error"].get("details", ""), body
    assert len((await ann.get("/portfolio/orders"))[1]["orders"]) == before


@pytest.mark.parametrize(
    ("fields", "status", "word", "details"),
    [
        ({"price": "0.3050"}, 400, "invalid_price", ""),
        ({"price": "0.0000"}, 400, "invalid_price", ""),
        ({"price": "1.0000"}, 400, "invalid_price", ""),
        ({"price": "0.30001"}, 400, "invalid_price", ""),
        ({"count": "0.00"}, 400, "invalid_order_size", ""),
        ({"count": "0.001"}, 400, "invalid_order_size", ""),
        ({"count": "-1.00"}, 400, "invalid_order_size", ""),
        ({"count": "300.00"}, 400, "insufficient_balance", ""),
        ({"price": "0.4500", "post_only": True}, 400, "invalid_order", "post only cross"),
        ({"reduce_only": True}, 400, "invalid_order", "IoC"),
        ({"reduce_only": True, **IOC}, 400, "invalid_order", "reduce only"),
        ({"price": "0.4500", "count": "21.00", **FOK}, 409, "fill_or_kill_insufficient", ""),
        ({"expiration_time": SECONDS}, 400, "invalid_order", "future"),
        ({"expiration_time": SECONDS + 9, **IOC}, 400, "invalid_order", "good_till_canceled"),
        ({"side": "yes"}, 400, "invalid_parameters", "oneof"),
        ({"time_in_force": "day"}, 400, "invalid_parameters", "TimeInForce"),
        ({"self_trade_prevention_type": None}, 400, "missing_parameters", "self_trade"),
        ({"ticker": ""}, 400, "missing_parameters", "ticker"),
        ({"ticker": "KXNOTHING"}, 404, "market_not_found", ""),
        ({"exchange_index": 3}, 404, "market_not_found", ""),
        ({"client_order_id": "a b"}, 400, "invalid_parameters", "client_order_id"),
        ({"client_order_id": "x" * 65}, 400, "invalid_parameters", "client_order_id"),
        ({"order_group_id": "nobody's"}, 404, "not_found", ""),
        ({"subaccount": 7}, 404, "user_not_found", "Sharding"),
        ({"ticker": FAR}, 404, "user_not_found", "Sharding"),
    ],
)
async def test_order_is_refused_in_the_venues_words(fields, status, word, details):
    async with trading() as ann:
        if word.startswith("fill_or_kill"):
            word = "fill_or_kill_insufficient_resting_volume"
        await refused(ann, status, word, details, **fields)


async def test_refusal_has_the_shape_and_the_message_that_was_recorded():
    async with trading() as ann:
        status, body = await ann.create(count="10099.00", price="0.9900")
        assert status == 400
        message = "insufficient balance"
        assert body == {"error": {"code": "insufficient_balance", "message": message}}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("count", 1, "number into Go struct field CreateOrderV2Request.count of type string"),
        ("price", 0.01, "number into Go struct field CreateOrderV2Request.price of type string"),
        ("post_only", "yes", "string into Go struct field CreateOrderV2Request.post_only of"),
        ("expiration_time", "9", "string into Go struct field CreateOrderV2Request.expiration"),
        ("expiration_time", 1.5, "number into Go struct field CreateOrderV2Request.expiration"),
    ],
)
async def test_wrong_json_type_is_refused_flat(field, value, said):
    async with trading() as ann:
        status, body = await ann.create(**{field: value})
        assert status == 400
        assert (body["code"], body["message"]) == ("bad_request", "bad request")
        assert body["details"].startswith(f"json: cannot unmarshal {said}")


@pytest.mark.parametrize(
    ("raw", "said"), [(b"", "EOF"), (b"<a>", "invalid character '<'"), (b"[1]", "array")]
)
async def test_body_that_is_no_json_is_refused_flat(raw, said):
    async with trading() as ann:
        status, body = await ann.post(ORDERS, raw)
        assert (status, body["code"]) == (400, "bad_request")
        assert said in body["details"]


async def test_client_order_id_is_used_once_and_for_ever():
    async with trading() as ann:
        name = {"client_order_id": "once"}
        made = await ann.placed(price="0.3000", **name)
        status, body = await ann.create(price="0.3100", **name)
        assert (status, code(body)) == (409, "order_already_exists")
        await ann.delete(f"{ORDERS}/{made['order_id']}")
        assert (await ann.create(price="0.3000", **name))[0] == 409
        killed = {"client_order_id": "killed", "count": "99.00", "price": "0.4500", **FOK}
        assert code((await ann.create(**killed))[1]).startswith("fill_or_kill")
        assert code((await ann.create(**killed))[1]) == "order_already_exists"
        refused_name = {"client_order_id": "refused"}
        assert (await ann.create(price="0.3333", **refused_name))[0] == 400
        await ann.placed(price="0.3300", **refused_name)  # it never came to the engine
        crossing = {"client_order_id": "crossing", "post_only": True}
        assert code((await ann.create(price="0.4500", **crossing))[1]) == "invalid_order"
        await ann.placed(price="0.4400", **crossing)  # no order came of the first
        await ann.as_bob().placed(price="0.3000", **name)  # another account's own names


async def test_grid_is_the_markets_own():
    async with trading([kalshi_listing(TICKER, bands=MILLE_GRID)], book=False) as ann:
        await ann.placed(price="0.3050")
        status, body = await ann.create(price="0.3055")
        assert (status, code(body)) == (400, "invalid_price")


async def test_money_is_held_back_by_resting_orders_and_closing_costs_nothing():
    async with trading(cash=10_000_000) as ann:
        await ann.placed("bid", "20.00", "0.4000")  # 8 of 10 dollars
        assert code((await ann.create("bid", "10.00", "0.3000"))[1]) == "insufficient_balance"
        await ann.delete(ORDERS)
        await ann.placed("bid", "20.00", "0.4500", **IOC)  # 9 dollars and the fee
        await ann.placed("ask", "20.00", "0.4600")  # closes what is held
        assert code((await ann.create("ask", "2.00", "0.4600"))[1]) == "insufficient_balance"


async def test_order_that_takes_must_be_able_to_pay_its_fee():
    async with trading(cash=4_600_000) as ann:
        # 10 at 0.45 and 0.1733 of fee are more than 4.60 dollars; resting, it would cost 4.40
        assert code((await ann.create("bid", "10.00", "0.4500"))[1]) == "insufficient_balance"
        await ann.placed("bid", "10.00", "0.4400")


async def test_old_order_calls_are_gone():
    async with trading() as ann:
        status, body = await ann.post("/portfolio/orders", ann.wish())
        assert (status, code(body)) == (410, "deprecated_v1_order_endpoint")


async def test_queue_position_counts_what_trades_first():
    async with trading() as ann:
        made = await ann.placed("bid", "5.00", "0.4000")
        first = await ann.placed("bid", "5.00", "0.4100")
        path = f"/portfolio/orders/{made['order_id']}/queue_position"
        assert await ann.get(path) == (200, {"queue_position_fp": "25.00"})
        _, body = await ann.get("/portfolio/orders/queue_positions", market_tickers=TICKER)
        found = {row["order_id"]: row["queue_position_fp"] for row in body["queue_positions"]}
        assert found == {made["order_id"]: "25.00", first["order_id"]: "0.00"}
        assert (await ann.get("/portfolio/orders/queue_positions"))[0] == 400
        assert (await ann.as_bob().get(path))[0] == 404
