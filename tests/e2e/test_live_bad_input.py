"""What goes wrong with real orders: each says what happened, what of the money, and what to do."""

import http.client
import json
import re

import pytest
from tests.e2e.program import Program, run
from tests.e2e.test_keys import NO_KEYRING, PASSPHRASE, private

QUICK = {"PMTERM_RISK__MARKET_COOLDOWN_S": "off"}
NO_ALLOWANCE = (
    "not enough balance / allowance: the allowance is not enough -> spender: "
    "0xE111180000d2663C0091e4f400237545B87B996B, allowance: 0, order amount: 3000000"
)
QUIET_MARKET = 2  # of Polymarket's three: the one that the crowd leaves alone


class Place:
    """An exchange with an account whose keys are kept, and somebody who trades in plain lines."""

    def __init__(self, folder):
        self.folder = folder
        words = ("sim", "--port", "0", "--accounts", "accounts.json", "--cash", "1000", "--json")
        self.program = Program(folder, *words)
        self.facts = json.loads(self.program.wait_for(lambda line: "accounts_file" in line))
        self.url = self.facts["url"]
        self.environment = {
            **QUICK,
            **NO_KEYRING,
            "PMTERM_PASSPHRASE_FILE": private(folder / "passphrase", PASSPHRASE),
        }
        account = json.loads((folder / "accounts.json").read_text())["accounts"][0]
        self.key_id = account["kalshi"]["key_id"]
        for venue, more in (("polymarket", ()), ("kalshi", ("--key-id", self.key_id))):
            file = private(folder / f"{venue}.key", account[venue]["private_key"])
            added = self.pmterm("keys", "add", venue, "--key-file", file, *more)
            assert added.returncode == 0, added.stderr

    def pmterm(self, *words, stdin="", **more):
        known = {**self.environment, **more}
        return run(self.folder, *words, "--exchange", self.url, stdin=stdin, **known)

    def tell(self, path, **asked):
        """Have something happen at the exchange."""
        door = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        door.request("POST", path, json.dumps(asked), {"Content-Type": "application/json"})
        answer = door.getresponse()
        assert answer.status == 200, answer.read()
        door.close()

    def refuse(self, status, **body):
        """Have the next order refused in these words of the venue."""
        words = json.dumps(body)
        self.tell("/sim/fault", on="POST /clob/order", do="refuse", status=status, body=words)

    def trade(self, market):
        """Start a live session in a market, wait until both venues are ready, and arm it."""
        words = ("watch", market, "--plain", "--live", "--exchange", self.url)
        session = Program(self.folder, *words, **self.environment)
        session.say("live")
        await_ready(session, "polymarket", "kalshi")
        arm(session)
        return session


def await_ready(session, *venues):
    """Wait until these venues take orders, in whichever order they say so."""
    ready = set()

    def is_enough(line):
        ready.update(venue for venue in venues if re.search(rf"^\S+ ready {venue}", line))
        return ready == set(venues)

    session.wait_for(is_enough)


def arm(session):
    session.say("arm 5")
    session.wait_for(lambda line: " ARMED " in line)


def asked_and_told(session, line, *words):
    """Type an order, say yes where it asks, return the line that has all these words."""
    session.say(line)

    def is_told(heard):
        if " asks live-" in heard:
            session.say("confirm")
        return all(word in heard for word in words)

    return session.wait_for(is_told)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = Place(tmp_path_factory.mktemp("live"))
    try:
        yield place
    finally:
        place.program.end()


@pytest.fixture(scope="module")
def session(place):
    session = place.trade(place.facts["polymarket"][QUIET_MARKET])
    try:
        yield session
    finally:
        session.end()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("limit buy 1 0.31", ("refused", "1 contract,", "at least 5", "use 5")),
        ("limit buy 10 0.3015", ("refused", "a price in steps of 0.01", "use 0.30 or 0.31")),
        ("limit buy 4000 0.30", ("refused", "R1", "$1 200 against $1 000", "at most 3333.33")),
        ("limit sell 20000 0.90", ("refused", "R1", "$2 000 against $1 000")),
        ("close", ("nothing", "position")),
    ],
)
def test_what_the_venue_would_not_take_is_refused_here_with_what_would_pass(session, line, words):
    asked_and_told(session, line, *words)


def test_no_allowance_says_that_no_money_moved_and_what_to_do(place, session):
    place.refuse(400, error=NO_ALLOWANCE)
    told = asked_and_told(session, "limit buy 10 0.30", " refused 0/10")
    assert "the exchange may not move them" in told
    assert "Nothing was placed and no money moved." in told
    assert "pmterm doctor" in told


def test_a_revoked_key_says_so_and_what_to_do(place, session):
    place.refuse(401, error="Unauthorized/Invalid api key")
    told = asked_and_told(session, "limit buy 10 0.29", " refused 0/10")
    assert "Nothing was placed and no money moved." in told
    assert "pmterm keys" in told or "pmterm doctor" in told


def test_maintenance_of_polymarket_says_that_nothing_was_placed(place, session):
    await_ready(session, "polymarket")  # the refusal before had it compare everything again
    arm(session)
    place.refuse(503, error="Trading is currently disabled. Check polymarket.com for updates")
    told = asked_and_told(session, "limit buy 10 0.28", " refused 0/10")
    assert "Nothing was placed and no money moved." in told
    assert session.end() == 143


def test_maintenance_of_kalshi_a_closed_market_and_a_store_about_another_account(place, tmp_path):
    other = Place(tmp_path)
    try:
        pause_and_close(other)
        words = ("watch", place.facts["polymarket"][0], "--plain", "--live")
        store = str(other.folder / "data" / "pmterm" / "pmterm.db")
        told = place.pmterm(*words, "--store", store, stdin="live\n")
        assert told.returncode == 3, told.stdout + told.stderr
        assert "Key: this store" in told.stderr
        assert "Take the right key" in told.stderr
        assert "Traceback" not in told.stderr
    finally:
        other.program.end()


def pause_and_close(place):
    market = place.facts["kalshi"][1]
    session = place.trade(market)
    asked_and_told(session, "limit buy 10 0.20", " open 0/10")
    place.tell("/sim/fault", venue="kalshi", do="pause trading", seconds=4)  # asked again after 5
    told = asked_and_told(session, "limit buy 10 0.21", " refused 0/10")
    assert "Trading on Kalshi is paused. Nothing was placed and no money moved." in told
    await_ready(session, "kalshi")
    arm(session)
    place.tell("/sim/market", market=market, do="close")
    session.wait_for(lambda line: "The market closed." in line)
    place.tell("/sim/market", market=market, do="resolve", pays="1")  # closing alone has no frame
    session.wait_for(lambda line: f"market {market} settled" in line)
    asked_and_told(session, "limit buy 10 0.22", "refused", "it is resolved")
    assert session.end() == 143


def test_a_wrong_passphrase_stops_a_live_session_before_it_begins(place):
    wrong = private(place.folder / "wrong", "another phrase of five words")
    words = ("watch", place.facts["kalshi"][0], "--plain", "--live")
    told = place.pmterm(*words, stdin="live\n", PMTERM_PASSPHRASE_FILE=wrong)
    assert told.returncode == 3
    assert "Key: the passphrase is wrong." in told.stderr
    assert "Try again" in told.stderr
