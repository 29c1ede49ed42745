"""F32-F35: markets that end or pause, streams that go, orders the venue forgets."""

import asyncio

import pytest
from tests.faults.night import BOTH, KA, PM, night, on
from tests.live.evening import BUY, KALSHI, POLY, SELL
from tests.live.rig import ready
from tests.live.test_outcomes import accepted, traded
from tests.live.virtual import run

from pmterm.live.judging import GONE
from pmterm.messages.accounts import MarketSettled
from pmterm.messages.feed import MarketStatusSeen
from pmterm.messages.live import HoldingDiffers, ReadinessChanged
from pmterm.messages.orders import Fill, OrderReport, Refused
from pmterm.model.market import MarketStatus
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, PRICE_ONE, QTY_ONE, SECOND
from pmterm.sim.accounts import Purse
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do, Rule
from pmterm.trading.risk.limits import Limits

QUICK = Limits(market_cooldown=0)
BEATS = {PM: "POST /clob/v1/heartbeats"}
PAYOUTS = {"all": PRICE_ONE, "nothing": 0, "split": PRICE_ONE // 2, "void": 4_700}


@BOTH
@pytest.mark.parametrize("end", PAYOUTS)
def test_f32_a_market_that_resolves_pays_exactly_and_its_orders_leave_the_screen(market, end):
    payout = PAYOUTS[end]

    async def tell():
        async with night(market, risk=QUICK, agrees=False) as here:
            held = await here.order(market, BUY, 10, 4_700)
            await here.state_is(held, S.FILLED)
            resting = await here.order(market, BUY, 10, 4_600)
            await here.state_is(resting, S.OPEN)
            await asyncio.sleep(20)
            clock, exchange = here.exchange.clock, here.exchange.exchange
            exchange.resolve(clock.now(), market.id, payout)
            await here.state_is(resting, S.EXPIRED, S.CANCELLED)
            there = exchange.ledger.cash("ann", Purse(market.venue))
            assert there > 995 * CASH_ONE - 1
            await here.until(lambda: here.cash(market.venue) == there, most_s=200)
            if market is KALSHI or end != "void":
                assert [s.payout for s in here.heard(MarketSettled)] == [payout]
                assert here.held(market) == 0
                await asyncio.sleep(130)
                assert not here.heard(HoldingDiffers)
            else:  # a payout that nobody tells is not guessed at
                await here.until(lambda: here.heard(HoldingDiffers), most_s=200)
                assert here.held(market) == 10 * QTY_ONE
            told = await here.submit(market, BUY, 10, 4_600, confirmed=True)
            assert isinstance(told, Refused)

    run(tell())


@pytest.mark.parametrize(
    ("market", "step"),
    [(KALSHI, "pause"), (KALSHI, "close"), (POLY, "close")],  # Polymarket tells of no pauses
    ids=["kalshi pauses", "kalshi closes", "polymarket closes"],
)
def test_f33_a_market_that_is_paused_or_closed_takes_no_order_and_says_why(market, step):
    async def tell():
        async with night(market, risk=QUICK) as here:
            clock, exchange = here.exchange.clock, here.exchange.exchange
            before = len(here.venue_orders())
            getattr(exchange, step)(clock.now(), market.id)
            await asyncio.sleep(5)
            told = await here.submit(market, BUY, 10, 4_600, confirmed=True)
            if not isinstance(told, Refused):
                await here.state_is(told, S.REFUSED)
                assert here.executor.order(told.id).reason
            else:
                assert told.remedy
            assert len(here.venue_orders()) == before
            assert here.used(market) == "$0"

    run(tell())


@BOTH
def test_f33_a_market_by_a_name_the_venue_no_longer_has_is_refused_in_words(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            bodies = {
                PM: (400, '{"error":"the market is not yet ready to process new orders"}'),
                KA: (404, '{"error":{"code":"market_not_found","message":"market not found"}}'),
            }
            status, body = bodies[market.venue]
            path = {PM: "POST /clob/order", KA: "POST /trade-api/v2/portfolio/events/orders"}
            here.breaks(on(path, market, Do.REFUSE, status=status, body=body))
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.REFUSED)
            assert here.executor.order(order.id).reason
            assert here.used(market) == "$0"

    run(tell())


@BOTH
@pytest.mark.parametrize("down_s", [1, 15, 60])
def test_f34_fills_while_the_stream_was_down_are_found_before_trading_goes_on(market, down_s):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            server = here.exchange.server
            server.faults[market.venue].blocks_stream = True
            here.breaks(Rule(do=Do.DROP_STREAMS, after_s=0, venue=market.venue))
            await here.until(lambda: here.missing(market.venue))
            down = len(here.said)
            assert here.gate.armed is None
            here.exchange.world.cross(market.id, SELL, 4_600, 4 * QTY_ONE)
            await asyncio.sleep(down_s)
            told = await here.submit(market, BUY, 10, 4_500, confirmed=True)
            assert isinstance(told, Refused)
            server.faults[market.venue].blocks_stream = False
            await here.until(lambda: not here.missing(market.venue))
            said = here.said[down:]
            fill = next(i for i, m in enumerate(said) if isinstance(m, Fill))
            ready = next(
                i
                for i, m in enumerate(said)
                if isinstance(m, ReadinessChanged) and m.venue is market.venue and not m.missing
            )
            assert fill < ready
            assert here.held(market) == 4 * QTY_ONE

    run(tell())


@BOTH
def test_f35_orders_a_restart_wiped_are_missed_within_seconds_and_kept_reserved_till_then(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            await asyncio.sleep(20)
            here.breaks(Rule(do=Do.RESTART, after_s=0, venue=market.venue, seconds=3.0))
            back_at = here.exchange.clock.now() + 3 * SECOND
            assert here.at_venue(order).standing is Standing.CANCELLED
            while here.state(order) is not S.CANCELLED:
                assert here.used(market) == "$4.60"
                await asyncio.sleep(0.05)
            told = [m for m in here.heard(OrderReport) if m.order == order.id]
            missed = next(m for m in told if m.reason == GONE or m.state is S.CANCELLED)
            assert missed.at - back_at <= 5 * SECOND
            assert here.used(market) == "$0"

    run(tell())


def test_f35_orders_the_dead_man_switch_cancelled_are_seen_at_once():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            order = await here.order(POLY, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            here.breaks(on(BEATS, POLY, Do.REFUSE, status=500, times=0))
            await here.until(lambda: here.at_venue(order).standing is Standing.CANCELLED)
            wiped_at = here.exchange.clock.now()
            await here.state_is(order, S.CANCELLED)
            assert here.exchange.clock.now() - wiped_at <= 5 * SECOND
            assert "dead-man" in here.missing(POLY.venue)[0]

    run(tell())


def test_f32_shares_that_a_venue_still_shows_after_the_payout_are_no_difference():
    """Polymarket's winners stay in the wallet until they are redeemed."""
    rig = ready()
    order = rig.buy()
    accepted(rig, order, S.FILLED, 10)
    traded(rig, order, 10)
    rig.take(MarketStatusSeen(rig.at, order.market, MarketStatus.RESOLVED, "Red"))
    assert [s.payout for s in rig.heard(MarketSettled)] == [PRICE_ONE]
    for _ in range(3):
        rig.wait(61)
        rig.agree(holdings=[(0, 10 * QTY_ONE)])
    assert not rig.heard(HoldingDiffers)
    assert [p.qty for p in rig.portfolio.positions()] == [0]
    again = rig.again()
    again.take(MarketStatusSeen(again.at, order.market, MarketStatus.RESOLVED, "Red"))
    assert not again.heard(MarketSettled)  # paid once
