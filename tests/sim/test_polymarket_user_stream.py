"""What the local exchange's Polymarket says on the user stream, and when."""

import aiohttp
import pytest
from tests.sim.polymarket_trader import (
    MARKET,
    NO,
    NOW,
    YES,
    Trader,
    account,
    marks,
    quote,
    said,
    said_until,
    serving,
    trading,
)

from pmterm.model.order import Side
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.sim.quiet import polymarket_listing


def is_confirmed(frame):
    return frame["status"] == "CONFIRMED"


async def test_a_resting_orders_life_from_placement_to_cancellation():
    async with trading() as (_, ann), ann.stream() as stream:
        answer = await ann.place("BUY", "0.45", 20)
        placed = await said(stream)
        assert placed == {
            "event_type": "order",
            "type": "PLACEMENT",
            "status": "LIVE",
            "id": answer["orderID"],
            "owner": ann.key["apiKey"],
            "order_owner": ann.key["apiKey"],
            "maker_address": ann.wallet.address,
            "market": MARKET.id,
            "asset_id": YES,
            "outcome": MARKET.outcomes[0].name,
            "side": "BUY",
            "price": "0.45",
            "original_size": "20",
            "size_matched": "0",
            "order_type": "GTC",
            "expiration": "0",
            "associate_trades": None,
            "created_at": ann.stamp,
            "timestamp": ann.stamp + "000",
        }
        await ann.ask("DELETE", "/order", {"orderID": answer["orderID"]})
        gone = await said(stream)
        assert marks([gone]) == [("CANCELLATION", "CANCELED")]
        assert (gone["id"], gone["size_matched"]) == (answer["orderID"], "0")


async def test_a_trade_is_matched_then_mined_then_confirmed():
    async with trading() as (_, ann), ann.stream() as stream:
        answer = await ann.place("BUY", "0.5", 20)
        update, matched = await said(stream), await said(stream)
        assert marks([update, matched]) == [("UPDATE", "MATCHED"), ("TRADE", "MATCHED")]
        assert (update["size_matched"], update["associate_trades"]) == ("20", answer["tradeIDs"])
        assert "transaction_hash" not in matched
        assert (matched["trader_side"], matched["taker_order_id"]) == ("TAKER", answer["orderID"])
        assert (matched["owner"], matched["price"]) == (ann.key["apiKey"], "0.5")
        assert sum(float(maker["matched_amount"]) for maker in matched["maker_orders"]) == 20
        await ann.clock.advance(2)
        mined = await said(stream)
        assert (mined["status"], mined["id"]) == ("MINED", matched["id"])
        assert len(mined["transaction_hash"]) == 66
        assert mined["matchtime"] == matched["match_time"]
        await ann.clock.advance(3)
        confirmed = await said(stream)
        assert confirmed["status"] == "CONFIRMED"
        assert len(matched["timestamp"]) == 13
        assert len(confirmed["timestamp"]) == 10


async def test_a_trade_that_fails_is_retried_first_and_undone_at_last():
    async with trading() as (sim, ann), ann.stream() as stream:
        sim.polymarket.switches.failing_trades = 1
        before = await ann.balance()
        await ann.place("BUY", "0.5", 20)
        await ann.clock.advance(10)
        frames = await said_until(stream, lambda frame: frame["status"] == "FAILED")
        assert marks(frames)[1:] == [("TRADE", s) for s in ("MATCHED", "RETRYING", "FAILED")]
        assert (await ann.balance(), await ann.balance(YES)) == (before, 0)
        assert [trade["status"] for trade in await ann.trades()] == ["FAILED"]
        sim.exchange.ledger.check()
        await ann.place("BUY", "0.5", 20)
        await ann.clock.advance(10)
        assert (await said_until(stream, is_confirmed))[-1]["status"] == "CONFIRMED"


async def test_a_maker_hears_of_its_own_part_in_the_crowds_trade():
    async with serving() as (sim, ann), ann.stream() as stream:
        first = await ann.place("BUY", "0.48", 10)
        second = await ann.place("BUY", "0.48", 5)
        quote(sim, MARKET.id, bids=((4_800, 7),))
        await said(stream)
        await said(stream)
        sim.world.cross(MARKET.id, Side.SELL, 4_800, 22 * QTY_ONE)
        sim.advance(sim.exchange.now)
        frames = await said_until(stream, lambda frame: frame["type"] == "TRADE")
        assert marks(frames) == [("UPDATE", "MATCHED")] * 2 + [("TRADE", "MATCHED")]
        trade = frames[-1]
        assert (trade["trader_side"], trade["size"]) == ("MAKER", "22")
        mine = [m for m in trade["maker_orders"] if m["owner"] == ann.key["apiKey"]]
        assert {m["order_id"]: m["matched_amount"] for m in mine} == {
            first["orderID"]: "10",
            second["orderID"]: "5",
        }
        assert all((m["price"], m["side"]) == ("0.48", "BUY") for m in mine)
        others = [m for m in trade["maker_orders"] if m not in mine]
        assert sum(float(m["matched_amount"]) for m in others) == 7
        assert trade["owner"] != ann.key["apiKey"]


