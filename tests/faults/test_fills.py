"""F19-F24: each fill is counted once, for the order it belongs to, and taken back if it failed."""

import asyncio
from itertools import permutations

import pytest
from tests.faults.night import BOTH, PLACE, night, on, session
from tests.live.evening import BUY, POLY, SELL, Exchange, MemoryJournal, api_key
from tests.live.rig import ready
from tests.live.test_outcomes import accepted, traded
from tests.live.virtual import VirtualClock, run

from pmterm.messages.commands import ClosePosition
from pmterm.messages.orders import Fill, FillMoved, OrderAdopted
from pmterm.model.order import FillState, TimeInForce
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do, Rule
from pmterm.trading.risk.limits import Limits

QUICK = Limits(market_cooldown=0)
IOC = TimeInForce.IOC


@BOTH
def test_f19_a_fill_before_the_answer_is_the_orders_own(market):
    async def tell():
        async with night(market) as here:
            here.breaks(
                on(PLACE, market, Do.EVENT_FIRST), on(PLACE, market, Do.DELAY_REPLY, seconds=5.0)
            )
            order = await here.order(market, BUY, 10, 4_700)
            asked_at = here.exchange.clock.now()
            await here.until(lambda: here.held(market) == 10 * QTY_ONE)
            assert here.exchange.clock.now() - asked_at < 5_000_000_000
            await here.state_is(order, S.FILLED)
            await asyncio.sleep(20)
            assert {fill.order for fill in here.heard(Fill)} == {order.id}
            assert not here.heard(OrderAdopted)

    run(tell())


@BOTH
@pytest.mark.parametrize("seed", [1, 2])
def test_f20_a_fill_counts_once_by_stream_and_lists_and_after_a_restart(market, seed):
    async def tell():
        print(f"seed {seed}")
        exchange, journal = Exchange(VirtualClock(seed)), MemoryJournal()
        async with exchange.server:
            key = await api_key(exchange)
            async with session(exchange, key, journal) as here:
                await here.arm(market)
                here.breaks(Rule(do=Do.DUPLICATE, after_s=0, venue=market.venue, frames=40))
                order = await here.order(market, BUY, 10, 4_700)
                await here.state_is(order, S.FILLED)
                here.breaks(Rule(do=Do.DROP_STREAMS, after_s=0, venue=market.venue))
                await asyncio.sleep(40)
                assert here.held(market) == 10 * QTY_ONE
            async with session(exchange, key, journal) as here:
                await here.ready(market.venue)
                here.breaks(Rule(do=Do.DUPLICATE, after_s=0, venue=market.venue, frames=40))
                await asyncio.sleep(40)
                assert here.held(market) == here.position(market) == 10 * QTY_ONE
            fills = [m.id for m in journal.messages if isinstance(m, Fill)]
            assert len(fills) == len(set(fills)) == len(exchange.exchange.fills)

    run(tell())


def test_f21_a_trade_that_is_retried_and_fails_is_taken_back_once_over_the_wire():
    async def tell():
        async with night(POLY) as here:
            here.breaks(
                Rule(do=Do.FAIL_TRADES, after_s=0, venue=POLY.venue, trades=1),
                Rule(do=Do.DUPLICATE, after_s=0, venue=POLY.venue, frames=20),
                Rule(do=Do.REORDER, after_s=0, venue=POLY.venue, frames=20),
            )
            order = await here.order(POLY, BUY, 10, 4_700)
            await here.until(lambda: here.heard(FillMoved) and here.held(POLY) == 0)
            await asyncio.sleep(60)
            failed = [m for m in here.heard(FillMoved) if m.state is FillState.FAILED]
            assert len(failed) == 1
            assert here.executor.order(order.id).reversed == 10 * QTY_ONE
            assert here.held(POLY) == here.position(POLY) == 0
            assert here.cash(POLY.venue) == 1_000_000_000

    run(tell())


STEPS = (FillState.MATCHED, FillState.MINED, FillState.RETRYING)


