"""A whole evening with real orders, as a person drives it: real keys in tmux, on both venues.

Each venue has one session against the exchange in a process of its own; at the end what pmterm
believes is held against the exchange's ledger. Needs tmux, else it is skipped.
"""

import contextlib
import http.client
import json
import re
import sqlite3
import time

import pytest
from tests.e2e.program import PATIENCE_S, Program, run
from tests.e2e.test_keys import NO_KEYRING, PASSPHRASE, private
from tests.e2e.test_terminal import CASH, has_book, order
from tests.e2e.tmux import Tmux, needs_tmux

pytestmark = needs_tmux

QUICK = {"PMTERM_RISK__MARKET_COOLDOWN_S": "off"}  # or each second order would have to wait 5 s
VENUES = {"polymarket": 2, "kalshi": 1}  # which of its markets: one that the rumour leaves alone
TICK = 100
DUST = 10_000  # Polymarket sells hundredths of a share
SOLD_STATE = "(SETTLING|FILLED)"
SOLD = r"13(\.\d+)?"


class Evening:
    """An exchange with an account, the keys to it in files, and a window to trade in."""

    def __init__(self, folder, venue):
        self.folder, self.venue = folder, venue
        words = ("sim", "--port", "0", "--accounts", "accounts.json", "--cash", "1000", "--json")
        self.program = Program(folder, *words)
        facts = json.loads(self.program.wait_for(lambda line: "accounts_file" in line))
        self.url, self.market = facts["url"], facts[venue][VENUES[venue]]
        keys = json.loads((folder / "accounts.json").read_text())["accounts"][0]
        self.key_id = keys["kalshi"]["key_id"]
        self.key_file = private(folder / "venue.key", keys[venue]["private_key"])
        unlock = {"PMTERM_PASSPHRASE_FILE": private(folder / "passphrase", PASSPHRASE)}
        self._door = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=10)
        self.environment = {**QUICK, **NO_KEYRING, **unlock}
        self.window = Tmux(folder, **self.environment)

    def close(self):
        self._door.close()
        self.window.close()
        self.program.end()

    def pmterm(self, *words):
        """Run a command in another shell."""
        return run(self.folder, *words, **self.environment)

    def at_the_exchange(self, *words):
        return self.pmterm(*words, "--exchange", self.url)

    def account(self):
        """Return the exchange's own word for the account."""
        self._door.request("GET", "/sim/ledger")
        accounts = json.load(self._door.getresponse())["accounts"]
        return next(own for name, own in accounts.items() if name.startswith("tester"))

    def sell(self, price, qty):
        """Have somebody sell at the exchange."""
        at, size = f"{price / 10_000:.4f}", f"{qty / 1_000_000:.6f}"
        asked = {"market": self.market, "side": "sell", "price": at, "qty": size}
        self._door.request(
            "POST", "/sim/trade", json.dumps(asked), {"Content-Type": "application/json"}
        )
        assert self._door.getresponse().read()

    def resting(self):
        """Return the account's only resting order, as the exchange has it."""
        (one,) = [each for each in self.account()["orders"] if each["standing"] == "resting"]
        return one

    # ---- by keys

    def start(self):
        self.window.start("watch", self.market, "--live", "--exchange", self.url)
        self.window.wait("Type live to go on")
        self.window.type("live")
        self.window.press("Enter")
        return self.window.wait(has_book)

    def leave(self):
        self.window.press("C-q")
        self.window.wait("left with 0")
        assert self.window.modes() == "0 0"

    def say(self, prompt, word):
        """Type the word that a dialog asks for; enter counts after a moment."""
        self.window.wait(prompt)
        self.window.type(word)
        self.window.press_until("Enter", lambda screen: prompt not in screen)

    def is_ready(self):
        """Wait until the venue takes orders, as another shell is told."""
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            told = self.status()
            if all(not venue["missing"] for venue in told["venues"] if venue["is_told"]):
                return told
        raise AssertionError(f"never ready: {told['venues']}")

    def status(self):
        told = self.pmterm("status", "--json")
        assert told.returncode == 0, told.stderr
        (session,) = json.loads(told.stdout).values()
        return session

    def put_limit_below(self, ticks):
        """Ask for 10 so far below the best bid: they must rest."""
        self.window.press_until("l", "LIVE BUY ")
        self.window.press(*["["] * ticks)
        self.window.wait("fills 0 now, 10 rests")
        self.window.press_until("Enter", lambda screen: "LIVE BUY " not in screen)


