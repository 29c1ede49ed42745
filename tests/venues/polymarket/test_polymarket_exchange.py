"""The client against the local exchange, which checks every signature by other means than ours."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from tests.sim.polymarket_trader import KEYS, MARKET, account, quote, trading
from tests.venues.polymarket.account_build import intent

from pmterm.messages.base import Message
from pmterm.messages.health import Surprised
from pmterm.messages.said import (
    BeatAnswered,
    FillSeen,
    HoldingSeen,
    ListEnded,
    MoneySeen,
    OrderAccepted,
    OrderDeclined,
    OrderSeen,
    WithdrawAnswered,
)
from pmterm.messages.transport import HttpRequest, HttpResponse, UserFrame, UserOpened
from pmterm.model.ids import OrderId, Venue
from pmterm.model.market import Market
from pmterm.model.order import FillState, OrderState, Side, TimeInForce
from pmterm.model.secret import Secret
from pmterm.model.units import SECOND
from pmterm.venues.polymarket.account import ask_closed_only, ask_key, read_closed_only, read_key
from pmterm.venues.polymarket.naming import Trader
from pmterm.venues.polymarket.orders import PolymarketOrders
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import load_wallet

FUNDER = "0xa3D82Ed56F4c68d2328Fb8c29e568Ba2cAF7d7c8"
WALLET = load_wallet(Secret(KEYS["ann"]))


class Client:
    """A wing and its proof at an exchange: every request it asks for is sent and answered."""

    def __init__(self, sim: Any, web: aiohttp.ClientSession, clock: Any) -> None:
        self.sim, self.web, self.clock = sim, web, clock
        self.proof = PolymarketProof(WALLET)
        self.count = 0

    async def log_in(self, kind: SignatureType, funder: str) -> "Client":
        now = self.clock.now()
        if (key := read_key(await self.send(ask_key(now)))) is None:
            key = read_key(await self.send(ask_key(now, create=True)))
        assert key is not None
        again = read_key(await self.send(ask_key(now)))
        assert again is not None
        assert again.id == key.id
        self.key_id = key.id
        self.proof = PolymarketProof(WALLET, key)
        self.wing = PolymarketOrders(WALLET, Trader(kind, funder, key.id))
        self.wing.learn(MARKET)
        return self

    async def send(self, request: HttpRequest) -> HttpResponse:
        at = self.clock.now()
        headers = dict(self.proof.headers(request, at)) if request.auth else {}
        url = self.sim.hosts()["polymarket"][request.host] + request.path
        data = request.body.encode() if request.body else None
        async with self.web.request(request.method, url, headers=headers, data=data) as got:
            text = await got.text()
            return HttpResponse(
                at,
                request.venue,
                request.method,
                request.path,
                got.status,
                text,
                request.purpose,
                auth=request.auth,
                sent_at=at,
            )

    async def ask(self, requests: Sequence[Message]) -> list[Message]:
        """Send requests and those their answers ask for; returns all that is said."""
        said: list[Message] = []
        waiting = list(requests)
        while waiting:
            one = waiting.pop(0)
            if isinstance(one, HttpRequest):
                waiting += self.wing.answered(await self.send(one))
            else:
                said.append(one)
        return said

    async def place(self, outcome: int = 0, market: Market = MARKET, **changes: Any) -> Any:
        self.count += 1
        wish = intent(
            at=self.clock.now(),
            order=OrderId(f"ann-{self.count:05d}"),
            market=market.id,
            **changes,
        )
        self.named = self.wing.name(wish, market, outcome)
        self.last = self.wing._sent[wish.order]
        said = await self.ask([self.wing.place(self.named, wish.at)])
        return said[0]


@asynccontextmanager
async def client(kind: SignatureType = SignatureType.EOA, **options: Any) -> AsyncIterator[Client]:
    funder = "" if kind is SignatureType.EOA else FUNDER
    accounts = [account(signature_type=int(kind), funder=funder)]
    async with (
        trading(accounts=accounts, **options) as (sim, ann),
        aiohttp.ClientSession() as web,
    ):
        yield await Client(sim, web, ann.clock).log_in(kind, funder or WALLET.address)


def only(kind: type, said: Sequence[Message]) -> list[Any]:
    return [one for one in said if isinstance(one, kind)]


@pytest.mark.parametrize("kind", SignatureType)
async def test_every_kind_of_wallet_places_and_cancels(kind: SignatureType) -> None:
    async with client(kind) as ann:
        said = await ann.place(price=4_500)
        assert isinstance(said, OrderAccepted), said
        assert (said.state, said.venue_order) == (OrderState.OPEN, ann.named.venue_order)
        listed = await ann.ask(ann.wing.list_orders(ann.clock.now()))
        (seen,) = only(OrderSeen, listed)
        assert (seen.venue_order, seen.side, seen.price) == (
            ann.named.venue_order,
            Side.BUY,
            4_500,
        )
        (ended,) = only(ListEnded, listed)
        assert ended.is_whole
        (gone,) = await ann.ask(ann.wing.withdraw([ann.last], 1))
        assert isinstance(gone, WithdrawAnswered)
        assert gone.is_done
        (again,) = await ann.ask(ann.wing.withdraw([ann.last], 1))
        assert isinstance(again, WithdrawAnswered)
        assert again.is_done is False


async def test_buying_no_for_a_sale_of_yes_and_selling_it_again() -> None:
    async with client() as ann:
        said = await ann.place(1, side=Side.SELL, price=4_800)
        assert isinstance(said, OrderAccepted), said
        assert (said.state, said.filled) == (OrderState.FILLED, 10_000_000)
        await ann.clock.advance(10)
        said = await ann.place(1, side=Side.BUY, price=5_000, tif=TimeInForce.IOC)
        assert isinstance(said, OrderAccepted), said
        assert (said.state, said.filled) == (OrderState.FILLED, 10_000_000)
        fills = only(FillSeen, await ann.ask(ann.wing.list_fills(0, 1)))
        assert sorted((f.outcome, f.side, f.price, f.qty) for f in fills) == [
            (1, Side.BUY, 5_000, 10_000_000),
            (1, Side.SELL, 4_800, 10_000_000),
        ]


async def test_a_market_purchase_takes_what_there_is_and_no_more() -> None:
    async with client(asks=((5_000, 4),)) as ann:
        said = await ann.place(price=5_200, tif=TimeInForce.IOC)
        assert isinstance(said, OrderAccepted), said
        assert (said.state, said.filled) == (OrderState.CANCELLED, 4_000_000)
        said = await ann.place(price=5_200, tif=TimeInForce.IOC)
        assert isinstance(said, OrderDeclined), said
        assert said.code == "ioc_no_match"
        said = await ann.place(price=5_200, tif=TimeInForce.FOK)
        assert isinstance(said, OrderDeclined), said
        assert said.code == "fok_killed"


async def test_a_partly_filled_order_is_found_by_looking_whatever_became_of_the_answer() -> None:
    async with client(asks=((5_000, 4),)) as ann:
        await ann.place(price=5_000)
        (seen,) = await ann.ask(ann.wing.look(ann.last, 1))
        assert isinstance(seen, OrderSeen)
        assert (seen.state, seen.filled) == (OrderState.PARTIAL, 4_000_000)
        quote(ann.sim, MARKET.id, asks=((5_000, 50),))
        await ann.place(price=5_000)
        fill, seen = await ann.ask(ann.wing.look(ann.last, 1))
        assert isinstance(fill, FillSeen)
        assert isinstance(seen, OrderSeen)
        assert (seen.state, seen.filled) == (OrderState.FILLED, 10_000_000)


async def test_the_same_bytes_twice_are_one_order() -> None:
    async with client() as ann:
        await ann.place(price=4_500)
        said, seen = await ann.ask([ann.wing.place(ann.named, 1)])
        assert isinstance(said, OrderAccepted)
        assert isinstance(seen, OrderSeen)
        assert seen.state is OrderState.OPEN
        assert len(only(OrderSeen, await ann.ask(ann.wing.list_orders(2)))) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"price": 5_200, "post_only": True}, "would_cross"),
        ({"price": 4_500, "qty": 10_000_000_000}, "no_money"),
        ({"price": 4_500, "side": Side.SELL}, "no_money"),
    ],
)
async def test_refusals_come_in_our_words(changes: dict[str, Any], code: str) -> None:
    async with client() as ann:
        said = await ann.place(**changes)
        assert isinstance(said, OrderDeclined), said
        assert said.code == code


async def test_money_holdings_and_beats() -> None:
    async with client(SignatureType.DEPOSIT_WALLET) as ann:
        await ann.place(price=5_000)
        await ann.clock.advance(10)
        (money,) = await ann.ask(ann.wing.ask_money(1))
        assert isinstance(money, MoneySeen)
        assert 994_000_000 < money.cash < 995_000_000
        said = await ann.ask(ann.wing.list_holdings([MARKET.id], 7))
        held = [(one.outcome, one.qty) for one in only(HoldingSeen, said)]
        assert sorted(held) == [(0, 10_000_000), (1, 0)]
        (ended,) = only(ListEnded, said)
        assert ended.is_whole, ended
        for _ in range(2):
            beat = ann.wing.beat(ann.clock.now())
            assert beat is not None
            (taken,) = await ann.ask([beat])
            assert isinstance(taken, BeatAnswered)
            assert taken.is_taken


async def test_an_account_is_told_whether_it_may_only_close() -> None:
    async with client() as ann:
        assert read_closed_only(await ann.send(ask_closed_only(1))) is False


async def test_the_user_stream_tells_of_an_order_and_of_its_trades_to_the_end() -> None:
    async with client(asks=((5_000, 4),)) as ann:
        url = ann.sim.hosts()["polymarket"]["user_stream"]
        async with ann.web.ws_connect(url) as socket:
            await socket.send_str(ann.proof.greeting())
            ann.wing.opened(UserOpened(ann.clock.now(), Venue.POLYMARKET, 1))
            (ping,) = ann.wing.tick(ann.clock.now() + 6 * SECOND)
            await socket.send_str(ping.text)  # type: ignore[attr-defined]
            assert (await asyncio.wait_for(socket.receive(), 10)).data == "PONG"
            await ann.place(price=5_000)
            await ann.ask(ann.wing.withdraw([ann.last], 1))
            await ann.clock.advance(30)
            said: list[Message] = []
            while not any(f.state is FillState.CONFIRMED for f in only(FillSeen, said)):
                text = (await asyncio.wait_for(socket.receive(), 10)).data
                said += ann.wing.receive(UserFrame(1, Venue.POLYMARKET, 1, text))
        assert not only(Surprised, said)
        assert {f.state for f in only(FillSeen, said)} == {
            FillState.MATCHED,
            FillState.MINED,
            FillState.CONFIRMED,
        }
        assert {(f.venue_order, f.qty, f.price) for f in only(FillSeen, said)} == {
            (ann.named.venue_order, 4_000_000, 5_000)
        }
        states = [seen.state for seen in only(OrderSeen, said)]
        assert states[-1] is OrderState.CANCELLED
        assert OrderState.PARTIAL in states
