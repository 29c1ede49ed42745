"""Which wallets can hold a key's money: their addresses follow from the key's (CREATE2).

Source: the factories, code hashes and bytecode in polymarket-client 0.14.0, read 2026-10; of the
two deposit wallets the first kind is what the factory makes now, the second what it made before.
"""

from typing import Final

import msgspec

from pmterm.venues.polymarket.signing import SignatureType, address_word
from pmterm.venues.polymarket.wallet import checksummed, keccak

_PROXY_FACTORY: Final = "0xaB45c5A4B0c941a2F231C04C3f49182e1A254052"
_SAFE_FACTORY: Final = "0xaacFeEa03eb1561C4e67d661e40682Bd20E3541b"
_DEPOSIT_FACTORY: Final = "0x00000000000Fb5C9ADea0298D729A0CB3823Cc07"
_SAFE_CODE_HASH: Final = bytes.fromhex(
    "2bce2127ff07fb632d16c8347c4ebf501f4841168bed00d9e6ef715ddb6fcecf"
)
_PROXY_CODE: Final = bytes.fromhex(
    "3d3d606380380380913d393d73ab45c5a4b0c941a2f231c04c3f49182e1a254052"
    "5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73"
    "44e999d5c2f66ef0861317f9a4805ac2e90aeb4f"
    "5af43d82803e903d91602b57fd5bf352e831dd"
    "0000000000000000000000000000000000000000000000000000000000000020"
    "0000000000000000000000000000000000000000000000000000000000000000"
)
# ERC-1967 proxies with arguments: a start that holds their length, the address of the beacon or of
# the implementation, and the code that forwards to it.
_BEACON_START: Final = 0x6100523D8160233D3973
_BEACON_CODE: Final = bytes.fromhex(
    "7a18edfe055488a3128f01f563e5b479d92ffc3a"
    "60195155f3363d3d373d3d363d602036600436635c60da"
    "1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)
_PLAIN_START: Final = 0x61003D3D8160233D3973
_PLAIN_CODE: Final = bytes.fromhex(
    "58ca52ebe0dadfdf531cde7062e76746de4db1eb6009"
    "5155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
    "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
)


class Funder(msgspec.Struct, frozen=True):
    """A wallet that may hold a key's money: its kind, its address, and what people call it."""

    kind: SignatureType
    address: str
    title: str


def funders_of(owner: str) -> tuple[Funder, ...]:
    """Return every wallet that can belong to a key's address, what new accounts have first."""
    return (
        Funder(SignatureType.DEPOSIT_WALLET, _deposit(owner, _BEACON_START, _BEACON_CODE), DEPOSIT),
        Funder(SignatureType.SAFE, _safe(owner), "Safe (browser wallet)"),
        Funder(SignatureType.PROXY, _proxy(owner), "proxy wallet (e-mail login)"),
        Funder(SignatureType.EOA, owner, "the key's own address"),
        Funder(
            SignatureType.DEPOSIT_WALLET,
            _deposit(owner, _PLAIN_START, _PLAIN_CODE),
            "deposit wallet of the first kind",
        ),
    )


DEPOSIT: Final = "deposit wallet"


def _proxy(owner: str) -> str:
    salt = keccak(bytes.fromhex(owner[2:]))
    return _created(_PROXY_FACTORY, salt, keccak(_PROXY_CODE))


def _safe(owner: str) -> str:
    return _created(_SAFE_FACTORY, keccak(address_word(owner)), _SAFE_CODE_HASH)


def _deposit(owner: str, start: int, code: bytes) -> str:
    arguments = address_word(_DEPOSIT_FACTORY) + address_word(owner)
    head = (start + (len(arguments) << 56)).to_bytes(10, "big")
    return _created(_DEPOSIT_FACTORY, keccak(arguments), keccak(head + code + arguments))


def _created(factory: str, salt: bytes, code_hash: bytes) -> str:
    """Return the address a factory creates a contract at (EIP-1014)."""
    raw = keccak(b"\xff" + bytes.fromhex(factory[2:]) + salt + code_hash)
    return checksummed("0x" + raw[-20:].hex())
