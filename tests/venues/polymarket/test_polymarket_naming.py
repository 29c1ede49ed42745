"""An order's name and bytes: as the official clients make them, the same for the same intent."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.venues.polymarket.account_build import (
    FUNDER,
    NO,
    OWNER,
    START,
    YES,
    intent,
    market,
    trader,
    wallet,
    wing,
)

from pmterm.model.errors import CredentialsWrong, VenueRefused
from pmterm.model.ids import OrderId, TokenId
from pmterm.model.market import Market, Outcome, PriceBand
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import MS, PRICE_ONE, SECOND, parse_price, parse_qty
from pmterm.venues.polymarket.funders import funders_of
from pmterm.venues.polymarket.naming import Trader, name_order, salt_of
from pmterm.venues.polymarket.signing import (
    EXCHANGE_V2,
    EXCHANGE_V3,
    NEG_RISK_EXCHANGE_V2,
    OrderSigner,
    SignatureType,
    exchange_of,
)

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "vectors/golden.json").read_text())
TYPES = {
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "FAK": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}


def on_tick(tick: int, **changes: Any) -> Market:
    return market(bands=(PriceBand(0, PRICE_ONE, tick),), min_qty=10_000, **changes)


def tokens(first: str) -> tuple[Outcome, Outcome]:
    return (Outcome("A", TokenId(first)), Outcome("B", TokenId("1")))


@pytest.mark.parametrize("case", GOLDEN["orders"], ids=lambda case: case["name"])
def test_a_body_equals_the_official_clients_byte_for_byte(case: dict[str, Any]) -> None:
    wanted = case["payload"]
    size, price = parse_qty(case["size"]), parse_price(case["price"])
    tif, side = TYPES[case["kind"]], Side(case["side"].lower())
    is_spend = side is Side.BUY and case["kind"] in {"FAK", "FOK"}
    order = wanted["order"]
    one = trader(SignatureType(order["signatureType"]), order["maker"])
    named = name_order(
        intent(
            at=GOLDEN["stamp"] * MS,
            order=OrderId(case["name"]),
            side=side,
            qty=size * PRICE_ONE // price if is_spend else size,
            price=price,
            tif=tif,
            post_only=wanted.get("postOnly", False),
            expires_at=(GOLDEN["ends"] - 60) * SECOND if tif is TimeInForce.GTD else 0,
        ),
        on_tick(
            parse_price(case["tick"]), neg_risk=case["neg_risk"], outcomes=tokens(order["tokenId"])
        ),
        0,
        one,
        OrderSigner(wallet(), one.kind, one.funder),
        crude=False,
    )
    body = json.loads(named.body)
    assert body == wanted
    assert named.body == json.dumps(body, separators=(",", ":")), "compact, nothing to escape"
    for field, value in wanted["order"].items():
        quoted = json.dumps(value, separators=(",", ":"))
        assert f'"{field}":{quoted}' in named.body, "numbers and texts are not mixed up"


def test_the_exchange_follows_from_the_token_and_the_market() -> None:
    second = str((3 << 104) | 7)
    assert exchange_of(int(YES), neg_risk=False) is EXCHANGE_V2
    assert exchange_of(int(YES), neg_risk=True) is NEG_RISK_EXCHANGE_V2
    assert exchange_of(int(second), neg_risk=True) is EXCHANGE_V3


def test_the_same_intent_is_always_the_same_order_in_any_session() -> None:
    first, again = (wing().name(intent(), market(), 0) for _ in range(2))
    assert first == again
    assert first.venue_order.startswith("0x")
    assert len(first.venue_order) == 66


@given(st.lists(st.integers(0, 99_999), min_size=2, max_size=50, unique=True))
def test_different_intents_are_never_the_same_order(numbers: list[int]) -> None:
    one = wing()
    names = {
        one.name(intent(order=OrderId(f"s1-{n:05d}")), market(), 0).venue_order for n in numbers
    }
    assert len(names) == len(numbers)
    assert all(0 <= salt_of(OrderId(f"s1-{n:05d}")) <= 2**53 for n in numbers)


@pytest.mark.parametrize(
    ("side", "outcome", "token", "told", "maker", "taker"),
    [
        (Side.BUY, 0, YES, "BUY", "5600000", "10000000"),
        (Side.SELL, 0, YES, "SELL", "10000000", "5600000"),
        (Side.SELL, 1, NO, "BUY", "4400000", "10000000"),
        (Side.BUY, 1, NO, "SELL", "10000000", "4400000"),
    ],
)
def test_the_other_outcome_is_traded_the_other_way_at_one_minus_the_price(
    side: Side, outcome: int, token: str, told: str, maker: str, taker: str
) -> None:
    named = wing().name(intent(side=side), market(), outcome)
    order = json.loads(named.body)["order"]
    assert named.outcome == outcome
    assert (order["tokenId"], order["side"]) == (token, told)
    assert (order["makerAmount"], order["takerAmount"]) == (maker, taker)


def test_a_market_purchase_names_dollars_and_never_more_than_its_limit_costs() -> None:
    named = wing().name(intent(tif=TimeInForce.IOC, qty=10_500_000, price=5_700), market(), 0)
    body = json.loads(named.body)
    assert body["orderType"] == "FAK"
    assert body["order"]["makerAmount"] == "5980000"
    assert body["order"]["takerAmount"] == "10491200"


def test_an_order_with_an_end_is_written_a_minute_longer_since_the_venue_ends_it_early() -> None:
    ends = START + 300 * SECOND
    named = wing().name(intent(tif=TimeInForce.GTD, expires_at=ends), market(), 0)
    body = json.loads(named.body)
    assert body["orderType"] == "GTD"
    assert body["order"]["expiration"] == str(ends // SECOND + 60)


def test_post_only_is_said_only_where_it_is_wanted() -> None:
    assert json.loads(wing().name(intent(post_only=True), market(), 0).body)["postOnly"] is True
    assert "postOnly" not in wing().name(intent(), market(), 0).body


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"price": 5_650}, "grid"),
        ({"price": 0}, "grid"),
        ({"price": PRICE_ONE}, "grid"),
        ({"qty": 10_000_001}, "hundredths"),
        ({"qty": 0}, "hundredths"),
        ({"qty": 4_990_000}, "at least 5"),
        ({"tif": TimeInForce.GTD, "expires_at": START + 119 * SECOND}, "120 seconds"),
        ({"tif": TimeInForce.IOC, "post_only": True}, "post-only"),
        ({"tif": TimeInForce.FOK, "post_only": True}, "post-only"),
        ({"tif": TimeInForce.IOC, "qty": 1_780_000, "price": 5_600}, "a dollar"),
        ({"tif": TimeInForce.IOC, "side": Side.SELL, "qty": 10_000, "price": 100}, None),
    ],
)
def test_what_the_venue_cannot_take_is_refused_in_words_with_what_to_do(
    changes: dict[str, Any], word: str | None
) -> None:
    if word is None:
        wing().name(intent(**changes), market(), 0)
        return
    with pytest.raises(VenueRefused, match=word) as caught:
        wing().name(intent(**changes), market(), 0)
    assert caught.value.hint


def test_a_sale_too_small_to_state_its_price_is_refused_and_not_made_worse() -> None:
    fine = on_tick(1)
    wish = intent(tif=TimeInForce.IOC, side=Side.SELL, qty=570_000, price=317)
    with pytest.raises(VenueRefused, match="too small"):
        wing().name(wish, fine, 0)
    wing(crude=False).name(wish, fine, 0)


def test_a_small_rest_can_be_sold_at_market_though_it_may_not_rest() -> None:
    wish = intent(side=Side.SELL, qty=4_000_000)
    with pytest.raises(VenueRefused):
        wing().name(wish, market(), 0)
    wing().name(intent(side=Side.SELL, qty=4_000_000, tif=TimeInForce.IOC), market(), 0)


@pytest.mark.parametrize(
    ("funder", "owner"), [("0x12", OWNER), (FUNDER + '","x":"', OWNER), (FUNDER, 'a"b'), ("", "a")]
)
def test_an_account_that_would_break_the_bytes_is_refused(funder: str, owner: str) -> None:
    with pytest.raises(CredentialsWrong):
        Trader(SignatureType.EOA, funder, owner)


@pytest.mark.parametrize("case", GOLDEN["funders"], ids=lambda case: case["owner"])
def test_a_keys_wallets_have_the_addresses_the_factories_give_them(case: dict[str, str]) -> None:
    found = {one.title: one for one in funders_of(case["owner"])}
    assert found["deposit wallet"].address == case["deposit"]
    assert found["deposit wallet of the first kind"].address == case["first_deposit"]
    assert found["Safe (browser wallet)"].address == case["safe"]
    assert found["proxy wallet (e-mail login)"].address == case["proxy"]
    assert found["the key's own address"].address == case["owner"]
    assert [one.kind for one in funders_of(case["owner"])] == [3, 2, 1, 0, 3]
