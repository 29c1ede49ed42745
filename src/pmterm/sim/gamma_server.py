"""Gamma, Polymarket's catalogue: markets and events by slug, id, token or words."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from pmterm.model.ids import MarketId
from pmterm.sim.answers import answer, whole_number
from pmterm.sim.faults import Faults
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_rows import event_row, market_row

GAMMA = "/gamma"
NOT_FOUND = {"type": "not found error", "error": "not found"}


class GammaServer:
    """Answers as Gamma does, under /gamma."""

    def __init__(self, states: Mapping[MarketId, MarketState], faults: Faults) -> None:
        self._states = states
        self._faults = faults

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{GAMMA}/markets", self._markets),
            web.get(f"{GAMMA}/markets/slug/{{slug}}", self._market),
            web.get(f"{GAMMA}/events", self._events),
            web.get(f"{GAMMA}/events/slug/{{slug}}", self._event),
            web.get(f"{GAMMA}/public-search", self._search),
        ]

    def _row(self, state: MarketState) -> dict[str, Any]:
        return market_row(state, self._faults.title)

    async def _markets(self, request: web.Request) -> web.Response:
        query = request.query
        states = list(self._states.values())
        if wanted := query.getall("condition_ids", []):
            states = [state for state in states if state.market in wanted]
        if tokens := query.getall("clob_token_ids", []):
            states = [
                state
                for state in states
                if any(outcome.token in tokens for outcome in state.listing.market.outcomes)
            ]
        if slugs := query.getall("slug", []):
            states = [state for state in states if state.listing.market.slug in slugs]
        is_closed = query.get("closed", "false") == "true"
        states = [state for state in states if state.is_open != is_closed]
        if query.get("order") in {"volume24hr", "volumeNum"}:
            states.sort(key=lambda state: state.volume, reverse=query.get("ascending") != "true")
        offset = whole_number(query.get("offset", ""), 0)
        limit = whole_number(query.get("limit", ""), 20)
        return answer([self._row(state) for state in states[offset : offset + limit]])

    async def _market(self, request: web.Request) -> web.Response:
        for state in self._states.values():
            if state.listing.market.slug == request.match_info["slug"]:
                return answer(self._row(state))
        return answer(NOT_FOUND, 404)

    def _by_event(self) -> dict[str, list[MarketState]]:
        events: dict[str, list[MarketState]] = {}
        for state in self._states.values():
            events.setdefault(state.listing.market.event, []).append(state)
        return events

    async def _events(self, request: web.Request) -> web.Response:
        slugs = request.query.getall("slug", [])
        offset = whole_number(request.query.get("offset", ""), 0)
        limit = whole_number(request.query.get("limit", ""), 20)
        rows = [
            event_row(states, self._faults.title)
            for slug, states in self._by_event().items()
            if not slugs or slug in slugs
        ]
        return answer(rows[offset : offset + limit])

    async def _event(self, request: web.Request) -> web.Response:
        states = self._by_event().get(request.match_info["slug"])
        if states is None:
            return answer(NOT_FOUND, 404)
        return answer(event_row(states, self._faults.title))

    async def _search(self, request: web.Request) -> web.Response:
        words = request.query.get("q", "").lower().split()
        rows = [
            event_row(states, self._faults.title)
            for slug, states in self._by_event().items()
            if all(
                word in f"{slug} {states[0].listing.market.event_title} esports".lower()
                for word in words
            )
        ]
        pagination = {"hasMore": False, "totalResults": len(rows)}
        return answer({"events": rows, "tags": [], "profiles": [], "pagination": pagination})
