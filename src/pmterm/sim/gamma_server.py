"""Gamma, Polymarket's catalogue: markets and events by slug, id, token or words."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web
from multidict import MultiMapping

from pmterm.model.ids import MarketId
from pmterm.sim.answers import answer, page, whole_number
from pmterm.sim.faults import Faults
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_rows import event_row, market_row
from pmterm.sim.polymarket_switches import PolymarketSwitches

GAMMA = "/gamma"
MOST_ROWS = 100
NOT_FOUND = {"type": "not found error", "error": "not found"}


class GammaServer:
    """Answers as Gamma does, under /gamma."""

    def __init__(
        self,
        states: Mapping[MarketId, MarketState],
        faults: Faults,
        switches: PolymarketSwitches,
    ) -> None:
        self._states = states
        self._faults = faults
        self._switches = switches

    def routes(self) -> list[web.RouteDef]:
        """Return every path served."""
        return [
            web.get(f"{GAMMA}/markets", self._markets),
            web.get(f"{GAMMA}/markets/keyset", self._keyset),
            web.get(f"{GAMMA}/events/keyset", self._keyset),
            web.get(f"{GAMMA}/markets/slug/{{slug}}", self._market),
            web.get(f"{GAMMA}/events", self._events),
            web.get(f"{GAMMA}/events/slug/{{slug}}", self._event),
            web.get(f"{GAMMA}/public-search", self._search),
        ]

    def _row(self, state: MarketState) -> dict[str, Any]:
        row = market_row(state, self._faults.title)
        if self._switches.gamma_lags:  # as it was before the market closed
            row |= {"closed": False, "acceptingOrders": True}
        return row

    async def _markets(self, request: web.Request) -> web.Response:
        offset = whole_number(request.query.get("offset", ""), 0)
        limit = whole_number(request.query.get("limit", ""), 20)
        states = self._chosen(request.query)
        return answer([self._row(state) for state in states[offset : offset + limit]])

    def _chosen(self, query: MultiMapping[str]) -> list[MarketState]:
        """Return the markets a query asks for."""
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
        return states

    async def _keyset(self, request: web.Request) -> web.Response:
        """Answer a page and the cursor of the next; a page may be short and not be the last."""
        query = request.query
        if "offset" in query:
            return answer({"type": "validation error", "error": "offset is not supported"}, 422)
        kind = request.path.split("/")[2]
        rows: list[dict[str, Any]]
        if kind == "markets":
            rows = [self._row(state) for state in self._chosen(query)]
        else:
            rows = self._event_rows(query)
        limit = min(MOST_ROWS, whole_number(query.get("limit", ""), 20))
        found, following = page(rows, query.get("after_cursor", ""), limit)
        body: dict[str, Any] = {kind: found[: self._switches.gamma_page] if following else found}
        if following:
            body["next_cursor"] = following
        return answer(body)

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
        offset = whole_number(request.query.get("offset", ""), 0)
        limit = whole_number(request.query.get("limit", ""), 20)
        return answer(self._event_rows(request.query)[offset : offset + limit])

    def _event_rows(self, query: MultiMapping[str]) -> list[dict[str, Any]]:
        slugs = query.getall("slug", [])
        return [
            event_row(states, self._faults.title)
            for slug, states in self._by_event().items()
            if not slugs or slug in slugs
        ]

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
