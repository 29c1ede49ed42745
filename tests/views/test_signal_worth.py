"""A signal's card: what became of earlier ones like it, never a rate without its n."""

import re

import msgspec
import pytest

from pmterm.messages.signals import (
    Advice,
    SignalBack,
    SignalEnded,
    SignalKind,
    SignalSeen,
    SignalWorth,
)
from pmterm.model.readings import Gauges
from pmterm.model.units import SECOND
from pmterm.views.signals import SignalFold, back_text, outcome_text
from pmterm.views.worth import card_lines, short_worth

KNOWN = SignalWorth(
    7, "s-1", "PANIC SELL on Kalshi", 84, 51, 607_143, 500_100, 704_900, 41 * SECOND,
    12_340, -4_000, 28_600, 12, 500_000, 80, 580_000, 40, 640_000, 60, is_held_out=True, net_n=82,
)  # fmt: skip
FEW = SignalWorth(7, "s-1", "PANIC SELL", 12, 9)


def replaced(**changes):
    return msgspec.structs.replace(KNOWN, **changes)


def test_a_card_says_all_of_it():
    assert card_lines(KNOWN) == (
        "like it: 61% [50, 70] back n 84",
        "net +1.2c [-0.4c, +2.9c] a contract n 82, out of sample",
        "median 41 s n 51; this score: 58% n 40; model 64% n 60",
        "counted: PANIC SELL on Kalshi; in half of them 50% of the move or more comes back n 80",
    )


def test_below_thirty_it_is_not_known():
    assert short_worth(FEW) == "not known (n 12 of 30)"
    assert card_lines(FEW) == ("like it: not known (n 12 of 30)", "counted: PANIC SELL")


def test_a_model_that_is_no_better_gives_way_to_the_plain_rate():
    assert "plain rate is as good as a model n 60" in card_lines(replaced(learned_ppm=-1))[2]
    assert "no model tried yet" in card_lines(replaced(learned_ppm=-1, learned_n=0))[2]


def test_a_score_seldom_seen_is_not_known():
    told = card_lines(replaced(chance_ppm=-1, chance_n=5))[2]
    assert "this score: not known (n 5 of 30)" in told


def test_one_event_has_no_interval_and_old_signals_are_in_sample():
    told = card_lines(replaced(clusters=1, is_held_out=False))[1]
    assert told == "net +1.2c [one event: no interval] a contract n 82, in sample"


def test_no_rate_stands_without_its_n():
    every = [KNOWN, FEW, replaced(learned_ppm=-1), replaced(chance_ppm=-1, chance_n=5)]
    for worth in every:
        for line in (short_worth(worth), *card_lines(worth)):
            for part in line.split(";"):
                assert "%" not in part or re.search(r"\bn \d+", part), part


def test_it_says_where_the_move_would_come_back_to():
    told = card_lines(replaced(back_to=4_750))[3]
    assert told.endswith("in half of them 50% of the move (47.5c) or more comes back n 80")


def test_a_signal_that_advises_no_trade_has_no_net():
    assert card_lines(replaced(net_n=0))[1] == "advises no trade, out of sample"


def test_the_list_remembers_the_worth_of_a_signal():
    fold = SignalFold()
    fold.seen(
        SignalSeen(
            5, "s-1", "M", SignalKind.PANIC_SELL, Advice.BUY, 700_000, 9_000, 9_900, 4_400, 4_600,
            4_700, 0, ("why",),
        )
    )  # fmt: skip
    fold.worth(KNOWN)
    fold.worth(replaced(id="s-2"))  # of a signal that left the list
    (row,) = fold.view(Gauges()).rows
    assert row.worth == KNOWN


def test_those_cut_short_are_told_beside_the_rate():
    told = card_lines(replaced(cut_short=4))
    assert told[0] == "like it: 61% [50, 70] back n 84, 4 cut short not counted"
    few = card_lines(msgspec.structs.replace(FEW, cut_short=4))
    assert few[0] == "like it: not known (n 12 of 30), 4 cut short not counted"


def test_a_way_back_is_shown_at_once_and_what_it_earned_at_the_end():
    fold = SignalFold()
    fold.seen(
        SignalSeen(
            5, "s-1", "M", SignalKind.PANIC_SELL, Advice.BUY, 700_000, 9_000, 9_900, 4_400, 4_600,
            4_700, 0, ("why",),
        )
    )  # fmt: skip
    fold.back(SignalBack(9, "s-1", "M", SignalKind.PANIC_SELL, 7 * SECOND))
    (row,) = fold.view(Gauges()).rows
    assert (row.outcome, row.net) == ("came back in 7s", 0)
    assert not fold.view(Gauges()).records
    fold.ended(ended(1, is_whole=True))
    (row,) = fold.view(Gauges()).rows
    assert row.outcome == "came back in 1s, +$0.01 a contract"


@pytest.mark.parametrize(
    ("kind", "reverted", "after", "best", "worst", "words"),
    [
        (SignalKind.DEPTH_PULL, True, 40_000_000, 9, -3, "came back within 1s"),
        (SignalKind.DEPTH_PULL, True, SECOND, 9, -3, "came back in 1s"),
        (SignalKind.DEPTH_PULL, False, 180 * SECOND, 0, -3, "did not come back"),
        (SignalKind.DEPTH_PULL, False, 180 * SECOND, 0, 0, "did not move"),
        (SignalKind.SPIKE, True, 1, 9, 0, "came back within 1s, +$0.01 a contract"),
        (SignalKind.SPIKE, False, 180 * SECOND, 0, 0, "did not move, +$0.01 a contract"),
        (
            SignalKind.SPIKE, False, 180 * SECOND, 100, 0,
            "did not come back (best 1c), +$0.01 a contract",
        ),
    ],
)  # fmt: skip
def test_no_price_came_back_in_no_time_nor_without_a_move(
    kind, reverted, after, best, worst, words
):
    told = SignalEnded(
        9, "s-1", "M", kind, reverted, after, best, worst, 10_000, is_known=True, is_whole=True
    )
    assert outcome_text(told) == words
    if reverted:
        assert words.startswith(back_text(SignalBack(9, "s-1", "M", kind, after)))


def ended(number, *, is_whole, reverted=True):
    return SignalEnded(
        9, f"s-{number}", "M", SignalKind.PANIC_SELL, reverted, SECOND, 1, 0, 10_000,
        is_known=is_whole, is_whole=is_whole,
    )  # fmt: skip


def test_a_session_counts_only_signals_that_were_seen_to_their_end():
    fold = SignalFold()
    for number, is_whole in enumerate((True, False, True, False, False)):
        fold.ended(ended(number, is_whole=is_whole))
    fold.ended(ended(9, is_whole=True, reverted=False))
    (record,) = fold.view(Gauges()).records
    assert (record.ended, record.reverted, record.net, record.cut_short) == (3, 2, 30_000, 3)


def test_an_outcome_from_before_that_was_noted_counts_in_no_rate():
    fold = SignalFold()
    fold.ended(msgspec.structs.replace(ended(1, is_whole=False), is_known=True))
    (record,) = fold.view(Gauges()).records
    assert (record.ended, record.reverted, record.net) == (0, 0, 0)
