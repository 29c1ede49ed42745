"""Finds zstd frames in a file by hopping over their block headers, without unpacking them.

Source: RFC 8878, sections 3.1.1 (frames and blocks) and 3.1.2 (skippable frames).
"""

from typing import BinaryIO, Final, NamedTuple

MAGIC: Final = b"\x28\xb5\x2f\xfd"
_SKIPPABLE = range(0x184D2A50, 0x184D2A60)
_BLOCK_MAX: Final = 128 * 1024
_RESERVED, _RLE = 3, 1
_SCAN: Final = 256 * 1024


class Span(NamedTuple):
    """A stretch of a file: from `start` up to, not including, `end`.

    `is_whole` false: its blocks run past the end of the file or make no sense.
    """

    start: int
    end: int
    is_whole: bool
    is_skippable: bool = False


def measure(file: BinaryIO, start: int, size: int) -> Span | None:
    """Return the frame that begins at `start` of a file of `size` bytes, None if none does."""
    file.seek(start)
    head = file.read(18)
    if not MAGIC.startswith(head[:4]):
        return _skippable(head, start, size)
    if len(head) < 6:
        return Span(start, size, is_whole=False)
    descriptor = head[4]
    if descriptor & 0b1000:  # reserved, must be 0
        return Span(start, size, is_whole=False)
    position = start + 5 + _header_rest(descriptor)
    while True:
        file.seek(position)
        block = int.from_bytes(raw := file.read(3), "little")
        kind, length = (block >> 1) & 3, block >> 3
        if len(raw) < 3 or kind == _RESERVED or length > _BLOCK_MAX:
            return Span(start, size, is_whole=False)
        position += 3 + (1 if kind == _RLE else length)
        if position > size:
            return Span(start, size, is_whole=False)
        if block & 1:
            break
    end = position + (4 if descriptor & 0b100 else 0)
    return Span(start, min(end, size), is_whole=end <= size)


def find_magic(file: BinaryIO, start: int, size: int) -> int:
    """Return where the next zstd frame may begin at or after `start`; `size` if nowhere."""
    position = start
    while position < size:
        file.seek(position)
        piece = file.read(_SCAN)
        found = piece.find(MAGIC)
        if found >= 0:
            return position + found
        if len(piece) < _SCAN:
            break
        position += len(piece) - 3  # the magic may lie across two pieces
    return size


def _header_rest(descriptor: int) -> int:
    """Return how many header bytes follow the descriptor."""
    is_single = bool(descriptor & 0b10_0000)
    window = 0 if is_single else 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    content_size = (1 if is_single else 0, 2, 4, 8)[descriptor >> 6]
    return window + dictionary + content_size


def _skippable(head: bytes, start: int, size: int) -> Span | None:
    if int.from_bytes(head[:4], "little") not in _SKIPPABLE or len(head) < 8:
        return None
    end = start + 8 + int.from_bytes(head[4:8], "little")
    return Span(start, min(end, size), is_whole=end <= size, is_skippable=True)
