"""A file of columns: a header that says what is in it, numbers, and a digest over all of it.

Layout: magic, length of the header (4 bytes, little endian), header (JSON), one zstd frame that
holds every column one after the other. Nothing in it is ever run or unpickled.
"""

import contextlib
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray

Column: TypeAlias = NDArray[Any]
MAGIC: Final = b"pmterm columns 1\n"
LEVEL: Final = 3
LARGEST: Final = 16 << 30  # bytes that a file may unpack to
_TYPES: Final = frozenset({"|u1", "<u2", "<i2", "<u4", "<i4", "<i8", "<f8"})


class ColumnsDamaged(Exception):
    """A file of columns is not one, was cut or changed, or belongs to something else."""


class _Plan(msgspec.Struct, frozen=True):
    """A column: its name, numpy's word for its type, and how many values it has."""

    name: str
    type: str
    count: int


class _Head(msgspec.Struct, frozen=True):
    """What a file holds; `digest` is the SHA-256 of the packed body."""

    key: str
    digest: str
    plans: tuple[_Plan, ...]


def write_columns(path: Path, key: str, columns: Mapping[str, Column]) -> None:
    """Write columns to `path` at once or not at all; `key` says what they belong to.

    Raises:
        OSError: the disk will not have it.
    """
    body = b"".join(np.ascontiguousarray(column).tobytes() for column in columns.values())
    packed = zstandard.ZstdCompressor(level=LEVEL, write_content_size=True).compress(body)
    plans = tuple(_Plan(n, c.dtype.str, len(c)) for n, c in columns.items())
    head = msgspec.json.encode(_Head(key, hashlib.sha256(packed).hexdigest(), plans))
    parts = (MAGIC, _frame(head), packed)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(parts)
        part.replace(path)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


def read_columns(path: Path, key: str) -> dict[str, Column]:
    """Read all columns of a file that belongs to `key`.

    Raises:
        ColumnsDamaged: it is none, was changed, or belongs to something else.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    head, packed = _unframed(data)
    if head.key != key:
        raise ColumnsDamaged("it was made from something else, or by another version")
    if hashlib.sha256(packed).hexdigest() != head.digest:
        raise ColumnsDamaged("it was changed or cut")
    sizes = [_size(plan) for plan in head.plans]
    try:
        body = zstandard.ZstdDecompressor().decompress(packed, max_output_size=sum(sizes))
    except zstandard.ZstdError as error:
        raise ColumnsDamaged(f"it does not unpack: {error}") from error
    if len(body) != sum(sizes):
        raise ColumnsDamaged("its columns are of another length")
    columns: dict[str, Column] = {}
    start = 0
    for plan, size in zip(head.plans, sizes, strict=True):
        columns[plan.name] = np.frombuffer(body, plan.type, plan.count, start)
        start += size
    return columns


def _frame(head: bytes) -> bytes:
    """Put length and digest before a header, so that a flipped bit in it is found too."""
    return len(head).to_bytes(4, "little") + hashlib.sha256(head).digest() + head


def _unframed(data: bytes) -> tuple[_Head, bytes]:
    start = len(MAGIC) + 36
    if not data.startswith(MAGIC) or len(data) < start:
        raise ColumnsDamaged("it is no file of columns")
    size = int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "little")
    head = data[start : start + size]
    if hashlib.sha256(head).digest() != data[len(MAGIC) + 4 : start]:
        raise ColumnsDamaged("its header was changed or cut")
    try:
        return msgspec.json.decode(head, type=_Head), data[start + size :]
    except msgspec.MsgspecError as error:
        raise ColumnsDamaged(f"its header does not read: {error}") from error


def _size(plan: _Plan) -> int:
    if plan.type not in _TYPES or not 0 <= plan.count <= LARGEST:
        raise ColumnsDamaged(f"column {plan.name} is of no known type")
    return np.dtype(plan.type).itemsize * plan.count
