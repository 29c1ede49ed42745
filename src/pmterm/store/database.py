"""Opens the store: one SQLite file, one writer, one thread for it, and readers beside it."""

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Final, Self, TypeVar

from pmterm.model.errors import StoreBroken
from pmterm.store.private_files import (
    AlreadyLocked,
    lock_alone,
    open_private,
    private_folder,
)

T = TypeVar("T")

APPLICATION_ID: Final = 0x706D7472  # "pmtr"
VERSION: Final = 4
_STEPS: Final = (
    "schema.sql",
    "schema_2.sql",
    "schema_3.sql",
    "schema_4.sql",
)  # step n leads from version n to n + 1
BUSY_S: Final = 1.0  # how long a write waits for another program's lock before it is refused
TIDY_EVERY: Final = 100  # writes; then the log of pages is folded into the file, some milliseconds
LOG_PAGES: Final = 8_000  # 32 MB; a write folds it itself only if it has grown to this all the same
QUICK_S: Final = 0.002  # a disk that takes longer is not waited for where the screen waits too
PROVING: Final = 5  # quick writes in a row before a disk counts as quick
WHOLE_CHECK_BYTES: Final = 32 * 1024 * 1024  # a tenth of a second
_MONEY_TABLES: Final = ("journal", "orders", "fills", "positions", "system_state")
_FRESH: Final = "Move it away; pmterm then starts with an empty store."


class Pace:
    """Whether the disk has been quick of late: at first, and after each slow write, it is not."""

    def __init__(self) -> None:
        self._to_prove = PROVING

    @property
    def is_quick(self) -> bool:
        """Whether the next write can be expected to take no longer than `QUICK_S`."""
        return not self._to_prove

    def took(self, seconds: float) -> None:
        """A write took so long."""
        self._to_prove = PROVING if seconds > QUICK_S else max(0, self._to_prove - 1)


