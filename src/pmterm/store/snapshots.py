"""Market data for later: every book twice a second, every trade of the tape, for some days."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

from pmterm.messages.base import Message
from pmterm.messages.feed import BookChanged, TouchSeen, TradeSeen
from pmterm.messages.health import Heartbeat
from pmterm.model.errors import StoreBroken
from pmterm.model.ids import MarketId
from pmterm.model.units import SECOND, Ns, Price, Qty
from pmterm.store.database import Database

STILL: Final[Ns] = 60 * SECOND  # a book unchanged for so long is kept once in so long
GATHERED_MAX: Final = 100_000  # rows in memory while the disk will not have them
STEP_ROWS: Final = 2_000  # rows written or deleted in one transaction: some milliseconds

_Row = tuple[Any, ...]


class _Market:
    """What the next snapshot of one market will say."""

    __slots__ = ("book", "kept_at", "last", "traded")

    def __init__(self) -> None:
        self.book: BookChanged | None = None
        self.kept_at: Ns = 0
        self.last: Price = 0
        self.traded: Qty = 0


class Snapshots:
    """Listens to the engine and gathers rows; `write` brings them to disk in small batches.

    A snapshot is taken at every Heartbeat (500 ms of message time) for each market that has a
    book; one whose book has stood still for a minute is kept once a minute. While the disk
    refuses, the oldest rows are let go of beyond 100 000 and counted in `dropped`: market data
    gives way, trading does not.
    """

    def __init__(self, database: Database, session: str) -> None:
        self.session = session
        self.dropped = 0
        self._database = database
        self._markets: dict[MarketId, _Market] = {}
        self._snapshots: list[_Row] = []
        self._trades: list[_Row] = []

    def listens(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """What the engine should tell."""
        return {
            BookChanged: self._changed,
            TradeSeen: self._traded,
            TouchSeen: self._touched,
            Heartbeat: self._beat,
        }

    @property
    def gathered(self) -> int:
        """Rows that wait to be written."""
        return len(self._snapshots) + len(self._trades)

    async def write(self) -> int:
        """Bring what has gathered to disk; return how many rows that were.

        Raises:
            StoreBroken: the disk refused; what was not written is still gathered.
        """
        written = 0
        for rows, sql in ((self._snapshots, _INSERT_SNAPSHOT), (self._trades, _INSERT_TRADE)):
            while rows:
                batch = rows[:STEP_ROWS]
                del rows[: len(batch)]  # before waiting: more is gathered meanwhile
                try:
                    await self._database.write(_inserts(sql, batch))
                except StoreBroken:
                    rows[:0] = batch
                    raise
                written += len(batch)
        return written

    async def retire(self, before: Ns) -> int:
        """Delete snapshots and trades of a time before `before`, in small steps; return how many.

        Raises:
            StoreBroken: the disk refused.
        """
        deleted = 0
        for sql in (_DELETE_SNAPSHOTS, _DELETE_TRADES):
            while count := await self._database.write(_deletes(sql, before)):
                deleted += count
        return deleted

    def _changed(self, said: BookChanged) -> None:
        market = self._markets.get(said.market)
        if market is None:
            market = self._markets[said.market] = _Market()
        market.book = said

    def _traded(self, said: TradeSeen) -> None:
        market = self._markets.setdefault(said.market, _Market())
        market.last = said.price
        market.traded += said.qty
        self._trades.append(
            (
                self.session,
                said.market,
                said.at,
                said.venue_at,
                said.price,
                said.qty,
                said.taker,
                said.trade_id,
            )
        )

    def _touched(self, said: TouchSeen) -> None:
        if said.last:
            self._markets.setdefault(said.market, _Market()).last = said.last

    def _beat(self, said: Heartbeat) -> None:
        at = said.at
        for name, market in self._markets.items():
            book = market.book
            if book is None or (
                at - book.at > STILL and at - market.kept_at < STILL and not market.traded
            ):
                continue
            market.kept_at = at
            self._snapshots.append(
                (
                    self.session,
                    name,
                    at,
                    book.best_bid,
                    book.best_ask,
                    book.bid_qty,
                    book.ask_qty,
                    book.bid_depth,
                    book.ask_depth,
                    market.last,
                    market.traded,
                    book.is_trusted,
                )
            )
            market.traded = 0
        self._let_go(self._snapshots)
        self._let_go(self._trades)

    def _let_go(self, rows: list[_Row]) -> None:
        over = len(rows) - GATHERED_MAX
        if over > 0:
            del rows[:over]
            self.dropped += over


_INSERT_SNAPSHOT = "INSERT INTO snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_TRADE = "INSERT INTO trades VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_DELETE_SNAPSHOTS = (
    "DELETE FROM snapshots WHERE rowid IN (SELECT rowid FROM snapshots WHERE at < ? LIMIT ?)"
)
_DELETE_TRADES = "DELETE FROM trades WHERE rowid IN (SELECT rowid FROM trades WHERE at < ? LIMIT ?)"


def _inserts(sql: str, rows: list[_Row]) -> Callable[[sqlite3.Connection], None]:
    def work(connection: sqlite3.Connection) -> None:
        connection.executemany(sql, rows)

    return work


def _deletes(sql: str, before: Ns) -> Callable[[sqlite3.Connection], int]:
    def work(connection: sqlite3.Connection) -> int:
        return connection.execute(sql, (before, STEP_ROWS)).rowcount

    return work
