import asyncio
import itertools
from contextlib import asynccontextmanager

from pmterm.messages.transport import Frame
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND
from pmterm.runtime.clock import FakeClock, settle
from pmterm.runtime.replay_worker import BATCH, ReplayWorker

START = 1_778_477_473 * SECOND


def frame(second):
    return Frame(START + round(second * SECOND), Venue.KALSHI, 1, str(second))


class Playing:
    """A recording of one frame a second, being played."""

    def __init__(self, events=None, **settings):
        self.clock = FakeClock()
        self.events = [frame(n) for n in range(100)] if events is None else events
        self.came = []
        self.restarts = 0
        self.is_full = False
        self.worker = ReplayWorker(
            lambda: iter(self.events), self.put, self.clock, restart=self.restart, **settings
        )

    def put(self, event):
        if self.is_full:
            return False
        self.came.append(event.text)
        return True

    def restart(self):
        self.restarts += 1
        self.came.clear()

    async def go(self, seconds):
        await self.clock.advance(seconds)
        return len(self.came)


@asynccontextmanager
async def playing(events=None, **settings):
    it = Playing(events, **settings)
    it.task = asyncio.get_running_loop().create_task(it.worker.run())
    await settle()
    try:
        yield it
    finally:
        it.task.cancel()
        await asyncio.gather(it.task, return_exceptions=True)


async def test_events_come_when_they_are_due():
    async with playing() as it:
        assert it.came == ["0"]
        assert await it.go(0.9) == 1
        assert await it.go(0.1) == 2
        assert await it.go(10) == 12
        assert it.worker.position == START + 11 * SECOND


async def test_pause_and_resume():
    async with playing() as it:
        await it.go(5)
        it.worker.pause()
        assert await it.go(50) == 6
        assert it.worker.is_paused
        it.worker.resume()
        assert await it.go(2) == 8


async def test_speed_can_change_while_waiting():
    async with playing() as it:
        it.worker.set_speed(10_000)
        assert await it.go(1) == 11
        it.worker.set_speed(100)
        assert await it.go(10) == 12


async def test_step_gives_one_event_and_stands_still():
    async with playing() as it:
        await it.go(3.5)
        it.worker.step()
        assert await it.go(20) == 5
        assert it.worker.is_paused
        assert it.worker.position == START + 4 * SECOND
        it.worker.step(3)
        assert await it.go(20) == 8
        it.worker.resume()
        assert await it.go(1) == 9


async def test_seek_forward_gives_what_lies_between_at_once():
    async with playing() as it:
        it.worker.seek(START + 50 * SECOND)
        assert await it.go(0) == 51
        assert it.restarts == 0
        assert await it.go(2) == 53


async def test_seek_backward_starts_anew_and_arrives_at_the_same_place():
    async with playing() as it:
        await it.go(30)
        it.worker.seek(START + 10 * SECOND)
        await it.go(0)
        assert it.restarts == 1
        assert it.came == [str(n) for n in range(11)]
        assert await it.go(1) == 12


async def test_seek_before_the_beginning_is_the_beginning():
    async with playing() as it:
        await it.go(30)
        it.worker.seek(0)
        assert await it.go(0) == 1
        assert await it.go(1) == 2


async def test_seek_while_paused_shows_the_place_and_stays_paused():
    async with playing() as it:
        await it.go(30)
        it.worker.pause()
        it.worker.seek(START + 10 * SECOND)
        assert await it.go(100) == 11
        it.worker.seek(START + 20 * SECOND)
        assert await it.go(100) == 21
        assert it.worker.is_paused


async def test_at_the_end_it_waits_for_a_seek():
    async with playing() as it:
        it.worker.seek(START + 98 * SECOND)
        assert await it.go(500) == 100
        assert it.worker.is_at_end
        assert it.worker.position == START + 99 * SECOND
        it.worker.seek(START + 5 * SECOND)
        assert await it.go(0) == 6
        assert not it.worker.is_at_end


async def test_it_returns_at_the_end_if_it_is_not_to_stay():
    async with playing(stays=False, speed_milli=1_000_000) as it:
        await it.go(1)
        assert it.task.done()
        assert len(it.came) == 100


async def test_it_can_start_paused():
    async with playing(is_paused=True) as it:
        assert await it.go(10) == 1  # what stands at the very start is shown
        it.worker.resume()
        assert await it.go(1) == 2


async def test_a_full_inbox_delays_but_loses_nothing():
    async with playing() as it:
        it.is_full = True
        assert await it.go(5) == 1
        it.is_full = False
        await it.go(0.1)
        assert it.came == [str(n) for n in range(6)]


async def test_a_recording_whose_time_steps_back_plays_on():
    async with playing([frame(0), frame(5), frame(2), frame(6)]) as it:
        assert await it.go(5) == 3
        assert await it.go(1) == 4


async def test_an_empty_recording_is_at_its_end():
    async with playing([]) as it:
        assert it.worker.is_at_end


async def test_a_dense_stretch_lets_others_run_in_between():
    turns = []
    async with playing([frame(0)] + [frame(1 + n / 1e6) for n in range(10 * BATCH)]) as it:

        async def other():
            while len(it.came) < 10 * BATCH:
                turns.append(len(it.came))
                await asyncio.sleep(0)

        task = asyncio.get_running_loop().create_task(other())
        await it.go(2)
        await it.go(2)
        await task
    gaps = [b - a for a, b in itertools.pairwise(turns)]
    assert max(gaps) <= BATCH


async def test_faster_than_it_can_be_taken_falls_behind_instead_of_running_ahead():
    async with playing([frame(n / 1000) for n in range(3000)], speed_milli=1_000_000) as it:
        it.clock._elapsed += 3 * SECOND  # the computer was busy: 3000 recorded seconds are due
        it.worker.set_speed(1_000_000)
        await settle(3)
        it.worker.pause()
        shown = it.worker.position
        assert shown <= START + 3 * SECOND
        assert it.worker.last_at <= shown
