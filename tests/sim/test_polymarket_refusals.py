"""Each "no" of the local exchange's Polymarket, in the venue's own words."""

import pytest
from tests.sim.polymarket_trader import (
    MARKET,
    YES,
    Trader,
    account,
    order_id,
    serving,
    trading,
)

from pmterm.model.ids import MarketId
from pmterm.sim.polymarket_signing import NEG_RISK_V2, V2, V3
from pmterm.sim.quiet import MILLE_GRID, polymarket_listing

STRANGER = "0x" + "ab" * 20


async def test_amounts_and_types_that_cannot_be_read_are_an_invalid_payload():
    async with trading() as (_, ann):
        good = ann.post("BUY", "0.45", 20)
        for changed in (
            {"side": "buy"},
            {"salt": "77"},
            {"makerAmount": "1.5"},
            {"makerAmount": "0"},
            {"tokenId": "me"},
            {"maker": "0x12"},
            {"signatureType": 9},
            {"metadata": "0x00"},
        ):
            body = good | {"order": good["order"] | changed}
            assert await ann.ask("POST", "/order", body, 400) == {"error": "Invalid order payload"}
        for body in ({}, [], {**good, "orderType": "IOC"}, {**good, "order": {}}):
            assert await ann.ask("POST", "/order", body, 400) == {"error": "Invalid order payload"}


async def test_owner_and_signer_must_be_the_keys():
    async with trading() as (_, ann):
        assert await ann.refused("BUY", "0.45", 20, owner="somebody else") == (
            "the order owner has to be the owner of the API KEY"
        )
        assert await ann.refused("BUY", "0.45", 20, signer=STRANGER) == (
            "the order signer address has to be the address of the API KEY"
        )


async def test_a_maker_that_is_not_the_accounts_wallet_is_sent_to_the_deposit_wallet():
    words = "maker address not allowed, please use the deposit wallet flow"
    async with trading() as (sim, ann):
        assert await ann.refused("BUY", "0.45", 20, maker=STRANGER) == words
        assert await ann.refused("BUY", "0.45", 20, signatureType=2) == words
        sim.polymarket.switches.deposit_wallets_only = True
        assert await ann.refused("BUY", "0.45", 20) == words


async def test_banned_and_closed_only_accounts_are_told():
    async with trading() as (sim, ann):
        wallet = sim.polymarket.wallets.of_account("ann")
        assert await ann.ask("GET", "/auth/ban-status/closed-only") == {"closed_only": False}
        wallet.is_closed_only = True
        assert await ann.ask("GET", "/auth/ban-status/closed-only") == {"closed_only": True}
        assert await ann.refused("BUY", "0.45", 20) == (
            f"'{wallet.maker}' address in closed only mode"
        )
        wallet.is_banned = True
        assert await ann.refused("BUY", "0.45", 20) == f"'{wallet.maker}' address banned"


async def test_a_signature_for_another_exchange_is_a_version_mismatch_a_forged_one_invalid():
    async with trading() as (_, ann):
        assert await ann.refused("BUY", "0.45", 20, domain=V3) == "order_version_mismatch"
        assert await ann.refused("BUY", "0.45", 20, domain=NEG_RISK_V2) == "invalid signature"
        body = ann.post("BUY", "0.45", 20)
        body["order"]["makerAmount"] = "9100000"
        assert await ann.ask("POST", "/order", body, 400) == {"error": "invalid signature"}


async def test_a_token_that_does_not_trade_has_no_orderbook():
    async with trading() as (sim, ann):
        assert await ann.refused("BUY", "0.45", 20, token=(1 << 200) + 77) == (
            f"the orderbook {(1 << 200) + 77} does not exist"
        )
        sim.exchange.resolve(sim.exchange.now, MARKET.id, 10_000)
        assert await ann.refused("BUY", "0.45", 20) == f"the orderbook {YES} does not exist"


async def test_a_market_that_is_not_ready_or_stands_still_takes_nothing():
    words = "the market is not yet ready to process new orders"
    async with trading() as (sim, ann):
        sim.polymarket.switches.not_ready.add(MARKET.id)
        assert await ann.refused("BUY", "0.45", 20) == words
        sim.polymarket.switches.not_ready.clear()
        sim.exchange.pause(sim.exchange.now, MARKET.id)
        assert await ann.refused("BUY", "0.45", 20) == words
        sim.exchange.resume(sim.exchange.now, MARKET.id)
        assert (await ann.place("BUY", "0.45", 20))["status"] == "live"


