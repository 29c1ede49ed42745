"""Clients that others wrote trade on the local exchange, unchanged but for the base URL.

`py-clob-client-v2` 1.2.1 is Polymarket's own (MIT); it is synchronous, so it runs in a thread. It
comes with the extra `strangers`, which the tests' extra includes.

`polymarket-client` 0.14.0, its successor, is not among them: its hosts are frozen in a private
object, and it wants `websockets` and `eth-utils` older than what we test with. Its signatures are
vectors in `tests/sim/test_polymarket_signing.py`.
"""

import asyncio
import warnings
from contextlib import asynccontextmanager
from functools import partial

import pytest

from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE
from pmterm.runtime.clock import SystemClock
from pmterm.sim.accounts import POLYMARKET_PURSE, TestAccount
from pmterm.sim.quiet import MILLE_GRID, QuietWorld, polymarket_listing
from pmterm.sim.server import SimServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a stranger imports may warn of itself
    v2 = pytest.importorskip("py_clob_client_v2", reason="the extra `strangers` is not installed")

from py_clob_client_v2 import clob_types as v2_types
from py_clob_client_v2.exceptions import PolyApiException

# Account 0 of local Ethereum development chains; its key is public and holds nothing.
DEVELOPER = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
DEPOSIT_WALLET = "0x" + "11" * 20
PLAIN = polymarket_listing("plain").market
DELAYED = polymarket_listing("delayed", taker_delay=200 * MS).market
YES, NO = (outcome.token for outcome in PLAIN.outcomes)


@asynccontextmanager
async def exchange(**account):
    """A local exchange in real time, since a stranger's clock is the computer's."""
    clock = SystemClock()
    world = QuietWorld(
        [
            polymarket_listing("plain"),
            polymarket_listing("delayed", taker_delay=200 * MS),
            polymarket_listing("neg-risk", neg_risk=True),
            polymarket_listing("fine", bands=MILLE_GRID),
        ]
    )
    purse = {POLYMARKET_PURSE: 1_000 * CASH_ONE}
    known = TestAccount(account_id="stranger", cash=purse, wallet=ADDRESS, **account)
    async with SimServer(world, clock, accounts=[known]) as sim:
        sim.polymarket.switches.mined_after = 50 * MS
        sim.polymarket.switches.confirmed_after = 100 * MS
        for listing in world.listings:
            world.quote(
                listing.market.id,
                bids=[(4_800, 100 * QTY_ONE)],
                asks=[(5_000, 100 * QTY_ONE), (5_100, 100 * QTY_ONE)],
            )
        sim.advance(clock.now())
        yield sim


class Stranger:
    """The official client in a thread: every call is awaited."""

    def __init__(self, sim, **more):
        host = sim.hosts()["polymarket"]["clob"]
        self.client = v2.ClobClient(host, 137, key=DEVELOPER, **more)

    async def log_in(self):
        self.client.set_api_creds(await self.create_or_derive_api_key())
        return self

    def __getattr__(self, name):
        call = getattr(self.client, name)
        return lambda *args, **more: asyncio.to_thread(partial(call, *args, **more))


def limit(side, price, size, token=YES, **more):
    return v2_types.OrderArgs(token_id=token, price=price, size=size, side=side, **more)


def market(side, amount, token=YES, kind="FOK"):
    return v2_types.MarketOrderArgs(token_id=token, amount=amount, side=side, order_type=kind)


async def until(condition):
    """Wait until an awaited answer is true, and return it."""
    while not (found := await condition()):
        await asyncio.sleep(0.02)
    return found


async def test_keys_are_created_once_then_derived_listed_and_revoked():
    async with exchange() as sim:
        stranger = Stranger(sim)
        created = await stranger.create_api_key()
        with pytest.raises(PolyApiException) as refused:
            await stranger.create_api_key()
        assert refused.value.error_msg == {"error": "Could not create api key"}
        assert await stranger.derive_api_key() == created
        assert await stranger.create_or_derive_api_key() == created
        stranger.client.set_api_creds(created)
        assert await stranger.get_api_keys() == {"apiKeys": [created.api_key]}
        assert await stranger.get_closed_only_mode() == {"closed_only": False}
        assert await stranger.delete_api_key() == "OK"
        with pytest.raises(PolyApiException) as refused:
            await stranger.get_open_orders()
        assert refused.value.status_code == 401


