"""The accounts of this user: in the system's keyring, else an encrypted file, environment last."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from pmterm.config import environment, paths
from pmterm.config.accounts import (
    MAIN,
    Account,
    KalshiKey,
    Listed,
    PolymarketAccount,
    home_of,
    listed,
    venue_of,
)
from pmterm.config.given_keys import SETTINGS, given_accounts, kalshi_key
from pmterm.config.hardening import harden
from pmterm.config.keyring_store import system_keyring
from pmterm.config.passphrase import Passphrases
from pmterm.config.private_file import read_secret
from pmterm.config.settings import Settings
from pmterm.config.vault import Vault
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret

__all__ = [
    "Account",
    "KalshiKey",
    "Keys",
    "PolymarketAccount",
    "Secret",
    "kalshi_key",
    "load_accounts",
    "read_secret",
]


class Place(Protocol):
    """Where accounts are kept. Every method raises CredentialsWrong with words for the user."""

    @property
    def place(self) -> str:
        """What the place is called."""

    def listed(self) -> tuple[Listed, ...]:
        """Return what may be shown, without unlocking if that can be."""

    def read(self) -> tuple[Account, ...]:
        """Return the accounts in it."""

    def write(self, accounts: tuple[Account, ...]) -> None:
        """Put these accounts in place of those in it."""


class Keys:
    """All places where accounts are kept.

    A key file that the settings name goes first, since somebody named it; then the places in their
    order; what stood in the environment last. `given` accounts are used and listed, and neither
    changed nor removed here. `troubles` says which places could not be looked into.
    """

    def __init__(self, places: Sequence[Place], given: Mapping[str, Sequence[Account]]) -> None:
        self._places = places
        self._given = given
        self.troubles: list[CredentialsWrong] = []

    def listed(self) -> list[Listed]:
        """Return what may be shown of every account, in the order in which they are looked for."""
        self.troubles.clear()
        given = [listed(one, where) for where, some in self._given.items() for one in some]
        first = [row for row in given if row.place == SETTINGS]
        last = [row for row in given if row.place != SETTINGS]
        return [*first, *self._kept(), *last]

    def find(self, venue: Venue, home: str, name: str = "") -> Account | None:
        """Return the account of that venue and home; None if there is none.

        Without a name: the one called "main", else the only one.

        Raises:
            CredentialsWrong: several could be meant, or the place cannot be read.
        """
        rows = [row for row in self.listed() if (row.venue, row.home) == (venue, home)]
        if not rows and self.troubles:
            raise self.troubles[0]
        names = dict.fromkeys(row.name for row in rows)
        if not name and len(names) > 1 and MAIN not in names:
            raise CredentialsWrong(
                f"there are several {venue} accounts for {home}: {', '.join(names)}.",
                "Say which: --account NAME.",
            )
        wanted = name or (MAIN if MAIN in names else next(iter(names), ""))
        chosen = next((row for row in rows if row.name == wanted), None)
        return self._get(chosen) if chosen is not None else None

    def add(self, account: Account, *, in_file: bool = False) -> str:
        """Keep an account, in place of one with its venue, home and name; say where it is kept.

        It goes into the first place there is, the keyring mostly, or into the last, the file.

        Raises:
            CredentialsWrong: the place cannot be read or written; nothing was changed.
        """
        place = self._places[-1 if in_file else 0]
        others = tuple(one for one in place.read() if _id(one) != _id(account))
        place.write((*others, account))
        for row in self._kept():  # the same one elsewhere would be found instead of this
            if _id_of(row) == _id(account) and row.place != place.place:
                self.remove(row)
        return place.place

    def remove(self, row: Listed) -> bool:
        """Take an account out of where it is kept; False if it is not there.

        Raises:
            CredentialsWrong: the place cannot be read or written; nothing was changed.
        """
        for place in self._places:
            if place.place != row.place:
                continue
            before = place.read()
            after = tuple(one for one in before if _id(one) != _id_of(row))
            if len(after) < len(before):
                place.write(after)
                return True
        return False

    def _kept(self) -> list[Listed]:
        rows: list[Listed] = []
        for place in self._places:
            try:
                found = place.listed()
            except CredentialsWrong as trouble:
                self.troubles.append(trouble)
                continue
            rows += [msgspec.structs.replace(row, place=place.place) for row in found]
        return rows

    def _get(self, row: Listed) -> Account | None:
        here = self._given.get(row.place, ())
        for place in self._places:
            if place.place == row.place:
                here = place.read()
        return next((one for one in here if _id(one) == _id_of(row)), None)


def open_keys(settings: Settings, passphrases: Passphrases | None = None) -> Keys:
    """Return the keys of this user; asks for nothing yet."""
    vault = key_file(passphrases)
    keyring = system_keyring()
    places: list[Place] = [vault] if keyring is None else [keyring, vault]
    return Keys(places, given_accounts(settings))


def key_file(passphrases: Passphrases | None = None) -> Vault:
    """Return the encrypted file; it need not be there yet."""
    return Vault(paths.key_file(), passphrases or Passphrases(environment.taken()))


def load_accounts(
    settings: Settings, name: str = "", passphrases: Passphrases | None = None
) -> dict[Venue, Account]:
    """Return the account to trade with on each venue, for the hosts of the settings.

    A venue without one is left out. The passphrase is asked for only if the encrypted file holds a
    wanted account. From here on no core of this program is written.

    Raises:
        CredentialsWrong: a place cannot be read, the passphrase is wrong, or several accounts could
            be meant.
    """
    harden()
    keys = open_keys(settings, passphrases)
    found = {venue: keys.find(venue, home_of(venue, settings.hosts), name) for venue in Venue}
    return {venue: account for venue, account in found.items() if account is not None}


def _id(account: Account) -> tuple[Venue, str, str]:
    return venue_of(account), account.home, account.name


def _id_of(row: Listed) -> tuple[Venue, str, str]:
    return row.venue, row.home, row.name
