"""The journal: every message that must survive, durable before it is acted on, read in order."""

import hashlib
import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias, get_args

import msgspec

from pmterm.messages.accounts import BalanceSeen, MarketSettled, PositionChanged, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    AcceptVenue,
    AmendTicket,
    Arm,
    CancelAll,
    CancelMarket,
    CancelOrder,
    ChangeLimit,
    CloseAll,
    ClosePosition,
    Disarm,
    Halt,
    Panic,
    Reduce,
    Resume,
    SubmitTicket,
)
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    OrderTimed,
    Reconciled,
)
from pmterm.messages.orders import (
    AmendOrder,
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    Intent,
    JournalFailed,
    LimitChanged,
    OrderAdopted,
    OrderKnown,
    OrderNamed,
    OrderReport,
    PlaceOrder,
    PlanMoved,
    PlanStarted,
    Refused,
    WithdrawOrder,
)
from pmterm.messages.signals import SignalEnded, SignalRejected, SignalSeen
from pmterm.messages.strategy import (
    ExitFired,
    Exits,
    ExitsGone,
    ModeSet,
    RecordKnown,
    SetExits,
    SetMode,
    StrategyFailed,
    Suggested,
    TagGame,
    TakeSuggestion,
)
from pmterm.model.errors import StoreBroken
from pmterm.model.units import Ns
from pmterm.store.database import Database
from pmterm.store.projections import project

Journaled: TypeAlias = (
    SessionStarted
    | MarketSeen
    | MarketSettled
    | SubmitTicket
    | AmendTicket
    | CancelOrder
    | CancelMarket
    | CancelAll
    | ClosePosition
    | CloseAll
    | Panic
    | Halt
    | Reduce
    | Resume
    | Intent
    | Refused
    | Approved
    | PlaceOrder
    | AmendOrder
    | WithdrawOrder
    | OrderReport
    | Fill
    | GateChanged
    | JournalFailed
    | SignalSeen
    | SignalRejected
    | SignalEnded
    | PositionChanged
    | BalanceSeen
    | Arm
    | Disarm
    | AcceptVenue
    | AccountSeen
    | Armed
    | Disarmed
    | CashSeen
    | HoldingDiffers
    | HoldingAdjusted
    | Reconciled
    | OrderTimed
    | OrderNamed
    | OrderKnown
    | OrderAdopted
    | FillMoved
    | PlanStarted
    | PlanMoved
    | SetMode
    | ModeSet
    | RecordKnown
    | SetExits
    | Exits
    | ExitFired
    | ExitsGone
    | Suggested
    | TakeSuggestion
    | TagGame
    | StrategyFailed
    | ChangeLimit
    | LimitChanged
)
JOURNALED: Final[tuple[type[Message], ...]] = get_args(Journaled)

# What a replay must come to again. What the person asked for is its input, and a disk that failed
# on the evening itself does not fail again. A venue's own words come to no replay. What a broken
# strategy said is in the words of one Python; that it is off is decided.
DECISIONS: Final = frozenset(JOURNALED) - {
    SessionStarted, MarketSeen, JournalFailed, SubmitTicket, AmendTicket, CancelOrder,
    CancelMarket, CancelAll, ClosePosition, CloseAll, Panic, Halt, Reduce, Resume, Arm, Disarm,
    AcceptVenue, AccountSeen, Armed, Disarmed, CashSeen, HoldingDiffers, HoldingAdjusted,
    Reconciled, OrderTimed, OrderNamed, OrderKnown, OrderAdopted, FillMoved, SetMode, SetExits,
    TakeSuggestion, TagGame, RecordKnown, StrategyFailed, ChangeLimit,
}  # fmt: skip

SMALL: Final = 32  # messages; an order leads to five, a disk that failed for a while to many
_KINDS: Final = frozenset(JOURNALED)
_SELECT = "SELECT seq, session, at, type, body, crc FROM journal"


class Journal:
    """Appends messages to the store and reads them back.

    Rows belong to the session of the last SessionStarted appended (`session`, "" before any).
    """

    def __init__(self, database: Database, session: str = "") -> None:
        self.session = session
        self._database = database
        self._encode = msgspec.json.Encoder().encode

    async def append(self, messages: Sequence[Message]) -> None:
        """Return when all of `messages` are on disk, in this order, in one transaction.

        Raises:
            StoreBroken: none of them is; the journal stays usable and may be tried again.
            TypeError: a message is of a type that is not journaled.
        """
        if not messages:
            return
        rows: list[tuple[str, Message, bytes]] = []
        session = self.session
        for message in messages:
            if type(message) not in _KINDS:
                msg = f"{type(message).__name__} is not journaled"
                raise TypeError(msg)
            if type(message) is SessionStarted:
                session = message.session
            rows.append((session, message, self._encode(message)))
        is_small = len(rows) <= SMALL
        await self._database.write(lambda connection: _insert(connection, rows), is_small=is_small)
        self.session = session

    async def read(self, session: str | None = None, before: Ns | None = None) -> list[Message]:
        """Return messages in the order they were appended.

        Of one session, or of all; `before` leaves out those of that time (Unix ns) or later.

        Raises:
            StoreBroken: a row is missing, changed or not understood.
        """
        clauses: list[str] = []
        values: list[Any] = []
        if session is not None:
            clauses.append("session = ?")
            values.append(session)
        if before is not None:
            clauses.append("at < ?")
            values.append(before)
        where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
        sql = f"{_SELECT}{where} ORDER BY seq"
        is_whole = not clauses
        return await self._database.read(
            lambda connection: _messages(connection.execute(sql, values), is_whole=is_whole)
        )


def decisions_hash(messages: Iterable[Message]) -> str:
    """Return a SHA-256 over the decisions among `messages`, so that a replay can be compared."""
    digest = hashlib.sha256()
    encode = msgspec.json.Encoder().encode
    for message in messages:
        if type(message) in DECISIONS:
            digest.update(encode(message))
            digest.update(b"\n")
    return digest.hexdigest()


def _insert(connection: sqlite3.Connection, rows: list[tuple[str, Message, bytes]]) -> None:
    (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM journal").fetchone()
    connection.executemany(
        "INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?)",
        [_row(seq, *row) for seq, row in enumerate(rows, last + 1)],
    )
    for session, message, _ in rows:
        project(connection, session, message)
    session, message, _ = rows[-1]
    connection.execute(
        "UPDATE sessions SET last_at = max(last_at, ?) WHERE session = ?", (message.at, session)
    )


def _row(seq: int, session: str, message: Message, body: bytes) -> tuple[Any, ...]:
    at, kind = message.at, type(message).__name__
    return seq, session, at, kind, body, _crc(seq, session, at, kind, body)


def _messages(rows: Iterable[tuple[Any, ...]], *, is_whole: bool) -> list[Message]:
    decode = msgspec.json.Decoder(Journaled).decode
    messages: list[Message] = []
    expected = 1
    for seq, session, at, kind, body, crc in rows:
        if is_whole and seq != expected:
            raise _damaged(expected, "is missing")
        expected = seq + 1
        if crc != _crc(seq, session, at, kind, body):
            raise _damaged(seq, "was changed")
        try:
            messages.append(decode(body))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise _damaged(seq, f"of type {kind} is not understood ({error})") from error
    return messages


def _damaged(seq: int, words: str) -> StoreBroken:
    return StoreBroken(
        f"row {seq:,} of the journal {words}.",
        "Positions cannot be trusted: restore a copy, or move the store away to start afresh.",
    )


def _crc(seq: int, session: str, at: Ns, kind: str, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{seq} {session} {at} {kind} ".encode()))
