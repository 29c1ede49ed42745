"""One writer per account: a file lock that the system takes back however the writer ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from pmterm.model.errors import StoreBroken
from pmterm.store.private_files import open_private


class WriterLock:
    """Holds `<store>.lock` while entered; whoever comes second is told who holds it.

    The lock is the system's, not the file's: a killed writer leaves the file and no lock.
    """

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(store.name + ".lock")
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            StoreBroken: another pmterm trades with this store, or the file cannot be made.
        """
        descriptor = open_private(self._path, os.O_RDWR | os.O_CREAT)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "?"
            os.close(descriptor)
            raise StoreBroken(
                f"another pmterm (process {holder}) trades with this account.",
                "Two would not know of each other's orders. Leave that one first, or watch "
                "without --live.",
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let the lock go."""
        os.close(self._descriptor)
        self._descriptor = -1
