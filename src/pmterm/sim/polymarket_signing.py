"""Checks signatures as Polymarket does: orders (EIP-712, ERC-7739), wallets (L1), keys (L2).

Written over `eth-account` alone and apart from what signs, so that one proves the other. Sources:
Polymarket docs, authentication and orders, read 2026-08; vectors of py-clob-client-v2 1.0.0.
"""

import base64
import binascii
import hashlib
import hmac
import re

import msgspec
from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account.messages import SignableMessage, encode_typed_data
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from pmterm.sim.stack import bound_the_stack

bound_the_stack()
CHAIN = 137
EXCHANGE_V2 = "0xE111180000d2663C0091e4f400237545B87B996B"
NEG_RISK_EXCHANGE_V2 = "0xe2222d279d744050d28e00520010520000310F59"
EXCHANGE_V3 = "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"
EOA, PROXY, SAFE, DEPOSIT_WALLET = range(4)

ORDER_FIELDS = (
    ("salt", "uint256"),
    ("maker", "address"),
    ("signer", "address"),
    ("tokenId", "uint256"),
    ("makerAmount", "uint256"),
    ("takerAmount", "uint256"),
    ("side", "uint8"),
    ("signatureType", "uint8"),
    ("timestamp", "uint256"),
    ("metadata", "bytes32"),
    ("builder", "bytes32"),
)
ORDER_TYPE = "Order(" + ",".join(f"{kind} {name}" for name, kind in ORDER_FIELDS) + ")"
WRAP_FIELDS = (
    ("contents", "Order"),
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
    ("salt", "bytes32"),
)
ATTESTATION = "This message attests that I control the given wallet"
RESERVED_BITS = ((1 << 64) - 1) << 40
PLAIN_LENGTH = 65  # bytes of one secp256k1 signature
_UNSIGNED = (
    BadSignature,
    ValidationError,
    EncodingError,
    ValueError,
    TypeError,
    OverflowError,
)
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_BYTES32 = re.compile(r"0x[0-9a-fA-F]{64}")


class SignedTerms(msgspec.Struct, frozen=True):
    """What an order's signature covers; amounts in 1e-6 units, `timestamp` in ms, `side` 0 buys."""

    salt: int
    maker: str
    signer: str
    token: int
    maker_amount: int
    taker_amount: int
    side: int
    signature_type: int
    timestamp: int
    metadata: str
    builder: str

    @property
    def is_sound(self) -> bool:
        """Whether it can be encoded at all."""
        words = (self.maker, self.signer)
        return (
            all(_ADDRESS.fullmatch(word) for word in words)
            and all(_BYTES32.fullmatch(word) for word in (self.metadata, self.builder))
            and all(0 <= number < 1 << 256 for number in (self.salt, self.token, self.timestamp))
            and all(0 <= number < 1 << 128 for number in (self.maker_amount, self.taker_amount))
            and self.side in {0, 1}
            and self.signature_type in range(4)
        )


class Domain(msgspec.Struct, frozen=True):
    """Which exchange contract an order is for."""

    version: str
    contract: str
    chain: int = CHAIN

    def words(self) -> dict[str, str | int]:
        """Return the EIP-712 domain."""
        return {
            "name": "Polymarket CTF Exchange",
            "version": self.version,
            "chainId": self.chain,
            "verifyingContract": self.contract,
        }


V2 = Domain("2", EXCHANGE_V2)
NEG_RISK_V2 = Domain("2", NEG_RISK_EXCHANGE_V2)
V3 = Domain("3", EXCHANGE_V3)
DOMAINS = (V2, NEG_RISK_V2, V3)


def domain_of(token: int, *, neg_risk: bool) -> Domain:
    """Return the exchange that trades a token: V3 where bits 40 to 103 of its id are all zero."""
    if not token & RESERVED_BITS:
        return V3
    return NEG_RISK_V2 if neg_risk else V2


def order_digest(terms: SignedTerms, domain: Domain) -> bytes:
    """Return the EIP-712 digest of the plain order, which is its id, whatever the wallet's kind."""
    message = _order_message(terms, domain)
    return keccak(b"\x19" + message.version + message.header + message.body)


def order_signer(terms: SignedTerms, domain: Domain, signature: str) -> str | None:
    """Return the address whose key signed an order for this exchange, None if nobody's did.

    An order of another exchange gives some other address, or None for a deposit wallet's.
    """
    try:
        raw = bytes.fromhex(signature.removeprefix("0x"))
        if terms.signature_type == DEPOSIT_WALLET:
            return _wrapped_signer(terms, domain, raw)
        return _recovered(_order_message(terms, domain), raw)
    except _UNSIGNED:
        return None


