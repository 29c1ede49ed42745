"""B4: from a key press to the order's bytes at the socket, on a whole live session.

The session is the real one: engine, gate, signature, a journal on disk with synchronous=FULL, HTTP.
The local exchange runs in a child process on loopback. The clock starts when the command is put in
line (as the screen does on a key) and stops when the connection is in hand with everything signed,
just before the first byte; `journal` is the durable write within that, and `disk` what a write of
32 kB and its fdatasync take there by themselves: no order is durable sooner. Set TMPDIR to a folder
in memory to see the program alone. Beside it, in the same run and in turn, py-clob-client-v2 (which
keeps no journal): from its call to the moment its HTTP client is handed the request, with the
market's metadata already known to it.

Run: python benchmarks/key_to_socket.py [--json] [--orders N]
"""

import argparse
import asyncio
import contextlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pmterm.compose.given import exchange_flags
from pmterm.compose.network import network
from pmterm.compose.session import Ground, Session, assemble
from pmterm.compose.trading import Trader
from pmterm.config.accounts import KalshiKey
from pmterm.config.sections import LiveTrading
from pmterm.config.settings import Settings, load_settings
from pmterm.messages.base import Message
from pmterm.messages.commands import Arm, CancelOrder, SubmitTicket
from pmterm.messages.live import Armed, Disarmed, OrderTimed, ReadinessChanged
from pmterm.messages.orders import OrderReport, Refused
from pmterm.model.ids import MarketId, Venue
from pmterm.model.order import OrderState, Side
from pmterm.model.secret import Secret
from pmterm.model.units import QTY_ONE
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import SystemClock
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.trading.risk.limits import STANDARD
from pmterm.venues.kalshi.auth import load_key
from pmterm.venues.kalshi.orders import KalshiOrders
from pmterm.venues.kalshi.proof import KalshiProof
from pmterm.venues.polymarket.account import ask_key, read_key
from pmterm.venues.polymarket.auth import ApiKey
from pmterm.venues.polymarket.naming import Trader as Maker
from pmterm.venues.polymarket.orders import PolymarketOrders
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import load_wallet

PATIENCE_S = 30.0
WARM = 10
QUIET_S = 0.6  # between orders, as by hand: headers are signed ahead every half second
GOALS_MS = {"polymarket": (0.5, 2.0), "kalshi": (1.0, 3.0)}
PAGES = bytes(8 * 4096)  # about what an order's transaction writes
PEER = "py-clob-client-v2"
Row = dict[str, float]


class Timed:
    """A journal that also keeps how long each durable write took, ns."""

    def __init__(self, journal: Journal, folder: Path) -> None:
        self._journal = journal
        self._floor = folder / "floor"
        self.taken: list[int] = []

    def disk(self) -> int:
        """Return how long the disk alone takes, ns."""
        with self._floor.open("ab", buffering=0) as file:
            start = time.perf_counter_ns()
            file.write(PAGES)
            os.fdatasync(file.fileno())
            return time.perf_counter_ns() - start

    async def append(self, messages: Sequence[Message]) -> None:
        """Write, and note how long it took."""
        start = time.perf_counter_ns()
        await self._journal.append(messages)
        self.taken.append(time.perf_counter_ns() - start)


