"""Order groups of the local Kalshi: a switch on how much fills within 15 seconds."""

from tests.sim.kalshi_build import ORDERS, code, heard, quote, trading

GROUPS = "/portfolio/order_groups"


async def group(ann, limit=10, **more):
    status, body = await ann.post(f"{GROUPS}/create", {"contracts_limit": limit, **more})
    assert status == 201, body
    return body["order_group_id"]


async def statuses(ann, *made):
    return [(await ann.order(one["order_id"]))["status"] for one in made]


async def test_group_is_made_listed_read_and_deleted_with_its_orders():
    async with trading() as ann:
        status, made = await ann.post(f"{GROUPS}/create", {"contracts_limit_fp": "2.50"})
        assert (status, made["subaccount"], made["exchange_index"]) == (201, 0, 0)
        name = made["order_group_id"]
        order = await ann.placed(price="0.3000", order_group_id=name)
        row = await ann.order(order["order_id"])
        assert row["order_group_id"] == name
        _, body = await ann.get(GROUPS)
        assert [(one["id"], one["contracts_limit_fp"]) for one in body["order_groups"]] == [
            (name, "2.50")
        ]
        _, body = await ann.get(f"{GROUPS}/{name}")
        assert body["orders"] == [order["order_id"]]
        assert body["is_auto_cancel_enabled"] is True
        assert (await ann.as_bob().get(f"{GROUPS}/{name}"))[0] == 404
        assert (await ann.delete(f"{GROUPS}/{name}"))[0] == 200
        assert await statuses(ann, order) == ["canceled"]
        assert (await ann.get(f"{GROUPS}/{name}"))[0] == 404


async def test_more_than_the_limit_within_15_s_trips_it_until_it_is_reset():
    async with trading(book=False) as ann:
        name = await group(ann, 10)
        rests = await ann.placed("bid", "5.00", "0.2000", order_group_id=name)
        fills = await ann.placed("bid", "30.00", "0.4000", order_group_id=name)
        alone = await ann.placed("bid", "5.00", "0.2000")
        quote(ann.sim, asks=[(4_000, 10)])
        assert await statuses(ann, rests, fills) == ["resting", "resting"]  # 10 is not exceeded
        quote(ann.sim, asks=[(4_000, 1)])
        assert await statuses(ann, rests, fills, alone) == ["canceled", "canceled", "resting"]
        status, body = await ann.create(price="0.2000", order_group_id=name)
        assert (status, code(body)) == (400, "invalid_order")
        assert (await ann.put(f"{GROUPS}/{name}/reset", {}))[0] == 200
        await ann.placed("bid", "5.00", "0.2000", order_group_id=name)


async def test_the_15_s_roll():
    async with trading(book=False) as ann:
        name = await group(ann, 10)
        made = await ann.placed("bid", "30.00", "0.4000", order_group_id=name)
        quote(ann.sim, asks=[(4_000, 8)])
        await ann.clock.advance(16)
        quote(ann.sim, asks=[(4_000, 8)])
        assert await statuses(ann, made) == ["resting"]
        await ann.clock.advance(10)
        quote(ann.sim, asks=[(4_000, 3)])
        assert await statuses(ann, made) == ["canceled"]


async def test_lower_limit_counts_what_has_filled_and_trigger_asks_nothing():
    async with trading(book=False) as ann:
        name = await group(ann, 100)
        made = await ann.placed("bid", "30.00", "0.4000", order_group_id=name)
        quote(ann.sim, asks=[(4_000, 8)])
        assert (await ann.put(f"{GROUPS}/{name}/limit", {"contracts_limit": 8}))[0] == 200
        assert await statuses(ann, made) == ["resting"]
        assert (await ann.put(f"{GROUPS}/{name}/limit", {"contracts_limit": 7}))[0] == 200
        assert await statuses(ann, made) == ["canceled"]
        other = await group(ann, 100)
        made = await ann.placed("bid", "3.00", "0.4000", order_group_id=other)
        assert (await ann.put(f"{GROUPS}/{other}/trigger", {}))[0] == 200
        assert await statuses(ann, made) == ["canceled"]


async def test_what_makes_no_group_is_refused():
    async with trading() as ann:
        for body in ({"contracts_limit": 0}, {"contracts_limit": 1_000_001}, {}):
            assert (await ann.post(f"{GROUPS}/create", body))[0] == 400
        status, body = await ann.post(f"{GROUPS}/create", {"contracts_limit": "10"})
        assert body["details"].endswith("CreateOrderGroupRequest.contracts_limit of type int64")
        name = await group(ann)
        for what in ("reset", "trigger"):  # these two want a body
            status, body = await ann.put(f"{GROUPS}/{name}/{what}")
            assert (status, body["details"]) == (400, "EOF")
        far = await group(ann, exchange_index=3)
        assert (await ann.create(price="0.3000", order_group_id=far))[0] == 404


async def test_stream_tells_each_change_of_a_group_in_its_own_seq():
    async with trading(book=False) as ann, ann.stream("order_group_updates") as socket:
        name = await group(ann, 10)
        await ann.placed("bid", "30.00", "0.4000", order_group_id=name)
        quote(ann.sim, asks=[(4_000, 11)])
        await ann.put(f"{GROUPS}/{name}/reset", {})
        await ann.put(f"{GROUPS}/{name}/limit", {"contracts_limit": 20})
        await ann.delete(f"{GROUPS}/{name}")
        frames = [await heard(socket) for _ in range(5)]
        assert [frame["type"] for frame in frames] == ["order_group_updates"] * 5
        assert [frame["seq"] for frame in frames] == [1, 2, 3, 4, 5]
        told = [(one["msg"]["event_type"], one["msg"].get("contracts_limit_fp")) for one in frames]
        assert told == [
            ("created", "10.00"),
            ("triggered", None),
            ("reset", None),
            ("limit_updated", "20.00"),
            ("deleted", None),
        ]
        assert {frame["msg"]["order_group_id"] for frame in frames} == {name}
        assert (await ann.delete(ORDERS))[0] == 204
