"""The local exchange's own check of signatures, against values the vendor's programs made."""

import msgspec
import pytest

from pmterm.sim.polymarket_signing import (
    NEG_RISK_V2,
    V2,
    V3,
    Domain,
    SignedTerms,
    domain_of,
    is_for_other_exchange,
    order_digest,
    order_signer,
    request_signature,
    wallet_signer,
)

# Account 0 of local Ethereum development chains; its key is public and holds nothing.
DEVELOPER = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
WALLET = "0x" + "11" * 20
ZERO = "0x" + "00" * 32
TOKEN = 71321045679252212594626385532706912750332728571942532289631379312455583992563
V2_TOKEN_ID = 452312848583266388373324160190187140280203133231273979958762269979397062657
ORDER_TYPE_HEX = (
    "4f726465722875696e743235362073616c742c61646472657373206d616b65722c61646472657373207369676e65"
    "722c75696e7432353620746f6b656e49642c75696e74323536206d616b6572416d6f756e742c75696e7432353620"
    "74616b6572416d6f756e742c75696e743820736964652c75696e7438207369676e6174757265547970652c75696e"
    "743235362074696d657374616d702c62797465733332206d657461646174612c62797465733332206275696c6465"
    "722900ba"
)


def terms(**changed):
    usual = {
        "salt": 123456789,
        "maker": DEVELOPER,
        "signer": DEVELOPER,
        "token": TOKEN,
        "maker_amount": 100_000_000,
        "taker_amount": 50_000_000,
        "side": 0,
        "signature_type": 0,
        "timestamp": 1713398400000,
        "metadata": ZERO,
        "builder": ZERO,
    }
    return SignedTerms(**{**usual, **changed})


# Values of py-clob-client-v2 1.0.0, and for V3 of polymarket-client 0.14.0.
VECTORS = {
    "eoa_buy_standard": (
        terms(),
        V2,
        "0x32961c48ddac87ed3582f8e02097cd0eff4fcf80460306bd44b3710438dfa64c",
        (
            "0x89f178136333c8ebb32a19146cb891233e3202d474be6ef730c24dbc06ae4d2a0c99948a86d9b57de0f2"
            "c0bb8ec6964aa244ecf17cfa3a95b86878d0b64ad78a1b"
        ),
    ),
    "eoa_sell_neg_risk": (
        terms(salt=987654321, maker_amount=50000000, taker_amount=100000000, side=1),
        NEG_RISK_V2,
        "0x8b878404bd92dea2bfea9975c9fcd816ec70a57ae431cb20d67bb773744aaef3",
        (
            "0xf7d60d64364e2615b08d9f69f3ea9afd3b4f83ecfbf05ddd3ca83f4916277fb97d2d080758d17c8e91c9"
            "28aceb8ff252477ebaec051b672832500f63b4d36b061c"
        ),
    ),
    "poly_proxy_buy": (
        terms(salt=111111111, signature_type=1),
        V2,
        "0x8f88fe2fb3448f4b8ba639992029f0a47a01a14d15b5f2bf9833516571efd279",
        (
            "0x71a63c85b730cc934688f23ea6374afffef57a61690eba63dcb97a706c8a8d0f3d2a8e0280f3e252eb83"
            "be088ebae6b461a8eda18e559e079f59050b90057afa1c"
        ),
    ),
    "poly_1271_buy_standard": (
        terms(salt=333333333, maker=WALLET, signer=WALLET, signature_type=3),
        V2,
        "0x48cfd4c03dcee72230750e2dc5ea71048e91244c2a9fec2ed6ef790a74869596",
        "0x780beffb568c4510b8a135a92ca8071f124cf368fb0e902fe451c5f51e5557910a2a87968caa08a242de"
        "85e83c27375fc09242e897aa77680f56622a54e6e7c61c3264e159346253e26a64e00b69032db0e7d32f94"
        "628de3e6eecb50304d7af3d2d3db4f9eed41f0490532a9460395d96602c6534a931bde4f0e3aad571e4f84"
        "a0" + ORDER_TYPE_HEX,
    ),
    "poly_1271_buy_amoy": (
        terms(
            salt=479249096354,
            maker=WALLET,
            signer=WALLET,
            token=1234,
            signature_type=3,
            timestamp=1710000000000,
        ),
        Domain("2", V2.contract, 80002),
        "0x2afca94626db91b2d556c351584a4cd93e13da32e377dc48c7983e43afa5ab47",
        "0xa3a093c83b6c20c83355c16ce94c92e6e9fcbdeb840618cc74f6c57a42ad145b2b98db73d2c73cbf1f2b"
        "6af288566ae81960ddbc3a13921027358a8bff3be6ff1ca440cbd865bc0c6243d7a8df9a8bf48a8827b0a4"
        "abbb61c30e96d305423af148d23d42d3ad94e65d78258cecaf8dcbaddac0f73dc085040f2c12bb595dd838"
        "04" + ORDER_TYPE_HEX,
    ),
    "v3_domain_eoa_buy": (
        terms(salt=42, token=V2_TOKEN_ID),
        V3,
        "0x3481b2895b7a2dcec57d6102086b810bf3eb62867d8ead10714d600deb4807c1",
        (
            "0x7ca8d3e0f98378f95e3966304bd99d4d74aaf40cb6012919b73825ef20e1392f28e41066dc0d588bb090"
            "08fe5f6f6ee81c53ae4bf208d0b7cb8c7a659d4dc2071b"
        ),
    ),
}


