"""B1, B2, B9: frame text until the verdict of the signals, one thread, on recorded frames.

Peers that are installed play the same frames in the same rounds (`peers.py` says what each does).
Each round plays every way once, in turn, on fresh state and the same frames, and the median of
the rounds is shown, so that what else the machine does falls on all of them. Ratios within one
run mean something; figures of two runs or two machines must not be compared.

Run: python benchmarks/pipeline.py [--json] [--recordings DIR] [--frames N] [--rounds N]
     [--markets 1,20,200]
Without --recordings it loops the short windows that the tests use: that shows that it works, but a
window of a hundred frames is mostly snapshots, so goals are judged on whole recordings only.
"""

import argparse
import gc
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

sys.path.insert(0, str(Path(__file__).parent))
from peers import installed
from pmterm.messages.feed import BookSnapshot, MarketSeen, TradeSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.transport import Frame, Opened
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side
from pmterm.model.units import MS, QTY_ONE, SECOND
from pmterm.runtime.engine import Engine, NoBroker
from pmterm.trading.book.books import Books
from pmterm.trading.pipeline import Pipeline
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings
from pmterm.venues.kalshi import wire as kalshi_wire
from pmterm.venues.polymarket import wire as polymarket_wire
from street_frames import Tape, copies, feed_of, load

Way: TypeAlias = Callable[[Tape], float]
Row: TypeAlias = dict[str, Any]
BEAT = 500 * MS
DECODE, DECISION = "decode only (msgspec)", "pmterm, to decision"
# Goals of the way to decision: its share of decode only in percent, and how many times the speed
# of a peer's book alone.
SHARES = {Venue.KALSHI: ("B2", 12.0), Venue.POLYMARKET: ("B1", 20.0)}
TIMES = {
    Venue.KALSHI: ("B2", "kalshi-sdk, book", 2.0),
    Venue.POLYMARKET: ("B1", "nautilus, book", 3.0),
}


def decode_only(tape: Tape) -> float:
    """Only read the JSON into typed structs."""
    if tape.venue is Venue.KALSHI:
        decode = kalshi_wire.frame_decoder.decode
        texts = [frame.text for frame in tape.frames]
    else:
        decode = polymarket_wire.change_decoder.decode
        texts = [f.text for f in tape.frames if '"price_change"' in f.text]
    start = time.process_time()
    for text in texts:
        decode(text)
    return (time.process_time() - start) / len(texts)


def to_messages(tape: Tape) -> float:
    """Decoded, checked, and said in our own words."""
    return _street(tape, None)


def to_book(tape: Tape) -> float:
    """Into books, with touch, depth and checks."""
    return _street(tape, Pipeline([Books()]))


def to_decision(tape: Tape) -> float:
    """Books, measures, baselines and all signal rules."""
    return _street(tape, Pipeline([Books(), Detector(SignalSettings())]))


def through_engine(tape: Tape) -> float:
    """The same inside the engine that the terminal, a replay and a backtest run on."""
    pipeline = Pipeline([Books(), Detector(SignalSettings())])
    engine = Engine({tape.venue: feed_of(tape.venue)}, pipeline, NoBroker())
    for market in tape.markets:
        for _ in engine.watch(market, tape.events[0].at):
            pass
    start = time.process_time()
    engine.run(tape.events)
    return (time.process_time() - start) / len(tape.frames)


OURS: dict[str, Way] = {
    "pmterm, to messages": to_messages,
    "pmterm, to book": to_book,
    DECISION: to_decision,
    "pmterm, to decision in Engine": through_engine,
}


