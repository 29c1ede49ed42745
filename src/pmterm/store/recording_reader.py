"""Reads recordings line by line, says what is damaged, and goes on behind it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from pmterm.messages.transport import Frame
from pmterm.model.errors import RecordingBroken
from pmterm.model.units import Ns
from pmterm.store.recording_bytes import HOLE, RecordingBytes
from pmterm.store.recording_lines import (
    FORMAT,
    KINDS,
    VERSION,
    AnyLine,
    FrameLine,
    Header,
    Line,
    Probe,
    Stamp,
    told,
)

DAMAGE_TOLD: Final = 200  # sentences kept
MOST_BROKEN: Final = 100_000  # lines; a small file can unpack to a thousand million of them
_BAD = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Mark(NamedTuple):
    """Where in the file the zstd frame begins whose first timed line is of `at`."""

    at: Ns
    offset: int


class RecordingReader:
    """The lines of a recording in file order, read anew by every loop over it.

    Memory stays bounded (a line of at most 64 MiB, blocks of about 1 MiB). `damage` fills while
    the lines are read, one sentence for each hole or broken line (the first 200); `skipped`
    counts lines of kinds that this version does not know. Times may step back; nothing is sorted.

    Raises:
        RecordingBroken: no such file, empty, not a recording, of a later version, or damaged so
            that nothing can be read; said at once, not at the first line.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self.damage: list[str] = []
        self.skipped = 0
        self._bytes = RecordingBytes(self.path)
        self._decoder = msgspec.json.Decoder(AnyLine)
        self._line_number = 0
        self._broken = 0
        self._index: list[Mark] | None = None
        self.header = self._first_header()

    def __iter__(self) -> Iterator[Line]:
        """Yield the header, then every line that can be read."""
        return self.read_from(0)

    @property
    def zstd_frames(self) -> int:
        """How many zstd frames the last reading unpacked."""
        return self._bytes.frames

    @property
    def unpacked_bytes(self) -> int:
        """How many bytes the last reading unpacked."""
        return self._bytes.unpacked

    @property
    def is_packed(self) -> bool:
        """Whether the file is compressed."""
        return self._bytes.is_packed

    @property
    def index(self) -> list[Mark]:
        """Where a replay may step in, one mark per zstd frame, made at the first asking.

        A file of one frame, or not compressed, has one mark: it can only be read from the start.
        """
        if self._index is None:
            self._index = self._marks()
        return self._index

    def offset_before(self, at: Ns) -> int:
        """Return where to read from so that no line of time `at` or later is missed."""
        return max((mark.offset for mark in self.index if mark.at < at), default=0)

    def read_from(self, offset: int) -> Iterator[Line]:
        """Yield lines from the zstd frame at `offset` on (one of `index`); 0 is the start."""
        self.damage.clear()
        self.skipped = 0
        self._line_number = 0
        self._broken = 0
        after_hole = False
        for block in self._bytes.blocks(offset):
            self._hear_damage()
            if block is HOLE:
                after_hole = True
                continue
            for line in self._decode(block, after_hole=after_hole):
                if type(line) is FrameLine:
                    yield Frame(line.at, line.venue, line.conn, line.text)
                else:
                    yield told(line)
            after_hole = False
        self._hear_damage()

    def _decode(self, block: bytes, *, after_hole: bool) -> list[AnyLine]:
        try:
            lines = self._decoder.decode_lines(block)
        except _BAD:
            return self._decode_singly(block, after_hole=after_hole)
        self._line_number += block.count(b"\n")
        return lines

    def _decode_singly(self, block: bytes, *, after_hole: bool) -> list[AnyLine]:
        lines: list[AnyLine] = []
        for text in block.removesuffix(b"\n").split(b"\n"):
            self._line_number += 1
            try:
                lines.append(self._decoder.decode(text))
            except _BAD as error:
                if not after_hole:  # what follows a hole may begin in mid-line
                    self._broken_line(text, error)
            after_hole = False
        return lines

    def _broken_line(self, text: bytes, error: Exception) -> None:
        if not text.strip():
            return
        try:
            kind = msgspec.json.decode(text, type=Probe).kind
        except _BAD:
            kind = ""
        if kind and kind not in KINDS:
            self.skipped += 1
            return
        self._tell(f"line {self._line_number:,}: {str(error)[:120]}")
        self._broken += 1
        if self._broken > MOST_BROKEN:
            raise RecordingBroken(
                f"{self.path} has more than {MOST_BROKEN:,} lines that do not read.",
                "The file is not what it says it is.",
            )

    def _tell(self, sentence: str) -> None:
        if len(self.damage) < DAMAGE_TOLD:
            self.damage.append(sentence)

    def _hear_damage(self) -> None:
        for sentence in self._bytes.damage:
            self._tell(sentence)
        self._bytes.damage.clear()

    def _first_header(self) -> Header:
        """Read the first line; a header lost to damage is made up for if others can be read."""
        self._refuse_empty()
        for block in self._bytes.blocks():
            if block is HOLE:
                continue
            first = block.split(b"\n", 1)[0]
            header = _header_in(first)
            if header is not None:
                return _checked(header, self.path)
            if self._bytes.damage and self._decode_singly(block, after_hole=True):
                return Header(FORMAT, VERSION, note="the header was lost to damage")
            break
        if self._bytes.damage and self._bytes.is_zstd:
            raise RecordingBroken(
                f"nothing can be read of {self.path}: {self._bytes.damage[0]}.",
                "If there is another copy, use that one.",
            )
        raise RecordingBroken(
            f"{self.path} is not a pmterm recording.",
            "A recording is a .ndjson.zst file made by `pmterm record` or `watch --record`.",
        )

    def _refuse_empty(self) -> None:
        try:
            if self.path.is_dir():
                raise RecordingBroken(f"{self.path} is a folder.", "Name a file in it.")
            is_empty = self.path.stat().st_size == 0
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecordingBroken(f"{self.path}: {reason}.") from error
        if is_empty:
            raise RecordingBroken(f"{self.path} is empty.", "Nothing was recorded into it.")

    def _marks(self) -> list[Mark]:
        marks: list[Mark] = []
        if self.is_packed:
            for span, head in self._bytes.spans():
                at = _first_time(head)
                if at >= 0:
                    marks.append(Mark(at, span.start))
        return marks or [Mark(0, 0)]


def _header_in(text: bytes) -> Header | None:
    try:
        return msgspec.json.decode(text, type=Header)
    except _BAD:
        return None


def _checked(header: Header, path: Path) -> Header:
    if header.format != FORMAT:
        raise RecordingBroken(
            f"{path} is of another format ({header.format[:40]!r}).",
            "Only pmterm recordings can be played.",
        )
    if header.version > VERSION:
        raise RecordingBroken(
            f"{path} has format version {header.version}; this pmterm reads up to {VERSION}.",
            "Update pmterm to play it.",
        )
    return header


def _first_time(head: bytes) -> Ns:
    for text in head.split(b"\n"):
        try:
            stamp = msgspec.json.decode(text, type=Stamp)
        except _BAD:
            continue
        if stamp.at >= 0:
            return stamp.at
    return -1
