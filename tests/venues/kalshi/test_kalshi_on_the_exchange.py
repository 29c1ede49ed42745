"""The trading side on the local exchange, over loopback: signed, sent, answered, streamed."""

import asyncio
from collections.abc import Iterable
from contextlib import asynccontextmanager

import aiohttp
from cryptography.hazmat.primitives import serialization
from tests.sim.kalshi_build import ED, FAR, NOW, TICKER, trading

from pmterm.messages.base import Message
from pmterm.messages.health import Surprised
from pmterm.messages.orders import Intent
from pmterm.messages.said import (
    AmendAccepted,
    FillSeen,
    GroupSeen,
    HoldingSeen,
    ListEnded,
    MoneySeen,
    MoodSeen,
    OrderAccepted,
    OrderDeclined,
    OrderMissing,
    OrderSeen,
    OrderUnclear,
    VenueMood,
    WithdrawAnswered,
)
from pmterm.messages.transport import (
    HttpRequest,
    HttpResponse,
    Reconnect,
    SendText,
    UserFrame,
    UserOpened,
)
from pmterm.model.ids import MarketId, OrderId, Venue, VenueOrderId
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.units import MS, QTY_ONE
from pmterm.venues.base import OrderSent
from pmterm.venues.kalshi.auth import load_key
from pmterm.venues.kalshi.orders import KalshiOrders
from pmterm.venues.kalshi.proof import KalshiProof

PEM = ED.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)


class Wing:
    """Carries what the trading side asks for to the exchange, until nothing more is asked."""

    def __init__(self, ann) -> None:
        self.sim, self.web, self.clock = ann.sim, ann.web, ann.clock
        self.proof = KalshiProof(load_key(PEM), "key-ed")
        self.orders = KalshiOrders()
        self.later = 0
        self.markets = {one.market.id: one.market for one in self.sim.world.listings}
        for market in self.markets.values():
            self.orders.learn(market)

    async def ask(self, requests: Iterable[HttpRequest]) -> list[Message]:
        said: list[Message] = []
        waiting = list(requests)
        while waiting:
            heard = self.orders.answered(await self.carry(waiting.pop(0)))
            waiting += [m for m in heard if isinstance(m, HttpRequest)]
            said += [m for m in heard if not isinstance(m, HttpRequest)]
        return said

    async def carry(self, request: HttpRequest) -> HttpResponse:
        at = self.clock.now()
        headers = {**self.proof.headers(request, at), "Content-Type": "application/json"}
        url = self.sim.base_url + "/trade-api/v2" + request.path
        data = request.body.encode() or None
        async with self.web.request(request.method, url, data=data, headers=headers) as answer:
            text = await answer.text()
        head = (request.method, request.path, answer.status, text, request.purpose)
        return HttpResponse(at + MS, Venue.KALSHI, *head, auth=request.auth, sent_at=at)

    def intent(self, name: str, **fields) -> Intent:
        given = {
            "market": MarketId(TICKER),
            "side": Side.BUY,
            "qty": 10 * QTY_ONE,
            "price": 3_000,
            "tif": TimeInForce.GTC,
        }
        return Intent(NOW, OrderId(name), **{**given, **fields})

    async def place(self, name: str, **fields) -> list[Message]:
        wish = self.intent(name, **fields)
        named = self.orders.name(wish, self.markets[wish.market], 0)
        return await self.ask([self.orders.place(named, self.clock.now())])

    def sent(self, name: str, venue_order: str = "", **fields) -> OrderSent:
        given = {"side": Side.BUY, "price": 3_000, "qty": 10 * QTY_ONE, "filled": 0, **fields}
        names = {"named": VenueOrderId(name), "venue_order": VenueOrderId(venue_order)}
        return OrderSent(OrderId(name), MarketId(TICKER), 0, **given, **names)

    @asynccontextmanager
    async def stream(self):
        """Open the user stream; `until` waits for a word of a kind."""
        url = self.sim.hosts()["kalshi"]["stream"]
        headers = dict(self.proof.handshake(self.clock.now()))
        async with self.web.ws_connect(url, headers=headers) as socket:
            for m in self.orders.opened(UserOpened(NOW, Venue.KALSHI, 1)):
                await socket.send_str(m.text)
            yield socket

    async def until(self, socket, kind: type[Message]) -> list[Message]:
        said: list[Message] = []
        while not any(isinstance(m, kind) for m in said):
            message = await asyncio.wait_for(socket.receive(), 10)
            assert message.type is aiohttp.WSMsgType.TEXT, message
            frame = UserFrame(self.clock.now() + self.later, Venue.KALSHI, 1, message.data)
            said += self.orders.receive(frame)
        return said


