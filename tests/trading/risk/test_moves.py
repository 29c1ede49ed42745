"""The move that blocks a market is the worst within the window, however it is kept."""

from random import Random

import pytest
from tests.properties.money_builders import T0, touch

from pmterm.model.units import MS, SECOND
from pmterm.trading.risk.breakers import Moves
from pmterm.trading.risk.limits import STANDARD

WINDOW = STANDARD.move_window


def worst(mids, at, mid2):
    """Worked out from every mid there was: in millionths, of moves of 3 cents or more."""
    olds = [old for then, old in mids if then >= at - WINDOW and abs(mid2 - old) >= 600]
    return max((abs(mid2 - old) * 1_000_000 // old for old in olds), default=0)


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_worst_of_all_mids_in_the_window(seed):
    chance, moves, mids = Random(seed), Moves(STANDARD), []
    bid, most, at = 5_000, 0, T0
    for _ in range(300):
        at += chance.choice((500 * MS, 500 * MS, 7 * SECOND))
        bid = min(9_700, max(100, bid + 100 * chance.randint(-4, 4)))
        book = touch(bid=bid, ask=bid + 100, at=at)
        mids.append((at, 2 * bid + 100))
        moves.sample(at, book)
        found = worst(mids, at, 2 * bid + 100)
        most = max(most, found if found > STANDARD.move_ppm else 0)
        assert moves.moved_ppm == most
        if chance.random() < 0.02:
            moves.cleared()
            mids, most = [], 0


def test_a_mid_that_left_the_window_since_the_last_sample_does_not_count():
    moves = Moves(STANDARD)
    moves.sample(T0, touch(bid=2_000, ask=2_100, at=T0))
    late = touch(bid=5_000, ask=5_100, at=T0 + WINDOW + 1)
    moves.check(T0 + WINDOW + 1, late)
    assert moves.moved_ppm == 0
