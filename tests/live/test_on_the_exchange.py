"""Live sessions on the local exchange, over sockets, on virtual time: order to position."""

import asyncio
from functools import partial

import msgspec
import pytest
from tests.live.evening import BUY, DELAYED, KALSHI, POLY, SELL, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import CancelOrder, CloseAll, Disarm, SubmitTicket
from pmterm.messages.live import ReadinessChanged
from pmterm.messages.orders import OrderReport, Refused
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_an_order_fills_and_the_venue_and_the_session_agree(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            order = await here.order(market, BUY, 10, 4_700)
            await here.state_is(order, S.FILLED)
            await here.until(lambda: here.held(market) == 10 * QTY_ONE)
            assert [o.filled for o in here.venue_orders()] == [10 * QTY_ONE]

    run(tell())


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_a_resting_order_is_cancelled_and_both_agree(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            named = f"BUY 10 {market.outcomes[0].name} @ 46 in {market.title}"
            assert here.session.desk.quit_blockers() == [named]
            here.send(CancelOrder(0, order.id))
            await here.state_is(order, S.CANCELLED)
            assert here.session.desk.quit_blockers() == []
            assert [o.standing.value for o in here.venue_orders()] == ["cancelled"]

    run(tell())


def test_what_the_gate_says_beforehand_it_says_when_the_order_is_gone():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(POLY)
            order = await here.order(POLY, BUY, 1_000, 4_600)
            await here.state_is(order, S.OPEN)
            objection = partial(here.session.desk.objection, instead_of=order.id)
            anew = SubmitTicket(0, POLY.id, BUY, 1_000 * QTY_ONE, 4_500, confirmed=True)
            assert objection(anew).rule == "R5 pause"
            await asyncio.sleep(6)
            far, small, dear = (
                msgspec.structs.replace(anew, price=4_550),
                msgspec.structs.replace(anew, qty=1),
                msgspec.structs.replace(anew, qty=3_000 * QTY_ONE),
            )
            told = [objection(ticket) for ticket in (anew, far, small, dear)]
            assert told[0] is None
            assert [said.rule for said in told[1:]] == ["ticket", "ticket", "R1 position"]
            here.send(CancelOrder(0, order.id))
            await here.state_is(order, S.CANCELLED)
            for ticket, said in zip((far, small, dear), told[1:], strict=True):
                refused = len(here.heard(Refused))
                here.send(ticket)
                await here.until(lambda n=refused: len(here.heard(Refused)) > n)
                assert here.heard(Refused)[-1].rule == said.rule
            again = await here.order(POLY, BUY, 1_000, 4_500)
            await here.state_is(again, S.OPEN)

    run(tell())


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_a_held_position_is_sold_again(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            bought = await here.order(market, BUY, 10, 4_700)
            await here.state_is(bought, S.FILLED)
            await here.until(lambda: here.held(market) == 10 * QTY_ONE)
            await asyncio.sleep(20)  # what was bought must settle before it can be sold
            sold = await here.order(market, SELL, 10, 4_500)
            assert sold is not None, here.heard(Refused)
            await here.state_is(sold, S.FILLED, S.CANCELLED)
            await here.until(lambda: here.held(market) == 0)

    run(tell())


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_everything_is_closed_also_when_disarmed(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            bought = await here.order(market, BUY, 10, 4_700)
            await here.state_is(bought, S.FILLED)
            await here.until(lambda: here.held(market) == 10 * QTY_ONE)
            here.send(Disarm(0))
            await here.until(lambda: here.gate.armed is None)
            here.send(CloseAll(0))
            await here.until(lambda: here.held(market) == 0)
            assert [said.rule for said in here.heard(Refused) if said.rule == "ARM"] == []

    run(tell())


def test_kalshi_is_never_waited_for_a_dead_man_it_does_not_have():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            for venue in Venue:
                await here.ready(venue)
            missed = {
                said.venue: any("dead-man" in what for what in said.missing)
                for said in reversed(here.heard(ReadinessChanged))
            }
            assert missed == {Venue.KALSHI: False, Venue.POLYMARKET: True}

    run(tell())


def test_a_delayed_market_counts_down_and_then_fills():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(DELAYED)
            order = await here.order(DELAYED, BUY, 10, 4_700)
            await here.until(lambda: any(r.until for r in here.heard(OrderReport)))
            assert here.state(order) is S.SENT
            await here.state_is(order, S.FILLED)
            assert len(here.venue_orders()) == 1

    run(tell())
