"""Kalshi's public REST about markets, events and series."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pmterm.model.ids import MarketId
from pmterm.model.units import SECOND
from pmterm.sim.answers import answer, page, whole_number
from pmterm.sim.faults import Faults
from pmterm.sim.kalshi_refusals import BadQuery
from pmterm.sim.kalshi_rows import (
    FILTERS,
    STATUSES,
    event_row,
    market_row,
    orderbook_row,
    series_row,
    trade_row,
)
from pmterm.sim.kalshi_rules import KalshiRules
from pmterm.sim.market_state import MarketState

NOT_FOUND = {"error": {"code": "not_found", "message": "not found"}}


class CatalogueApi:
    """Answers what anybody may ask, signed or not."""

    def __init__(
        self, states: Mapping[MarketId, MarketState], faults: Faults, rules: KalshiRules
    ) -> None:
        self._states = states
        self._faults = faults
        self._rules = rules

    def routes(self, base: str) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{base}/markets", self._markets),
            web.get(f"{base}/markets/trades", self._trades),
            web.get(f"{base}/markets/orderbooks", self._orderbooks),
            web.get(f"{base}/markets/{{ticker}}", self._market),
            web.get(f"{base}/markets/{{ticker}}/orderbook", self._orderbook),
            web.get(f"{base}/events", self._events),
            web.get(f"{base}/events/{{ticker}}", self._event),
            web.get(f"{base}/series", self._all_series),
            web.get(f"{base}/series/{{ticker}}", self._series),
        ]

    def _row(self, state: MarketState) -> dict[str, Any]:
        return market_row(state, self._faults.title, self._more())

    def _more(self) -> dict[str, Any]:
        return {"liquidity_dollars": "0.0000"} if self._rules.sends_liquidity else {}

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
            return BadQuery("GetMarkets", "Limit", "lte" if limit else "gte").answer()
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
        body = [
            event_row(states, self._faults.title, self._more(), nested=nested) for states in rows
        ]
        return answer({"events": body, "cursor": cursor})

    async def _event(self, request: web.Request) -> web.Response:
        events = self._by_event(list(self._states.values()))
        states = events.get(request.match_info["ticker"])
        if states is None:
            return answer(NOT_FOUND, 404)
        nested = request.query.get("with_nested_markets") == "true"
        body: dict[str, Any] = {
            "event": event_row(states, self._faults.title, self._more(), nested=nested)
        }
        if not nested:
            body["markets"] = [self._row(state) for state in states]
        return answer(body)

    def _by_series(self) -> dict[str, list[MarketState]]:
        series: dict[str, list[MarketState]] = {}
        for state in self._states.values():
            series.setdefault(state.listing.series, []).append(state)
        return series

    async def _all_series(self, _: web.Request) -> web.Response:
        return answer({"series": [series_row(states) for states in self._by_series().values()]})

    async def _series(self, request: web.Request) -> web.Response:
        states = self._by_series().get(request.match_info["ticker"])
        return answer({"series": series_row(states)}) if states else answer(NOT_FOUND, 404)
