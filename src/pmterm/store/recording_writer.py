"""Writes recordings: complete zstd frames of whole lines, at least one a second, appended."""

import fcntl
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import zstandard

from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.errors import RecordingBroken, StoreBroken
from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import SECOND, Ns
from pmterm.store.private_files import broken, open_private
from pmterm.store.recording_lines import (
    FORMAT,
    GOES_ON,
    VERSION,
    AnyLine,
    FrameLine,
    Header,
    MarketLine,
    NoteLine,
    line_of,
)
from pmterm.store.recording_reader import RecordingReader

BLOCK_NS: Final[Ns] = SECOND
BLOCK_BYTES: Final = 256 * 1024
LEVEL: Final = 3


class RecordingWriter:
    """Appends what a venue said to one file, made with mode 0600, never through a link.

    Lines gather in memory and leave as one zstd frame with a checksum when the next line's `at`
    is a second past the block's first, when 256 kB have gathered, or on `flush`, which the caller
    asks for about once a second so that quiet times reach the disk too. A killed process
    therefore loses at most its last second, and a cut file can still be read. An existing
    recording is gone on with; anything else that stands there is refused.

    After a StoreBroken nothing more is written: recording is the first thing to stop when the
    disk is full. `clock_ns` is asked once, for the note that says an old file is gone on with.
    """

    def __init__(
        self,
        path: Path,
        source: str,
        note: str = "",
        clock_ns: Callable[[], Ns] = lambda: 0,
    ) -> None:
        self.path = path
        self.lines = 0
        self._encode = msgspec.json.Encoder().encode
        self._compress = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True).compress
        self._block: list[bytes] = []
        self._block_bytes = 0
        self._block_until: Ns = 0
        self._failed: StoreBroken | None = None
        self._descriptor = open_private(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            self._lock()
            self._size = os.fstat(self._descriptor).st_size
            if self._size:
                RecordingReader(path)  # refuses what is no recording, or a later version's
                self._add(NoteLine(clock_ns(), GOES_ON, {"source": source}))
            else:
                self._add(Header(FORMAT, VERSION, source, note))
            self._write_block()
        except (StoreBroken, RecordingBroken):
            self._abandon()
            raise

    def __enter__(self) -> Self:
        """Hand out the writer."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def market(self, at: Ns, venue: Venue, market: MarketId, data: dict[str, Any]) -> None:
        """Keep a market's metadata as the venue gave it."""
        self._take(at, MarketLine(at, venue, market, data))

    def opened(self, event: Opened) -> None:
        """Keep the beginning of a connection."""
        self._take(event.at, line_of(event))

    def closed(self, event: Closed) -> None:
        """Keep the end of a connection."""
        self._take(event.at, line_of(event))

    def frame(self, event: Frame) -> None:
        """Keep one frame, exactly as received."""
        self._take(event.at, FrameLine(event.at, event.venue, event.conn, event.text))

    def http(self, event: HttpResponse) -> None:
        """Keep one REST answer."""
        self._take(event.at, line_of(event))

    def note(self, at: Ns, text: str, data: dict[str, Any] | None = None) -> None:
        """Keep a remark."""
        self._take(at, NoteLine(at, text, data))

    def write(self, event: Message) -> None:
        """Keep one input of any kind that recordings hold.

        Raises:
            StoreBroken: the disk will not have it.
            TypeError: no recording holds such an event.
        """
        self._take(event.at, line_of(event))

    def flush(self, at: Ns) -> None:
        """Bring what has gathered to the system; `at` is the time now."""
        self._check()
        self._block_until = at + BLOCK_NS
        self._write_block()

    def close(self) -> None:
        """Write what has gathered, sync, and let go of the file; a second call does nothing."""
        if self._descriptor < 0:
            return
        try:
            if self._failed is None:
                self._write_block()
                os.fsync(self._descriptor)
        except OSError as error:
            raise broken(self.path, error) from error
        finally:
            self._abandon()

    def _take(self, at: Ns, line: AnyLine) -> None:
        if at >= self._block_until or self._block_bytes >= BLOCK_BYTES or self._failed:
            self._turn(at)
        self._add(line)

    def _turn(self, at: Ns) -> None:
        """Begin a new block with a line of time `at`."""
        self._check()
        self._write_block()
        self._block_until = at + BLOCK_NS

    def _add(self, line: AnyLine) -> None:
        try:
            text = self._encode(line)
        except UnicodeEncodeError:  # half a surrogate pair: no UTF-8 can carry it
            text = _without_surrogates(line)
        self._block.append(text)
        self._block_bytes += len(text)
        self.lines += 1

    def _check(self) -> None:
        if self._failed is not None:
            raise self._failed
        if self._descriptor < 0:
            raise StoreBroken(f"{self.path} is closed.")

    def _write_block(self) -> None:
        if not self._block:
            return
        self._block.append(b"")
        data = self._compress(b"\n".join(self._block))
        self._block = []
        self._block_bytes = 0
        try:
            self._write_all(data)
        except OSError as error:
            self._failed = broken(self.path, error)
            os.ftruncate(self._descriptor, self._size)  # no half block stays behind
            raise self._failed from error
        self._size += len(data)

    def _write_all(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]

    def _lock(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            hint = "Stop it, or name another file."
            raise StoreBroken(f"another pmterm writes {self.path}.", hint) from error

    def _abandon(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1


def _without_surrogates(line: AnyLine) -> bytes:
    words = json.dumps(msgspec.to_builtins(line), ensure_ascii=False, separators=(",", ":"))
    return words.encode("utf-8", "replace")
