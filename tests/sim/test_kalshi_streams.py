"""The local Kalshi's private channels: what an account hears, in which words and numbers."""

import asyncio

import aiohttp
import pytest
from tests.sim.kalshi_build import ORDERS, TICKER, code, heard, heard_until, quote, trading

from pmterm.model.ids import Venue
from pmterm.sim.fault_script import Do, Rule

IOC = {"time_in_force": "immediate_or_cancel"}


async def messages(socket, kind, how_many):
    """The next messages of a type, whatever comes between."""
    found = []
    while len(found) < how_many:
        found += [f["msg"] for f in await heard_until(socket, kind) if f["type"] == kind]
    return found


# ---- orders


async def test_order_is_told_whole_at_each_step_of_its_life():
    async with trading(book=False) as ann, ann.stream("user_orders") as socket:
        made = await ann.placed("bid", "10.00", "0.4000")
        quote(ann.sim, asks=[(4_000, 3)])
        await ann.post(f"{ORDERS}/{made['order_id']}/decrease", {"reduce_by": "2.00"})
        change = {"ticker": TICKER, "side": "bid", "price": "0.3900", "count": "8.00"}
        await ann.post(f"{ORDERS}/{made['order_id']}/amend", change)
        await ann.delete(f"{ORDERS}/{made['order_id']}")
        frames = [await heard(socket)]
        while frames[-1]["msg"]["status"] == "resting":
            frames.append(await heard(socket))
        assert {frame["type"] for frame in frames} == {"user_order"}
        assert not any("seq" in frame for frame in frames)
        states = [frame["msg"] for frame in frames]
        assert {state["order_id"] for state in states} == {made["order_id"]}
        assert {state["client_order_id"] for state in states} == {"key-ed-1"}
        reasons = list(dict.fromkeys(state.get("last_update_reason") for state in states))
        assert reasons == [None, "Trade", "Decrease", "Amend"]
        for state in states[:-1]:
            left = float(state["initial_count_fp"]) - float(state["fill_count_fp"])
            assert float(state["remaining_count_fp"]) == left
        last = states[-1]
        assert (last["status"], last["remaining_count_fp"]) == ("canceled", "0.00")
        assert last["yes_price_dollars"] == "0.3900"
        assert (last["outcome_side"], last["book_side"], last["is_yes"]) == ("yes", "bid", True)
        stamps = [state["last_updated_ts_ms"] for state in states]
        assert stamps == sorted(stamps)


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        ("ExpiryCancel", {"expiration_time": 1_790_000_002}),
        ("HaltCancel", {"cancel_order_on_pause": True}),
    ],
)
async def test_order_that_the_exchange_cancels_says_why(reason, fields):
    async with trading() as ann, ann.stream("user_orders") as socket:
        await ann.placed(price="0.3000", **fields)
        await ann.clock.advance(3)
        ann.sim.exchange.pause(ann.clock.now(), TICKER)
        told = await messages(socket, "user_order", 2)
        assert (told[-1]["status"], told[-1]["last_update_reason"]) == ("canceled", reason)


async def test_self_trade_tells_which_side_went():
    async with trading(book=False) as ann, ann.stream("user_orders") as socket:
        rests = await ann.placed("ask", "5.00", "0.4500")
        taker = await ann.placed("bid", "5.00", "0.4500")
        await ann.placed("bid", "5.00", "0.4500", self_trade_prevention_type="maker", **IOC)
        gone = {}
        while len(gone) < 2:
            state = (await heard(socket))["msg"]
            if state.get("last_update_reason") == "SelfTradeCancel":
                gone[state["order_id"]] = state["status"]
        assert gone == {taker["order_id"]: "canceled", rests["order_id"]: "canceled"}


# ---- fills and positions


async def test_fills_are_told_with_fee_position_and_our_name_for_the_order():
    async with trading() as ann:
        quote(ann.sim, asks=[(4_600, 5)])
        async with ann.stream("fill") as socket:
            made = await ann.placed("bid", "22.00", "0.4600")
            first, second = await heard(socket), await heard(socket)
        assert "seq" not in first
        assert "sending_ts_ms" in first
        msgs = [first["msg"], second["msg"]]
        assert [msg["yes_price_dollars"] for msg in msgs] == ["0.4500", "0.4600"]
        assert [msg["post_position_fp"] for msg in msgs] == ["20.00", "22.00"]
        assert {msg["client_order_id"] for msg in msgs} == {"key-ed-1"}
        assert {msg["order_id"] for msg in msgs} == {made["order_id"]}
        assert all(msg["is_taker"] for msg in msgs)
        _, body = await ann.get("/portfolio/fills")
        rest = {fill["fill_id"]: fill["fee_cost"] for fill in body["fills"]}
        assert {msg["trade_id"]: msg["fee_cost"] for msg in msgs} == rest


