"""What a signal is worth: by those like it, with n, interval and in sample or out."""

import pytest
from tests.lab.case_build import DAY, T0, case, cases

from pmterm.lab.cases import (
    NEVER,
    Likeness,
    Past,
    chance,
    chosen_at,
    distinct,
    part_back,
    worth_of,
)
from pmterm.model.units import SECOND
from pmterm.stats.intervals import wilson
from pmterm.store.cases import FirstSeen

PANIC = Likeness("panic_sell")


def test_a_share_comes_with_n_interval_median_and_net():
    worth = worth_of(PANIC, cases(60, 40))
    assert worth.n == 60
    assert worth.reverted == wilson(40, 60)
    assert worth.seconds.value == 40.0
    assert worth.seconds.n == 40
    assert worth.net.value == pytest.approx((40 * 10_000 - 20 * 20_000) / 60)
    assert worth.net.clusters == 7
    assert worth.net.low < worth.net.value < worth.net.high


def test_below_thirty_nothing_is_claimed_but_the_count():
    worth = worth_of(PANIC, cases(29, 20))
    assert (worth.n, worth.reverted.hits) == (29, 20)
    assert worth.reverted.rate is worth.net.value is worth.seconds.value is worth.back.value is None
    assert chance(worth, 800_000).rate is None


def test_a_median_time_stands_on_those_that_came_back_alone():
    worth = worth_of(PANIC, cases(60, 29))
    assert worth.reverted.rate is not None
    assert (worth.seconds.n, worth.seconds.value) == (29, None)


def test_signals_nobody_could_follow_are_counted_apart():
    worth = worth_of(PANIC, [*cases(30, 15), *cases(20, 20, is_whole=False)])
    assert (worth.n, worth.cut_short, worth.reverted.rate) == (30, 20, 0.5)
    assert worth.net.value == (10_000 - 20_000) / 2
    assert (worth.seconds.n, sum(block.n for block in worth.scores.blocks)) == (15, 30)


def test_the_most_alike_are_asked_first_and_it_is_said_who_they_are():
    tennis = cases(30, 30)
    hockey = cases(30, 10, category="hockey", session="s2", market="KX-B")
    poly = cases(30, 0, venue="polymarket", session="s3", market="0xa")
    past = Past([*tennis, *hockey, *poly])
    assert past.like("panic_sell", "kalshi", "tennis").like.words == "panic_sell, kalshi, tennis"
    assert past.like("panic_sell", "kalshi", "tennis").reverted.rate == 1.0
    golf = past.like("panic_sell", "kalshi", "golf")
    assert (golf.like.words, golf.n) == ("panic_sell, kalshi", 60)
    unnamed = past.like("panic_sell", "kalshi", "")
    assert unnamed.like.words == "panic_sell, kalshi"
    assert past.like("spike", "kalshi", "tennis").n == 0


def test_too_few_of_a_venue_fall_back_to_the_kind():
    past = Past([*cases(30, 30), case(1, venue="polymarket", market="0xa")])
    worth = past.like("panic_sell", "polymarket", "tennis")
    assert (worth.like.words, worth.n) == ("panic_sell", 31)


def test_a_signal_seen_by_two_sessions_at_once_is_one():
    one = case(1)
    again = case(1, session="s2", at=one.at + SECOND)
    later = case(2, session="s2", at=one.at + 60 * SECOND)
    other = case(3, session="s2", at=one.at + SECOND, kind="spike")
    assert distinct([again, later, one, other]) == [one, other, later]


def test_confidence_rises_with_the_score_and_stands_on_its_own_n():
    low = [case(n, score=200_000, reverted=n < 10) for n in range(40)]
    high = [case(n + 40, score=900_000, reverted=n < 32) for n in range(40)]
    worth = worth_of(PANIC, [*low, *high])
    assert (chance(worth, 250_000).rate, chance(worth, 250_000).n) == (0.25, 40)
    assert (chance(worth, 950_000).rate, chance(worth, 950_000).n) == (0.8, 40)


def test_a_score_seldom_seen_is_not_known_though_others_are():
    many = [case(n, score=200_000, reverted=n < 10) for n in range(40)]
    few = [case(n + 40, score=900_000) for n in range(5)]
    told = chance(worth_of(PANIC, [*many, *few]), 900_000)
    assert (told.rate, told.n) == (None, 5)


def test_what_came_before_the_thresholds_were_chosen_is_in_sample():
    early = cases(40, 40)
    late = [case(n, at=T0 + 10 * DAY + n * SECOND, reverted=False) for n in range(30)]
    out = worth_of(PANIC, [*early, *late], T0 + 10 * DAY)
    assert (out.n, out.reverted.rate, out.is_held_out) == (30, 0.0, True)
    mixed = worth_of(PANIC, [*early, *late[:29]], T0 + 10 * DAY)
    assert (mixed.n, mixed.is_held_out) == (69, False)


def test_rules_are_chosen_when_a_session_first_ran_with_them():
    seen = [FirstSeen("mine", 50), FirstSeen("mine", 40), FirstSeen("other", 1)]
    assert chosen_at("mine", "default", seen) == 40
    assert chosen_at("default", "default", seen) == 0
    assert chosen_at("new", "default", seen) == NEVER


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({}, 0.5),
        ({"best": 100}, 0.1),
        ({"best": 5_000}, 1.0),
        ({"best": -10}, 0.0),
        ({"advice": "sell"}, None),  # it went along with the move
        ({"advice": "wait"}, 0.5),
        ({"mid2": 12_000, "advice": "sell"}, 0.5),
        ({"mid2": 10_000}, None),
    ],
)
def test_how_much_of_a_move_came_back(changes, part):
    assert part_back(case(**changes)) == part
