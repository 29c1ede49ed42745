"""Past signals with what became of them, what stood when they fired, and whose they were."""

import sqlite3
from typing import Any, Final

import msgspec

from pmterm.messages.accounts import MADE_UP
from pmterm.model.units import Cash, Ns, Price
from pmterm.store.database import Database


class CaseRow(msgspec.Struct, frozen=True, gc=False):
    """One signal of one session, and its market; units as in `SignalSeen` and `SignalEnded`.

    `mode` and `rules` are its session's, `rules` "" where nobody noted them. `venue`, `category`
    and `event` are its market's as last seen, "" where that was never told. Not `is_whole`: it was
    not followed to the end of its time (book lost, market or session ended), or nobody noted that;
    such a signal counts in no rate.
    """

    session: str
    mode: str
    rules: str
    id: str
    at: Ns
    market: str
    venue: str
    category: str
    event: str
    kind: str
    advice: str
    score: int
    mid2: int
    before2: int
    volume_ratio: int
    depth_ratio: int
    spread_ratio: int
    change_ppm: int
    imbalance_ppm: int
    spread: Price
    ready_s: int
    volatility: Cash
    ended_at: Ns
    reverted: bool
    after: Ns
    best: Price
    worst: Price
    net: Cash
    is_whole: bool

    @property
    def is_made_up(self) -> bool:
        """Whether it is known to be of the demo, or of a local exchange."""
        return self.rules.endswith(MADE_UP)


class FirstSeen(msgspec.Struct, frozen=True):
    """When signals were first found with these rules."""

    rules: str
    at: Ns


_CASES: Final = (
    "SELECT t.session, coalesce(s.mode, ''), coalesce(s.rules, ''), t.id, t.at, t.market,"
    " coalesce(m.venue, ''), coalesce(m.category, ''), coalesce(m.event, ''), t.kind, t.advice,"
    " t.score, t.mid2, t.before2, t.volume_ratio, t.depth_ratio, t.spread_ratio, t.change_ppm,"
    " t.imbalance_ppm, t.spread, t.ready_s, t.volatility, coalesce(e.at, 0),"
    " coalesce(e.reverted, 0), coalesce(e.after, 0), coalesce(e.best, 0), coalesce(e.worst, 0),"
    " coalesce(e.net, 0), coalesce(e.is_whole, 0)"
    " FROM signals t LEFT JOIN signal_outcomes e ON e.session = t.session AND e.id = t.id"
    " LEFT JOIN sessions s ON s.session = t.session LEFT JOIN markets m ON m.market = t.market"
    " ORDER BY t.at, t.session, t.id"
)
_FLAGS: Final = frozenset({"reverted", "is_whole"})


async def past_cases(database: Database) -> list[CaseRow]:
    """Return every signal the store holds, in order of time.

    Raises:
        StoreBroken: the store cannot be read.
    """
    return await database.read(lambda connection: [_row(each) for each in _all(connection)])


async def rules_since(database: Database) -> list[FirstSeen]:
    """Return which rules sessions ran with, and since when.

    Raises:
        StoreBroken: the store cannot be read.
    """

    def work(connection: sqlite3.Connection) -> list[FirstSeen]:
        found = connection.execute(
            "SELECT rules, min(started_at) FROM sessions WHERE rules <> '' GROUP BY rules"
        )
        return [FirstSeen(*values) for values in found]

    return await database.read(work)


def _all(connection: sqlite3.Connection) -> sqlite3.Cursor:
    return connection.execute(_CASES)


def _row(values: tuple[Any, ...]) -> CaseRow:
    names = CaseRow.__struct_fields__
    cells: list[Any] = [
        bool(value) if name in _FLAGS else value for name, value in zip(names, values, strict=True)
    ]
    return CaseRow(*cells)
