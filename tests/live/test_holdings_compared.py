"""What the venue says we hold, when its answers come more than once in one round of questions."""

from tests.live.rig import VENUE, M, Rig, ready
from tests.live.test_outcomes import accepted, traded

from pmterm.messages.live import HoldingAdjusted, HoldingDiffers
from pmterm.messages.said import HoldingSeen
from pmterm.messages.transport import UserOpened
from pmterm.model.units import QTY_ONE


def test_an_answer_to_a_round_thrown_away_is_not_counted_beside_the_fresh_one():
    rig = ready()
    order = rig.buy(10)
    accepted(rig, order, filled=10)
    traded(rig, order, 10)
    rig.wait(11)
    rig.take(UserOpened(rig.at, VENUE, 2))  # a new stream: the round under way begins anew
    rig.hear(HoldingSeen(rig.at, VENUE, M, 0, 10 * QTY_ONE, 4700))
    rig.agree(holdings=[(0, 10 * QTY_ONE)])
    assert not rig.heard(HoldingDiffers)
    rig.take(UserOpened(rig.at, VENUE, 3))
    rig.agree(holdings=[(0, 12 * QTY_ONE)])
    assert [(seen.ours, seen.theirs) for seen in rig.heard(HoldingDiffers)] == [
        (10 * QTY_ONE, 12 * QTY_ONE)
    ]


def test_what_was_held_before_is_taken_over_once_though_it_was_told_twice():
    rig = Rig().start()
    rig.take(UserOpened(rig.at, VENUE, 1))
    rig.hear(HoldingSeen(rig.at, VENUE, M, 0, 10 * QTY_ONE, 4700))
    rig.agree(holdings=[(0, 10 * QTY_ONE)])
    assert [adjusted.qty for adjusted in rig.heard(HoldingAdjusted)] == [10 * QTY_ONE]
