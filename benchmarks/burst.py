"""B5 with everything behind it: `pmterm watch` at 200 x 50, recording, in a burst of changes.

    python benchmarks/burst.py [--json] [--rate 10000] [--seconds 60] [--rest 3]

An exchange of its own process changes five books through real sockets. Meanwhile keys are pressed
and timed until their effect is on the screen. Afterwards the recording has to hold every change
and its books have to be those of the exchange. This same file is the exchange (`--exchange`).
"""

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from screen import SIZES, Terminal

ROOT = Path(sys.executable).parent
KEY_ID = "00000000-0000-4000-8000-000000000001"


async def exchange(rate: int, seconds: float, key_file: Path) -> None:
    """Serve the burst from the first client's coming, then hold still until told to end."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from pmterm.model.ids import Venue
    from pmterm.runtime.clock import SystemClock
    from pmterm.sim.burst import BurstWorld
    from pmterm.sim.server import SimServer

    clock = SystemClock()
    servers: list[SimServer] = []

    class Bounded(BurstWorld):
        """Starts with the first client, ends after `seconds`."""

        begins = 0  # two seconds after both venues have a client

        def run_until(self, at):  # noqa: ANN001, ANN202
            both = [serving.clients(venue) for serving in servers for venue in Venue]
            if not self.begins and both and all(both):
                self.begins = at + 2_000_000_000
            since = at - self.begins if self.begins else 0
            began = self._start
            return super().run_until(began + min(max(since, 0), int(seconds * 1e9)))

    key = Ed25519PrivateKey.generate()
    kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(*kind, serialization.NoEncryption())
    key_file.write_bytes(pem)  # noqa: ASYNC240  # before anything else runs
    key_file.chmod(0o600)  # noqa: ASYNC240
    world = Bounded(clock.now(), rate)
    async with SimServer(world, clock, kalshi_keys={KEY_ID: key.public_key()}) as server:
        servers.append(server)
        listings = [listing.market for listing in world.listings]
        names = [m.slug if m.venue is Venue.POLYMARKET else m.id for m in listings]
        print(json.dumps({"url": server.base_url, "names": names}), flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
        books = {}
        for market, state in world.states.items():
            bid, ask = state.bids.rising(), state.asks.rising()
            books[market] = [state.best_bid, state.best_ask, len(bid), len(ask),
                             sum(q for _, q in bid), sum(q for _, q in ask)]  # fmt: skip
        print(json.dumps({"made": world.made, "books": books}), flush=True)


def keys_during(terminal: Terminal, until: float) -> list[float]:
    """Press size keys, return how long each took to show."""
    waits: list[float] = []
    number = 0
    while time.monotonic() < until:
        key = "1234"[number % 4]
        pressed = time.monotonic()
        terminal.press(key)
        came = terminal.read(5, (SIZES[key],))
        waits.append((came or pressed + 5) - pressed)
        terminal.read(0.03 + number % 7 * 0.013)
        number += 1
    return sorted(waits)


def verified(home: Path) -> dict[str, object]:
    recording = next((home / "pmterm" / "recordings").iterdir())
    told = subprocess.run(
        [ROOT / "pmterm", "recording", "verify", recording, "--json"],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(told.stdout)


def books_of(recorded: dict[str, object]) -> list[list[int]]:
    """Return each recorded book as the exchange tells its own: touch, levels, whole sizes."""
    return [
        [round(float(m["bid"]) * 10_000), round(float(m["ask"]) * 10_000), m["bid_levels"],
         m["ask_levels"], round(float(m["bid_size"]) * 1e6), round(float(m["ask_size"]) * 1e6)]
        for m in recorded["markets"].values()
    ]  # fmt: skip


def measure(rate: int, seconds: float, rest: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        key = home / "kalshi.pem"
        words = ["--exchange", "--rate", str(rate), "--seconds", str(seconds), "--key", str(key)]
        served = subprocess.Popen(
            [sys.executable, __file__, *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        facts = json.loads(served.stdout.readline())
        os.environ |= {f"XDG_{name}_HOME": folder for name in ("CONFIG", "DATA", "STATE")}
        os.environ |= {"PMTERM_KALSHI__KEY_ID": KEY_ID, "PMTERM_KALSHI__KEY_FILE": str(key)}
        names = facts["names"]
        command = [str(ROOT / "pmterm"), "watch", *names, "--record", "--exchange", facts["url"]]
        terminal = Terminal(command)
        if terminal.read(20, (b"BOOK", b"spread ")) is None:
            raise SystemExit("the screen did not come up")
        terminal.read(2.5)
        began, cpu = time.monotonic(), terminal.cpu_s()
        waits = keys_during(terminal, began + seconds - 1)
        spent = time.monotonic() - began
        cpu_percent = 100 * (terminal.cpu_s() - cpu) / spent
        is_lag_shown = b"LAG " in terminal.tail
        terminal.read(rest)
        terminal.end()
        end, _ = served.communicate("")
        final = json.loads(end)
        recorded = verified(home)
        return {
            "rate": rate,
            "seconds": seconds,
            "keys": len(waits),
            "key_p50_ms": 1000 * waits[len(waits) // 2],
            "key_p99_ms": 1000 * waits[int(len(waits) * 0.99)],
            "key_max_ms": 1000 * waits[-1],
            "cpu_percent": cpu_percent,
            "lag_shown": is_lag_shown,
            "changes": final["made"],
            "changes_recorded": sum(
                recorded["frames"][kind] for kind in ("price_change", "orderbook_delta")
            ),
            "damage": recorded["damage"],
            "faults": {k: sum(m[k] for m in recorded["markets"].values())
                       for k in ("seq_gaps", "resyncs", "negative_levels")},
            "books_equal": all(book in books_of(recorded) for book in final["books"].values()),
        }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rate", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--rest", type=float, default=3)
    parser.add_argument("--exchange", action="store_true")
    parser.add_argument("--key", type=Path)
    options = parser.parse_args()
    if options.exchange:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(exchange(options.rate, options.seconds, options.key))
        return
    result = measure(options.rate, options.seconds, options.rest)
    if options.json:
        print(json.dumps(result))
        return
    for name, value in result.items():
        print(f"{name:15} {value}")


if __name__ == "__main__":
    main()
