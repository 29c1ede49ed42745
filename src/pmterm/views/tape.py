"""The tape: what traded lately."""

from collections import deque

import msgspec

from pmterm.messages.feed import TradeSeen
from pmterm.model.order import Side
from pmterm.model.units import Ns, Price, Qty

KEPT = 200


class TapeRow(msgspec.Struct, frozen=True):
    """One trade; `taker` is the side that crossed the spread, on the YES scale."""

    at: Ns
    price: Price
    qty: Qty
    taker: Side
    is_block: bool = False


class Tape:
    """The last trades of one market, newest first."""

    __slots__ = ("_rows", "_shown")

    def __init__(self) -> None:
        self._rows: deque[TapeRow] = deque(maxlen=KEPT)
        self._shown: tuple[TapeRow, ...] | None = ()

    def add(self, trade: TradeSeen) -> None:
        """Keep one trade."""
        row = TapeRow(trade.at, trade.price, trade.qty, trade.taker, trade.is_block)
        self._rows.appendleft(row)
        self._shown = None

    def view(self) -> tuple[TapeRow, ...]:
        """Return the trades, newest first."""
        if self._shown is None:
            self._shown = tuple(self._rows)
        return self._shown