async def test_the_same_bytes_twice_are_a_duplicate():
    async with trading() as (_, ann):
        body = ann.post("BUY", "0.45", 20)
        first = await ann.ask("POST", "/order", body)
        again = await ann.ask("POST", "/order", body, 400)
        assert again == {"error": f"order {first['orderID']} is invalid. Duplicated."}
        assert len(await ann.open_orders()) == 1


@pytest.mark.parametrize(
    ("price", "quoted"), [("0.505", "0.505"), ("0.005", "0.005"), ("0.995", "0.995"), ("1", "1")]
)
async def test_a_price_off_the_grid_breaks_the_tick_rule(price, quoted):
    async with trading() as (_, ann):
        said = await ann.refused("BUY", price, 20)
        assert said == (
            f"order {ann.last} is invalid. Price ({quoted}) breaks minimum tick size rule: 0.01"
        )


async def test_a_finer_grid_takes_finer_prices():
    fine = polymarket_listing("quiet", bands=MILLE_GRID)
    async with serving([fine]) as (_, ann):
        assert (await ann.place("BUY", "0.505", 20))["status"] == "live"
        assert await ann.refused("BUY", "0.5055", 20) == (
            f"order {ann.last} is invalid. Price (0.5055) breaks minimum tick size rule: 0.001"
        )


async def test_too_few_shares_cannot_rest_but_can_be_sold_at_once():
    async with trading(bids=((4_800, 100),), asks=((4_900, 100),)) as (_, ann):
        assert await ann.refused("BUY", "0.45", 2) == (
            f"order {ann.last} is invalid. Size (2) lower than the minimum: 5"
        )
        await ann.place("BUY", "0.49", 10)
        await ann.clock.advance(6)
        assert (await ann.place("SELL", "0.48", 2, "FAK"))["takingAmount"] == "0.96"


async def test_a_buy_that_would_trade_must_be_worth_a_dollar():
    async with trading(asks=((1_000, 100),), bids=()) as (_, ann):
        words = "invalid amount for a marketable BUY order ($0.98), min size: $1"
        assert await ann.refused("BUY", None, None, "FAK", amounts=(980_000, 9_800_000)) == words
        assert await ann.refused("BUY", "0.14", 7) == words
        assert (await ann.place("BUY", "0.08", 7))["status"] == "live"


async def test_market_orders_have_at_most_2_and_4_decimals_while_the_switch_is_on():
    async with trading(asks=((500, 1_000),), bids=((400, 100),)) as (sim, ann):
        fine = {"amounts": (9_980_000, 101_319_710)}
        words = (
            "invalid amounts, the {} orders maker amount supports a max accuracy of 2 decimals, "
            "taker amount a max of 4 decimals"
        )
        assert await ann.refused("BUY", "0.1", 1, "FAK", amounts=(9_985_000, 99_850_000)) == (
            words.format("market buy")
        )
        assert await ann.refused("SELL", "0.1", 1, "FOK", amounts=(1_005_000, 100_500)) == (
            words.format("sell")
        )
        assert "breaks minimum tick" in await ann.refused("BUY", None, None, "FAK", **fine)
        sim.polymarket.switches.checks_amounts = False
        answer = await ann.place("BUY", None, None, "FAK", amounts=(9_985_000, 99_850_000))
        assert answer["makingAmount"] == "9.985"


async def test_post_only_neither_crosses_nor_goes_with_market_orders():
    async with trading() as (_, ann):
        assert await ann.refused("BUY", "0.5", 20, post_only=True) == (
            "invalid post-only order: order crosses book"
        )
        assert await ann.refused("BUY", "0.5", 20, "FOK", post_only=True) == (
            "invalid post-only order: only GTC and GTD order types are allowed"
        )
        assert (await ann.place("BUY", "0.49", 20, post_only=True))["status"] == "live"