async def test_positions_are_told_after_fills_and_at_settlement():
    async with trading() as ann, ann.stream("market_positions") as socket:
        await ann.placed("bid", "10.00", "0.4500", **IOC)
        told = (await heard(socket))["msg"]
        assert (told["position_fp"], told["position_cost_dollars"]) == ("10.00", "4.500000")
        assert told["fees_paid_dollars"] == "0.173300"
        ann.sim.exchange.resolve(ann.clock.now(), TICKER, 10_000)
        told = (await heard(socket))["msg"]
        assert (told["position_fp"], told["realized_pnl_dollars"]) == ("0.00", "5.500000")


async def test_nobody_hears_of_anothers_orders():
    async with trading() as ann:
        bob = ann.as_bob()
        async with ann.stream("user_orders", "fill", "orderbook_delta", market_ticker=TICKER) as a:
            await heard_until(a, "orderbook_snapshot")
            await bob.placed("bid", "1.00", "0.3000")
            delta = (await heard_until(a, "orderbook_delta"))[-1]
            assert "client_order_id" not in delta["msg"]
            mine = await ann.placed("bid", "1.00", "0.3100")
            frames = await heard_until(a, "orderbook_delta")
            told = [f for f in frames if f["type"] == "user_order"]
            while not told:
                frames = await heard_until(a, "user_order")
                told = frames[-1:]
            assert {f["msg"]["order_id"] for f in told} == {mine["order_id"]}


async def test_delta_of_ones_own_order_carries_its_name():
    async with trading() as ann, ann.stream("orderbook_delta", market_ticker=TICKER) as socket:
        await heard_until(socket, "orderbook_snapshot")
        await ann.placed("bid", "1.00", "0.3000")
        delta = (await heard_until(socket, "orderbook_delta"))[-1]["msg"]
        assert (delta["client_order_id"], delta["subaccount"]) == ("key-ed-1", 0)
        quote(ann.sim, bids=[(3_000, 5)])
        delta = (await heard_until(socket, "orderbook_delta"))[-1]["msg"]
        assert "client_order_id" not in delta


async def test_private_channels_can_be_limited_to_markets():
    async with trading() as ann:
        other = "KXQUIETTENNIS-26OCT010000EMBTDL-EMB"
        async with ann.stream("user_orders", market_tickers=[other]) as socket:
            await ann.placed("bid", "1.00", "0.3000")
            await socket.send_json({"id": 9, "cmd": "list_subscriptions"})
            assert (await heard(socket))["type"] == "ok"  # and nothing of the order before it


# ---- what goes wrong


async def test_error_25_ends_the_subscriptions_and_a_new_one_starts_over():
    async with trading() as ann, ann.stream("orderbook_delta", market_ticker=TICKER) as socket:
        await heard_until(socket, "orderbook_snapshot")
        ann.sim.kalshi.fail(25)
        error = await heard(socket)
        assert (error["type"], error["sid"], error["msg"]["code"]) == ("error", 1, 25)
        wanted = {"channels": ["orderbook_delta"], "market_ticker": TICKER}
        await socket.send_json({"id": 5, "cmd": "subscribe", "params": wanted})
        assert (await heard(socket))["msg"]["sid"] == 2
        assert (await heard(socket))["seq"] == 1


async def test_unasked_empty_book_and_unknown_type_use_up_a_seq():
    async with trading() as ann, ann.stream("orderbook_delta", market_ticker=TICKER) as socket:
        await heard_until(socket, "orderbook_snapshot")
        ann.sim.kalshi.empty_books()
        empty = await heard(socket)
        assert empty["msg"] == {"market_ticker": TICKER}
        assert "id" not in empty
        ann.sim.kalshi.say_unknown()
        unknown = await heard(socket)
        assert unknown["type"] not in {"orderbook_delta", "orderbook_snapshot"}
        assert [empty["seq"], unknown["seq"]] == [2, 3]


async def test_stamps_can_be_switched_off():
    async with trading() as ann:
        ann.sim.kalshi.rules.sends_stamps = False
        async with ann.stream("fill") as socket:
            await ann.placed("bid", "1.00", "0.4500")
            assert "sending_ts_ms" not in await heard(socket)


async def test_commands_that_come_together_are_answered_last_first_if_switched():
    async with trading() as ann:
        ann.sim.kalshi.rules.swaps_commands = True
        async with ann.stream() as socket:
            for number, channel in enumerate(("fill", "trade", "ticker"), 1):
                params = {"channels": [channel], "market_ticker": TICKER}
                await socket.send_json({"id": number, "cmd": "subscribe", "params": params})
            answers = [await heard(socket) for _ in range(3)]
            assert [one["id"] for one in answers] == [3, 2, 1]
            assert [one["msg"]["sid"] for one in answers] == [1, 2, 3]


