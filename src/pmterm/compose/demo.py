"""Builds the demo: an exchange in a child process, and the terminal on it."""

import asyncio
import gc
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec

from pmterm.compose.given import Address, Screen
from pmterm.config.paths import demo_store_path
from pmterm.config.sections import KalshiAccount
from pmterm.config.settings import Settings
from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, Opened
from pmterm.model.errors import PmtermError
from pmterm.model.ids import Venue
from pmterm.store.recording import RecordingReader
from pmterm.trading.signal.rules import SignalSettings

DEMO_BASELINE_S = 60  # of the evening that was played before the viewer came
# Not by way of the command line, whose own loading would hold up the first screen.
CHILD = "from pmterm.compose.exchange import as_child; as_child()"


class ChildFailed(PmtermError):
    """The demo's exchange did not start."""

    title = "Demo"


async def demo(settings: Settings, screen: Screen, *, seed: int | None, record: bool | None) -> int:
    """Play an evening on an exchange of our own, and open the terminal on it.

    It is recorded only if `record` asks for it.
    """
    chosen = settings.sim.seed if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="pmterm-demo-") as folder:
        async with _exchange(chosen, Path(folder), screen) as (address, history):
            from pmterm.compose import live

            names = [*address.polymarket, *address.kalshi]
            prologue = live.Prologue(partial(_before, history))
            here = _for_demo(settings, address, is_recorded=bool(record))
            return await live.watch(here, screen, names, prologue)


@asynccontextmanager
async def _exchange(seed: int, folder: Path, screen: Screen) -> AsyncIterator[tuple[Address, Path]]:
    """Run an exchange as a child; it ends with us, however we end, since its input ends then."""
    history, key = folder / "before.ndjson.zst", folder / "kalshi.pem"
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        CHILD,
        str(seed),
        str(key),
        str(history),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "SSL_CERT_FILE": os.devnull},  # loopback only: load no certificates
    )
    try:
        _load(screen)
        line = await child.stdout.readline() if child.stdout is not None else b""
        if not line:
            raise ChildFailed("the exchange inside the demo did not start.", "Try `pmterm sim`.")
        yield msgspec.json.decode(line, type=Address), history
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def _load(screen: Screen) -> None:
    """Load what the session needs, while the child plays its first minutes."""
    gc.disable()  # nothing of this will ever be garbage
    import aiohttp  # noqa: F401  # the client takes it in at its first request

    from pmterm.compose import live  # noqa: F401

    if not screen.plain:
        from pmterm.tui import app  # noqa: F401
    gc.freeze()
    gc.enable()


def _for_demo(settings: Settings, address: Address, *, is_recorded: bool) -> Settings:
    """Point the settings at the exchange, and keep the demo's money apart from other paper."""
    store = msgspec.structs.replace(settings.store, record=is_recorded)
    store = msgspec.structs.replace(store, path=str(demo_store_path(store)))
    signals = settings.signals
    if signals.min_baseline_s == SignalSettings().min_baseline_s:
        signals = msgspec.structs.replace(signals, min_baseline_s=DEMO_BASELINE_S)
    return msgspec.structs.replace(
        settings,
        hosts=address.hosts,
        kalshi=KalshiAccount(address.kalshi_key_id, address.kalshi_key_file),
        store=store,
        signals=signals,
    )


def _before(history: Path) -> Sequence[Message]:
    """Read what was received before we came, and that these connections are over."""
    events: list[Message] = [
        line for line in RecordingReader(history) if isinstance(line, Frame | Opened)
    ]
    if events:
        at = events[-1].at
        events += [Closed(at + 1, venue, 0, "the evening so far") for venue in Venue]
    return events
