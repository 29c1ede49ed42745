"""Questions about past sessions, answered row by row in the order things happened."""

import sqlite3
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, TypeVar

import msgspec

from pmterm.model.units import Cash, Ns, Price, Qty
from pmterm.store.database import Database

BATCH: Final = 2_000


class TradeRow(msgspec.Struct, frozen=True, gc=False):
    """A trade of others, from the tape."""

    session: str
    market: str
    at: Ns
    venue_at: Ns
    price: Price
    qty: Qty
    taker: str
    trade_id: str


class FillRow(msgspec.Struct, frozen=True, gc=False):
    """A fill of ours."""

    session: str
    market: str
    at: Ns
    id: str
    order: str
    side: str
    price: Price
    qty: Qty
    fee: Cash
    is_maker: bool
    venue_at: Ns
    origin: str


class SignalRow(msgspec.Struct, frozen=True, gc=False):
    """A signal and, once known, what became of it (`ended_at` 0: not yet)."""

    session: str
    market: str
    at: Ns
    id: str
    kind: str
    advice: str
    score: int
    mid2: int
    before2: int
    best_bid: Price
    best_ask: Price
    expected: Price
    reasons: str
    ended_at: Ns
    reverted: bool
    after: Ns
    best: Price
    worst: Price
    net: Cash
    is_known: bool
    is_whole: bool


class SnapshotRow(msgspec.Struct, frozen=True, gc=False):
    """A market at one instant. `traded` is contracts since the snapshot before."""

    session: str
    market: str
    at: Ns
    best_bid: Price
    best_ask: Price
    bid_qty: Qty
    ask_qty: Qty
    bid_depth: Cash
    ask_depth: Cash
    last: Price
    traded: Qty
    is_trusted: bool


Row = TradeRow | FillRow | SignalRow | SnapshotRow
RowT = TypeVar("RowT", TradeRow, FillRow, SignalRow, SnapshotRow)

# Each select gives a rowid to go on from, then the fields of its struct in order.
_SELECTS: Final[dict[type[Any], str]] = {
    TradeRow: "SELECT t.rowid, session, market, at, venue_at, price, qty, taker, trade_id"
    " FROM trades t",
    FillRow: "SELECT t.rowid, t.session, t.market, t.at, t.id, t.order_id, t.side, t.price, t.qty,"
    " t.fee, t.is_maker, t.venue_at, coalesce(o.origin, '')"
    " FROM (SELECT rowid, * FROM fills WHERE state <> 'failed') t"
    " LEFT JOIN orders o ON o.id = t.order_id",
    SignalRow: "SELECT t.rowid, t.session, t.market, t.at, t.id, t.kind, t.advice, t.score, t.mid2,"
    " t.before2, t.best_bid, t.best_ask, t.expected, t.reasons, coalesce(e.at, 0),"
    " coalesce(e.reverted, 0), coalesce(e.after, 0), coalesce(e.best, 0), coalesce(e.worst, 0),"
    " coalesce(e.net, 0), coalesce(e.is_known, 0), coalesce(e.is_whole, 0)"
    " FROM signals t LEFT JOIN signal_outcomes e ON e.session = t.session AND e.id = t.id",
    SnapshotRow: "SELECT t.rowid, session, market, at, best_bid, best_ask, bid_qty, ask_qty,"
    " bid_depth, ask_depth, last, traded, is_trusted FROM snapshots t",
}
_FLAGS: Final = frozenset({"is_maker", "is_trusted", "is_known", "is_whole", "reverted"})


class Choice(msgspec.Struct, frozen=True):
    """Which rows: of one session, one market, times in `since` <= at < `until`; 0 and "": any."""

    session: str = ""
    market: str = ""
    since: Ns = 0
    until: Ns = 0


EVERYTHING: Final = Choice()


class History:
    """Reads the store without holding up whoever writes it.

    Every method raises StoreBroken if the file is damaged or gone.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def trades(self, choice: Choice = EVERYTHING) -> list[TradeRow]:
        """Return trades of the tape."""
        return [row async for row in self.rows(TradeRow, choice)]

    async def fills(self, choice: Choice = EVERYTHING) -> list[FillRow]:
        """Return our fills."""
        return [row async for row in self.rows(FillRow, choice)]

    async def signals(self, choice: Choice = EVERYTHING) -> list[SignalRow]:
        """Return signals, each with its outcome."""
        return [row async for row in self.rows(SignalRow, choice)]

    async def snapshots(self, choice: Choice = EVERYTHING) -> list[SnapshotRow]:
        """Return snapshots; a long stretch is better read with `rows`."""
        return [row async for row in self.rows(SnapshotRow, choice)]

    async def rows(self, kind: type[RowT], choice: Choice = EVERYTHING) -> AsyncIterator[RowT]:
        """Yield rows of one kind in the order they were kept, in bounded memory."""
        after = 0
        while True:
            found = await self._database.read(_batch(kind, choice, after))
            for values in found:
                yield _row(kind, values)
            if len(found) < BATCH:
                return
            after = found[-1][0]


def _batch(
    kind: type[Any], choice: Choice, after: int
) -> Callable[[sqlite3.Connection], list[tuple[Any, ...]]]:
    clauses = ["t.rowid > ?"]
    values: list[Any] = [after]
    for clause, value in (
        ("t.session = ?", choice.session),
        ("t.market = ?", choice.market),
        ("t.at >= ?", choice.since),
        ("t.at < ?", choice.until),
    ):
        if value:
            clauses.append(clause)
            values.append(value)
    sql = f"{_SELECTS[kind]} WHERE {' AND '.join(clauses)} ORDER BY t.rowid LIMIT {BATCH}"

    def work(connection: sqlite3.Connection) -> list[tuple[Any, ...]]:
        return connection.execute(sql, values).fetchall()

    return work


def _row(kind: type[RowT], values: tuple[Any, ...]) -> RowT:
    cells: list[Any] = [
        bool(value) if name in _FLAGS else value
        for name, value in zip(kind.__struct_fields__, values[1:], strict=True)
    ]
    return kind(*cells)
