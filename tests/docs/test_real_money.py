"""What the README says of real money, played on the local exchange: by its own commands."""

import asyncio
import contextlib
import json
import re
import shlex
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.e2e.program import PATIENCE_S, Program, environment, run
from tests.live.evening import BUY, KALSHI, POLY, evening, open_exchange
from tests.live.virtual import run as run_virtually

from pmterm.messages.commands import Resume
from pmterm.messages.live import Reconciled
from pmterm.model.order import GateState
from pmterm.model.order import OrderState as S
from pmterm.model.units import QTY_ONE, SECOND

ROOT = Path(__file__).parents[2]
SIM = (ROOT / "docs" / "sim.md").read_text(encoding="utf-8")
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
USUAL = "http://127.0.0.1:8790"


class Rehearsal:
    """An exchange and the shell of the manual's reader, in a folder of their own."""

    def __init__(self, folder):
        self.folder = folder
        words = ("sim", "--port", "0", "--accounts", "keys.json", "--json")
        self.exchange = Program(folder, *words)
        self.facts = json.loads(self.exchange.wait_for(lambda line: line.startswith("{")))
        self.url = self.facts["url"]
        self.market = self.facts["kalshi"][0]
        passphrase = folder / "passphrase"
        passphrase.write_text("five words for a rehearsal\n")
        passphrase.chmod(0o600)
        no_pause = {"PMTERM_RISK__MARKET_COOLDOWN_S": "off"}
        self.more = {**NO_KEYRING, **no_pause, "PMTERM_PASSPHRASE_FILE": str(passphrase)}

    def pmterm(self, *words):
        return run(self.folder, *words, **self.more)

    def shell(self, script):
        """Run what the manual has typed; `pmterm` is this one, and the port is ours."""
        python = shlex.quote(sys.executable)
        own = f'pmterm() {{ {python} -m pmterm "$@"; }}\npython3() {{ {python} "$@"; }}\nset -e\n'
        return subprocess.run(
            ["bash", "-c", own + script.replace(USUAL, self.url)],
            check=False, capture_output=True, text=True, timeout=3 * PATIENCE_S,
            cwd=self.folder, env=environment(self.folder, **self.more),
        )  # fmt: skip

    def watch(self):
        at = ("--exchange", self.url)
        return Program(self.folder, "watch", "--live", "--json", *at, self.market, **self.more)

    def ledger(self):
        with urllib.request.urlopen(f"{self.url}/sim/ledger", timeout=PATIENCE_S) as told:  # noqa: S310
            return json.load(told)

    def resting(self):
        """Return the account's orders that still work, by the exchange's own ledger."""
        (account,) = self.ledger()["accounts"].values()
        return [order for order in account["orders"] if order["open"]]


