"""When the local Kalshi does not trade: pauses of exchange, shard and market, closing, the week."""

from datetime import UTC, datetime

import pytest
from tests.sim.kalshi_build import FAR, NOW, ORDERS, TICKER, code, heard_until, trading

from pmterm.model.units import SECOND
from pmterm.sim.kalshi_hours import is_pause, next_pause, pause_ends
from pmterm.sim.quiet import kalshi_listing


async def status_of(ann):
    _, body = await ann.get("/exchange/status")
    return body


async def test_trading_pause_refuses_orders_and_changes_but_cancels_work():
    async with trading() as ann:
        stays = await ann.placed(price="0.3000")
        goes = await ann.placed(price="0.3000", cancel_order_on_pause=True)
        ann.sim.kalshi.pause_trading(ann.clock.now())
        assert (await ann.order(stays["order_id"]))["status"] == "resting"
        assert (await ann.order(goes["order_id"]))["status"] == "canceled"
        status, body = await ann.create(price="0.3000")
        assert (status, code(body)) == (409, "trading_is_paused")
        change = {"ticker": TICKER, "side": "bid", "price": "0.3100", "count": "10.00"}
        status, body = await ann.post(f"{ORDERS}/{stays['order_id']}/amend", change)
        assert (status, code(body)) == (409, "trading_is_paused")
        shown = await status_of(ann)
        assert (shown["exchange_active"], shown["trading_active"]) == (True, False)
        assert (await ann.delete(f"{ORDERS}/{stays['order_id']}"))[0] == 200
        ann.sim.kalshi.resume_trading()
        await ann.placed(price="0.3000")
        assert (await status_of(ann))["trading_active"] is True


async def test_exchange_pause_refuses_cancels_too():
    async with trading() as ann:
        made = await ann.placed(price="0.3000")
        ann.sim.kalshi.pause_trading(ann.clock.now(), takes_cancels=False)
        for path in (f"{ORDERS}/{made['order_id']}", ORDERS):
            status, body = await ann.delete(path)
            assert (status, code(body)) == (409, "trading_is_paused")
        assert (await status_of(ann))["exchange_active"] is False
        assert (await ann.order(made["order_id"]))["status"] == "resting"


async def test_one_shard_can_be_down_alone():
    async with trading() as ann:
        ann.sim.kalshi.rules.shards_down = frozenset({3})
        bob = ann.as_bob()
        assert code((await bob.create(ticker=FAR, price="0.3000"))[1]) == "trading_is_paused"
        await bob.placed(price="0.3000")
        shown = await status_of(ann)
        assert shown["trading_active"] is True
        shards = {one["exchange_index"]: one for one in shown["exchange_index_statuses"]}
        assert [shards[n]["trading_active"] for n in (0, 3)] == [True, False]


async def test_paused_market_takes_no_orders_and_cancels_those_that_ask():
    async with trading() as ann:
        stays = await ann.placed(price="0.3000")
        goes = await ann.placed(price="0.3000", cancel_order_on_pause=True)
        ann.sim.exchange.pause(ann.clock.now(), TICKER)
        status, body = await ann.create(price="0.3000")
        assert (status, code(body)) == (400, "MARKET_NOT_ACTIVE")
        assert (await ann.order(stays["order_id"]))["status"] == "resting"
        assert (await ann.order(goes["order_id"]))["status"] == "canceled"
        assert (await ann.get(f"/markets/{TICKER}"))[1]["market"]["status"] == "inactive"
        assert (await ann.delete(f"{ORDERS}/{stays['order_id']}"))[0] == 200
        ann.sim.exchange.resume(ann.clock.now(), TICKER)
        await ann.placed(price="0.3000")


async def test_market_that_is_deactivated_loses_every_order():
    async with trading() as ann, ann.stream("user_orders", "market_lifecycle_v2") as socket:
        made = await ann.placed(price="0.3000")
        ann.sim.exchange.deactivate(ann.clock.now(), TICKER)
        ann.sim.exchange.resume(ann.clock.now(), TICKER)
        frames = await heard_until(socket, "market_lifecycle_v2")
        gone = [frame["msg"] for frame in frames if frame["type"] == "user_order"][-1]
        assert (gone["status"], gone["last_update_reason"]) == ("canceled", "HaltCancel")
        assert frames[-1]["msg"]["event_type"] == "deactivated"
        assert (await heard_until(socket, "market_lifecycle_v2"))[-1]["msg"]["event_type"] == (
            "activated"
        )
        assert (await ann.order(made["order_id"]))["status"] == "canceled"
        _, body = await ann.get(f"/markets/{TICKER}/orderbook")
        assert body["orderbook_fp"] == {"yes_dollars": [], "no_dollars": []}