def _street(tape: Tape, pipeline: Pipeline | None) -> float:
    """Feed and pipeline alone, with a heartbeat every half second of message time."""
    feed = feed_of(tape.venue)
    on = pipeline.on if pipeline is not None else (lambda _: None)
    for market in tape.markets:
        feed.watch(market, tape.events[0].at)
        on(MarketSeen(tape.events[0].at, market))
    beat = (tape.events[0].at // BEAT + 1) * BEAT
    receive = feed.receive
    start = time.process_time()
    for event in tape.events:
        while event.at >= beat:
            on(Heartbeat(beat))
            beat += BEAT
        if type(event) is Frame:
            said = receive(event)
        elif type(event) is Opened:
            said = feed.opened(event)
        else:
            said = feed.closed(event)
        for message in said:
            on(message)
    return (time.process_time() - start) / len(tape.frames)


def measure(tape: Tape, ways: dict[str, Way], rounds: int) -> list[Row]:
    """Play every way `rounds` times, interleaved; return medians in us per frame."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()
            taken[name].append(way(tape) * 1e6)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    base, decided = medians[DECODE], medians[DECISION]
    return [
        {
            "way": name,
            "us_per_frame": round(us, 3),
            "frames_per_s": round(1e6 / us),
            "percent_of_decode_only": round(100 * base / us, 1),
            "decision_is_times_as_fast": round(us / decided, 2),
        }
        for name, us in medians.items()
    ]


def judge(venue: Venue, rows: list[Row]) -> list[Row]:
    """Say which goals are reached, and by how much they are missed; None: peer not installed."""
    by_name = {row["way"]: row for row in rows}
    goal, share = SHARES[venue]
    verdicts = [
        _verdict(goal, "% of decode only", by_name[DECISION]["percent_of_decode_only"], share)
    ]
    goal, peer, times = TIMES[venue]
    reached = by_name[peer]["decision_is_times_as_fast"] if peer in by_name else None
    return [*verdicts, _verdict(goal, f"times {peer}", reached, times)]


def _verdict(goal: str, what: str, value: float | None, wanted: float) -> Row:
    reached = None if value is None else value >= wanted
    return {"goal": goal, "what": what, "wanted": wanted, "value": value, "reached": reached}


def quiet_markets(many: int) -> Row:
    """Hold `many` quiet markets for 15 minutes of message time; run this in its own process."""
    gc.collect()
    before = _resident_mb()
    books, detector = Books(), Detector(SignalSettings())
    pipeline = Pipeline([books, detector])
    at = 1_000_000 * SECOND
    for i in range(many):
        name = MarketId(f"KXQUIET-{i}")
        market = Market(
            id=name, venue=Venue.KALSHI, title=f"Quiet {i}", outcomes=(Outcome("Y"), Outcome("N"))
        )
        pipeline.on(MarketSeen(at, market))
        bids = tuple((4_900 - 100 * n, QTY_ONE * (n + 1 + i)) for n in range(40))
        asks = tuple((5_000 + 100 * n, QTY_ONE * (n + 2 + i)) for n in range(40))
        pipeline.on(BookSnapshot(at, at, name, bids, asks))
        pipeline.on(TradeSeen(at, at, name, 5_000, QTY_ONE, Side.BUY))
    start = time.process_time()
    seconds = 15 * 60
    for beat in range(2 * seconds):
        pipeline.on(Heartbeat(at + (beat + 1) * BEAT))
    cpu = time.process_time() - start
    after = _resident_mb()
    return {
        "markets": many,
        "data_mb": round(after - before, 1),
        "process_mb": round(after, 1),
        "us_per_market_second": round(1e6 * cpu / seconds / many, 2),
    }


def _resident_mb() -> float:
    """Return what this process holds now; elsewhere than on Linux the most it ever held."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def run(args: argparse.Namespace) -> Row:
    """Measure everything; return it as one table of plain values."""
    result: Row = {"python": sys.version.split()[0], "venues": {}, "scaling": []}
    for venue in Venue:
        tape = load(venue, args.recordings, args.frames)
        peers, missing = installed(venue)
        rows = measure(tape, {DECODE: decode_only, **peers, **OURS}, args.rounds)
        result["venues"][venue.value] = {
            "source": tape.name,
            "frames": len(tape.frames),
            "rows": rows,
            "not_installed": missing,
            "goals": judge(venue, rows) if args.recordings else [],
        }
        for many in args.markets:
            several = copies(tape, many, args.frames)
            picked = {DECODE: decode_only, DECISION: to_decision}
            for row in measure(several, picked, max(1, args.rounds // 2))[1:]:
                result["scaling"].append({"venue": venue.value, "markets": many, **row})
    child = subprocess.run(
        [sys.executable, __file__, "--quiet-child", str(args.quiet)],
        capture_output=True,
        text=True,
        check=True,
    )
    result["quiet"] = json.loads(child.stdout)
    result["quiet"]["reached"] = result["quiet"]["process_mb"] <= 300
    return result


def show(result: Row) -> None:
    """Print the tables."""
    print(f"Python {result['python']}")
    for venue, part in result["venues"].items():
        print(f"\n{venue}: {part['frames']} frames of {part['source']}")
        print(f"  {'':30} {'us/frame':>9} {'frames/s':>10} {'of decode':>10} {'decision is':>12}")
        for row in part["rows"]:
            print(
                f"  {row['way']:30} {row['us_per_frame']:9.2f} {row['frames_per_s']:10,}"
                f" {row['percent_of_decode_only']:9.1f}%"
                f" {row['decision_is_times_as_fast']:11.2f}x"
            )
        for name in part["not_installed"]:
            print(f"  {name:30} not installed")
        for goal in part["goals"]:
            print(f"  {_told(goal)}")
        if not part["goals"]:
            print("  goals are judged with --recordings only")
    print("\nthe same frames for many markets, to decision")
    for row in result["scaling"]:
        print(
            f"  {row['venue']:12} {row['markets']:4} markets {row['us_per_frame']:9.2f} us/frame"
            f" {row['percent_of_decode_only']:9.1f}% of decode"
        )
    quiet = result["quiet"]
    print(
        f"\n{quiet['markets']} quiet markets: {quiet['data_mb']} MB of books and baselines,"
        f" {quiet['process_mb']} MB the process, {quiet['us_per_market_second']} us of CPU a"
        f" market-second\n  B9, 300 MB: {'reached' if quiet['reached'] else 'NOT reached'}"
    )


def _told(goal: Row) -> str:
    head = f"{goal['goal']}, {goal['wanted']:g} {goal['what']}: "
    if goal["reached"] is None:
        return head + "cannot be judged, the peer is not installed"
    return head + ("reached" if goal["reached"] else "NOT reached") + f" ({goal['value']:g})"


def main() -> None:
    """Parse, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--recordings", type=Path)
    parser.add_argument("--frames", type=int, default=60_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quiet", type=int, default=1_000)
    parser.add_argument(
        "--markets", type=lambda s: [int(n) for n in s.split(",")], default=[1, 20, 200]
    )
    parser.add_argument("--quiet-child", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quiet_child:
        print(json.dumps(quiet_markets(args.quiet_child)))
        return
    result = run(args)
    if args.json:
        print(json.dumps(result))
    else:
        show(result)


if __name__ == "__main__":
    main()
