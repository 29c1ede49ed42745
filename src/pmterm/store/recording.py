"""The front door to recordings: read one, write one, know what is in one."""

from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.units import Ns
from pmterm.store.recording_lines import GOES_ON, Header, Line, MarketLine, NoteLine
from pmterm.store.recording_reader import Mark, RecordingReader
from pmterm.store.recording_writer import RecordingWriter

__all__ = [
    "ENDINGS",
    "GOES_ON",
    "Header",
    "Line",
    "Mark",
    "MarketLine",
    "NoteLine",
    "RecordingInfo",
    "RecordingReader",
    "RecordingTally",
    "RecordingWriter",
    "recording_info",
]

ENDINGS: Final = (".ndjson.zst", ".ndjson")  # of the names of recordings

_KIND_OF: dict[type, str] = {
    Header: "header",
    MarketLine: "market",
    NoteLine: "note",
    Opened: "open",
    Closed: "close",
    Frame: "frame",
    HttpResponse: "http",
}


class RecordingInfo(msgspec.Struct, frozen=True):
    """What a recording holds.

    `first_at` and `last_at` span the lines that have a time (0: none has), `steps_back` counts
    lines earlier than the one before, `longest_quiet` is the longest stretch without a line (ns).
    """

    source: str
    note: str
    version: int
    lines: dict[str, int]
    markets: tuple[str, ...]
    first_at: Ns
    last_at: Ns
    steps_back: int
    longest_quiet: Ns
    skipped: int
    zstd_frames: int
    packed_bytes: int
    unpacked_bytes: int
    damage: tuple[str, ...]


class RecordingTally:
    """Counts lines while someone else reads them."""

    def __init__(self) -> None:
        self._lines: Counter[type] = Counter()
        self._markets: dict[str, None] = {}
        self._first: Ns = 0
        self._last: Ns = 0
        self._before: Ns = 0
        self._steps_back = 0
        self._longest_quiet: Ns = 0

    def add(self, line: Line) -> None:
        """Count one line."""
        self._lines[type(line)] += 1
        if isinstance(line, MarketLine):
            self._markets[line.market] = None
        if isinstance(line, Header) or line.at <= 0:
            return
        at = line.at
        if at < self._before:
            self._steps_back += 1
        elif self._before:
            self._longest_quiet = max(self._longest_quiet, at - self._before)
        self._before = at
        self._first = min(self._first or at, at)
        self._last = max(self._last, at)

    def info(self, reader: RecordingReader) -> RecordingInfo:
        """Return the counts, once every line of `reader` was added."""
        return RecordingInfo(
            source=reader.header.source,
            note=reader.header.note,
            version=reader.header.version,
            lines={name: self._lines[kind] for kind, name in _KIND_OF.items()},
            markets=tuple(self._markets),
            first_at=self._first,
            last_at=self._last,
            steps_back=self._steps_back,
            longest_quiet=self._longest_quiet,
            skipped=reader.skipped,
            zstd_frames=reader.zstd_frames,
            packed_bytes=reader.path.stat().st_size,
            unpacked_bytes=reader.unpacked_bytes,
            damage=tuple(reader.damage),
        )


def recording_info(path: Path) -> RecordingInfo:
    """Read a whole recording and say what it holds.

    Raises:
        RecordingBroken: it cannot be read.
    """
    reader = RecordingReader(path)
    tally = RecordingTally()
    for line in reader:
        tally.add(line)
    return tally.info(reader)
