"""Fees the local Kalshi takes, against fees real accounts paid."""

import pytest
from tests.sim.kalshi_build import DOLLARS, TICKER, trading

from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.units import QTY_ONE
from pmterm.sim.quiet import MILLE_GRID, kalshi_listing

IOC = {"time_in_force": "immediate_or_cancel"}
# Side, contracts, YES price, the series' multiplier in halves, and what was charged: real fills of
# single-fill taker orders, August 2026. `ask` is a purchase of NO.
REAL = [
    ("bid", "90.90", "0.0010", 2, "0.006400"),
    ("bid", "45.45", "0.0020", 2, "0.006400"),
    ("bid", "28.32", "0.0330", 2, "0.063340"),
    ("bid", "4.15", "0.2280", 2, "0.051200"),
    ("bid", "10.00", "0.0400", 2, "0.026900"),
    ("bid", "20.00", "0.3300", 2, "0.309600"),
    ("bid", "10.00", "0.2700", 2, "0.138000"),
    ("bid", "10.00", "0.2800", 2, "0.141200"),
    ("bid", "3.00", "0.5200", 2, "0.052500"),
    ("bid", "10.00", "0.1300", 2, "0.079200"),
    ("ask", "10.00", "0.8400", 2, "0.094100"),
    ("ask", "20.00", "0.8500", 2, "0.178500"),
    ("bid", "20.00", "0.1300", 2, "0.158400"),
    ("bid", "1.00", "0.5200", 1, "0.008800"),
    ("bid", "1.00", "0.2700", 1, "0.006900"),
    ("bid", "20.00", "0.1300", 1, "0.079200"),
    ("bid", "1.00", "0.4800", 1, "0.008800"),
    ("bid", "20.00", "0.1500", 2, "0.178500"),
    ("bid", "10.00", "0.2700", 1, "0.069000"),
]


def market(**fees):
    schedule = FeeSchedule(FeeKind.KALSHI, **fees)
    return [kalshi_listing(TICKER, bands=MILLE_GRID, fees=schedule)]


def stand(ann, side, price, qty):
    """Have the maker stand where the order will meet it."""
    level = [(round(float(price) * 10_000), round(float(qty) * 100) * QTY_ONE // 100)]
    ann.sim.world.quote(TICKER, **{"asks" if side == "bid" else "bids": level})
    ann.sim.advance(ann.sim.exchange.now)


@pytest.mark.parametrize(("side", "count", "price", "halves", "fee"), REAL)
async def test_takers_pay_what_real_ones_paid(side, count, price, halves, fee):
    async with trading(market(taker_ppm=35_000 * halves), book=False) as ann:
        stand(ann, side, price, count)
        made = await ann.placed(side, count, price, **IOC)
        assert made["fill_count"] == count
        (fill,) = (await ann.get("/portfolio/fills"))[1]["fills"]
        assert fill["fee_cost"] == fee
        _, series = await ann.get("/series/KXQUIETGAME")
        assert series["series"]["fee_multiplier"] == halves / 2
        cash = sum(ann.sim.exchange.ledger.purses("ann").values())
        own = float(price) if side == "bid" else 1 - float(price)
        paid = 100 * DOLLARS - cash
        assert paid == round((float(count) * own + float(fee)) * DOLLARS)


async def test_makers_pay_where_the_series_says_so():
    async with trading(market(taker_ppm=70_000, maker_ppm=17_500), book=False) as ann:
        made = await ann.placed("bid", "100.00", "0.5000")
        stand(ann, "bid", "0.5000", "100.00")
        (fill,) = (await ann.get("/portfolio/fills"))[1]["fills"]
        assert (fill["is_taker"], fill["fee_cost"]) == (False, "0.437500")
        row = await ann.order(made["order_id"])
        assert (row["maker_fees_dollars"], row["taker_fees_dollars"]) == ("0.437500", "0.000000")
        _, series = await ann.get("/series/KXQUIETGAME")
        assert series["series"]["fee_type"] == "quadratic_with_maker_fees"


async def test_rounding_adds_up_over_one_order_and_comes_back_past_a_cent():
    async with trading(market(taker_ppm=70_000, quantum=10_000), book=False) as ann:
        for _ in range(7):
            stand(ann, "bid", "0.5000", "1.00")
        made = await ann.placed("bid", "5.00", "0.5000", **IOC)
        _, body = await ann.get("/portfolio/fills", order_id=made["order_id"])
        # 0.0175 is rounded up by 0.0025 four times, then more than a cent has come together
        fees = sorted(fill["fee_cost"] for fill in body["fills"])
        assert fees == ["0.010000"] + ["0.020000"] * 4
        assert made["average_fee_paid"] == "0.0180"
        for _ in range(2):  # each order begins anew
            made = await ann.placed("bid", "1.00", "0.5000", **IOC)
            assert made["average_fee_paid"] == "0.0200"
