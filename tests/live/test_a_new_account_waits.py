"""Nothing is ordered before the venue has said what the account has: orders, holdings and cash."""

import pytest
from tests.live.rig import VENUE, M, Rig

from pmterm.messages.commands import Arm, Panic
from pmterm.messages.live import Armed
from pmterm.messages.orders import PlaceOrder, Refused
from pmterm.messages.said import HoldingSeen, ListEnded, ListKind, MoneySeen
from pmterm.messages.transport import UserOpened
from pmterm.model.units import CASH_ONE, QTY_ONE


def tries(rig):
    """Try to arm and to buy; return the rule that refused each, with its value."""
    before = len(rig.heard(Refused))
    rig.take(Arm(rig.at, M, 300))
    assert rig.buy() is None
    assert not rig.heard(Armed)
    return [(refused.rule, refused.value) for refused in rig.heard(Refused)[before:]]


def parts(rig):
    """All that one round of questions brings, in the order of the questions."""
    ends = {kind: ListEnded(rig.at, VENUE, kind, rig.at) for kind in ListKind}
    return [
        (ends[ListKind.ORDERS],),
        (ends[ListKind.FILLS],),
        (HoldingSeen(rig.at, VENUE, M, 0, 5 * QTY_ONE, 5000), ends[ListKind.HOLDINGS]),
        (MoneySeen(rig.at, VENUE, 1_000 * CASH_ONE),),
    ]


def test_before_the_first_word_of_the_venue_nothing_passes():
    rig = Rig().start()
    down = "the stream of your own orders is down"
    assert tries(rig) == [("READY", down), ("READY", f"missing: {down}")]


@pytest.mark.parametrize("last", range(4), ids=["orders", "fills", "holdings", "cash"])
def test_until_the_last_answer_of_the_first_round_nothing_passes(last):
    rig = Rig().start()
    rig.take(UserOpened(rig.at, VENUE, 1))
    answers = parts(rig)
    waits = answers.pop(last)
    for words in answers:
        rig.hear(*words)
        missing = "your orders are not yet compared with the venue's"
        assert tries(rig) == [("READY", missing), ("READY", f"missing: {missing}")]
    rig.hear(*waits)
    rig.arm()
    assert rig.buy() is not None


def test_nothing_is_sold_before_it_is_known_what_is_held():
    rig = Rig().start()
    rig.take(UserOpened(rig.at, VENUE, 1))
    rig.take(Panic(rig.at))
    for words in parts(rig):
        assert not rig.heard(PlaceOrder)
        rig.hear(*words)
    rig.take(Panic(rig.at))
    assert [placed.intent.qty for placed in rig.heard(PlaceOrder)] == [5 * QTY_ONE]


def test_an_account_without_money_is_told_so():
    rig = Rig().start().up(cash=0).arm()
    assert rig.buy() is None
    assert (rig.heard(Refused)[-1].rule, rig.heard(Refused)[-1].limit) == ("cash", "$0")


def test_what_an_earlier_session_knew_does_not_count():
    rig = Rig(Rig().start().up().journal, at=Rig().at + 60_000_000_000).start("s2")
    assert [rule for rule, _ in tries(rig)] == ["READY", "READY"]
