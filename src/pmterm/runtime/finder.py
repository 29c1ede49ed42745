"""Finds markets by asking the venues: by words, or by the name a person typed."""

import asyncio
from collections.abc import Mapping

from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import MarketUnknown, PmtermError, TransportLost, VenueRefused
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.text import clean_text
from pmterm.runtime.clock import Clock
from pmterm.runtime.request_worker import Asks
from pmterm.venues.base import Catalog

NOT_FOUND = frozenset({400, 404, 422})
ENOUGH = 60  # markets found; a search turns no further page then


class Finder:
    """Keeps every market it has found, so that watching one asks nothing more."""

    def __init__(self, catalogs: Mapping[Venue, Catalog], http: Asks, clock: Clock) -> None:
        self._catalogs = catalogs
        self._http = http
        self._clock = clock
        self._known: dict[MarketId, Market] = {}

    def known(self, market: MarketId) -> Market | None:
        """Return a market found before."""
        return self._known.get(market)

    def metadata(self, market: Market) -> dict[str, object]:
        """Return the venue's own words for a market, or ours if it never spoke of it here."""
        return self._catalogs[market.venue].metadata(market.id) or {}

    async def find(self, words: str) -> list[Market]:
        """Return open markets of all venues that fit, the most traded first.

        A venue that fails is left out, unless all do.

        Raises:
            TransportLost, VenueRefused: no venue answered.
        """
        told = await asyncio.gather(
            *(self._search(catalog, words) for catalog in self._catalogs.values())
        )
        markets = [market for found, _ in told for market in found]
        errors = [error for _, error in told if error is not None]
        if errors and len(errors) == len(told):
            raise errors[0]
        return sorted(markets, key=lambda market: -market.volume_24h)

    async def lookup(self, name: str) -> list[Market]:
        """Return what `name` stands for: one market, or all of an event, tradeable first.

        Raises:
            MarketUnknown: the venues answered, and none knows it.
            TransportLost, VenueRefused: a venue that may know it did not answer.
        """
        failure: PmtermError | None = None
        for catalog in self._catalogs.values():
            for request in catalog.lookup(name, self._clock.now()):
                try:
                    found = self._read(catalog, await self._http.ask(request))
                except (TransportLost, VenueRefused) as error:
                    failure = failure or error
                    continue
                if found:
                    return found
        if failure is not None:
            raise failure
        shown = clean_text(name, 80)
        raise MarketUnknown(
            f"no venue knows {shown!r}.",
            "Give a slug, URL, condition id or Kalshi ticker, or start `pmterm watch` and search.",
        )

    async def _search(
        self, catalog: Catalog, words: str
    ) -> tuple[list[Market], PmtermError | None]:
        found: list[Market] = []
        waiting = list(catalog.search(words, self._clock.now()))
        try:
            for request in waiting:
                response = await self._http.ask(request)
                found += self._read(catalog, response)
                if len(found) < ENOUGH:
                    waiting += catalog.further(response)
        except PmtermError as error:
            return found, error
        return found, None

    def _read(self, catalog: Catalog, response: HttpResponse) -> list[Market]:
        if response.status in NOT_FOUND:
            return []
        found = list(catalog.markets(response))
        for market in found:
            self._known[market.id] = market
        return found