async def test_a_maker_on_the_other_outcome_keeps_its_own_asset_price_and_side():
    listings = [polymarket_listing("quiet")]
    async with serving(listings, accounts=[account("ann"), account("bob")]) as (sim, ann):
        bob = await Trader(sim, ann.web, ann.clock, "bob").log_in()
        async with ann.stream() as mine, bob.stream() as theirs:
            resting = await ann.place("BUY", "0.51", 20)
            taken = await bob.place("BUY", "0.49", 20, token=NO)
            assert (taken["status"], taken["makingAmount"]) == ("matched", "9.8")
            seen = (await said_until(mine, lambda frame: frame["type"] == "TRADE"))[-1]
            also = (await said_until(theirs, lambda frame: frame["type"] == "TRADE"))[-1]
            assert (seen["trader_side"], also["trader_side"]) == ("MAKER", "TAKER")
            assert seen["id"] == also["id"]
            assert (seen["asset_id"], seen["side"], seen["price"]) == (NO, "BUY", "0.49")
            [maker] = seen["maker_orders"]
            assert maker["order_id"] == resting["orderID"]
            assert (maker["asset_id"], maker["side"], maker["price"]) == (YES, "BUY", "0.51")
        sim.exchange.ledger.check()


async def test_frames_of_older_days_name_no_maker_side():
    async with trading() as (sim, ann), ann.stream() as stream:
        sim.polymarket.switches.names_maker_sides = False
        await ann.place("BUY", "0.5", 20)
        trade = (await said_until(stream, lambda frame: frame["type"] == "TRADE"))[-1]
        assert all("side" not in maker for maker in trade["maker_orders"])


async def test_a_killed_orders_frame_has_empty_strings():
    async with trading(asks=((5_000, 10),)) as (_, ann), ann.stream() as stream:
        await ann.refused("BUY", "0.5", 20, "FOK")
        frame = await said(stream)
        words = "order couldn't be fully filled. FOK orders are fully filled or killed."
        assert marks([frame]) == [("CANCELLATION", f"CANCELED_{words}")]
        assert (frame["size_matched"], frame["outcome"], frame["created_at"]) == ("", "", "")


async def test_a_partly_filled_order_is_updated_then_placed_then_cancelled():
    async with trading(asks=((5_000, 10),)) as (_, ann), ann.stream() as stream:
        answer = await ann.place("BUY", "0.5", 30)
        assert (answer["status"], answer["takingAmount"]) == ("matched", "10")
        frames = [await said(stream) for _ in range(3)]
        assert marks(frames) == [("UPDATE", "LIVE"), ("TRADE", "MATCHED"), ("PLACEMENT", "LIVE")]
        assert [f.get("size_matched") for f in frames] == ["10", None, "10"]
        await ann.ask("DELETE", "/cancel-all")
        gone = (await said_until(stream, lambda frame: frame["type"] == "CANCELLATION"))[-1]
        assert (gone["size_matched"], gone["original_size"]) == ("10", "30")


async def test_the_venue_cancels_everything_when_the_game_starts():
    game = polymarket_listing("quiet", starts_at=NOW + 60 * SECOND)
    async with serving([game]) as (_, ann), ann.stream() as stream:
        await ann.place("BUY", "0.45", 20)
        await said(stream)
        await ann.clock.advance(61)
        frame = await said(stream)
        assert marks([frame]) == [("CANCELLATION", "INVALID")]
        assert "event_type" not in frame
        assert len(frame["created_at"]) == 13


async def test_an_expired_order_goes_a_minute_before_it_says():
    async with trading() as (_, ann), ann.stream() as stream:
        await ann.place("BUY", "0.45", 20, "GTD", expiration=int(ann.stamp) + 100)
        [row] = await ann.open_orders()
        assert (row["order_type"], row["expiration"]) == ("GTD", str(int(ann.stamp) + 100))
        await ann.clock.advance(39)
        assert len(await ann.open_orders()) == 1
        await ann.clock.advance(2)
        frames = await said_until(stream, lambda frame: frame["type"] == "CANCELLATION")
        assert frames[-1]["status"] == "CANCELED_EXPIRED_ORDER"


async def test_a_resolved_markets_orders_are_cancelled():
    async with trading() as (sim, ann), ann.stream() as stream:
        await ann.place("BUY", "0.45", 20)
        sim.exchange.resolve(sim.exchange.now, MARKET.id, 10_000)
        frames = await said_until(stream, lambda frame: frame["type"] == "CANCELLATION")
        assert frames[-1]["status"] == "CANCELED_MARKET_RESOLVED"


