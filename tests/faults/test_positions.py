"""F28-F31: what the venue reports is compared, never swallowed; what is sold is really held."""

import asyncio
import json
from itertools import permutations

import pytest
from tests.faults.night import BOTH, CANCEL, HOLDINGS, PM, holds, night, on, session
from tests.live.evening import BUY, KALSHI, POLY, SELL, Exchange, api_key
from tests.live.virtual import VirtualClock, run

from pmterm.messages.commands import (
    AcceptVenue,
    CancelAll,
    CancelMarket,
    CancelOrder,
    ClosePosition,
    Panic,
    SubmitTicket,
)
from pmterm.messages.live import HoldingAdjusted, HoldingDiffers
from pmterm.messages.orders import OrderAdopted
from pmterm.model.order import OrderState as S
from pmterm.model.order import TimeInForce
from pmterm.model.units import QTY_ONE
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do
from pmterm.trading.risk.limits import Limits

QUICK = Limits(market_cooldown=0)


@BOTH
def test_f28_orders_and_fills_made_elsewhere_count_and_are_left_alone(market):
    async def tell():
        exchange = Exchange(VirtualClock(1))
        async with exchange.server:
            key = await api_key(exchange)
            async with (
                session(exchange, key, dead_man=False) as here,
                session(exchange, key, dead_man=False) as elsewhere,
            ):
                await elsewhere.arm(market)
                await here.ready(market.venue)
                theirs = await elsewhere.order(market, BUY, 10, 4_600)
                await elsewhere.state_is(theirs, S.OPEN)
                await here.until(lambda: here.heard(OrderAdopted))
                assert [a.is_ours for a in here.heard(OrderAdopted)] == [False]
                assert here.used(market) == "$4.60"
                here.send(CancelAll(0))
                here.send(CancelMarket(0, market.id))
                await asyncio.sleep(30)
                assert elsewhere.at_venue(theirs).standing is Standing.RESTING
                exchange.world.cross(market.id, SELL, 4_600, 4 * QTY_ONE)
                await here.until(lambda: here.held(market) == 4 * QTY_ONE)
                here.send(CancelOrder(0, here.heard(OrderAdopted)[0].order))  # by its name it goes
                await elsewhere.state_is(theirs, S.CANCELLED)
                assert here.held(market) == here.position(market)

    run(tell())


def report(market, qty: int) -> str:
    """Return a whole position report of the venue's in which this market holds so much."""
    if market is KALSHI:
        row = {
            "ticker": market.id, "position_fp": f"{qty}.00", "market_exposure_dollars": "0.0000",
            "realized_pnl_dollars": "0.0000", "total_traded_dollars": "0.0000",
            "fees_paid_dollars": "0.0000", "resting_orders_count": 0,
        }  # fmt: skip
        return json.dumps({"market_positions": [row] if qty else [], "event_positions": [],
                           "cursor": ""})  # fmt: skip
    return json.dumps({"balance": str(qty * QTY_ONE), "allowances": {}})


REPORTS = {**HOLDINGS, PM: "GET /clob/balance-allowance"}


@BOTH
def test_f29_a_difference_is_told_and_stops_increases_and_only_a_person_settles_it(market):
    async def tell():
        async with night(market, risk=QUICK, agrees=False) as here:
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.agreed(market)
            lie = report(market, 3)
            here.breaks(on(REPORTS, market, Do.REFUSE, status=200, body=lie, times=0))
            await here.until(lambda: here.heard(HoldingDiffers), most_s=300)
            differs = here.heard(HoldingDiffers)[-1]
            theirs = 3 * QTY_ONE if market is KALSHI else 0  # three YES and three NO there
            assert (differs.ours, differs.theirs) == (10 * QTY_ONE, theirs)
            assert here.held(market) == 10 * QTY_ONE
            assert not here.heard(HoldingAdjusted)
            if here.gate.armed is None:
                await here.arm(market)
            told = await here.submit(market, BUY, 10, 4_600, confirmed=True)
            assert told.rule == "DIFFERS"
            here.send(AcceptVenue(0, market.id))
            await here.until(lambda: here.held(market) == theirs)
            assert [a.qty for a in here.heard(HoldingAdjusted)] == [theirs - 10 * QTY_ONE]

    run(tell())


