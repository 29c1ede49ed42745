"""Who calls Kalshi: three headers, signed.

Source: Kalshi docs, api keys, read 2026-10; refusals as recorded 2026-06.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from pmterm.model.units import MS, SECOND, Ns

PublicKey: TypeAlias = rsa.RSAPublicKey | ed25519.Ed25519PublicKey
SKEW: Ns = 15 * SECOND
KEY, STAMP, SIGNATURE = (
    "KALSHI-ACCESS-KEY",
    "KALSHI-ACCESS-TIMESTAMP",
    "KALSHI-ACCESS-SIGNATURE",
)


def refusal(
    headers: Mapping[str, str],
    method: str,
    path: str,
    keys: Mapping[str, PublicKey],
    now: Ns,
    *,
    skew: Ns = SKEW,
) -> dict[str, Any] | None:
    """Return the body of a 401, or None if the request is signed by a key that is registered.

    `path` begins at the host's root and has no query; `skew` is how far the time may be off.
    """
    if not all(headers.get(name) for name in (KEY, STAMP, SIGNATURE)):
        return _simple("signature_is_missing_from_headers", "signature is missing from headers")
    stamp = headers[STAMP]
    if not stamp.isdigit() or abs(int(stamp[:16]) * MS - now) > skew:
        return _simple("header_timestamp_expired", "header timestamp expired")
    key = keys.get(headers[KEY])
    if key is None:
        return _failed("NOT_FOUND")
    text = f"{stamp}{method}{path}".encode()
    return (
        None
        if _is_signed(key, headers[SIGNATURE], text)
        else _failed("INCORRECT_API_KEY_SIGNATURE")
    )


def _is_signed(key: PublicKey, signature: str, text: bytes) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, rsa.RSAPublicKey):
            # the venue seems not to check the salt's length, so any is taken
            pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
            key.verify(raw, text, pss, hashes.SHA256())
        else:
            key.verify(raw, text)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _failed(details: str) -> dict[str, Any]:
    code = "authentication_error"
    return {"error": {"code": code, "message": code, "details": details}}


def _simple(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}
