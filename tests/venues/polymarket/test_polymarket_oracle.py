"""Orders and headers are those of the vendor's older client, whatever the order."""

import json
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.venues.polymarket.account_build import (
    ADDRESS,
    FUNDER,
    KEY,
    OWNER,
    START,
    YES,
    intent,
    market,
    wallet,
)

from pmterm.messages.transport import HttpRequest
from pmterm.model.ids import OrderId, Venue
from pmterm.model.market import PriceBand
from pmterm.model.order import Side
from pmterm.model.secret import Secret
from pmterm.model.units import MS, PRICE_ONE, SECOND
from pmterm.venues.polymarket.amounts import TICKS
from pmterm.venues.polymarket.auth import ApiKey, wallet_headers
from pmterm.venues.polymarket.naming import Trader, name_order, salt_of
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.signing import OrderSigner, SignatureType, exchange_of

LIMIT = sys.getrecursionlimit()
pytest.importorskip("py_clob_client_v2")
builder_of = pytest.importorskip("py_clob_client_v2.order_utils.exchange_order_builder_v2")
model = pytest.importorskip("py_clob_client_v2.order_utils.model.order_data_v2")
signer_of = pytest.importorskip("py_clob_client_v2.signer")
headers_of = pytest.importorskip("py_clob_client_v2.headers.headers")
types = pytest.importorskip("py_clob_client_v2.clob_types")
sys.setrecursionlimit(LIMIT)  # a library of theirs lifts it until deep JSON ends the process

SECRET = "gAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHv8="

GRID = st.sampled_from(TICKS).flatmap(
    lambda tick: st.tuples(
        st.just(tick), st.integers(1, PRICE_ONE // tick - 1).map(lambda steps: steps * tick)
    )
)


@settings(max_examples=60, deadline=None)
@given(
    GRID,
    st.sampled_from(Side),
    st.sampled_from(SignatureType),
    st.integers(500, 10_000_000),
    st.booleans(),
    st.text("abcdef0123456789-", min_size=1, max_size=20),
)
def test_any_order_is_signed_as_by_the_vendors_older_client(
    grid: tuple[int, int],
    side: Side,
    kind: SignatureType,
    hundredths: int,
    neg_risk: bool,
    name: str,
) -> None:
    tick, price = grid
    funder = ADDRESS if kind is SignatureType.EOA else FUNDER
    one = Trader(kind, funder, OWNER)
    signer = OrderSigner(wallet(), kind, funder)
    wish = intent(
        order=OrderId(name), side=side, price=price, qty=hundredths * 10_000, at=START + 7 * MS
    )
    named = name_order(
        wish, market(bands=(PriceBand(0, PRICE_ONE, tick),), neg_risk=neg_risk), 0, one, signer
    )
    ours = json.loads(named.body)["order"]

    exchange = exchange_of(int(YES), neg_risk=neg_risk)
    theirs = builder_of.ExchangeOrderBuilderV2(
        exchange.contract,
        137,
        signer_of.Signer(KEY, 137),
        generate_salt=lambda: str(salt_of(OrderId(name))),
        domain_version=exchange.version,
    )
    data = model.OrderDataV2(
        maker=funder,
        tokenId=YES,
        makerAmount=ours["makerAmount"],
        takerAmount=ours["takerAmount"],
        side=model.Side.BUY if side is Side.BUY else model.Side.SELL,
        signer=signer.signer,
        signatureType=int(kind),
        timestamp=str(wish.at // MS),
    )
    signed = theirs.build_signed_order(data)
    assert ours["signature"] == signed.signature
    official = model.order_to_json_v2(signed, OWNER, "GTC")
    assert ours == official["order"]
    assert list(ours) == list(official["order"])


@settings(deadline=None)
@given(st.integers(1_600_000_000, 2_000_000_000), st.integers(0, 5))
def test_the_wallets_headers_are_the_vendors(stamp: int, nonce: int) -> None:
    theirs = headers_of.create_level_1_headers(signer_of.Signer(KEY, 137), nonce, stamp)
    assert wallet_headers(wallet(), stamp * SECOND, nonce=nonce) == theirs


@given(
    st.sampled_from(("GET", "POST", "DELETE")),
    st.sampled_from(("/order", "/data/orders", "/v1/heartbeats")),
    st.dictionaries(st.text("abc", min_size=1), st.text("xyz09")),
)
def test_the_keys_headers_are_the_vendors(method: str, path: str, words: dict[str, str]) -> None:
    body = json.dumps(words, separators=(",", ":")) if words else ""
    stamp = 1_790_000_000
    theirs = headers_of.create_level_2_headers(
        signer_of.Signer(KEY, 137),
        types.ApiCreds(OWNER, SECRET, "5f4dcc3b"),
        types.RequestArgs(method=method, request_path=path, body=words, serialized_body=body),
        stamp,
    )
    proof = PolymarketProof(wallet(), ApiKey(OWNER, Secret(SECRET), Secret("5f4dcc3b")))
    request = HttpRequest(START, Venue.POLYMARKET, "clob", method, path, body, auth="l2")
    assert proof.headers(request, stamp * SECOND) == theirs
