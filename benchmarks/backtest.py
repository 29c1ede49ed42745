"""B7, B8: backtests against other backtesters: same recorded changes, same rule.

Ours runs all that runs live: books, detector, all strategies' stage, gate, executor, portfolio,
paper broker with latency and queue position, the notebook and the hash of decisions. What is played
is ready made on every side (our decoded recording, their objects or arrays); only playing is timed.
Ours still makes a message of each row while it plays, as `pmterm backtest` does; the row "messages
made" leaves that out, since nautilus_trader is handed objects.
The second way of ours (B8) tries thresholds over features that one pass wrote: it says which
signals fire, as the detector would; it has no orders, so fills still need the full run.
Each round plays every way once, in turn; the median of CPU seconds is shown. Ratios within one run
mean something; figures of two runs or two machines must not be compared.

Run: python benchmarks/backtest.py [--json] [--recording FILE] [--rounds N]
Peers are measured where they can be imported (nautilus_trader needs Python 3.12 or later).
"""

import argparse
import gc
import itertools
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
import backtest_peers
from backtest_peers import CONTRACT, EVERY_NS, WIDEST, Change
from pmterm.compose.core import core
from pmterm.compose.playing import Player, Task, tape_of
from pmterm.compose.progress import Silence
from pmterm.config.settings import Settings
from pmterm.lab.features import Observer
from pmterm.lab.firing import fires
from pmterm.lab.tape import Chunk, Facts, Tape
from pmterm.messages.base import Message
from pmterm.messages.feed import BookChanged, BookSnapshot, LevelMoved, LevelSet
from pmterm.messages.orders import Intent
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.order import Side, TimeInForce
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.rules import SignalSettings
from pmterm.venues.base import Feed

GOAL = 3.0
EVERYTHING = "pmterm, everything"
MADE = "pmterm, messages made"
THRESHOLDS = "pmterm, signals only"
FIXTURE = Path(__file__).parent / "../tests/lab/evening.ndjson.zst"
REPEATS = 10  # a playing over features is too short for the clock
ONE = 10_000  # 1 USD in 1e-4