@pytest.mark.parametrize("do", [Do.GAP, Do.DUPLICATE, Do.REORDER])
async def test_script_drops_repeats_and_swaps_frames(do):
    async with trading() as ann, ann.stream("orderbook_delta", market_ticker=TICKER) as socket:
        first = (await heard_until(socket, "orderbook_snapshot"))[-1]["seq"]
        ann.sim.player.add(Rule(do=do, after_s=0, venue=Venue.KALSHI, frames=1))
        for price in (1_000, 1_100, 1_200):
            quote(ann.sim, bids=[(price, 1)])
        seqs = [(await heard(socket))["seq"] - first for _ in range(2)]
        assert seqs == {Do.GAP: [2, 3], Do.DUPLICATE: [1, 1], Do.REORDER: [2, 1]}[do]


async def test_script_ends_channels_empties_books_says_the_unknown_and_pauses():
    async with trading() as ann, ann.stream("orderbook_delta", market_ticker=TICKER) as socket:
        await heard_until(socket, "orderbook_snapshot")
        now = {"after_s": 0, "venue": Venue.KALSHI}
        ann.sim.player.add(Rule(do=Do.EMPTY_BOOKS, **now))
        assert (await heard(socket))["msg"] == {"market_ticker": TICKER}
        ann.sim.player.add(Rule(do=Do.UNKNOWN_TYPE, **now))
        assert (await heard(socket))["type"] not in {"orderbook_snapshot", "orderbook_delta"}
        ann.sim.player.add(Rule(do=Do.END_CHANNELS, code=10, **now))
        assert (await heard(socket))["msg"]["code"] == 10
        ann.sim.player.add(Rule(do=Do.PAUSE_TRADING, seconds=5, **now))
        assert code((await ann.create(price="0.3000"))[1]) == "trading_is_paused"
        await ann.clock.advance(6)
        await ann.placed(price="0.3000")
        assert [fired.do for fired in ann.sim.fired] == [
            Do.EMPTY_BOOKS,
            Do.UNKNOWN_TYPE,
            Do.END_CHANNELS,
            Do.PAUSE_TRADING,
        ]


async def test_script_restarts_the_venue_and_orders_are_gone_without_a_word():
    async with trading() as ann:
        made = await ann.placed(price="0.3000")
        async with ann.stream("user_orders") as socket:
            rule = Rule(do=Do.RESTART, seconds=3, after_s=0, venue=Venue.KALSHI)
            ann.sim.player.add(rule)
            message = await asyncio.wait_for(socket.receive(), 10)
            assert message.type.name in {"CLOSE", "CLOSED", "ERROR"}
        assert (await ann.get("/portfolio/orders"))[0] == 503
        await ann.clock.advance(4)
        row = await ann.order(made["order_id"])
        assert (row["status"], row["remaining_count_fp"]) == ("canceled", "0.00")
        _, listed = await ann.get("/portfolio/orders", status="resting")
        assert listed["orders"] == []


async def test_script_hides_an_order_from_lookups_for_a_while():
    async with trading() as ann:
        ann.sim.player.add(Rule(do=Do.HIDE_ORDER, on="POST /*/orders", seconds=5))
        made = await ann.placed(price="0.3000")
        assert (await ann.get(f"/portfolio/orders/{made['order_id']}"))[0] == 404
        assert (await ann.get("/portfolio/orders"))[1]["orders"] == []
        await ann.clock.advance(6)
        assert (await ann.order(made["order_id"]))["status"] == "resting"


@pytest.mark.parametrize("do", [Do.STATUS_AFTER, Do.RESET_BEFORE])
async def test_script_strikes_before_or_after_the_engine(do):
    async with trading() as ann:
        status = {"status": 503} if do is Do.STATUS_AFTER else {}
        ann.sim.player.add(Rule(do=do, on="POST /*/events/orders", **status))
        wish = ann.wish(price="0.3000")
        if do is Do.STATUS_AFTER:
            assert (await ann.post(ORDERS, wish))[0] == 503
            assert code((await ann.post(ORDERS, wish))[1]) == "order_already_exists"
        else:
            with pytest.raises(aiohttp.ClientError):
                await ann.post(ORDERS, wish)
            assert (await ann.post(ORDERS, wish))[0] == 201


async def test_stall_loses_data_while_pings_are_sent_and_answered():
    async with trading() as ann, ann.stream("fill") as socket:
        ann.sim.faults[Venue.KALSHI].is_stalled = True
        await ann.placed("bid", "1.00", "0.4500")
        await ann.clock.advance(11)
        message = await asyncio.wait_for(socket.receive(), 10)
        assert (message.type.name, message.data) == ("PING", b"heartbeat")
        ann.sim.faults[Venue.KALSHI].is_stalled = False
        made = await ann.placed("bid", "2.00", "0.4500")
        assert (await heard(socket))["msg"]["order_id"] == made["order_id"]


async def test_stream_is_compressed_if_the_client_asks_and_the_switch_is_on():
    async with trading() as ann:
        url = ann.sim.hosts()["kalshi"]["stream"]
        for offered in (True, False):
            ann.sim.kalshi.rules.compresses = offered
            async with ann.web.ws_connect(url, compress=15) as socket:
                assert bool(socket.compress) is offered
