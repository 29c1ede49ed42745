"""What must be so on the local Kalshi whatever happens: sums, positions, streams against reads."""

import random
from collections import defaultdict
from decimal import Decimal

import pytest
from tests.sim.kalshi_build import ORDERS, TICKER, heard_until, quote, trading

CHANNELS = ("user_orders", "fill", "market_positions", "orderbook_delta")
TIMES = ("good_till_canceled", "good_till_canceled", "immediate_or_cancel", "fill_or_kill")


async def act(chance, trader, mine):
    """One random act of one account; refusals are part of it."""
    known = chance.choice(mine) if mine else None
    match chance.randrange(6):
        case 0 if known:
            await trader.delete(f"{ORDERS}/{known}")
        case 1 if known:
            await trader.post(f"{ORDERS}/{known}/decrease", {"reduce_by": "1.50"})
        case 2 if known:
            side = trader.sim.exchange.order(known).side
            change = {
                "ticker": TICKER,
                "side": "bid" if side.value == "buy" else "ask",
                "price": f"0.{chance.randrange(35, 50)}00",
                "count": f"{chance.randrange(1, 20)}.00",
            }
            await trader.post(f"{ORDERS}/{known}/amend", change)
        case 3:
            side, price = chance.choice(("bids", "asks")), chance.randrange(35, 50) * 100
            quote(trader.sim, **{side: [(price, chance.randrange(1, 15))]})
        case _:
            status, body = await trader.create(
                chance.choice(("bid", "ask")),
                f"{chance.randrange(1, 2_000) / 100:.2f}",
                f"0.{chance.randrange(35, 50)}00",
                time_in_force=chance.choice(TIMES),
                self_trade_prevention_type=chance.choice(("taker_at_cross", "maker")),
            )
            if status == 201:
                mine.append(body["order_id"])


async def all_frames(socket):
    """Everything told so far: an answer comes after what was told before it."""
    await socket.send_json({"id": 99, "cmd": "list_subscriptions"})
    return await heard_until(socket, "ok")


def folded(frames):
    """The book that a client has of these frames."""
    book = {}
    for frame in frames:
        msg = frame["msg"]
        if frame["type"] == "orderbook_snapshot":
            book = {
                (side, price): Decimal(size)
                for side in ("yes", "no")
                for price, size in msg.get(f"{side}_dollars_fp", [])
            }
        elif frame["type"] == "orderbook_delta":
            level = (msg["side"], msg["price_dollars"])
            book[level] = book.get(level, Decimal(0)) + Decimal(msg["delta_fp"])
            assert book[level] >= 0
            if not book[level]:
                del book[level]
    return book


@pytest.mark.parametrize("seed", range(8))
async def test_stream_reads_and_ledger_agree_after_anything(seed):
    chance = random.Random(seed)
    async with trading() as ann, ann.stream(*CHANNELS, market_ticker=TICKER) as socket:
        traders = [ann, ann.as_bob()]
        mine = {trader.key_id: [] for trader in traders}
        for _ in range(250):
            trader = chance.choice(traders)
            await act(chance, trader, mine[trader.key_id])
        frames = await all_frames(socket)
        ledger = ann.sim.exchange.ledger
        ledger.check()
        assert ledger.overdrawn() == []
        orders = (await ann.get("/portfolio/orders", limit=1_000))[1]["orders"]
        fills = (await ann.get("/portfolio/fills", limit=1_000))[1]["fills"]
        assert len(fills) > 3
        check_orders(orders, fills)
        check_stream(frames, orders, fills)
        held = (await ann.get("/portfolio/positions"))[1]["market_positions"][0]
        assert Decimal(held["position_fp"]) * 10**6 == ledger.position("ann", TICKER)
        last = [frame["msg"] for frame in frames if frame["type"] == "market_position"][-1]
        assert last["position_fp"] == held["position_fp"]
        assert last["realized_pnl_dollars"] == held["realized_pnl_dollars"]
        _, rest = await ann.get(f"/markets/{TICKER}/orderbook")
        shown = {
            (side, price): Decimal(size)
            for side in ("yes", "no")
            for price, size in rest["orderbook_fp"][f"{side}_dollars"]
        }
        assert folded(frames) == shown


def check_orders(orders, fills):
    count, fees = defaultdict(Decimal), defaultdict(Decimal)
    for fill in fills:
        count[fill["order_id"]] += Decimal(fill["count_fp"])
        fees[fill["order_id"]] += Decimal(fill["fee_cost"])
        assert Decimal(fill["yes_price_dollars"]) + Decimal(fill["no_price_dollars"]) == 1
    for row in orders:
        initial, filled, left = (
            Decimal(row[f"{name}_count_fp"]) for name in ("initial", "fill", "remaining")
        )
        assert filled == count[row["order_id"]]
        paid = Decimal(row["taker_fees_dollars"]) + Decimal(row["maker_fees_dollars"])
        assert paid == fees[row["order_id"]]
        match row["status"]:
            case "resting":
                assert initial == filled + left
                assert left > 0
            case "executed":
                assert (initial, left) == (filled, 0)
            case _:
                assert left == 0


def check_stream(frames, orders, fills):
    told = {frame["msg"]["trade_id"]: frame["msg"] for frame in frames if frame["type"] == "fill"}
    assert told.keys() == {fill["fill_id"] for fill in fills}
    position = Decimal(0)
    for msg in told.values():
        change = Decimal(msg["count_fp"])
        position += change if msg["book_side"] == "bid" else -change
        assert Decimal(msg["post_position_fp"]) == position
    states = {f["msg"]["order_id"]: f["msg"] for f in frames if f["type"] == "user_order"}
    for row in orders:
        state = states[row["order_id"]]
        same = ("status", "initial_count_fp", "fill_count_fp", "remaining_count_fp")
        assert [state[name] for name in same] == [row[name] for name in same]
        assert state["taker_fees_dollars"] == row["taker_fees_dollars"]
        assert state["yes_price_dollars"] == row["yes_price_dollars"]
    numbered = [frame["seq"] for frame in frames if frame.get("sid") == 4]
    assert numbered == list(range(numbered[0], numbered[0] + len(numbered)))