async def test_an_order_lives_from_its_bytes_to_its_end():
    async with trading() as ann:
        wing = Wing(ann)
        (taken,) = await wing.place("live-1")
        assert isinstance(taken, OrderAccepted)
        assert taken.state is OrderState.OPEN
        (seen,) = await wing.ask(wing.orders.look(wing.sent("live-1"), NOW))
        assert isinstance(seen, OrderSeen)
        assert (seen.client_order, seen.qty, seen.price) == ("live-1", 10 * QTY_ONE, 3_000)
        wish = wing.intent("live-2", price=3_100, qty=6 * QTY_ONE)
        request = wing.orders.amend(wing.sent("live-1"), wish, wing.markets[TICKER], NOW)
        (changed,) = await wing.ask([request])
        assert isinstance(changed, AmendAccepted)
        assert (changed.price, changed.qty) == (3_100, 6 * QTY_ONE)
        (gone,) = await wing.ask(wing.orders.withdraw([wing.sent("live-1")], NOW))
        assert gone == WithdrawAnswered(gone.at, Venue.KALSHI, OrderId("live-1"), is_done=True)
        (again,) = await wing.ask(wing.orders.withdraw([wing.sent("live-1")], NOW))
        assert again.is_done is False


async def test_the_same_name_twice_is_found_and_not_refused():
    async with trading() as ann:
        wing = Wing(ann)
        await wing.place("live-1")
        unclear, seen = await wing.place("live-1")
        assert isinstance(unclear, OrderUnclear)
        assert (seen.client_order, seen.state) == ("live-1", OrderState.OPEN)


async def test_another_session_finds_an_order_by_its_name():
    async with trading() as ann:
        await Wing(ann).place("live-1")
        wing = Wing(ann)
        (seen,) = await wing.ask(wing.orders.look(wing.sent("live-1"), NOW))
        assert isinstance(seen, OrderSeen)
        (missing,) = await wing.ask(wing.orders.look(wing.sent("live-9"), NOW))
        assert isinstance(missing, OrderMissing)
        said = await wing.ask(wing.orders.withdraw([wing.sent("live-1")], NOW))
        assert said[-1].is_done is True


async def test_many_are_cancelled_each_with_its_outcome():
    async with trading() as ann:
        wing = Wing(ann)
        names = ["live-1", "live-2", "live-3"]
        for name in names:
            await wing.place(name)
        await wing.ask(wing.orders.withdraw([wing.sent("live-2")], NOW))
        said = await wing.ask(wing.orders.withdraw([wing.sent(name) for name in names], NOW))
        assert [(m.order, m.is_done) for m in said] == [
            ("live-1", True),
            ("live-2", False),
            ("live-3", True),
        ]
        (all_gone,) = await wing.ask(wing.orders.withdraw_all(NOW))
        assert all_gone.is_done is True


