"""Random keys on a live session: nothing is sent that should not be, and the screen stays up."""

import pytest
from tests.monkey.checks import check_journal
from tests.monkey.run import play

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.live import Armed, Disarmed
from pmterm.messages.orders import Approved, GateChanged, Intent, PlaceOrder
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import GateState, Side, TimeInForce

HERE = MarketId("here")


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "keys", "paint_every"), [(1, 500, 1), (2, 1_500, 20)])
def test_random_keys_send_nothing_unarmed_and_exceed_no_limit(seed, keys, paint_every):
    monkey, wrong = play(seed, keys, paint_every)
    print(f"seed {seed}", *monkey.lines[-60:], sep="\n")
    assert wrong == []
    figures = monkey.figures
    assert figures["keys"] >= keys
    assert figures["Armed"]
    assert figures["orders that arrived"]
    assert figures["halts by key"]


def sent(at, order="o1", origin="armed key", *, reduces=False):
    intent = Intent(at, OrderId(order), HERE, Side.BUY, 1, 5_000, TimeInForce.IOC, origin=origin,
                    reduce_only=reduces)  # fmt: skip
    return [intent, Approved(at, intent, 1), PlaceOrder(at, intent)]


BEGIN = SessionStarted(1, "live-1", Mode.LIVE, "0", 0)
ARMED = Armed(2, HERE, 100)
WRONG = {
    "unarmed": ([BEGIN, *sent(3)], "unarmed"),
    "after disarming": ([BEGIN, ARMED, Disarmed(3, ""), *sent(4)], "unarmed"),
    "armed in a session before": ([BEGIN, ARMED, BEGIN, *sent(4)], "unarmed"),
    "too late": ([BEGIN, ARMED, *sent(101)], "unarmed"),
    "halted": ([BEGIN, ARMED, GateChanged(3, GateState.HALTED, "k"), *sent(4)], "halted"),
    "never let": ([BEGIN, ARMED, *sent(3)[2:]], "never wanted"),
    "twice": ([BEGIN, ARMED, *sent(3), *sent(4)], "2 times"),
}


@pytest.mark.parametrize("case", WRONG)
def test_the_fold_of_the_journal_sees_what_must_not_be(case):
    messages, words = WRONG[case]
    assert any(words in said for said in check_journal(messages))


def test_the_fold_lets_an_armed_order_and_a_panic_pass():
    assert check_journal([BEGIN, ARMED, *sent(3)]) == []
    assert check_journal([BEGIN, *sent(3, origin="panic")]) == []
    assert check_journal([BEGIN, *sent(3, origin="close all", reduces=True)]) == []
    assert check_journal([BEGIN, *sent(3, origin="exit stop", reduces=True)]) == []
    assert check_journal([BEGIN, *sent(3, origin="exit stop")]) != []
