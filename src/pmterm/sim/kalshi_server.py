"""Kalshi's public REST and its stream, over the world's markets."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import SECOND
from pmterm.sim.answers import answer, page, whole_number
from pmterm.sim.client import Client, converse
from pmterm.sim.events import MarketEvent
from pmterm.sim.faults import Faults
from pmterm.sim.handshake import PublicKey, refusal
from pmterm.sim.kalshi_rows import (
    FILTERS,
    STATUSES,
    event_row,
    market_row,
    orderbook_row,
    series_row,
    trade_row,
)
from pmterm.sim.kalshi_session import KalshiSession
from pmterm.sim.market_state import MarketState
from pmterm.sim.world import Clock, World

BASE = "/trade-api/v2"
STREAM = "/trade-api/ws/v2"
PING_EVERY_S = 10.0
NOT_FOUND = {"error": {"code": "not_found", "message": "not found"}}
TOO_MANY = (
    "Parameter validation failed for GetMarkets: Key: 'GetMarketsParams.Limit' "
    "Error:Field validation for 'Limit' failed on the 'lte' tag"
)


class KalshiServer:
    """Answers as the venue does; `keys` are the public keys that may open the stream.

    `keys` None lets everybody in, signed or not: for load tests and the demo.
    """

    venue = Venue.KALSHI

    def __init__(
        self, world: World, clock: Clock, faults: Faults, keys: Mapping[str, PublicKey] | None
    ) -> None:
        self._world = world
        self._clock = clock
        self._faults = faults
        self._keys = keys
        self._states: dict[MarketId, MarketState] = {
            market: state
            for market, state in world.states.items()
            if state.listing.market.venue is Venue.KALSHI
        }
        self.clients: dict[Client, KalshiSession] = {}

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{BASE}/markets", self._markets),
            web.get(f"{BASE}/markets/trades", self._trades),
            web.get(f"{BASE}/markets/orderbooks", self._orderbooks),
            web.get(f"{BASE}/markets/{{ticker}}", self._market),
            web.get(f"{BASE}/markets/{{ticker}}/orderbook", self._orderbook),
            web.get(f"{BASE}/events", self._events),
            web.get(f"{BASE}/events/{{ticker}}", self._event),
            web.get(f"{BASE}/series", self._all_series),
            web.get(f"{BASE}/series/{{ticker}}", self._series),
            web.get(f"{BASE}/exchange/status", self._status),
            web.get(STREAM, self._stream),
        ]

    def tell(self, event: MarketEvent) -> None:
        """Tell every client what happened, if it asked for it."""
        for client, session in self.clients.items():
            for text in session.tell(event):
                client.put(text)

    def fail(self, code: int) -> None:
        """End every subscription with a terminal error (10 or 25)."""
        for client, session in self.clients.items():
            for text in session.fail(code):
                client.put_plain(text)

    def empty_books(self) -> None:
        """Send every client an unasked empty snapshot of its books."""
        for client, session in self.clients.items():
            for text in session.empty_books():
                client.put(text)

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._keys is not None:
            refused = refusal(request.headers, "GET", STREAM, self._keys, self._clock.now())
            if refused is not None:
                return answer(refused, 401)
        socket = web.WebSocketResponse(max_msg_size=1 << 20, compress=False)
        await socket.prepare(request)
        session = KalshiSession(self._states)
        client = Client(socket, self._faults)
        self.clients[client] = session

        def hear(text: str) -> None:
            for reply in session.hear(text, self._clock.now()):
                client.put_plain(reply)

        try:
            await converse(client, hear, self._beat(socket))
        finally:
            del self.clients[client]
        return socket

    async def _beat(self, socket: web.WebSocketResponse) -> None:
        while not socket.closed:
            await self._clock.sleep(PING_EVERY_S)
            await socket.ping(b"heartbeat")

    def _row(self, state: MarketState) -> dict[str, Any]:
        return market_row(state, self._faults.title)

    def _found(self, request: web.Request) -> list[MarketState]:
        query = request.query
        states = list(self._states.values())
        if ticker := query.get("event_ticker"):
            states = [state for state in states if state.listing.market.event == ticker]
        if series := query.get("series_ticker"):
            states = [state for state in states if state.listing.series == series]
        if tickers := query.get("tickers"):
            states = [state for state in states if state.market in tickers.split(",")]
        if status := query.get("status"):
            wanted = FILTERS.get(status, set())
            states = [state for state in states if STATUSES[state.status] in wanted]
        return states

    async def _markets(self, request: web.Request) -> web.Response:
        limit = whole_number(request.query.get("limit", ""), 100)
        if not 0 < limit <= 1_000:
            return answer({"msg": TOO_MANY}, 400)
        rows, cursor = page(self._found(request), request.query.get("cursor", ""), limit)
        return answer({"markets": [self._row(state) for state in rows], "cursor": cursor})

    async def _market(self, request: web.Request) -> web.Response:
        state = self._states.get(MarketId(request.match_info["ticker"]))
        return answer({"market": self._row(state)}) if state else answer(NOT_FOUND, 404)

    async def _orderbook(self, request: web.Request) -> web.Response:
        state = self._states.get(MarketId(request.match_info["ticker"]))
        if state is None:
            return answer(NOT_FOUND, 404)
        depth = whole_number(request.query.get("depth", ""), 0)
        return answer({"orderbook_fp": orderbook_row(state, depth)})

    async def _orderbooks(self, request: web.Request) -> web.Response:
        wanted = request.query.getall("tickers", [])
        rows = [
            {"ticker": market, "orderbook_fp": orderbook_row(state, 0)}
            for market, state in self._states.items()
            if market in wanted
        ]
        return answer({"orderbooks": rows})

    async def _trades(self, request: web.Request) -> web.Response:
        ticker = request.query.get("ticker", "")
        least = whole_number(request.query.get("min_ts", ""), 0) * SECOND
        trades = [
            trade
            for state in self._states.values()
            if ticker in {"", state.market}
            for trade in state.trades
            if trade.at >= least
        ]
        trades.sort(key=lambda trade: (-trade.at, trade.market, -trade.number))
        limit = whole_number(request.query.get("limit", ""), 100)
        rows, cursor = page(trades, request.query.get("cursor", ""), min(max(limit, 1), 1_000))
        return answer({"trades": [trade_row(trade) for trade in rows], "cursor": cursor})

    def _by_event(self, states: list[MarketState]) -> dict[str, list[MarketState]]:
        events: dict[str, list[MarketState]] = {}
        for state in states:
            events.setdefault(state.listing.market.event, []).append(state)
        return events

    async def _events(self, request: web.Request) -> web.Response:
        nested = request.query.get("with_nested_markets") == "true"
        limit = min(max(whole_number(request.query.get("limit", ""), 200), 1), 200)
        events = list(self._by_event(self._found(request)).values())
        rows, cursor = page(events, request.query.get("cursor", ""), limit)
        body = [event_row(states, self._faults.title, nested=nested) for states in rows]
        return answer({"events": body, "cursor": cursor})

    async def _event(self, request: web.Request) -> web.Response:
        events = self._by_event(list(self._states.values()))
        states = events.get(request.match_info["ticker"])
        if states is None:
            return answer(NOT_FOUND, 404)
        nested = request.query.get("with_nested_markets") == "true"
        body: dict[str, Any] = {"event": event_row(states, self._faults.title, nested=nested)}
        if not nested:
            body["markets"] = [self._row(state) for state in states]
        return answer(body)

    async def _all_series(self, _: web.Request) -> web.Response:
        first = {state.listing.series: state for state in self._states.values()}
        return answer({"series": [series_row(state) for state in first.values()]})

    async def _series(self, request: web.Request) -> web.Response:
        wanted = request.match_info["ticker"]
        for state in self._states.values():
            if state.listing.series == wanted:
                return answer({"series": series_row(state)})
        return answer(NOT_FOUND, 404)

    async def _status(self, _: web.Request) -> web.Response:
        return answer({"exchange_active": True, "trading_active": True})
