import asyncio

import pytest

from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.net.limiter import CANCEL, ORDER, READ, Limiter, Rate
from pmterm.runtime.clock import FakeClock, settle

K = Venue.KALSHI


class Line:
    """Asks of a limiter, and who was let go, in order."""

    def __init__(self, rate=None):
        self.clock = FakeClock()
        self.limiter = Limiter({K: rate or Rate(per_s=10, burst=10)}, self.clock)
        self.gone = []
        self.tasks = []

    async def _ask(self, name, priority):
        await self.limiter.enter(K, priority)
        self.gone.append(name)

    async def ask(self, priority, *names):
        loop = asyncio.get_running_loop()
        self.tasks += [loop.create_task(self._ask(name, priority)) for name in names]
        await settle()

    async def end(self):
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def line():
    line = Line()
    yield line
    await line.end()


async def test_reads_leave_two_fifths_orders_one_fifth_and_cancels_nothing(line):
    await line.ask(READ, *range(20))
    assert len(line.gone) == 6
    await line.ask(ORDER, *range(20))
    assert len(line.gone) == 8
    await line.ask(CANCEL, *range(20))
    assert len(line.gone) == 10


async def test_a_cancel_passes_everyone_who_waits(line):
    await line.ask(READ, *[f"read{n}" for n in range(50)])
    await line.ask(ORDER, *[f"order{n}" for n in range(50)])
    before = len(line.gone)
    await line.ask(CANCEL, "cancel")
    assert line.gone[before:] == ["cancel"]


async def test_refill_is_exact_and_goes_to_the_most_urgent(line):
    await line.ask(CANCEL, *["used"] * 10)
    await line.ask(READ, "read")
    await line.ask(ORDER, "order")
    await line.ask(CANCEL, "cancel")
    del line.gone[:]
    await line.clock.advance(0.1)
    assert line.gone == ["cancel"]
    await line.clock.advance(0.3)  # one token for it and the two that stay for cancels
    assert line.gone == ["cancel", "order"]
    await line.clock.advance(0.3)
    assert line.gone == ["cancel", "order", "read"]


async def test_rate_holds_over_ten_seconds(line):
    await line.ask(READ, *range(150))
    await line.clock.advance(10.0)
    assert len(line.gone) == 6 + 100


async def test_first_come_is_first_served(line):
    await line.ask(READ, *range(30))
    await line.clock.advance(60.0)
    assert line.gone == list(range(30))


async def test_retry_after_holds_orders_and_reads_but_not_cancels(line):
    line.limiter.hold(K, 30.0)
    await line.ask(READ, "read")
    await line.ask(ORDER, "order")
    await line.ask(CANCEL, "cancel")
    assert line.gone == ["cancel"]
    await line.clock.advance(29.9)
    assert line.gone == ["cancel"]
    await line.clock.advance(0.1)
    assert sorted(line.gone) == ["cancel", "order", "read"]


async def test_a_hold_for_orders_lets_reads_through(line):
    line.limiter.hold(K, 30.0, reads_too=False)
    await line.ask(ORDER, "order")
    await line.ask(READ, "read")
    assert line.gone == ["read"]


async def test_a_shorter_hold_does_not_cut_a_longer_one(line):
    line.limiter.hold(K, 30.0)
    line.limiter.hold(K, 1.0)
    await line.ask(READ, "read")
    await line.clock.advance(5.0)
    assert line.gone == []


async def test_a_full_line_refuses_more_and_says_so():
    line = Line(Rate(per_s=1, burst=5, waiting=3))
    await line.ask(READ, *range(3 + 3))
    with pytest.raises(VenueRefused, match="too many requests"):
        await line.limiter.enter(K, READ)
    await line.ask(ORDER, "order")  # its own line has room
    assert line.limiter.waiting(K) == 3
    assert "order" in line.gone
    await line.end()


async def test_who_gives_up_leaves_the_line_and_takes_no_token(line):
    await line.ask(READ, *range(8))
    assert line.limiter.waiting(K) == 2
    line.tasks[6].cancel()
    await settle()
    assert line.limiter.waiting(K) == 1
    await line.clock.advance(0.1)
    assert line.gone[-1] == 7


async def test_venues_do_not_wait_for_each_other():
    clock = FakeClock()
    limiter = Limiter({K: Rate(1, 5), Venue.POLYMARKET: Rate(1, 5)}, clock)
    limiter.hold(K, 60.0)
    await limiter.enter(Venue.POLYMARKET, READ)


def test_a_rate_that_could_never_let_a_read_through_is_refused():
    with pytest.raises(ValueError, match="burst"):
        Limiter({K: Rate(per_s=10, burst=4)}, FakeClock())


async def test_who_would_wait_over_a_minute_is_told_at_once_but_cancels_go(line):
    line.limiter.hold(K, 600.0)
    with pytest.raises(VenueRefused, match="600 s") as raised:
        await line.limiter.enter(K, READ)
    assert raised.value.retry_after_s == 600
    await line.limiter.enter(K, CANCEL)
    await line.clock.advance(545.0)
    await line.ask(READ, "read")
    await line.clock.advance(55.0)
    assert line.gone == ["read"]