async def test_the_book_is_read_and_its_hash_is_the_one_the_client_computes():
    async with exchange() as sim:
        stranger = Stranger(sim)
        assert await stranger.get_ok() == "OK"
        assert isinstance(await stranger.get_server_time(), int)
        assert await stranger.get_version() == 2
        for token in (YES, NO):
            book = await stranger.get_order_book(token)
            assert await stranger.get_order_book_hash(dict(book)) == book["hash"]
        books = await stranger.get_order_books([v2_types.BookParams(token_id=YES)])
        assert [one["asset_id"] for one in books] == [YES]
        assert await stranger.get_midpoint(YES) == {"mid": "0.49"}
        assert await stranger.get_spread(YES) == {"spread": "0.02"}
        assert await stranger.get_tick_size(YES) == "0.01"
        assert await stranger.get_neg_risk(YES) is False
        info = await stranger.get_clob_market_info(PLAIN.id)
        assert [token["t"] for token in info["t"]] == [YES, NO]


async def test_a_limit_order_rests_is_listed_scored_and_cancelled():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        answer = await stranger.create_and_post_order(limit("BUY", 0.45, 20))
        assert answer["success"] is True
        assert answer["status"] == "live"
        [row] = await stranger.get_open_orders()
        assert (row["id"], row["price"], row["original_size"]) == (answer["orderID"], "0.45", "20")
        assert await stranger.get_order(row["id"]) == row
        asked = v2_types.OrderScoringParams(orderId=row["id"])
        assert await stranger.is_order_scoring(asked) == {"scoring": True}
        scores = await stranger.are_orders_scoring(v2_types.OrdersScoringParams([row["id"]]))
        assert scores == {row["id"]: True}
        done = await stranger.cancel_order(v2_types.OrderPayload(orderID=row["id"]))
        assert done == {"canceled": [row["id"]], "not_canceled": {}}
        assert await stranger.get_open_orders() == []


async def test_a_market_order_trades_and_its_transaction_is_found():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        bought = await stranger.create_and_post_market_order(market("BUY", 10))
        assert (bought["status"], bought["makingAmount"], bought["takingAmount"]) == (
            "matched",
            "10",
            "20",
        )
        [trade] = await stranger.get_trades()
        assert bought["tradeIDs"] == [trade["id"]]
        assert bought["transactionsHashes"] == [trade["transaction_hash"]]
        asked = v2_types.BalanceAllowanceParams(asset_type="CONDITIONAL", token_id=YES)

        async def shares():
            return int((await stranger.get_balance_allowance(asked))["balance"])

        assert await until(shares) == 20 * QTY_ONE
        await stranger.update_balance_allowance(asked)
        sold = await stranger.create_and_post_market_order(market("SELL", 20))
        assert (sold["status"], sold["takingAmount"]) == ("matched", "9.6")
        assert await stranger.get_notifications() != []
        sim.exchange.ledger.check()


async def test_a_market_order_on_a_delayed_market_comes_through_after_the_delay():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        token = DELAYED.outcomes[0].token
        answer = await stranger.create_and_post_market_order(market("BUY", 10, token, "FAK"))
        assert (answer["status"], answer["makingAmount"]) == ("delayed", "")
        [trade] = await until(stranger.get_trades)
        assert trade["taker_order_id"] == answer["orderID"]


async def test_a_batch_a_page_of_orders_and_every_way_to_cancel():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        prices = [0.40, 0.41, 0.42, 0.43]
        signed = [await stranger.create_order(limit("BUY", price, 10)) for price in prices]
        small = await stranger.create_order(limit("BUY", 0.40, 2))
        args = [v2_types.PostOrdersV2Args(order=order) for order in [*signed, small]]
        answers = await stranger.post_orders(args)
        ids = [answer["orderID"] for answer in answers]
        assert all(answer["success"] for answer in answers)
        assert ids[-1] == ""
        assert answers[-1]["errorMsg"].endswith("lower than the minimum: 5")
        assert {row["id"] for row in await stranger.get_open_orders()} == set(ids[:-1])
        done = await stranger.cancel_orders([ids[0]])
        assert done["canceled"] == [ids[0]]
        done = await stranger.cancel_market_orders(
            v2_types.OrderMarketCancelParams(market=PLAIN.id, asset_id=YES)
        )
        assert sorted(done["canceled"]) == sorted(ids[1:-1])
        answer = await stranger.create_and_post_order(limit("BUY", 0.45, 10, NO))
        assert (await stranger.cancel_all())["canceled"] == [answer["orderID"]]


