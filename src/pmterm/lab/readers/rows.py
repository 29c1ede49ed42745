"""What the readers of other people's tables share: rows, times, numbers, books of best prices."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import zstandard

from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, BookSnapshot
from pmterm.model.errors import RecordingBroken
from pmterm.model.ids import MarketId
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND, Ns, Price, Qty

LONGEST_GAP: Final[Ns] = 10 * SECOND  # a longer one between two rows, and the book was lost
Row = dict[str, str]


def rows(path: Path) -> Iterator[Row]:
    """Yield the rows of a CSV file, packed with zstd or not, by column name.

    Raises:
        RecordingBroken: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            raw = zstandard.ZstdDecompressor().stream_reader(file) if _is_packed(path) else file
            yield from csv.DictReader(io.TextIOWrapper(raw, encoding="utf-8", newline=""))
    except (OSError, zstandard.ZstdError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingBroken(f"{path.name}: {error}.") from error


def time_of(text: str, hours: int = 0) -> Ns:
    """Read an ISO time without a zone; it is `hours` behind UTC."""
    moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    micros = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // datetime.resolution
    return micros * 1_000 + hours * 3_600 * SECOND


def price_of(text: str) -> Price:
    """Read dollars, float noise and all; an empty text is 0."""
    return round(float(text or 0) * PRICE_ONE)


def qty_of(text: str) -> Qty:
    """Read contracts, signed; an empty text is 0."""
    return round(float(text or 0) * QTY_ONE)


class Best:
    """Books of which only the best level of either side was recorded, once a second or so."""

    def __init__(self) -> None:
        self._last: dict[MarketId, Ns] = {}

    def is_back_in_time(self, market: MarketId, at: Ns) -> bool:
        """Tell whether a row is older than one before it; such rows are left out."""
        return at < self._last.get(market, 0)

    def said(
        self,
        market: MarketId,
        at: Ns,
        bid: tuple[Price, Qty],
        ask: tuple[Price, Qty],
    ) -> Iterator[Message]:
        """Yield what a row means; a price of 0 or 1, or no size, is a side without anybody."""
        last = self._last.get(market, at)
        if at - last > LONGEST_GAP:
            yield BookLost(last + LONGEST_GAP, market, "nothing was recorded")
        self._last[market] = at
        yield BookSnapshot(at, at, market, _level(bid), _level(ask))


def _level(level: tuple[Price, Qty]) -> tuple[tuple[Price, Qty], ...]:
    price, qty = level
    return (level,) if 0 < price < PRICE_ONE and qty > 0 else ()


def _is_packed(path: Path) -> bool:
    return path.suffix == ".zst"
