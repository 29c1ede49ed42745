"""A venue that says more traded than its fills tell: asked ever less often, told once, gone on."""

from itertools import pairwise

import pytest
from tests.live.rig import M, ready
from tests.live.test_outcomes import accepted, traded

from pmterm.messages.live import CashSeen, Reconciled
from pmterm.messages.orders import OrderReport
from pmterm.model.order import OrderState as S
from pmterm.model.units import CASH_ONE, QTY_ONE, SECOND


def let_time_pass(rig, seconds, heard, cash=1_000):
    """Wait, answering each round of questions; return when fills were asked for beside rounds."""
    asked = []
    for _ in range(seconds):
        rounds, fills = len(rig.verbs("money:")), len(rig.verbs("fills:"))
        rig.wait(1)
        is_round = len(rig.verbs("money:")) > rounds
        if len(rig.verbs("fills:")) - fills > is_round:
            asked.append(rig.at // SECOND)
        if is_round:
            rig.agree(holdings=[(0, round(heard * QTY_ONE))], cash=cash)
    return asked


def short(heard=9.995):
    """An order that the venue says filled for ten, with fills for less."""
    rig = ready()
    order = rig.buy(10)
    accepted(rig, order, S.FILLED, 10)
    if heard:
        traded(rig, order, heard)
    return rig, order


def lacks(rig):
    return [said for said in rig.heard(OrderReport) if said.lacks]


def test_what_never_comes_is_asked_for_ever_less_often_and_told_once():
    rig, order = short()
    asked = let_time_pass(rig, 3_600, 9.995)
    between = [later - first for first, later in pairwise(asked)]
    assert between[:3] == [10, 20, 40]
    assert max(between) == 600 == between[-1]
    assert [(said.order, said.lacks) for said in lacks(rig)] == [(order.id, 5_000)]
    assert lacks(rig)[0].reason == "the venue says that 10 traded, and told of 9.995"


def test_cash_is_compared_again_once_it_was_told():
    rig, _ = short()
    let_time_pass(rig, 120, 9.995, cash=995)
    assert [seen.cash // CASH_ONE for seen in rig.heard(CashSeen)] == [1_000]
    let_time_pass(rig, 900, 9.995, cash=995)
    assert rig.heard(CashSeen)[-1].cash == 995 * CASH_ONE


def test_it_is_not_told_again_after_a_restart():
    rig, _ = short()
    let_time_pass(rig, 900, 9.995)
    again = rig.again()
    again.up(holdings=[(0, 9_995_000)], cash=990)
    let_time_pass(again, 900, 9.995, cash=990)
    assert not lacks(again)
    assert again.heard(CashSeen)[-1].cash == 990 * CASH_ONE


def test_what_was_reserved_for_it_is_given_back_once_it_was_told():
    def risked(rig):
        return [use.value for use in rig.gate.uses(M) if use.rule == "R1"]

    rig, _ = short(6)
    let_time_pass(rig, 120, 6)
    assert risked(rig) == ["$4.70"]
    let_time_pass(rig, 900, 6)
    assert risked(rig) == risked(rig.again()) == ["$2.82"]


@pytest.mark.parametrize(("heard", "differences"), [(9.995, 0), (6, 1)])
def test_more_than_dust_counts_as_a_difference(heard, differences):
    rig, _ = short(heard)
    let_time_pass(rig, 900, heard)
    assert rig.heard(Reconciled)[-1].differences == differences


def test_one_that_comes_in_the_end_is_counted_and_asking_ends():
    rig, order = short(6)
    let_time_pass(rig, 900, 6)
    assert len(lacks(rig)) == 1
    traded(rig, order, 4, "t2")
    assert [p.qty for p in rig.portfolio.positions()] == [10 * QTY_ONE]
    assert not let_time_pass(rig, 900, 10)
    assert rig.heard(Reconciled)[-1].differences == 0


def test_a_fill_that_comes_begins_the_asking_anew():
    rig, order = short(0)
    let_time_pass(rig, 200, 0)
    traded(rig, order, 6)
    asked = let_time_pass(rig, 40, 6)
    assert len(asked) >= 3
