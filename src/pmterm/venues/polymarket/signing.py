"""An order's signature, written as fixed bytes instead of by a general encoder of typed data.

An order's id is the EIP-712 digest of its plain struct, whatever the wallet, so it is known before
the order is sent. A deposit wallet signs a nested struct around it (ERC-7739). Sources: Polymarket
docs, orders and authentication, read 2026-08; polymarket-client 0.14.0; test vectors of
py-clob-client-v2 1.2.1.
"""

from enum import IntEnum
from typing import Final

import msgspec

from pmterm.venues.polymarket.wallet import Wallet, keccak

POLYGON: Final = 137

ORDER_TYPE: Final = (
    "Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,"
    "uint256 takerAmount,uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,"
    "bytes32 builder)"
)
_DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
_NESTED_TYPE = (
    "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    "address verifyingContract,bytes32 salt)" + ORDER_TYPE
)
_RESERVED_BITS = ((1 << 64) - 1) << 40
ZERO: Final = bytes(32)
_START: Final = b"\x19\x01"


class SignatureType(IntEnum):
    """How the key and the wallet that holds the money belong together."""

    EOA = 0
    PROXY = 1
    SAFE = 2
    DEPOSIT_WALLET = 3


class Exchange(msgspec.Struct, frozen=True):
    """An exchange contract orders are signed for, and its EIP-712 version."""

    contract: str
    version: str


EXCHANGE_V2 = Exchange("0xE111180000d2663C0091e4f400237545B87B996B", "2")
NEG_RISK_EXCHANGE_V2 = Exchange("0xe2222d279d744050d28e00520010520000310F59", "2")
EXCHANGE_V3 = Exchange("0xe3333700cA9d93003F00f0F71f8515005F6c00Aa", "3")


def is_second_protocol(token: int) -> bool:
    """Tell whether a token is one of protocol v2: bits 40 to 103 of its id are all zero."""
    return not token & _RESERVED_BITS


def exchange_of(token: int, *, neg_risk: bool) -> Exchange:
    """Return the exchange that trades a token."""
    if is_second_protocol(token):
        return EXCHANGE_V3
    return NEG_RISK_EXCHANGE_V2 if neg_risk else EXCHANGE_V2


def word(value: int) -> bytes:
    """Return a number as 32 bytes."""
    return value.to_bytes(32, "big")


def address_word(address: str) -> bytes:
    """Return an address as 32 bytes."""
    return bytes(12) + bytes.fromhex(address[2:])


_ORDER_HASH = keccak(ORDER_TYPE.encode())
_NESTED_HASH = keccak(_NESTED_TYPE.encode())
_TAIL = ORDER_TYPE.encode() + len(ORDER_TYPE).to_bytes(2, "big")


def domain_separator(exchange: Exchange, chain: int) -> bytes:
    """Return the hash that binds a signature to one exchange on one chain."""
    return keccak(
        keccak(_DOMAIN_TYPE.encode())
        + keccak(b"Polymarket CTF Exchange")
        + keccak(exchange.version.encode())
        + word(chain)
        + address_word(exchange.contract)
    )


class Terms(msgspec.Struct, frozen=True):
    """What is signed beside the account: amounts in 1e-6, `side` 0 buys, `stamp` in Unix ms."""

    salt: int
    token: int
    maker_amount: int
    taker_amount: int
    side: int
    stamp: int


class Signed(msgspec.Struct, frozen=True):
    """An order's id (0x and 64 hex digits) and its signature (0x and hex)."""

    id: str
    signature: str


class OrderSigner:
    """Signs orders of one account: a key, and the wallet whose money it moves.

    What does not change from order to order is encoded once.
    """

    def __init__(
        self, wallet: Wallet, kind: SignatureType, funder: str, chain: int = POLYGON
    ) -> None:
        self._wallet = wallet
        self._is_nested = kind is SignatureType.DEPOSIT_WALLET
        self.signer: Final = funder if self._is_nested else wallet.address
        self._who = address_word(funder) + address_word(self.signer)
        self._kind = word(kind)
        self._separators = {
            exchange.contract: domain_separator(exchange, chain)
            for exchange in (EXCHANGE_V2, NEG_RISK_EXCHANGE_V2, EXCHANGE_V3)
        }
        self._wrap = (
            keccak(b"DepositWallet") + keccak(b"1") + word(chain) + address_word(self.signer) + ZERO
        )

    def sign(self, terms: Terms, exchange: Exchange) -> Signed:
        """Return the id and signature of an order; the same terms always give the same."""
        separator = self._separators[exchange.contract]
        contents = keccak(
            b"".join(
                (
                    _ORDER_HASH,
                    word(terms.salt),
                    self._who,
                    word(terms.token),
                    word(terms.maker_amount),
                    word(terms.taker_amount),
                    word(terms.side),
                    self._kind,
                    word(terms.stamp),
                    ZERO,
                    ZERO,
                )
            )
        )
        digest = keccak(_START + separator + contents)
        if not self._is_nested:
            return Signed("0x" + digest.hex(), "0x" + self._wallet.sign(digest).hex())
        nested = keccak(_START + separator + keccak(_NESTED_HASH + contents + self._wrap))
        whole = self._wallet.sign(nested) + separator + contents + _TAIL
        return Signed("0x" + digest.hex(), "0x" + whole.hex())
