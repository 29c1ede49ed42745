"""Who may call the local Kalshi: signatures, clocks, keys, and what needs none."""

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from tests.sim.kalshi_build import BASE, ED, NOW, ORDERS, OTHER, RSA, headers, trading

from pmterm.model.units import SECOND
from pmterm.sim.handshake import refusal

BALANCE = f"{BASE}/portfolio/balance"
WRONG = {"code": "authentication_error", "message": "authentication_error"}
# A signature made once with a throwaway seed; Ed25519 signs the same text the same way each time.
KEY_HEX = "d32e991a92b4b5f19547092b55a2e2956129e3851ce81af90f7f513e919b6623"
SIGNED = {
    "KALSHI-ACCESS-KEY": "k",
    "KALSHI-ACCESS-TIMESTAMP": "1790000002000",
    "KALSHI-ACCESS-SIGNATURE": (
        "clqS+00sbGxELD2gHKnOjlqif477wPlMajUgmxfqAUCkn/UtqYEaFXqpbopNWzONsPs/VWNy5lcNFkJt5MjVAw=="
    ),
}


async def asked(ann, signed, path=BALANCE, method="GET"):
    async with ann.web.request(method, ann.sim.base_url + path, headers=signed) as answer:
        return answer.status, await answer.json()


def test_known_signature_holds_for_its_text_and_no_other():
    key = ed25519.Ed25519PublicKey.from_public_bytes(bytes.fromhex(KEY_HEX))
    now = 1_790_000_002 * SECOND
    assert refusal(SIGNED, "GET", BALANCE, {"k": key}, now) is None
    for method, path in (("DELETE", BALANCE), ("GET", "/portfolio/balance")):
        assert refusal(SIGNED, method, path, {"k": key}, now) is not None


@pytest.mark.parametrize(("key_id", "key"), [("key-rsa", RSA), ("key-ed", ED)])
async def test_both_kinds_of_key_sign_without_the_query(key_id, key):
    async with trading() as ann:
        signed = headers(key_id, key, "GET", BALANCE, NOW)
        assert (await asked(ann, signed, f"{BALANCE}?subaccount=0"))[0] == 200
        signed = headers(key_id, key, "GET", f"{BALANCE}?subaccount=0", NOW)
        assert await asked(ann, signed, f"{BALANCE}?subaccount=0") == (
            401,
            {"error": WRONG | {"details": "INCORRECT_API_KEY_SIGNATURE"}},
        )


async def test_each_way_to_fail_has_its_recorded_body():
    async with trading() as ann:
        good = headers("key-ed", ED, "GET", BALANCE, NOW)
        other = headers("key-ed", OTHER, "GET", BALANCE, NOW)
        unknown = headers("nobody", ED, "GET", BALANCE, NOW)
        garbage = good | {"KALSHI-ACCESS-SIGNATURE": "not base64!"}
        incorrect = {"error": WRONG | {"details": "INCORRECT_API_KEY_SIGNATURE"}}
        assert await asked(ann, other) == (401, incorrect)
        assert await asked(ann, garbage) == (401, incorrect)
        assert await asked(ann, unknown) == (401, {"error": WRONG | {"details": "NOT_FOUND"}})
        for name in good:
            status, body = await asked(ann, {k: v for k, v in good.items() if k != name})
            assert (status, body["error"]["code"]) == (401, "signature_is_missing_from_headers")
            assert body["error"]["message"] == "signature is missing from headers"


@pytest.mark.parametrize("off_s", [-60, -16, 16, 300])
async def test_clock_too_far_off_is_refused(off_s):
    async with trading() as ann:
        signed = headers("key-ed", ED, "GET", BALANCE, NOW + off_s * SECOND)
        expired = {"code": "header_timestamp_expired", "message": "header timestamp expired"}
        assert await asked(ann, signed) == (401, {"error": expired})


