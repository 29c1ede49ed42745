"""Keeps workers alive through what can heal; anything else ends the run in good order."""

import asyncio
from collections.abc import Callable
from typing import Protocol

from pmterm.messages.health import WorkerDown
from pmterm.model.errors import TransportLost
from pmterm.model.units import SECOND
from pmterm.net.backoff import Backoff
from pmterm.runtime.clock import Clock

HEALTHY_S = 20


class Worker(Protocol):
    """Something that runs for the whole session."""

    name: str

    async def run(self) -> None:
        """Work until cancelled or done; raise TransportLost when the network failed."""
        ...


class Supervisor:
    """Starts workers in a group and starts them again when the network failed them.

    Only `TransportLost` is caught. Any other error leaves `run` and so ends the group, which is
    what a bug or a refused key should do.
    """

    def __init__(self, tell: Callable[[WorkerDown], object], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock

    def start(self, group: asyncio.TaskGroup, *workers: Worker) -> list[asyncio.Task[None]]:
        """Run each worker as a task of `group`."""
        return [group.create_task(self.keep(worker), name=worker.name) for worker in workers]

    async def keep(self, worker: Worker) -> None:
        """Run one worker until it is done; waits start anew after it was healthy for 20 s."""
        waits = Backoff(chance=self._clock.chance)
        while True:
            began = self._clock.monotonic()
            try:
                await worker.run()
            except TransportLost as lost:
                if self._clock.monotonic() - began >= HEALTHY_S * SECOND:
                    waits.reset()
                wait_s = waits.next()
                cause = ". ".join(part.rstrip(".") for part in (lost.detail, lost.hint) if part)
                self._tell(WorkerDown(self._clock.stamp(), worker.name, cause, wait_s))
                await self._clock.sleep(wait_s)
            else:
                return
