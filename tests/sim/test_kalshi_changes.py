"""Orders on the local Kalshi changed, made smaller and cancelled: one, many, all; and by shard."""

import pytest
from tests.sim.kalshi_build import FAR, NOW, ORDERS, TICKER, code, quote, trading

from pmterm.model.units import SECOND

SECONDS = NOW // SECOND


def change(price="0.3000", count="10.00", **more):
    return {"ticker": TICKER, "side": "bid", "price": price, "count": count} | more


async def amended(ann, made, body, **query):
    return await ann.post(f"{ORDERS}/{made['order_id']}/amend", body, **query)


async def place_in_line(ann, made):
    _, body = await ann.get(f"/portfolio/orders/{made['order_id']}/queue_position")
    return body["queue_position_fp"]


# ---- amend


async def test_smaller_order_keeps_its_place_and_a_new_price_or_more_size_loses_it():
    async with trading(book=False) as ann:
        made = await ann.placed("bid", "10.00", "0.3000")
        quote(ann.sim, bids=[(3_000, 7)])
        status, body = await amended(ann, made, change(count="8.00"))
        assert status == 200
        assert body["remaining_count"] == "8.00"
        assert "fill_count" not in body
        assert await place_in_line(ann, made) == "0.00"
        assert (await amended(ann, made, change(count="9.00")))[0] == 200
        assert await place_in_line(ann, made) == "7.00"
        status, body = await amended(ann, made, change(price="0.3100", count="9.00"))
        assert "remaining_count" not in body  # it did not change
        row = await ann.order(made["order_id"])
        assert (row["yes_price_dollars"], row["initial_count_fp"]) == ("0.3100", "9.00")


async def test_amend_counts_what_is_filled_and_may_trade_at_once():
    async with trading(book=False) as ann:
        quote(ann.sim, asks=[(3_000, 4), (3_500, 2)])
        made = await ann.placed("bid", "10.00", "0.3000")
        assert made["fill_count"] == "4.00"
        status, body = await amended(ann, made, change(price="0.3500", count="10.00"))
        assert status == 200
        assert (body["fill_count"], body["remaining_count"]) == ("6.00", "4.00")
        assert body["average_fill_price"] == "0.3500"
        status, body = await amended(ann, made, change(price="0.3500", count="6.00"))
        assert (status, code(body)) == (400, "invalid_order_size")


async def test_amend_of_an_order_that_closes_needs_money_only_for_what_is_not_held():
    async with trading(cash=10_000_000) as ann:
        await ann.placed("bid", "20.00", "0.4500")  # 9 dollars and the fee
        made = await ann.placed("ask", "10.00", "0.9000")
        more = {"ticker": TICKER, "side": "ask", "price": "0.9000"}
        assert (await amended(ann, made, more | {"count": "20.00"}))[0] == 200
        status, body = await amended(ann, made, more | {"count": "60.00"})
        assert (status, code(body)) == (400, "insufficient_balance")


async def test_amend_sets_keeps_and_clears_the_expiry():
    async with trading() as ann:
        made = await ann.placed(price="0.3000", expiration_time=SECONDS + 10)
        await amended(ann, made, change(price="0.3100"))
        assert "expiration_time" in await ann.order(made["order_id"])
        await amended(ann, made, change(price="0.3100", expiration_time=0))
        assert "expiration_time" not in await ann.order(made["order_id"])
        await amended(ann, made, change(price="0.3100", expiration_time=SECONDS + 20))
        await ann.clock.advance(15)
        assert (await ann.order(made["order_id"]))["status"] == "resting"
        await ann.clock.advance(10)
        assert (await ann.order(made["order_id"]))["status"] == "canceled"


