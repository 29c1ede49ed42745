"""The form of the key file: encrypted with a passphrase, its header authenticated.

`MAGIC`, the header's length (4 bytes, big-endian), the header as JSON, the sealed text, and SHA-256
over all of it. The sum proves nothing to an attacker; it tells a damaged file from a wrong
passphrase, which authenticated encryption cannot. Key: scrypt (RFC 7914) of the passphrase; sealed
with ChaCha20-Poly1305 (RFC 8439), all that stands before it being authenticated with it.
"""

import hashlib
import os
import unicodedata
from typing import Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from pmterm.config.accounts import Listed
from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret

MAGIC: Final = b"pmterm keys 1\n"
COST: Final = 2**17  # 128 MiB and a good third of a second a guess
_LARGEST_COST: Final = 2**20
_SUM: Final = 32
_DAMAGED: Final = "Put back a copy of it, or move it away and add the keys again."


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the open: how the key is made, and what may be shown of the accounts."""

    cost: int
    salt: bytes
    nonce: bytes
    accounts: tuple[Listed, ...]


class WrongPassphraseError(Exception):
    """The file is whole, and this passphrase does not open it."""


class Sealed(msgspec.Struct, frozen=True):
    """A key file taken apart and found whole; still closed."""

    header: Header
    prefix: bytes
    body: bytes


def seal(
    text: bytes, passphrase: Secret, accounts: tuple[Listed, ...], *, cost: int = COST
) -> bytes:
    """Return a whole key file that holds `text`; salt and nonce are new each time."""
    header = Header(cost, os.urandom(16), os.urandom(12), accounts)
    words = msgspec.json.encode(header)
    prefix = MAGIC + len(words).to_bytes(4, "big") + words
    cipher = ChaCha20Poly1305(_key(passphrase, header))
    whole = prefix + cipher.encrypt(header.nonce, text, prefix)
    return whole + hashlib.sha256(whole).digest()


def take_apart(data: bytes, name: str) -> Sealed:
    """Read a key file as far as that goes without the passphrase; `name` is for the words.

    Raises:
        CredentialsWrong: it is no key file, of a newer pmterm, cut or damaged.
    """
    if not data.startswith(MAGIC):
        if data.startswith(MAGIC[:12]):
            raise CredentialsWrong(f"{name} is of a newer pmterm.", "Use that one.")
        raise CredentialsWrong(f"{name} is not a key file of pmterm.", _DAMAGED)
    whole, told = data[:-_SUM], data[-_SUM:]
    if hashlib.sha256(whole).digest() != told:
        raise CredentialsWrong(f"{name} is damaged or cut.", _DAMAGED)
    start = len(MAGIC) + 4
    end = start + int.from_bytes(whole[start - 4 : start], "big")
    try:
        header = msgspec.json.decode(whole[start:end], type=Header)
    except (msgspec.DecodeError, RecursionError):
        raise CredentialsWrong(f"{name} is damaged.", _DAMAGED) from None
    if not _is_bearable(header):
        raise CredentialsWrong(f"{name} is damaged.", _DAMAGED)
    return Sealed(header, whole[:end], whole[end:])


def unseal(sealed: Sealed, passphrase: Secret) -> bytes:
    """Return the text inside.

    Raises:
        WrongPassphraseError: this passphrase does not open it.
    """
    cipher = ChaCha20Poly1305(_key(passphrase, sealed.header))
    try:
        return cipher.decrypt(sealed.header.nonce, sealed.body, sealed.prefix)
    except InvalidTag:
        raise WrongPassphraseError from None


def _is_bearable(header: Header) -> bool:
    """Tell whether making the key costs what it may: somebody else could have written the file."""
    is_power = header.cost > 1 and header.cost & (header.cost - 1) == 0
    sizes = (len(header.salt), len(header.nonce))
    return is_power and header.cost <= _LARGEST_COST and sizes == (16, 12)


def _key(passphrase: Secret, header: Header) -> bytes:
    text = unicodedata.normalize("NFC", passphrase.reveal())
    return Scrypt(salt=header.salt, length=32, n=header.cost, r=8, p=1).derive(text.encode())
