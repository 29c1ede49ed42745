"""Mistakes of early sketches of such programs, each with the test that keeps it out."""

import asyncio
from decimal import Decimal

import msgspec
import pytest
from tests.faults.night import BOTH, CANCEL, KA, PLACE, PM, night, on, session
from tests.faults.test_positions import REPORTS, report
from tests.live.evening import BUY, KALSHI, POLY, Exchange, MemoryJournal, api_key
from tests.live.rig import Rig, ready
from tests.live.test_outcomes import accepted, seen, traded
from tests.live.virtual import VirtualClock, run

from pmterm.messages.commands import Halt
from pmterm.messages.live import HoldingAdjusted, HoldingDiffers
from pmterm.messages.orders import Fill, OrderNamed, PlaceOrder
from pmterm.messages.said import OrderUnclear
from pmterm.model.holding import Booked, Holding
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, PPM, QTY_ONE, SECOND
from pmterm.sim.exchange_orders import Standing
from pmterm.sim.fault_script import Do
from pmterm.trading.risk.breakers import Drawdown, Losses
from pmterm.trading.risk.limits import HOUR, MINUTE, Limits

QUICK = Limits(market_cooldown=0)


@BOTH
def test_trap_a_new_id_on_every_retry(market):
    """F01: there is no retry; and what was named is called the same after a restart."""

    async def tell():
        exchange, journal = Exchange(VirtualClock(1)), MemoryJournal()
        async with exchange.server:
            key = await api_key(exchange)
            async with session(exchange, key, journal) as here:
                await here.arm(market)
                here.breaks(on(PLACE, market, Do.RESET_AFTER))
                order = await here.order(market, BUY, 10, 4_600)
                name = here.executor.order(order.id).venue_order
            async with session(exchange, key, journal) as here:
                await here.until(lambda: here.state(order).is_final)  # the end took it back
                again = here.executor.order(order.id)
                assert market is KALSHI or again.venue_order == name
                await asyncio.sleep(90)
                assert len(here.venue_orders()) == 1
            kinds = [m for m in journal.messages if isinstance(m, PlaceOrder | OrderNamed)]
            assert len(kinds) == 2

    run(tell())


def test_trap_live_and_replayed_orders_differ():
    """I9: what the executor knows of an order while it lives is what the journal gives back."""
    rig = ready()
    order = rig.buy()
    live = rig.executor.order(order.id)
    assert live.venue_order == order.named
    again = Rig(rig.journal, at=rig.at).executor.order(order.id)
    assert msgspec.structs.asdict(again) == msgspec.structs.asdict(live)


def test_trap_the_position_changes_when_the_order_goes_out():
    """F19: only a fill moves a position, not an order, not its answer."""
    rig = ready()
    order = rig.buy()
    assert not rig.portfolio.positions()
    accepted(rig, order, S.FILLED, 10)
    assert not rig.portfolio.positions()
    traded(rig, order, 10)
    assert [p.qty for p in rig.portfolio.positions()] == [10 * QTY_ONE]


@pytest.mark.parametrize("why", ["no answer", "HTTP 500", "not JSON", "no id in it"])
def test_trap_an_error_turns_unknown_into_failed(why):
    """F04: whatever went wrong, the order may be there: it stays reserved and is looked for."""
    rig = ready()
    order = rig.buy()
    rig.hear(OrderUnclear(rig.at, rig.wing.venue, order.id, why))
    rig.wait(30)
    assert rig.state(order) is S.UNKNOWN
    assert [use.value for use in rig.gate.uses(order.market) if use.rule == "R1"] == ["$4.70"]
    seen(rig, order)
    assert rig.state(order) is S.OPEN


