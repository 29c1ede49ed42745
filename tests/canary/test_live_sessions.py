"""Live sessions of the real program, in good and bad hours: no secret is in anything they leave."""

import asyncio
import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import msgspec
import pytest
from tests.canary.hunt import Hunt
from tests.e2e.program import PATIENCE_S, Program, environment, run

from pmterm.config.settings import Hosts
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import SystemClock
from pmterm.venues.polymarket.account import ask_key, read_key
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.wallet import load_wallet

PASSPHRASE = "canary passphrase of seven quite rare words"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
REPO = str(Path(__file__).parents[2])
# Canaries that open nothing: what the venue refuses must not be shown either.
WRONG_SECRET = "Y2FuYXJ5LXNlY3JldC10aGF0LW9wZW5zLW5vdGhpbmc="
WRONG_PASSPHRASE = "canary5e5e0badc0ffee5e5ecanary"
FAULTS = """
[[fault]]
on = "GET /clob/data/orders*"
do = "not json"

[[fault]]
on = "GET /trade-api/v2/portfolio/*"
nth = 2
do = "html"

[[fault]]
on = "POST /clob/order"
do = "status after"
status = 500
body = '{"error":"could not run the execution"}'
"""

pytestmark = pytest.mark.slow


class Child(Program):
    """The program with all of its log on; see tests/canary/child.py."""

    module = "tests.canary.child"

    def __init__(self, folder, *words, **more):
        super().__init__(folder, *words, PYTHONPATH=REPO, **NO_KEYRING, **more)


