"""Headers that prove who asks: L1 by the wallet, for keys; L2 by a key, for all else.

Source: Polymarket docs, authentication, read 2026-08; vectors of py-clob-client-v2 1.2.1.
"""

import base64
import binascii
import hashlib
import hmac
import re
from typing import Final, NoReturn

from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret
from pmterm.model.units import SECOND, Ns
from pmterm.venues.polymarket.signing import POLYGON, address_word, word
from pmterm.venues.polymarket.wallet import Wallet, keccak

_UUID = re.compile(r"[0-9a-zA-Z-]{1,64}", re.ASCII)
_PLAIN = re.compile(r"[!-~]{1,200}", re.ASCII)
_ATTESTATION = keccak(b"This message attests that I control the given wallet")
_AUTH_TYPE = keccak(b"ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_DOMAIN_START: Final = (
    keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
    + keccak(b"ClobAuthDomain")
    + keccak(b"1")
)
_RENEW = "Run `pmterm keys add polymarket` again; it derives the key anew from the wallet."


def is_key_id(text: str) -> bool:
    """Tell whether this can be an API key's id."""
    return _UUID.fullmatch(text) is not None


class ApiKey:
    """A key to the CLOB's API: its public name `id`, and what signs with it. Shows no secret.

    The id is not secret: other traders see it as the `owner` of an order.

    Raises:
        CredentialsWrong: one of its three parts cannot be one.
    """

    __slots__ = ("__mac", "__passphrase", "__secret", "id")

    def __init__(self, key_id: str, secret: Secret, passphrase: Secret) -> None:
        if not is_key_id(key_id):
            raise CredentialsWrong("The API key's id is not a UUID.", _RENEW)
        if not _PLAIN.fullmatch(passphrase.reveal()):
            raise CredentialsWrong("The API key's passphrase is empty or damaged.", _RENEW)
        self.id: Final = key_id
        self.__secret = secret
        self.__passphrase = passphrase
        self.__mac = hmac.new(_decoded(secret), digestmod=hashlib.sha256)

    def __repr__(self) -> str:
        return f"ApiKey({self.id[:8]}…)"

    def __reduce_ex__(self, _: object) -> NoReturn:
        msg = "a key is not for copying"
        raise TypeError(msg)

    @property
    def secret(self) -> Secret:
        """What signs requests, as the venue wrote it."""
        return self.__secret

    @property
    def passphrase(self) -> Secret:
        """What goes with every request."""
        return self.__passphrase

    def sign(self, stamp: str, method: str, path: str, body: str) -> str:
        """Return the signature of a request sent at `stamp` (Unix seconds), base64, padded.

        `path` has no query, `body` holds the exact bytes sent.
        """
        mac = self.__mac.copy()  # half the time of a new one, which an order waits for
        mac.update(f"{stamp}{method}{path}{body}".encode())
        return base64.urlsafe_b64encode(mac.digest()).decode()


def _decoded(secret: Secret) -> bytes:
    text = secret.reveal().strip().rstrip("=")
    try:
        # Whichever of the two alphabets of base64 it is written in, the bytes are the same.
        key = base64.b64decode(
            text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True
        )
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        # outside the handler: what was raised there may quote the secret
        raise CredentialsWrong("The API key's secret is not base64.", _RENEW)
    return key


def wallet_headers(
    wallet: Wallet, at: Ns, *, nonce: int = 0, chain: int = POLYGON
) -> dict[str, str]:
    """Return the L1 headers of a request made at `at`: the wallet attests that it is ours."""
    stamp = str(at // SECOND)
    struct = keccak(
        _AUTH_TYPE
        + address_word(wallet.address)
        + keccak(stamp.encode())
        + word(nonce)
        + _ATTESTATION
    )
    separator = keccak(_DOMAIN_START + word(chain))
    digest = keccak(b"\x19\x01" + separator + struct)
    return {
        "POLY_ADDRESS": wallet.address,
        "POLY_SIGNATURE": "0x" + wallet.sign(digest).hex(),
        "POLY_TIMESTAMP": stamp,
        "POLY_NONCE": str(nonce),
    }


def key_headers(address: str, key: ApiKey, request: HttpRequest, at: Ns) -> dict[str, str]:
    """Return the L2 headers of a request made at `at`. `address` is the key's own (EOA).

    Signed are the exact bytes of the body and the path without its query.
    """
    stamp = str(at // SECOND)
    path = request.path.partition("?")[0]
    return {
        "POLY_ADDRESS": address,
        "POLY_SIGNATURE": key.sign(stamp, request.method.upper(), path, request.body),
        "POLY_TIMESTAMP": stamp,
        "POLY_API_KEY": key.id,
        "POLY_PASSPHRASE": key.passphrase.reveal(),
    }
