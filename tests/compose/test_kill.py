"""`pmterm kill` and `pmterm status`: what reaches a session, and what goes to the venues itself."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager

import pytest
from tests.compose.exchange_build import KEY_ID, OWNER, PRIVATE_KEY, exchange

from pmterm.compose import control
from pmterm.compose import kill as killing
from pmterm.compose.control import socket_of, status
from pmterm.compose.kill import NOT_STOPPED, kill
from pmterm.compose.proofs import proof_of
from pmterm.compose.trading import wing_of
from pmterm.config import paths
from pmterm.config.accounts import KalshiKey, PolymarketAccount, home_of
from pmterm.config.paths import control_dir, kill_flag, live_store_path
from pmterm.messages.accounts import Mode
from pmterm.messages.orders import Intent
from pmterm.model.errors import CredentialsWrong, UsageWrong
from pmterm.model.ids import OrderId, Venue
from pmterm.model.order import Side, TimeInForce
from pmterm.model.secret import Secret
from pmterm.model.units import QTY_ONE
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import SystemClock
from pmterm.runtime.control import ControlWorker
from pmterm.sim.fault_script import Do, Rule

GONE = "no open order is left"
K, P = Venue.KALSHI, Venue.POLYMARKET


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path / "data")
    monkeypatch.setattr(control, "PATIENCE_S", 0.1)
    monkeypatch.setattr(killing, "AGAIN_S", 0.0)
    (tmp_path / "data").mkdir()


@asynccontextmanager
async def venues_with_an_order_each(tmp_path, monkeypatch):
    """The local exchange, keys that open it, and one resting order of the account at each venue."""
    async with exchange(tmp_path) as place:
        server = place.server
        key = server.polymarket.keys.create(OWNER, 0)
        hosts = place.settings.hosts
        accounts = {
            K: KalshiKey(KEY_ID, Secret(place.pem.read_text()), home=home_of(K, hosts)),
            P: PolymarketAccount(
                private_key=Secret(PRIVATE_KEY),
                address=OWNER,
                signature_type=0,
                funder=OWNER,
                api_key=Secret(key.id),
                api_secret=Secret(key.secret),
                api_passphrase=Secret(key.passphrase),
                home=home_of(P, hosts),
            ),
        }
        monkeypatch.setattr(killing, "load_accounts", lambda *_: accounts)
        live_store_path(place.settings.store).touch()
        await place_orders(place, accounts)
        assert left(place) == {K, P}
        yield place


async def place_orders(place, accounts):
    clock = SystemClock()
    http = HttpClient(place.settings.hosts.bases(), Limiter({}, clock), clock)
    for listing in place.server.world.listings:
        market = listing.market
        account = accounts[market.venue]
        http.prove(market.venue, proof_of(account, place.settings.hosts))
        wing = wing_of(account, place.settings)
        order = OrderId(f"o-{market.venue.value}")
        intent = Intent(
            clock.stamp(), order, market.id, Side.BUY, 10 * QTY_ONE, 4_000, TimeInForce.GTC
        )
        wing.learn(market)
        answer = await http.ask(wing.place(wing.name(intent, market, 0), clock.stamp()))
        assert 200 <= answer.status < 300, answer.text
    await http.close()


def left(place):
    """At which venues an order stands, by the exchange's own book."""
    states = place.server.world.states
    orders = place.server.exchange.orders.values()
    return {states[order.market].listing.market.venue for order in orders if order.open}


async def from_another_shell(settings, *, flatten=False):
    """Run it as a program of its own would: on a loop of its own, beside the session's."""
    return await asyncio.to_thread(lambda: asyncio.run(kill(settings, flatten=flatten)))


@asynccontextmanager
async def session(answer, mode=Mode.LIVE):
    """A running session that answers so."""

    async def reply(ask):
        heard.append(ask)
        return answer

    heard = []
    path = socket_of(mode, os.getpid())
    worker = ControlWorker(path, reply, heard.append)
    task = asyncio.get_running_loop().create_task(worker.run())
    while not path.exists():
        await asyncio.sleep(0)
    try:
        yield heard
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def wedged_session():
    """A session whose process runs and whose loop does not: the system takes the connection."""
    path = socket_of(Mode.LIVE, os.getpid())
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        yield


async def test_with_nothing_here_there_is_nothing_to_stop(tmp_path):
    async with exchange(tmp_path) as place:
        with pytest.raises(UsageWrong, match="no session"):
            await kill(place.settings, flatten=False)
        assert not kill_flag(place.settings.store).exists()