def typed():
    """Return what the manual has typed in the second shell, but for the live session itself."""
    first, second = re.findall(r"^```console\n(.*?)^```", SIM, re.DOTALL | re.MULTILINE)
    assert first == "$ pmterm sim --accounts keys.json\n"
    *lines, last = [line.removeprefix("$ ") for line in second.splitlines()]
    assert last == f"pmterm watch --live --exchange {USUAL}"
    return "\n".join(lines)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Whoever has typed all that the manual says."""
    it = Rehearsal(tmp_path_factory.mktemp("rehearsal"))
    try:
        told = it.shell(typed())
        assert told.returncode == 0, told.stdout + told.stderr
        assert told.stdout.count("taken; ") == 4  # twice by `keys add`, twice by `doctor`
        yield it
    finally:
        it.exchange.end()


@contextlib.contextmanager
def session(reader):
    """A live session by plain lines, whose account was compared."""
    program = reader.watch()
    try:
        program.say("live")
        program.wait_for_message("Reconciled", venue="kalshi")
        yield program
    finally:
        program.end()


def arm(program, *, is_ready=False):
    if not is_ready:
        program.wait_for_message("ReadinessChanged", venue="kalshi", missing=[])
    program.say("arm 5 25.00")
    program.wait_for_message("Armed")


def rest(program):
    """Have an order rest far below the market, saying yes to what it asks."""
    program.say("limit buy 10 0.05")
    program.wait_for_message("Refused", asks=True)
    program.say("confirm")
    return program.wait_for_message("OrderReport", state="open")


def is_outcome(line):
    return any(end in line for end in ('"type":"Fill"', '"state":"cancelled"', '"type":"Refused"'))


def buy(program):
    """Buy at market, again where the crowd was quicker."""
    for _ in range(15):
        program.say("buy 5")
        if '"Fill"' in program.wait_for(is_outcome):
            return
    raise AssertionError("fifteen market orders bought nothing")


def test_nothing_begins_without_the_word(reader):
    at = ("--exchange", reader.url)
    told = run(reader.folder, "watch", "--live", *at, reader.market, stdin="yes\n", **reader.more)
    assert told.returncode == 2
    assert "REAL MONEY" in told.stderr
    assert run(reader.folder, "watch", "--live", "demo", stdin="live\n").returncode == 2


def test_real_money_without_a_key_is_refused_with_what_to_do(reader, tmp_path):
    at = ("--exchange", reader.url)
    told = run(tmp_path, "watch", "--live", *at, reader.market, stdin="live\n", **reader.more)
    assert told.returncode == 3
    assert "pmterm keys add" in told.stderr


def test_an_order_is_armed_asked_about_seen_from_another_shell_and_left_behind_by_nobody(reader):
    with session(reader) as program:
        program.wait_for_message("ReadinessChanged", venue="kalshi", missing=[])
        program.say("limit buy 10 0.05")
        program.wait_for_message("Refused", rule="ARM")
        arm(program, is_ready=True)
        rest(program)
        told = json.loads(reader.pmterm("status", "--json").stdout)
        (facts,) = [facts for name, facts in told.items() if name.startswith("live")]
        assert [order["state"] for order in facts["working_orders"]] == ["open"]
        assert facts["armed_market"] == reader.market
        assert len(reader.resting()) == 1
        assert program.quit() == 0
    assert reader.resting() == []


def test_a_kill_from_another_shell_stops_a_session_until_a_person_resumes(reader):
    with session(reader) as program:
        arm(program)
        rest(program)
        told = reader.pmterm("kill", "--exchange", reader.url, "--json")
        assert told.returncode == 0, told.stdout + told.stderr
        program.wait_for_message("GateChanged", state="halted")
        assert reader.resting() == []
        program.say("arm 5 25.00")
        program.wait_for_message("Refused", rule="R10 halted")
        program.say("resume")
        program.wait_for_message("GateChanged", state="active")
        arm(program, is_ready=True)
        assert program.quit() == 0


def test_a_kill_goes_to_the_venues_where_no_session_answers(reader):
    at = ("kill", "--exchange", reader.url)
    with session(reader) as program:
        arm(program)
        rest(program)
        program.child.send_signal(signal.SIGKILL)
        program.child.wait(PATIENCE_S)
    assert len(reader.resting()) == 1
    elsewhere = reader.pmterm("kill")  # no key is kept for the venues themselves
    assert elsewhere.returncode == 5
    assert "nothing was cancelled" in elsewhere.stdout
    told = reader.pmterm(*at)
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.count("no open order is left") == 2
    assert reader.resting() == []
    assert reader.pmterm(*at, "--flatten").returncode == 5
    with session(reader) as program:
        program.say("arm 5 25.00")
        program.wait_for_message("Refused", rule="R10 halted")
        program.say("resume")
        program.wait_for_message("GateChanged", state="active")
        assert program.quit() == 0
    assert reader.pmterm("status").returncode == 2


def test_the_journal_of_all_this_agrees_with_the_exchange(reader):
    with session(reader) as program:
        arm(program)
        rest(program)
        buy(program)
        assert program.quit() == 0
    told = reader.pmterm("audit", "--exchange", reader.url)
    assert told.returncode == 0, told.stdout + told.stderr
    assert "fail" not in told.stdout
    assert reader.pmterm("audit", "--offline").returncode == 0


def test_a_store_is_about_one_account(reader):
    folder = reader.folder / "other"
    folder.mkdir()
    other = Rehearsal(folder)
    other.more["XDG_DATA_HOME"] = str(reader.folder / "data")
    try:
        lines = [line.replace("doctor", "doctor >/dev/null") for line in typed().splitlines()]
        assert other.shell("\n".join(lines)).returncode == 0
        at = ("--exchange", other.url)
        told = run(folder, "watch", "--live", *at, other.market, stdin="live\n", **other.more)
        assert told.returncode == 3
        assert "this store is about the" in told.stderr
    finally:
        other.exchange.end()


# What is said of times, on virtual time.


def rounds(here, venue):
    return [said.at for said in here.heard(Reconciled) if said.venue is venue]


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_it_is_compared_each_minute_and_each_quarter_of_one_while_orders_work(market):
    async def tell():
        async with open_exchange() as (exchange, key), evening(exchange, key=key) as here:
            await here.ready(market.venue)
            began = len(rounds(here, market.venue))
            await here.until(lambda: len(rounds(here, market.venue)) == began + 2, 300)
            *_, one, other = rounds(here, market.venue)
            assert 60 * SECOND <= other - one < 62 * SECOND
            await here.arm(market)
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.OPEN)
            began = len(rounds(here, market.venue))
            await here.until(lambda: len(rounds(here, market.venue)) == began + 3, 300)
            *_, one, other = rounds(here, market.venue)
            assert 15 * SECOND <= other - one < 17 * SECOND

    run_virtually(tell())


@pytest.mark.parametrize("market", [POLY, KALSHI], ids=["polymarket", "kalshi"])
def test_the_file_of_a_kill_lets_no_order_begin_whatever_the_session_heard(market, tmp_path):
    async def tell():
        flag = tmp_path / "kill"
        async with (
            open_exchange() as (exchange, key),
            evening(exchange, key=key, kill=flag) as here,
        ):
            await here.arm(market)
            flag.touch()
            order = await here.order(market, BUY, 10, 4_600)
            await here.state_is(order, S.REFUSED)
            await here.until(lambda: here.gate.state is GateState.HALTED)
            assert here.venue_orders() == []
            assert flag.exists()
            here.send(Resume(0))
            await here.until(lambda: not flag.exists())

    run_virtually(tell())


def test_leaving_cancels_orders_and_keeps_positions():
    async def tell():
        async with open_exchange() as (exchange, key):
            async with evening(exchange, key=key) as here:
                for market in (POLY, KALSHI):
                    await here.arm(market)
                    await here.state_is(await here.order(market, BUY, 10, 4_700), S.FILLED)
                    await asyncio.sleep(6)
                    await here.state_is(await here.order(market, BUY, 10, 4_400), S.OPEN)
            assert [order.open for order in here.venue_orders()] == [0, 0, 0, 0]
            assert {here.held(market) for market in (POLY, KALSHI)} == {10 * QTY_ONE}

    run_virtually(tell())
