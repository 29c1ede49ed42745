"""Faults F59, F71, F79 to F81: a wedged screen, two sessions, wrong clocks, sleep, odd times."""

import asyncio
import json
import random
import re
import signal
import urllib.request

import pytest
from tests.e2e.program import PATIENCE_S, Program
from tests.e2e.program import run as run_program
from tests.faults.weather import Arrivals
from tests.live.evening import BUY, KALSHI, POLY, SELL, evening, open_exchange
from tests.live.virtual import VirtualClock, run

from pmterm.messages.commands import CancelOrder, Resume, SubmitTicket
from pmterm.messages.live import LinkSeen, Reconciled
from pmterm.messages.orders import Fill, Refused
from pmterm.model.order import GateState
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE, SECOND
from pmterm.sim.client import Client
from pmterm.views.account_words import is_alarming

BOTH = pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
HOUR = 3_600.0
DAY = 86_400.0


async def denied(here, market):
    before = len(here.heard(Refused))
    here.send(SubmitTicket(0, market.id, BUY, 5 * QTY_ONE, 4_600, confirmed=True))
    await here.session.hub.settled()
    assert len(here.heard(Refused)) == before + 1
    return here.heard(Refused)[-1]


# ---- F59, without a process: the flag that another shell puts there


@BOTH
def test_f59_a_kill_by_flag_stops_the_next_order_at_the_door_until_a_person_resumes(
    market, tmp_path
):
    flag = tmp_path / "live.kill"

    async def tell():
        async with open_exchange() as (exchange, key):
            came = Arrivals(exchange)
            async with evening(exchange, key=key, kill=flag) as here:
                await here.arm(market)
                flag.touch()
                order = await here.order(market, BUY, 10, 4_600)
                await here.state_is(order, S.REFUSED)
                await here.until(lambda: here.gate.state is GateState.HALTED)
                assert (came.creates(), here.venue_orders()) == ([], [])
                await denied(here, market)
                here.send(Resume(0))
                await here.until(lambda: not flag.exists())
                await here.arm(market)
                await asyncio.sleep(6)
                await here.state_is(await here.order(market, BUY, 10, 4_600), S.OPEN)

    run(tell())


# ---- F79: wall clocks


@BOTH
@pytest.mark.parametrize("off", [-30.0, -11.5, 11.5, 30.0])
def test_f79_a_clock_far_from_the_venues_denies_orders(market, off):
    async def tell():
        async with open_exchange() as (exchange, key):
            clock = VirtualClock(skew_s=off)
            async with evening(exchange, key=key, clock=clock) as here:
                await asyncio.sleep(40)
                told = " ".join(here.missing(market.venue))
                assert "clock" in told
                await denied(here, market)
                assert here.venue_orders() == []

    run(tell())


@BOTH
@pytest.mark.parametrize("off", [-8.0, -3.0, 0.0, 3.0, 8.0])
def test_f79_a_clock_a_little_off_is_measured_for_the_warning_and_trades(market, off):
    async def tell():
        async with open_exchange() as (exchange, key):
            clock = VirtualClock(skew_s=off)
            async with evening(exchange, key=key, clock=clock) as here:
                await here.arm(market)
                await here.until(lambda: skew_of(here, market.venue) is not None)
                assert abs(skew_of(here, market.venue) - off * SECOND) <= SECOND
                shown = next(v for v in board_of(here).live.venues if v.venue is market.venue)
                assert is_alarming(shown, here.exchange.clock.now()) is (abs(off) > 2)
                await here.state_is(await here.order(market, BUY, 10, 4_700), S.FILLED)

    run(tell())


def board_of(here):
    return here.session.desk.board()


def skew_of(here, venue):
    told = [seen.skew for seen in here.heard(LinkSeen) if seen.venue is venue]
    return told[-1] if told else None


@BOTH
@pytest.mark.parametrize("step", [-DAY, -HOUR, HOUR, DAY])
def test_f79_a_wall_clock_that_is_set_moves_no_timer_and_loses_no_order(market, step):
    """While it is wrong no order passes; what rests is followed; put right, trading goes on."""

    async def tell():
        async with open_exchange() as (exchange, key):
            clock = VirtualClock()
            async with evening(exchange, key=key, clock=clock) as here:
                await here.arm(market)
                resting = await here.order(market, BUY, 10, 4_600)
                await here.state_is(resting, S.OPEN)
                clock.skew_s = step
                await asyncio.sleep(75)
                await denied(here, market)
                assert here.state(resting) is not S.REFUSED
                assert len(here.venue_orders()) == 1
                clock.skew_s = 0.0
                await here.until(lambda: not here.missing(market.venue), 200)
                if market is KALSHI:
                    assert here.state(resting) is S.OPEN
                    assert here.venue_orders()[0].open
                await here.until(
                    lambda: bool(here.venue_orders()[0].open) is not here.state(resting).is_final
                )
                await here.arm(market)
                await here.state_is(await here.order(market, BUY, 11, 4_700), S.FILLED)
                assert len(here.venue_orders()) == 2

    run(tell())


