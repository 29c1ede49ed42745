"""Orders at the local exchange's Polymarket: what is taken, what it becomes, what it pays."""

import msgspec
import pytest
from tests.sim.polymarket_trader import MARKET, NO, YES, account, order_id, serving, trading

from pmterm.model.market import Outcome
from pmterm.model.units import CASH_ONE
from pmterm.sim.polymarket_signing import V3
from pmterm.sim.quiet import polymarket_listing


async def test_a_resting_order_is_live_and_is_listed_until_it_is_cancelled():
    async with trading() as (_, ann):
        body = ann.post("BUY", "0.45", 20)
        answer = await ann.ask("POST", "/order", body)
        assert answer == {
            "success": True,
            "errorMsg": "",
            "orderID": order_id(body["order"]),
            "status": "live",
            "makingAmount": "",
            "takingAmount": "",
            "tradeIDs": [],
        }
        [row] = await ann.open_orders()
        assert row == {
            "id": answer["orderID"],
            "status": "LIVE",
            "owner": ann.key["apiKey"],
            "maker_address": ann.wallet.address,
            "market": MARKET.id,
            "asset_id": YES,
            "side": "BUY",
            "original_size": "20",
            "size_matched": "0",
            "price": "0.45",
            "outcome": MARKET.outcomes[0].name,
            "expiration": "0",
            "order_type": "GTC",
            "associate_trades": [],
            "created_at": int(ann.stamp),
        }
        assert await ann.ask("GET", f"/data/order/{row['id']}") == row
        done = await ann.ask("DELETE", "/order", {"orderID": row["id"]})
        assert done == {"canceled": [row["id"]], "not_canceled": {}}
        assert await ann.open_orders() == []
        again = await ann.ask("DELETE", "/order", {"orderID": row["id"]})
        assert again == {
            "canceled": [],
            "not_canceled": {row["id"]: "already canceled or matched"},
        }


async def test_a_marketable_order_trades_at_the_resting_price_and_pays_the_fee():
    async with trading(asks=((5_000, 100),)) as (_, ann):
        answer = await ann.place("BUY", "0.52", 40)
        assert (answer["status"], answer["makingAmount"], answer["takingAmount"]) == (
            "matched",
            "20",
            "40",
        )
        [trade] = await ann.trades()
        assert [trade["id"]] == answer["tradeIDs"]
        assert (trade["price"], trade["size"], trade["side"]) == ("0.5", "40", "BUY")
        assert (trade["status"], trade["trader_side"]) == ("MATCHED", "TAKER")
        await ann.clock.advance(6)
        fee = 40 * 0.05 * 0.25
        assert await ann.balance() == (1_000 - 20 - fee) * CASH_ONE
        assert await ann.balance(YES) == 40_000_000


async def test_a_sweep_of_two_prices_is_two_trades_of_one_order():
    async with trading(asks=((5_000, 10), (5_100, 10))) as (_, ann):
        answer = await ann.place("BUY", "0.52", 30)
        assert (answer["status"], answer["makingAmount"]) == ("matched", "10.1")
        assert len(answer["tradeIDs"]) == 2
        assert sorted(trade["price"] for trade in await ann.trades()) == ["0.5", "0.51"]
        [rest] = await ann.open_orders()
        assert (rest["size_matched"], rest["original_size"]) == ("20", "30")
        assert sorted(rest["associate_trades"]) == sorted(answer["tradeIDs"])


async def test_the_other_outcome_trades_in_the_same_book():
    async with trading(bids=((4_800, 100),)) as (_, ann):
        answer = await ann.place("BUY", "0.52", 40, token=NO)
        assert (answer["status"], answer["makingAmount"], answer["takingAmount"]) == (
            "matched",
            "20.8",
            "40",
        )
        [trade] = await ann.trades()
        assert (trade["asset_id"], trade["price"], trade["side"]) == (NO, "0.52", "BUY")
        await ann.clock.advance(6)
        assert await ann.balance(NO) == 40_000_000


@pytest.mark.parametrize("kind", [1, 2])
async def test_a_proxy_or_safe_pays_for_what_its_key_signs(kind):
    funder = "0x" + "22" * 20
    known = [account(signature_type=kind, funder=funder)]
    async with serving(accounts=known) as (_, ann):
        answer = await ann.place("BUY", "0.45", 20, maker=funder, signatureType=kind)
        assert answer["status"] == "live"
        [row] = await ann.open_orders()
        assert row["maker_address"] == funder


async def test_a_token_of_the_second_protocol_is_signed_for_the_third_exchange():
    listing = polymarket_listing("quiet")
    tokens = [str((index + 1) << 104 | 77) for index in range(2)]
    outcomes = tuple(Outcome(f"team {token[:3]}", token) for token in tokens)
    market = msgspec.structs.replace(listing.market, outcomes=outcomes)
    async with serving([msgspec.structs.replace(listing, market=market)]) as (_, ann):
        said = await ann.refused("BUY", "0.45", 20, token=tokens[0])
        assert said == "order_version_mismatch"
        body = ann.post("BUY", "0.45", 20, token=tokens[0], domain=V3)
        answer = await ann.ask("POST", "/order", body)
        assert answer["orderID"] == order_id(body["order"], V3)
