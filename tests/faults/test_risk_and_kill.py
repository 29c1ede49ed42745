"""Faults F55 to F66: the kill, the dead-man, the limits and the wall to paper money."""

import asyncio
import random
import time
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.faults.weather import Arrivals, behind_proxy, through
from tests.live.evening import (
    BUY,
    KALSHI,
    POLY,
    SELL,
    Evening,
    MemoryJournal,
    evening,
    open_exchange,
    owner,
)
from tests.live.rig import VENUE, M, Rig, ready
from tests.live.rig import market as market_of
from tests.live.virtual import run

from pmterm.compose.network import network
from pmterm.compose.session import Ground, assemble
from pmterm.config.paths import demo_store_path, live_store_path, store_path
from pmterm.config.sections import StoreSettings
from pmterm.config.settings import Hosts, Settings
from pmterm.messages import commands
from pmterm.messages.commands import Arm, ClosePosition, Halt, Panic, Resume, SubmitTicket
from pmterm.messages.feed import BookDoubted, MarketSeen
from pmterm.messages.live import AccountSeen, Armed, DeadManSeen, Reconciled
from pmterm.messages.orders import Approved, PlaceOrder, Refused
from pmterm.messages.said import FillSeen, OrderAccepted
from pmterm.model.errors import StoreBroken
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import OrderId, Venue, VenueOrderId
from pmterm.model.order import FillState, GateState
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND, cost
from pmterm.runtime.engine import Woken
from pmterm.sim.fault_script import Do, Rule
from pmterm.trading.risk.limits import Limits

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])


async def killed_at_once(here):
    """Kill; the gate is shut in the same moment of virtual time."""
    at = asyncio.get_running_loop().time()
    here.send(Halt(0))
    await here.session.hub.settled()
    assert here.gate.state is GateState.HALTED
    assert asyncio.get_running_loop().time() == at


async def denied(here, market, rule=""):
    """Ask for an order and see it refused by the gate."""
    before = len(here.heard(Refused))
    here.send(SubmitTicket(0, market.id, BUY, 5 * QTY_ONE, 4_600, confirmed=True))
    await here.session.hub.settled()
    said = here.heard(Refused)[before:]
    assert len(said) == 1
    assert said[0].rule.startswith(rule), said


def answer_all(exchange, status, retry_after=None):
    """Have both venues answer every request so until told otherwise."""
    for venue in Venue:
        body = '{"error":{"code":"service_unavailable","message":"service unavailable"}}'
        exchange.server.player.add(
            Rule(do=Do.REFUSE, on="* *", venue=venue, status=status, body=body, times=0)
        )


def heal(exchange):
    script = exchange.server.script
    script.rules.clear()
    script._seen.clear()


@BOTH
@pytest.mark.parametrize("fault", ["blackhole", "500", "425", "429"])
def test_f55_a_kill_while_the_venue_is_dead_halts_at_once_and_cancels_until_it_is_proved(
    market, fault
):
    async def tell():
        async with behind_proxy() as (exchange, key, proxy):
            came = Arrivals(exchange)
            async with evening(exchange, key=key, hosts=through(exchange, proxy)) as here:
                await here.arm(market)
                order = await here.order(market, BUY, 10, 4_600)
                await here.state_is(order, S.OPEN)
                if fault == "blackhole":
                    proxy.is_silent = True
                else:
                    answer_all(exchange, int(fault))
                creates = len(came.creates())
                await killed_at_once(here)
                await denied(here, market, "R10")
                await asyncio.sleep(5)
                assert len(here.session.desk.quit_blockers()) == 1
                kill = here.session.desk.board().live.kill
                assert (kill.total, len(kill.left)) == (1, 1)
                await asyncio.sleep(55)
                if market is POLY:  # the switch was left to run out, though we could not be heard
                    assert here.venue_orders()[0].open == 0
                is_told = market is POLY and fault != "blackhole"  # by the stream, which stands
                assert bool(here.session.desk.quit_blockers()) is not is_told
                proxy.is_silent = False
                heal(exchange)
                await here.state_is(order, S.CANCELLED, most_s=200)
                assert here.venue_orders()[0].open == 0
                assert here.session.desk.board().live.kill.left == ()
                assert len(came.creates()) == creates
                assert here.gate.state is GateState.HALTED

    run(tell())


