"""Keys through the installed program: typed, from files, from the environment; seen nowhere."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import termios
from pathlib import Path

import pytest
from tests.e2e.program import PATIENCE_S, Program, environment, run

PASSPHRASE = "canary passphrase of five words"
NO_KEYRING = {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def private(path, text):
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


class Place:
    """A local exchange with an account, and the account's keys in files."""

    def __init__(self, folder):
        words = ("sim", "--port", "0", "--accounts", "accounts.json", "--json")
        self.folder = folder
        self.program = Program(folder, *words)
        self.url = json.loads(self.program.wait_for(lambda line: "polymarket" in line))["url"]
        account = json.loads((folder / "accounts.json").read_text())["accounts"][0]
        self.wallet_key = account["polymarket"]["private_key"]
        self.pem = account["kalshi"]["private_key"]
        self.key_id = account["kalshi"]["key_id"]
        self.wallet_file = private(folder / "wallet.key", self.wallet_key)
        self.pem_file = private(folder / "kalshi.pem", self.pem)
        self.passphrase_file = private(folder / "passphrase", PASSPHRASE + "\n")
        self.told = []

    def pmterm(self, *words, **more):
        unlock = {"PMTERM_PASSPHRASE_FILE": self.passphrase_file}
        done = run(self.folder, *words, **{**NO_KEYRING, **unlock, **more})
        self.told.append(done.stdout + done.stderr)
        return done

    def kept(self):
        """Name the venues whose keys are kept."""
        listed = json.loads(self.pmterm("keys", "list", "--json").stdout)
        return {row["venue"] for row in listed["keys"]}

    def add(self, venue):
        more = {
            "polymarket": ("--key-file", self.wallet_file),
            "kalshi": ("--key-id", self.key_id, "--key-file", self.pem_file),
        }
        added = self.pmterm("keys", "add", venue, "--exchange", self.url, *more[venue])
        assert added.returncode == 0, added.stderr

    def secrets(self):
        """Every line that must not be seen: the keys', and the passphrase."""
        return [self.wallet_key[2:], *self.pem.splitlines()[1:-1], PASSPHRASE]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("keys"))
    try:
        yield place
    finally:
        place.program.end()


@pytest.fixture
def stored(place):
    """Keys for both venues are kept; what a test before removed is added again."""
    for venue in {"polymarket", "kalshi"} - place.kept():
        place.add(venue)
    return place


def test_keys_are_added_listed_tried_and_removed(stored):
    rows = json.loads(stored.pmterm("keys", "list", "--json").stdout)["keys"]
    assert {row["venue"] for row in rows} == {"polymarket", "kalshi"}
    assert {row["kept in"] for row in rows} == {"encrypted file"}
    tried = stored.pmterm("keys", "test", "--exchange", stored.url)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert tried.stdout.count("taken; ") == 2
    at = ("--exchange", stored.url)
    for venue in ("polymarket", "kalshi"):
        gone = stored.pmterm("keys", "remove", venue, *at, "--yes")
        assert gone.returncode == 0, gone.stderr
    assert json.loads(stored.pmterm("keys", "list", "--json").stdout) == {"keys": []}
    assert stored.pmterm("keys", "test", *at).returncode == 3
    assert stored.pmterm("keys", "remove", "kalshi", *at, "--yes").returncode == 2


def test_doctor_finds_nothing_that_fails(stored):
    told = stored.pmterm("doctor", "--exchange", stored.url, "--json")
    assert told.returncode == 0, told.stdout
    lines = json.loads(told.stdout)["lines"]
    assert {line["venue"] for line in lines} == {"", "polymarket", "kalshi"}
    assert not [line for line in lines if line["verdict"] == "fail"]
    assert sum("first book came" in line["says"] for line in lines) == 2


def test_doctor_where_nothing_listens_says_so_and_leaves_with_5(place):
    told = place.pmterm("doctor", "--exchange", "http://127.0.0.1:1")
    assert told.returncode == 5
    assert "connection refused" in told.stdout
    assert "Traceback" not in told.stderr


def test_removal_wants_the_name_typed(stored):
    at = ("--exchange", stored.url)
    assert run_typed(stored, "no\n", "keys", "remove", "kalshi", *at).returncode == 2
    assert run_typed(stored, "", "keys", "remove", "kalshi", *at).returncode == 2
    assert len(json.loads(stored.pmterm("keys", "list", "--json").stdout)["keys"]) == 2
    assert run_typed(stored, "main\n", "keys", "remove", "kalshi", *at).returncode == 0


def run_typed(place, text, *words):
    unlock = {"PMTERM_PASSPHRASE_FILE": place.passphrase_file}
    return run(place.folder, *words, stdin=text, **NO_KEYRING, **unlock)


def test_a_wrong_passphrase_is_a_sentence(stored, tmp_path):
    wrong = private(tmp_path / "wrong", "something else entirely")
    told = stored.pmterm("keys", "test", "--exchange", stored.url, PMTERM_PASSPHRASE_FILE=wrong)
    assert told.returncode == 3
    assert told.stderr.startswith("Key: the passphrase is wrong.")
    assert "Traceback" not in told.stderr


