"""The encrypted key file: accounts under a passphrase, in a folder that is its owner's alone."""

from pathlib import Path
from typing import Final

from pmterm.config.accounts import Account, Listed, listed, pack, unpack
from pmterm.config.passphrase import Passphrases
from pmterm.config.private_file import private_folder, read_private, write_private
from pmterm.config.sealed import COST, Sealed, WrongPassphraseError, seal, take_apart, unseal
from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret


class Vault:
    """A key file. Its passphrase is asked for once, when it is first needed."""

    place: Final = "encrypted file"

    def __init__(self, path: Path, passphrases: Passphrases, *, cost: int = COST) -> None:
        self._path = path
        self._passphrases = passphrases
        self._cost = cost
        self._opened_with: Secret | None = None

    def listed(self) -> tuple[Listed, ...]:
        """Return what may be shown of the accounts in it, without asking for the passphrase.

        Raises:
            CredentialsWrong: the file is not safe, or damaged.
        """
        sealed = self._sealed()
        return sealed.header.accounts if sealed is not None else ()

    def read(self) -> tuple[Account, ...]:
        """Return the accounts in it; none if there is no file.

        Raises:
            CredentialsWrong: the file is not safe, or damaged, or the passphrase is wrong.
        """
        sealed = self._sealed()
        return unpack(self._unsealed(sealed)) if sealed is not None else ()

    def write(self, accounts: tuple[Account, ...]) -> None:
        """Put these accounts in place of those in it; a new file asks for a new passphrase.

        Raises:
            CredentialsWrong: it cannot be written; the old file is as it was.
        """
        if self._opened_with is None:
            self._opened_with = self._passphrases.new(f"A passphrase for {self._path}")
        shown = tuple(listed(account) for account in accounts)
        data = seal(pack(accounts), self._opened_with, shown, cost=self._cost)
        with private_folder(self._path.parent, makes=True) as folder:
            write_private(self._path, data, folder=folder)

    def _sealed(self) -> Sealed | None:
        if not self._path.parent.exists():
            return None
        with private_folder(self._path.parent, makes=False) as folder:
            if not (self._path.exists() or self._path.is_symlink()):
                return None
            return take_apart(read_private(self._path, folder=folder), str(self._path))

    def _unsealed(self, sealed: Sealed) -> bytes:
        if self._opened_with is not None:
            return unseal(sealed, self._opened_with)
        for passphrase in self._passphrases.known(f"Passphrase for {self._path}"):
            try:
                text = unseal(sealed, passphrase)
            except WrongPassphraseError:
                continue
            self._opened_with = passphrase
            return text
        raise CredentialsWrong(
            "the passphrase is wrong.",
            f"{self._path} is whole: nothing is lost. Try again; without it the keys inside cannot "
            "be read by anybody, and must be added again.",
        )