def test_f55_the_kalshi_order_group_is_triggered_as_soon_as_the_venue_can_be_reached():
    async def tell():
        async with behind_proxy() as (exchange, key, proxy):
            came = Arrivals(exchange)
            async with evening(exchange, key=key, hosts=through(exchange, proxy)) as here:
                await here.arm(KALSHI)
                order = await here.order(KALSHI, BUY, 10, 4_600)
                await here.state_is(order, S.OPEN)
                answer_all(exchange, 503)
                await killed_at_once(here)
                await asyncio.sleep(30)
                heal(exchange)
                healed = len(came.all)
                await here.state_is(order, S.CANCELLED, most_s=200)
                await asyncio.sleep(20)
                later = [what for _, what, _ in came.all[healed:]]
                assert any(what.endswith("/trigger") for what in later)

    run(tell())


REPLIES = {
    "in time": None,
    "late": {"do": Do.DELAY_REPLY, "seconds": 5.0},
    "lost": {"do": Do.DROP_REPLY},
    "reset after": {"do": Do.RESET_AFTER},
    "reset before": {"do": Do.RESET_BEFORE},
    "500 though taken": {"do": Do.STATUS_AFTER, "status": 500, "body": "{}"},
    "hidden": {"do": Do.HIDE_ORDER, "seconds": 20.0},
}
PLACES = {
    POLY.venue: "POST /clob/order",
    KALSHI.venue: "POST /trade-api/v2/portfolio/events/orders",
}


@BOTH
@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("after", [0, 1, 2], ids=["at once", "next turn", "in flight"])
def test_f56_a_kill_during_a_create_follows_that_order_to_its_end(market, reply, after):
    async def tell():
        async with open_exchange() as (exchange, key):
            came = Arrivals(exchange)
            async with evening(exchange, key=key) as here:
                await here.arm(market)
                if REPLIES[reply] is not None:
                    exchange.server.player.add(Rule(on=PLACES[market.venue], **REPLIES[reply]))
                here.send(SubmitTicket(0, market.id, BUY, 10 * QTY_ONE, 4_600, confirmed=True))
                if after == 1:
                    await asyncio.sleep(0)
                if after == 2:
                    await here.until(came.creates)
                await killed_at_once(here)
                await here.until(lambda: not here.session.desk.quit_blockers(), 400)
                await asyncio.sleep(60)
                assert all(not order.open for order in here.venue_orders())
                assert [o.state.is_final for o in here.executor.orders()] == [True]
                assert len(came.creates()) <= after

    run(tell())


class SlowJournal(MemoryJournal):
    """A disk that takes its time over every order."""

    async def append(self, messages):
        if any(isinstance(message, PlaceOrder) for message in messages):
            await asyncio.sleep(0.3)
        await super().append(messages)