@contextlib.contextmanager
def exchange(folder: Path) -> Any:
    """Run the local exchange as a child; gives its address and the test account's keys."""
    keys = folder / "accounts.json"
    command = [sys.executable, "-m", "pmterm", "sim", "--port", "0", "--json"]
    child = subprocess.Popen(
        [*command, "--accounts", str(keys), "--cash", "100000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        line = child.stdout.readline() if child.stdout else ""
        yield json.loads(line), json.loads(keys.read_text())["accounts"][0]
    finally:
        child.terminate()
        child.wait()


def settings_for(url: str, folder: Path) -> Settings:
    """The settings of a session that trades as fast as it can: no pause between openings."""
    flags = exchange_flags(url) | {"store.path": str(folder / "bench.db")}
    limits = msgspec.structs.replace(STANDARD, market_cooldown=0, max_orders=0, max_spread_ratio=0)
    base = load_settings(flags, {}, folder, folder)
    return msgspec.structs.replace(base, risk=limits, live=LiveTrading(dead_man=False))


async def owner_of(account: dict[str, Any], settings: Settings) -> tuple[Trader, ApiKey]:
    """Who trades on both venues with the test account."""
    clock = SystemClock()
    wallet = load_wallet(Secret(account["polymarket"]["private_key"]))
    proof = PolymarketProof(wallet)
    http = HttpClient(
        settings.hosts.bases(), Limiter({}, clock), clock, proofs={Venue.POLYMARKET: proof}
    )
    key = read_key(await http.ask(ask_key(clock.stamp(), create=True)))
    await http.close()
    if key is None:
        raise SystemExit("the exchange gave no API key")
    pem, key_id = Secret(account["kalshi"]["private_key"]), account["kalshi"]["key_id"]
    maker = Maker(SignatureType.EOA, wallet.address, key.id)
    wings = {Venue.KALSHI: KalshiOrders(), Venue.POLYMARKET: PolymarketOrders(wallet, maker)}
    proofs = {
        Venue.KALSHI: KalshiProof(load_key(pem.reveal().encode()), key_id),
        Venue.POLYMARKET: PolymarketProof(wallet, key),
    }
    names = {Venue.KALSHI: key_id, Venue.POLYMARKET: wallet.address}
    return Trader(wings, proofs, names, KalshiKey(key_id, pem)), key


class Bench:
    """A session and what it said."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.said: list[Message] = []
        self.ready: set[Venue] = set()
        session.parts.engine.listen({ReadinessChanged: self._readiness})
        kinds = (OrderTimed, Armed, OrderReport, Refused)
        session.parts.engine.listen(dict.fromkeys(kinds, self.said.append))
        self.disarmed: list[str] = []
        session.parts.engine.listen({Disarmed: lambda word: self.disarmed.append(word.reason)})

    def _readiness(self, changed: ReadinessChanged) -> None:
        (self.ready.discard if changed.missing else self.ready.add)(changed.venue)

    async def wait(self, claim: Any) -> Any:
        """Wait until something was said."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = next((word for word in reversed(self.said) if claim(word)), None)
            if found is not None:
                return found
            await asyncio.sleep(0.001)
        refused = [word for word in self.said if isinstance(word, Refused)][-1:]
        raise SystemExit(f"the session did not get there; {refused} {self.disarmed}")

    async def arm(self, market: MarketId, venue: Venue) -> None:
        """Wait until orders may be made, and arm."""
        health = self.session.parts.reader.health
        while venue not in self.ready or not health(market).is_trusted:  # noqa: ASYNC110 - a book says it to nobody
            await asyncio.sleep(0.01)
        self.session.desk.send(Arm(0, market, 3600))
        await self.wait(lambda w: isinstance(w, Armed) and w.market == market)

    async def order(self, market: MarketId, number: int) -> OrderTimed:
        """Place an order that rests, wait for the answer, take it back; return its times."""
        self.said.clear()
        touch = self.session.parts.reader.touch(market)
        price = max(100, touch[0] // 100 * 100 - 500 - 100 * (number % 7))
        ticket = SubmitTicket(0, market, Side.BUY, 10 * QTY_ONE, price, confirmed=True)
        self.session.desk.send(ticket)
        timed: OrderTimed = await self.wait(lambda w: isinstance(w, OrderTimed) and w.acked)

        def stands(word: Message) -> OrderState | None:
            is_it = isinstance(word, OrderReport) and word.order == timed.order
            return word.state if is_it else None

        await self.wait(lambda word: stands(word) is OrderState.OPEN)
        self.session.desk.send(CancelOrder(0, timed.order))
        await self.wait(lambda word: (state := stands(word)) is not None and state.is_final)
        return timed


def peer(key: ApiKey, private_key: str, url: str, token: str) -> Any:
    """Return a call that places one order with py-clob-client-v2 and gives its time in ns."""
    warnings.simplefilter("ignore")
    from py_clob_client_v2 import ClobClient
    from py_clob_client_v2.clob_types import ApiCreds, OrderArgsV2, PartialCreateOrderOptions
    from py_clob_client_v2.http_helpers import helpers

    creds = ApiCreds(key.id, key.secret.reveal(), key.passphrase.reveal())
    client = ClobClient(f"{url}/clob", 137, key=private_key, creds=creds)
    options = PartialCreateOrderOptions(tick_size="0.01", neg_risk=False)
    handed: list[int] = []
    http = next(v for v in vars(helpers).values() if hasattr(v, "request") and hasattr(v, "send"))
    send = http.send

    def watched(*given: Any, **named: Any) -> Any:
        handed.append(time.perf_counter_ns())
        return send(*given, **named)

    http.send = watched

    def place() -> int:
        start = time.perf_counter_ns()
        order = client.create_order(OrderArgsV2(token, price=0.05, size=10.0, side="BUY"), options)
        client.post_order(order)
        at = handed[-1] - start
        client.cancel_all()
        return at

    return place


def row(values: list[int]) -> Row:
    """Milliseconds of the median and of the slowest hundredth."""
    ordered = sorted(values)
    return {
        "p50": ordered[len(ordered) // 2] / 1e6,
        "p99": ordered[len(ordered) * 99 // 100] / 1e6,
    }


@contextlib.asynccontextmanager
async def session_on(
    settings: Settings, owner: Trader, folder: Path
) -> AsyncIterator[tuple[Bench, Timed]]:
    """A live session with a journal on disk, without a screen."""
    clock = SystemClock()
    net = msgspec.structs.replace(network(settings, clock), key=owner.kalshi)
    async with await Database.open(folder / "bench.db") as database:
        journal = Timed(Journal(database), folder)
        ground = Ground(net, clock, journal, [], lambda _: None, folder / "kill")
        session = assemble(settings, ground, owner)
        bench, over = Bench(session), asyncio.Event()

        async def front() -> int:
            await over.wait()
            return 0

        session.begin(settings)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(session.run(front))
            try:
                yield bench, journal
            finally:
                over.set()
                await running
        await net.http.close()


async def measure(orders: int) -> dict[str, dict[str, Row]]:
    """Place orders on both venues, and with the peer in turn; return the times."""
    if importlib.util.find_spec("py_clob_client_v2"):
        importlib.import_module("py_clob_client_v2")  # a session that stands still is disarmed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with exchange(folder) as (address, account):
            settings = settings_for(address["url"], folder)
            owner, key = await owner_of(account, settings)
            async with session_on(settings, owner, folder) as (bench, journal):
                return await _measure(bench, journal, address, (account, key), orders)


async def _measure(
    bench: Bench,
    journal: Timed,
    address: dict[str, Any],
    keys: tuple[dict[str, Any], ApiKey],
    orders: int,
) -> dict[str, dict[str, Row]]:
    account, key = keys
    found: dict[str, dict[str, Row]] = {}
    for venue in (Venue.POLYMARKET, Venue.KALSHI):
        [market, *_] = await bench.session.desk._finder.lookup(address[venue.value][0])  # noqa: SLF001 - as `watch` does
        bench.session.desk.follow(market, {})
        await bench.arm(market.id, venue)
        place = None
        if venue is Venue.POLYMARKET and importlib.util.find_spec("py_clob_client_v2"):
            token = market.outcomes[0].token
            place = peer(key, account["polymarket"]["private_key"], address["url"], token)
        ours, writes, theirs, disk = [], [], [], []
        for number in range(WARM + orders):
            journal.taken.clear()
            timed = await bench.order(market.id, number)
            if number >= WARM:
                ours.append(timed.sent - timed.key)
                writes.append(journal.taken[0])
                disk.append(await asyncio.to_thread(journal.disk))
            if place is not None:
                took = await asyncio.to_thread(place)
                theirs += [took] if number >= WARM else []
            await asyncio.sleep(QUIET_S)
        parts = {"pmterm": ours, "of it the journal": writes, "the disk alone": disk}
        found[venue.value] = {name: row(taken) for name, taken in parts.items()}
        if theirs:
            found[venue.value][PEER] = row(theirs)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--orders", type=int, default=200, help="orders on each venue")
    options = parser.parse_args()
    found = asyncio.run(measure(options.orders))
    if options.json:
        print(json.dumps({"ms": found, "goals_ms": GOALS_MS}))
        return
    print(f"B4: key press to the order's bytes at the socket, ms, {options.orders} orders each")
    for venue, rows in found.items():
        goal = GOALS_MS[venue]
        print(f"{venue:38}{'p50':>9}{'p99':>9}   goal {goal[0]} / {goal[1]}")
        for way, taken in rows.items():
            print(f"  {way:36}{taken['p50']:>9.3f}{taken['p99']:>9.3f}")


if __name__ == "__main__":
    main()