async def test_orders_that_the_cash_no_longer_covers_are_cancelled():
    listings = [polymarket_listing("quiet"), polymarket_listing("other")]
    other = listings[1].market.outcomes[0].token
    poor = trading(listings=listings, accounts=[account(cash=100)])
    async with poor as (_, ann), ann.stream() as stream:
        resting = await ann.place("BUY", "0.45", 200, token=other)
        await ann.place("BUY", "0.5", 100)
        frames = await said_until(stream, lambda frame: frame["type"] == "CANCELLATION")
        assert frames[-1]["status"] == "CANCELED_NOT_ENOUGH_BALANCE"
        assert frames[-1]["id"] == resting["orderID"]


async def test_only_its_own_account_and_markets_are_told():
    listings = [polymarket_listing("quiet"), polymarket_listing("other")]
    other = listings[1].market
    async with serving(listings, accounts=[account("ann"), account("bob")]) as (sim, ann):
        bob = await Trader(sim, ann.web, ann.clock, "bob").log_in()
        async with ann.stream(markets=[other.id]) as stream:
            await bob.place("BUY", "0.3", 20, token=other.outcomes[0].token)
            await ann.place("BUY", "0.3", 20)
            mine = await ann.place("BUY", "0.3", 20, token=other.outcomes[0].token)
            assert (await said(stream))["id"] == mine["orderID"]
            await stream.send_json({"operation": "subscribe", "markets": [MARKET.id]})
            await stream.send_json({"operation": "unsubscribe", "markets": [other.id]})
            await stream.send_str("PING")
            assert await said(stream, raw=True) == "PONG"
            await ann.place("BUY", "0.3", 20, token=other.outcomes[0].token)
            third = await ann.place("BUY", "0.31", 20)
            assert (await said(stream))["id"] == third["orderID"]


async def test_nothing_is_said_again_after_a_break():
    async with trading() as (_, ann):
        async with ann.stream() as stream:
            await ann.place("BUY", "0.45", 20)
            await said(stream)
        async with ann.stream() as stream:
            second = await ann.place("BUY", "0.44", 20)
            assert (await said(stream))["id"] == second["orderID"]


@pytest.mark.parametrize(
    "first",
    [
        "PING",
        "not json",
        '{"type":"market","assets_ids":[]}',
        '{"type":"user","auth":{"apiKey":"x","secret":"y","passphrase":"z"}}',
    ],
)
async def test_who_proves_nothing_is_hung_up_on(first):
    async with trading() as (sim, ann):
        url = sim.hosts()["polymarket"]["user_stream"]
        async with ann.web.ws_connect(url) as socket:
            await socket.send_str(first)
            assert (await socket.receive(10)).type is aiohttp.WSMsgType.CLOSE
            assert socket.close_code == 1008


async def test_events_can_be_held_back_until_after_the_answer():
    async with trading() as (sim, ann), ann.stream() as stream:
        sim.polymarket.switches.events_after = 4 * SECOND
        await ann.place("BUY", "0.45", 20)
        await stream.send_str("PING")
        assert await said(stream, raw=True) == "PONG"
        await ann.clock.advance(4)
        assert marks([await said(stream)]) == [("PLACEMENT", "LIVE")]


async def test_who_meets_himself_hears_of_it_as_taker_and_as_maker():
    async with serving() as (sim, ann), ann.stream() as stream:
        resting = await ann.place("BUY", "0.51", 20)
        taken = await ann.place("BUY", "0.49", 20, token=NO)
        assert taken["status"] == "matched"
        await said(stream)
        frames = [await said(stream) for _ in range(4)]
        assert [frame["type"] for frame in frames] == ["UPDATE", "UPDATE", "TRADE", "TRADE"]
        assert [frame["trader_side"] for frame in frames[2:]] == ["TAKER", "MAKER"]
        [trade] = await ann.trades()
        assert trade["trader_side"] == "TAKER"
        assert trade["maker_orders"][0]["order_id"] == resting["orderID"]
        await ann.clock.advance(6)
        assert (await ann.balance(YES), await ann.balance(NO)) == (20_000_000, 20_000_000)
        sim.exchange.ledger.check()


async def test_cash_that_is_spent_twice_in_one_moment_makes_one_trade_fail():
    listings = [polymarket_listing("quiet"), polymarket_listing("other")]
    poor = serving(listings, accounts=[account(cash=100)])
    async with poor as (sim, ann), ann.stream() as stream:
        for market in (one.market for one in listings):
            await ann.place("BUY", "0.45", 200, token=market.outcomes[0].token)
        for market in (one.market for one in listings):
            sim.world.cross(market.id, Side.SELL, 4_500, 200 * QTY_ONE)
        await ann.clock.advance(10)
        assert sim.exchange.ledger.overdrawn() == []
        frames = await said_until(stream, lambda frame: frame["status"] == "FAILED")
        failed = frames[-1]["id"]
        assert {trade["id"]: trade["status"] for trade in await ann.trades()}[failed] == "FAILED"
        held = [await ann.balance(one.market.outcomes[0].token) for one in listings]
        assert sorted(held) == [0, 200_000_000]
        assert await ann.balance() == 10_000_000
        sim.exchange.ledger.check()