@BOTH
def test_f56_a_kill_while_the_disk_writes_the_intent_lets_no_byte_of_it_leave(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            came = Arrivals(exchange)
            async with evening(exchange, SlowJournal(), key=key) as here:
                await here.arm(market)
                here.send(SubmitTicket(0, market.id, BUY, 10 * QTY_ONE, 4_600, confirmed=True))
                await asyncio.sleep(0.1)
                here.send(Halt(0))
                await asyncio.sleep(5)
                assert (came.creates(), here.venue_orders()) == ([], [])
                assert [order.state for order in here.executor.orders()] == [S.REFUSED]

    run(tell())


STEPS = {
    "the cancels at Polymarket": "DELETE /clob/*",
    "the cancels at Kalshi": "DELETE /trade-api/*",
    "the trigger at Kalshi": "PUT /trade-api/*",
    "all writes at Kalshi": "* /trade-api/v2/portfolio/*",
    "all of Polymarket": "* /clob/*",
}


@pytest.mark.parametrize("step", [*STEPS, "the journal"])
def test_f57_a_step_of_the_kill_that_fails_skips_no_other(step):
    async def tell():
        async with open_exchange() as (exchange, key):
            journal = MemoryJournal()
            async with evening(exchange, journal, key=key) as here:
                orders = {}
                for market in (POLY, KALSHI):
                    await here.arm(market)
                    orders[market.venue] = await here.order(market, BUY, 10, 4_600)
                    await here.state_is(orders[market.venue], S.OPEN)
                if step == "the journal":
                    journal.before_write = _disk_full
                else:
                    exchange.server.player.add(Rule(do=Do.RESET_BEFORE, on=STEPS[step], times=0))
                await killed_at_once(here)
                await asyncio.sleep(20)
                open_at = {o.market for o in here.venue_orders() if o.open}
                if step == "all writes at Kalshi":
                    assert open_at == {KALSHI.id}
                else:  # the other way there still worked, or the switch ran out
                    assert open_at == set()
                await denied(here, POLY, "R10")
                heal(exchange)
                journal.before_write = lambda _: None
                for order in orders.values():
                    await here.state_is(order, S.CANCELLED, most_s=200)
                assert all(not order.open for order in here.venue_orders())

    run(tell())


def _disk_full(_):
    raise StoreBroken("the disk is full.")


@BOTH
def test_f58_killed_then_crashed_then_started_is_still_killed_and_arming_is_by_hand(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            journal = MemoryJournal()
            async with evening(exchange, journal, key=key) as here:
                await here.arm(market)
                order = await here.order(market, BUY, 10, 4_600)
                await here.state_is(order, S.OPEN)
                await killed_at_once(here)
                halted = len(journal.messages)
                await here.state_is(order, S.CANCELLED)
            came = Arrivals(exchange)
            whole = list(journal.messages)
            kept = range(halted, len(whole) + 1)
            for crash in kept:  # whatever else of the kill was on disk when it died
                async with evening(exchange, MemoryJournal(whole[:crash]), key=key) as again:
                    await again.ready(market.venue)
                    assert again.gate.state is GateState.HALTED
                    await denied(again, market, "R10")
                    before = len(again.heard(Refused))
                    again.send(Arm(0, market.id, 600))
                    await again.session.hub.settled()
                    assert len(again.heard(Refused)) == before + 1
                    assert not again.heard(Armed)
            assert came.creates() == []
            async with evening(exchange, journal, key=key) as again:
                await again.ready(market.venue)
                again.send(Resume(0))
                await again.session.hub.settled()
                await denied(again, market, "ARM")
                await again.arm(market)
                await asyncio.sleep(6)
                assert await again.order(market, BUY, 10, 4_600) is not None

    run(tell())


BEATS = "POST /clob/v1/heartbeats"


@pytest.mark.parametrize(
    "fault",
    [
        {"do": Do.REFUSE, "status": 401, "body": '{"error":"Unauthorized/Invalid api key"}'},
        {"do": Do.REFUSE, "status": 500, "body": "{}"},
        {"do": Do.REFUSE, "status": 429, "body": "{}"},
        {"do": Do.RESET_BEFORE},
        {"do": Do.DROP_REPLY},
        {"do": Do.HTML},
    ],
    ids=["401", "500", "429", "reset", "timeout", "html"],
)
def test_f60_a_failed_dead_man_call_denies_creates_until_a_fresh_ack_and_a_compare(fault):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(POLY)
            await asyncio.sleep(1)
            came = Arrivals(exchange)
            exchange.server.player.add(Rule(on=BEATS, times=3, **fault))
            await here.until(lambda: exchange.server.fired)
            if fault["do"] is Do.DROP_REPLY:  # not failed yet: what was acked holds so long
                await asyncio.sleep(5.1)
            await asyncio.sleep(0.1)
            await denied(here, POLY)
            assert here.gate.armed is None
            failed = len(here.said)
            await here.ready(POLY.venue)
            said = here.said[failed:]
            acked = next(i for i, m in enumerate(said) if isinstance(m, DeadManSeen))
            rounds = [
                i for i, m in enumerate(said) if isinstance(m, Reconciled) and m.venue is POLY.venue
            ]
            assert rounds[-1] > acked
            assert came.creates() == []
            await here.arm(POLY)
            assert await here.order(POLY, BUY, 10, 4_600) is not None

    run(tell())


LAST_UNIT = Limits(
    max_total=10 * CASH_ONE, max_orders=1_000, market_cooldown=0, max_book_age=0, move_ppm=0
)


@pytest.mark.parametrize("seed", range(12))
def test_f61_a_hundred_tasks_race_for_the_last_unit_of_a_limit_and_one_gets_it(seed):
    print("seed", seed)
    chance = random.Random(seed)

    class RacingJournal(MemoryJournal):
        async def append(self, messages):
            await asyncio.sleep(chance.choice((0, 0, 0.01, 0.2)))
            await super().append(messages)

    async def tell():
        async with open_exchange() as (exchange, key):
            journal = RacingJournal()
            async with evening(exchange, journal, key=key, risk=LAST_UNIT) as here:
                market = chance.choice((POLY, KALSHI))
                await here.arm(market)

                async def one(number):
                    await asyncio.sleep(chance.choice((0, 0, 0.001, 0.05)))
                    price, qty = chance.choice((4_700, 4_600)), (20 + number % 2) * QTY_ONE
                    where = chance.choice((POLY, KALSHI)).id  # the limit is of both together
                    here.send(SubmitTicket(0, where, BUY, qty, price, confirmed=True))
                    await asyncio.sleep(chance.choice((0, 0.01)))
                    exposed_within(here)

                async with asyncio.TaskGroup() as tasks:
                    for number in range(100):
                        tasks.create_task(one(number))
                await asyncio.sleep(60)
                exposed_within(here)
                assert len(here.heard(Approved)) == 1
                assert len(here.venue_orders()) == 1

    run(tell())


def exposed_within(here):
    """I5, by the venue's ledger: what filled and what rests costs no more than the limit."""
    spent = sum(cost(order.price, order.filled + order.open) for order in here.venue_orders())
    assert spent <= LAST_UNIT.max_total


LOSS = Limits(
    max_day_loss=5 * CASH_ONE, move_ppm=0, max_drawdown_ppm=0, market_cooldown=0, max_spread=0,
    min_depth=0, losses_in_row=0,
)  # fmt: skip
FALLEN = ((1_000, 500),), ((1_100, 500),)


@BOTH
def test_f62_a_loss_limit_crossed_with_an_order_in_flight_stays_crossed_over_a_restart(market):
    async def tell():
        async with open_exchange() as (exchange, key):
            journal = MemoryJournal()
            async with evening(exchange, journal, key=key, risk=LOSS) as here:
                await here.arm(market)
                await here.state_is(await here.order(market, BUY, 20, 4_700), S.FILLED)
                exchange.server.player.add(
                    Rule(on=PLACES[market.venue], do=Do.DELAY_REPLY, seconds=8.0)
                )
                flying = await here.order(market, BUY, 10, 4_500)
                exchange.world.withdraw(market.id)
                exchange.fill_book(market.id, FALLEN)  # takes what flies, too
                await here.until(lambda: here.gate.state is GateState.REDUCING)
                assert here.gate.reason.startswith("R3")
                await here.state_is(flying, S.FILLED, S.CANCELLED)
                lost = loss_of(here, market)
                await denied(here, market, "R10")
                assert here.held(market) == ledger_held(here)
            async with evening(exchange, journal, key=key, risk=LOSS) as again:
                await again.ready(market.venue)
                await asyncio.sleep(2)
                assert again.gate.state is GateState.REDUCING
                assert loss_of(again, market) == lost
                again.send(Resume(0))  # a person's wish does not make the loss smaller
                await again.session.hub.settled()
                assert again.gate.state is GateState.REDUCING
                await again.arm(market)
                placed = len(again.venue_orders())
                await denied(again, market)
                assert len(again.venue_orders()) == placed

    run(tell())


def loss_of(here, market):
    return next(use.value for use in here.gate.uses(market.id) if use.rule == "R3")


def ledger_held(here):
    return sum(o.filled for o in here.venue_orders())


EVENING_BEFORE_DST_ENDS = 1_792_872_000 * SECOND  # 2026-10-24 20:00 UTC, 22:00 in Berlin


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York"])
def test_f62_the_day_is_one_of_utc_whatever_the_computers_zone_and_season(zone, monkeypatch):
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        rig = Rig(at=EVENING_BEFORE_DST_ENDS, limits=LOSS).start().up().arm(seconds=3_600)
        order = rig.buy(20, 4_700)
        filled(rig, order, 20)
        pass_time(rig, 1, bid=1_000, ask=1_100)
        assert rig.gate.state is GateState.REDUCING
        for hour in range(1, 4):  # over local midnight where that is not UTC's
            pass_time(rig, 3_600, bid=1_000, ask=1_100)
            assert day_lost(rig), hour
        assert rig.gate.reason.startswith("R3")
        again = Rig(rig.journal, at=rig.at + SECOND, limits=LOSS).start("s2")
        pass_time(again, 1, bid=1_000, ask=1_100)
        assert again.gate.state is GateState.REDUCING
    finally:
        monkeypatch.undo()
        time.tzset()


def filled(rig, order, qty, side=BUY, price=4_700):
    """The venue says that an order filled, and tells the trade."""
    name = VenueOrderId(f"V{order.id}")
    size = qty * QTY_ONE
    rig.hear(
        OrderAccepted(rig.at, VENUE, order.id, name, S.FILLED, size),
        FillSeen(rig.at, VENUE, f"t-{order.id}", name, M, 0, side, price, size, 0, is_maker=False,
                 state=FillState.CONFIRMED, venue_at=rig.at),
    )  # fmt: skip


def pass_time(rig, seconds, **book):
    rig.at += seconds * SECOND
    rig.book(**book)
    rig.take(Woken(rig.at))
    rig.take(Woken(rig.at + SECOND))
    rig.at += SECOND


def day_lost(rig):
    return rig.gate._watch.is_day_lost()


def test_f62_a_realised_loss_counts_until_midnight_utc_and_not_a_second_longer():
    rig = Rig(at=EVENING_BEFORE_DST_ENDS, limits=LOSS).start().up().arm(seconds=3_600)
    filled(rig, rig.buy(20, 4_700), 20)
    pass_time(rig, 1, bid=1_000, ask=1_100)
    sold = rig.sell(20, 1_000, reduce_only=True)
    filled(rig, sold, 20, SELL, 1_000)
    pass_time(rig, 4 * 3_600 - 10, bid=1_000, ask=1_100)
    assert day_lost(rig)
    rig.take(Resume(rig.at))
    assert rig.gate.state is GateState.REDUCING
    pass_time(rig, 10, bid=1_000, ask=1_100)
    assert not day_lost(rig)
    assert rig.gate.state is GateState.REDUCING  # a person says when it goes on
    rig.take(Resume(rig.at))
    assert rig.gate.state is GateState.ACTIVE


NUMBERS = st.one_of(
    st.integers(-(10**30), 0),
    st.integers(10**13, 10**30),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), -0.0]),
)


