"""Keys, read from files that only their owner can read; never shown, stored or copied."""

import hmac
import os
import stat
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from pmterm.config.sections import KalshiAccount
from pmterm.model.errors import CredentialsWrong

_KEY_FILE_MAX: Final = 64 * 1024


class Secret:
    """A text that shows itself to no one but who calls `reveal`.

    No repr, format, log line, JSON, msgspec encoding, pickle or copy contains it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; hold it no longer than needed."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return format("***", spec)

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(
            self._text.encode(), other._text.encode()
        )

    __hash__ = None  # type: ignore[assignment]  # no table of secrets

    def __reduce_ex__(self, _: object) -> NoReturn:
        msg = "a secret is not pickled or copied"
        raise TypeError(msg)


class KalshiKey(msgspec.Struct, frozen=True):
    """What signs requests to Kalshi: the key's public name, and its private half as PEM."""

    key_id: str
    pem: Secret


def kalshi_key(account: KalshiAccount) -> KalshiKey | None:
    """Return the key of the settings, None if none is set.

    Raises:
        CredentialsWrong: one half of it is missing, or its file cannot be used.
    """
    if not account.key_id and not account.key_file:
        return None
    if not account.key_file:
        raise CredentialsWrong(
            "a Kalshi key id is set, but no key file.",
            "Set kalshi.key_file (or PMTERM_KALSHI_KEY_FILE) to the private key you downloaded.",
        )
    if not account.key_id:
        raise CredentialsWrong(
            "a Kalshi key file is set, but no key id.",
            "Set kalshi.key_id (or PMTERM_KALSHI_KEY_ID); Kalshi shows it beside the key.",
        )
    return KalshiKey(account.key_id, read_secret(Path(account.key_file).expanduser()))


def read_secret(path: Path) -> Secret:
    """Read a file that is its owner's alone.

    Raises:
        CredentialsWrong: missing, a symbolic link, not a plain file, another user's, readable by
            others, empty, too large, or not text; with what to do about it.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            hint = "Name the file itself."
            raise CredentialsWrong(f"{path} is a symbolic link.", hint) from error
        reason = (error.strerror or str(error)).lower()
        raise CredentialsWrong(f"{path}: {reason}.", "Check the path of the key file.") from error
    try:
        _check(path, os.fstat(descriptor))
        data = os.read(descriptor, _KEY_FILE_MAX)
    finally:
        os.close(descriptor)
    if not data.strip():
        raise CredentialsWrong(f"{path} is empty.", "Download the key again.")
    try:
        return Secret(data.decode("ascii"))
    except UnicodeDecodeError:
        raise CredentialsWrong(
            f"{path} is not a text file.", "A key file begins with -----BEGIN."
        ) from None


def _check(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise CredentialsWrong(f"{path} is not a plain file.", "Name the key file itself.")
    if status.st_uid != os.geteuid():
        raise CredentialsWrong(f"{path} belongs to another user.", "Copy it and own the copy.")
    if status.st_mode & 0o077:
        mode = stat.S_IMODE(status.st_mode)
        raise CredentialsWrong(
            f"{path} can be read by others (mode {mode:03o}).", f"Run: chmod 600 '{path}'"
        )
    if status.st_size > _KEY_FILE_MAX:
        raise CredentialsWrong(f"{path} is too large for a key.", "Check the path of the key file.")
