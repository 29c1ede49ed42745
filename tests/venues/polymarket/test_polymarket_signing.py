"""Orders are named and signed as the venue's own clients do it, byte for byte."""

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.model.errors import CredentialsWrong
from pmterm.model.secret import Secret
from pmterm.venues.polymarket.signing import (
    EXCHANGE_V2,
    EXCHANGE_V3,
    NEG_RISK_EXCHANGE_V2,
    Exchange,
    OrderSigner,
    SignatureType,
    Terms,
    exchange_of,
)
from pmterm.venues.polymarket.wallet import Wallet, checksummed, keccak, load_wallet, slow_keccak

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "signing.json").read_text()
)
KEY = VECTORS["private_key"]
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def wallet() -> Wallet:
    return load_wallet(Secret(KEY))


@pytest.mark.parametrize("case", VECTORS["orders"], ids=lambda case: case["name"])
def test_an_orders_id_and_signature_equal_the_published_vectors(case: dict[str, Any]) -> None:
    order = case["order"]
    signer = OrderSigner(
        wallet(), SignatureType(order["signatureType"]), order["maker"], case["chain"]
    )
    terms = Terms(
        salt=int(order["salt"]),
        token=int(order["tokenId"]),
        maker_amount=int(order["makerAmount"]),
        taker_amount=int(order["takerAmount"]),
        side=order["side"],
        stamp=int(order["timestamp"]),
    )
    signed = signer.sign(terms, Exchange(case["contract"], case["version"]))
    assert signer.signer == order["signer"]
    assert signed.id == case["id"]
    assert signed.signature == case["signature"]


def test_a_token_says_by_itself_which_exchange_trades_it() -> None:
    classic = int("71321045679252212594626385532706912750332728571942532289631379312455583992563")
    second = (7 << 104) | 9
    assert exchange_of(classic, neg_risk=False) == EXCHANGE_V2
    assert exchange_of(classic, neg_risk=True) == NEG_RISK_EXCHANGE_V2
    assert exchange_of(second, neg_risk=False) == EXCHANGE_V3
    assert exchange_of(second | 1 << 40, neg_risk=False) == EXCHANGE_V2
    assert exchange_of(second | 1 << 103, neg_risk=False) == EXCHANGE_V2


@given(data=st.binary(max_size=500))
def test_keccak_is_the_same_whoever_reckons_it(data: bytes) -> None:
    assert keccak(data) == slow_keccak(data)


def test_keccak_is_ethereums_and_not_sha3() -> None:
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak(b"").hex() == empty


@pytest.mark.parametrize(
    "address",  # EIP-55's own examples
    [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_an_address_carries_its_checksum(address: str) -> None:
    assert checksummed(address.lower()) == address


def test_the_address_is_that_of_the_key() -> None:
    assert wallet().address == ADDRESS
    assert load_wallet(Secret("  " + KEY.removeprefix("0x").upper() + "\n")).address == ADDRESS


@given(st.binary(min_size=32, max_size=32))
def test_a_signature_is_always_the_same_with_low_s_and_v_of_27_or_28(digest: bytes) -> None:
    signature = wallet().sign(digest)
    assert signature == wallet().sign(digest)
    assert len(signature) == 65
    assert int.from_bytes(signature[32:64], "big") <= HALF_ORDER
    assert signature[64] in {27, 28}


def test_a_wallet_shows_its_address_and_never_its_key() -> None:
    one = wallet()
    digits = KEY.removeprefix("0x")
    assert ADDRESS in repr(one)
    for shown in (repr(one), str(one), f"{one}", repr([one])):
        assert digits not in shown
    with pytest.raises(TypeError):
        pickle.dumps(one)
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "empty"),
        (ADDRESS, "address"),
        ("test test test test test test test test test test test junk", "phrase"),
        (KEY[:-1], "64"),
        (KEY + "0", "64"),
        ("0x" + "0" * 64, "No account"),
        ("0x" + "f" * 64, "No account"),
        ("0x" + "g" * 64, "64"),
    ],
)
def test_what_is_no_private_key_is_refused_without_being_quoted(text: str, word: str) -> None:
    with pytest.raises(CredentialsWrong) as caught:
        load_wallet(Secret(text))
    assert word in caught.value.detail
    assert caught.value.hint
    if len(text) > 20:
        assert text not in str(caught.value)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
