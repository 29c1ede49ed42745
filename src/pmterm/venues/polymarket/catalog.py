"""Which markets Polymarket has: what to ask, and what its answers mean."""

import re
from collections.abc import Sequence
from urllib.parse import urlencode, urlsplit

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import TransportLost, VenueRefused, WireSurprise
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.venues.polymarket.loose import Data, objects
from pmterm.venues.polymarket.metadata import market_from

MOST_ROWS = 2_000
MOST_REMEMBERED = 5_000
EVENT_FIELDS = (
    "slug", "title", "category", "seriesSlug", "tags", "ended", "live", "startTime", "gameId",
    "score", "period", "negRisk",
)  # fmt: skip
_CONDITION = re.compile(r"0x[0-9a-f]{40,64}", re.ASCII)
_TOKEN = re.compile(r"[0-9]{20,78}", re.ASCII)
_SLUG = re.compile(r"[a-z0-9][a-z0-9._-]{1,199}", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*polymarket\.com", re.ASCII)

EDGE_BLOCK = (
    "Polymarket's edge answered with a web page instead of data (403): it refuses this address."
)
EDGE_HINT = (
    "Usually the region or a data-centre or VPN address is not let in. Reading may still work "
    "while orders do not; use a connection from where Polymarket may be used, "
    "or `pmterm watch demo`, which needs no network."
)


class PolymarketCatalog:
    """Asks Gamma for markets and reads what comes; remembers the venue's own words."""

    venue = Venue.POLYMARKET

    def __init__(self) -> None:
        self._words: dict[MarketId, dict[str, object]] = {}

    def search(self, words: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that find open markets by words; empty words: the most active ones."""
        if not words.strip():
            return (
                self._ask(
                    at,
                    "/markets",
                    active="true",
                    closed="false",
                    order="volume24hr",
                    ascending="false",
                    limit="100",
                ),
            )
        return (
            self._ask(
                at,
                "/public-search",
                q=clean_text(words, 100),
                limit_per_type="20",
                events_status="active",
                keep_closed_markets="0",
                search_tags="false",
                search_profiles="false",
            ),
        )

    def lookup(self, name: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that may find one market by id, slug or URL, likeliest first.

        A name is a condition id, a token id, the slug of a market or an event, or an address at
        polymarket.com. Empty if it is none of these.
        """
        name = name.strip()
        if "/" in name:
            return self._lookup_url(name, at)
        lower = name.lower()
        if _CONDITION.fullmatch(lower):
            by_id = self._both(at, condition_ids=lower)
            clob = HttpRequest(
                at, self.venue, "clob", "GET", f"/markets/{lower}", purpose="catalog"
            )
            return (*by_id, clob)
        if _TOKEN.fullmatch(name):
            return self._both(at, clob_token_ids=name)
        return self._by_slugs(at, (name,)) if _SLUG.fullmatch(name) else ()

    def _lookup_url(self, address: str, at: Ns) -> Sequence[HttpRequest]:
        try:
            parts = urlsplit(address if "://" in address else f"https://{address}")
        except ValueError:
            return ()
        if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(parts.hostname or ""):
            return ()
        path = [part for part in parts.path.lower().split("/") if part]
        for word in ("event", "market"):
            if word in path:
                path = path[path.index(word) + 1 :]
        slugs = [part for part in path[-2:] if _SLUG.fullmatch(part)]
        if not path or not slugs:
            return ()
        return self._by_slugs(at, tuple(reversed(slugs)) if len(path) == 2 else (slugs[-1],))

    def _by_slugs(self, at: Ns, slugs: Sequence[str]) -> Sequence[HttpRequest]:
        """Ask for a market by the first slug, then for an event by each."""
        events = [self._ask(at, f"/events/slug/{slug}") for slug in slugs]
        return (self._ask(at, f"/markets/slug/{slugs[0]}"), *events)

    def _both(self, at: Ns, **query: str) -> Sequence[HttpRequest]:
        """Ask as it is, then for closed ones, which Gamma may leave out unless asked for."""
        return (
            self._ask(at, "/markets", **query),
            self._ask(at, "/markets", **query, closed="true"),
        )

    def _ask(self, at: Ns, path: str, **query: str) -> HttpRequest:
        whole = f"{path}?{urlencode(query)}" if query else path
        return HttpRequest(at, self.venue, "gamma", "GET", whole, purpose="catalog")

    def markets(self, response: HttpResponse) -> Sequence[Market]:
        """Markets in an answer, tradeable first, then by what traded in a day.

        Rows that are no market of two outcomes are left out of a list.

        Raises:
            VenueRefused: the venue, or what stands before it, said no.
            TransportLost: no answer came.
            WireSurprise: the answer is not what it should be.
        """
        if response.status == 404:
            return ()
        if response.status != 200:
            raise _refusal(response)
        try:
            body = msgspec.json.decode(response.text)
        except (msgspec.MsgspecError, RecursionError, UnicodeError) as broken:
            raise WireSurprise(
                "Polymarket's answer is not JSON", clean_text(response.text, 80)
            ) from broken
        rows = _rows(body)
        found: dict[MarketId, Market] = {}
        for row in rows[:MOST_ROWS]:
            try:
                market = self.market_of(row)
            except WireSurprise:
                if body is row:
                    raise
                continue
            self._remember(market.id, row)
            found[market.id] = market
        return sorted(
            found.values(), key=lambda m: (m.status is not MarketStatus.ACTIVE, -m.volume_24h)
        )

    def _remember(self, market: MarketId, row: dict[str, object]) -> None:
        if len(self._words) >= MOST_REMEMBERED:
            self._words.pop(next(iter(self._words)))
        self._words[market] = row

    def further(self, response: HttpResponse) -> Sequence[HttpRequest]:  # noqa: ARG002  # Catalog's shape
        """Nothing: the venue ranks what it finds, and one page of it is plenty."""
        return ()

    def market_of(self, data: dict[str, object]) -> Market:
        """A market from metadata as Gamma, the CLOB or a recording keeps it.

        Raises:
            WireSurprise: it lacks what a market must have.
        """
        return market_from(data)

    def metadata(self, market: MarketId) -> dict[str, object] | None:
        """The venue's own words for a market seen in an answer, for the recording."""
        return self._words.get(market)


def _refusal(response: HttpResponse) -> VenueRefused | TransportLost:
    """Put a refusal in words."""
    status, text = response.status, response.text
    if status == 0:
        return TransportLost("Polymarket did not answer.", clean_text(text))
    is_page = text.lstrip()[:1] == "<"
    if status == 403 and is_page:
        return VenueRefused(EDGE_BLOCK, EDGE_HINT, status=status)
    if status == 429:
        return VenueRefused(
            "Polymarket: too many requests.", "Wait some seconds and try again.", status=status
        )
    if status >= 500 or status == 425:
        return VenueRefused(
            f"Polymarket is not serving this now ({status}).",
            "It may be restarting, which takes about 90 seconds; try again.",
            status=status,
        )
    words = "a web page" if is_page else clean_text(text, 120)
    return VenueRefused(f"Polymarket refused ({status}): {words}", "", status=status)


def _rows(body: object) -> list[dict[str, object]]:
    """Return the market rows of any answer: one or many, markets or events around them."""
    if isinstance(body, list):
        items: list[dict[str, object]] = objects(body)
    elif isinstance(body, dict):
        lists = [body[key] for key in ("markets", "events", "data") if key in body]
        if not lists or "conditionId" in body or "condition_id" in body:
            return [body]
        if "slug" in body or "title" in body:
            return _of_event(body)
        items = [item for one in lists for item in objects(one)]
    else:
        raise WireSurprise("Polymarket's answer holds no markets")
    return [row for item in items for row in (_of_event(item) if "markets" in item else [item])]


def _of_event(event: Data) -> list[dict[str, object]]:
    """Return an event's markets, each with what it needs of the event."""
    around = {key: event[key] for key in EVENT_FIELDS if key in event}
    return [{**market, "events": [around]} for market in objects(event.get("markets"))]
