"""Every refusal the venue knows is said in our words: what happened, the money, what to do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.venues.polymarket.build import POLY, START

from pmterm.messages.said import VenueMood
from pmterm.messages.transport import HttpResponse
from pmterm.venues.polymarket.answers import moods, trouble
from pmterm.venues.polymarket.refusals import CODES, NOTHING, UNSURE, known_refusal, refusal

ID = "0x" + "5e" * 32
# Every text of the vendor's error pages and of the issues of its clients, and what it must mean:
# our code, and whether it proves that nothing was placed.
TEXTS = [
    ("Invalid order payload", "bad_order", True),
    ("the order owner has to be the owner of the API KEY", "key_of_other", True),
    ("the order signer address has to be the address of the API KEY", "wallet_of_other", True),
    ("'0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266' address banned", "banned", True),
    (
        "'0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266' address in closed only mode",
        "closed_only",
        True,
    ),
    (
        f"order {ID} is invalid. Price (0.505) breaks minimum tick size rule: 0.01",
        "off_tick",
        True,
    ),
    (f"order {ID} is invalid. Size (2) lower than the minimum: 5", "too_small", True),
    (f"order {ID} is invalid. Duplicated.", "duplicate", False),
    (f"order {ID} crosses the book", "would_cross", True),
    ("invalid post-only order: order crosses book", "would_cross", True),
    ("not enough balance / allowance", "no_money", True),
    ("not enough balance / allowance: the balance is not enough -> balance: 12", "no_money", True),
    ("invalid expiration", "bad_expiration", True),
    ("invalid nonce", "bad_nonce", True),
    ("order canceled in the CTF exchange contract", "cancelled_on_chain", True),
    ("order match delayed due to market conditions", "delayed", False),
    (
        "order couldn't be fully filled. FOK orders are fully filled or killed.",
        "fok_killed",
        True,
    ),
    (
        (
            "no orders found to match with FAK order. FAK orders are partially filled or killed "
            "if no match is found."
        ),
        "ioc_no_match",
        True,
    ),
    ("the market is not yet ready to process new orders", "market_not_ready", True),
    ("Too many orders in payload: 16, max allowed: 15", "too_many", True),
    ("Too many orders in payload, max allowed: 1000", "too_many", True),
    (
        "maker address not allowed, please use the deposit wallet flow",
        "wrong_wallet",
        True,
    ),
    ("order_version_mismatch", "wrong_exchange", True),
    (
        (
            "invalid amounts, the sell orders maker amount supports a max accuracy of 2 decimals, "
            "taker amount a max of 4 decimals"
        ),
        "bad_precision",
        True,
    ),
    (
        "invalid amount for a marketable BUY order ($0.98), min size: $1",
        "under_a_dollar",
        True,
    ),
    ("there are no matching orders", "engine_failed", False),
    ("FOK orders are filled or killed", "engine_failed", False),
    ("the trade contains rounding issues", "rounding", False),
    (
        (
            "the price of the taker's order has a discrepancy greater than allowed with the worst "
            "maker order"
        ),
        "rounding",
        False,
    ),
    ("could not insert order", "engine_failed", False),
    ("could not run the execution", "engine_failed", False),
    ("INVALID_ORDER_MIN_TICK_SIZE", "off_tick", True),
    ("INVALID_ORDER_MIN_SIZE", "too_small", True),
    ("INVALID_ORDER_DUPLICATED", "duplicate", False),
    ("INVALID_ORDER_NOT_ENOUGH_BALANCE", "no_money", True),
    ("INVALID_ORDER_EXPIRATION", "bad_expiration", True),
    ("INVALID_ORDER_ERROR", "bad_order", True),
    ("INVALID_POST_ONLY_ORDER", "would_cross", True),
    ("INVALID_POST_ONLY_ORDER_TYPE", "post_only_kind", True),
    ("EXECUTION_ERROR", "engine_failed", False),
    ("ORDER_DELAYED", "delayed", False),
    ("DELAYING_ORDER_ERROR", "delayed", False),
    ("FOK_ORDER_NOT_FILLED_ERROR", "fok_killed", True),
    ("MARKET_NOT_READY", "market_not_ready", True),
    ("Trading is currently disabled. Check polymarket.com for updates", "trading_off", True),
    (
        "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed.",
        "cancel_only",
        True,
    ),
    (
        "post-only mode: only post-only orders and cancels are allowed",
        "post_only_now",
        True,
    ),
    ("Unauthorized/Invalid api key", "bad_key", True),
    ("Invalid L1 Request headers", "bad_wallet_proof", True),
    ("Could not create api key", "key_not_made", True),
    ("Could not derive api key!", "key_not_derived", True),
    ("Invalid orderID", "no_order", False),
    ("already canceled or matched", "no_order", False),
    ("Order not found or already canceled", "no_order", False),
    ("Invalid Heartbeat ID", "bad_heartbeat", False),
    ("market not found", "no_market", True),
    ("No orderbook exists for the requested token id", "no_market", True),
    ("Invalid token id", "no_market", True),
    ("Payload exceeds the limit", "too_many", True),
    ("Invalid payload", "bad_order", True),
    ("Service is not ready", "not_ready", False),
    ("rate limit exceeded", "too_fast", True),
]


@pytest.mark.parametrize(("text", "code", "is_proof"), TEXTS, ids=lambda one: str(one)[:40])
def test_every_text_of_the_venue_has_its_sentence(text: str, code: str, is_proof: bool) -> None:
    meant = known_refusal(text)
    assert meant is not None
    assert (meant.code, meant.is_proof) == (code, is_proof)
    assert meant.reason.endswith(".")
    assert len(meant.reason.split(". ")) >= 2, "it says more than what happened"
    assert "{" not in meant.reason
    assert (NOTHING in meant.reason and meant.is_proof) or NOTHING not in meant.reason


def test_no_row_of_the_table_goes_untested() -> None:
    assert set(CODES) == {code for _, code, _ in TEXTS}


def test_numbers_of_the_venue_are_kept_where_they_help() -> None:
    assert "(0.01)" in refusal(TEXTS[5][0]).reason
    assert "(5)" in refusal(TEXTS[6][0]).reason


def test_an_unknown_text_is_quoted_cleaned_and_proves_nothing() -> None:
    meant = refusal("the moon\x1b[31m is\u202e full\n" + "x" * 5_000)
    assert meant.code == "unknown"
    assert not meant.is_proof
    assert "the moon[31m is full" in meant.reason
    assert UNSURE in meant.reason
    assert "\x1b" not in meant.reason
    assert len(meant.reason) < 400


@given(st.text())
def test_no_text_breaks_the_table(text: str) -> None:
    meant = refusal(text)
    assert meant.reason
    assert meant.code


def response(status: int, text: str, **changes: int) -> HttpResponse:
    fields = {"sent_at": START} | changes
    return HttpResponse(START, POLY, "POST", "/order", status, text, "place:x", **fields)


@pytest.mark.parametrize(
    ("status", "text", "code", "is_proof", "mood"),
    [
        (401, '{"error":"Unauthorized/Invalid api key"}', "bad_key", True, VenueMood.LOGGED_OUT),
        (401, "", "bad_key", True, VenueMood.LOGGED_OUT),
        (401, '{"error":"nonsense"}', "bad_key", True, VenueMood.LOGGED_OUT),
        (403, "<!DOCTYPE html><title>Attention", "edge_block", False, VenueMood.BLOCKED),
        (403, '{"error":"\'0x1\' address in closed only mode"}', "closed_only", True, None),
        (425, '{"error":"Too Early"}', "restarting", True, VenueMood.RESTARTING),
        (425, "", "restarting", False, VenueMood.RESTARTING),
        (429, '{"error":"slow down"}', "too_fast", True, None),
        (429, "<html>", "unread", False, None),
        (429, "", "unread", False, None),
        (
            503,
            '{"error":"Trading is currently disabled. Check"}',
            "trading_off",
            True,
            VenueMood.CLOSED,
        ),
        (503, '{"error":"Trading is currently cancel-only."}', "cancel_only", True, "cancel only"),
        (503, "upstream connect error", "unread", False, None),
        (503, '{"error":"not enough balance"}', "no_money", False, None),
        (500, '{"error":"could not run the execution"}', "engine_failed", False, None),
        (500, '{"error":"not enough balance / allowance"}', "no_money", False, None),
        (502, "<html>Bad gateway", "unread", False, None),
        (404, "<html>", "unread", False, None),
        (400, '{"error":"context canceled"}', "unknown", False, None),
        (400, '{"error":', "unread", False, None),
        (302, "", "unread", False, None),
    ],
)
def test_an_answer_proves_no_more_than_it_says(
    status: int, text: str, code: str, is_proof: bool, mood: VenueMood | None
) -> None:
    meant = trouble(response(status, text))
    assert (meant.code, meant.is_proof, meant.mood) == (code, is_proof, mood)
    if not is_proof:
        assert NOTHING not in meant.reason


def test_no_answer_is_proof_only_if_nothing_was_sent() -> None:
    unsent = trouble(response(0, "connection refused", sent_at=0))
    assert (unsent.code, unsent.is_proof) == ("not_sent", True)
    lost = trouble(response(0, "timeout"))
    assert (lost.code, lost.is_proof) == ("no_answer", False)


@pytest.mark.parametrize(
    ("status", "text", "header", "wait"),
    [
        (425, "{}", 0, 90),
        (425, "{}", 30, 30),
        (503, '{"error":"post-only mode: x","retry_after_seconds":79}', 0, 79),
        (503, '{"error":"post-only mode: x","retry_after_seconds":true}', 0, 0),
        (503, '{"error":"post-only mode: x","retry_after_seconds":1e30}', 0, 0),
    ],
)
def test_a_mood_lasts_as_long_as_the_venue_says(
    status: int, text: str, header: int, wait: int
) -> None:
    told = response(status, text, retry_after_s=header)
    (mood,) = moods(told, trouble(told))
    assert mood.for_s == wait
