"""Token buckets of the local Kalshi: what calls cost, and what happens when they are empty."""

import pytest
from tests.sim.kalshi_build import FAR, ORDERS, code, trading

from pmterm.model.units import SECOND
from pmterm.sim.kalshi_limits import TIERS, Bucket


def test_bucket_starts_full_refills_with_time_and_owes_nothing():
    bucket = Bucket(100, 100)
    assert bucket.take(100, 0)
    assert not bucket.take(1, 0)
    assert not bucket.take(11, SECOND // 10)  # what is not there is not taken
    assert bucket.take(10, SECOND // 10)
    assert bucket.take(100, 100 * SECOND)
    assert not bucket.take(1, 100 * SECOND)


async def drain(call, most):
    """Call until it is refused; returns how often it went well, and the refusal."""
    for done in range(most):
        status, body = await call()
        if status == 429:
            return done, body
    return most, None


async def test_ten_orders_a_second_then_429_in_the_recorded_words():
    async with trading() as ann:
        ann.sim.kalshi.rules.tier = "basic"
        done, body = await drain(lambda: ann.create(count="1.00", price="0.1000"), 20)
        assert done == 10
        too_many = {"code": "too_many_requests", "message": "too many requests"}
        assert body == {"error": too_many}
        await ann.clock.advance(0.5)
        assert (await drain(lambda: ann.create(count="1.00", price="0.1000"), 20))[0] == 5


async def test_cancels_cost_a_fifth_and_reads_have_their_own_bucket():
    async with trading() as ann:
        ann.sim.kalshi.rules.tier = "basic"
        assert (await drain(lambda: ann.delete(f"{ORDERS}/none"), 80))[0] == 50
        assert (await drain(lambda: ann.get("/portfolio/orders/none"), 300))[0] == 200
        assert (await ann.get("/portfolio/orders"))[0] == 429
        await ann.clock.advance(2)
        assert (await drain(lambda: ann.get("/portfolio/orders"), 80))[0] == 40


async def test_batch_is_paid_whole_or_not_done_at_all():
    async with trading() as ann:
        ann.sim.kalshi.rules.tier = "basic"
        eleven = [ann.wish(count="1.00", price="0.1000") for _ in range(11)]
        status, body = await ann.post(f"{ORDERS}/batched", {"orders": eleven})
        assert (status, code(body)) == (429, "too_many_requests")
        assert (await ann.get("/portfolio/orders"))[1]["orders"] == []
        status, body = await ann.post(f"{ORDERS}/batched", {"orders": eleven[:10]})
        assert (status, len(body["orders"])) == (201, 10)


async def test_writes_that_name_a_shard_use_its_own_bucket():
    async with trading() as ann:
        ann.sim.kalshi.rules.tier = "basic"
        bob = ann.as_bob()
        far = {"ticker": FAR, "count": "1.00", "price": "0.1000"}
        assert (await drain(lambda: bob.create(**far), 20))[0] == 10
        assert (await drain(lambda: bob.create(exchange_index=3, **far), 20))[0] == 10
        assert (await bob.create(**far))[0] == 429


async def test_accounts_do_not_share_buckets():
    async with trading() as ann:
        ann.sim.kalshi.rules.tier = "basic"
        await drain(lambda: ann.create(count="1.00", price="0.1000"), 20)
        assert (await ann.as_bob().create(count="1.00", price="0.1000"))[0] == 201


@pytest.mark.parametrize("tier", list(TIERS))
async def test_limits_are_shown_and_hold(tier):
    async with trading() as ann:
        ann.sim.kalshi.rules.tier = tier
        _, body = await ann.get("/account/limits")
        assert body["usage_tier"] == tier
        assert body["grants"] == []
        rates = TIERS[tier]
        assert body["read"]["refill_rate"] == rates.read
        assert body["write"]["refill_rate"] == rates.write
    if tier == "basic":  # as measured
        assert body["read"]["bucket_capacity"] == 400
        assert body["write"]["bucket_capacity"] == 100


async def test_costs_are_public_and_name_what_is_not_usual():
    async with trading() as ann:
        _, body = await ann.get("/account/endpoint_costs")
        assert body["default_cost"] == 10
        costs = {(row["method"], row["path"]): row["cost"] for row in body["endpoint_costs"]}
        assert costs["DELETE", "/trade-api/v2/portfolio/events/orders/:order_id"] == 2
        assert costs["GET", "/trade-api/v2/portfolio/orders/:order_id"] == 2