@pytest.mark.parametrize("broken", [PM, KA])
def test_trap_a_kill_stops_at_the_first_cancel_that_fails(broken):
    """F57: one venue that does not answer keeps no cancel of the other one waiting."""

    async def tell():
        async with night(POLY, risk=QUICK) as here:
            orders = {PM: await here.order(POLY, BUY, 10, 4_600)}
            await here.arm(KALSHI)
            orders[KA] = await here.order(KALSHI, BUY, 10, 4_600)
            for order in orders.values():
                await here.state_is(order, S.OPEN)
            market = POLY if broken is PM else KALSHI
            here.breaks(on(CANCEL, market, Do.DROP_REPLY, times=2))
            here.breaks(on(CANCEL, market, Do.RESET_BEFORE, times=2))
            killed_at = here.exchange.clock.now()
            here.send(Halt(0))
            whole = orders[KA if broken is PM else PM]
            await here.state_is(whole, S.CANCELLED)
            assert here.exchange.clock.now() - killed_at < SECOND
            for order in orders.values():
                await here.state_is(order, S.CANCELLED)
                assert here.at_venue(order).standing is Standing.CANCELLED

    run(tell())


@BOTH
def test_trap_a_restart_overwrites_what_we_hold_with_the_report(market):
    """F29: after a restart, too, a difference is told and nothing is changed by it."""

    async def tell():
        exchange, journal = Exchange(VirtualClock(1)), MemoryJournal()
        async with exchange.server:
            key = await api_key(exchange)
            async with session(exchange, key, journal) as here:
                await here.arm(market)
                order = await here.order(market, BUY, 10, 4_700)
                await here.state_is(order, S.FILLED)
                await here.agreed(market)
                await asyncio.sleep(20)
            async with session(exchange, key, journal) as here:
                body = report(market, 0)
                here.breaks(on(REPORTS, market, Do.REFUSE, status=200, body=body, times=0))
                await here.until(lambda: here.heard(HoldingDiffers))
                assert here.held(market) == 10 * QTY_ONE
                assert not here.heard(HoldingAdjusted)

    run(tell())


def test_trap_a_size_in_contracts_is_compared_with_a_limit_in_dollars():
    """F63: 1 500 contracts at 10 cents are $150 of $1 000; 9 000 more are too many."""
    rig = ready()
    rig.book(bid=900, ask=1_100)
    assert rig.buy(1_500, 1_000) is not None
    rig.wait(6)
    rig.book(bid=900, ask=1_100)
    told = [use.value for use in rig.gate.uses("M") if use.rule == "R1"]
    assert told == ["$150"]
    assert rig.buy(9_000, 1_000) is None


@BOTH
def test_trap_money_is_kept_in_floats(market):
    """I1: nothing that is journaled, money or size, is a float anywhere inside."""

    async def tell():
        async with night(market) as here:
            order = await here.order(market, BUY, 10.99 if market is POLY else 7.77, 4_700)
            await here.state_is(order, S.FILLED)
            await here.agreed(market)
            assert here.heard(Fill)
            assert not [m for m in here.journal.messages if floats_in(msgspec.to_builtins(m))]

    run(tell())


def floats_in(value):
    if isinstance(value, dict):
        return any(map(floats_in, value.values()))
    if isinstance(value, list | tuple):
        return any(map(floats_in, value))
    return isinstance(value, float | Decimal)


@BOTH
def test_trap_the_end_sells_what_is_held(market):
    """An end takes our own orders back and leaves what is held."""

    async def tell():
        exchange = Exchange(VirtualClock(1))
        async with exchange.server:
            key = await api_key(exchange)
            async with session(exchange, key, risk=QUICK) as here:
                await here.arm(market)
                bought = await here.order(market, BUY, 10, 4_700)
                await here.state_is(bought, S.FILLED)
                resting = await here.order(market, BUY, 10, 4_600)
                await here.state_is(resting, S.OPEN)
            assert here.at_venue(resting).standing is Standing.CANCELLED
            assert here.position(market) == 10 * QTY_ONE

    run(tell())


def test_trap_three_losses_of_five_count_as_three_in_a_row():
    losses = Losses()
    for trip in (-5, -5, 7, -5, -5):
        losses.book(Booked(Holding(), 0, trip, is_over=True, trip=trip))
    assert losses.in_row == 2


def test_trap_the_drawdown_is_taken_from_the_balance_less_the_profit():
    drawdown, at = Drawdown(HOUR), 1_790_000_000 * SECOND
    shares = [drawdown.share_ppm(at + n * MINUTE, (1_000 + n) * CASH_ONE) for n in range(5)]
    assert shares == [0] * 5  # a day that only wins has no drawdown
    assert drawdown.share_ppm(at + 5 * MINUTE, 502 * CASH_ONE) == PPM // 2