FLAWS = {
    "missing": {"do": Do.DROP_REPLY},
    "500": {"do": Do.REFUSE, "status": 500, "body": '{"error":"internal"}'},
    "cut short": {"do": Do.TRUNCATE, "bytes": 15},
    "a web page": {"do": Do.HTML},
    "no rows": {"do": Do.REFUSE, "status": 200, "body": "{}"},
}


@BOTH
@pytest.mark.parametrize("flaw", FLAWS)
def test_f30_a_broken_position_report_is_not_read_as_flat(market, flaw):
    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.agreed(market)
            rounds = len(here.fired)
            here.breaks(on(HOLDINGS, market, times=4, **FLAWS[flaw]))
            if market is POLY:
                here.breaks(on(REPORTS, market, times=4, **FLAWS[flaw]))
            await here.until(lambda: len(here.fired) >= rounds + 4, most_s=400)
            await asyncio.sleep(70)
            assert here.held(market) == 10 * QTY_ONE
            assert not here.heard(HoldingAdjusted)
            assert not here.heard(HoldingDiffers)

    run(tell())


@BOTH
def test_f30_an_empty_but_whole_report_raises_an_alarm_and_nothing_is_forgotten(market):
    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.agreed(market)
            empty = report(market, 0)
            here.breaks(on(REPORTS, market, Do.REFUSE, status=200, body=empty, times=0))
            await here.until(lambda: here.heard(HoldingDiffers), most_s=300)
            assert here.heard(HoldingDiffers)[-1].theirs == 0
            assert here.held(market) == 10 * QTY_ONE
            assert not here.heard(HoldingAdjusted)

    run(tell())


EXITS = {
    "stop": lambda market: ClosePosition(0, market.id),
    "by hand": lambda market: SubmitTicket(
        0, market.id, SELL, 10 * QTY_ONE, 4_500, tif=TimeInForce.IOC, reduce_only=True,
        confirmed=True,
    ),
    "panic": lambda _: Panic(0),
}  # fmt: skip


@BOTH
@pytest.mark.parametrize("exits", list(permutations(EXITS)), ids=", ".join)
@pytest.mark.parametrize("apart_s", [0.0, 0.02])
def test_f31_a_stop_and_an_exit_by_hand_at_once_sell_what_is_held_and_no_more(
    market, exits, apart_s
):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.agreed(market)
            await asyncio.sleep(10)
            for name in exits:
                here.send(EXITS[name](market))
                if apart_s:
                    await asyncio.sleep(apart_s)
            await here.until(lambda: here.position(market) == 0)
            await asyncio.sleep(30)
            assert here.position(market) == here.held(market) == 0
            sold = sum(o.filled for o in here.venue_orders() if o.side is SELL)
            assert sold == 10 * QTY_ONE
            holds(here)

    run(tell())


@BOTH
@pytest.mark.parametrize("answer", [None, Do.DROP_REPLY, Do.RESET_BEFORE])
def test_f31_an_exit_beside_an_offer_of_the_same_shares_waits_until_that_is_gone(market, answer):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.agreed(market)
            await asyncio.sleep(10)
            offer = await here.order(market, SELL, 10, 4_800)
            await here.state_is(offer, S.OPEN)
            if answer is not None:
                here.breaks(on(CANCEL, market, answer, times=2))
            here.send(ClosePosition(0, market.id))
            here.exchange.world.cross(market.id, BUY, 4_800, 504 * QTY_ONE)
            await here.until(lambda: here.state(offer).is_final)
            await asyncio.sleep(60)
            sold = sum(o.filled for o in here.venue_orders() if o.side is SELL)
            assert sold == 10 * QTY_ONE
            assert here.position(market) == here.held(market) == 0

    run(tell())
