"""Headers that prove who asks (Kalshi docs, getting_started/api_keys, read 2026-10).

Signed is `timestamp in ms + METHOD + path`, the path from the root of the host and without its
query. RSA keys sign with PSS over SHA-256 and a salt of 32 bytes, Ed25519 keys plainly.
"""

import base64
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from pmterm.model.errors import CredentialsWrong
from pmterm.model.units import MS, Ns

STREAM_PATH: Final = "/trade-api/ws/v2"
_SALT_BYTES = 32
_SHORTEST_RSA = 2048
_WHERE = "Make a key under Account > API keys on kalshi.com and save the private key it shows once."


class Signer:
    """Signs with a private key; neither repr nor pickle shows it."""

    __slots__ = ("__key",)

    def __init__(self, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        self.__key = key

    def __repr__(self) -> str:
        return f"Signer({self.kind})"

    def __reduce__(self) -> str:
        raise TypeError("a key is not for copying")

    @property
    def kind(self) -> str:
        """The kind of key: "RSA" or "Ed25519"."""
        return "RSA" if isinstance(self.__key, RSAPrivateKey) else "Ed25519"

    def sign(self, text: str) -> str:
        """Return the signature of `text` in standard base64, with padding."""
        data = text.encode()
        if isinstance(self.__key, RSAPrivateKey):
            sha256 = hashes.SHA256()
            pss = padding.PSS(mgf=padding.MGF1(sha256), salt_length=_SALT_BYTES)
            signature = self.__key.sign(data, pss, sha256)
        else:
            signature = self.__key.sign(data)
        return base64.b64encode(signature).decode()


def load_key(pem: bytes) -> Signer:
    """Read a private key as Kalshi hands it out: PEM, RSA (PKCS#1 or PKCS#8) or Ed25519.

    Raises:
        CredentialsWrong: it is not such a key; the hint says what it looks like instead.
    """
    if not pem.strip():
        raise CredentialsWrong("The key file is empty.", _WHERE)
    if b"PUBLIC KEY" in pem:
        raise CredentialsWrong("This is a public key; the private one is needed.", _WHERE)
    if b"PRIVATE KEY" not in pem:
        raise CredentialsWrong(
            "This is not a private key in PEM form.",
            'Such a file begins with "-----BEGIN RSA PRIVATE KEY-----" or '
            '"-----BEGIN PRIVATE KEY-----". ' + _WHERE,
        )
    try:
        key = load_pem_private_key(pem, password=None)
    except TypeError as error:
        raise CredentialsWrong(
            "The key is locked with a password.",
            "Save it without: openssl pkey -in locked.pem -out key.pem",
        ) from error
    except (ValueError, UnsupportedAlgorithm):
        # from None: the parser's words may quote the key
        raise CredentialsWrong("The key file is damaged or cut.", _WHERE) from None
    if isinstance(key, Ed25519PrivateKey):
        return Signer(key)
    if not isinstance(key, RSAPrivateKey):
        raise CredentialsWrong("The key is neither RSA nor Ed25519.", _WHERE)
    if key.key_size < _SHORTEST_RSA:
        raise CredentialsWrong(f"An RSA key of {key.key_size} bits is too short.", _WHERE)
    return Signer(key)


def headers(signer: Signer, key_id: str, method: str, path: str, at: Ns) -> dict[str, str]:
    """Return the three headers of one request or handshake made at `at`.

    `path` is from the root of the host (`/trade-api/v2/...`, for the stream `STREAM_PATH`); a
    query is left out of what is signed. Make them anew for every attempt: they age in seconds.

    Raises:
        CredentialsWrong: the key id cannot be one.
    """
    if not key_id or not all("!" <= sign <= "~" for sign in key_id):
        raise CredentialsWrong(
            "The key id is empty or has signs that cannot be in one.",
            "It is a UUID and stands beside the key under Account > API keys on kalshi.com.",
        )
    stamp = str(at // MS)
    signed = signer.sign(stamp + method.upper() + path.partition("?")[0])
    return {
        "KALSHI-ACCESS-KEY": key_id,
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": signed,
    }