async def test_amend_renames_and_the_old_name_stays_used():
    async with trading() as ann:
        made = await ann.placed(price="0.3000", client_order_id="old")
        body = change(client_order_id="old", updated_client_order_id="new")
        assert (await amended(ann, made, body))[1]["client_order_id"] == "new"
        for name in ("old", "new"):
            assert code((await ann.create(client_order_id=name))[1]) == "order_already_exists"


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (change(ticker=FAR), 404, "not_found"),
        (change(side="ask"), 400, "order_side_mismatch"),
        (change(client_order_id="another"), 400, "order_id_and_client_order_id_mismatch"),
        (change(updated_client_order_id="taken"), 409, "order_already_exists"),
        (change(price="0.3050"), 400, "invalid_price"),
        (change(count="900.00"), 400, "insufficient_balance"),
        (change(count="0.00"), 400, "invalid_order_size"),
        (change(expiration_time=SECONDS - 1), 400, "invalid_order"),
        ({"side": "bid"}, 400, "missing_parameters"),
    ],
)
async def test_amend_that_is_refused_changes_nothing(body, status, word):
    async with trading() as ann:
        await ann.placed(price="0.2000", client_order_id="taken", count="1.00")
        made = await ann.placed("bid", "10.00", "0.3000")
        before = await ann.order(made["order_id"])
        got, answer = await amended(ann, made, body)
        assert (got, code(answer)) == (status, word)
        assert await ann.order(made["order_id"]) == before


async def test_amend_and_cancel_of_what_is_over_or_not_ones_own_are_not_found():
    async with trading() as ann:
        made = await ann.placed("bid", "10.00", "0.3000")
        bob = ann.as_bob()
        assert code((await amended(bob, made, change()))[1]) == "not_found"
        assert code((await bob.delete(f"{ORDERS}/{made['order_id']}"))[1]) == "not_found"
        await ann.delete(f"{ORDERS}/{made['order_id']}")
        filled = await ann.placed("bid", "1.00", "0.4500")
        for order in (made["order_id"], filled["order_id"], "00000000-0000-0000-0000-000000000000"):
            status, body = await ann.delete(f"{ORDERS}/{order}")
            expected = {"code": "not_found", "message": "not found"}
            assert (status, body) == (404, {"error": expected})
            status, body = await ann.post(f"{ORDERS}/{order}/amend", change())
            assert (status, code(body)) == (404, "not_found")


# ---- decrease


async def test_decrease_by_and_to():
    async with trading() as ann:
        made = await ann.placed("bid", "10.00", "0.3000")
        path = f"{ORDERS}/{made['order_id']}/decrease"
        status, body = await ann.post(path, {"reduce_by": "2.50"})
        assert (status, body["remaining_count"]) == (200, "7.50")
        assert (await ann.post(path, {"reduce_to": "3.00"}))[1]["remaining_count"] == "3.00"
        row = await ann.order(made["order_id"])
        assert (row["initial_count_fp"], row["remaining_count_fp"]) == ("3.00", "3.00")
        assert code((await ann.post(path, {"reduce_to": "3.00"}))[1]) == "invalid_order_size"
        assert (await ann.post(path, {"reduce_to": "1.00", "reduce_by": "1.00"}))[0] == 400
        assert (await ann.post(path, {"reduce_by": 1}))[1]["code"] == "bad_request"
        assert (await ann.post(path, {"reduce_to": "0.00"}))[1]["remaining_count"] == "0.00"
        assert (await ann.order(made["order_id"]))["status"] == "canceled"
        assert (await ann.post(path, {"reduce_by": "1.00"}))[0] == 404


# ---- batches


async def test_batch_answers_in_order_and_each_failure_for_itself():
    async with trading() as ann:
        wishes = [ann.wish(price="0.3000"), ann.wish(price="0.3050"), ann.wish(price="0.4500")]
        status, body = await ann.post(f"{ORDERS}/batched", {"orders": wishes})
        assert status == 201
        good, bad, filled = body["orders"]
        assert (good["remaining_count"], good["error"]) == ("10.00", None)
        assert good["average_fill_price"] is None
        assert bad["order_id"] is None
        assert bad["error"] == {"code": "invalid_price", "message": "invalid price"}
        assert bad["client_order_id"] == wishes[1]["client_order_id"]
        assert (filled["fill_count"], filled["average_fill_price"]) == ("10.00", "0.4500")
        ids = [good["order_id"], "nothing", filled["order_id"]]
        status, body = await ann.delete(
            f"{ORDERS}/batched", {"orders": [{"order_id": order} for order in ids]}
        )
        assert status == 200
        first, *others = body["orders"]
        assert (first["reduced_by"], first["error"]) == ("10.00", None)
        assert [other["error"]["code"] for other in others] == ["not_found", "not_found"]
        assert [other["reduced_by"] for other in others] == ["0.00", "0.00"]


