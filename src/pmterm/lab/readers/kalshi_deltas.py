"""Kalshi's basketball games as order-book deltas without whole snapshots, and their trades.

Columns as in github.com/SagnikBhadra/Arbitrage-Betting, Kalshi_<team>.csv (no licence). Only the
best level of a snapshot was kept, so what stood deeper is not known until it moves. A level is
counted from 0 and never below: what is shown is then at most what stood, and the best prices are
never better than they were. The recorder's own best prices are wrong in stretches and not read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pmterm.lab.readers.rows import LONGEST_GAP, Row, price_of, qty_of, rows, time_of
from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, BookSnapshot, LevelSet, MarketSeen, TradeSeen
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price, Qty

FEES: Final = FeeSchedule(FeeKind.KALSHI, 70_000, 0)  # docs, fee_rounding, read 2026-10
# Which teams met, by the recorder's file names.
GAMES: Final = {
    "MIA": "MIA-MIN", "MIN": "MIA-MIN", "NYK": "NYK-PHI", "PHI": "NYK-PHI",
    "ATL": "ATL-TOR", "TOR": "ATL-TOR", "CHA_JAN07_WIN": "TOR-CHA JAN07",
    "TOR_JAN07_WIN": "TOR-CHA JAN07", "LAC_JAN07_WIN": "LAC-NYK JAN07",
    "NYK_JAN07_WIN": "LAC-NYK JAN07", "BKN_JAN07_WIN": "BKN-ORL JAN07",
    "ORL_JAN07_WIN": "BKN-ORL JAN07",
}  # fmt: skip


def read(path: Path) -> Iterator[Message]:
    """Yield what the table says of one team's market."""
    return _Table(path).said()


def market_of(path: Path) -> Market:
    """Return what is known of the market of a table."""
    team = path.name.partition(".")[0].removeprefix("Kalshi_")
    return Market(
        id=MarketId(team),
        venue=Venue.KALSHI,
        title=f"{team} to win",
        outcomes=(Outcome("Yes"), Outcome("No")),
        event=GAMES.get(team, team),
        category="sports",
        fees=FEES,
    )


class _Table:
    """One file, read from its beginning."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._market = market_of(path)
        self._book: dict[tuple[Side, Price], Qty] = {}
        self._first: list[tuple[Side, Price, Qty]] = []
        self._at: Ns = 0

    def said(self) -> Iterator[Message]:
        for row in rows(self._path):
            if row["event_type"] == "book":
                self._first.append((_side(row), price_of(row["price"]), qty_of(row["size"])))
                continue
            yield from self._passed(_time(row))
            if row["event_type"] == "price_change":
                yield self._moved(row)
            elif row["event_type"] == "last_trade_price" and self._book:
                yield self._traded(row)

    def _passed(self, at: Ns) -> Iterator[Message]:
        """Let time pass; whole-second times of trades never step it back."""
        begun = self._at
        self._at = max(at, begun)
        if not begun:
            yield MarketSeen(self._at, self._market)
        elif self._at - begun > LONGEST_GAP:
            yield BookLost(begun + LONGEST_GAP, self._market.id, "nothing was recorded")
            if not self._first:
                yield self._snapshot()
        if self._first:
            self._book = {(side, price): qty for side, price, qty in self._first if qty > 0}
            self._first.clear()
            yield self._snapshot()

    def _snapshot(self) -> Message:
        levels = [(side, price, qty) for (side, price), qty in self._book.items() if qty]
        bids = tuple((price, qty) for side, price, qty in levels if side is Side.BUY)
        asks = tuple((price, qty) for side, price, qty in levels if side is Side.SELL)
        return BookSnapshot(self._at, self._at, self._market.id, bids, asks)

    def _moved(self, row: Row) -> Message:
        key = _side(row), price_of(row["price"])
        qty = self._book[key] = max(0, self._book.get(key, 0) + qty_of(row["size"]))
        return LevelSet(self._at, self._at, self._market.id, key[0], key[1], qty)

    def _traded(self, row: Row) -> Message:
        price = min(max(price_of(row["price"]), 1), PRICE_ONE - 1)
        qty = abs(qty_of(row["size"]))
        return TradeSeen(self._at, self._at, self._market.id, price, qty, _side(row))


def _side(row: Row) -> Side:
    return Side.BUY if row["side"] == "BUY" else Side.SELL


def _time(row: Row) -> Ns:
    text = row["timestamp"]
    return int(text) * SECOND if text.isdigit() else time_of(text)