@pytest.mark.parametrize("end", [FillState.CONFIRMED, FillState.FAILED])
@pytest.mark.parametrize("order_of_steps", list(permutations(STEPS)))
@pytest.mark.parametrize("place", [1, 2, 3])
def test_f21_in_whatever_order_the_states_of_a_trade_come_it_counts_once(
    order_of_steps, end, place
):
    rig = ready()
    order = rig.buy()
    accepted(rig, order, S.FILLED, 10)
    steps = [*order_of_steps[:place], end, *order_of_steps[place:], end]
    for state in steps:
        traded(rig, order, 10, state=state)
    held = 10 * QTY_ONE if end is FillState.CONFIRMED else 0
    assert [p.qty for p in rig.portfolio.positions()] == [held]
    assert rig.desk.book.held(order.market) == held


def test_f22_of_three_fills_two_fail_and_the_third_is_kept_and_seen():
    async def tell():
        async with night(POLY, risk=Limits(collar_ppm=0)) as here:
            here.exchange.world.withdraw(POLY.id)
            here.exchange.fill_book(
                POLY.id, (((4_400, 500),), ((4_500, 3), (4_600, 3), (4_700, 300)))
            )
            await asyncio.sleep(1)
            here.breaks(Rule(do=Do.FAIL_TRADES, after_s=0, venue=POLY.venue, trades=2))
            order = await here.order(POLY, BUY, 9, 4_700)
            await here.state_is(order, S.FILLED)
            await here.until(lambda: here.executor.order(order.id).reversed == 6 * QTY_ONE)
            assert here.executor.order(order.id).filled == 3 * QTY_ONE
            assert here.held(POLY) == here.position(POLY) == 3 * QTY_ONE
            assert len(here.heard(Fill)) == 3

    run(tell())


def test_f23_a_sale_is_sized_from_what_has_settled_and_is_never_refused():
    async def tell():
        async with night(POLY, risk=QUICK) as here:
            bought = await here.order(POLY, BUY, 10, 4_800, tif=IOC)
            await here.state_is(bought, S.FILLED, S.CANCELLED)
            await here.agreed(POLY)
            here.send(ClosePosition(0, POLY.id))  # while it is settling
            await here.until(lambda: here.held(POLY) < 10_000, most_s=60)
            sold = [order for order in here.venue_orders() if order.is_sale]
            assert [order.standing for order in sold] == [Standing.FILLED]
            assert sold[0].filled + here.position(POLY) == here.at_venue(bought).filled

    run(tell())


@BOTH
@pytest.mark.parametrize("names_sides", [True, False])
def test_f24_one_taker_hits_several_of_ours_and_each_keeps_its_own_side(market, names_sides):
    async def tell():
        async with night(market, risk=QUICK) as here:
            here.exchange.server.polymarket.switches.names_maker_sides = names_sides
            ours = [await here.order(market, BUY, qty, 4_600) for qty in (10, 12)]
            for order in ours:
                await here.state_is(order, S.OPEN)
            sold = here.exchange.world.cross(market.id, SELL, 4_600, 15 * QTY_ONE)
            assert sold == 15 * QTY_ONE
            await here.until(lambda: here.held(market) == 15 * QTY_ONE)
            assert {fill.side for fill in here.heard(Fill)} == {BUY}
            assert [here.executor.order(o.id).filled for o in ours] == [
                here.at_venue(o).filled for o in ours
            ]

    run(tell())


@BOTH
def test_f24_yes_matched_against_no_is_our_own_side_and_outcome(market):
    async def tell():
        async with night(market, risk=QUICK) as here:
            order = await here.order(market, SELL, 10, 4_600)
            await here.state_is(order, S.OPEN)
            for _ in range(2):  # the crowd asks for YES and for NO by turns
                here.exchange.world.cross(market.id, BUY, 4_600, 5 * QTY_ONE)
                await asyncio.sleep(1)
            await here.state_is(order, S.FILLED)
            await here.until(lambda: here.held(market) == -10 * QTY_ONE)
            assert {(fill.side, fill.is_maker) for fill in here.heard(Fill)} == {(SELL, True)}
            if market is POLY:
                assert {fill.outcome for fill in here.heard(Fill)} == {1}
                ledger = here.exchange.exchange.ledger
                assert ledger.holding("ann", market.id, 1) == 10 * QTY_ONE

    run(tell())