@settings(max_examples=60)
@given(
    qty=NUMBERS,
    price=st.one_of(st.just(4_700), NUMBERS.filter(bool)),
    side=st.sampled_from([BUY, SELL]),
)
def test_f63_sizes_and_prices_that_are_no_sizes_and_prices_are_denied(qty, price, side):
    rig = ready()
    rig.take(SubmitTicket(rig.at, M, side, qty, price, confirmed=True))
    assert rig.heard(Refused)
    assert not rig.heard(PlaceOrder)


def no_word_of_the_venue(rig):
    rig.gate._arming.ready.clear()


def no_book(rig):
    rig.gate._watch.books.clear()


def stale_book(rig):
    rig.at += 601 * SECOND  # nothing was heard of the market since
    rig.gate._arming.armed = msgspec.structs.replace(
        rig.gate._arming.armed, until=rig.at + 100 * SECOND
    )


def doubted_book(rig):
    rig.take(BookDoubted(rig.at, VENUE, M, "a gap"))
    rig.arm()


def unknown_market(rig):
    rig.gate._facts.markets.clear()


def unknown_fee(rig):
    unknown = msgspec.structs.replace(market_of(), fees=FeeSchedule(kind=FeeKind.UNKNOWN))
    rig.take(MarketSeen(rig.at, unknown))


