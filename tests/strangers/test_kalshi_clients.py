"""Clients that others wrote trade on the local Kalshi, unchanged but for the base URL.

`kalshi-sdk` 22.4.0 (MIT) is the best kept that speaks V2 orders: it follows the venue's spec within
days, checks itself against it, and takes the base URLs of REST and stream. It wants Python 3.12,
so beside it stands `pykalshi` 2.0.0 (MIT), the next best, which runs on every Python we do. Both
come with the extra `strangers`. The venue's own packages do not know V2 orders at all.
"""

import asyncio
import warnings
from contextlib import asynccontextmanager

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from pmterm.model.ids import Venue
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE
from pmterm.runtime.clock import SystemClock
from pmterm.sim.accounts import Purse, TestAccount
from pmterm.sim.fault_script import Do, Rule
from pmterm.sim.quiet import QuietWorld, kalshi_listing
from pmterm.sim.server import SimServer

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what a stranger imports may warn of itself
    try:
        import kalshi as sdk
        from kalshi.errors import KalshiError
        from kalshi.models import orders as sdk_orders
    except ImportError:
        sdk = None
    try:
        import pykalshi
        from pykalshi import exceptions as pykalshi_errors
    except ImportError:
        pykalshi = None

needs_sdk = pytest.mark.skipif(sdk is None, reason="kalshi-sdk is not here: it wants Python 3.12")
needs_pykalshi = pytest.mark.skipif(pykalshi is None, reason="extra `strangers` is not installed")

TICKER = "KXQUIETGAME-26OCT010000EMBTDL-EMB"
FAR = "KXQUIETTENNIS-26OCT010000EMBTDL-EMB"  # on shard 3
EVENT = TICKER.rsplit("-", 1)[0]
KEY_ID = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def pem():
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return key.public_key(), text


@asynccontextmanager
async def exchange(pem):
    """A local exchange in real time, since a stranger's clock is the computer's."""
    clock = SystemClock()
    world = QuietWorld([kalshi_listing(TICKER), kalshi_listing(FAR, shard=3)])
    purses = {Purse(Venue.KALSHI, shard): 1_000 * CASH_ONE for shard in (0, 3)}
    account = TestAccount(account_id="stranger", cash=purses, kalshi_keys={KEY_ID: pem[0]})
    async with SimServer(world, clock, accounts=[account]) as sim:
        sim.kalshi.rules.list_lag = sim.kalshi.rules.look_lag = 50 * MS
        for ticker in (TICKER, FAR):
            world.quote(ticker, [(4_000, 50 * QTY_ONE)], [(4_500, 50 * QTY_ONE)])
        sim.advance(clock.now())
        yield sim


async def until(ask, is_so):
    """Ask until the answer is right: reads are behind the engine."""
    async with asyncio.timeout(20):
        while not is_so(found := await ask()):
            await asyncio.sleep(0.02)
    return found


# ---- kalshi-sdk


@asynccontextmanager
async def sdk_client(pem):
    async with exchange(pem) as sim:
        hosts = sim.hosts()["kalshi"]
        config = sdk.KalshiConfig(base_url=hosts["api"], ws_base_url=hosts["stream"])
        async with sdk.AsyncKalshiClient(
            key_id=KEY_ID, private_key=pem[1], config=config
        ) as client:
            yield sim, client


def sdk_wish(name, side="bid", count="10", price="0.30", **more):
    given = {
        "ticker": TICKER,
        "client_order_id": name,
        "side": side,
        "count": count,
        "price": price,
        "time_in_force": "good_till_canceled",
        "self_trade_prevention_type": "taker_at_cross",
    }
    return sdk_orders.CreateOrderV2Request(**(given | more))