def test_a_passphrase_may_come_through_a_descriptor(stored):
    read, write = os.pipe()
    os.write(write, PASSPHRASE.encode())
    os.close(write)
    more = NO_KEYRING | {"PMTERM_PASSPHRASE_FD": str(read)}
    told = subprocess.run(
        [sys.executable, "-m", "pmterm", "keys", "test", "kalshi", "--exchange", stored.url],
        check=False, capture_output=True, text=True, timeout=PATIENCE_S, pass_fds=[read],
        cwd=stored.folder, env=environment(stored.folder, **more),
    )  # fmt: skip
    os.close(read)
    assert told.returncode == 0, told.stderr


def test_without_a_terminal_nothing_is_asked_and_the_way_out_is_told(place):
    told = subprocess.run(
        [sys.executable, "-m", "pmterm", "keys", "add", "polymarket", "--exchange", place.url],
        check=False, capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
        cwd=place.folder, env=environment(place.folder, **NO_KEYRING), start_new_session=True,
    )  # fmt: skip
    assert told.returncode == 3
    assert "no terminal" in told.stderr
    assert "--key-file" in told.stderr


def test_no_secret_is_taken_as_an_argument(place):
    for option in ("--key", "--private-key", "--secret", "--passphrase", "--pem"):
        told = place.pmterm("keys", "add", "polymarket", option, "canary-4711")
        assert told.returncode == 2


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_child_does_not_inherit_keys(tmp_path):
    canary = "canary-4711-environment"
    demo = Program(tmp_path, "watch", "demo", "--plain", PMTERM_POLYMARKET_PRIVATE_KEY=canary)
    try:
        demo.wait_for(lambda line: "TradeSeen" in line or "trade" in line.lower())
        children = [one for one in Path("/proc").iterdir() if parent_of(one) == demo.child.pid]
        assert children
        for child in children:
            assert canary.encode() not in (child / "environ").read_bytes()
    finally:
        demo.end()
    kept = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert kept
    assert not any(canary.encode() in data for data in kept)


def parent_of(process):
    try:
        status = (process / "stat").read_text()
    except OSError:
        return 0
    return int(status.rpartition(")")[2].split()[1])


def test_what_was_typed_is_not_echoed_and_works(place):
    """The key and the passphrase are typed on a terminal, as a person would."""
    folder = place.folder / "typed"
    folder.mkdir()
    at = ("--exchange", place.url)
    shown = on_a_terminal(
        folder,
        ["keys", "add", "polymarket", *at],
        [
            ("Private key", place.wallet_key),
            ("passphrase", PASSPHRASE),
            ("again", PASSPHRASE),
        ],
    )
    assert "taken; " in shown
    pasted = [("Key id", place.key_id), ("Paste", place.pem.strip()), ("assphrase", PASSPHRASE)]
    more = on_a_terminal(folder, ["keys", "add", "kalshi", *at], pasted)
    assert "taken; RSA" in more
    assert not any(secret in shown + more for secret in place.secrets())


def on_a_terminal(folder, words, answers):
    """Run the program on a terminal of its own; type each answer when its prompt stands there."""
    master, slave = os.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "pmterm", *words],
        stdin=slave, stdout=slave, stderr=slave, cwd=folder, start_new_session=True,
        env=environment(folder, TERM="xterm", **NO_KEYRING),
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509  # takes no lock
    )  # fmt: skip
    os.close(slave)
    shown = since = ""
    try:
        for prompt, answer in answers:
            while prompt not in since or not since.rstrip(" ").endswith(":"):
                part = os.read(master, 4096).decode(errors="replace")
                shown += part
                since += part
            since = ""
            wait_until_unseen(master, is_seen=prompt == "Key id")
            os.write(master, answer.encode() + b"\n")
        with contextlib.suppress(OSError):  # the terminal is gone when the program is
            while part := os.read(master, 4096).decode(errors="replace"):
                shown += part
        assert child.wait(PATIENCE_S) == 0, shown
    finally:
        child.kill()
        child.wait()
        os.close(master)
    return shown


def wait_until_unseen(master, *, is_seen):
    """Wait until the terminal hides what is typed: getpass does so before it prompts."""
    while not is_seen and termios.tcgetattr(master)[3] & termios.ECHO:
        pass


def test_no_secret_was_ever_shown_or_left_lying(stored):
    for words in (["keys", "list"], ["config", "show"], ["doctor", "--exchange", stored.url]):
        stored.pmterm(*words)
    said = "\n".join(stored.told)
    assert not [secret for secret in stored.secrets() if secret in said]
    own = {"accounts.json", "wallet.key", "kalshi.pem", "passphrase"}
    for file in stored.folder.rglob("*"):
        if file.is_file() and file.name not in own:
            data = file.read_bytes().decode("latin-1")
            assert not [secret for secret in stored.secrets() if secret in data], file