# ---- F80: sleep


@BOTH
@pytest.mark.parametrize("dead_man", [True, False], ids=["dead-man", "no dead-man"])
def test_f80_ten_minutes_of_sleep_are_a_full_disconnect_and_nothing_trades_before_a_compare(
    market, dead_man
):
    async def tell():
        async with open_exchange() as (exchange, key):  # noqa: SIM117  # one after the other
            async with evening(exchange, key=key, dead_man=dead_man) as here:
                await here.arm(market)
                resting = await here.order(market, BUY, 10, 4_600)
                await here.state_is(resting, S.OPEN)
                await asyncio.sleep(5)
                came = Arrivals(exchange)
                slept = len(here.said)
                exchange.clock.skew_s += 600  # the world went on, and we did not
                refused = await denied(here, market)  # the first key, before anything is noticed
                assert here.gate.armed is None, refused
                exchange.world.cross(market.id, *SOLD)
                await here.until(
                    lambda: any(
                        isinstance(m, Reconciled) and m.venue is market.venue
                        for m in here.said[slept:]
                    )
                )
                await here.ready(market.venue)
                streams = [what for _, what, _ in came.all if "/ws/" in what]
                assert len(streams) >= 4
                assert came.creates() == []
                await here.until(
                    lambda: bool(here.venue_orders()[0].open) is not here.state(resting).is_final
                )
                await here.until(lambda: here.held(market) == here.venue_orders()[0].filled)
                await here.arm(market)
                assert await here.order(market, BUY, 11, 4_600) is not None

    run(tell())


SOLD = (SELL, 4_600, 4 * QTY_ONE)


# ---- F81: units of time

OWN = re.compile(r'"(?:event_type|type)":"(?:order|trade|fill|user_order|market_position)"')
MOMENT = re.compile(r"(?<![\w.-])(179\d{7})(\d{3})?(?![\w.])")
UNITS = {
    "as they are": lambda s, _: s,
    "seconds": lambda s, _: s[:10],
    "milliseconds": lambda s, _: s.ljust(13, "0")[:13],
    "microseconds": lambda s, _: s.ljust(16, "0"),
    "nanoseconds": lambda s, _: s.ljust(19, "0"),
    "tomorrow": lambda s, _: str(int(s) + int(DAY) * (1_000 if len(s) == 13 else 1)),
    "mixed": lambda s, chance: s.ljust(chance.choice((10, 13, 16, 19)), "0")[:19],
    "nonsense": lambda s, chance: chance.choice(("0", "9" * 18, "1e400", "-5", '"soon"')),
}


@BOTH
@pytest.mark.parametrize("unit", UNITS)
def test_f81_times_in_whatever_unit_or_from_the_future_count_each_fill_once(
    market, unit, monkeypatch
):
    chance = random.Random(81)
    print("seed", 81)
    rewritten = []
    put = Client.put

    def rewrite(client, text):
        if OWN.search(text):
            rewritten.append(text)
            text = MOMENT.sub(lambda found: UNITS[unit](found.group(), chance), text)
        put(client, text)

    monkeypatch.setattr(Client, "put", rewrite)

    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.arm(market)
            await here.state_is(await here.order(market, BUY, 10, 4_700), S.FILLED)
            await asyncio.sleep(6)
            resting = await here.order(market, BUY, 12, 4_600)
            await here.state_is(resting, S.OPEN)
            exchange.world.cross(market.id, SELL, 4_600, 105 * QTY_ONE)  # maker first, then us
            await here.until(lambda: here.held(market) == ledger_held(here) > 10 * QTY_ONE)
            here.send(CancelOrder(0, resting.id))
            await here.state_is(resting, S.CANCELLED, S.FILLED)
            await asyncio.sleep(100)
            assert here.held(market) == ledger_held(here)
            assert len({fill.id for fill in here.heard(Fill)}) == len(here.heard(Fill))
            assert sum(fill.qty for fill in here.heard(Fill)) == ledger_held(here)
            now = exchange.clock.now()
            for fill in here.heard(Fill):
                assert fill.venue_at == 0 or abs(fill.venue_at - now) < 2 * DAY * SECOND
            assert [o.filled for o in here.executor.orders()] == [
                o.filled for o in here.venue_orders()
            ]
        assert rewritten

    run(tell())


