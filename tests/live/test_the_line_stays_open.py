"""An order never waits for a handshake, and a venue that pauses is known of before one is sent."""

import asyncio

import pytest
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run

from pmterm.messages.commands import Disarm
from pmterm.model.ids import Venue
from pmterm.model.order import OrderState as S
from pmterm.net.line import Lines
from pmterm.sim.fault_script import Do, Rule
from pmterm.venues.kalshi.proof import KalshiProof

PAUSED = "the venue takes only cancels"


@pytest.mark.parametrize(
    ("market", "dead_man"),
    [(POLY, True), (POLY, False), (KALSHI, True)],
    ids=["polymarket", "polymarket without a dead-man switch", "kalshi"],
)
def test_an_order_after_minutes_of_quiet_finds_a_connection_open(monkeypatch, market, dead_man):
    made = []
    connect = Lines.open

    async def counted(lines, within_s):
        made.append(lines)
        return await connect(lines, within_s)

    monkeypatch.setattr(Lines, "open", counted)

    async def tell():
        async with (
            open_exchange() as (exchange, key),
            evening(exchange, key=key, dead_man=dead_man) as here,
        ):
            await here.arm(market)
            await asyncio.sleep(100)
            assert made, "nothing was counted"
            made.clear()
            await here.state_is(await here.order(market, BUY, 10, 4_400), S.OPEN)

    run(tell())
    assert not made


def test_a_pause_of_kalshi_is_told_before_an_order_runs_into_it():
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.ready(Venue.KALSHI)
            pause = Rule(do=Do.PAUSE_TRADING, after_s=0, venue=Venue.KALSHI, seconds=40)
            exchange.server.player.add(pause)
            await here.until(lambda: PAUSED in here.missing(Venue.KALSHI), most_s=11)
            for _ in range(50):
                await asyncio.sleep(0.5)
                assert PAUSED in here.missing(Venue.KALSHI)
            await here.until(lambda: PAUSED not in here.missing(Venue.KALSHI), most_s=30)
            await here.until(lambda: not here.missing(Venue.KALSHI), most_s=2)

    run(tell())


def test_headers_are_signed_ahead_while_it_is_armed_and_only_then(monkeypatch):
    ahead = []
    monkeypatch.setattr(KalshiProof, "sign_ahead", lambda _, at: ahead.append(at))

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.ready(Venue.KALSHI)
            await asyncio.sleep(5)
            assert not ahead
            await here.arm(KALSHI)
            await asyncio.sleep(5)
            assert 8 <= len(ahead) <= 11
            here.send(Disarm(0))
            await asyncio.sleep(1)
            ahead.clear()
            await asyncio.sleep(5)

    run(tell())
    assert not ahead
