"""A market is resolved while nobody looks: whoever comes back finds it settled, and as it was paid.

The session that comes back watches another market, so no stream tells it of this one.
"""

import asyncio

import msgspec
import pytest
from tests.live.evening import BUY, DELAYED, KALSHI, POLY, MemoryJournal, evening, open_exchange
from tests.live.evening import owner as owner_of
from tests.live.virtual import run

from pmterm.compose.audit_venue import Books, compare_when_quiet
from pmterm.config.settings import Hosts
from pmterm.live.audit.audit import audit
from pmterm.messages.accounts import MarketSettled
from pmterm.messages.feed import DETERMINED, SETTLED, MarketSeen, MarketStatusSeen
from pmterm.messages.live import HoldingDiffers, Reconciled
from pmterm.model.market import MarketStatus
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, PRICE_ONE, QTY_ONE
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.sim.accounts import Purse
from pmterm.trading.risk.limits import Limits
from pmterm.venues.kalshi.catalog import KalshiCatalog

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
PAYOUTS = {"all": PRICE_ONE, "nothing": 0, "split": PRICE_ONE // 2}


async def bought(exchange, key, market):
    """An evening that ends with a position; return its journal."""
    async with evening(exchange, key=key) as here:
        await here.arm(market)
        await here.state_is(await here.order(market, BUY, 10, 4_700), S.FILLED)
        await asyncio.sleep(30)
        return here.journal.messages


def next_day(exchange, key, messages):
    return evening(exchange, MemoryJournal(messages), key=key, watch=(DELAYED,))


def resolve(exchange, market, payout):
    exchange.exchange.resolve(exchange.clock.now(), market.id, payout)


def cash_there(exchange, market):
    return exchange.exchange.ledger.cash("ann", Purse(market.venue))


def cash_here(here, market):
    return here.session.parts.portfolio._ledger.cash_at(market.venue)


async def compared(here, venue, times=1):
    """Wait for whole rounds from now on."""

    def rounds():
        return sum(said.venue is venue for said in here.heard(Reconciled))

    until = rounds() + times
    await here.until(lambda: rounds() >= until, most_s=300)


async def audited(exchange, key, venue, messages):
    """Return what an audit finds wrong, in the journal and at the venue."""
    wrong = [finding for finding in audit(messages, Limits()) if finding.wrong]
    who, clock = owner_of(exchange, key), exchange.clock
    bases = msgspec.convert(exchange.server.hosts(), Hosts).bases()
    http = HttpClient(bases, Limiter({}, clock), clock, proofs=who.proofs)
    lines = await compare_when_quiet(Books(who.wings[venue], messages), http, clock)
    await http.close()
    return wrong + [line for line in lines if line.verdict.value != "ok"]


@BOTH
@pytest.mark.parametrize("end", PAYOUTS)
def test_who_comes_back_finds_it_settled_at_what_it_paid_and_the_audit_clean(market, end):
    async def tell():
        async with open_exchange() as (exchange, key):
            messages = await bought(exchange, key, market)
            resolve(exchange, market, PAYOUTS[end])
            await asyncio.sleep(60)
            async with next_day(exchange, key, messages) as here:
                await here.until(lambda: here.heard(MarketSettled), most_s=30)
                await compared(here, market.venue)
                assert [(s.market, s.payout) for s in here.heard(MarketSettled)] == [
                    (market.id, PAYOUTS[end])
                ]
                assert here.held(market) == 0
                assert cash_here(here, market) == cash_there(exchange, market)
                await compared(here, market.venue, times=3)
                assert len(here.heard(MarketSettled)) == 1
                assert not here.heard(HoldingDiffers)
            assert not await audited(exchange, key, market.venue, here.journal.messages)

    run(tell())


@BOTH
def test_it_is_settled_as_well_while_the_session_runs(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            messages = await bought(exchange, key, market)
            async with next_day(exchange, key, messages) as here:
                await compared(here, market.venue)
                assert here.held(market) == 10 * QTY_ONE
                resolve(exchange, market, PRICE_ONE)
                await here.until(lambda: here.held(market) == 0, most_s=90)
                await compared(here, market.venue, times=2)
                assert cash_here(here, market) == cash_there(exchange, market)
                assert not here.heard(HoldingDiffers)

    run(tell())


@BOTH
def test_a_market_that_is_only_closed_pays_nothing_yet(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            messages = await bought(exchange, key, market)
            exchange.exchange.close(exchange.clock.now(), market.id)
            async with next_day(exchange, key, messages) as here:
                await compared(here, market.venue, times=3)
                assert not here.heard(MarketSettled)
                assert here.held(market) == 10 * QTY_ONE

    run(tell())


def test_shares_that_nobody_has_redeemed_are_no_cash_and_no_difference():
    async def tell():
        async with open_exchange() as (exchange, key):
            messages = await bought(exchange, key, POLY)
            ledger = exchange.exchange.ledger
            redeem, ledger.resolve = ledger.resolve, lambda *_: {}
            resolve(exchange, POLY, PRICE_ONE)
            spent = cash_there(exchange, POLY)
            async with next_day(exchange, key, messages) as here:
                await here.until(lambda: here.heard(MarketSettled), most_s=30)
                assert here.held(POLY) == 0
                assert cash_here(here, POLY) == spent
                await compared(here, POLY.venue, times=3)
                assert cash_here(here, POLY) == spent
                before = here.session.parts.portfolio.mark().equity
                redeem(exchange.clock.now(), POLY, PRICE_ONE)
                await here.until(lambda: cash_here(here, POLY) == spent + 10 * CASH_ONE)
                await compared(here, POLY.venue)
                assert here.session.parts.portfolio.mark().equity == before
                assert not here.heard(HoldingDiffers)
            assert not await audited(exchange, key, POLY.venue, here.journal.messages)

    run(tell())


def test_an_audit_before_anybody_came_back_says_what_is_resolved():
    async def tell():
        async with open_exchange() as (exchange, key):
            messages = await bought(exchange, key, POLY)
            resolve(exchange, POLY, PRICE_ONE)
            await asyncio.sleep(60)
            wrong = await audited(exchange, key, POLY.venue, messages)
            assert {(line.check, line.verdict.value) for line in wrong} == {
                ("holdings", "warn"), ("cash", "warn"),
            }  # fmt: skip

    run(tell())


@pytest.mark.parametrize(
    ("settled", "paid"),
    [(("scalar", -1), 3_700), (("scalar", 4_100), 4_100), (("no", -1), 0)],
    ids=["as determined", "another value", "another result"],
)
def test_what_kalshi_has_only_determined_is_not_paid_yet(settled, paid):
    """A result may be disputed; the money comes when it is settled."""

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(KALSHI)
            await here.state_is(await here.order(KALSHI, BUY, 10, 4_700), S.FILLED)
            await asyncio.sleep(30)
            cash = cash_here(here, KALSHI)
            for words in (("scalar", 3_700, DETERMINED), (*settled, SETTLED)):
                assert (here.held(KALSHI), cash_here(here, KALSHI)) == (10 * QTY_ONE, cash)
                here.send(MarketStatusSeen(0, KALSHI.id, MarketStatus.RESOLVED, *words))
                await asyncio.sleep(0.1)
            assert [m.payout for m in here.heard(MarketSettled)] == [paid]
            assert (here.held(KALSHI), cash_here(here, KALSHI)) == (0, cash + paid * 1_000)

    run(tell())


def test_a_market_told_anew_is_not_paid_by_that_while_it_is_only_determined():
    """Its fee or its close may change in between; the money comes when it is settled."""

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(KALSHI)
            await here.state_is(await here.order(KALSHI, BUY, 10, 4_700), S.FILLED)
            await asyncio.sleep(30)
            resolved = MarketStatus.RESOLVED
            here.send(MarketStatusSeen(0, KALSHI.id, resolved, "yes", PRICE_ONE, DETERMINED))
            told = msgspec.structs.replace(KALSHI, status=resolved, result="yes")
            here.send(MarketSeen(0, told))
            await asyncio.sleep(0.1)
            assert not here.heard(MarketSettled)
            here.send(MarketStatusSeen(0, KALSHI.id, resolved, "yes", -1, SETTLED))
            await asyncio.sleep(0.1)
            assert [m.payout for m in here.heard(MarketSettled)] == [PRICE_ONE]

    run(tell())


def test_who_comes_back_before_it_is_settled_is_paid_by_nothing_that_is_known_of_it():
    """Neither by what the journal keeps of it nor by its metadata."""

    async def tell():
        async with open_exchange() as (exchange, key):
            messages = await bought(exchange, key, KALSHI)
            told = msgspec.structs.replace(KALSHI, status=MarketStatus.RESOLVED, result="yes")
            messages.append(MarketSeen(messages[-1].at, told))
            row = kalshi_row(KALSHI, "determined", result="yes")
            looked_up = KalshiCatalog().market_of(row)
            before = MemoryJournal(messages)
            async with evening(exchange, before, key=key, watch=(looked_up,)) as here:
                resolved = MarketStatus.RESOLVED
                here.send(MarketStatusSeen(0, KALSHI.id, resolved, "yes", PRICE_ONE, DETERMINED))
                await compared(here, KALSHI.venue, times=2)
                assert not here.heard(MarketSettled)
                assert here.held(KALSHI) == 10 * QTY_ONE
                here.send(MarketStatusSeen(0, KALSHI.id, resolved, "yes", -1, SETTLED))
                await here.until(lambda: here.heard(MarketSettled))
                assert [m.payout for m in here.heard(MarketSettled)] == [PRICE_ONE]

    run(tell())


def kalshi_row(market, status, **more):
    """What the venue's REST tells of a market."""
    return {"ticker": market.id, "title": market.title, "event_ticker": market.event,
            "status": status} | more  # fmt: skip