def ledger_held(here):
    return sum(order.filled for order in here.venue_orders())


# ---- F59 and F71, with processes

NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


class House:
    """A local exchange in a process of its own, and a computer with one Kalshi key to it."""

    def __init__(self, folder):
        self.folder = folder
        words = ("sim", "--port", "0", "--accounts", "accounts.json", "--json")
        self.sim = Program(folder, *words)
        self.facts = json.loads(self.sim.wait_for(lambda line: "kalshi" in line))
        account = json.loads((folder / "accounts.json").read_text())["accounts"][0]
        self.name = account["account"]
        pem = self._file("kalshi.pem", account["kalshi"]["private_key"])
        self.words = {"PMTERM_PASSPHRASE_FILE": str(self._file("words", "five words and one\n"))}
        self.at = ("--exchange", self.facts["url"])
        key = ("--key-id", account["kalshi"]["key_id"], "--key-file", str(pem))
        added = self.pmterm("keys", "add", "kalshi", *self.at, *key)
        assert added.returncode == 0, added.stderr

    def _file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return path

    def pmterm(self, *words):
        return run_program(self.folder, *words, **self.words, **NO_KEYRING)

    def live(self, *words):
        """Start a live session in plain lines."""
        market = self.facts["kalshi"][0]
        plain = ("watch", market, "--live", "--plain", "--json", *self.at, *words)
        session = Program(self.folder, *plain, **self.words, **NO_KEYRING)
        session.say("live")
        return session

    def orders(self):
        with urllib.request.urlopen(self.facts["url"] + "/sim/ledger", timeout=30) as answer:  # noqa: S310  # loopback
            return json.loads(answer.read())["accounts"][self.name]["orders"]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    house = House(tmp_path_factory.mktemp("house"))
    try:
        yield house
    finally:
        house.sim.end()


def with_an_order(house, *words):
    """Start a live session, arm it, and have it rest an order."""
    session = house.live(*words)
    session.wait_for_message("ReadinessChanged", missing=[])
    session.say("resume")  # of a kill before this session
    session.say("arm 5")
    session.wait_for_message("Armed")
    session.say("limit buy 5 0.02")
    session.wait_for_message("Refused", asks=True)
    session.say("confirm")
    session.wait_for_message("OrderReport", state="open")
    return session


def test_f59_a_wedged_session_is_killed_from_another_shell_and_sends_nothing_when_it_wakes(house):
    session = with_an_order(house)
    try:
        placed = len(house.orders())
        session.child.send_signal(signal.SIGSTOP)
        session.say("limit buy 6 0.02")  # typed while it hangs
        killed = house.pmterm("kill", *house.at, "--json")
        assert killed.returncode == 0, killed.stdout + killed.stderr
        assert "no open order is left" in killed.stdout
        assert [order["open"] for order in house.orders()] == [0] * placed
        session.child.send_signal(signal.SIGCONT)
        session.say("confirm")
        session.say("limit buy 7 0.02")
        session.wait_for_message("OrderReport", state="cancelled")
        session.say("confirm")
        told = json.loads(house.pmterm("status", "--json").stdout)
        assert any(name.startswith("live") for name in told)
        assert len(house.orders()) == placed
    finally:
        session.child.send_signal(signal.SIGCONT)
        session.end()


def test_f71_a_second_live_session_on_the_account_is_refused_and_may_watch_on_paper(house):
    session = with_an_order(house)
    try:
        placed = len(house.orders())
        for more in ((), ("--store", str(house.folder / "other.db"))):
            second = house.live(*more)
            assert second.child.wait(PATIENCE_S) != 0
            assert "another pmterm" in second.child.stderr.read()
            second.end()
        assert [o["id"] for o in house.orders() if o["open"]]
        assert len(house.orders()) == placed
    finally:
        session.end()
    assert not [o["id"] for o in house.orders() if o["open"]]
    third = house.live()  # the lock went with its holder
    third.wait_for_message("ReadinessChanged", missing=[])
    third.end()
