"""A whole live session against the local exchange, in one process and on virtual time.

Everything is the real thing but the clock and the disk: sockets, signatures, both dialects, the
engine, the gate and the broker. The exchange's ledger is the oracle.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from tests.live.virtual import VirtualClock

from pmterm.compose.network import network
from pmterm.compose.session import Ground, Session, assemble
from pmterm.compose.trading import Trader
from pmterm.config.accounts import KalshiKey
from pmterm.config.sections import LiveTrading
from pmterm.config.settings import Hosts, Settings
from pmterm.messages.base import Message
from pmterm.messages.commands import Arm, SubmitTicket
from pmterm.messages.health import Surprised, WorkerDown
from pmterm.messages.live import Armed, DeadManSeen, LinkSeen, ReadinessChanged
from pmterm.messages.orders import Refused
from pmterm.model.ids import Venue
from pmterm.model.market import Market
from pmterm.model.order import OrderState, Side
from pmterm.model.secret import Secret
from pmterm.model.units import CASH_ONE, QTY_ONE
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.sim.accounts import KALSHI_PURSE, POLYMARKET_PURSE, TestAccount
from pmterm.sim.fault_script import FaultScript
from pmterm.sim.quiet import QuietWorld, kalshi_listing, polymarket_listing
from pmterm.sim.server import SimServer
from pmterm.store.journal import JOURNALED
from pmterm.trading.risk.limits import Limits
from pmterm.venues.kalshi.auth import Signer
from pmterm.venues.kalshi.bodies import House
from pmterm.venues.kalshi.orders import KalshiOrders
from pmterm.venues.kalshi.proof import KalshiProof
from pmterm.venues.polymarket.account import ask_key, read_key
from pmterm.venues.polymarket.auth import ApiKey
from pmterm.venues.polymarket.naming import Trader as Maker
from pmterm.venues.polymarket.orders import PolymarketOrders
from pmterm.venues.polymarket.proof import PolymarketProof
from pmterm.venues.polymarket.signing import SignatureType
from pmterm.venues.polymarket.wallet import load_wallet

# The first key of local Ethereum development chains: public, and worth nothing.
WALLET_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
KALSHI_KEY_ID = "11111111-2222-4333-8444-555555555555"
POLY = polymarket_listing("evening").market
DELAYED = polymarket_listing("evening-delayed", taker_delay=3_000_000_000, number=2).market
KALSHI = kalshi_listing().market
BUY, SELL = Side.BUY, Side.SELL
LEVELS = ((4_500, 100), (4_400, 500)), ((4_700, 100), (4_800, 500))


HEARD = (*JOURNALED, ReadinessChanged, DeadManSeen, LinkSeen, WorkerDown, Surprised)


class MemoryJournal:
    """Keeps messages as a disk would; a test can make it fail, or stop at a message."""

    def __init__(self, before: list[Message] = ()) -> None:
        self.messages: list[Message] = list(before)
        self.before_write: Callable[[list[Message]], None] = lambda _: None

    async def append(self, messages: list[Message]) -> None:
        self.before_write(messages)
        self.messages += messages


class Exchange:
    """The local exchange with one account, open on both venues, and books with levels in them."""

    def __init__(self, clock: VirtualClock, *, script: FaultScript | None = None, cash=1_000):
        self.clock = clock
        self.world = QuietWorld(
            [polymarket_listing("evening"),
             polymarket_listing("evening-delayed", taker_delay=3_000_000_000, number=2),
             kalshi_listing()]
        )  # fmt: skip
        self.kalshi_key = Ed25519PrivateKey.generate()
        self.account = TestAccount(
            account_id="ann",
            cash={POLYMARKET_PURSE: cash * CASH_ONE, KALSHI_PURSE: cash * CASH_ONE},
            wallet=Account.from_key(WALLET_KEY).address,
            kalshi_keys={KALSHI_KEY_ID: self.kalshi_key.public_key()},
        )
        for market in (POLY, DELAYED, KALSHI):
            self.fill_book(market.id)
        self.server = SimServer(self.world, clock, accounts=[self.account], script=script)

    def fill_book(self, market, levels=LEVELS):
        """Put the maker's levels in a market."""
        bids, asks = ([(price, qty * QTY_ONE) for price, qty in side] for side in levels)
        self.world.quote(market, bids, asks)

    @property
    def exchange(self):
        """The engine and its ledger: the oracle."""
        return self.server.exchange


