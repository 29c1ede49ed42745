"""Opens files that only their owner may read, and never through a symbolic link."""

import errno
import fcntl
import os
import stat
from pathlib import Path

from pmterm.model.errors import StoreBroken

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class AlreadyLocked(Exception):
    """Another process holds the lock; `pid` is its number, as far as it is known."""

    def __init__(self, pid: str) -> None:
        super().__init__(pid)
        self.pid = pid


def private_folder(path: Path) -> None:
    """Make a folder for its owner alone (0700), parents too; one that exists is left as it is.

    Raises:
        StoreBroken: it cannot be made, or something else stands there.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise broken(path, error) from error


def open_private(path: Path, flags: int) -> int:
    """Open `path` with `flags` and return the descriptor; a new file gets mode 0600.

    Raises:
        StoreBroken: a symbolic link or no plain file stands there, or the system says no.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except OSError as error:
        if error.errno == errno.ELOOP:
            hint = "Remove the link or name another file."
            raise StoreBroken(f"{path} is a symbolic link.", hint) from error
        raise broken(path, error) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise StoreBroken(f"{path} is not a plain file.", "Name another file.")
    return descriptor


def lock_alone(path: Path) -> int:
    """Take a lock file and return its descriptor; the system lets go of it when the process ends.

    Raises:
        AlreadyLocked: another process has it.
        StoreBroken: as `open_private`.
    """
    descriptor = open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        pid = os.pread(descriptor, 20, 0).decode("ascii", "replace").strip() or "not known"
        os.close(descriptor)
        raise AlreadyLocked(pid) from error
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def broken(path: Path, error: OSError) -> StoreBroken:
    """Put a system error about `path` into words."""
    if error.errno in _FULL:
        return StoreBroken(
            f"the disk is full ({path}).", "Free some space; nothing written before is lost."
        )
    reason = (error.strerror or str(error)).lower()
    return StoreBroken(f"{path}: {reason}.", "Check that the folder exists and is yours to write.")
