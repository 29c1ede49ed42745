"""Who may do what at the local exchange's Polymarket: API keys, wallets, balances."""

from tests.sim.polymarket_trader import (
    account,
    serving,
    trading,
)


async def test_a_key_is_made_once_for_a_nonce_and_derived_ever_after():
    async with serving() as (_, ann):

        async def key(method, path, nonce, **changed):
            headers = ann.wallet_headers(nonce) | changed
            async with ann.web.request(method, ann.url(path), headers=headers) as got:
                return got.status, await got.json()

        status, derived = await key("GET", "/auth/derive-api-key", 0)
        assert (status, derived) == (200, ann.key)
        assert set(derived) == {"apiKey", "secret", "passphrase"}
        again = await key("POST", "/auth/api-key", 0)
        assert again == (400, {"error": "Could not create api key"})
        never = await key("GET", "/auth/derive-api-key", 1)
        assert never == (400, {"error": "Could not derive api key!"})
        _, second = await key("POST", "/auth/api-key", 1)
        assert second["apiKey"] != derived["apiKey"]
        listed = await ann.ask("GET", "/auth/api-keys")
        assert sorted(listed["apiKeys"]) == sorted([derived["apiKey"], second["apiKey"]])
        bad = (401, {"error": "Invalid L1 Request headers"})
        assert await key("POST", "/auth/api-key", 2, POLY_NONCE="3") == bad
        assert await key("POST", "/auth/api-key", 2, POLY_SIGNATURE="0x12") == bad
        assert await key("POST", "/auth/api-key", 2, POLY_ADDRESS="me") == bad
        assert await key("POST", "/auth/api-key", 2, POLY_TIMESTAMP="17") == bad


async def test_a_revoked_key_is_worth_nothing():
    async with serving() as (_, ann):
        assert await ann.ask("DELETE", "/auth/api-key") == "OK"
        assert await ann.ask("GET", "/data/orders", status=401) == {
            "error": "Unauthorized/Invalid api key"
        }


async def test_a_wallet_nobody_funded_can_have_a_key_and_no_money():
    async with trading(accounts=[account("bob")]) as (_, ann):
        assert await ann.balance() == 0
        assert (await ann.refused("BUY", "0.45", 20)).startswith("not enough balance")


async def test_a_balance_is_shown_for_the_wallets_own_kind_once_it_was_asked_for():
    async with trading(accounts=[account(cash=70)]) as (sim, ann):
        cash = {"asset_type": "COLLATERAL", "signature_type": "0"}
        answer = await ann.ask("GET", "/balance-allowance", **cash)
        assert answer["balance"] == "70000000"
        assert set(answer["allowances"].values()) == {str((1 << 256) - 1)}
        other = await ann.ask("GET", "/balance-allowance", **(cash | {"signature_type": "2"}))
        assert other["balance"] == "0"
        sim.polymarket.switches.needs_balance_update = True
        assert (await ann.ask("GET", "/balance-allowance", **cash))["balance"] == "0"
        assert (await ann.refused("BUY", "0.45", 20)).startswith("not enough balance")
        assert await ann.ask("GET", "/balance-allowance/update", **cash) is None
        assert (await ann.ask("GET", "/balance-allowance", **cash))["balance"] == "70000000"
        assert (await ann.place("BUY", "0.45", 20))["status"] == "live"
