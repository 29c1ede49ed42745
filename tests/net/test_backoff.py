import random

from pmterm.net.backoff import Backoff


class Highest(random.Random):
    """Chance that always throws the highest number."""

    def uniform(self, a, b):
        assert a == 0.0
        return b


def test_bound_doubles_from_base_to_cap():
    waits = Backoff(0.25, 30.0, chance=Highest())
    assert [waits.next() for _ in range(9)] == [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_reset_starts_from_the_base_again():
    waits = Backoff(0.25, 30.0, chance=Highest())
    for _ in range(5):
        waits.next()
    waits.reset()
    assert waits.next() == 0.25


def test_waits_are_spread_over_the_whole_range_and_never_leave_it():
    first = [Backoff(8.0, 30.0, chance=random.Random(seed)).next() for seed in range(400)]
    assert min(first) < 1.0
    assert max(first) > 7.0
    assert all(0.0 <= wait <= 8.0 for wait in first)


def test_thousands_of_attempts_stay_at_the_cap():
    waits = Backoff(chance=Highest())
    assert [waits.next() for _ in range(5000)][-1] == 30.0
