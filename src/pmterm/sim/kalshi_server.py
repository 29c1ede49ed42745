"""Kalshi's REST and its stream, over one exchange."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import MarketStatus
from pmterm.model.units import SECOND, Ns
from pmterm.sim.accounts import TestAccount
from pmterm.sim.answers import answer
from pmterm.sim.client import Client, converse
from pmterm.sim.events import LevelNow, MarketEvent
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import AccountEvent, Why
from pmterm.sim.fault_actions import DownTime
from pmterm.sim.fault_script import Do, Rule
from pmterm.sim.faults import Faults
from pmterm.sim.handshake import KEY, PublicKey, refusal
from pmterm.sim.kalshi_account_api import AccountApi
from pmterm.sim.kalshi_catalogue_api import CatalogueApi
from pmterm.sim.kalshi_desk import KalshiDesk
from pmterm.sim.kalshi_gate import Gate
from pmterm.sim.kalshi_groups import Groups
from pmterm.sim.kalshi_hours import next_pause, pause_ends
from pmterm.sim.kalshi_order_words import subaccount_of
from pmterm.sim.kalshi_orders_api import OrdersApi
from pmterm.sim.kalshi_portfolio_api import PortfolioApi
from pmterm.sim.kalshi_records import KalshiRecords
from pmterm.sim.kalshi_rules import KalshiRules
from pmterm.sim.kalshi_session import KalshiSession, OwnOrder
from pmterm.sim.kalshi_transfers_api import TransfersApi
from pmterm.sim.kalshi_voice import KalshiVoice, Word
from pmterm.sim.market_state import MarketState
from pmterm.sim.world import Clock

BASE = "/trade-api/v2"
STREAM = "/trade-api/ws/v2"
PING_EVERY_S = 10.0
SWAP_AFTER_S = 0.02
GONE = {
    "error": {
        "code": "deprecated_v1_order_endpoint",
        "message": "this endpoint is gone, use /portfolio/events/orders",
    }
}


class KalshiServer(DownTime):
    """Answers as the venue does. `keys` may open the stream besides the accounts' own.

    `keys` None lets everybody open it, signed or not: for load tests and the demo. What is
    private always wants a signature of an account's key. `rules` can be changed while it runs.
    """

    venue = Venue.KALSHI

    def __init__(
        self,
        exchange: Exchange,
        clock: Clock,
        faults: Faults,
        *,
        accounts: Sequence[TestAccount] = (),
        keys: Mapping[str, PublicKey] | None = None,
    ) -> None:
        super().__init__()
        self.rules = KalshiRules()
        self.gate = Gate(accounts, clock, self.rules)
        self.clients: dict[Client, KalshiSession] = {}
        self._exchange = exchange
        self._clock = clock
        self._faults = faults
        self._keys = keys
        self._names = [account.account_id for account in accounts]
        self._states: dict[MarketId, MarketState] = {
            market: state
            for market, state in exchange.world.states.items()
            if state.listing.market.venue is Venue.KALSHI
        }
        self._groups = Groups(exchange)
        self._records = KalshiRecords(exchange)
        self._voice = KalshiVoice(self._records, self._groups)
        self.account = AccountApi(self.gate, clock, self.rules)
        self._desk = KalshiDesk(exchange, self._groups, self.rules)
        exchange.on_account.append(self._tell_account)
        self._groups.on_news.append(lambda told: self._tell_word(self._voice.say_group(told)))

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        exchange, records, gate = self._exchange, self._records, self.gate
        return [
            *self.account.routes(BASE),
            *CatalogueApi(self._states, self._faults, self.rules).routes(BASE),
            *OrdersApi(self._desk, self._groups, gate).routes(BASE),
            *PortfolioApi(exchange, self._desk, records, gate, self.rules).routes(BASE),
            *TransfersApi(exchange, records, gate).routes(BASE),
            web.post(f"{BASE}/portfolio/orders", self._gone),
            web.delete(f"{BASE}/portfolio/orders/{{order}}", self._gone),
            web.get(STREAM, self._stream),
        ]

    def open(self, at: Ns) -> None:
        """Begin: accounts have their money, markets close when they are to, weeks have pauses."""
        for account in self._names:
            self._records.note_cash(0, account)
        for state in self._states.values():
            market = state.listing.market
            if market.closes_at > at:
                self._exchange.call_at(market.closes_at, self._closing(market.id))
        self._exchange.call_at(next_pause(at), self._begin_pause)

    def pause_trading(self, at: Ns, *, takes_cancels: bool = True) -> None:
        """Stop all trading: orders stay but for those that go with a pause.

        With `takes_cancels` False it is an exchange pause, and cancels are refused, too.
        """
        self.rules.trades = False
        self._halt(at)
        self.rules.takes_cancels = takes_cancels

    def resume_trading(self) -> None:
        """Let trading go on."""
        self.rules.trades = self.rules.takes_cancels = True
        self._wake()

    def tell(self, event: MarketEvent) -> None:
        """Tell every client what happened, if it asked for it."""
        own = self._owner(event)
        for client, session in self.clients.items():
            for text in session.tell(event, own):
                client.put(text)

    def fail(self, code: int) -> None:
        """End every subscription with a terminal error (10 or 25)."""
        for client, session in self.clients.items():
            for text in session.fail(code):
                client.put_plain(text)

    def empty_books(self) -> None:
        """Send every client an unasked empty snapshot of its books."""
        for client, session in self.clients.items():
            for text in session.empty_books(self._clock.now()):
                client.put(text)

    def say_unknown(self) -> None:
        """Send every client a message of an unknown type."""
        for client, session in self.clients.items():
            for text in session.unknown(self._clock.now()):
                client.put(text)

    def restart(self, now: Ns, down: Ns, post_only: Ns) -> None:
        """Go down; what the forgotten orders held back is free again."""
        super().restart(now, down, post_only)
        for account in self._names:
            self._records.note_cash(now, account)

    def own_fault(self, rule: Rule, now: Ns) -> None:
        """Do what a fault script asks of this venue alone."""
        match rule.do:
            case Do.PAUSE_TRADING:
                self.pause_trading(now)
                due = now + round((rule.seconds or 0) * SECOND)
                self._exchange.call_at(due, lambda _: self.resume_trading())
            case Do.END_CHANNELS:
                self.fail(rule.code or 0)
            case Do.EMPTY_BOOKS:
                self.empty_books()
            case Do.UNKNOWN_TYPE:
                self.say_unknown()
            case _:
                pass

    # ---- inside

    def _tell_account(self, event: AccountEvent) -> None:
        for word in self._voice.say(event):
            self._tell_word(word)

    def _tell_word(self, word: Word) -> None:
        for client, session in self.clients.items():
            if session.account == word.account:
                for text in session.tell_account(word.channel, word.market, word.body, word.at):
                    client.put(text)

    def _owner(self, event: MarketEvent) -> OwnOrder | None:
        if not isinstance(event, LevelNow) or not event.order:
            return None
        order = self._exchange.order(event.order)
        if order is None:
            return None
        account = order.account.partition("/")[0]
        return OwnOrder(account, order.client_id, subaccount_of(order))

    def _closing(self, market: MarketId) -> Any:
        return lambda at: self._exchange.close(at, market)

    def _halt(self, at: Ns) -> None:
        for market in self._states:
            self._exchange.world.halt(market, is_halted=True)
        for order in list(self._exchange.orders.values()):
            if order.market in self._states and order.cancels_on_pause:
                self._exchange.cancel(at, order.id, Why.PAUSED)

    def _wake(self) -> None:
        for market, state in self._states.items():
            is_halted = state.status is not MarketStatus.ACTIVE
            self._exchange.world.halt(market, is_halted=is_halted)

    def _begin_pause(self, at: Ns) -> None:
        self._exchange.call_at(next_pause(at), self._begin_pause)
        if self.rules.keeps_hours:
            self._halt(at)
            self._exchange.call_at(pause_ends(at), lambda _: self._wake())

    async def _gone(self, _: web.Request) -> web.Response:
        return answer(GONE, 410)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        refused = self._refused(request)
        if refused is not None:
            return answer(refused, 401)
        socket = web.WebSocketResponse(max_msg_size=1 << 20, compress=self.rules.compresses)
        await socket.prepare(request)
        owner = self.gate.owner(request.headers.get(KEY, ""))
        session = KalshiSession(self._states, account=owner, sends_stamps=self.rules.sends_stamps)
        client = Client(socket, self._faults)
        self.clients[client] = session
        waiting: list[str] = []

        def hear(text: str) -> None:
            if not self.rules.swaps_commands:
                answer_to(text)
                return
            waiting.append(text)
            asyncio.get_running_loop().call_later(SWAP_AFTER_S, answer_waiting)

        def answer_waiting() -> None:
            while waiting:
                answer_to(waiting.pop())

        def answer_to(text: str) -> None:
            for reply in session.hear(text, self._clock.now()):
                client.put_plain(reply)

        try:
            await converse(client, hear, self._beat(socket))
        finally:
            del self.clients[client]
        return socket

    def _refused(self, request: web.Request) -> dict[str, Any] | None:
        if self._keys is None and (not self.gate.keys or KEY not in request.headers):
            return None
        keys = {**(self._keys or {}), **self.gate.keys}
        now = self._clock.now()
        return refusal(request.headers, "GET", STREAM, keys, now, skew=self.rules.skew)

    async def _beat(self, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            await self._clock.sleep(PING_EVERY_S)
            await socket.ping(b"heartbeat")
