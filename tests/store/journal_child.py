"""A process of its own for tests that kill it or take its disk away."""

import asyncio
import resource
import sys
from pathlib import Path

from tests.store.build_messages import T0, order_life, started

from pmterm.model.errors import StoreBroken
from pmterm.store.database import Database
from pmterm.store.journal import Journal


async def append_for_ever(path, session):
    opened = await Database.open(path)
    journal = Journal(opened)
    await journal.append([started(session)])
    n = 0
    while True:
        n += 1
        await journal.append(order_life(n, T0 + n, session))
        print(n, flush=True)


async def fill_the_disk(path):
    """Append until the system says no, make room, append again; all acknowledged must be there."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    async with await Database.open(path) as opened:
        journal = Journal(opened)
        await journal.append([started()])
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        kept = [started()]
        told = ""
        for n in range(1, 3_000):
            life = order_life(n, T0 + n)
            try:
                await journal.append(life)
            except StoreBroken as broken:
                told = str(broken)
                break
            kept += life
        assert await journal.read() == kept
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        await journal.append(order_life(5_000, T0 + 5_000))
        kept += order_life(5_000, T0 + 5_000)
        assert await journal.read() == kept
    print(f"usable|{len(kept)}|{told}")


if __name__ == "__main__":
    if sys.argv[1] == "append":
        asyncio.run(append_for_ever(Path(sys.argv[2]), f"k{sys.argv[3]}"))
    else:
        asyncio.run(fill_the_disk(Path(sys.argv[2])))
