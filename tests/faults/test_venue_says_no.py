"""F09, F10, F12-F15: a venue that refuses, pauses or miscounts is not asked again and again."""

import asyncio

import msgspec
import pytest
from tests.faults.night import BOTH, PLACE, night, on
from tests.faults.weather import Arrivals
from tests.live.evening import BUY, POLY, SELL
from tests.live.virtual import run

from pmterm.messages.commands import CancelOrder, ClosePosition
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import Reconciled
from pmterm.messages.orders import GateChanged, PlaceOrder, Refused
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.order import GateState, TimeInForce
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.sim.accounts import Purse
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do, Rule
from pmterm.trading.risk.limits import Limits

QUICK = Limits(market_cooldown=0)
IOC = TimeInForce.IOC


@BOTH
@pytest.mark.parametrize("wait", [None, 20], ids=["no time told", "20 s told"])
def test_f09_a_create_that_came_too_often_is_not_sent_again_and_cancels_still_go(market, wait):
    async def tell():
        async with night(market, risk=QUICK) as here:
            resting = await here.order(market, BUY, 10, 4_500)
            await here.state_is(resting, S.OPEN)
            arrivals = Arrivals(here.exchange)
            here.breaks(on(PLACE, market, Do.TOO_MANY, retry_after_s=wait))
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.REFUSED)
            limited_at = here.exchange.clock.now()
            here.send(CancelOrder(0, resting.id))
            await here.state_is(resting, S.CANCELLED)
            assert here.exchange.clock.now() - limited_at < SECOND
            if wait:
                held = await here.order(market, BUY, 10, 4_400)
                await here.state_is(held, S.REFUSED)
            await asyncio.sleep(60)
            assert len(arrivals.creates()) == 1
            assert here.used(market) == "$0"

    run(tell())


def test_f09_held_back_orders_do_not_hold_the_dead_man_switch_back():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            resting = await here.order(POLY, BUY, 10, 4_500)
            await here.state_is(resting, S.OPEN)
            here.breaks(on(PLACE, POLY, Do.TOO_MANY, retry_after_s=40))
            await here.order(POLY, BUY, 10, 4_600)
            await asyncio.sleep(30)
            assert here.at_venue(resting).standing is Standing.RESTING
            assert not here.missing(POLY.venue)

    run(tell())