@needs_sdk
async def test_sdk_reads_what_is_public_and_its_account(pem):
    async with sdk_client(pem) as (sim, client):
        assert (await client.exchange.status()).trading_active
        assert (await client.exchange.schedule()).standard_hours
        # The client's fault: it demands a field that is gone since 2026-10-01.
        with pytest.raises(ValueError, match="liquidity_dollars"):
            await client.markets.list(status="open")
        sim.kalshi.rules.sends_liquidity = True
        page = await client.markets.list(status="open")
        assert {market.ticker for market in page} == {TICKER, FAR}
        market = await client.markets.get(TICKER)
        assert (str(market.yes_bid), str(market.yes_ask)) == ("0.4000", "0.4500")
        book = await client.markets.orderbook(TICKER)
        assert str(book.yes[-1].price) == "0.4000"
        event = await client.events.get(EVENT, with_nested_markets=True)
        assert event.markets[0].ticker == TICKER
        series = await client.series.get("KXQUIETGAME")
        assert series.fee_type == "quadratic"
        assert [row.ticker for row in await client.series.list()] == [
            "KXQUIETGAME",
            "KXQUIETTENNIS",
        ]
        assert len((await client.events.list(with_nested_markets=True)).items) == 2
        books = await client.markets.bulk_orderbooks(tickers=[TICKER, FAR])
        assert {book.ticker for book in books} == {TICKER, FAR}
        sim.world.cross(TICKER, Side.BUY, 4_500, 3 * QTY_ONE)
        trades = await until(client.markets.list_trades, lambda page: len(page.items) == 1)
        assert str(trades.items[0].count) == "3.00"
        assert (await client.exchange.user_data_timestamp()).as_of_time is not None
        assert await client.series.fee_changes() == []
        limits = await client.account.limits()
        assert (limits.usage_tier, limits.read.bucket_capacity) == ("basic", 400)
        costs = await client.account.endpoint_costs()
        assert costs.default_cost == 10
        balance = await client.portfolio.balance()
        assert balance.balance == 200_000
        keys = await client.api_keys.list()
        assert [key.api_key_id for key in keys.api_keys] == [KEY_ID]
        assert sim.exchange.orders == {}


@needs_sdk
async def test_sdk_trades_through_a_whole_life_of_orders(pem):
    async with sdk_client(pem) as (sim, client):
        orders = client.orders
        rests = await orders.create_v2(request=sdk_wish("rests", post_only=True))
        assert str(rests.remaining_count) == "10.00"
        amended = await orders.amend_v2(
            rests.order_id,
            request=sdk_orders.AmendOrderV2Request(
                ticker=TICKER, side="bid", price="0.31", count="8"
            ),
        )
        assert str(amended.remaining_count) == "8.00"
        smaller = await orders.decrease_v2(
            rests.order_id, request=sdk_orders.DecreaseOrderV2Request(reduce_by="3")
        )
        assert str(smaller.remaining_count) == "5.00"
        assert str(await orders.queue_position(rests.order_id)) == "50.00"
        seen = await until(
            lambda: orders.list(status="resting"),
            lambda page: [str(row.remaining_count) for row in page] == ["5.00"],
        )
        assert seen.items[0].client_order_id == "rests"
        gone = await orders.cancel_v2(rests.order_id)
        assert str(gone.reduced_by) == "5.00"
        ioc = {"price": "0.99", "time_in_force": "immediate_or_cancel"}
        taken = await orders.create_v2(request=sdk_wish("ioc", **ioc))
        assert (str(taken.fill_count), str(taken.average_fill_price)) == ("10.00", "0.4500")
        fok = {"price": "0.45", "count": "999", "time_in_force": "fill_or_kill"}
        with pytest.raises(KalshiError) as refused:
            await orders.create_v2(request=sdk_wish("fok", **fok))
        assert refused.value.status_code == 409
        batch = sdk_orders.BatchCreateOrdersV2Request(
            orders=[sdk_wish("b1"), sdk_wish("b2", price="0.305")]
        )
        answer = await orders.batch_create_v2(request=batch)
        good, bad = answer.orders
        assert bad.error["code"] == "invalid_price"
        await orders.batch_cancel_v2(
            request=sdk_orders.BatchCancelOrdersV2Request(
                orders=[{"order_id": good.order_id}, {"order_id": "nothing"}]
            )
        )
        far = await orders.create_v2(request=sdk_wish("far", ticker=FAR))
        await orders.cancel_v2(far.order_id, market_ticker=FAR)
        await orders.create_v2(request=sdk_wish("last"))
        await orders.cancel_all_v2()
        row = await until(lambda: orders.get(rests.order_id), lambda row: row.status != "resting")
        assert row.status == "canceled"
        fills = await until(client.portfolio.fills, lambda page: len(page.items) == 1)
        assert str(fills.items[0].fee_cost) == "0.173300"
        held = await client.portfolio.positions()
        assert str(held.market_positions[0].position) == "10.00"
        assert not any(order.standing.is_open for order in sim.exchange.orders.values())
        sim.exchange.resolve(sim.exchange.now, TICKER, 10_000)
        paid = await until(client.portfolio.settlements, lambda page: len(page.items) == 1)
        assert paid.items[0].market_result == "yes"


@needs_sdk
async def test_sdk_runs_order_groups_and_subaccounts(pem):
    async with sdk_client(pem) as (_, client):
        made = await client.order_groups.create(contracts_limit=10)
        name = made.order_group_id
        await client.orders.create_v2(request=sdk_wish("grouped", order_group_id=name))
        assert len((await client.order_groups.get(name)).orders) == 1
        await client.order_groups.update_limit(name, contracts_limit=20)
        await client.order_groups.trigger(name)
        assert (await client.order_groups.get(name)).orders == []
        await client.order_groups.reset(name)
        await client.order_groups.delete(name)
        assert (await client.subaccounts.create()).subaccount_number == 1
        await client.subaccounts.transfer(
            client_transfer_id="11111111-2222-4333-8444-000000000000",
            from_subaccount=0,
            to_subaccount=1,
            amount_cents=500,
        )
        balances = (await client.subaccounts.list_balances()).subaccount_balances
        assert [str(one.balance) for one in balances if one.subaccount_number] == ["5.0000"]


