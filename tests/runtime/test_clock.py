import asyncio
import itertools
import time

from pmterm.model.units import SECOND
from pmterm.runtime.clock import FakeClock, SystemClock, settle


def test_stamps_rise_strictly_however_fast_they_are_asked():
    clock = SystemClock()
    stamps = [clock.stamp() for _ in range(20_000)]
    assert all(a < b for a, b in itertools.pairwise(stamps))


def test_stamps_are_wall_time():
    clock = SystemClock()
    before, stamp, after = time.time_ns(), clock.stamp(), time.time_ns()  # noqa: TID251 - compared
    assert before <= stamp <= after


def test_stamps_go_on_at_real_pace_when_the_wall_is_set_back(monkeypatch):
    wall, tick = [10_000 * SECOND], [5 * SECOND]
    monkeypatch.setattr("pmterm.runtime.clock.time.time_ns", lambda: wall[0])
    monkeypatch.setattr("pmterm.runtime.clock.time.monotonic_ns", lambda: tick[0])
    clock = SystemClock()
    first = clock.stamp()
    wall[0] -= 3600 * SECOND
    tick[0] += 2 * SECOND
    assert clock.stamp() == first + 2 * SECOND
    assert clock.now() == wall[0]


def test_chance_with_a_seed_comes_again():
    assert SystemClock(7).chance.random() == SystemClock(7).chance.random()


async def test_a_fake_clock_wakes_sleepers_in_order_of_time_at_their_time():
    clock = FakeClock()
    woken = []

    async def sleeper(name, seconds):
        await clock.sleep(seconds)
        woken.append((name, clock.monotonic()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("late", 3))
        group.create_task(sleeper("early", 1))
        group.create_task(sleeper("middle", 2))
        await settle()
        await clock.advance(2.5)
        assert woken == [("early", 1 * SECOND), ("middle", 2 * SECOND)]
        await clock.advance(1)
    assert woken[-1] == ("late", 3 * SECOND)


async def test_who_sleeps_again_while_woken_is_woken_within_the_same_move():
    clock = FakeClock()
    ticks = []

    async def ticker():
        for _ in range(5):
            await clock.sleep(1)
            ticks.append(clock.monotonic() // SECOND)

    async with asyncio.TaskGroup() as group:
        group.create_task(ticker())
        await settle()
        await clock.advance(5)
    assert ticks == [1, 2, 3, 4, 5]


async def test_what_is_taken_back_is_not_called():
    clock = FakeClock()
    called = []
    take_back = clock.after(1, lambda: called.append(1))
    take_back()
    await clock.advance(2)
    assert called == []
    assert clock.waiting() == 0


async def test_the_systems_calls_come_and_can_be_taken_back():
    clock = SystemClock()
    came = asyncio.Event()
    clock.after(0.001, pytest_fail)()
    clock.after(0.002, came.set)
    await came.wait()


def pytest_fail():
    raise AssertionError
