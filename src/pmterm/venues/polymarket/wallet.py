"""The key of an account: its address, and signatures that only it can make.

Keccak-256 is not SHA3-256 (the padding differs), so it comes from `safe-pysha3`, or where that has
no wheels (macOS) from `pycryptodome`, which takes ten times as long; an order has four of them.
secp256k1 comes from `coincurve`, which signs deterministically (RFC 6979) with the lower of the two
possible `s`.
"""

import importlib
import importlib.util
import re
from collections.abc import Callable
from typing import Final, NoReturn

from coincurve import PrivateKey
from Crypto.Hash import keccak as _keccak

from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret

_HEX_KEY = re.compile(r"(?:0x)?[0-9a-fA-F]{64}", re.ASCII)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)
_RECOVERY_OFFSET: Final = 27  # Ethereum writes the recovery id 0 or 1 as 27 or 28
_WHERE = "On polymarket.com: Settings > Export private key; in a wallet: account details."


def slow_keccak(data: bytes) -> bytes:
    """Return the Keccak-256 hash of `data`, 32 bytes."""
    return _keccak.new(digest_bits=256, data=data).digest()


def _fast_keccak() -> Callable[[bytes], bytes] | None:
    if importlib.util.find_spec("sha3") is None:
        return None
    keccak_256 = importlib.import_module("sha3").keccak_256

    def fast_keccak(data: bytes) -> bytes:
        return bytes(keccak_256(data).digest())

    return fast_keccak


keccak: Final = _fast_keccak() or slow_keccak


def is_address(text: str) -> bool:
    """Tell whether this is an address: 0x and 40 hex digits, in any case."""
    return _ADDRESS.fullmatch(text) is not None


def checksummed(address: str) -> str:
    """Return an address in the mixed case that carries its checksum (EIP-55)."""
    digits = address.removeprefix("0x").lower()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if mark >= "8" else digit for digit, mark in zip(digits, marks, strict=False)
    )


class Wallet:
    """Signs with a private key. No repr, format or pickle shows it.

    `address` is the key's own (EOA), checksummed; it is worked out once.
    """

    __slots__ = ("__key", "address")

    def __init__(self, key: PrivateKey) -> None:
        self.__key = key
        point = key.public_key.format(compressed=False)
        self.address: Final = checksummed("0x" + keccak(point[1:])[-20:].hex())

    def __repr__(self) -> str:
        return f"Wallet({self.address})"

    def __reduce_ex__(self, _: object) -> NoReturn:
        msg = "a key is not for copying"
        raise TypeError(msg)

    def sign(self, digest: bytes) -> bytes:
        """Return the signature of a 32 byte digest: r, s and v (27 or 28), 65 bytes."""
        signature = self.__key.sign_recoverable(digest, hasher=None)
        return signature[:64] + bytes((signature[64] + _RECOVERY_OFFSET,))


def load_wallet(secret: Secret) -> Wallet:
    """Read a private key: 64 hex digits, with or without 0x, blanks around it are no harm.

    Raises:
        CredentialsWrong: it is not such a key; the hint says where one is found.
    """
    text = secret.reveal().strip()
    if not text:
        raise CredentialsWrong("The private key is empty.", _WHERE)
    if is_address(text):
        raise CredentialsWrong(
            "This is an address, which everybody may know; the private key is needed.", _WHERE
        )
    if " " in text:
        raise CredentialsWrong(
            "This looks like a recovery phrase, which opens every account of a wallet.",
            "Give the private key of the one account instead. " + _WHERE,
        )
    if not _HEX_KEY.fullmatch(text):
        raise CredentialsWrong("A private key has 64 hex digits; this has not.", _WHERE)
    try:
        return Wallet(PrivateKey(bytes.fromhex(text.removeprefix("0x"))))
    except ValueError:
        # from None: the library's words may quote the key
        raise CredentialsWrong("No account can have this private key.", _WHERE) from None
