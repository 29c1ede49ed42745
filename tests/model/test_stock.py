"""Both outcomes of one market, and fills that are taken back."""

import random

from pmterm.model.ids import FillId
from pmterm.model.order import FillState, Side
from pmterm.model.stock import Adjusted, Paid, Stock, Traded
from pmterm.model.units import CASH_ONE, QTY_ONE

BUY, SELL = Side.BUY, Side.SELL


def traded(name, side=BUY, price=4000, qty=10, outcome=0, state=FillState.CONFIRMED, fee=0):
    return Traded(FillId(name), side, price, qty * QTY_ONE, fee, outcome, state)


def split(*entries):
    it = Stock(is_split=True, pays_late=True)
    for entry in entries:
        it.add(entry)
    return it


def test_a_pair_of_both_outcomes_ties_up_a_dollar_and_is_worth_one():
    it = split(traded("a"), traded("b", SELL, 4500, outcome=1))  # YES at 0.40, NO at 0.55
    assert (it.now.yes, it.now.no, it.now.pairs) == (10 * QTY_ONE,) * 3
    assert it.now.held.qty == 0
    assert it.now.cash == -4 * CASH_ONE - 5_500_000
    assert it.now.cash + it.now.pairs == it.now.held.realised == 500_000
    assert it.add(Paid(10_000)).cash == 0
    assert it.now.due == 10 * CASH_ONE


def test_selling_one_of_a_pair_leaves_the_other():
    it = split(traded("a"), traded("b", SELL, 4500, outcome=1))
    booked = it.add(traded("c", SELL, 6000, 4, outcome=0))
    assert booked.cash == 2_400_000
    assert (it.now.yes, it.now.no) == (6 * QTY_ONE, 10 * QTY_ONE)
    assert it.now.held.qty == -4 * QTY_ONE
    assert it.add(Paid(0)).cash == 0
    assert it.now.due == 10 * CASH_ONE  # every NO


def test_where_outcomes_are_one_book_a_sale_of_no_closes_yes():
    it = Stock()
    it.add(traded("a"))
    assert it.add(traded("b", SELL, 4500, outcome=1)).cash == 4_500_000
    assert it.held_of(0) == it.held_of(1) == 0


def test_what_is_taken_back_leaves_what_came_after_as_if_it_never_was():
    first = traded("a", price=4000, state=FillState.MATCHED, fee=7)
    sale = traded("c", SELL, 5000, 10)
    it = split(first, traded("b", price=2000), sale)
    plain = split(traded("b", price=2000), sale)
    booked = it.moved(first.id, FillState.FAILED)
    assert it.now == plain.now
    assert booked.cash == 4 * CASH_ONE + 7
    assert booked.fee == -7
    assert it.moved(first.id, FillState.FAILED) is None


def test_what_has_settled_cannot_fail_any_more():
    first = traded("a", state=FillState.MATCHED)
    it = split(first)
    assert it.moved(first.id, FillState.CONFIRMED).cash == 0
    assert it.moved(first.id, FillState.FAILED) is None
    assert it.held_of(0) == 10 * QTY_ONE


def test_only_what_was_bought_settles_and_what_was_sold_is_gone_at_once():
    it = split(traded("a"), traded("b", qty=5, state=FillState.MINED))
    assert (it.held_of(0), it.settling_of(0)) == (15 * QTY_ONE, 5 * QTY_ONE)
    it.add(traded("c", SELL, 4500, 8, state=FillState.MATCHED))
    assert (it.held_of(0), it.settling_of(0)) == (7 * QTY_ONE, 5 * QTY_ONE)
    it.moved(FillId("c"), FillState.FAILED)
    assert it.held_of(0) == 15 * QTY_ONE


def test_a_payout_that_came_before_the_failure_is_taken_back_with_it():
    first = traded("a", state=FillState.MATCHED)
    it = split(first, Paid(10_000))
    assert (it.now.cash, it.now.due) == (-4 * CASH_ONE, 10 * CASH_ONE)
    assert it.moved(first.id, FillState.FAILED).cash == 4 * CASH_ONE
    assert (it.now.cash, it.now.due, it.now.held.realised) == (0, 0, 0)


