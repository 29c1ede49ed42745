"""Test accounts with keys to both dialects: made by chance, written for strangers' programs.

The file is JSON, for its owner alone (0600). It opens the local exchange and nothing else, and it
is used again when it is there, so that a program's keys outlive the exchange.
"""

import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from eth_account import Account
from eth_utils.exceptions import ValidationError

from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.secret import Secret
from pmterm.model.units import Cash
from pmterm.sim.accounts import PublicKey, Purse, TestAccount
from pmterm.sim.stack import bound_the_stack
from pmterm.store.private_files import broken, open_private

bound_the_stack()
RSA_BITS = 2_048
WALLETS = ("eoa", "proxy", "safe", "deposit")  # in the order of Polymarket's signature types
MOST_BYTES = 1 << 20


class _PolymarketPart(msgspec.Struct):
    """What a Polymarket client needs; `signature_type` 0 to 3."""

    private_key: str
    address: str
    funder: str
    signature_type: int = 0

    def __repr__(self) -> str:
        return f"_PolymarketPart({self.address})"


class _KalshiPart(msgspec.Struct):
    """What a Kalshi client needs: the key is PEM, PKCS8."""

    key_id: str
    private_key: str

    def __repr__(self) -> str:
        return f"_KalshiPart({self.key_id})"


class _Person(msgspec.Struct):
    """One account of the file."""

    account: str
    polymarket: _PolymarketPart
    kalshi: _KalshiPart


class Credentials:
    """The keys of one test account; they are in no repr."""

    def __init__(self, person: _Person) -> None:
        """Take what a file holds.

        Raises:
            CredentialsWrong: a key in it is none.
        """
        self.account = person.account
        self.address = person.polymarket.address
        self.funder = person.polymarket.funder
        self.signature_type = person.polymarket.signature_type
        self.polymarket_key = Secret(person.polymarket.private_key)
        self.kalshi_key_id = person.kalshi.key_id
        self.kalshi_key = Secret(person.kalshi.private_key)
        self._public = _public_key(self.kalshi_key, self.account)
        if _address(self.polymarket_key, self.account) != self.address:
            raise CredentialsWrong(f"{self.account}: the address is not that of the private key.")

    def __repr__(self) -> str:
        return f"Credentials({self.account})"

    def opens(self, markets: Iterable[Market], cash: Cash) -> TestAccount:
        """Return the account with `cash` in every purse that the markets need."""
        purses = {Purse(market.venue, market.shard) for market in markets}
        purses |= {Purse(venue) for venue in Venue}
        return TestAccount(
            account_id=self.account,
            cash=dict.fromkeys(sorted(purses), cash),
            wallet=self.address,
            signature_type=self.signature_type,
            funder=self.funder,
            kalshi_keys={self.kalshi_key_id: self._public},
        )

    def written(self) -> _Person:
        """Return what goes into the file."""
        polymarket = _PolymarketPart(
            self.polymarket_key.reveal(), self.address, self.funder, self.signature_type
        )
        return _Person(
            self.account, polymarket, _KalshiPart(self.kalshi_key_id, self.kalshi_key.reveal())
        )


def _made_up(_: str) -> str:
    address: str = Account.create().address
    return address


def make(
    account: str, wallet: str = "eoa", funder_of: Callable[[str], str] = _made_up
) -> Credentials:
    """Make an account with fresh keys; `wallet` is one of WALLETS.

    Where it is not the key's own, `funder_of` tells the wallet that belongs to the key's address.
    """
    key = Account.create()
    funder = key.address if wallet == "eoa" else funder_of(key.address)
    pem = generate_private_key(public_exponent=65_537, key_size=RSA_BITS).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    polymarket = _PolymarketPart(
        "0x" + bytes(key.key).hex(), key.address, funder, WALLETS.index(wallet)
    )
    return Credentials(_Person(account, polymarket, _KalshiPart(str(uuid.uuid4()), pem.decode())))


def keep(
    path: Path,
    accounts: int = 1,
    wallet: str = "eoa",
    funder_of: Callable[[str], str] = _made_up,
) -> list[Credentials]:
    """Read the accounts of a file; if there is none, make some and write them.

    Raises:
        CredentialsWrong: what stands there is no such file.
        StoreBroken: it cannot be read or written.
    """
    if path.exists() or path.is_symlink():
        return _read(path)
    made = [make(f"tester-{number}", wallet, funder_of) for number in range(1, accounts + 1)]
    rows = {"accounts": [credentials.written() for credentials in made]}
    text = msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n"
    descriptor = open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    try:
        os.write(descriptor, text)
    except OSError as error:
        raise broken(path, error) from error
    finally:
        os.close(descriptor)
    return made


def _read(path: Path) -> list[Credentials]:
    descriptor = open_private(path, os.O_RDONLY)
    try:
        text = os.read(descriptor, MOST_BYTES)
    except OSError as error:
        raise broken(path, error) from error
    finally:
        os.close(descriptor)
    try:
        rows = msgspec.json.decode(text, type=dict[str, list[_Person]])["accounts"]
    except (msgspec.MsgspecError, KeyError) as error:
        hint = "Name another file, or one that is not there yet."
        raise CredentialsWrong(f"{path} holds no test accounts.", hint) from error
    return [Credentials(person) for person in rows]


def _public_key(pem: Secret, account: str) -> PublicKey:
    try:
        key: Any = serialization.load_pem_private_key(pem.reveal().encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise CredentialsWrong(f"{account}: the Kalshi key is no RSA or Ed25519 key in PEM.")
    return key.public_key()


def _address(key: Secret, account: str) -> str:
    try:
        address: str = Account.from_key(key.reveal()).address
    except (ValueError, TypeError, ValidationError):
        raise CredentialsWrong(f"{account}: the Polymarket key is no private key.") from None
    return address
