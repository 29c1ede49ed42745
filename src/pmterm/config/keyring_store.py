"""The system's keyring as a place for accounts; only those that hide what they are given."""

import importlib
from typing import Final, Protocol

from pmterm.config.accounts import Account, Listed, listed, pack, unpack
from pmterm.model.errors import CredentialsWrong
from pmterm.model.text import clean_text

SERVICE: Final = "pmterm"
ENTRY: Final = "accounts"
# The keyrings of the systems themselves. All others are refused: "null" forgets, "fail" fails,
# "plaintext" writes keys for everybody to read, and of what a plug-in does nothing is known.
_TRUSTED: Final = {
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
}
_MISCONFIGURED: Final = (ImportError, AttributeError, TypeError, ValueError, RuntimeError, OSError)
_CHAIN: Final = "keyring.backends.chainer"


class Backend(Protocol):
    """What is used of a `keyring` backend."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry's text."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write an entry's text."""


class Keyring:
    """Accounts in the system's keyring: one entry, so that a change is all of it or nothing."""

    place: Final = "keyring"

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def listed(self) -> tuple[Listed, ...]:
        """Return what may be shown of the accounts in it. Raises CredentialsWrong, as `read`."""
        return tuple(listed(account) for account in self.read())

    def read(self) -> tuple[Account, ...]:
        """Return the accounts in it.

        Raises:
            CredentialsWrong: it is locked or broken.
        """
        try:
            text = self._backend.get_password(SERVICE, ENTRY)
        except _errors() as error:
            raise _broken(error) from None
        return unpack(text.encode()) if text else ()

    def write(self, accounts: tuple[Account, ...]) -> None:
        """Put these accounts in place of those in it, and read them back.

        Raises:
            CredentialsWrong: it is locked or broken, or did not keep them.
        """
        try:
            self._backend.set_password(SERVICE, ENTRY, pack(accounts).decode())
        except _errors() as error:
            raise _broken(error) from None
        if self.read() != accounts:
            raise CredentialsWrong(
                "the keyring did not keep what it was given.", "Use the encrypted file: --file."
            )


def system_keyring() -> Keyring | None:
    """Return the system's keyring; None if there is none that hides what it is given."""
    import keyring  # noqa: PLC0415 - 100 ms, which only those wait for who need keys

    try:
        chosen = keyring.get_keyring()
    except _MISCONFIGURED:
        return None  # its own settings name a keyring that is not there
    chain = list(getattr(chosen, "backends", ())) if _module(chosen) == _CHAIN else [chosen]
    trusted = [backend for backend in chain if _module(backend) in _TRUSTED]
    return Keyring(trusted[0]) if trusted else None


def _module(backend: object) -> str:
    return type(backend).__module__


def _errors() -> tuple[type[Exception], ...]:
    """Return what a backend may raise: the library does not wrap all of its helpers' errors."""
    kinds: list[type[Exception]] = [OSError, RuntimeError]
    for module, name in (
        ("keyring.errors", "KeyringError"),
        ("secretstorage.exceptions", "SecretStorageException"),
        ("jeepney.wrappers", "DBusErrorResponse"),
    ):
        try:
            kinds.append(getattr(importlib.import_module(module), name))
        except ImportError:
            continue
    return tuple(kinds)


def _broken(error: Exception) -> CredentialsWrong:
    told = clean_text(str(error), 120) or type(error).__name__
    return CredentialsWrong(
        f"the system's keyring cannot be used: {told}.",
        "Unlock it and try again, or keep keys in the encrypted file: --file.",
    )