def is_for_other_exchange(terms: SignedTerms, domain: Domain, signature: str, owner: str) -> bool:
    """Tell whether `owner` signed this order for an exchange of another version than `domain`'s."""
    return any(
        order_signer(terms, other, signature) == owner
        for other in DOMAINS
        if other.version != domain.version
    )


def _order_message(terms: SignedTerms, domain: Domain) -> SignableMessage:
    return encode_typed_data(
        full_message={
            "primaryType": "Order",
            "types": {"EIP712Domain": _DOMAIN_TYPE, "Order": _typed(ORDER_FIELDS)},
            "domain": domain.words(),
            "message": _order_values(terms),
        }
    )


def _wrapped_signer(terms: SignedTerms, domain: Domain, raw: bytes) -> str | None:
    """Unwrap ERC-7739: inner signature, domain separator, hash of the order, its type, length."""
    plain = _order_message(terms, domain)
    tail = plain.header + plain.body + ORDER_TYPE.encode() + len(ORDER_TYPE).to_bytes(2, "big")
    if len(raw) != PLAIN_LENGTH + len(tail) or raw[PLAIN_LENGTH:] != tail:
        return None
    wrap = encode_typed_data(
        full_message={
            "primaryType": "TypedDataSign",
            "types": {
                "EIP712Domain": _DOMAIN_TYPE,
                "Order": _typed(ORDER_FIELDS),
                "TypedDataSign": _typed(WRAP_FIELDS),
            },
            "domain": domain.words(),
            "message": {
                "contents": _order_values(terms),
                "name": "DepositWallet",
                "version": "1",
                "chainId": domain.chain,
                "verifyingContract": terms.signer,
                "salt": bytes(32),
            },
        }
    )
    return _recovered(wrap, raw[:PLAIN_LENGTH])


def _recovered(message: SignableMessage, raw: bytes) -> str | None:
    if len(raw) != PLAIN_LENGTH:
        return None
    return str(Account.recover_message(message, signature=raw))


def _typed(fields: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in fields]


_DOMAIN_TYPE = _typed(
    (
        ("name", "string"),
        ("version", "string"),
        ("chainId", "uint256"),
        ("verifyingContract", "address"),
    )
)


def _order_values(terms: SignedTerms) -> dict[str, str | int | bytes]:
    return {
        "salt": terms.salt,
        "maker": terms.maker,
        "signer": terms.signer,
        "tokenId": terms.token,
        "makerAmount": terms.maker_amount,
        "takerAmount": terms.taker_amount,
        "side": terms.side,
        "signatureType": terms.signature_type,
        "timestamp": terms.timestamp,
        "metadata": bytes.fromhex(terms.metadata[2:]),
        "builder": bytes.fromhex(terms.builder[2:]),
    }


def wallet_signer(
    address: str, timestamp: str, nonce: int, signature: str, chain: int = CHAIN
) -> str | None:
    """Return whose key signed "I control this wallet" (L1), None if nobody's did."""
    fields = (
        ("address", "address"),
        ("timestamp", "string"),
        ("nonce", "uint256"),
        ("message", "string"),
    )
    try:
        message = encode_typed_data(
            full_message={
                "primaryType": "ClobAuth",
                "types": {"EIP712Domain": _DOMAIN_TYPE[:3], "ClobAuth": _typed(fields)},
                "domain": {"name": "ClobAuthDomain", "version": "1", "chainId": chain},
                "message": {
                    "address": address,
                    "timestamp": timestamp,
                    "nonce": nonce,
                    "message": ATTESTATION,
                },
            }
        )
        raw = bytes.fromhex(signature.removeprefix("0x"))
        return _recovered(message, raw)
    except _UNSIGNED:
        return None


def request_signature(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Return the L2 signature: HMAC-SHA256 under the key's secret, padding kept.

    `path` has no query; `body` is what was sent, byte for byte.

    Raises:
        ValueError: the secret is no URL-safe base64.
    """
    try:
        key = base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))
    except binascii.Error as wrong:
        raise ValueError("the secret is no URL-safe base64") from wrong
    text = f"{timestamp}{method}{path}".encode() + body
    return base64.urlsafe_b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