def owner(exchange: Exchange, key: ApiKey | None) -> Trader:
    """Return who trades on both venues with the exchange's account."""
    wallet = load_wallet(Secret(WALLET_KEY))
    wings = {Venue.KALSHI: KalshiOrders(House(group_contracts=20_000 * QTY_ONE))}
    proofs = {Venue.KALSHI: KalshiProof(Signer(exchange.kalshi_key), KALSHI_KEY_ID)}
    names = {Venue.KALSHI: KALSHI_KEY_ID}
    if key is not None:
        maker = Maker(SignatureType.EOA, wallet.address, key.id)
        wings[Venue.POLYMARKET] = PolymarketOrders(wallet, maker)
        proofs[Venue.POLYMARKET] = PolymarketProof(wallet, key)
        names[Venue.POLYMARKET] = wallet.address
    kalshi = KalshiKey(KALSHI_KEY_ID, Secret(pem_of(exchange.kalshi_key)))
    return Trader(wings, proofs, names, kalshi)


def pem_of(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


async def api_key(exchange: Exchange) -> ApiKey:
    """Have the exchange make the account's API key, as `keys add` does."""
    clock = exchange.clock
    hosts = msgspec.convert(exchange.server.hosts(), Hosts)
    proof = PolymarketProof(load_wallet(Secret(WALLET_KEY)))
    http = HttpClient(hosts.bases(), Limiter({}, clock), clock, proofs={Venue.POLYMARKET: proof})
    key = read_key(await http.ask(ask_key(clock.stamp(), create=True)))
    await http.close()
    assert key is not None
    return key


class Evening:
    """One live session: what a person does, what the session believes, what the venue knows."""

    def __init__(self, exchange: Exchange, session: Session, journal: MemoryJournal) -> None:
        self.exchange = exchange
        self.session = session
        self.journal = journal
        self.http: HttpClient | None = None
        self.code: int | None = None  # what the session was left with
        self.said: list[Message] = []
        session.parts.engine.listen(dict.fromkeys(HEARD, self.said.append))

    @property
    def executor(self):
        return self.session.parts.executor

    @property
    def gate(self):
        return self.session.parts.gate

    def send(self, command: Message) -> None:
        """Do what a key does."""
        self.session.desk.send(command)

    def hold_orders(self, venue: Venue, seconds: float) -> None:
        """Have orders wait at the door, as after a venue's 503."""
        self.http._limiter.hold(venue, seconds, reads_too=False)

    async def until(self, claim: Callable[[], object], most_s: float = 120.0) -> None:
        """Wait, in virtual time, until something is so."""
        for _ in range(round(most_s * 20)):
            if claim():
                return
            await asyncio.sleep(0.05)
        assert claim(), "it never came to be"

    async def ready(self, venue: Venue) -> None:
        """Wait until orders may be made on a venue and its books are trusted."""
        markets = [m.id for m in (POLY, DELAYED, KALSHI) if m.venue is venue]
        health = self.session.parts.reader.health
        await self.until(
            lambda: not self.missing(venue) and all(health(m).is_trusted for m in markets)
        )

    async def arm(self, market: Market) -> None:
        """Arm for a market."""
        await self.ready(market.venue)
        armed = len(self.heard(Armed))
        self.send(Arm(0, market.id, 600))
        await self.until(lambda: len(self.heard(Armed)) > armed)

    async def order(self, market: Market, side: Side, qty: float, price=0, **more):
        """Submit a confirmed ticket; return the order's record once it is known."""
        before = {order.id for order in self.executor.orders()}
        refused = len(self.heard(Refused))
        self.send(SubmitTicket(0, market.id, side, round(qty * QTY_ONE), price, confirmed=True,
                               **more))  # fmt: skip

        def new():
            return [o for o in self.executor.orders() if o.id not in before and not o.is_foreign]

        await self.until(lambda: new() or len(self.heard(Refused)) > refused)
        return new()[0] if new() else None

    def state(self, order) -> OrderState:
        return self.executor.order(order.id).state

    async def state_is(self, order, *states: OrderState, most_s=120.0) -> None:
        """Wait until an order stands in one of these states."""
        await self.until(lambda: self.state(order) in states, most_s)

    def heard(self, kind):
        return [message for message in self.said if isinstance(message, kind)]

    def missing(self, venue: Venue) -> tuple[str, ...]:
        """What a venue lacks before orders may be made, by its last word."""
        told = [said for said in self.heard(ReadinessChanged) if said.venue is venue]
        return told[-1].missing if told else ("not known yet",)

    def held(self, market: Market) -> int:
        return next((p.qty for p in self.session.parts.portfolio.positions()
                     if p.market == market.id), 0)  # fmt: skip

    def venue_orders(self):
        """Every order the venue ever took from the account: the ledger's own."""
        return [order for order in self.exchange.exchange.orders.values() if order.account == "ann"]


def begin(
    exchange: Exchange,
    journal: MemoryJournal,
    *,
    key: ApiKey | None = None,
    settings: Settings | None = None,
    kill: Path = Path("/nonexistent/kill"),
    clock: VirtualClock | None = None,
    hosts: dict[str, dict[str, str]] | None = None,
    kind: type[Evening] = Evening,
    watch: tuple[Market, ...] = (POLY, DELAYED, KALSHI),
) -> tuple[Evening, HttpClient]:
    """Put a live session together on an open exchange; nothing runs yet.

    `clock` is this computer's where it is not the exchange's, `hosts` a way round to the exchange.
    """
    clock = clock or exchange.clock
    at = msgspec.convert(hosts or exchange.server.hosts(), Hosts)
    settings = msgspec.structs.replace(settings or Settings(), hosts=at)
    who = owner(exchange, key)
    net = network(settings, clock)
    net = msgspec.structs.replace(net, key=who.kalshi)
    told = list(journal.messages)
    ground = Ground(net, clock, journal, told, lambda _: None, kill)
    session = assemble(settings, ground, who)
    here = kind(exchange, session, journal)
    here.http = net.http
    session.begin(settings)
    for market in watch:
        if market.venue in who.names:
            session.desk.follow(market, {})
    return here, net.http


@asynccontextmanager
async def evening(
    exchange: Exchange,
    journal: MemoryJournal | None = None,
    *,
    key: ApiKey | None = None,
    dead_man: bool = True,
    risk: Limits | None = None,
    **more,
) -> AsyncIterator[Evening]:
    """Run a live session on an open exchange; it is left when the block ends."""
    settings = Settings(live=LiveTrading(dead_man=dead_man), risk=risk or Limits())
    here, http = begin(exchange, journal or MemoryJournal(), key=key, settings=settings, **more)
    over, began = asyncio.Event(), asyncio.Event()

    async def front() -> int:
        began.set()
        await over.wait()
        return 0

    async with AsyncExitStack() as stack:
        stack.push_async_callback(http.close)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        running = group.create_task(here.session.run(front))
        await began.wait()
        try:
            yield here
        finally:
            over.set()
            here.code = await running


@asynccontextmanager
async def open_exchange(**how) -> AsyncIterator[tuple[Exchange, ApiKey]]:
    """Open an exchange on virtual time, and make the account's API key."""
    exchange = Exchange(VirtualClock(), **how)
    async with exchange.server:
        yield exchange, await api_key(exchange)
