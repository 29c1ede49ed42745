"""B3: a frame at the socket until its verdict, beside websockets alone, in one run.

A child process serves Kalshi frames on loopback, paced by blocking waits; each carries the
monotonic time of its sending in a key that no decoder reads. Taken is the time from there to
(a) `recv` of a bare websockets client and (b) the end of the whole street behind our stream,
worker and hub: book, measures, baselines, signals, gate. Rounds alternate, so that whatever else
the machine does falls on both.

Run: python benchmarks/at_socket.py [--json] [--rate N] [--seconds N] [--rounds N] [--deflate]
"""

import argparse
import asyncio
import contextlib
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from websockets.sync.server import ServerConnection

Arrivals: TypeAlias = list[tuple[int, str]]  # monotonic ns, frame text
Row: TypeAlias = dict[str, float]
TICKER = "KXBENCH-26JAN01-A"
LEVELS = 60
GOAL_P50_US, GOAL_P99_US = 150.0, 1000.0


def serve(rate: int, frames: int, *, deflate: bool) -> None:
    """Serve connections until killed: grants, one snapshot, then `frames` paced deltas."""
    from websockets.sync.server import serve as listen

    def talk(socket: "ServerConnection") -> None:
        socket.recv()
        for sid, channel in ((1, "orderbook_delta"), (2, "ticker")):
            granted = {"type": "subscribed", "id": sid, "msg": {"channel": channel, "sid": sid}}
            socket.send(json.dumps(granted))
        socket.send(snapshot())
        time.sleep(0.3)
        due = time.monotonic_ns()
        for text in changes(frames):
            due += 1_000_000_000 // rate
            wait = due - time.monotonic_ns()
            if wait > 0:
                time.sleep(wait / 1e9)
            socket.send(text.replace("@", str(time.monotonic_ns())))
        with contextlib.suppress(Exception):
            socket.recv()  # what else the client asked for; ends when it leaves
            for _ in socket:
                pass

    compression = "deflate" if deflate else None
    with listen(talk, "127.0.0.1", 0, compression=compression) as server:
        print(server.socket.getsockname()[1], flush=True)
        server.serve_forever()


def snapshot() -> str:
    """A book of 60 levels a side around 0.50, as Kalshi words it."""
    rows = [[f"{0.49 - n / 125:.4f}", "1000.00"] for n in range(LEVELS)]
    msg = {"market_ticker": TICKER, "market_id": "x", "yes_dollars_fp": rows[::-1]}
    msg["no_dollars_fp"] = rows[::-1]
    return json.dumps({"type": "orderbook_snapshot", "sid": 1, "seq": 1, "msg": msg})


def changes(count: int) -> Iterator[str]:
    """Deltas at the best ten levels, each growing and shrinking in turn."""
    chance = random.Random(3)
    grown: dict[tuple[str, str], int] = {}
    for seq in range(2, count + 2):
        side = chance.choice(("yes", "no"))
        price = f"{0.49 - chance.randrange(10) / 125:.4f}"
        delta = -grown.pop((side, price)) if (side, price) in grown else chance.randrange(1, 900)
        if delta > 0:
            grown[(side, price)] = delta
        yield (
            f'{{"type":"orderbook_delta","sid":1,"seq":{seq},"sent":@,"msg":{{'
            f'"market_ticker":"{TICKER}","market_id":"x","price_dollars":"{price}",'
            f'"delta_fp":"{delta}.00","side":"{side}","ts_ms":1778477473462}}}}'
        )


def waits(arrivals: Arrivals) -> list[float]:
    """Microseconds from sending to arrival, of the frames that tell when they were sent."""
    out = []
    for at, text in arrivals:
        _, found, rest = text.partition('"sent":')
        if found:
            out.append((at - int(rest.partition(",")[0])) / 1000)
    return out


async def alone(url: str, frames: int) -> Arrivals:
    """The bare client."""
    from websockets.asyncio.client import connect

    arrivals: Arrivals = []
    async with connect(url, proxy=None) as socket:
        await socket.send("go")
        while len(arrivals) < frames + 3:
            text = await socket.recv()
            arrivals.append((time.monotonic_ns(), text))
    return arrivals


class Timed:
    """The engine, with a note of when it was through with each frame."""

    def __init__(self, engine: Any, arrivals: Arrivals) -> None:
        self._engine = engine
        self._arrivals = arrivals
        self.watch = engine.watch
        self.announce = getattr(engine, "announce", None)

    def take(self, event: Any) -> Iterator[Any]:
        """Take one input, and note the time once everything it led to is said."""
        yield from self._engine.take(event)
        text = getattr(event, "text", None)
        if text is not None:
            self._arrivals.append((time.monotonic_ns(), text))


