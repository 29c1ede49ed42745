"""API keys of the local exchange's Polymarket, and who may ask what: L1 and L2 headers.

Source: Polymarket docs, authentication and error codes, read 2026-08. How far a client's clock may
be off is not published; `SKEW` is ours.
"""

import base64
import hashlib
import hmac
import re
import uuid
from collections.abc import Mapping

import msgspec
from eth_utils.address import is_address, to_checksum_address

from pmterm.model.units import SECOND, Ns
from pmterm.sim.polymarket_signing import request_signature, wallet_signer

SKEW: Ns = 30 * SECOND
BAD_WALLET_HEADERS = "Invalid L1 Request headers"
_NONCE = re.compile(r"[0-9]{1,18}", re.ASCII)
UNAUTHORIZED = "Unauthorized/Invalid api key"


class ApiKey(msgspec.Struct, frozen=True):
    """Credentials of the wallet key `address`; the local exchange's money is play money."""

    id: str
    secret: str
    passphrase: str
    address: str
    nonce: int

    def words(self) -> dict[str, str]:
        """Return the body that hands a key to its owner."""
        return {"apiKey": self.id, "secret": self.secret, "passphrase": self.passphrase}


class KeyRing:
    """Every key there is. The same seed, address and nonce make the same key."""

    def __init__(self, seed: str = "local exchange") -> None:
        self._seed = seed.encode()
        self._keys: dict[str, ApiKey] = {}
        self._ids: dict[tuple[str, int], str] = {}

    def create(self, address: str, nonce: int) -> ApiKey | None:
        """Make the key of a wallet and nonce; None if it has one already."""
        if (address, nonce) in self._ids:
            return None
        key = self._make(address, nonce)
        self._keys[key.id] = key
        self._ids[address, nonce] = key.id
        return key

    def derive(self, address: str, nonce: int) -> ApiKey | None:
        """Return the key of a wallet and nonce; None if it was never made, or is revoked."""
        return self._keys.get(self._ids.get((address, nonce), ""))

    def of_wallet(self, address: str) -> list[ApiKey]:
        """Return every key of a wallet key's address."""
        return [key for key in self._keys.values() if key.address == address]

    def find(self, key_id: str) -> ApiKey | None:
        """Return a key by its id."""
        return self._keys.get(key_id)

    def revoke(self, key_id: str) -> None:
        """Make a key worthless; its nonce can be used anew."""
        key = self._keys.pop(key_id, None)
        if key is not None:
            del self._ids[key.address, key.nonce]

    def _make(self, address: str, nonce: int) -> ApiKey:
        def grind(what: str) -> bytes:
            text = f"{what} {address} {nonce}".encode()
            return hmac.new(self._seed, text, hashlib.sha256).digest()

        return ApiKey(
            id=str(uuid.UUID(bytes=grind("id")[:16], version=4)),
            secret=base64.urlsafe_b64encode(grind("secret")).decode(),
            passphrase=grind("passphrase").hex(),
            address=address,
            nonce=nonce,
        )


def wallet_of(headers: Mapping[str, str], now: Ns) -> tuple[str, int] | None:
    """Return (address, nonce) of who signed the L1 headers, None if they prove nothing."""
    address, stamp = headers.get("POLY_ADDRESS", ""), headers.get("POLY_TIMESTAMP", "")
    nonce = headers.get("POLY_NONCE", "0")
    if not is_address(address) or not _is_timely(stamp, now) or not _NONCE.fullmatch(nonce):
        return None
    signer = wallet_signer(address, stamp, int(nonce), headers.get("POLY_SIGNATURE", ""))
    proper = to_checksum_address(address)
    return (proper, int(nonce)) if signer == proper else None


class Asked(msgspec.Struct, frozen=True):
    """What an L2 signature covers: `path` is that below the host, without a query."""

    method: str
    path: str
    body: bytes = b""


def key_of(headers: Mapping[str, str], asked: Asked, keys: KeyRing, now: Ns) -> ApiKey | None:
    """Return the key whose owner signed the L2 headers, None if they prove nothing."""
    key = keys.find(headers.get("POLY_API_KEY", ""))
    stamp = headers.get("POLY_TIMESTAMP", "")
    if key is None or not _is_timely(stamp, now):
        return None
    expected = request_signature(key.secret, stamp, asked.method, asked.path, asked.body)
    is_proven = (
        is_same(expected, headers.get("POLY_SIGNATURE", ""))
        and is_same(key.passphrase, headers.get("POLY_PASSPHRASE", ""))
        and headers.get("POLY_ADDRESS", "").lower() == key.address.lower()
    )
    return key if is_proven else None


def is_same(secret: str, given: str) -> bool:
    """Compare in constant time, whatever bytes a stranger sends."""
    return hmac.compare_digest(secret.encode(), given.encode(errors="surrogateescape"))


def _is_timely(stamp: str, now: Ns) -> bool:
    return stamp.isascii() and stamp.isdigit() and abs(int(stamp[:12]) * SECOND - now) <= SKEW