async def test_a_fill_is_the_same_in_answer_stream_and_list():
    async with trading() as ann:
        wing = Wing(ann)
        async with wing.stream() as socket:
            (taken,) = await wing.place("live-1", price=9_900, qty=8 * QTY_ONE, tif=TimeInForce.IOC)
            assert (taken.state, taken.filled) == (OrderState.FILLED, 8 * QTY_ONE)
            told = [m for m in await wing.until(socket, HoldingSeen) if isinstance(m, FillSeen)]
        *listed, end = await wing.ask(wing.orders.list_fills(0, NOW))
        assert isinstance(end, ListEnded)
        assert end.is_whole
        (fill,) = listed
        assert (fill.price, fill.qty, fill.fee) == (4_500, 8 * QTY_ONE, 138_600)
        assert [(f.trade, f.venue_order, f.fee) for f in told] == [
            (fill.trade, fill.venue_order, fill.fee)
        ]
        assert told[0].client_order == "live-1"
        yes, no, end = await wing.ask(wing.orders.list_holdings([], NOW))
        assert (yes.qty, yes.average, no.qty) == (8 * QTY_ONE, 4_500, 0)
        (money,) = await wing.ask(wing.orders.ask_money(NOW))
        assert isinstance(money, MoneySeen)
        assert money.cash == 100_000_000 - 3_600_000 - 138_600
        assert sum(cash for _, cash in money.purses) == money.cash


async def test_an_orders_whole_state_comes_by_the_stream():
    async with trading() as ann:
        wing = Wing(ann)
        async with wing.stream() as socket:
            await wing.place("live-1")
            said = await wing.until(socket, OrderSeen)
            seen = next(m for m in said if isinstance(m, OrderSeen))
            assert (seen.client_order, seen.state) == ("live-1", OrderState.OPEN)
            await wing.ask(wing.orders.withdraw([wing.sent("live-1")], NOW))
            said = await wing.until(socket, OrderSeen)
            assert next(m for m in said if isinstance(m, OrderSeen)).state is OrderState.CANCELLED


async def test_the_exchanges_no_is_told_apart():
    async with trading() as ann:
        wing = Wing(ann)
        (poor,) = await wing.place("live-1", qty=1_000 * QTY_ONE)
        assert isinstance(poor, OrderDeclined)
        assert poor.code == "no_money"
        (crossing,) = await wing.place("live-2", price=4_500, post_only=True)
        assert crossing.code == "would_cross"
        (killed,) = await wing.place("live-3", price=4_500, qty=21 * QTY_ONE, tif=TimeInForce.FOK)
        assert killed.code == "not_filled"
        (unfunded,) = await wing.place("live-4", market=MarketId(FAR))
        assert unfunded.code == "shard_empty"
        assert "shard 3" in unfunded.reason


async def test_the_exchange_is_open_and_lists_are_whole():
    async with trading() as ann:
        wing = Wing(ann)
        await wing.place("live-1")
        requests = [m for m in wing.orders.tick(NOW) if isinstance(m, HttpRequest)]
        (mood,) = await wing.ask(requests)
        assert isinstance(mood, MoodSeen)
        assert mood.mood is VenueMood.OPEN
        seen, end = await wing.ask(wing.orders.list_orders(NOW))
        assert seen.client_order == "live-1"
        assert end.is_whole


async def test_a_triggered_group_cancels_what_was_put_into_it():
    async with trading() as ann:
        wing = Wing(ann)
        (made,) = await wing.ask([wing.orders.groups.create(100 * QTY_ONE, 0, NOW)])
        assert isinstance(made, GroupSeen)
        await wing.place("live-1")
        (stopped,) = await wing.ask(wing.orders.stop(NOW))
        assert (stopped.step, stopped.is_done) == ("triggered", True)
        (seen,) = await wing.ask(wing.orders.look(wing.sent("live-1"), NOW))
        assert seen.state is OrderState.CANCELLED


async def test_a_sign_of_life_is_answered():
    async with trading() as ann:
        wing = Wing(ann)
        async with wing.stream() as socket:
            asked = wing.orders.tick(NOW + 20_000 * MS)
            wing.later = 20_001 * MS
            for m in asked:
                if isinstance(m, SendText):
                    await socket.send_str(m.text)
            await wing.place("live-1")
            said = await wing.until(socket, OrderSeen)
        assert not [m for m in said if isinstance(m, Surprised)]
        later = wing.orders.tick(NOW + 31_000 * MS)
        assert not [m for m in later if isinstance(m, Reconnect)]
