"""Files that only their owner may read: opened without following links, checked, put in whole."""

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret

LARGEST: Final = 64 * 1024
_ONLY_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def read_secret(path: Path) -> Secret:
    """Read a text file that is its owner's alone.

    Raises:
        CredentialsWrong: missing, a symbolic link, not a plain file, another user's, readable by
            others, empty, too large, or not text; with what to do about it.
    """
    data = read_private(path)
    if not data.strip():
        raise CredentialsWrong(f"{path} is empty.", "Download the key again.")
    try:
        return Secret(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise CredentialsWrong(
            f"{path} is not a text file.", "A key file begins with -----BEGIN."
        ) from None


def read_private(path: Path, *, folder: int | None = None) -> bytes:
    """Return what is in a file that is its owner's alone.

    `folder` is the descriptor of the folder it is in, if that was opened and checked before.

    Raises:
        CredentialsWrong: as `read_secret` says, but for its contents.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    name = path if folder is None else Path(path.name)
    try:
        descriptor = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        _check_file(path, os.fstat(descriptor))
        return os.read(descriptor, LARGEST)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def private_folder(path: Path, *, makes: bool) -> Iterator[int]:
    """Open a folder that is its owner's alone (0700) and give its descriptor.

    Raises:
        CredentialsWrong: missing (unless `makes`), a link, another user's, or open to others.
    """
    try:
        if makes:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, _ONLY_FOLDER)
    except OSError as error:
        raise _cannot(path, error) from error
    try:
        _check_owner(path, os.fstat(descriptor), "700")
        yield descriptor
    finally:
        os.close(descriptor)


def write_private(path: Path, data: bytes, *, folder: int) -> None:
    """Put a file (0600) in place of the one that was there: all of it or nothing, and on the disk.

    Raises:
        CredentialsWrong: the disk is full or the system says no; the old file is as it was.
    """
    new = f"{path.name}.new"
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(new, dir_fd=folder)  # left by a run that was killed
        descriptor = os.open(new, _NEW, 0o600, dir_fd=folder)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(new, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(new, dir_fd=folder)
        raise _cannot(path, error) from error


def _check_file(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CredentialsWrong(f"{path} is not a plain file.", "Name the key file itself.")
    _check_owner(path, status, "600")
    if status.st_size > LARGEST:
        raise CredentialsWrong(f"{path} is too large for a key.", "Check the path of the key file.")


def _check_owner(path: Path, status: os.stat_result, wanted: str) -> None:
    if status.st_uid != os.geteuid():
        raise CredentialsWrong(f"{path} belongs to another user.", "Copy it and own the copy.")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise CredentialsWrong(
            f"{path} can be read by others (mode {mode:03o}).", f"Run: chmod {wanted} '{path}'"
        )


def _cannot(path: Path, error: OSError) -> CredentialsWrong:
    if path.is_symlink():
        return CredentialsWrong(f"{path} is a symbolic link.", "Name the file itself.")
    reason = (error.strerror or str(error)).lower()
    return CredentialsWrong(f"{path}: {reason}.", "Check the path of the key file.")
