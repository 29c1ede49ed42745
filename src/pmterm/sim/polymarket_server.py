"""Polymarket: its two streams, and its REST hosts beside them: /gamma, /clob, /data, /api."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from aiohttp import web

from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import Ns
from pmterm.sim.accounts import TestAccount
from pmterm.sim.answers import answer
from pmterm.sim.client import Client, converse
from pmterm.sim.clob_desk import Desk
from pmterm.sim.clob_keys_server import KeysServer
from pmterm.sim.clob_mood import POST_ONLY_AFTER, RESTART
from pmterm.sim.clob_private import Gate
from pmterm.sim.clob_reads_server import ReadsServer
from pmterm.sim.clob_server import CLOB, ClobServer
from pmterm.sim.clob_trading_server import TradingServer
from pmterm.sim.data_server import DATA, DataServer
from pmterm.sim.events import MarketEvent, Traded
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import AccountEvent, Filled, OrderMoved
from pmterm.sim.faults import Faults
from pmterm.sim.gamma_server import GAMMA, GammaServer
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_holdings import Holdings
from pmterm.sim.polymarket_keys import KeyRing
from pmterm.sim.polymarket_notices import Notices
from pmterm.sim.polymarket_session import Farewell, PolymarketSession, Reply
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_trades import TradeDesk
from pmterm.sim.polymarket_user_session import UserSession
from pmterm.sim.polymarket_user_voice import UserVoice
from pmterm.sim.polymarket_wallets import Wallets
from pmterm.sim.polymarket_words import PolymarketVoice
from pmterm.sim.world import Clock

STREAM = "/ws/market"
USER_STREAM = "/ws/user"
GEOBLOCK = "/api/geoblock"
Session = TypeVar("Session")
__all__ = ["CLOB", "DATA", "GAMMA", "STREAM", "USER_STREAM", "PolymarketServer"]


class PolymarketServer:
    """Answers as the venue does.

    `switches` are what goes wrong or slowly; `keys` and `wallets` are who may do what; `trades`
    what was traded and how far its settlement has come; `trading` holds the mood of the engine.
    """

    venue = Venue.POLYMARKET

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        faults: Faults,
        accounts: Iterable[TestAccount] = (),
    ) -> None:
        self._exchange = exchange
        self._clock = clock
        self._faults = faults
        self._states: dict[MarketId, MarketState] = {
            market: state
            for market, state in exchange.world.states.items()
            if state.listing.market.venue is Venue.POLYMARKET
        }
        self.switches = PolymarketSwitches()
        self.keys = KeyRing()
        self.wallets = Wallets(accounts)
        self.trades = TradeDesk(exchange, self.switches)
        self.notices = Notices(self._states, self._key_of)
        self.clients: dict[Client, PolymarketSession] = {}
        self.user_clients: dict[Client, UserSession] = {}
        self._voice = PolymarketVoice(self._states, self.trades.taker_outcome)
        self._user_voice = UserVoice(
            exchange, self.trades, self._states, self.switches, self._tell_account
        )
        self.trades.on_trade.append(self.notices.hear_trade)
        exchange.on_account.append(self._hear)
        self._set_up(clock)

    def _set_up(self, clock: Clock) -> None:
        """Put up the REST hosts."""
        self._clob = ClobServer(self._states, clock, self.switches)
        holdings = Holdings(self._exchange, self.trades, self.switches)
        desk = Desk(
            self._exchange,
            self.trades,
            self._user_voice,
            self.wallets,
            holdings,
            self.switches,
            self._states,
            self._clob.find_token,
        )
        gate = Gate(self.keys, self.wallets, clock, self.switches)
        self.trading = TradingServer(desk, gate)
        self._servers = (
            GammaServer(self._states, self._faults, self.switches),
            self._clob,
            KeysServer(self.keys, gate, clock),
            self.trading,
            ReadsServer(desk, gate, self.notices),
            DataServer(desk, clock),
        )

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            *(route for server in self._servers for route in server.routes()),
            web.get(STREAM, self._stream),
            web.get(USER_STREAM, self._user_stream),
            web.get(GEOBLOCK, self._geoblock),
        ]

    def everybody(self) -> list[Client]:
        """Return who is connected to either stream."""
        return [*self.clients, *self.user_clients]

    def restart(self, now: Ns, down: Ns = RESTART, post_only: Ns = POST_ONLY_AFTER) -> None:
        """Answer 425 for `down`, then take only post-only orders for `post_only`."""
        self.trading.mood.restart(now, down, post_only)

    def fail_trades(self, trades: int) -> None:
        """Have the next trades fail to settle."""
        self.switches.failing_trades += trades

    def tell(self, event: MarketEvent) -> None:
        """Tell every client what happened, if it asked for it."""
        for said in self._voice.say(event):
            for client, session in self.clients.items():
                if session.wants(said):
                    client.put(said.text)
        if isinstance(event, Traded):
            self.trades.hear_print(event)

    # ---- accounts

    def _hear(self, event: AccountEvent) -> None:
        if isinstance(event, OrderMoved | Filled) and event.order.market not in self._states:
            return
        self.notices.hear(event)
        if isinstance(event, OrderMoved):
            self._user_voice.say_move(event)
        elif isinstance(event, Filled):
            self.trades.hear_fill(event)
            self._user_voice.keep_fill(event)

    def _key_of(self, account: str) -> str:
        wallet = self.wallets.of_account(account)
        keys = self.keys.of_wallet(wallet.address) if wallet is not None else []
        return keys[0].id if keys else ""

    def _tell_account(self, account: str, market: MarketId, text: str) -> None:
        wallet = self.wallets.of_account(account)
        for client, session in self.user_clients.items():
            if wallet is not None and session.wants(wallet.address, market):
                client.put(text)

    # ---- streams

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        session = PolymarketSession(self._states)
        return await self._converse(
            request, self.clients, session, lambda text: session.hear(text, self._clock.now())
        )

    async def _user_stream(self, request: web.Request) -> web.StreamResponse:
        session = UserSession(self.keys)
        return await self._converse(request, self.user_clients, session, session.hear)

    async def _converse(
        self,
        request: web.Request,
        clients: dict[Client, Session],
        session: Session,
        answers: Callable[[str], list[Reply]],
    ) -> web.StreamResponse:
        socket = web.WebSocketResponse(max_msg_size=1 << 20, compress=False)
        await socket.prepare(request)
        client = Client(socket, self._faults)
        clients[client] = session

        def hear(text: str) -> None:
            for reply in answers(text):
                if isinstance(reply, Farewell):
                    client.leave(reply.code, reply.reason)
                else:
                    client.put_plain(reply)

        try:
            await converse(client, hear)
        finally:
            del clients[client]
        return socket

    async def _geoblock(self, _: web.Request) -> web.Response:
        """Answer as polymarket.com/api/geoblock does."""
        switches = self.switches
        body = {"blocked": switches.is_blocked, "ip": "127.0.0.1", "country": switches.country}
        return answer({**body, "region": switches.region})