@pytest.mark.parametrize(
    "missing",
    [no_word_of_the_venue, no_book, stale_book, doubted_book, unknown_market, unknown_fee],
)
def test_f63_what_is_not_known_or_too_old_counts_as_no(missing):
    rig = ready()
    missing(rig)
    rig.take(SubmitTicket(rig.at, M, BUY, 10 * QTY_ONE, 4_700, confirmed=True))
    assert rig.heard(Refused)
    assert not rig.heard(PlaceOrder)


def test_f64_tighter_limits_hold_at_once_for_what_stands_already():
    """Tightened while it runs or by a restart: nothing grows that is above it already.

    What stands can still be made smaller, and nothing looser holds without a person's word.
    """
    rig = ready()
    filled(rig, rig.buy(20, 4_700), 20)
    rig.take(commands.ChangeLimit(rig.at, "max_position", 5 * CASH_ONE))
    only_smaller(rig)
    rig.take(commands.ChangeLimit(rig.at, "max_position", 1_000 * CASH_ONE))
    only_smaller(rig)
    tight = Limits(max_position=5 * CASH_ONE, market_cooldown=0)
    again = Rig(rig.journal, at=rig.at + SECOND, limits=tight).start("s2")
    again.up(orders=(), holdings=[(0, 20 * QTY_ONE)]).arm()
    only_smaller(again)


