"""Builds the local exchange as a server: of the scenario, or of a recording."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pmterm.compose.given import Address
from pmterm.config.sections import SimSettings
from pmterm.config.settings import Hosts, Settings
from pmterm.model.errors import StoreBroken
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.units import SECOND, Ns
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.runtime.waiting import end_of_input, wait_for_end
from pmterm.sim.accounts import TestAccount
from pmterm.sim.history import history
from pmterm.sim.scenario import Scenario
from pmterm.sim.world import World
from pmterm.store.private_files import open_private
from pmterm.store.recording import RecordingReader, RecordingWriter

PRE_ROLL: Ns = 100 * SECOND  # what the demo's signals have to go by when it opens
SIM_KEY_ID = "00000000-0000-4000-8000-000000000001"  # opens the local exchange and nothing else


async def sim(
    settings: Settings,
    show: Callable[[dict[str, object]], None],
    *,
    recording: Path | None,
    speed: float,
    key_file: Path | None,
) -> int:
    """Serve the scenario, or a recording, until told to end."""
    clock = SystemClock()
    world: World = Scenario(settings.sim.seed, clock.now(), pre_roll=PRE_ROLL)
    if recording is not None:
        from pmterm.sim.from_recording import RecordingWorld

        world = RecordingWorld(RecordingReader(recording), clock.now(), speed=speed)
    async with _serving(world, clock, settings.sim, key_file) as address:
        show(msgspec.to_builtins(address))
        return await wait_for_end(0.0)


def as_child() -> None:
    """Run as the demo's child process: `SEED KEY_FILE HISTORY_FILE` in, an Address out.

    Plays the minutes before the viewer came into a recording, then serves until its input ends.
    """
    seed, key_file, before = sys.argv[1:]
    asyncio.run(_child(int(seed), Path(key_file), Path(before)))


async def _child(seed: int, key_file: Path, before: Path) -> None:
    clock = SystemClock()
    world = Scenario(seed, clock.now(), pre_roll=PRE_ROLL)
    with RecordingWriter(before, source="pmterm sim") as writer:
        for event in history(world, world.started_at, world.now, conn=0):
            writer.write(event)
    async with _serving(world, clock, SimSettings(port=0), key_file) as address:
        sys.stdout.buffer.write(msgspec.json.encode(address) + b"\n")
        sys.stdout.buffer.flush()
        await end_of_input()


@asynccontextmanager
async def _serving(
    world: World, clock: Clock, wishes: SimSettings, key_file: Path | None
) -> AsyncIterator[Address]:
    from pmterm.sim.fault_script import load
    from pmterm.sim.server import SimServer

    script = load(Path(wishes.faults)) if wishes.faults else None
    listings = [listing.market for listing in world.listings]
    accounts = _accounts(wishes, listings)
    key = Ed25519PrivateKey.generate()
    if key_file is not None:
        _write_key(key_file, key)
    keys = {SIM_KEY_ID: key.public_key()} if key_file is not None else None
    async with SimServer(
        world, clock, port=wishes.port, accounts=accounts, kalshi_keys=keys, script=script
    ) as server:
        yield Address(
            url=server.base_url,
            hosts=msgspec.convert(server.hosts(), Hosts),
            polymarket=[m.slug or m.id for m in listings if m.venue is Venue.POLYMARKET],
            kalshi=[m.id for m in listings if m.venue is Venue.KALSHI],
            kalshi_key_id=SIM_KEY_ID,
            kalshi_key_file=str(key_file or ""),
            accounts=[account.account_id for account in accounts],
            accounts_file=wishes.accounts,
        )


def _accounts(wishes: SimSettings, markets: list[Market]) -> list[TestAccount]:
    """Return the accounts of the file that is wished for, with their money."""
    if not wishes.accounts:
        return []
    from pmterm.sim import credentials
    from pmterm.venues.polymarket.funders import funders_of

    kind = credentials.WALLETS.index(wishes.wallet)

    def funder_of(address: str) -> str:
        """Return where the venue's factories put such a wallet for a key."""
        return next(each.address for each in funders_of(address) if each.kind == kind)

    found = credentials.keep(Path(wishes.accounts), wallet=wishes.wallet, funder_of=funder_of)
    return [one.opens(markets, wishes.cash) for one in found]


def _write_key(path: Path, key: Ed25519PrivateKey) -> None:
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
