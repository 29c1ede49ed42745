"""Unpacks a recording piece by piece, in bounded memory, over and past damage."""

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

import zstandard

from pmterm.model.errors import RecordingBroken
from pmterm.model.text import counted
from pmterm.store.zstd_frames import MAGIC, Span, find_magic, measure

PIECE: Final = 256 * 1024
HOLD: Final = 1024 * 1024  # a frame up to this size is handed out only once its checksum agrees
WINDOW_MAX: Final = 128 * 1024 * 1024
LINE_MAX: Final = 64 * 1024 * 1024
HOLE: Final = None  # stands in the stream where bytes were lost


class RecordingBytes:
    """The unpacked bytes of one file, as blocks of whole lines; what was damaged is told.

    `damage` holds one sentence per hole, in file order. A frame that fails is left out, and
    reading goes on at the next one. A frame larger than 1 MiB unpacked is handed out while it is
    read, so what came before its damage is kept, and the sentence says it is not proven.
    `is_zstd` tells whether the file begins as a zstd frame does, `is_packed` whether it is taken
    for compressed, `frames` and `unpacked` what the last reading came across.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage: list[str] = []
        self.frames = 0
        self.unpacked = 0
        self.is_packed = False
        self.is_zstd = False

    def blocks(self, start: int = 0) -> Iterator[bytes | None]:
        """Yield blocks of whole lines from byte `start` of the file on; None where a hole is.

        Raises:
            RecordingBroken: a line is longer than 64 MiB, or the file cannot be read.
        """
        self.damage.clear()
        self.frames = self.unpacked = 0
        try:
            with self.path.open("rb") as file:
                yield from self._whole_lines(self._pieces(file, start))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise RecordingBroken(f"{self.path}: {reason}.") from error

    def spans(self) -> Iterator[tuple[Span, bytes]]:
        """Yield every sound-looking frame and the first bytes in it (64 kB at most)."""
        with self.path.open("rb") as file:
            size = file.seek(0, 2)
            position = find_magic(file, 0, size)
            while position < size:
                span = measure(file, position, size)
                if span is None or not span.is_whole:
                    position = find_magic(file, position + 4, size)
                    continue
                position = span.end
                if not span.is_skippable:
                    yield span, _head(file, span)

    def _whole_lines(self, pieces: Iterator[bytes | None]) -> Iterator[bytes | None]:
        carry: list[bytes] = []
        carried = 0
        for piece in pieces:
            if piece is HOLE:
                carry, carried = [], 0
                yield HOLE
                continue
            cut = piece.rfind(b"\n") + 1
            carried += len(piece)
            if carried - (len(piece) - cut if cut else 0) > LINE_MAX + PIECE:
                hint = "No venue sends such frames; the file is not what it says it is."
                raise RecordingBroken(f"{self.path} has a line of more than 64 MiB.", hint)
            if not cut:
                carry.append(piece)
                continue
            yield b"".join([*carry, piece[:cut]])
            carry, carried = [piece[cut:]], len(piece) - cut
        if carried:
            yield b"".join(carry)

    def _pieces(self, file: BinaryIO, start: int) -> Iterator[bytes | None]:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(4)
        self.is_zstd = head == MAGIC
        self.is_packed = not head.lstrip().startswith(b"{")
        if not self.is_packed:
            file.seek(start)
            while piece := file.read(PIECE):
                self.unpacked += len(piece)
                yield piece
            return
        position = start
        while position < size:
            span = measure(file, position, size)
            if span is None:
                next_at = find_magic(file, position, size)
                self.damage.append(
                    f"{_at(position)}: {counted(next_at - position, 'byte')} of no zstd frame"
                )
                yield HOLE
                position = next_at
            else:
                position = yield from self._frame(file, span, size)

    def _frame(self, file: BinaryIO, span: Span, size: int) -> Generator[bytes | None, None, int]:
        """Yield what one frame holds; return where the next may begin."""
        if span.is_skippable:
            return span.end
        resume = span.end if span.is_whole else find_magic(file, span.start + 4, size)
        before = self.unpacked
        try:
            for piece in _held(_unpack(file, Span(span.start, resume, is_whole=span.is_whole))):
                self.unpacked += len(piece)
                yield piece
        except zstandard.ZstdError as error:
            resume = find_magic(file, span.start + 4, size)
            kept = self.unpacked - before
            fate = f"{counted(kept, 'byte')} before it kept, not proven" if kept else "left out"
            self.damage.append(
                f"{_at(span.start)}: {counted(resume - span.start, 'packed byte')} damaged "
                f"({error}); {fate}"
            )
            yield HOLE
            return resume
        self.frames += 1
        if not span.is_whole:
            where = "at the end" if resume == size else "and written after"
            self.damage.append(
                f"{_at(span.start)}: cut short {where}; "
                f"{counted(self.unpacked - before, 'byte')} of it could still be read"
            )
            yield HOLE
        return resume


class _Slice:
    """The bytes of a span, as the unpacker wants to read them."""

    def __init__(self, file: BinaryIO, span: Span) -> None:
        self._file = file
        self._at = span.start
        self._end = span.end

    def read(self, count: int = -1) -> bytes:
        """Return up to `count` bytes, nothing at the end of the span."""
        left = self._end - self._at
        self._file.seek(self._at)
        piece = self._file.read(left if count < 0 else min(count, left))
        self._at += len(piece)
        return piece


def _unpack(file: BinaryIO, span: Span) -> Iterator[bytes]:
    unpacker = zstandard.ZstdDecompressor(max_window_size=WINDOW_MAX)
    source: Any = _Slice(file, span)  # it asks for `read` alone, its stubs for a whole IO
    with unpacker.stream_reader(source, read_size=64 * 1024) as reader:
        while piece := reader.read(PIECE):
            yield piece


def _held(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Pass pieces on, the first 1 MiB of them only after more came or all went well."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        size += len(piece)
        held.append(piece)
        if size > HOLD:
            yield from held
            held = []
    yield from held


def _head(file: BinaryIO, span: Span) -> bytes:
    try:
        return next(_unpack(file, span), b"")[: 64 * 1024]
    except zstandard.ZstdError:
        return b""


def _at(position: int) -> str:
    return f"byte {position:,}"