async def test_a_session_that_answers_stops_itself_and_nobody_else_meddles(tmp_path, monkeypatch):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:
        async with session({"killed": True, "unproved": []}) as heard:
            facts, code = await from_another_shell(place.settings, flatten=True)
        assert code == 0
        assert [(ask.do, ask.flatten) for ask in heard] == [("kill", True)]
        assert "at the venues" not in facts
        assert not kill_flag(place.settings.store).exists()
        assert left(place) == {K, P}


async def test_cancels_that_a_session_could_not_prove_are_told(tmp_path, monkeypatch):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:
        async with session({"killed": True, "unproved": ["buy o-1 in M"]}):
            facts, code = await from_another_shell(place.settings)
        assert code == NOT_STOPPED
        assert "buy o-1 in M" in str(facts)


@pytest.mark.parametrize("there", [wedged_session, lambda: session({}, Mode.PAPER)])
async def test_f59_where_no_live_session_answers_the_venues_are_asked_and_orders_forbidden(
    tmp_path, monkeypatch, there
):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place, there():
        facts, code = await from_another_shell(place.settings)
        assert facts["at the venues"] == {K.value: GONE, P.value: GONE}
        assert left(place) == set()
        assert code == 0
        flag = kill_flag(place.settings.store)
        assert flag.stat().st_mode & 0o777 == 0o600


async def test_without_a_session_positions_are_not_closed_and_that_is_told(tmp_path, monkeypatch):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:
        facts, code = await from_another_shell(place.settings, flatten=True)
        assert "not closed" in facts["positions"]
        assert (code, left(place)) == (NOT_STOPPED, set())


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize(
    "fault",
    [{"do": Do.RESET_BEFORE}, {"do": Do.REFUSE, "status": 500, "body": "{}"}, {"do": Do.HTML}],
)
async def test_f57_a_venue_that_fails_keeps_the_other_from_nothing(
    tmp_path, monkeypatch, venue, fault
):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:
        place.server.player.add(Rule(on="* *", venue=venue, times=0, **fault))
        facts, code = await from_another_shell(place.settings)
        said = facts["at the venues"]
        other = P if venue is K else K
        assert said[other.value] == GONE
        assert said[venue.value] != GONE
        assert code == NOT_STOPPED
        assert other not in left(place)
        assert kill_flag(place.settings.store).exists()


async def test_f57_a_flag_that_cannot_be_written_keeps_no_order_alive(tmp_path, monkeypatch):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:
        kill_flag(place.settings.store).mkdir()
        facts, code = await from_another_shell(place.settings)
        assert left(place) == set()
        assert "NOT FORBIDDEN" in facts["no live order begins until"]
        assert code == NOT_STOPPED


async def test_f57_keys_that_do_not_open_still_forbid_orders(tmp_path, monkeypatch):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:

        def locked(*_):
            raise CredentialsWrong("the passphrase is wrong.", "Type it again.")

        monkeypatch.setattr(killing, "load_accounts", locked)
        facts, code = await from_another_shell(place.settings)
        assert "passphrase" in facts["at the venues"]["keys"]
        assert code == NOT_STOPPED
        assert kill_flag(place.settings.store).exists()


async def test_an_order_that_outlives_its_cancel_is_counted(tmp_path, monkeypatch):
    async with venues_with_an_order_each(tmp_path, monkeypatch) as place:
        place.server.player.add(
            Rule(on="DELETE /clob/*", do=Do.REFUSE, status=200, body='{"canceled":[]}', times=0)
        )
        facts, code = await from_another_shell(place.settings)
        assert facts["at the venues"] == {K.value: GONE, P.value: "1 open order is left"}
        assert code == NOT_STOPPED


def test_status_of_nothing_is_told():
    with pytest.raises(UsageWrong, match="no session"):
        status(in_words=False)


async def test_status_tells_of_every_session_and_of_the_silent_ones():
    async with session({"mode": "paper"}, Mode.PAPER):
        facts, code = await asyncio.to_thread(status, in_words=False)
        assert (facts, code) == ({f"paper-{os.getpid()}": {"mode": "paper"}}, 0)
        async with wedged_session():
            facts, code = await asyncio.to_thread(status, in_words=False)
            assert facts["not answering"] == [f"live-{os.getpid()}"]
            assert code == 5


async def test_a_socket_whose_process_is_gone_is_taken_away():
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left_over = socket_of(Mode.LIVE, gone.pid)
    left_over.parent.mkdir(mode=0o700)
    left_over.touch()
    with pytest.raises(UsageWrong):
        status(in_words=False)
    assert not left_over.exists()
    assert list(control_dir().iterdir()) == []