@needs_sdk
async def test_sdk_hears_its_stream(pem):
    async with sdk_client(pem) as (sim, client), client.ws.connect() as stream:
        fills = await stream.subscribe_fill()
        orders = await stream.subscribe_user_orders()
        positions = await stream.subscribe_market_positions()
        books = await stream.subscribe_orderbook_delta(tickers=[TICKER])
        async with asyncio.timeout(20):
            snapshot = await anext(aiter(books))
            assert snapshot.type == "orderbook_snapshot"
            made = await client.orders.create_v2(request=sdk_wish("one", price="0.45"))
            fill = await anext(aiter(fills))
            assert (fill.msg.order_id, str(fill.msg.count)) == (made.order_id, "10.00")
            state = await anext(aiter(orders))
            assert (state.msg.order_id, state.msg.status) == (made.order_id, "executed")
            held = await anext(aiter(positions))
            assert str(held.msg.position) == "10.00"
            delta = await anext(aiter(books))
            assert str(delta.msg.delta) == "-10.00"
        assert len(sim.kalshi.clients) == 1


# ---- pykalshi


@pytest.fixture
def key_file(pem, tmp_path):
    path = tmp_path / "key.pem"
    path.write_bytes(pem[1])
    return path


@asynccontextmanager
async def pykalshi_client(pem, key_file, **more):
    async with exchange(pem) as sim:
        base = sim.hosts()["kalshi"]["api"]
        async with pykalshi.AsyncKalshiClient(
            api_key_id=KEY_ID, private_key_path=str(key_file), api_base=base, **more
        ) as client:
            yield sim, client


BID, ASK = "bid", "ask"


@needs_pykalshi
async def test_pykalshi_reads_what_is_public_and_its_account(pem, key_file):
    async with pykalshi_client(pem, key_file) as (_, client):
        assert await client.exchange.is_trading()
        markets = await client.get_markets(event_ticker=EVENT)
        assert [market.ticker for market in markets] == [TICKER]
        market = await client.get_market(TICKER)
        assert (market.yes_bid_dollars, market.yes_ask_dollars) == ("0.4000", "0.4500")
        book = await market.get_orderbook()
        assert book.best_yes_bid == "0.4000"
        assert (await client.get_event(EVENT)).event_ticker == EVENT
        assert (await client.portfolio.get_balance()).balance == 200_000
        assert [key.id for key in await client.api_keys.list()] == [KEY_ID]
        assert (await client.api_keys.get_limits()).usage_tier == "basic"


@needs_pykalshi
async def test_pykalshi_trades_through_a_whole_life_of_orders(pem, key_file):
    async with pykalshi_client(pem, key_file) as (sim, client):
        desk = client.portfolio
        tif = pykalshi.TimeInForce
        order = await desk.place_order(
            TICKER, book_side=BID, price_dollars="0.30", count_fp="10.00", post_only=True
        )
        assert order.remaining_count_fp == "10.00"
        await order.amend(price_dollars="0.31", count_fp="8.00")
        await order.decrease("3.00")
        assert order.remaining_count_fp == "5.00"
        assert (await desk.get_queue_position(order.order_id)).queue_position_fp == "50.00"
        resting = await until(
            lambda: desk.get_orders(status=pykalshi.OrderStatus.RESTING, ticker=TICKER),
            lambda rows: [row.remaining_count_fp for row in rows] == ["5.00"],
        )
        assert resting[0].order_id == order.order_id
        await order.cancel()
        taken = await desk.place_order(
            TICKER, book_side=BID, price_dollars="0.99", count_fp="10.00", time_in_force=tif.IOC
        )
        assert taken.status is pykalshi.OrderStatus.EXECUTED
        with pytest.raises(pykalshi_errors.KalshiAPIError) as refused:
            await desk.place_order(
                TICKER,
                book_side=ASK,
                price_dollars="0.40",
                count_fp="999.00",
                time_in_force=tif.FOK,
            )
        assert refused.value.error_code == "fill_or_kill_insufficient_resting_volume"
        with pytest.raises(pykalshi_errors.OrderRejectedError):
            await desk.place_order(TICKER, book_side=BID, price_dollars="0.305", count_fp="1.00")
        with pytest.raises(pykalshi_errors.InsufficientFundsError):
            await desk.place_order(TICKER, book_side=BID, price_dollars="0.30", count_fp="9999.00")
        batch = [
            {"ticker": TICKER, "book_side": BID, "price_dollars": price, "count_fp": "1.00"}
            for price in ("0.20", "0.21")
        ]
        made = await desk.batch_place_orders(batch)
        assert [one.status for one in made] == [pykalshi.OrderStatus.RESTING] * 2
        await desk.batch_cancel_orders([one.order_id for one in made])
        assert not any(one.standing.is_open for one in sim.exchange.orders.values())
        fills = await until(desk.get_fills, lambda rows: len(rows) == 1)
        assert (fills[0].order_id, fills[0].fee_cost_dollars) == (taken.order_id, "0.173300")
        held = await until(desk.get_positions, lambda rows: len(rows) == 1)
        assert held[0].position_fp == "10.00"
        group = await desk.create_order_group("10.00")
        assert (await desk.get_order_groups())[0].id == group.id
        await desk.trigger_order_group(group.id)
        await desk.reset_order_group(group.id)
        sim.exchange.resolve(sim.exchange.now, TICKER, 10_000)
        paid = await until(desk.get_settlements, lambda rows: len(rows) == 1)
        assert paid[0].market_result == "yes"