@pytest.mark.parametrize("off_s", [-14, -5, 5, 14])
async def test_clock_within_the_window_is_taken_and_the_window_is_a_setting(off_s):
    async with trading() as ann:
        signed = headers("key-ed", ED, "GET", BALANCE, NOW + off_s * SECOND)
        assert (await asked(ann, signed))[0] == 200
        ann.sim.kalshi.rules.skew = 4 * SECOND
        assert (await asked(ann, signed))[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/exchange/status",
        "/exchange/schedule",
        "/exchange/user_data_timestamp",
        "/series/fee_changes",
        "/events/fee_changes",
        "/account/endpoint_costs",
        "/markets",
        "/events",
    ],
)
async def test_what_is_public_wants_no_signature(path):
    async with trading() as ann:
        assert (await asked(ann, {}, BASE + path))[0] == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/portfolio/orders"),
        ("GET", "/portfolio/fills"),
        ("GET", "/portfolio/positions"),
        ("GET", "/portfolio/settlements"),
        ("GET", "/portfolio/order_groups"),
        ("GET", "/account/limits"),
        ("GET", "/api_keys"),
        ("POST", ORDERS),
        ("DELETE", ORDERS),
        ("DELETE", f"{ORDERS}/batched"),
    ],
)
async def test_what_is_private_wants_one(method, path):
    async with trading() as ann:
        assert (await asked(ann, {}, BASE + path, method))[0] == 401


async def test_key_that_was_deleted_is_one_never_known():
    async with trading() as ann:
        _, body = await ann.get("/api_keys")
        assert {row["api_key_id"] for row in body["api_keys"]} == {"key-rsa", "key-ed"}
        assert (await ann.delete("/api_keys/key-bob"))[0] == 404
        assert (await ann.delete("/api_keys/key-ed"))[0] == 204
        status, body = await ann.get("/portfolio/balance")
        assert (status, body["error"]["details"]) == (401, "NOT_FOUND")


async def test_key_without_the_write_scope_only_reads():
    async with trading() as ann:
        ann.sim.kalshi.rules.read_only_keys = frozenset({"key-ed"})
        assert (await ann.get("/portfolio/balance"))[0] == 200
        assert (await ann.create())[0] == 403
        assert (await ann.delete(ORDERS))[0] == 403
        _, body = await ann.get("/api_keys")
        assert {row["api_key_id"]: row["scopes"] for row in body["api_keys"]} == {
            "key-rsa": ["read", "write"],
            "key-ed": ["read"],
        }


async def test_key_locked_to_a_subaccount_sees_no_other():
    async with trading() as ann:
        await ann.post("/portfolio/subaccounts", {})
        ann.sim.kalshi.rules.locked_keys = {"key-ed": 1}
        status, body = await ann.get("/portfolio/balance")
        assert (status, body["balance"]) == (200, 0)
        assert "balance_breakdown" not in body
        status, body = await ann.get("/portfolio/balance", subaccount=0)
        assert status == 403
        assert "restricted to a single sub-account" in body["error"]["details"]
        assert (await ann.create(subaccount=0))[0] == 403
        assert (await ann.post("/portfolio/subaccounts", {}))[0] == 403


async def test_stream_wants_a_signature_before_the_upgrade():
    async with trading() as ann:
        url = ann.sim.hosts()["kalshi"]["stream"]
        bad = headers("key-ed", OTHER, "GET", "/trade-api/ws/v2", NOW)
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await ann.web.ws_connect(url, headers=bad)
        assert refused.value.status == 401
        async with ann.stream("fill") as socket:
            await socket.send_json({"id": 9, "cmd": "list_subscriptions"})
            assert (await socket.receive_json())["msg"] == [{"channel": "fill", "sid": 1}]


@pytest.mark.parametrize(
    "channel", ["fill", "user_orders", "market_positions", "order_group_updates"]
)
async def test_stream_tells_who_did_not_sign_nothing_private(channel):
    async with (
        trading() as ann,
        ann.web.ws_connect(ann.sim.hosts()["kalshi"]["stream"]) as socket,
    ):
        params = {"channels": [channel]}
        await socket.send_json({"id": 1, "cmd": "subscribe", "params": params})
        error = await socket.receive_json()
        assert (error["type"], error["msg"]["code"]) == ("error", 9)