async def test_fill_or_kill_needs_all_of_it_and_fill_and_kill_some():
    fok = "order couldn't be fully filled. FOK orders are fully filled or killed."
    fak = (
        "no orders found to match with FAK order. FAK orders are partially filled or killed if no "
        "match is found."
    )
    async with trading(asks=((5_000, 10),)) as (_, ann):
        assert await ann.refused("BUY", "0.5", 20, "FOK") == fok
        assert await ann.refused("BUY", "0.49", 20, "FOK") == fok
        assert await ann.refused("BUY", "0.49", 20, "FAK") == fak
        body = ann.post("BUY", "0.49", 20, "FOK")
        await ann.ask("POST", "/order", body, 400)
        again = await ann.ask("POST", "/order", body, 400)
        assert again["error"] == f"order {order_id(body['order'])} is invalid. Duplicated."
        part = await ann.place("BUY", "0.5", 20, "FAK")
        assert (part["status"], part["takingAmount"]) == ("matched", "10")
        assert await ann.open_orders() == []
        assert await ann.refused("BUY", "0.5", 20, "FAK") == fak


@pytest.mark.parametrize(
    ("kind", "after", "is_taken"),
    [("GTC", 600, False), ("GTD", 0, False), ("GTD", 59, False), ("GTD", 61, True)],
)
async def test_only_a_gtd_order_expires_and_not_too_soon(kind, after, is_taken):
    async with trading() as (_, ann):
        expiration = int(ann.stamp) + after if after else 0
        if is_taken:
            answer = await ann.place("BUY", "0.45", 20, kind, expiration=expiration)
            assert answer["status"] == "live"
        else:
            said = await ann.refused("BUY", "0.45", 20, kind, expiration=expiration)
            assert said == "invalid expiration"


async def test_an_order_beyond_the_balance_is_not_covered():
    async with trading(accounts=[account(cash=100)]) as (sim, ann):
        words = "not enough balance / allowance: the balance is not enough -> balance: 100000000"
        assert await ann.refused("BUY", "0.45", 300) == words + ", order amount: 135000000"
        await ann.place("BUY", "0.45", 200)
        assert await ann.refused("BUY", "0.46", 100) == (
            words + ", sum of active orders: 90000000, sum of matched orders: 0, "
            "order amount: 46000000"
        )
        wallet = sim.polymarket.wallets.of_account("ann")
        wallet.has_allowance = False
        said = await ann.refused("BUY", "0.45", 10)
        assert said == (
            "not enough balance / allowance: the allowance is not enough -> "
            f"spender: {V2.contract}, allowance: 0, order amount: 4500000"
        )
        balance = await ann.ask("GET", "/balance-allowance", asset_type="COLLATERAL")
        assert set(balance["allowances"].values()) == {"0"}


async def test_the_same_cash_stands_behind_orders_in_two_markets():
    listings = [polymarket_listing("quiet"), polymarket_listing("other")]
    async with trading(listings=listings, accounts=[account(cash=100)]) as (_, ann):
        other = listings[1].market.outcomes[0].token
        assert (await ann.place("BUY", "0.45", 200))["status"] == "live"
        assert (await ann.place("BUY", "0.45", 200, token=other))["status"] == "live"


async def test_shares_cannot_be_sold_before_their_trade_is_confirmed():
    async with trading() as (_, ann):
        assert await ann.refused("SELL", "0.48", 10) == (
            "not enough balance / allowance: the balance is not enough -> balance: 0, "
            "order amount: 10000000"
        )
        await ann.place("BUY", "0.5", 10)
        assert (await ann.refused("SELL", "0.48", 10)).startswith("not enough balance")
        await ann.clock.advance(3)
        assert (await ann.refused("SELL", "0.48", 10)).startswith("not enough balance")
        await ann.clock.advance(3)
        assert (await ann.place("SELL", "0.48", 10))["status"] == "matched"


async def test_the_money_for_the_fee_must_be_there_too():
    async with trading(accounts=[account(cash=5)]) as (_, ann):
        said = await ann.refused("BUY", "0.5", 10)
        assert said.startswith("not enough balance / allowance: the balance is not enough -> ")
        assert (await ann.place("BUY", "0.5", 9.5))["status"] == "matched"


