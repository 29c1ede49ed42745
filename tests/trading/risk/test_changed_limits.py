"""Limits changed while it runs: tighter at once, looser only with a person's word (F64)."""

import pytest
from tests.properties.money_builders import T0, M, intent, recall, seen, tell, touch

from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.commands import ChangeLimit
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import Approved, Intent, LimitChanged, Refused
from pmterm.model.units import CASH_ONE, SECOND
from pmterm.trading.risk.gate import Gate
from pmterm.trading.risk.in_force import InForce, is_looser
from pmterm.trading.risk.limits import Limits

SETTINGS = Limits(max_position=100 * CASH_ONE, market_cooldown=0)


def started(session="s"):
    return SessionStarted(T0, session, Mode.PAPER, "0", 1_000 * CASH_ONE)


def gate():
    it = Gate(SETTINGS)
    tell(it, started(), seen(), touch())
    return it


def change(dollars, name="max_position", *, confirmed=False):
    return ChangeLimit(T0, name, dollars * CASH_ONE, confirmed=confirmed)


def limit(it):
    return next(use.most for use in it.uses(M) if use.rule == "R1") // CASH_ONE


def test_a_lower_limit_counts_for_the_very_next_order():
    it = gate()
    (said,) = tell(it, change(3))
    assert said == LimitChanged(T0, "max_position", 100 * CASH_ONE, 3 * CASH_ONE)
    (refused,) = tell(it, intent())  # 10 at 47
    assert (refused.rule, refused.limit) == ("R1 position", "$3")
    assert limit(it) == 3, "the screen shows what is in force"
    (passed,) = tell(it, intent("s-2", qty=6, at=T0 + SECOND))
    assert isinstance(passed, Approved)


@pytest.mark.parametrize("dollars", [101, 0], ids=["higher", "off"])
def test_a_looser_limit_needs_a_persons_word(dollars):
    it = gate()
    (said,) = tell(it, change(dollars))
    assert isinstance(said, Refused)
    assert limit(it) == 100
    (said,) = tell(it, change(dollars, confirmed=True))
    assert said.after == dollars * CASH_ONE


def test_what_is_no_limit_changes_nothing():
    it = gate()
    for wrong in (change(1, "profile"), change(1, "nothing"), change(-1)):
        (said,) = tell(it, wrong)
        assert isinstance(said, Refused)
    assert limit(it) == 100


def test_after_a_restart_a_lowering_holds_and_a_raise_is_over():
    journal = [started(), *tell(gate(), change(3))]
    lowered = recall(Gate(SETTINGS), journal)
    tell(lowered, started("t"))
    assert limit(lowered) == 3
    raised = recall(Gate(SETTINGS), [started(), *tell(gate(), change(500, confirmed=True))])
    assert limit(raised) == 500, "the journal folds to what was in force"
    tell(raised, started("t"))
    assert limit(raised) == 100


def test_a_day_loss_limit_below_what_is_lost_trips_at_once():
    it = gate()
    (passed,) = tell(it, intent())
    assert isinstance(passed.intent, Intent)
    it._watch.losses.realised = -20 * CASH_ONE
    said = tell(it, change(10, "max_day_loss"))
    assert [type(each).__name__ for each in said] == ["LimitChanged", "GateChanged"]


def test_off_is_the_loosest():
    assert is_looser(5, 0)
    assert not is_looser(0, 5)
    assert not is_looser(5, 5)
    assert InForce(SETTINGS).now == SETTINGS


def uses(it, rule):
    return [(u.setting, u.limit, u.amount) for u in it.uses(M) if u.rule == rule]


def test_a_limit_that_was_switched_off_can_be_switched_on_again_without_a_word():
    it = gate()
    tell(it, change(0, confirmed=True))
    assert uses(it, "R1") == []
    (off,) = [use for use in it.limits(M) if use.rule == "R1"]
    assert (off.limit, off.amount, off.counts) == ("off", 0, False)
    (said,) = tell(it, change(50))
    assert said == LimitChanged(T0, "max_position", 0, 50 * CASH_ONE)
    assert limit(it) == 50


def test_a_days_loss_in_percent_is_changed_in_percent_and_the_tighter_one_counts():
    """R3 is a number of dollars and a share of what the day began with: here $1,000."""
    it = gate()
    tell(it, Heartbeat(T0))
    assert uses(it, "R3") == [("max_day_loss", "$500", 500 * CASH_ONE)]
    tell(it, ChangeLimit(T0, "max_day_loss_ppm", 50_000))
    assert uses(it, "R3") == [("max_day_loss_ppm", "$50", 50_000)]
    (refused,) = tell(it, ChangeLimit(T0, "max_day_loss_ppm", 60_000))
    assert refused.limit == "a person's typed word"
    tell(it, change(20, "max_day_loss"))
    assert uses(it, "R3") == [("max_day_loss", "$20", 20 * CASH_ONE)]
    it._watch.losses.realised = -21 * CASH_ONE
    assert it._watch.is_day_lost()