async def test_an_order_twice_is_refused_in_the_venues_words():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        signed = await stranger.create_order(limit("BUY", 0.45, 20))
        answer = await stranger.post_order(signed)
        with pytest.raises(PolyApiException) as refused:
            await stranger.post_order(signed)
        words = f"order {answer['orderID']} is invalid. Duplicated."
        assert (refused.value.status_code, refused.value.error_msg) == (400, {"error": words})


@pytest.mark.parametrize("slug", ["neg-risk", "fine"])
async def test_neg_risk_and_fine_ticks_are_signed_and_priced_right(slug):
    token = polymarket_listing(slug).market.outcomes[0].token
    price = 0.455 if slug == "fine" else 0.45
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        answer = await stranger.create_and_post_order(limit("BUY", price, 20, token))
        assert answer["status"] == "live"
        [row] = await stranger.get_open_orders()
        assert row["price"] == str(price)


async def test_the_client_rounds_market_buys_on_fine_ticks_too_finely():
    """The client's fault (its issue 99): five decimals where the venue takes four."""
    token = polymarket_listing("fine").market.outcomes[0].token
    args = v2_types.MarketOrderArgs(token_id=token, amount=9.98, side="BUY", price=0.985)
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        with pytest.raises(PolyApiException) as refused:
            await stranger.create_and_post_market_order(args, order_type="FAK")
        assert "taker amount a max of 4 decimals" in refused.value.error_msg["error"]
        sim.polymarket.switches.checks_amounts = False
        answer = await stranger.create_and_post_market_order(args, order_type="FAK")
        assert answer["makingAmount"] == "9.98"


async def test_a_deposit_wallets_orders_are_wrapped_and_taken():
    async with exchange(signature_type=3, funder=DEPOSIT_WALLET) as sim:
        sim.polymarket.switches.deposit_wallets_only = True
        stranger = await Stranger(sim, signature_type=3, funder=DEPOSIT_WALLET).log_in()
        answer = await stranger.create_and_post_order(limit("BUY", 0.45, 20))
        assert answer["status"] == "live"
        [row] = await stranger.get_open_orders()
        assert row["maker_address"] == DEPOSIT_WALLET
        plain = await Stranger(sim).log_in()
        with pytest.raises(PolyApiException) as refused:
            await plain.create_and_post_order(limit("BUY", 0.45, 20))
        words = "maker address not allowed, please use the deposit wallet flow"
        assert refused.value.error_msg == {"error": words}


async def test_heartbeats_follow_their_id_and_a_wrong_one_is_told_the_right_one():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        first = await stranger.post_heartbeat("")
        second = await stranger.post_heartbeat(first["heartbeat_id"])
        with pytest.raises(PolyApiException) as refused:
            await stranger.post_heartbeat(first["heartbeat_id"])
        assert refused.value.error_msg == {
            "error_msg": "Invalid Heartbeat ID",
            "heartbeat_id": second["heartbeat_id"],
        }
        await stranger.post_heartbeat(second["heartbeat_id"])


async def test_trades_come_page_by_page():
    async with exchange() as sim:
        stranger = await Stranger(sim).log_in()
        await stranger.create_and_post_order(limit("BUY", 0.49, 400))
        for _ in range(130):
            sim.world.cross(PLAIN.id, Side.SELL, 4_900, 2 * QTY_ONE)
        sim.advance(sim.exchange.now + 1)
        page = await stranger.get_trades_paginated()
        assert (page["count"], page["limit"]) == (100, 100)
        everything = await stranger.get_trades()
        assert len({trade["id"] for trade in everything}) == 130
        assert {trade["trader_side"] for trade in everything} == {"MAKER"}