async def test_batch_that_cannot_be_decoded_places_nothing():
    async with trading() as ann:
        wishes = [ann.wish(price="0.3000"), ann.wish(count=1)]
        status, body = await ann.post(f"{ORDERS}/batched", {"orders": wishes})
        assert (status, body["code"]) == (400, "bad_request")
        assert (await ann.get("/portfolio/orders"))[1]["orders"] == []
        assert (await ann.post(f"{ORDERS}/batched", {"orders": []}))[0] == 400
        assert (await ann.delete(f"{ORDERS}/batched"))[0] == 400


async def test_cancel_all_takes_every_shard_and_nobody_elses():
    async with trading() as ann:
        bob = ann.as_bob()
        anns = await ann.placed(price="0.3000")
        near = await bob.placed(price="0.3000")
        far = await bob.placed(price="0.3000", ticker=FAR)
        assert await bob.delete(ORDERS) == (204, None)
        for order in (near, far):
            assert (await bob.order(order["order_id"]))["status"] == "canceled"
        assert (await ann.order(anns["order_id"]))["status"] == "resting"


async def test_cancel_all_may_take_what_comes_within_the_minute_after_it():
    async with trading() as ann:
        ann.sim.kalshi.rules.sweep_lasts = 60 * SECOND
        await ann.delete(ORDERS)
        late = await ann.placed(price="0.3000")
        assert (await ann.order(late["order_id"]))["status"] == "canceled"
        await ann.clock.advance(61)
        later = await ann.placed(price="0.3000")
        assert (await ann.order(later["order_id"]))["status"] == "resting"


# ---- shards


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ({}, False),
        ({"exchange_index": 0}, False),
        ({"exchange_index": 3}, True),
        ({"market_ticker": FAR}, True),
        ({"exchange_index": -1, "market_ticker": FAR}, True),
    ],
)
async def test_cancel_looks_on_one_shard_only(query, is_found):
    async with trading() as ann:
        bob = ann.as_bob()
        made = await bob.placed(price="0.3000", ticker=FAR)
        status, body = await bob.delete(f"{ORDERS}/{made['order_id']}", **query)
        assert status == (200 if is_found else 404), body


async def test_decrease_looks_on_shard_0_unless_told():
    async with trading() as ann:
        bob = ann.as_bob()
        made = await bob.placed(price="0.3000", ticker=FAR)
        path = f"{ORDERS}/{made['order_id']}/decrease"
        assert (await bob.post(path, {"reduce_by": "1.00"}))[0] == 404
        assert (await bob.post(path, {"reduce_by": "1.00", "market_ticker": FAR}))[0] == 200
        assert (await bob.post(path, {"reduce_by": "1.00", "exchange_index": 3}))[0] == 200
        batch = {"orders": [{"order_id": made["order_id"]}]}
        answer = (await bob.delete(f"{ORDERS}/batched", batch))[1]["orders"][0]
        assert answer["error"]["code"] == "not_found"
        batch["orders"][0]["market_ticker"] = FAR
        answer = (await bob.delete(f"{ORDERS}/batched", batch))[1]["orders"][0]
        assert answer["reduced_by"] == "8.00"


async def test_order_uses_only_the_money_of_its_shard():
    async with trading(cash=10_000_000) as ann:
        bob = ann.as_bob()  # 10 dollars on each of two shards
        await bob.placed("bid", "20.00", "0.4000", ticker=FAR)
        status, body = await bob.create("bid", "10.00", "0.4000", ticker=FAR)
        assert (status, code(body)) == (400, "insufficient_balance")
        await bob.placed("bid", "10.00", "0.4000")
