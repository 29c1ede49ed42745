"""Every refusal of the venue becomes a sentence that says what to do, and never a wrong verdict."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pmterm.messages.said import VenueMood
from pmterm.model.text import clean_text
from pmterm.venues.kalshi.refusals import (
    ASKED,
    ORDERED,
    ROWS,
    STREAM_ERRORS,
    UPDATES,
    Refusal,
    Said,
    refusal_of,
    said_in,
)

CODES = {
    "insufficient_balance": (400, "no_money", "Order less"),
    "available_balance_too_low": (400, "no_money", "Order less"),
    "user_not_found": (404, "shard_empty", "move money to exchange shard 3"),
    "invalid_price": (400, "off_grid", "tick"),
    "invalid_order_size": (400, "bad_size", "0.01"),
    "invalid_order": (400, "bad_order", "invalid_order"),
    "fill_or_kill_insufficient_resting_volume": (409, "not_filled", "worse price"),
    "immediate_or_cancel_insufficient_resting_volume": (409, "not_filled", "worse price"),
    "trading_is_paused": (409, "paused", "Wait"),
    "MARKET_NOT_ACTIVE": (400, "market_paused", "look before"),
    "market_inactive": (400, "market_closed", "takes back"),
    "order_id_and_client_order_id_mismatch": (400, "mismatch", "Read the order"),
    "order_side_mismatch": (400, "mismatch", "Read the order"),
    "order_ticker_mismatch": (400, "mismatch", "Read the order"),
    "not_found": (404, "not_found", "again"),
    "too_many_requests": (429, "too_fast", "Wait"),
    "signature_is_missing_from_headers": (401, "no_signature", "proxy"),
    "header_timestamp_expired": (401, "clock_off", "Set the clock"),
    "authentication_error": (401, "logged_out", "pmterm doctor"),
    "bad_request": (400, "bad_request", "update"),
}


def refuse(status: int, code: str, details: str = "", shard: int = 3) -> Refusal:
    return refusal_of(status, Said(code, code, details), shard)


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_sentence(code):
    status, ours, words = CODES[code]
    refusal = refuse(status, code)
    assert (refusal.code, refusal.is_proof) == (ours, True)
    assert words in refusal.reason
    assert "no money moved" in refusal.reason or ours == "mismatch"
    assert "{" not in refusal.reason


def test_no_row_of_the_table_is_left_unproved():
    proved = {code.casefold() for code in CODES}
    others = {
        "order_already_exists",
        "post only cross",
        "too many requests",
        "incorrect_api_key_signature",
    }
    assert set(ROWS) == proved | others


def test_an_order_that_exists_is_no_refusal():
    refusal = refuse(409, "order_already_exists")
    assert (refusal.code, refusal.is_proof) == ("exists", False)
    assert "do not order again" in refusal.reason


@pytest.mark.parametrize(
    ("details", "code"),
    [("INCORRECT_API_KEY_SIGNATURE", "bad_signature"), ("NOT_FOUND", "unknown_key")],
)
def test_two_kinds_of_wrong_key_are_told_apart(details, code):
    refusal = refuse(401, "authentication_error", details)
    assert (refusal.code, refusal.mood) == (code, VenueMood.LOGGED_OUT)


def test_crossing_is_told_by_the_details():
    assert refuse(400, "invalid_order", "post only cross").code == "would_cross"


CASES = {
    "auth__bad_signature": "bad_signature",
    "auth__missing_signature_header": "no_signature",
    "auth__unknown_key_id": "unknown_key",
    "auth__skew_minus30s": "clock_off",
    "auth__skew_plus5min": "clock_off",
    "markets__limit_over_max": "refused",
    "orders__duplicate_client_order_id": "exists",
    "orders__insufficient_balance": "no_money",
    "orders__invalid_price_structure": "off_grid",
    "orders__numeric_field_types": "bad_request",
    "orders__cancel_unknown_id": "not_found",
    "rate_limited_429_prod": "too_fast",
}


def test_every_recorded_refusal_is_read(stored, answer):
    cases = {case["case"]: case for case in stored("errors_demo_2026-06-11.json")}
    assert set(cases) == set(CASES)
    for name, case in cases.items():
        response = answer(case["body"], status=case["status"])
        assert refusal_of(response.status, said_in(response.text)).code == CASES[name], name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '{"error":{"code":"a","message":"b","details":"c","service":"d"}}',
            Said("a", "b", "c"),
        ),
        ('{"code":"a","message":"b"}', Said("a", "b")),
        ('{"error":"too many requests"}', Said(message="too many requests")),
        ('{"msg":"Parameter validation failed"}', Said(message="Parameter validation failed")),
        ("<html><h1>502", Said(message="a web page instead of data", is_json=False)),
        ("upstream gone", Said(message="upstream gone", is_json=False)),
        ("[1]", Said(message="[1]", is_json=False)),
        ("{}", Said(message="{}", is_json=False)),
        ("", Said(is_json=False)),
    ],
)
def test_the_four_shapes_and_what_is_none(text, said):
    assert said_in(text) == said


def test_an_unknown_refusal_quotes_the_venue_cleaned():
    said = Said("brand_new", "Nope \x1b[31mred\u202e", "because")
    refusal = refusal_of(400, said_in('{"error":{"code":"x","message":"Nope \\u001b[31m"}}'))
    assert refusal.reason == f"Kalshi answered 400: “Nope [31m”. {ORDERED}"
    assert refusal_of(422, said, nothing=ASKED).reason.endswith(ASKED)


@pytest.mark.parametrize("status", [0, 100, 200, 302, 408, 500, 502, 503, 504, 599])
@pytest.mark.parametrize("code", ["insufficient_balance", "not_found", "anything"])
def test_no_status_but_a_refusal_is_proof(status, code):
    assert refuse(status, code).is_proof is False


def test_a_409_of_an_unknown_code_is_no_proof():
    assert refuse(409, "brand_new").is_proof is False


def test_a_web_page_is_proof_only_where_the_edge_stands_before_the_venue():
    page = said_in("<html>")
    proofs = {s for s in range(400, 500) if refusal_of(s, page).is_proof}
    assert proofs == {401, 403, 429}


@given(st.integers(0, 999), st.text(max_size=300))
def test_any_refusal_is_one_line_of_inert_text(status, text):
    refusal = refusal_of(status, said_in(text))
    assert clean_text(refusal.reason, 400) == refusal.reason
    assert len(refusal.reason) < 400


def test_the_streams_errors_and_reasons_are_whole():
    assert set(STREAM_ERRORS) == set(range(1, 29))
    assert set(UPDATES) == {
        "Trade",
        "Amend",
        "Decrease",
        "MarginCancel",
        "SelfTradeCancel",
        "ExpiryCancel",
        "CloseCancel",
        "HaltCancel",
        "PostOnlyCrossCancel",
        "ReduceOnlyCancel",
        "SettlementBoundsCancel",
    }