@BOTH
def test_f10_after_a_restart_nothing_is_created_before_it_is_over_and_compared(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            resting = await here.order(market, BUY, 10, 4_500)
            await here.state_is(resting, S.OPEN)
            began = here.exchange.clock.now()
            here.breaks(
                Rule(do=Do.RESTART, after_s=0, venue=market.venue, seconds=90, post_only_s=120)
            )
            await here.state_is(resting, S.CANCELLED)
            arrivals = Arrivals(here.exchange)
            while here.exchange.clock.now() - began < 88 * SECOND:
                if not here.missing(market.venue) and not here.gate.armed:
                    await here.arm(market)
                await here.submit(market, BUY, 10, 4_600, confirmed=True)
                await asyncio.sleep(1)
            assert len(arrivals.creates()) <= 1  # by whose answer the session learns of it
            await here.arm(market)
            rests = await here.order(market, BUY, 10, 4_600, post_only=True)
            await here.state_is(rests, S.OPEN)
            compared = [m.at for m in here.heard(Reconciled) if m.venue is market.venue]
            created = here.at_venue(rests).created_at
            assert any(began + 90 * SECOND <= at <= created for at in compared)
            assert not [o for o in here.venue_orders() if began < o.created_at < created]

    run(tell())


def test_f10_in_the_post_only_time_a_taker_waits():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            here.breaks(
                Rule(do=Do.RESTART, after_s=0, venue=POLY.venue, seconds=0, post_only_s=120)
            )
            await asyncio.sleep(1)
            await here.arm(POLY)
            arrivals = Arrivals(here.exchange)
            for _ in range(10):
                await here.submit(POLY, BUY, 10, 4_700, confirmed=True)
                await asyncio.sleep(2)
            assert len(arrivals.creates()) == 1
            assert here.heard(Refused)[-1].limit == "post-only for now"
            rests = await here.order(POLY, BUY, 10, 4_600, post_only=True)
            await here.state_is(rests, S.OPEN)
            await asyncio.sleep(120)
            taker = await here.order(POLY, BUY, 10, 4_700)
            await here.state_is(taker, S.FILLED)

    run(tell())


@BOTH
def test_f12_below_the_least_size_nothing_is_sent_and_the_screen_says_why(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            arrivals = Arrivals(here.exchange)
            told = await here.submit(market, BUY, 0.004, 4_600, confirmed=True)
            assert isinstance(told, Refused), told
            assert told.remedy
            assert not arrivals.creates()

    run(tell())


def test_f12_dust_that_no_order_can_sell_is_said_and_not_tried():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            bought = await here.order(POLY, BUY, 10, 4_800, tif=IOC)
            await here.state_is(bought, S.FILLED, S.CANCELLED)
            await here.agreed(POLY)
            assert here.position(POLY) % 10_000, "the venue's cents bought no odd number of shares"
            await asyncio.sleep(10)
            arrivals = Arrivals(here.exchange)
            here.send(ClosePosition(0, POLY.id))
            await here.until(lambda: 0 < here.held(POLY) < 10_000)
            await asyncio.sleep(120)
            assert len(arrivals.creates()) == 1
            here.send(ClosePosition(0, POLY.id))
            await here.until(lambda: "dust" in here.heard(Refused)[-1].remedy)
            await asyncio.sleep(120)
            assert len(arrivals.creates()) == 1

    run(tell())


@BOTH
def test_f13_an_order_whose_fee_is_not_known_is_denied(market):
    async def tell():
        async with night(market) as here:
            unknown = msgspec.structs.replace(market, fees=FeeSchedule(FeeKind.UNKNOWN))
            here.session.hub.put(MarketSeen(here.session.clock.stamp(), unknown))
            told = await here.submit(market, BUY, 10, 4_700, confirmed=True)
            assert (told.rule, told.value) == ("fee", "not known")
            assert not here.venue_orders()

    run(tell())


@BOTH
def test_f13_a_fee_that_changed_under_way_is_paid_as_the_venue_charges_it(market):
    async def tell():
        async with night(market) as here:
            dearer = msgspec.structs.replace(market.fees, taker_ppm=2 * market.fees.taker_ppm)
            here.exchange.exchange.set_fees(market.id, dearer)
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            ledger = here.exchange.exchange.ledger
            purse = Purse(market.venue)
            there = ledger.cash("ann", purse)
            assert 1_000_000_000 - there > 4_700_000
            await here.until(lambda: here.cash(market.venue) == there, most_s=200)

    run(tell())


def test_f14_a_sale_refused_from_a_stale_cache_is_tried_thrice_at_most_and_never_resized():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            bought = await here.order(POLY, BUY, 10, 4_700)
            await here.state_is(bought, S.FILLED)
            await here.agreed(POLY)
            await asyncio.sleep(10)
            body = '{"error":"not enough balance / allowance: the balance is not enough"}'
            here.breaks(on(PLACE, POLY, Do.REFUSE, status=400, body=body, times=0))
            arrivals = Arrivals(here.exchange)
            here.send(ClosePosition(0, POLY.id))
            await asyncio.sleep(180)
            sells = [m.intent for m in here.heard(PlaceOrder) if m.intent.side is SELL]
            assert 1 <= len(arrivals.creates()) <= 3
            assert {intent.qty for intent in sells} == {10 * QTY_ONE}
            assert here.held(POLY) == 10 * QTY_ONE

    run(tell())


def test_f14_a_venue_that_knows_an_old_balance_is_told_to_look_again_and_then_sells():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            bought = await here.order(POLY, BUY, 10, 4_700)
            await here.state_is(bought, S.FILLED)
            await here.agreed(POLY)
            await asyncio.sleep(10)
            here.exchange.server.polymarket.switches.needs_balance_update = True
            here.send(ClosePosition(0, POLY.id))
            await here.until(lambda: here.held(POLY) == 0)
            sells = [m.intent for m in here.heard(PlaceOrder) if m.intent.side is SELL]
            assert len(sells) == 2
            assert {intent.qty for intent in sells} == {10 * QTY_ONE}

    run(tell())


@BOTH
def test_f15_three_refusals_for_one_reason_stop_the_fourth_order(market):
    async def tell():
        async with night(market, risk=msgspec.structs.replace(QUICK, error_share_ppm=0)) as here:
            body = '{"error":{"code":"invalid_parameters","message":"no such thing"}}'
            if market is POLY:
                body = '{"error":"invalid order payload"}'
            here.breaks(on(PLACE, market, Do.REFUSE, status=400, body=body, times=0))
            arrivals = Arrivals(here.exchange)
            for step in range(6):
                await here.submit(market, BUY, 10, 4_600 - 100 * step, confirmed=True)
                await asyncio.sleep(2)
            assert len(arrivals.creates()) == 3
            changed = here.heard(GateChanged)[-1]
            assert changed.state is GateState.HALTED
            assert changed.reason.startswith("F15 refused 3 times")
            assert not here.gate.armed

    run(tell())