@pytest.mark.parametrize("name", list(VECTORS))
def test_an_order_signed_by_the_vendors_client_has_its_id_and_its_signer(name):
    order, domain, order_id, signature = VECTORS[name]
    assert "0x" + order_digest(order, domain).hex() == order_id
    assert order_signer(order, domain, signature) == DEVELOPER


@pytest.mark.parametrize("name", list(VECTORS))
@pytest.mark.parametrize("field", ["salt", "maker_amount", "taker_amount", "timestamp", "token"])
def test_no_field_can_be_changed_under_a_signature(name, field):
    order, domain, order_id, signature = VECTORS[name]
    forged = msgspec.structs.replace(order, **{field: getattr(order, field) + 1})
    assert "0x" + order_digest(forged, domain).hex() != order_id
    assert order_signer(forged, domain, signature) != DEVELOPER


def test_a_signature_for_another_version_of_the_exchange_is_told_from_a_forged_one():
    order, domain, _, signature = VECTORS["eoa_buy_standard"]
    assert domain == V2
    assert is_for_other_exchange(order, V3, signature, DEVELOPER)
    assert not is_for_other_exchange(order, V3, signature, WALLET)
    assert not is_for_other_exchange(order, NEG_RISK_V2, signature, DEVELOPER)
    order, domain, _, signature = VECTORS["poly_1271_buy_standard"]
    assert order_signer(order, V3, signature) is None
    assert is_for_other_exchange(order, V3, signature, DEVELOPER)


def test_the_exchange_follows_from_the_token_id_and_neg_risk():
    assert domain_of(TOKEN, neg_risk=False) == V2
    assert domain_of(TOKEN, neg_risk=True) == NEG_RISK_V2
    assert domain_of(V2_TOKEN_ID, neg_risk=True) == V3
    assert domain_of(1 << 40, neg_risk=False) == V2
    assert domain_of(1 << 103, neg_risk=False) == V2
    assert domain_of(1 << 104 | (1 << 40) - 1, neg_risk=False) == V3


@pytest.mark.parametrize(
    "signature", ["", "0x", "0xzz", "0x" + "00" * 65, "0x" + "11" * 64, "0x" + "ff" * 317]
)
@pytest.mark.parametrize("kind", [0, 3])
def test_nonsense_is_nobodys_signature(signature, kind):
    assert order_signer(terms(signature_type=kind), V2, signature) is None


def test_terms_that_cannot_be_encoded_are_not_sound():
    assert terms().is_sound
    for wrong in (
        {"maker": "0x12"},
        {"signer": "me"},
        {"metadata": "0x00"},
        {"salt": -1},
        {"token": 1 << 256},
        {"taker_amount": 1 << 128},
        {"side": 2},
        {"signature_type": 4},
    ):
        assert not terms(**wrong).is_sound


@pytest.mark.parametrize(
    ("chain", "timestamp", "nonce", "signature"),
    [
        (
            80002,
            "10000000",
            23,
            (
                "0xf62319a987514da40e57e2f4d7529f7bac38f0355bd88bb5adbb3768d80de6c1682518e0af677d"
                "5260366425f4361e7b70c25ae232aff0ab2331e2b164a1aedc1b"
            ),
        ),
        (
            137,
            "1790000000",
            0,
            (
                "0x131287b4c69ecd9feae81d310e724dea7c5d98c1d38f1d5fe4d2b730a33022fa3bd648a56e1e3b"
                "8e51a49d8eb86b5201a8ee4b1de4ad356d47ef393c12d8a8c91c"
            ),
        ),
    ],
)
def test_a_wallets_attestation_has_its_signer(chain, timestamp, nonce, signature):
    assert wallet_signer(DEVELOPER, timestamp, nonce, signature, chain) == DEVELOPER
    assert wallet_signer(DEVELOPER, timestamp, nonce + 1, signature, chain) != DEVELOPER
    assert wallet_signer(DEVELOPER, timestamp + "0", nonce, signature, chain) != DEVELOPER
    assert wallet_signer("nobody", timestamp, nonce, signature, chain) is None


SECRET = "A" * 43 + "="


@pytest.mark.parametrize(
    ("timestamp", "method", "path", "body", "signature"),
    [
        (
            "1000000",
            "test-sign",
            "/orders",
            b'{"hash": "0x123"}',
            "ZwAdJKvoYRlEKDkNMwd5BuwNNtg93kNaR_oU2HrfVvc=",
        ),
        (
            "1790000000",
            "DELETE",
            "/order",
            b'{"orderID":"0xabababababababababababababababababababababababababababababababab"}',
            "VJOUSAloLJLcPAxGW7iL2c8XalJXWur29UyCJbGZKxg=",
        ),
        (
            "1790000000",
            "GET",
            "/data/orders",
            b"",
            "n8brYKOm58rtu76EUdgFF_9GP1T5UE_cUHpBcAl5nYc=",
        ),
    ],
)
def test_a_request_is_signed_as_the_vendors_clients_sign_it(
    timestamp, method, path, body, signature
):
    assert request_signature(SECRET, timestamp, method, path, body) == signature
    assert request_signature(SECRET.rstrip("="), timestamp, method, path, body) == signature
    assert request_signature(SECRET, timestamp, method, path, body + b" ") != signature


def test_a_secret_that_is_no_base64_is_said_to_be_none():
    with pytest.raises(ValueError, match="base64"):
        request_signature("A", "1", "GET", "/", b"")