async def test_market_closes_by_the_clock_without_a_word_and_its_orders_go():
    listing = kalshi_listing(TICKER, closes_at=NOW + 10 * SECOND)
    async with (
        trading([listing]) as ann,
        ann.stream("market_lifecycle_v2", "user_orders") as socket,
    ):
        made = await ann.placed(price="0.3000")
        await ann.clock.advance(11)
        frames = await heard_until(socket, "user_order")
        while frames[-1]["msg"]["status"] == "resting":
            frames += await heard_until(socket, "user_order")
        assert frames[-1]["msg"]["last_update_reason"] == "CloseCancel"
        assert {frame["type"] for frame in frames} == {"user_order"}
        assert (await ann.get(f"/markets/{TICKER}"))[1]["market"]["status"] == "closed"
        for status, body in (
            await ann.create(price="0.3000"),
            await ann.delete(f"{ORDERS}/{made['order_id']}"),
        ):
            assert (status, code(body)) == (400, "market_inactive")


# ---- the week


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND


@pytest.mark.parametrize(
    ("when", "paused"),
    [
        ("2026-10-15T06:59:59", False),  # Thursday, daylight saving: 03:00 is 07:00 UTC
        ("2026-10-15T07:00:00", True),
        ("2026-10-15T08:59:59", True),
        ("2026-10-15T09:00:00", False),
        ("2026-10-16T07:30:00", False),
        ("2026-11-05T07:30:00", False),  # standard time since the Sunday before: 08:00 UTC
        ("2026-11-05T08:30:00", True),
        ("2026-03-12T07:30:00", True),  # daylight saving since the Sunday before
        ("2026-03-05T08:30:00", True),
    ],
)
def test_weekly_pause_is_thursdays_in_new_york(when, paused):
    assert is_pause(at(when)) is paused


def test_pause_is_found_from_any_day():
    assert next_pause(at("2026-10-15T12:00:00")) == at("2026-10-22T07:00:00")
    assert next_pause(at("2026-10-29T12:00:00")) == at("2026-11-05T08:00:00")
    assert pause_ends(at("2026-10-15T07:10:11")) == at("2026-10-15T09:00:00")


async def test_week_is_kept_if_switched_on():
    async with trading(at=next_pause(NOW) - 5 * SECOND) as ann:
        ann.sim.kalshi.rules.keeps_hours = True
        stays = await ann.placed(price="0.3000")
        goes = await ann.placed(price="0.3000", cancel_order_on_pause=True)
        await ann.clock.advance(10)
        assert code((await ann.create(price="0.3000"))[1]) == "trading_is_paused"
        assert (await ann.order(stays["order_id"]))["status"] == "resting"
        assert (await ann.order(goes["order_id"]))["status"] == "canceled"
        assert (await ann.delete(f"{ORDERS}/{stays['order_id']}"))[0] == 200


async def test_weekly_pause_is_shown_and_ends():
    async with trading(at=pause_ends(next_pause(NOW)) - 5 * SECOND) as ann:
        await ann.placed(price="0.3000")
        ann.sim.kalshi.rules.keeps_hours = True
        assert code((await ann.create(price="0.3000"))[1]) == "trading_is_paused"
        shown = await status_of(ann)
        assert shown["trading_active"] is False
        assert shown["exchange_estimated_resume_time"].endswith("09:00:00Z")
        await ann.clock.advance(10)
        await ann.placed(price="0.3000")
        assert (await status_of(ann))["exchange_estimated_resume_time"] is None


async def test_schedule_shows_the_pause():
    async with trading() as ann:
        _, body = await ann.get("/exchange/schedule")
        (week,) = body["schedule"]["standard_hours"]
        assert week["monday"] == [{"open_time": "00:00", "close_time": "00:00"}]
        assert week["thursday"] == [
            {"open_time": "00:00", "close_time": "03:00"},
            {"open_time": "05:00", "close_time": "00:00"},
        ]
        assert body["schedule"]["maintenance_windows"] == []