@needs_pykalshi
async def test_pykalshi_hears_its_stream(pem, key_file):
    async with pykalshi_client(pem, key_file) as (sim, client):
        feed = client.feed()
        # The client's fault: `api_base` moves REST only, the stream's host stays Kalshi's own.
        assert "kalshi.com" in feed._ws_url
        feed._ws_url = sim.hosts()["kalshi"]["stream"]
        heard = {}
        feed.subscribe("orderbook_delta", market_ticker=TICKER)
        for channel in ("fill", "user_orders", "market_positions"):
            feed.subscribe(channel)
        async with asyncio.timeout(20), feed:
            order = None
            async for message in feed:
                heard[type(message).__name__] = message
                if order is None and "OrderbookSnapshotMessage" in heard:
                    order = await client.portfolio.place_order(
                        TICKER, book_side=BID, price_dollars="0.45", count_fp="10.00"
                    )
                if len(heard) == 5:
                    break
        assert heard["FillMessage"].order_id == order.order_id
        assert heard["FillMessage"].post_position_fp == "10.00"
        assert heard["UserOrderMessage"].status == "executed"
        assert heard["PositionMessage"].position_fp == "10.00"
        assert heard["OrderbookDeltaMessage"].delta_fp == "-10.00"


@needs_pykalshi
async def test_pykalshi_sends_an_order_twice_when_the_answer_is_lost(pem, key_file):
    async with pykalshi_client(pem, key_file) as (sim, client):
        sim.player.add(Rule(do=Do.STATUS_AFTER, status=503, on="POST /*/events/orders"))
        await client.portfolio.place_order(
            TICKER, book_side=BID, price_dollars="0.30", count_fp="10.00"
        )
        # The client's fault: it repeats a POST after a 5xx, and names its orders only if it is
        # told to. The venue took both.
        assert len(sim.exchange.open_orders("stranger")) == 2
        sim.player.add(Rule(do=Do.STATUS_AFTER, status=503, on="POST /*/events/orders"))
        with pytest.raises(pykalshi_errors.KalshiAPIError) as refused:
            await client.portfolio.place_order(
                TICKER,
                book_side=BID,
                price_dollars="0.30",
                count_fp="10.00",
                client_order_id="named",
            )
        assert refused.value.error_code == "order_already_exists"
        assert len(sim.exchange.open_orders("stranger")) == 3


@needs_pykalshi
async def test_pykalshi_cannot_cancel_away_from_shard_0(pem, key_file):
    async with pykalshi_client(pem, key_file) as (sim, client):
        order = await client.portfolio.place_order(
            FAR, book_side=BID, price_dollars="0.30", count_fp="10.00"
        )
        # The client's fault: it sends neither the order's shard nor its ticker along.
        with pytest.raises(pykalshi_errors.ResourceNotFoundError):
            await order.cancel()
        assert sim.exchange.order(order.order_id).side is Side.BUY
        assert sim.exchange.order(order.order_id).standing.is_open


@needs_pykalshi
async def test_pykalshi_takes_a_batch_cancel_for_orders_that_rest(pem, key_file):
    async with pykalshi_client(pem, key_file) as (sim, client):
        order = await client.portfolio.place_order(
            TICKER, book_side=BID, price_dollars="0.30", count_fp="10.00"
        )
        cancelled = await client.portfolio.batch_cancel_orders([order.order_id])
        assert not sim.exchange.order(order.order_id).standing.is_open
        # The client's fault: an answer without `remaining_count` is read as a resting order.
        assert cancelled[0].status is pykalshi.OrderStatus.RESTING
