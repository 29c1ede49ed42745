import pytest

from pmterm.model.units import MS, SECOND
from pmterm.runtime.pacing import Pacer

START = 1_778_477_473_462_729_984


def test_real_time_is_one_to_one():
    pacer = Pacer(START, now=0)
    assert pacer.position(5 * SECOND) == START + 5 * SECOND
    assert pacer.wait_for(START + 7 * SECOND, now=5 * SECOND) == 2 * SECOND
    assert pacer.wait_for(START, now=5 * SECOND) == 0


@pytest.mark.parametrize(
    ("speed", "recorded_per_s"),
    [(100, 100 * MS), (2_000, 2 * SECOND), (1_000_000, 1000 * SECOND)],
)
def test_speed_scales_time_exactly(speed, recorded_per_s):
    pacer = Pacer(START, 0, speed)
    assert pacer.position(3 * SECOND) == START + 3 * recorded_per_s
    assert pacer.wait_for(START + recorded_per_s, now=0) == SECOND


@pytest.mark.parametrize(("asked", "got"), [(0, 100), (-5, 100), (99, 100), (10**9, 1_000_000)])
def test_speed_stays_within_a_tenth_and_a_thousand(asked, got):
    assert Pacer(START, 0, asked).speed_milli == got
    pacer = Pacer(START, 0)
    pacer.set_speed(asked, 0)
    assert pacer.speed_milli == got


def test_a_wait_is_never_too_short():
    pacer = Pacer(START, 0, 999_983)
    for at in range(START, START + 10_000_000, 77_777):
        wait = pacer.wait_for(at, 0)
        assert pacer.position(wait) >= at
        assert wait == 0 or pacer.position(wait - 1) < at


def test_changing_speed_does_not_jump():
    pacer = Pacer(START, 0)
    pacer.set_speed(10_000, 4 * SECOND)
    assert pacer.position(4 * SECOND) == START + 4 * SECOND
    assert pacer.position(5 * SECOND) == START + 14 * SECOND


def test_paused_time_does_not_pass():
    pacer = Pacer(START, 0)
    pacer.pause(2 * SECOND)
    assert pacer.position(100 * SECOND) == START + 2 * SECOND
    assert pacer.wait_for(START + 3 * SECOND, 100 * SECOND) is None
    assert pacer.wait_for(START + 2 * SECOND, 100 * SECOND) == 0
    pacer.resume(100 * SECOND)
    assert pacer.position(101 * SECOND) == START + 3 * SECOND


def test_resuming_twice_or_pausing_twice_changes_nothing():
    pacer = Pacer(START, 0)
    pacer.resume(5 * SECOND)
    assert pacer.position(6 * SECOND) == START + 6 * SECOND
    pacer.pause(6 * SECOND)
    pacer.pause(9 * SECOND)
    assert pacer.position(9 * SECOND) == START + 6 * SECOND


@pytest.mark.parametrize("is_paused", [False, True])
def test_seek_goes_there_and_keeps_playing_or_pausing(is_paused):
    pacer = Pacer(START, 0)
    if is_paused:
        pacer.pause(0)
    pacer.seek(START + 60 * SECOND, 1 * SECOND)
    moved = 0 if is_paused else SECOND
    assert pacer.position(2 * SECOND) == START + 60 * SECOND + moved
    assert pacer.is_paused is is_paused
