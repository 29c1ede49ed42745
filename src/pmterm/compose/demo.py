"""Builds the local exchange: as a server of its own, and as the child process of the demo."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pmterm.compose.front import Screen
from pmterm.config.paths import store_path
from pmterm.config.sections import KalshiAccount
from pmterm.config.settings import Hosts, Settings
from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, Opened
from pmterm.model.errors import PmtermError, StoreBroken
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import SystemClock
from pmterm.runtime.waiting import end_of_input, wait_for_end
from pmterm.store.private_files import open_private
from pmterm.store.recording import RecordingReader, RecordingWriter
from pmterm.trading.signal.rules import SignalSettings

PRE_ROLL: Ns = 180 * SECOND  # what the demo's signals have to go by when it opens
DEMO_BASELINE_S = 120
SIM_KEY_ID = "00000000-0000-4000-8000-000000000001"  # opens the local exchange and nothing else


class ChildFailed(PmtermError):
    """The demo's exchange did not start."""

    title = "Demo"


class Address(msgspec.Struct, frozen=True):
    """Where a local exchange listens, and what it trades."""

    url: str
    hosts: Hosts
    polymarket: list[str]
    kalshi: list[str]
    kalshi_key_id: str
    kalshi_key_file: str = ""


async def demo(settings: Settings, screen: Screen, *, seed: int | None, record: bool | None) -> int:
    """Play an evening on an exchange of our own, and open the terminal on it.

    It is recorded only if `record` asks for it.
    """
    chosen = settings.sim.seed if seed is None else seed
    with tempfile.TemporaryDirectory(prefix="pmterm-demo-") as folder:
        async with _exchange(chosen, Path(folder)) as (address, history):
            from pmterm.compose import live

            names = [*address.polymarket, *address.kalshi]
            prologue = live.Prologue(partial(_before, history))
            here = _for_demo(settings, address, is_recorded=bool(record))
            return await live.watch(here, screen, names, prologue)


async def sim(
    settings: Settings,
    show: Callable[[dict[str, object]], None],
    *,
    recording: Path | None,
    speed: float,
    key_file: Path | None,
    history: Path | None,
) -> int:
    """Serve until told to end; as a demo's child (`history`) until its parent is gone."""
    from pmterm.sim.scenario import Scenario
    from pmterm.sim.server import SimServer
    from pmterm.sim.world import World

    clock = SystemClock()
    key = Ed25519PrivateKey.generate()
    if key_file is not None:
        _write_key(key_file, key)
    keys = {SIM_KEY_ID: key.public_key()} if key_file is not None else None
    world: World
    if recording is not None:
        from pmterm.sim.from_recording import RecordingWorld

        world = RecordingWorld(RecordingReader(recording), clock.now(), speed=speed)
    else:
        world = Scenario(settings.sim.seed, clock.now(), pre_roll=PRE_ROLL)
        if history is not None:
            _write_history(world, history)
    async with SimServer(world, clock, port=settings.sim.port, kalshi_keys=keys) as server:
        listings = [listing.market for listing in world.listings]
        address = Address(
            url=server.base_url,
            hosts=msgspec.convert(server.hosts(), Hosts),
            polymarket=[m.slug or m.id for m in listings if m.venue is Venue.POLYMARKET],
            kalshi=[m.id for m in listings if m.venue is Venue.KALSHI],
            kalshi_key_id=SIM_KEY_ID,
            kalshi_key_file=str(key_file or ""),
        )
        show(msgspec.to_builtins(address))
        return await (wait_for_end(0.0) if history is None else end_of_input())


@asynccontextmanager
async def _exchange(seed: int, folder: Path) -> AsyncIterator[tuple[Address, Path]]:
    """Run an exchange as a child; it ends with us, however we end, since its input ends then."""
    history, key = folder / "before.ndjson.zst", folder / "kalshi.pem"
    words = ["sim", "--port", "0", "--seed", str(seed), "--json"]
    words += ["--key-file", str(key), "--history", str(history)]
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "pmterm",
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        from pmterm.net import http  # noqa: F401  # loads while the child plays its first minutes

        line = await child.stdout.readline() if child.stdout is not None else b""
        if not line:
            raise ChildFailed("the exchange inside the demo did not start.", "Try `pmterm sim`.")
        yield msgspec.json.decode(line, type=Address), history
    finally:
        if child.returncode is None:
            child.terminate()
        await child.wait()


def _for_demo(settings: Settings, address: Address, *, is_recorded: bool) -> Settings:
    """Point the settings at the exchange, and keep the demo's money apart from other paper."""
    store = msgspec.structs.replace(settings.store, record=is_recorded)
    if not store.path:
        path = store_path(store)
        store = msgspec.structs.replace(store, path=str(path.with_name("demo.db")))
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


def _write_history(world: object, path: Path) -> None:
    from pmterm.sim.history import history
    from pmterm.sim.scenario import Scenario

    if isinstance(world, Scenario):
        with RecordingWriter(path, source="pmterm sim") as writer:
            for event in history(world, world.started_at, world.now, conn=0):
                writer.write(event)


def _write_key(path: Path, key: Ed25519PrivateKey) -> None:
    import os

    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    try:
        os.write(descriptor, pem)
    except OSError as error:
        raise StoreBroken(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        os.close(descriptor)
