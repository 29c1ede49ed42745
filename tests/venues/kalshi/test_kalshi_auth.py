"""Signatures: vectors both ways, keys that are none, and nothing that shows a key."""

import base64
import pickle

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pmterm.model.errors import CredentialsWrong
from pmterm.model.units import MS
from pmterm.venues.kalshi.auth import STREAM_PATH, headers, load_key

PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)
KEY_ID = "6e9f2a10-0000-4000-8000-000000000001"


def pem(key, password: bytes | None = None, *, traditional: bool = False) -> bytes:
    shape = serialization.PrivateFormat
    return key.private_bytes(
        serialization.Encoding.PEM,
        shape.TraditionalOpenSSL if traditional else shape.PKCS8,
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption(),
    )


@pytest.fixture(scope="module")
def rsa_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_ed25519_signs_exactly_as_the_vectors(stored):
    vectors = stored("signing_vectors.json")["ed25519"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["seed_hex"]))
    signer = load_key(pem(key))
    assert signer.kind == "Ed25519"
    for vector in vectors["vectors"]:
        assert signer.sign(vector["pre_sign_text"]) == vector["signature_b64"]


def test_headers_sign_time_method_and_path_without_its_query(stored):
    vectors = stored("signing_vectors.json")["ed25519"]
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(vectors["seed_hex"]))
    path = "/trade-api/v2/portfolio/balance?subaccount=0"
    made = headers(load_key(pem(key)), KEY_ID, "get", path, 1_790_000_002_000 * MS + 999)
    assert made == {
        "KALSHI-ACCESS-KEY": KEY_ID,
        "KALSHI-ACCESS-TIMESTAMP": "1790000002000",
        "KALSHI-ACCESS-SIGNATURE": vectors["vectors"][0]["signature_b64"],
    }


@pytest.mark.parametrize("traditional", [True, False])
def test_rsa_signatures_verify_with_a_salt_of_32_bytes(rsa_key, traditional):
    signer = load_key(pem(rsa_key, traditional=traditional))
    made = headers(signer, KEY_ID, "GET", STREAM_PATH, 1_790_000_000_123 * MS)
    signature = base64.b64decode(made["KALSHI-ACCESS-SIGNATURE"], validate=True)
    said = b"1790000000123GET/trade-api/ws/v2"
    rsa_key.public_key().verify(signature, said, PSS, hashes.SHA256())
    with pytest.raises(InvalidSignature):
        rsa_key.public_key().verify(signature, said + b"?", PSS, hashes.SHA256())


def test_the_rsa_vectors_verify_as_ours_do(stored):
    vectors = stored("signing_vectors.json")["rsa_pss_sha256"]
    key = serialization.load_pem_public_key(vectors["public_key_pem"].encode())
    for vector in vectors["vectors"]:
        signature = base64.b64decode(vector["signature_b64"])
        path = vector["request_target"].partition("?")[0]
        said = (vector["timestamp_ms"] + vector["method"] + path).encode()
        if vector["verifies_under_pss_sha256_salt32"]:
            key.verify(signature, said, PSS, hashes.SHA256())
        else:
            with pytest.raises(InvalidSignature):
                key.verify(signature, said, PSS, hashes.SHA256())


def wrong_keys():
    curve = ec.generate_private_key(ec.SECP256R1())
    locked = Ed25519PrivateKey.generate()
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # refused is what it must be
    public = locked.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return [
        (b"", "empty"),
        (b"6e9f2a10-0000-4000-8000-000000000001\n", "PEM"),
        (b"\x00\xff\xfe binary", "PEM"),
        (public, "public"),
        (pem(curve), "neither"),
        (pem(locked, b"secret"), "password"),
        (pem(short), "1024"),
        (pem(locked)[:60] + b"\n-----END PRIVATE KEY-----\n", "damaged"),
    ]


@pytest.mark.parametrize(
    ("data", "word"), wrong_keys(), ids=[f"{n} {row[1]}" for n, row in enumerate(wrong_keys())]
)
def test_a_wrong_key_says_what_it_is_and_what_to_do(data, word):
    with pytest.raises(CredentialsWrong) as raised:
        load_key(data)
    assert word in raised.value.detail
    assert raised.value.hint
    assert raised.value.exit_code == 3


def test_a_damaged_key_is_not_quoted(rsa_key):
    whole = pem(rsa_key).decode()
    body = whole.splitlines()[3]
    with pytest.raises(CredentialsWrong) as raised:
        load_key(whole.replace(body, body[:20]).encode())
    assert body[:20] not in str(raised.value)
    assert raised.value.__cause__ is None


def test_a_signer_shows_no_secret(rsa_key):
    signer = load_key(pem(rsa_key))
    assert repr(signer) == "Signer(RSA)"
    assert "PRIVATE" not in str(vars(signer) if hasattr(signer, "__dict__") else signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@pytest.mark.parametrize("key_id", ["", "a b", "a\r\nX-Evil: 1", "ключ"])
def test_a_key_id_that_cannot_be_one_makes_no_header(rsa_key, key_id):
    with pytest.raises(CredentialsWrong):
        headers(load_key(pem(rsa_key)), key_id, "GET", STREAM_PATH, 1)
