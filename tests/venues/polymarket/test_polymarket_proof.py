"""Requests prove who asks: the wallet attests (L1), the API key signs (L2)."""

import base64
import hashlib
import hmac
import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from pmterm.messages.transport import HttpRequest
from pmterm.model.errors import CredentialsWrong
from pmterm.model.ids import Venue
from pmterm.model.secret import Secret
from pmterm.model.units import SECOND
from pmterm.venues.polymarket.auth import ApiKey, wallet_headers
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.wallet import Wallet, load_wallet

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "vectors" / "signing.json").read_text()
)
SECRET = "gAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8="
PASSPHRASE = "5f4dcc3b5aa765d61d8327deb882cf99"
KEY_ID = "3e2c94ca-8124-c4c1-c7ea-be1ea21b71fe"
AT = 1_790_000_000 * SECOND + 999_999_999


def wallet() -> Wallet:
    return load_wallet(Secret(VECTORS["private_key"]))


def api_key(secret: str = SECRET) -> ApiKey:
    return ApiKey(KEY_ID, Secret(secret), Secret(PASSPHRASE))


def request(method: str, path: str, body: str = "", auth: str = "l2") -> HttpRequest:
    return HttpRequest(AT, Venue.POLYMARKET, "clob", method, path, body, auth=auth)


@pytest.mark.parametrize("case", VECTORS["clob_auth"], ids=lambda case: case["name"])
def test_the_wallets_attestation_equals_the_published_vectors(case: dict[str, Any]) -> None:
    at = case["timestamp"] * SECOND + 1
    headers = wallet_headers(wallet(), at, nonce=case["nonce"], chain=case["chain_id"])
    assert headers == {
        "POLY_ADDRESS": "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
        "POLY_SIGNATURE": case["signature"],
        "POLY_TIMESTAMP": str(case["timestamp"]),
        "POLY_NONCE": str(case["nonce"]),
    }


@pytest.mark.parametrize("case", VECTORS["hmac"], ids=lambda case: case["name"])
def test_a_keys_signature_equals_the_published_vectors(case: dict[str, Any]) -> None:
    key = api_key(case["secret"])
    signed = key.sign(case["timestamp"], case["method"], case["path"], case["body"] or "")
    assert signed == case["signature"]


def test_a_request_is_signed_over_its_exact_bytes_and_without_its_query() -> None:
    body = '{"orderID":"0xab","note":"é"}'
    proof = PolymarketProof(wallet(), api_key())
    headers = proof.headers(request("delete", "/order?why=not&a=b", body), AT)
    message = f"1790000000DELETE/order{body}".encode()
    key = base64.urlsafe_b64decode(SECRET)
    wanted = base64.urlsafe_b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    assert headers == {
        "POLY_ADDRESS": wallet().address,
        "POLY_SIGNATURE": wanted,
        "POLY_TIMESTAMP": "1790000000",
        "POLY_API_KEY": KEY_ID,
        "POLY_PASSPHRASE": PASSPHRASE,
    }
    assert wanted.endswith("=")


def test_headers_are_made_afresh_for_every_attempt() -> None:
    proof = PolymarketProof(wallet(), api_key())
    asked = request("GET", "/data/orders")
    first, later = proof.headers(asked, AT), proof.headers(asked, AT + SECOND)
    assert first["POLY_TIMESTAMP"] != later["POLY_TIMESTAMP"]
    assert first["POLY_SIGNATURE"] != later["POLY_SIGNATURE"]


def test_the_wallet_alone_can_ask_for_a_key_but_for_nothing_else() -> None:
    proof = PolymarketProof(wallet(), nonce=2)
    headers = proof.headers(request("GET", "/auth/derive-api-key", auth="l1"), AT)
    assert headers == wallet_headers(wallet(), AT, nonce=2)
    with pytest.raises(CredentialsWrong, match="API key"):
        proof.headers(request("GET", "/data/orders"), AT)
    with pytest.raises(CredentialsWrong, match="API key"):
        proof.greeting()


def test_the_user_stream_is_greeted_with_the_key_and_no_list_of_markets() -> None:
    proof = PolymarketProof(wallet(), api_key())
    assert json.loads(proof.greeting()) == {
        "type": "user",
        "auth": {"apiKey": KEY_ID, "secret": SECRET, "passphrase": PASSPHRASE},
    }
    assert proof.handshake(AT) == {}


@pytest.mark.parametrize(
    "secret", [SECRET.rstrip("="), SECRET.replace("-", "+").replace("_", "/"), f" {SECRET}\n"]
)
def test_a_secret_is_read_however_its_base64_is_written(secret: str) -> None:
    assert api_key(secret).sign("1", "GET", "/", "") == api_key().sign("1", "GET", "/", "")


@pytest.mark.parametrize(
    ("key_id", "secret", "passphrase"),
    [
        ("", SECRET, PASSPHRASE),
        ("a b", SECRET, PASSPHRASE),
        (KEY_ID, "", PASSPHRASE),
        (KEY_ID, "not base64 at all!", PASSPHRASE),
        (KEY_ID, SECRET, ""),
        (KEY_ID, SECRET, "line\r\nbreak"),
    ],
)
def test_a_damaged_key_is_refused_with_what_to_do(
    key_id: str, secret: str, passphrase: str
) -> None:
    with pytest.raises(CredentialsWrong) as caught:
        ApiKey(key_id, Secret(secret), Secret(passphrase))
    assert caught.value.hint
    assert "not base64 at all" not in str(caught.value)
    assert caught.value.__context__ is None


def test_nothing_that_holds_a_key_shows_it() -> None:
    key = api_key()
    for one in (key, PolymarketProof(wallet(), key)):
        for hidden in (SECRET, PASSPHRASE, VECTORS["private_key"][2:]):
            assert hidden not in f"{one!r} {one} {[one]}"
    with pytest.raises(TypeError):
        pickle.dumps(key)