def only_smaller(rig):
    """Hold what is to be had against the limit: more of it is refused, less of it is not."""
    assert rig.buy(5, 4_700) is None
    assert rig.heard(Refused)[-1].rule.startswith("R1")
    smaller = rig.sell(5, 4_600, reduce_only=True)
    assert smaller is not None
    rig.take(commands.CancelOrder(rig.at, OrderId(smaller.id)))


@BOTH
@pytest.mark.parametrize("way", ["close", "panic"])
def test_f65_an_exit_that_finds_no_bids_is_tried_a_few_times_and_then_told(market, way):
    async def tell():
        async with (
            open_exchange() as (exchange, key),
            evening(exchange, key=key, risk=LOSS) as here,
        ):
            await here.arm(market)
            await here.state_is(await here.order(market, BUY, 20, 4_700), S.FILLED)
            await here.until(lambda: here.held(market) == 20 * QTY_ONE)
            await asyncio.sleep(20)
            exchange.world.withdraw(market.id)
            exchange.fill_book(market.id, ((), ((4_700, 100),)))
            await asyncio.sleep(2)
            came, before = Arrivals(exchange), len(here.heard(Refused))
            here.send(ClosePosition(0, market.id) if way == "close" else Panic(0))
            await asyncio.sleep(120)
            assert len(came.creates()) <= 5
            assert here.held(market) == ledger_held(here) == 20 * QTY_ONE
            assert here.heard(Refused)[before:]

    run(tell())


@asynccontextmanager
async def paper_evening(exchange):
    """A paper session whose keys are configured, on the same exchange as everybody's money."""
    clock, who = exchange.clock, owner(exchange, None)
    hosts = msgspec.convert(exchange.server.hosts(), Hosts)
    settings_ = Settings(hosts=hosts, cash=1_000 * CASH_ONE)
    net = msgspec.structs.replace(network(settings_, clock), key=who.kalshi)
    journal = MemoryJournal()
    ground = Ground(net, clock, journal, [], lambda _: None, Path("/nonexistent/kill"))
    session = assemble(settings_, ground, None)
    here = Evening(exchange, session, journal)
    session.begin(settings_)
    for market in (POLY, KALSHI):
        session.desk.follow(market, {})
    over, began = asyncio.Event(), asyncio.Event()

    async def front():
        began.set()
        await over.wait()
        return 0

    async with asyncio.TaskGroup() as group:
        running = group.create_task(session.run(front))
        await began.wait()
        try:
            yield here
        finally:
            over.set()
            await running
            await net.http.close()


def test_f66_a_paper_session_with_keys_sends_no_signed_write_and_shares_no_position():
    async def tell():
        async with open_exchange() as (exchange, key):
            came = Arrivals(exchange)
            async with paper_evening(exchange) as here:
                await here.until(lambda: all(trusted(here, m) for m in (POLY, KALSHI)))
                for market in (POLY, KALSHI):
                    await here.state_is(await here.order(market, BUY, 10, 4_700), S.FILLED)
                    resting = await here.order(market, BUY, 10, 4_400)
                    assert resting is not None or here.heard(Refused)
                    here.send(Arm(0, market.id, 600))
                await asyncio.sleep(10)
                here.send(Panic(0, foreign=True))
                await asyncio.sleep(5)
                here.send(Halt(0, foreign=True))
                await asyncio.sleep(5)
                assert here.heard(Armed) == []
                assert all(refused.value == "paper money" for refused in here.heard(Refused)
                           if refused.rule == "ARM")  # fmt: skip
                assert not any(isinstance(m, AccountSeen) for m in here.journal.messages)
            writes = [what for _, what, _ in came.all if not what.startswith("GET ")]
            assert writes == []
            assert set(came.signed()) <= {"GET /trade-api/ws/v2"}  # Kalshi's prices want a key
            assert exchange.exchange.orders == {}
            async with evening(exchange, key=key) as live:
                await live.ready(Venue.KALSHI)
                await live.ready(Venue.POLYMARKET)
                assert live.held(POLY) == live.held(KALSHI) == 0

    run(tell())


def trusted(here, market):
    return here.session.parts.reader.health(market.id).is_trusted


def test_f66_paper_and_live_money_keep_their_books_in_files_of_their_own():
    for path in ("", "some/where.db", "~/x"):
        store = StoreSettings(path=path)
        assert store_path(store) != live_store_path(store)
        assert demo_store_path(store) != live_store_path(store)