@pytest.fixture(params=VENUES)
def evening(request, tmp_path):
    evening = Evening(tmp_path, request.param)
    try:
        yield evening
    finally:
        evening.close()


def cash_of(screen):
    return CASH.search(screen).group(1)


def test_evening_with_real_orders_from_the_key_to_the_audit(evening):
    window = evening.window
    add_key_and_see_the_doctor(evening)

    evening.start()
    evening.is_ready()
    stay_disarmed_then_arm(evening)
    first_order_asks(evening)
    have_a_part_filled(evening)
    change_what_rests(evening)
    ended = order(12, "CANCELLED") if evening.venue == "polymarket" else order(15, "FILLED 3/15")
    window.press_until("c", ended)
    window.wait(lambda _: not evening.status()["working_orders"])

    buy_at_market(evening)
    window.wait(lambda screen: "SETTLING" not in screen)
    (held,) = evening.status()["positions"]
    assert 13_000_000 <= held["qty"] < 14_000_000  # Polymarket spends what 10 cost at the limit
    window.press_until("x", lambda screen: "closing" in screen or "SELL" in screen)
    window.wait(lambda screen: "holding 13" not in screen and order(SOLD, SOLD_STATE)(screen))

    cash = kill_with_an_order_out(evening)
    evening.leave()
    resume_where_it_was(evening, cash)
    compare_with_the_ledger(evening)


def add_key_and_see_the_doctor(evening):
    more = ("--key-id", evening.key_id) if evening.venue == "kalshi" else ()
    words = ("keys", "add", evening.venue, "--key-file", evening.key_file, *more)
    added = evening.at_the_exchange(*words)
    assert added.returncode == 0, added.stderr
    assert "taken; " in added.stdout
    assert "$1,000.00 free" in added.stdout
    seen = evening.at_the_exchange("doctor", "--json")
    assert seen.returncode == 0, seen.stdout
    own = [line for line in json.loads(seen.stdout)["lines"] if line["venue"] == evening.venue]
    assert {"key", "balance", "stream"} <= {line["check"] for line in own}
    assert not [line for line in own if line["verdict"] == "fail"]


def stay_disarmed_then_arm(evening):
    window = evening.window
    window.press_until("b", "LIVE BUY ")
    window.wait("disarmed: press a")
    window.press("Enter")
    window.press("Escape")
    window.wait(lambda screen: "LIVE BUY " not in screen)
    assert evening.account()["orders"] == []
    window.press_until("a", "ARM LIVE ORDERS")
    evening.say("Type arm and press enter", "arm")
    window.wait("REAL MONEY  ARMED ")


def first_order_asks(evening):
    evening.put_limit_below(2)
    asked = evening.window.wait("Type yes and press enter")
    assert f"the first live order on {evening.venue} of" in asked
    assert evening.account()["orders"] == []
    evening.say("Type yes and press enter", "yes")
    evening.window.wait(order(10, "OPEN"))


def have_a_part_filled(evening):
    """Have somebody take all bids above the order, then 3 at its price, until its turn comes."""
    resting = evening.resting()
    until = time.monotonic() + PATIENCE_S
    while (missing := 3_000_000 - resting["filled"]) > 0 and time.monotonic() < until:
        evening.sell(resting["price"] + TICK, 5_000_000_000)
        evening.sell(resting["price"], missing)
        resting = evening.resting()
    assert not missing
    evening.window.wait(lambda screen: "PART 3/10" in screen and "holding 3" in screen)


