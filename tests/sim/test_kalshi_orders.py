"""Orders on the local Kalshi: made, refused, filled, read, cancelled, changed."""

from tests.sim.kalshi_build import ORDERS, TICKER, trading


async def test_order_rests_is_read_and_cancelled():
    async with trading() as ann:
        made = await ann.placed("bid", "10.00", "0.3000")
        assert made["fill_count"] == "0.00"
        assert made["remaining_count"] == "10.00"
        assert "average_fill_price" not in made
        assert "status" not in made
        row = await ann.order(made["order_id"])
        assert (row["status"], row["book_side"], row["outcome_side"]) == ("resting", "bid", "yes")
        assert (row["yes_price_dollars"], row["no_price_dollars"]) == ("0.3000", "0.7000")
        assert row["client_order_id"] == "key-ed-1"
        status, gone = await ann.delete(f"{ORDERS}/{made['order_id']}", market_ticker=TICKER)
        assert (status, gone["reduced_by"]) == (200, "10.00")
        assert "client_order_id" not in gone
        row = await ann.order(made["order_id"])
        assert (row["status"], row["remaining_count_fp"]) == ("canceled", "0.00")
        assert row["initial_count_fp"] == "10.00"


async def test_taker_fills_at_the_resting_price_and_pays_the_fee():
    async with trading() as ann:
        made = await ann.placed("bid", "8.00", "0.9900", time_in_force="immediate_or_cancel")
        assert made["fill_count"] == "8.00"
        assert made["average_fill_price"] == "0.4500"
        # 0.07 * 8 * 0.45 * 0.55 = 0.1386, paid per contract
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
        assert "client_order_id" not in fill