class Database:
    """The store's file. Work is a function of a connection, run whole on a thread of its own.

    A thread costs a quarter of a millisecond, and several where the loop is busy. A small write on
    a disk that has been quick of late takes as long as that in all, so it is done on the spot.

    Writes run one after another, each in one transaction with `synchronous=FULL`: when `write`
    returns, it is on disk. A caller that is cancelled while it waits cannot leave a transaction
    half done: the work either runs to its end or never begins. Reads see the last committed state
    and never hold a write up. One process at a time may open a store for writing (a lock file
    beside it); readers may come at any time.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.is_read_only = read_only
        self._is_closed = False
        self._writes = 0
        self._lock = -1
        self._connection: sqlite3.Connection | None = None
        self._reader: sqlite3.Connection | None = None
        self._writing = ThreadPoolExecutor(1, "pmterm-store")
        self._turn = threading.Lock()  # who holds it has the connection
        self._pace = Pace()
        self._time: Callable[[], float] = asyncio.get_running_loop().time
        self._reading = ThreadPoolExecutor(1, "pmterm-store-read")

    @classmethod
    async def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open the store, making it if it is not there, and bring its tables up to date.

        Raises:
            StoreBroken: another pmterm has it, it is damaged, no store, of a later version, or
                (read only) not there.
        """
        database = cls(path, read_only=read_only)
        loop = asyncio.get_running_loop()
        async with contextlib.AsyncExitStack() as undo:
            undo.push_async_callback(database.close)
            if read_only:
                await loop.run_in_executor(database._reading, database._open_reader)
            else:
                await loop.run_in_executor(database._writing, database._open_writer)
            undo.pop_all()
        return database

    async def __aenter__(self) -> Self:
        """Hand out the open store."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close."""
        await self.close()

    async def write(self, work: Callable[[sqlite3.Connection], T], *, is_small: bool = False) -> T:
        """Run `work` in one transaction; return when it is on disk.

        `is_small`: it writes a few rows, and is urgent.

        Raises:
            StoreBroken: the disk is full or fails, or another program locks the file. Nothing of
                `work` was kept then, and the next write may be tried.
        """
        self._refuse_closed()
        run = self._paced if is_small else self._transaction
        if is_small and self._pace.is_quick and self._turn.acquire(blocking=False):
            try:
                result = run(work)
            finally:
                self._turn.release()
        else:
            loop = asyncio.get_running_loop()
            result = await loop.run_in_executor(self._writing, self._in_turn, lambda: run(work))
        self._writes += 1
        if self._writes % TIDY_EVERY == 0 and not self._is_closed:
            self._writing.submit(self._in_turn, self._tidy)
        return result

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` on what is committed.

        Raises:
            StoreBroken: the file is damaged or gone.
        """
        self._refuse_closed()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._reading, lambda: self._look(work))

    async def close(self) -> None:
        """Wait for what is under way, and let go of the file; a second call does nothing."""
        self._is_closed = True
        await asyncio.shield(asyncio.to_thread(self._close))

    def _refuse_closed(self) -> None:
        if self._is_closed:
            raise StoreBroken(f"{self.path} is closed.")

    def _close(self) -> None:
        for executor, connection in (
            (self._reading, self._reader),
            (self._writing, self._connection),
        ):
            if connection is not None:
                with contextlib.suppress(RuntimeError):  # shut down before
                    executor.submit(connection.close).result()
            executor.shutdown()
        self._reader = self._connection = None
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _in_turn(self, work: Callable[[], T]) -> T:
        with self._turn:
            return work()

    def _paced(self, work: Callable[[sqlite3.Connection], T]) -> T:
        start = self._time()
        try:
            return self._transaction(work)
        finally:
            self._pace.took(self._time() - start)

    def _transaction(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._connection is None:
            raise StoreBroken(f"{self.path} is not open for writing.")
        connection = self._connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                result = work(connection)
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:  # it did not come to the commit
                    with contextlib.suppress(sqlite3.Error):
                        connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise in_words(self.path, error) from error
        return result

    def _tidy(self) -> None:
        """Fold the log into the file, so that no write has to, which an order may wait for."""
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):  # the next write will say what is wrong
                self._connection.execute("PRAGMA wal_checkpoint").fetchone()

    def _look(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return work(self._reader or self._open_reader())
        except sqlite3.Error as error:
            raise in_words(self.path, error) from error

    def _open_reader(self) -> sqlite3.Connection:
        if not self.path.is_file():
            raise StoreBroken(f"there is no store at {self.path} yet.", "Run pmterm watch first.")
        try:
            uri = f"{self.path.resolve().as_uri()}?mode=ro"
            self._reader = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_S)
            version = _version(self._reader, self.path)
        except sqlite3.Error as error:
            raise in_words(self.path, error) from error
        if version < VERSION:
            hint = "Start pmterm watch once; it brings the store up to date."
            raise StoreBroken(f"{self.path} was made by an older pmterm.", hint)
        return self._reader

    def _open_writer(self) -> None:
        private_folder(self.path.parent)
        self._lock = _locked(self.path)
        os.close(open_private(self.path, os.O_RDWR | os.O_CREAT))
        try:
            self._connection = sqlite3.connect(  # one thread at a time: `_turn`
                self.path, isolation_level=None, timeout=BUSY_S, check_same_thread=False
            )
            version = _version(self._connection, self.path)
            self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            self._connection.execute("PRAGMA synchronous = FULL")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_PAGES}").fetchone()
            self._connection.execute("PRAGMA foreign_keys = ON")
            _check(self._connection, self.path)
            _migrate(self._connection, version)
        except sqlite3.Error as error:
            raise in_words(self.path, error) from error


def _locked(path: Path) -> int:
    """Take the lock beside the store."""
    try:
        return lock_alone(path.with_name(path.name + ".lock"))
    except AlreadyLocked as taken:
        hint = "Close it, or give this one its own store with --store."
        who = f"another pmterm uses this store (pid {taken.pid}): {path}."
        raise StoreBroken(who, hint) from taken


def _version(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of the tables, 0 for a new file; refuse what is not for this code."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (tables or version or application):
        raise StoreBroken(f"{path} is a database of another program.", "Name another file.")
    if version > VERSION:
        raise StoreBroken(
            f"{path} has version {version}; this pmterm knows up to {VERSION}.",
            "Update pmterm, or name another store. Nothing was changed.",
        )
    return int(version)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    """Look for damage: everywhere in a small store, in the tables of money in a large one."""
    if path.stat().st_size <= WHOLE_CHECK_BYTES:
        checks = ["PRAGMA quick_check(1)"]
    else:
        checks = [f"PRAGMA quick_check({table})" for table in _MONEY_TABLES]
    for check in checks:
        (verdict,) = connection.execute(check).fetchone()
        if verdict != "ok":
            words = str(verdict).splitlines()[-1][:120]
            raise StoreBroken(f"{path} is damaged ({words}).", f"Nothing was changed. {_FRESH}")


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring the tables up to date, each step whole or not at all."""
    for step in range(version, VERSION):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migration(step)}\nPRAGMA application_id = {APPLICATION_ID};\n"
            f"PRAGMA user_version = {step + 1};\nCOMMIT;"
        )


def migration(step: int) -> str:
    """Return the SQL that leads from version `step` to the next; from 0 it is the first schema."""
    if not 0 <= step < len(_STEPS):
        msg = f"no migration from version {step}"
        raise ValueError(msg)
    return resources.files("pmterm.store").joinpath(_STEPS[step]).read_text("utf-8")


def in_words(path: Path, error: sqlite3.Error) -> StoreBroken:
    """Put what SQLite says into words for the person at the keyboard."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            hint = "Free some space; nothing written before is lost."
            return StoreBroken(f"the disk is full ({path}).", hint)
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN:
            hint = "Check that the file and its folder are yours to write."
            return StoreBroken(f"{path} cannot be written ({error}).", hint)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            hint = "Close the program that has it open."
            return StoreBroken(f"{path} is locked by another program.", hint)
        case sqlite3.SQLITE_IOERR:
            hint = "Check the disk and its free space."
            return StoreBroken(f"{path} cannot be read or written ({error}).", hint)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreBroken(f"{path} is damaged or no store ({error}).", _FRESH)
        case _:
            return StoreBroken(f"{path}: {error}.")