def street() -> tuple[Any, Any, Any]:
    """The whole engine, as the terminal has it."""
    from pmterm.compose.core import core
    from pmterm.config.settings import Settings
    from pmterm.model.ids import Venue

    parts = core(Settings())
    return parts.engine, parts.feeds[Venue.KALSHI], parts.books


async def ours(url: str, frames: int) -> Arrivals:
    """Stream, worker, hub and engine."""
    from pmterm.model.ids import MarketId, Venue
    from pmterm.model.market import Market, Outcome
    from pmterm.net.websocket import Stream
    from pmterm.runtime.clock import SystemClock
    from pmterm.runtime.feed_worker import FeedWorker
    from pmterm.runtime.hub import Hub

    clock = SystemClock(1)
    arrivals: Arrivals = []
    engine, feed, books = street()
    hub = Hub(Timed(engine, arrivals), clock)
    worker = FeedWorker(feed, lambda: Stream(url, dict, feed.venue, clock), None, hub.put, clock)
    engine.wish_to(worker.do)
    market = Market(
        id=MarketId(TICKER), venue=Venue.KALSHI, title="x", outcomes=(Outcome("a"), Outcome("b"))
    )
    for _ in engine.watch(market, clock.stamp()):
        pass
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(work) for work in (hub.run(), hub.beat(), worker.run())]
    while len(arrivals) < frames + 3:
        await asyncio.sleep(0.05)
        for task in tasks:
            if task.done():
                task.result()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    health = books.health(market.id)
    if not health.is_trusted or health.lost:
        print(f"the book was lost on the way: {health}", file=sys.stderr)
        sys.exit(1)
    return arrivals


def measure(
    path: Callable[[str, int], Coroutine[Any, Any, Arrivals]], url: str, frames: int
) -> Row:
    """Run one path once, garbage collector frozen as in the terminal."""
    import gc

    gc.collect()
    gc.freeze()
    before = time.process_time()
    arrivals = asyncio.run(path(url, frames))
    cpu = (time.process_time() - before) / frames * 1e6
    taken = sorted(waits(arrivals))
    if len(taken) != frames:
        print(f"{len(taken)} of {frames} frames arrived", file=sys.stderr)
        sys.exit(1)
    return {"p50": taken[frames // 2], "p99": taken[frames * 99 // 100], "cpu": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rate", type=int, default=1000, help="frames a second")
    parser.add_argument("--seconds", type=int, default=4, help="length of a round")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--deflate", action="store_true", help="compress on the wire")
    parser.add_argument("--serve", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.rate, options.serve, deflate=options.deflate)
        return
    report(options, run(options))


def run(options: argparse.Namespace) -> dict[str, list[Row]]:
    """Alternate the two paths for some rounds; returns the rounds of each."""
    frames = options.rate * options.seconds
    command = [sys.executable, __file__, "--serve", str(frames), "--rate", str(options.rate)]
    command += ["--deflate"] if options.deflate else []
    rounds: dict[str, list[Row]] = {"websockets alone": [], "pmterm to verdict": []}
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        url = f"ws://127.0.0.1:{server.stdout.readline().strip()}/"
        for _ in range(options.rounds):
            for name, path in zip(rounds, (alone, ours), strict=True):
                rounds[name].append(measure(path, url, frames))
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
    return rounds


def report(options: argparse.Namespace, rounds: dict[str, list[Row]]) -> None:
    """Print medians over the rounds."""
    rows = {
        name: {key: statistics.median(each[key] for each in kept) for key in kept[0]}
        for name, kept in rounds.items()
    }
    base, mine = rows.values()
    ratio = {key: mine[key] / base[key] for key in base}
    met = mine["p50"] <= GOAL_P50_US and mine["p99"] <= GOAL_P99_US
    if options.json:
        told = {"rate": options.rate, "rounds": rounds, "medians": rows, "ratio": ratio}
        print(json.dumps({**told, "goal_us": [GOAL_P50_US, GOAL_P99_US], "goal_met": met}))
        return
    print(f"B3: frame at the socket to verdict, {options.rate}/s, us, median of {options.rounds}")
    print(f"{'':20}{'p50':>9}{'p99':>9}{'CPU/frame':>11}")
    for name, row in {**rows, "ratio": ratio}.items():
        print(f"{name:20}{row['p50']:9.1f}{row['p99']:9.1f}{row['cpu']:11.1f}")
    print(f"goal {GOAL_P50_US:.0f} / {GOAL_P99_US:.0f} us: {'met' if met else 'NOT met'}")


if __name__ == "__main__":
    main()
