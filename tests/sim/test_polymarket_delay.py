"""Market orders at the local exchange's Polymarket, and the delay before a taker trades."""

import pytest
from tests.sim.polymarket_trader import (
    MARKET,
    account,
    marks,
    quote,
    said,
    said_until,
    trading,
)

from pmterm.model.units import SECOND
from pmterm.sim.quiet import polymarket_listing

DELAY = 3 * SECOND
DELAYED = polymarket_listing("quiet", taker_delay=DELAY)


async def test_a_market_buy_spends_its_dollars_and_gets_more_shares_where_they_are_cheaper():
    async with trading(asks=((4_000, 100), (5_000, 100)), bids=()) as (_, ann):
        answer = await ann.place("BUY", None, None, "FOK", amounts=(50_000_000, 90_909_000))
        assert (answer["makingAmount"], answer["takingAmount"]) == ("50", "120")
        limited = await ann.place("BUY", "0.55", 20)
        assert (limited["makingAmount"], limited["takingAmount"]) == ("10", "20")


async def test_a_marketable_order_waits_out_the_delay_and_then_trades():
    async with trading(listings=[DELAYED]) as (_, ann), ann.stream() as stream:
        answer = await ann.place("BUY", "0.5", 20)
        assert (answer["status"], answer["makingAmount"], answer["tradeIDs"]) == ("delayed", "", [])
        assert marks([await said(stream)]) == [("UPDATE", "DELAYED")]
        done = await ann.ask("DELETE", "/order", {"orderID": answer["orderID"]})
        assert done["not_canceled"] == {answer["orderID"]: "already canceled or matched"}
        await ann.clock.advance(2.9)
        assert await ann.trades() == []
        await ann.clock.advance(0.2)
        frames = await said_until(stream, lambda frame: frame["type"] == "TRADE")
        assert frames[-1]["taker_order_id"] == answer["orderID"]


async def test_a_resting_order_is_not_delayed():
    async with trading(listings=[DELAYED]) as (_, ann):
        assert (await ann.place("BUY", "0.45", 20))["status"] == "live"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("GTC", ("PLACEMENT", "LIVE")),
        ("FAK", ("CANCELLATION", "UNMATCHED")),
        (
            "FOK",
            (
                "CANCELLATION",
                "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed.",
            ),
        ),
    ],
)
async def test_the_book_may_move_away_during_the_delay(kind, told):
    async with trading(listings=[DELAYED]) as (sim, ann), ann.stream() as stream:
        assert (await ann.place("BUY", "0.5", 20, kind))["status"] == "delayed"
        sim.world.withdraw(MARKET.id)
        await ann.clock.advance(3.1)
        assert marks([await said(stream), await said(stream)]) == [("UPDATE", "DELAYED"), told]


async def test_money_that_went_elsewhere_during_the_delay_is_missed_at_its_end():
    async with (
        trading(listings=[DELAYED, polymarket_listing("now")], accounts=[account(cash=20)]) as (
            sim,
            ann,
        ),
        ann.stream() as stream,
    ):
        quick = sim.world.listings[1].market
        quote(sim, quick.id, asks=((5_000, 100),))
        await ann.place("BUY", "0.5", 30)
        await ann.place("BUY", "0.5", 30, token=quick.outcomes[0].token)
        await ann.clock.advance(3.1)
        frames = await said_until(stream, lambda frame: frame["type"] == "CANCELLATION")
        assert frames[-1]["status"] == "CANCELED_NOT_ENOUGH_BALANCE"
