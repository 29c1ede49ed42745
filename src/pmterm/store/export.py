"""Writes what the store holds as CSV or JSON lines, for spreadsheets and for programs.

Prices, sizes and money are plain decimals in dollars and contracts, times ISO 8601 in UTC to the
nanosecond, a time not told is empty (CSV) or null (JSON).
"""

import csv
import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, TextIO

import msgspec

from pmterm.model.units import SECOND, Ns, fixed_text, price_text
from pmterm.store.database import Database
from pmterm.store.history import (
    EVERYTHING,
    Choice,
    FillRow,
    History,
    SignalRow,
    SnapshotRow,
    TradeRow,
)


class Table(StrEnum):
    """What can be exported."""

    TRADES = "trades"
    FILLS = "fills"
    SIGNALS = "signals"
    SNAPSHOTS = "snapshots"


class Format(StrEnum):
    """How it is written."""

    CSV = "csv"
    JSONL = "jsonl"


def time_text(at: Ns) -> str:
    """Write a time as ISO 8601 in UTC with nanoseconds; 0 (not told) as nothing."""
    if not at:
        return ""
    second, rest = divmod(at, SECOND)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


def _money(value: int) -> str:
    return fixed_text(value, 6, at_least=2)


def _qty(value: int) -> str:
    return fixed_text(value, 6)


def _mid(value: int) -> str:
    """Write a doubled mid, in 1e-4 USD, as the mid it stands for."""
    return fixed_text(value * 5, 5, at_least=2)


_WRITE: Final[dict[str, Callable[[int], str]]] = {
    "at": time_text,
    "venue_at": time_text,
    "ended_at": time_text,
    "price": price_text,
    "best_bid": price_text,
    "best_ask": price_text,
    "expected": price_text,
    "last": price_text,
    "best": price_text,
    "worst": price_text,
    "qty": _qty,
    "bid_qty": _qty,
    "ask_qty": _qty,
    "traded": _qty,
    "fee": _money,
    "net": _money,
    "bid_depth": _money,
    "ask_depth": _money,
    "score": _qty,  # millionths as a decimal, like sizes
    "mid2": _mid,
    "before2": _mid,
    "after": lambda ns: fixed_text(ns, 9),
}
_NAMES: Final = {"mid2": "mid", "before2": "mid_before", "after": "after_s"}
_ROWS: Final[dict[Table, type[Any]]] = {
    Table.TRADES: TradeRow,
    Table.FILLS: FillRow,
    Table.SIGNALS: SignalRow,
    Table.SNAPSHOTS: SnapshotRow,
}
_FORMULA = re.compile(r"[=+\-@\t\r]")


async def export(
    database: Database, table: Table, form: Format, stream: TextIO, choice: Choice = EVERYTHING
) -> int:
    """Write the chosen rows of `table` to `stream`, return how many there were.

    CSV begins with a line of column names; a text that a spreadsheet would take for a formula is
    led by an apostrophe. Memory stays bounded however many rows there are.

    Raises:
        StoreBroken: the store cannot be read.
        OSError: the stream cannot be written.
    """
    kind = _ROWS[table]
    fields = kind.__struct_fields__
    names = [_NAMES.get(field, field) for field in fields]
    write = _csv_writer(stream, names) if form is Format.CSV else _jsonl_writer(stream, names)
    count = 0
    async for row in History(database).rows(kind, choice):
        write([_cell(field, getattr(row, field)) for field in fields])
        count += 1
    return count


def _cell(field: str, value: Any) -> Any:
    writer = _WRITE.get(field)
    return value if writer is None else writer(value) or None


def _csv_writer(stream: TextIO, names: list[str]) -> Callable[[list[Any]], None]:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    is_text = [name not in _WRITE and name not in _NAMES.values() for name in names]

    def write(cells: list[Any]) -> None:
        writer.writerow(
            [_inert(cell) if text else cell for cell, text in zip(cells, is_text, strict=True)]
        )

    return write


def _inert(cell: Any) -> Any:
    """Keep a spreadsheet from running a text from outside; numbers of ours pass as they are."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return cell


def _jsonl_writer(stream: TextIO, names: list[str]) -> Callable[[list[Any]], None]:
    encode = msgspec.json.Encoder().encode

    def write(cells: list[Any]) -> None:
        stream.write(encode(dict(zip(names, cells, strict=True))).decode() + "\n")

    return write
