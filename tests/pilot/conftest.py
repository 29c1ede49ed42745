"""A pilot that waits until the program has nothing left to do, and not for a while of the clock."""

import asyncio

import pytest


async def until_nothing_is_ready(_min_sleep=0.0):
    """Return when all that is left in the loop waits for a timer or for the outside.

    Textual's own wait takes a process that rested for 20 ms as one that is done: slow where nothing
    else runs, and a matter of luck where much does.
    """
    await asyncio.sleep(0)
    while asyncio.get_running_loop()._ready:
        await asyncio.sleep(0)


@pytest.fixture(autouse=True)
def pilot_waits_for_what_is_to_be_done(monkeypatch):
    for module in ("textual.app", "textual.pilot"):
        monkeypatch.setattr(f"{module}.wait_for_idle", until_nothing_is_ready)