async def test_a_batch_is_refused_leg_by_leg_as_a_success_with_an_error():
    async with trading() as (_, ann):
        legs = [
            ann.post("BUY", "0.45", 20),
            ann.post("BUY", "0.455", 20),
            {"order": "?"},
            ann.post("BUY", "0.44", 20),
        ]
        answers = await ann.ask("POST", "/orders", legs)
        assert [answer["success"] for answer in answers] == [True] * 4
        assert [answer["status"] for answer in answers] == ["live", "", "", "live"]
        assert [answer["orderID"] != "" for answer in answers] == [True, False, False, True]
        assert answers[1]["errorMsg"].endswith("breaks minimum tick size rule: 0.01")
        assert answers[2]["errorMsg"] == "Invalid order payload"
        too_many = [ann.post("BUY", "0.45", 20) for _ in range(16)]
        assert await ann.ask("POST", "/orders", too_many, 400) == {
            "error": "Too many orders in payload: 16, max allowed: 15"
        }
        assert len(await ann.open_orders()) == 2


async def test_cancels_say_of_each_order_why_not():
    async with serving(accounts=[account("ann"), account("bob")]) as (sim, ann):
        bob = await Trader(sim, ann.web, ann.clock, "bob").log_in()
        mine = (await ann.place("BUY", "0.45", 20))["orderID"]
        theirs = (await bob.place("BUY", "0.45", 20))["orderID"]
        unknown = "0x" + "77" * 32
        answer = await ann.ask("DELETE", "/orders", [mine, theirs, unknown])
        gone = "Order not found or already canceled"
        assert answer == {"canceled": [mine], "not_canceled": {theirs: gone, unknown: gone}}
        assert await ann.ask("DELETE", "/order", {"orderID": "7"}, 400) == {
            "error": "Invalid orderID"
        }
        sim.polymarket.switches.limits_rates = False
        assert await ann.ask("DELETE", "/orders", [unknown] * 1_001, 400) == {
            "error": "Too many orders in payload, max allowed: 1000"
        }
        assert len(await bob.open_orders()) == 1


async def test_cancels_of_many_take_what_they_name_and_no_more():
    listings = [polymarket_listing("quiet"), polymarket_listing("other")]
    async with serving(listings) as (_, ann):
        other = listings[1].market
        names = {}
        for name, token in (
            ("yes", YES),
            ("no", MARKET.outcomes[1].token),
            ("other", other.outcomes[0].token),
        ):
            names[(await ann.place("BUY", "0.3", 20, token=token))["orderID"]] = name

        async def cancelled(path, body=None):
            answer = await ann.ask("DELETE", path, body)
            return sorted(names[order] for order in answer["canceled"])

        assert await cancelled("/cancel-market-orders", {"asset_id": YES}) == ["yes"]
        assert await cancelled("/cancel-market-orders", {"market": MARKET.id}) == ["no"]
        assert await cancelled("/cancel-all") == ["other"]
        assert await cancelled("/cancel-all") == []
        assert await ann.ask("DELETE", "/cancel-market-orders", {}, 400) == {
            "error": "Invalid order payload"
        }


async def test_requests_without_a_proof_are_not_answered():
    async with trading() as (_, ann):
        unauthorized = {"error": "Unauthorized/Invalid api key"}
        good = dict(ann.key)
        for changed in (
            {"apiKey": "someone"},
            {"secret": "A" * 43 + "="},
            {"passphrase": "guess"},
        ):
            ann.key = good | changed
            assert await ann.ask("GET", "/data/orders", status=401) == unauthorized
        ann.key = good
        late = ann.headers("GET", "/data/orders", stamp=str(int(ann.stamp) - 60))
        async with ann.web.get(ann.url("/data/orders"), headers=late) as got:
            assert (got.status, await got.json()) == (401, unauthorized)
        wrong = ann.headers("GET", "/data/trades")
        async with ann.web.get(ann.url("/data/orders"), headers=wrong) as got:
            assert got.status == 401
        headers = ann.headers("GET", "/data/orders") | {"POLY_ADDRESS": STRANGER}
        async with ann.web.get(ann.url("/data/orders"), headers=headers) as got:
            assert got.status == 401
        await ann.open_orders()


async def test_a_market_the_clob_does_not_know_yet_is_only_at_gamma():
    async with trading() as (sim, ann):
        sim.polymarket.switches.hidden.add(MarketId(MARKET.id))
        gamma = sim.hosts()["polymarket"]["gamma"]
        async with ann.web.get(f"{gamma}/markets/slug/{MARKET.slug}") as got:
            assert got.status == 200
        for path in (f"/book?token_id={YES}", f"/clob-markets/{MARKET.id}"):
            async with ann.web.get(ann.url(path)) as got:
                assert got.status == 404
        assert await ann.refused("BUY", "0.45", 20) == f"the orderbook {YES} does not exist"
