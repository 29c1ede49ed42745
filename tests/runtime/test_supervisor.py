import asyncio

import pytest

from pmterm.messages.health import WorkerDown
from pmterm.model.errors import CredentialsWrong, TransportLost
from pmterm.runtime.clock import FakeClock, settle
from pmterm.runtime.session import Patient
from pmterm.runtime.supervisor import Supervisor


class Worker:
    """Does what its script says, one line per run: seconds of health, then an error or an end."""

    name = "worker"

    def __init__(self, clock, *script):
        self.clock = clock
        self.script = list(script)
        self.runs = 0

    async def run(self):
        self.runs += 1
        seconds, error = self.script.pop(0) if self.script else (1e9, None)
        if seconds:
            await self.clock.sleep(seconds)
        if error is not None:
            raise error


async def keep(clock, worker, seconds):
    """Run a worker under a supervisor for a while; return what it told."""
    told = []
    task = asyncio.get_running_loop().create_task(Supervisor(told.append, clock).keep(worker))
    await settle()
    await clock.advance(seconds)
    if not task.done():
        task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return told, task


async def test_a_lost_network_is_told_with_cause_and_wait_and_tried_again():
    clock = FakeClock()
    worker = Worker(clock, (0, TransportLost("link down", "Check the cable.")))
    told, _ = await keep(clock, worker, 1)
    assert worker.runs == 2
    assert [type(message) for message in told] == [WorkerDown]
    assert told[0].name == "worker"
    assert told[0].cause == "link down. Check the cable"
    assert 0 <= told[0].wait_s <= 0.25


async def test_waits_grow_while_it_keeps_failing_and_start_anew_once_it_was_healthy():
    clock = FakeClock()
    lost = TransportLost("x")
    clock.chance.uniform = lambda low, high: high
    worker = Worker(clock, *[(0, lost)] * 4, (21, lost), (0, lost), (10, lost))
    told, _ = await keep(clock, worker, 200)
    assert [message.wait_s for message in told] == [0.25, 0.5, 1.0, 2.0, 0.25, 0.5, 1.0]


async def test_a_flapping_link_is_not_hammered():
    clock = FakeClock()
    clock.chance.uniform = lambda low, high: high / 2
    worker = Worker(clock, *[(2, TransportLost("flap"))] * 1000)
    await keep(clock, worker, 600)
    assert worker.runs < 45


async def test_any_other_error_leaves_and_ends_the_group():
    clock = FakeClock()
    ended = []

    async def sibling():
        try:
            await clock.sleep(1e9)
        finally:
            ended.append("sibling")

    async def session():
        async with asyncio.TaskGroup() as group:
            group.create_task(sibling())
            Supervisor(ended.append, clock).start(
                group, Worker(clock, (0, CredentialsWrong("no key")))
            )

    with pytest.raises(ExceptionGroup) as raised:
        await session()
    assert raised.group_contains(CredentialsWrong)
    assert ended == ["sibling"]


async def test_a_worker_that_is_done_is_not_started_again():
    clock = FakeClock()
    worker = Worker(clock, (1, None))
    told, task = await keep(clock, worker, 100)
    assert (worker.runs, told, task.cancelled()) == (1, [], False)


async def test_one_that_is_refused_for_good_says_so_and_what_to_do():
    clock = FakeClock()
    wrong = CredentialsWrong("header timestamp expired", "Check this computer's clock.")
    told = []
    await Patient(Worker(clock, (0, wrong)), told.append, clock).run()
    assert told[0].cause == (
        "Key: header timestamp expired. Check this computer's clock. "
        "It stays down: start pmterm again when that is mended."
    )
    assert told[0].wait_s == 0