def test_a_fill_heard_of_after_the_payout_is_paid_out():
    it = split(Paid(10_000))
    booked = it.add(traded("a", price=4000))
    assert (booked.cash, booked.profit) == (-4 * CASH_ONE, 6 * CASH_ONE)
    assert it.now.due == 10 * CASH_ONE
    assert it.is_empty


def test_a_correction_moves_no_cash_and_takes_the_other_outcome_first():
    it = split(traded("a", SELL, 6000, outcome=1))  # NO at 0.40
    assert it.add(Adjusted(4 * QTY_ONE, 5000)).cash == 0
    assert (it.held_of(0), it.held_of(1)) == (0, 6 * QTY_ONE)
    assert (it.now.held.cost, it.now.held.realised) == (2_400_000, 0)
    it.add(Adjusted(3 * QTY_ONE, 5000, outcome=0))
    assert (it.held_of(0), it.held_of(1)) == (3 * QTY_ONE, 6 * QTY_ONE)
    assert it.now.cash == -4 * CASH_ONE


def test_what_may_be_held_in_the_end_counts_what_may_yet_fail():
    it = split(traded("a"), traded("b", SELL, qty=6, state=FillState.MATCHED))
    assert [way.qty // QTY_ONE for way in it.ways()] == [4, 10]
    it.add(traded("c", qty=3, state=FillState.MINED))
    assert [way.qty // QTY_ONE for way in it.ways()] == [7, 4, 13]
    it.moved(FillId("b"), FillState.CONFIRMED)
    it.moved(FillId("c"), FillState.FAILED)
    assert [way.qty // QTY_ONE for way in it.ways()] == [4]


def test_any_order_of_settling_comes_to_the_same_as_what_was_settled_alone():
    for seed in range(200):
        chance = random.Random(seed)
        entries, states = [], {}
        it = Stock(is_split=True, pays_late=True)
        for number in range(chance.randrange(1, 30)):
            if chance.random() < 0.1:
                entry = Adjusted(chance.randrange(-5, 6) * QTY_ONE, 5000)
            else:
                entry = traded(f"t{number}", chance.choice((BUY, SELL)),
                               chance.randrange(1, 100) * 100, chance.randrange(1, 9),
                               chance.randrange(2), FillState.MATCHED, fee=number)  # fmt: skip
                states[entry.id] = FillState.MATCHED
            entries.append(entry)
            it.add(entry)
            if chance.random() < 0.7 and states:
                fill = chance.choice(list(states))
                state = chance.choice((FillState.MINED, FillState.CONFIRMED, FillState.FAILED))
                if not states[fill].is_final:
                    before = it.now
                    booked = it.moved(fill, state)
                    assert booked.cash == it.now.cash - before.cash
                    states[fill] = state
            stands = [e for e in entries if state_of(e, states) is not FillState.FAILED]
            assert it.now == split(*stands).now, seed
            for outcome in (0, 1):
                waits = sum(
                    e.qty
                    for e in stands
                    if isinstance(e, Traded)
                    and e.acquires
                    and e.outcome == outcome
                    and not state_of(e, states).is_final
                )
                assert it.settling_of(outcome) == min(waits, it.held_of(outcome)), seed
            assert it.ways() == (it.now.held, *(
                split(*(e for e in stands if not is_open(e, side, states))).now.held
                for side in (BUY, SELL)
                if any(is_open(e, side, states) for e in stands)
            )), seed  # fmt: skip


def state_of(entry, states):
    return states[entry.id] if isinstance(entry, Traded) else FillState.CONFIRMED


def is_open(entry, side, states):
    return not state_of(entry, states).is_final and entry.side is side


class Counting(Stock):
    """Counts how often an entry is worked out."""

    folds = 0

    def _fold(self, old, entry):
        self.folds += 1
        return super()._fold(old, entry)


def test_a_fill_that_never_settles_makes_those_after_it_no_dearer():
    it = Counting(is_split=True, pays_late=True)
    it.add(traded("stuck", state=FillState.MATCHED))
    for number in range(500):
        fill = traded(f"t{number}", state=FillState.MATCHED)
        it.add(fill)
        assert len(it.ways()) == 2
        it.moved(fill.id, FillState.FAILED if number % 3 == 0 else FillState.CONFIRMED)
        assert len(it.ways()) == 2
    assert it.folds < 5 * 500
    assert it.moved(FillId("stuck"), FillState.CONFIRMED) is not None
    assert it.ways() == (it.now.held,)
