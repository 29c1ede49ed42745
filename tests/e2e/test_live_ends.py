"""How a live session ends when it is told to, with orders that work at a venue (F83).

Own orders are taken back, positions stay, and what was not proven is not told as done.
"""

import contextlib
import json
import signal
import time

import pytest
from tests.docs.test_real_money import Rehearsal, is_outcome, typed
from tests.e2e.program import PATIENCE_S

SIGNALS = pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda n: n.name)
FAR_BELOW = "0.05"


@pytest.fixture(scope="module", params=["polymarket", "kalshi"])
def trader(request, tmp_path_factory):
    """Somebody with keys and an exchange, who watches a market that the rumour leaves alone."""
    it = Rehearsal(tmp_path_factory.mktemp("trader"))
    it.venue = request.param
    it.market = it.facts[it.venue][{"polymarket": 2, "kalshi": 1}[it.venue]]
    try:
        told = it.shell(typed())
        assert told.returncode == 0, told.stdout + told.stderr
        yield it
    finally:
        it.exchange.child.send_signal(signal.SIGCONT)
        it.exchange.end()


@contextlib.contextmanager
def session(trader):
    """A live session by plain lines that may trade, its account compared."""
    program = trader.watch()
    try:
        program.say("live")
        yield program
    finally:
        program.end(signal.SIGKILL)


def arm(program, trader):
    program.wait_for_message("ReadinessChanged", venue=trader.venue, missing=[])
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        program.say("arm 5 50.00")
        if '"Armed"' in program.wait_for(lambda told: '"Armed"' in told or '"Refused"' in told):
            return
        time.sleep(0.2)  # its book comes a moment after the market
    raise AssertionError("it could not be armed")


def confirmed(program, line, is_end):
    """Say a line, and yes to what it asks; return the first that is an end of it."""

    def is_told(told):
        return '"asks":true' in told or is_end(told)

    program.say(line)
    told = program.wait_for(is_told)
    if '"asks":true' in told:
        program.say("confirm")
        told = program.wait_for(is_told)
    return json.loads(told)


def rest(program):
    """Have an order rest; what else comes of one before it is no answer."""
    resting = confirmed(program, f"limit buy 20 {FAR_BELOW}", lambda told: '"state":"open"' in told)
    return resting["order"]


def buy(program):
    """Buy, again where the crowd was quicker."""
    for _ in range(15):
        if confirmed(program, "buy 10", is_outcome)["type"] == "Fill":
            return
    raise AssertionError("nothing was bought")


def account(trader):
    (account,) = trader.ledger()["accounts"].values()
    return account


def last_words(program, order):
    """Return the last state told of an order, of all that was ever said."""
    said = [json.loads(line) for line in program.heard if f'"order":"{order}"' in line]
    return [one["state"] for one in said if one["type"] == "OrderReport"][-1]


def told_to_end(program, number):
    """Send the signal; return the exit code once all that was said is read."""
    program.child.send_signal(number)
    with pytest.raises(AssertionError, match="the program ended"):
        program.wait_for(lambda _: False)
    return program.child.wait(PATIENCE_S)


def find_the_truth(trader, held):
    """Come back: the account agrees, nothing works, the position is there; audit it."""
    with session(trader) as program:
        program.wait_for_message("ReadinessChanged", venue=trader.venue, missing=[])
        told = status(trader)
        until = time.monotonic() + 3 * PATIENCE_S
        while told["working_orders"] and time.monotonic() < until:
            time.sleep(4)  # one that no read shows has ended after a minute, not before
            told = status(trader)
        assert told["differences"] == told["working_orders"] == trader.resting() == []
        assert sum(one["qty"] for one in told["positions"]) == held
        assert program.quit() == 0
    told = trader.pmterm("audit", "--exchange", trader.url)
    assert told.returncode == 0, told.stdout + told.stderr


def status(trader):
    (told,) = json.loads(trader.pmterm("status", "--json").stdout).values()
    return told


def held_there(trader):
    return sum(yes - no for yes, no in account(trader)["holdings"].values())


@SIGNALS
def test_f83_told_to_end_it_cancels_what_works_and_keeps_what_is_held(trader, number):
    before = held_there(trader)
    with session(trader) as program:
        arm(program, trader)
        buy(program)
        order = rest(program)
        assert len(trader.resting()) == 1
        assert told_to_end(program, number) == 128 + number
        assert trader.resting() == []
        assert last_words(program, order) == "cancelled"
    assert held_there(trader) > before
    find_the_truth(trader, held_there(trader))


def test_f83_told_to_end_before_a_venue_that_is_silent_it_claims_nothing(trader):
    with session(trader) as program:
        arm(program, trader)
        order = rest(program)
        trader.exchange.child.send_signal(signal.SIGSTOP)
        code = told_to_end(program, signal.SIGTERM)
        trader.exchange.child.send_signal(signal.SIGCONT)
        assert code == 128 + signal.SIGTERM
        assert last_words(program, order) in {"open", "cancel_unknown"}
        left = json.loads(program.heard[-1])
        assert left["type"] == "Noticed"
        assert left["text"].startswith("not proven cancelled, may still work: BUY 20 ")
    find_the_truth(trader, held_there(trader))