class Place:
    """A local exchange with an account, the account's secrets, and all that was ever shown."""

    def __init__(self, folder):
        for name in ("sim", "keys", "user"):
            (folder / name).mkdir()
        self.keys, self.user = folder / "keys", folder / "user"
        (folder / "sim" / "faults.toml").write_text(FAULTS)
        words = ("--port", "0", "--accounts", "accounts.json", "--faults", "faults.toml", "--json")
        self.sim = Program(folder / "sim", "sim", *words)
        self.facts = json.loads(self.sim.wait_for(lambda line: "polymarket" in line))
        account = json.loads((folder / "sim" / "accounts.json").read_text())["accounts"][0]
        self.wallet_key = account["polymarket"]["private_key"]
        self.pem, self.key_id = account["kalshi"]["private_key"], account["kalshi"]["key_id"]
        self.api_key = asyncio.run(self._derived())
        self.hunt = Hunt(
            wallet=self.wallet_key,
            pem=self.pem,
            passphrase=PASSPHRASE,
            api_secret=self.api_key.secret.reveal(),
            api_passphrase=self.api_key.passphrase.reveal(),
            wrong_secret=WRONG_SECRET,
            wrong_passphrase=WRONG_PASSPHRASE,
        )
        self.unlock = {"PMTERM_PASSPHRASE_FILE": self.private("passphrase", PASSPHRASE)}
        self.at = ("--exchange", self.facts["url"])
        self.market = self.facts["polymarket"][0]

    async def _derived(self):
        """Ask for the key that `keys add` will ask for: one wallet has one."""
        clock = SystemClock()
        bases = msgspec.convert(self.facts["hosts"], Hosts).bases()
        proofs = {Venue.POLYMARKET: PolymarketProof(load_wallet(Secret(self.wallet_key)))}
        http = HttpClient(bases, Limiter({}, clock), clock, proofs=proofs)
        try:
            return read_key(await http.ask(ask_key(clock.stamp(), create=True)))
        finally:
            await http.close()

    def goes_wrong(self, venue, do):
        """Have a fault happen on the exchange, now."""
        asked = urllib.request.Request(  # noqa: S310  # loopback
            self.facts["url"] + "/sim/fault",
            json.dumps({"venue": venue, "do": do}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:  # noqa: S310
            assert answer.status == 200

    def private(self, name, text):
        path = self.keys / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def pmterm(self, *words, **more):
        """Run a command to its end, and look at all it says."""
        done = run(self.user, *words, **{**NO_KEYRING, **self.unlock, **more})
        self.hunt.look(f"output of {' '.join(words[:2])}", done.stdout + done.stderr)
        return done

    def watch(self, **more):
        """Begin a live session on the market."""
        words = ("watch", self.market, "--live", "--plain", "--record", *self.at)
        child = Child(self.user, *words, **more)
        child.say("live")
        return child

    def heard(self, child, name):
        """Look at all that a session wrote to the terminal."""
        child.child.wait(PATIENCE_S)
        child._reader.join(PATIENCE_S)
        while not child._lines.empty():
            child.heard.append(child._lines.get() or "")
        told = child.child.stderr.read()
        self.hunt.look(f"{name}: stdout", "\n".join(child.heard))
        self.hunt.look(f"{name}: stderr", told)
        child._close()
        return told

    def look_at_process(self, process):
        """Look at what others may see of a process and of those it began."""
        ours = [Path(f"/proc/{process}"), *(p for p in _processes() if _parent(p) == process)]
        for place in ours:
            for what in ("cmdline", "environ"):
                self.hunt.look(f"process {what}", (place / what).read_bytes())


def _processes():
    return [path for path in Path("/proc").iterdir() if path.name.isdigit()]


def _parent(path):
    try:
        return int((path / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, ValueError, IndexError):
        return 0


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("canary"))
    try:
        yield place
    finally:
        place.sim.end()


def test_a_session_with_keys_from_the_vault_that_is_killed(place):
    added = place.pmterm("keys", "add", "polymarket", *place.at, "--key-file",
                         place.private("wallet", place.wallet_key))  # fmt: skip
    assert added.returncode == 0, added.stderr
    added = place.pmterm("keys", "add", "kalshi", *place.at, "--key-id", place.key_id,
                         "--key-file", place.private("pem", place.pem))  # fmt: skip
    assert added.returncode == 0, added.stderr
    child = place.watch(**place.unlock)
    child.wait_for(lambda line: "ready polymarket" in line and "not ready" not in line)
    child.wait_for(lambda line: "touch" in line)
    child.say("arm 5")
    child.wait_for(lambda line: "ARMED" in line)
    child.say("limit buy 5 0.02")
    child.wait_for(lambda line: "asks" in line)
    child.say("confirm")
    child.wait_for(lambda line: "order" in line and "open" in line)  # though the answer was a 500
    place.goes_wrong("kalshi", "unknown type")
    place.goes_wrong("polymarket", "drop streams")
    child.wait_for(lambda line: "compared polymarket (reconnect)" in line)
    place.look_at_process(child.child.pid)
    told = place.pmterm("status", "--json")
    assert "armed_market" in told.stdout, told.stderr
    for words in (("doctor", "--json", *place.at), ("keys", "list", "--json"),
                  ("export", "fills", "--live"), ("export", "trades", "--live"),
                  ("audit", "--json", *place.at)):  # fmt: skip
        place.pmterm(*words)
    child.child.send_signal(signal.SIGKILL)
    place.heard(child, "killed")


@pytest.mark.parametrize("where", ["greeting", "proof"])
def test_a_session_that_breaks_where_secrets_are_at_hand(place, where):
    child = place.watch(PMTERM_TEST_BREAK=where, **place.unlock)
    told = place.heard(child, f"broken {where}")
    assert "BrokenOnPurposeError" in told
    assert child.child.returncode == 1


def test_a_session_with_keys_from_the_environment_that_are_refused(place):
    home = place.facts["url"].removeprefix("http://")
    keys = {
        "PMTERM_POLYMARKET_PRIVATE_KEY": place.wallet_key,
        "PMTERM_POLYMARKET_API_KEY": place.api_key.id,
        "PMTERM_POLYMARKET_API_SECRET": WRONG_SECRET,
        "PMTERM_POLYMARKET_API_PASSPHRASE": WRONG_PASSPHRASE,
        "PMTERM_POLYMARKET_SIGNATURE_TYPE": "0",
        "PMTERM_POLYMARKET_FOR": home,
        "PMTERM_KALSHI_PRIVATE_KEY": place.pem,
        "PMTERM_KALSHI_KEY_ID": "00000000-1111-4222-8333-444444444444",
        "PMTERM_KALSHI_FOR": home,
    }
    elsewhere = place.user / "elsewhere"
    elsewhere.mkdir()
    words = ("watch", place.market, "--live", "--plain", "--record", *place.at)
    child = Child(elsewhere, *words, **keys)
    child.say("live")
    child.wait_for(lambda line: "does not accept the API key" in line)
    children = [path for path in _processes() if _parent(path) == child.child.pid]
    for path in children:
        place.hunt.look("environment of a child", (path / "environ").read_bytes())
    child.end(signal.SIGINT)
    place.hunt.look("refused: stdout", "\n".join(child.heard))
    for words in (("doctor", "--json", *place.at), ("keys", "test", *place.at)):
        done = run(elsewhere, *words, **NO_KEYRING, **keys)
        assert done.returncode
        place.hunt.look(f"refused: {words[0]}", done.stdout + done.stderr)


def test_keys_that_cannot_be_read(place):
    broken = place.wallet_key[:-3] + "xyz"
    place.hunt.add("broken wallet", broken)
    place.hunt.add("wrong words", "canary words that unlock nothing at all")
    done = place.pmterm("keys", "add", "polymarket", *place.at, "--key-file",
                        place.private("broken", broken))  # fmt: skip
    assert done.returncode
    torn = place.pem.replace("\n", "\n ", 1)[:-80]
    done = place.pmterm("keys", "add", "kalshi", *place.at, "--key-id", place.key_id, "--key-file",
                        place.private("torn", torn))  # fmt: skip
    assert done.returncode
    wrong = place.private("wrong", "canary words that unlock nothing at all")
    done = place.pmterm("keys", "test", *place.at, PMTERM_PASSPHRASE_FILE=wrong)
    assert done.returncode == 3
    done = place.pmterm("watch", place.market, "--live", "--plain", *place.at,
                        PMTERM_PASSPHRASE_FILE=wrong)  # fmt: skip
    assert done.returncode


def test_nothing_of_all_this_holds_a_secret(place):
    """Runs last: logs, journal and its WAL, recordings, sockets, and all that was said."""
    place.hunt.look_into(place.user)
    looked = place.hunt.looked
    for part in ("pmterm.log", "-live.db rows", ".zst unpacked", "process environ", "status",
                 "stderr"):  # fmt: skip
        assert any(part in where and size for where, size in looked.items()), part
    assert place.hunt.found == []


def test_a_child_is_told_no_key(tmp_path):
    """What a process was given the system shows of it for ever; of its children it must not."""
    code = """
import os, subprocess
from pmterm.config import environment
environment.take(os.environ)
subprocess.run(["env"])
"""
    given = environment(tmp_path, PMTERM_POLYMARKET_API_SECRET=WRONG_SECRET)
    words = [sys.executable, "-c", code]
    told = subprocess.run(
        words, check=True, capture_output=True, text=True, timeout=PATIENCE_S, env=given
    )
    assert "PATH=" in told.stdout
    assert WRONG_SECRET not in told.stdout
