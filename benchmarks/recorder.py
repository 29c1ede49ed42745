"""B10: what a recorded frame costs, beside zstd alone on the same bytes, in one run.

    python benchmarks/recorder.py [--json] [--recording FILE] [--rounds N]

Rounds of the steps are interleaved and the median of their CPU time is shown; compare the figures
of one run with each other, never with those of another. Without --recording, frames like a busy
order book's are made up.
"""

import argparse
import gc
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import zstandard

from pmterm.messages.transport import Frame
from pmterm.model.ids import Venue
from pmterm.store.recording import RecordingReader, RecordingWriter
from pmterm.store.recording_lines import FrameLine
from pmterm.store.recording_writer import BLOCK_BYTES, BLOCK_NS, LEVEL

GOAL_US = 3.0
MADE_UP = 60_000


def made_up_frames() -> list[Frame]:
    chance = random.Random(10)
    frames = []
    at = 1_778_477_473_000_000_000
    for seq in range(MADE_UP):
        at += chance.randrange(100_000, 9_000_000)
        words = {
            "delta_fp": f"{chance.randrange(-90_000, 90_000) / 100:.2f}",
            "market_ticker": "KXBENCH-26MAY110145-45",
            "price_dollars": f"0.{chance.randrange(100, 9900):04d}",
            "side": chance.choice(("yes", "no")),
            "ts_ms": at // 1_000_000,
        }
        text = json.dumps({"msg": words, "seq": seq, "sid": 2, "type": "orderbook_delta"})
        frames.append(Frame(at, Venue.KALSHI, 1, text))
    return frames


def blocks_of(frames: list[Frame]) -> list[bytes]:
    """The same bytes as the recorder writes, cut into the same blocks."""
    encode = msgspec.json.Encoder().encode
    blocks: list[bytes] = []
    block: list[bytes] = []
    size = 0
    until = frames[0].at + BLOCK_NS
    for frame in frames:
        if block and (frame.at >= until or size >= BLOCK_BYTES):
            blocks.append(b"\n".join([*block, b""]))
            block, size = [], 0
            until = frame.at + BLOCK_NS
        block.append(encode(FrameLine(frame.at, frame.venue, frame.conn, frame.text)))
        size += len(block[-1])
    blocks.append(b"\n".join([*block, b""]))
    return blocks


def median_us(steps: dict[str, Callable[[], object]], rounds: int, count: int) -> dict[str, float]:
    spent: dict[str, list[float]] = {name: [] for name in steps}
    gc.freeze()
    for _ in range(rounds):
        for name, step in steps.items():
            begin = time.process_time()
            step()
            spent[name].append((time.process_time() - begin) / count * 1e6)
    return {name: statistics.median(times) for name, times in spent.items()}


def measure(frames: list[Frame], rounds: int, folder: Path) -> dict[str, object]:
    path = folder / "bench.ndjson.zst"
    blocks = blocks_of(frames)
    encode = msgspec.json.Encoder().encode

    def record() -> None:
        path.unlink(missing_ok=True)
        writer = RecordingWriter(path, "benchmark")
        keep = writer.frame
        for frame in frames:
            keep(frame)
        writer.close()

    def pack() -> None:
        compress = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
        for block in blocks:
            compress(block)

    def lines() -> None:
        for frame in frames:
            encode(FrameLine(frame.at, frame.venue, frame.conn, frame.text))

    def read() -> None:
        for _ in RecordingReader(path):
            pass

    record()
    us = median_us(
        {"record": record, "zstd": pack, "encode": lines, "read": read}, rounds, len(frames)
    )
    raw = sum(map(len, blocks))
    return {
        "frames": len(frames),
        "bytes_per_frame": round(raw / len(frames), 1),
        "ratio": round(raw / path.stat().st_size, 2),
        "zstd_frames": len(blocks),
        "us_per_frame": {name: round(value, 3) for name, value in us.items()},
        "times_zstd": round(us["record"] / us["zstd"], 2),
        "goal_us": GOAL_US,
        "goal_met": us["record"] <= GOAL_US,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--recording", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    wanted = parser.parse_args()
    if wanted.recording:
        frames = [line for line in RecordingReader(wanted.recording) if isinstance(line, Frame)]
    else:
        frames = made_up_frames()
    with tempfile.TemporaryDirectory() as folder:
        result = measure(frames, wanted.rounds, Path(folder))
    if wanted.json:
        print(json.dumps(result))
        return 0
    us = result["us_per_frame"]
    print(f"B10 recorder: {result['frames']:,} frames of {result['bytes_per_frame']} B, CPU time")
    print(f"{'step':<34}{'us/frame':>10}{'x zstd':>9}")
    for name, words in (
        ("zstd", "zstd alone, the same blocks"),
        ("encode", "the lines alone (msgspec)"),
        ("record", "recorder, all of it"),
        ("read", "reading it back, line by line"),
    ):
        print(f"{words:<34}{us[name]:>10.2f}{us[name] / us['zstd']:>9.2f}")
    verdict = "met" if result["goal_met"] else "MISSED"
    print(f"packed {result['ratio']}:1; goal <= {GOAL_US:g} us a frame: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
