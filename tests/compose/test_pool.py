"""Work in processes: in order, stopped when it is said, and told when a process is ended."""

import os
import signal
import time

import pytest

from pmterm.compose.pool import Alone, Crew, crew
from pmterm.compose.progress import Silence
from pmterm.model.errors import UsageWrong


class Stopped(Silence):
    """Is stopped once `after` parts were heard of."""

    def __init__(self, after):
        self.after = after
        self.heard = []

    @property
    def is_stopped(self):
        return len(self.heard) > self.after

    def part(self, what, done, of):
        self.heard.append((what, done, of))


def squared(number, _):
    return number * number


def slowly_squared(number, _):
    time.sleep(0.05)  # all of them would take half a minute
    return number * number


def ended(number, _):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def failed(number, _):
    if number == 2:
        raise UsageWrong(f"{number} cannot be done.")
    return number


@pytest.mark.parametrize("hands", [Alone(), Crew(2)], ids=["alone", "two"])
def test_answers_come_in_the_order_of_the_pieces(hands):
    assert list(hands.map(squared, range(20), Silence(), str)) == [n * n for n in range(20)]


@pytest.mark.parametrize("hands", [Alone(), Crew(2)], ids=["alone", "two"])
def test_what_a_piece_raises_is_raised(hands):
    answers = hands.map(failed, range(5), Silence(), str)
    assert [next(answers), next(answers)] == [0, 1]
    with pytest.raises(UsageWrong, match="2 cannot be done"):
        next(answers)


def test_a_process_that_is_ended_from_outside_is_told():
    with pytest.raises(UsageWrong, match="ended from outside"):
        list(Crew(2).map(ended, range(8), Silence(), str))


def test_it_stops_when_it_is_said_with_what_is_known():
    watch = Stopped(after=3)
    answers = list(Crew(2).map(slowly_squared, range(1_000), watch, str))
    assert answers == [n * n for n in range(len(answers))]
    assert len(watch.heard) <= len(answers) + 1 < 1_000


def test_no_more_processes_than_pieces_are_begun():
    assert isinstance(crew(8, 1), Alone)
    assert crew(8, 3).many == 3