class Rule:
    """The rule as a stage of the street."""

    def __init__(self) -> None:
        self._next: dict[MarketId, int] = {}
        self._held: set[MarketId] = set()
        self.sent = 0

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Every change of a book."""
        return {BookChanged: self._book_changed}

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        bid, ask, market = book.best_bid, book.best_ask, book.market
        if not bid or ask == ONE or book.at < self._next.get(market, 0) or ask - bid > WIDEST:
            return ()
        self._next[market] = book.at + EVERY_NS
        self.sent += 1
        is_held = market in self._held
        (self._held.discard if is_held else self._held.add)(market)
        side, price = (Side.SELL, bid) if is_held else (Side.BUY, ask)
        name = OrderId(f"b{self.sent}")
        return (Intent(book.at, name, market, side, CONTRACT, price, TimeInForce.IOC),)


def ours(tape: "Tape | Made") -> backtest_peers.Ready:
    """Everything, from a decoded recording."""

    def play() -> tuple[float, int]:
        rule = Rule()
        parts = core(Settings(), feeds=tape.feeds(), is_watched=False, beside=[rule])
        player = Player(Task(Path("tape"), Settings()), Silence(), tape.facts)
        player.listen_to(parts.engine)
        start = time.process_time()
        player.play_tape(parts.engine, tape)
        return time.process_time() - start, rule.sent

    return play


class Made(NamedTuple):
    """A tape whose messages stand ready, as those of the peers do."""

    tape: Tape
    made: list[Chunk]

    @property
    def facts(self) -> Facts:
        """What is known of the recording."""
        return self.tape.facts

    def feeds(self) -> dict[Venue, Feed]:
        """Return feeds for one playing."""
        return self.tape.feeds()

    def chunks(self) -> Iterator[Chunk]:
        """Yield what was made."""
        return iter(self.made)


def thresholds(tape: Tape) -> backtest_peers.Ready:
    """Another set of thresholds at every playing, over the features of all markets."""
    observer = Observer(SignalSettings())
    engine = Engine(tape.feeds(), Pipeline([Books(), observer]), NoBroker())
    for chunk in tape.chunks():
        engine.heard(chunk.ats, chunk.made)
    features = observer.features()
    tries = itertools.count(1)

    def play() -> tuple[float, int]:
        change = 2_000 * (1 + next(tries) % 20)
        settings = SignalSettings(panic_change_ppm=-change, fomo_change_ppm=change)
        start = time.process_time()
        for _ in range(REPEATS):
            told = [fires(one, settings) for one in features]
        taken = (time.process_time() - start) / REPEATS
        return taken, sum(len(one.fired) for one in told)

    return play


def changes_of(tape: Tape) -> tuple[list[Change], int]:
    """Return the level changes of a tape as new sizes, which is what the peers take."""
    books = Books()
    engine = Engine(tape.feeds(), Pipeline([books]), NoBroker())
    numbers: dict[MarketId, int] = {}
    changes: list[Change] = []
    last_at = 0
    for chunk in tape.chunks():
        for at, message in zip(chunk.ats, chunk.made, strict=True):
            engine.heard((at,), (message,))
            last_at = max(last_at, at)
            _change(message, books, numbers, changes, last_at)
    return changes, len(numbers)


def _change(
    message: Message,
    books: Books,
    numbers: dict[MarketId, int],
    changes: list[Change],
    at: int,
) -> None:
    if isinstance(message, LevelMoved | LevelSet):
        number = numbers.setdefault(message.market, len(numbers))
        book = books.book(message.market)
        qty = book.size_at(message.side, message.price) if book is not None else 0
        is_bid = message.side is Side.BUY
        changes.append(Change(at, number, is_bid, message.price, max(0, qty)))
    elif isinstance(message, BookSnapshot):
        number = numbers.setdefault(message.market, len(numbers))
        changes.append(Change(at, number, is_bid=True, price=0, qty=0, clears=True, ends=False))
        bids = [(Side.BUY, *level) for level in message.bids]
        levels = bids + [(Side.SELL, *level) for level in message.asks]
        for place, (side, price, qty) in enumerate(levels, 1):
            is_last = place == len(levels)
            changes.append(Change(at, number, side is Side.BUY, price, qty, ends=is_last))


def run(args: argparse.Namespace) -> dict[str, Any]:
    """Measure everything; return it as one table of plain values."""
    tape = tape_of(args.recording)
    changes, markets = changes_of(tape)
    peers, missing = backtest_peers.installed()
    ways = {EVERYTHING: ours(tape), MADE: ours(Made(tape, list(tape.chunks())))}
    ways[THRESHOLDS] = thresholds(tape)
    ways |= {name: make(changes, markets) for name, make in peers.items()}
    taken: dict[str, list[float]] = {name: [] for name in ways}
    sent: dict[str, int] = {}
    for _ in range(args.rounds):
        for name, way in ways.items():
            gc.collect()
            seconds, sent[name] = way()
            taken[name].append(seconds)
    base = statistics.median(taken[EVERYTHING])
    rows = [
        {
            "way": name,
            "events_per_s": round(len(changes) / statistics.median(times)),
            "us_per_event": round(1e6 * statistics.median(times) / len(changes), 3),
            "pmterm_is_times_as_fast": round(statistics.median(times) / base, 2),
            "orders": sent[name],
        }
        for name, times in taken.items()
    ]
    speeds = {row["way"]: row["events_per_s"] for row in rows}
    return {
        "python": sys.version.split()[0],
        "recording": args.recording.name,
        "events": len(changes),
        "markets": markets,
        "rows": rows,
        "not_installed": missing,
        "goals": [
            _goal("B7", EVERYTHING, "nautilus_trader", GOAL, speeds),
            _goal("B8", THRESHOLDS, "hftbacktest", 1.0, speeds),
        ],
    }


def _goal(
    name: str, way: str, peer: str, wanted: float, speeds: Mapping[str, int]
) -> dict[str, Any]:
    value = round(speeds[way] / speeds[peer], 2) if peer in speeds else None
    reached = None if value is None else value >= wanted
    return {"goal": name, "peer": peer, "wanted": wanted, "value": value, "reached": reached}


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    print(f"Python {result['python']}, {result['events']:,} changes of {result['recording']}")
    print(f"  {'':22} {'us/event':>9} {'events/s':>12} {'pmterm is':>10} {'orders*':>8}")
    for row in result["rows"]:
        print(
            f"  {row['way']:22} {row['us_per_event']:9.3f} {row['events_per_s']:12,}"
            f" {row['pmterm_is_times_as_fast']:9.2f}x {row['orders']:8}"
        )
    print("  * signals only: signals")
    for name in result["not_installed"]:
        print(f"  {name:22} not installed")
    for goal in result["goals"]:
        head = f"  {goal['goal']}, {goal['wanted']:g} times {goal['peer']}: "
        if goal["reached"] is None:
            print(head + "cannot be judged, the peer is not installed")
        else:
            print(head + f"{'' if goal['reached'] else 'NOT '}reached ({goal['value']:g})")


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--recording", type=Path, default=FIXTURE)
    parser.add_argument("--rounds", type=int, default=5)
    result = run(parser.parse_args())
    if parser.parse_args().json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