def change_what_rests(evening):
    window = evening.window
    window.press("F5")
    window.wait("▶ ORDERS")
    window.press_until("l", "LIVE AMEND ")
    window.press("+")
    window.wait("size 15")
    if evening.venue == "polymarket":
        assert "cannot amend: cancel + new" in window.screen()
    window.press_until("Enter", lambda screen: "LIVE AMEND " not in screen)
    if evening.venue == "polymarket":
        window.wait(lambda screen: order(10, "FILLED 3/10")(screen) and order(12, "OPEN")(screen))
    else:
        window.wait("PART 3/15")
    assert evening.resting()["open"] == 12_000_000


def buy_at_market(evening):
    window = evening.window
    window.press("b")  # once: when armed each is an order
    if evening.venue == "polymarket":
        window.wait(re.compile(r"DELAYED [0-3]\.\d").search)
    window.wait(lambda screen: "holding 13" in screen)


def kill_with_an_order_out(evening):
    """Kill from inside, then from another shell; return the cash that is left, as shown."""
    window = evening.window
    evening.put_limit_below(10)  # deeper than Kalshi's markets fall when the rumour is over
    window.wait(order(10, "OPEN"))
    window.press("C-k")
    window.wait("No new order goes through")
    window.wait(lambda screen: "KILLED" in screen and order(10, "CANCELLED")(screen))
    killed = evening.at_the_exchange("kill", "--json")
    assert killed.returncode == 0, killed.stdout + killed.stderr
    (told,) = json.loads(killed.stdout).values()
    assert told == {"killed": True, "flattening": False, "unproved": []}
    assert evening.status()["gate"] == "halted"
    window.press("Escape")
    return cash_of(window.wait(lambda screen: "No new order" not in screen and "KILLED" in screen))


def resume_where_it_was(evening, cash):
    window = evening.window
    again = evening.start()
    assert "KILLED" in again
    assert cash_of(again) == cash
    assert "holding 13" not in again
    told = evening.is_ready()
    assert told["gate"] == "halted"
    assert told["differences"] == told["working_orders"] == []
    assert sum(held["qty"] for held in told["positions"]) < DUST
    window.press_until("R", "RESUME TRADING")
    evening.say("Type resume and press enter", "resume")
    window.wait("REAL MONEY  disarmed")
    assert cash_of(window.screen()) == cash
    evening.leave()
    audit = evening.at_the_exchange("audit")
    assert audit.returncode == 0, audit.stdout + audit.stderr


def compare_with_the_ledger(evening):
    """Every order and fill is there once on both sides, nothing is held, the cash is the same."""
    account = evening.account()
    store = evening.folder / "data" / "pmterm" / "pmterm-live.db"
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        orders = database.execute("select venue_order, side, filled from orders").fetchall()
        fills = database.execute("select side, price, qty, fee from fills").fetchall()
    sent = [row for row in orders if row[0]]
    theirs = [(each["id"], each["side"], each["filled"]) for each in account["orders"]]
    assert sorted(sent) == sorted(theirs)
    assert len({each["id"] for each in account["orders"]}) == len(sent) >= 4
    sums = {side: sum(qty for each, _, qty, _ in fills if each == side) for side in ("buy", "sell")}
    assert sums["sell"] >= 13_000_000
    left = sums["buy"] - sums["sell"]
    assert 0 <= left < DUST
    assert sum(qty for *_, qty, _ in fills) == sum(each["qty"] for each in account["fills"])
    assert sum(sum(held) for held in account["holdings"].values()) == left
    spent = sum(
        (price * qty // 10_000) * (1 if side == "buy" else -1) + fee
        for side, price, qty, fee in fills
    )
    assert account["cash"][f"{evening.venue}/0"] == 1_000_000_000 - spent
