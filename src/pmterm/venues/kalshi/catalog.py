"""Which markets Kalshi has: what to ask, and what its answers mean."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar
from urllib.parse import urlencode, urlsplit

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.errors import WireSurprise
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.text import clean_text
from pmterm.model.units import Ns
from pmterm.venues.kalshi.answers import Table, body_of
from pmterm.venues.kalshi.metadata import market_from

PAGE = 200
MOST_PAGES = 20
MOST_ROWS = 20_000
MOST_REMEMBERED = 5_000
EVENT_FIELDS = (
    "event_ticker", "series_ticker", "title", "sub_title", "category", "mutually_exclusive",
    "fee_type_override", "fee_multiplier_override",
)  # fmt: skip
SERIES_FIELDS = ("ticker", "title", "category", "tags", "fee_type", "fee_multiplier")
# Series seen 2026-08 for what people type. A short cut only: paging finds the rest.
ESPORTS = {
    "valorant": ("KXVALORANTGAME", "KXVALORANTMAP"),
    "lol": ("KXLOLGAME", "KXLOLMAP"),
    "league": ("KXLOLGAME", "KXLOLMAP"),
    "cs2": ("KXCS2GAME", "KXCS2MAP"),
    "counter-strike": ("KXCS2GAME", "KXCS2MAP"),
    "dota": ("KXDOTA2GAME", "KXDOTA2MAP"),
    "dota2": ("KXDOTA2GAME", "KXDOTA2MAP"),
    "r6": ("KXR6GAME",),
    "overwatch": ("KXOWGAME",),
}
_Key = TypeVar("_Key", bound=str)
_TICKER = re.compile(r"[A-Z0-9][A-Z0-9.]*(?:-[A-Z0-9.]+)*", re.ASCII)
_HOST = re.compile(r"(?:[a-z0-9-]+\.)*kalshi\.(?:com|co)", re.ASCII)
_SEARCH = re.compile(r"search (\d{1,3}) (.*)")


class KalshiCatalog:
    """Asks for events and markets and reads what comes; remembers the venue's own words.

    What belongs to an event or series (titles, the fee rule) is kept beside the market's own
    words, so that metadata from a recording says the same.
    """

    venue = Venue.KALSHI

    def __init__(self) -> None:
        self._words: dict[MarketId, Table] = {}
        self._events: dict[str, Table] = {}
        self._series: dict[str, Table] = {}
        self._cursors: set[str] = set()

    def search(self, words: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that find open markets by words; empty words: the most active ones.

        Kalshi has no search by words: open events are read and sifted here. Ask `further` for
        the next page.
        """
        sought = " ".join(clean_text(words, 100).split())
        self._cursors.clear()
        purpose = f"search 1 {sought}"
        series = dict.fromkeys(
            ticker for word in sought.casefold().split() for ticker in ESPORTS.get(word, ())
        )
        special = [self._open_events(at, purpose, series_ticker=ticker) for ticker in series]
        if _is_ticker(sought):
            special += self.lookup(sought, at)
        return (*special, self._open_events(at, purpose))

    def further(self, response: HttpResponse) -> Sequence[HttpRequest]:
        """Requests for the page after this one of a search, up to 20 pages in all.

        A cursor seen before ends it: the venue answers garbage cursors with a page.
        """
        told = _SEARCH.fullmatch(response.purpose)
        if told is None or response.status != 200 or int(told[1]) >= MOST_PAGES:
            return ()
        cursor = (body_of(response) or {}).get("cursor")
        if not isinstance(cursor, str) or not cursor or cursor in self._cursors:
            return ()
        self._cursors.add(cursor)
        purpose = f"search {int(told[1]) + 1} {told[2]}"
        return (self._open_events(response.at, purpose, cursor=cursor),)

    def lookup(self, name: str, at: Ns) -> Sequence[HttpRequest]:
        """Requests that may find one market by ticker or URL, likeliest first.

        The series is asked for before, since only it tells the fee rule; its answer holds no
        market. Empty if `name` cannot be one of this venue's.
        """
        tickers = list(_tickers_of(name.strip()))
        asked = [request for ticker in tickers for request in self._by_ticker(ticker, at)]
        return list({request.path: request for request in asked}.values())

    def markets(self, response: HttpResponse) -> Sequence[Market]:
        """Markets in an answer, tradeable first, then by what traded in a day.

        Rows that do not fit are left out of a list. An answer to a search holds only what its
        words are found in.

        Raises:
            VenueRefused: the venue, or what stands before it, said no.
            TransportLost: no answer came.
            WireSurprise: the answer is not what it should be.
        """
        body = body_of(response)
        if body is None:
            return ()
        self._learn_series(body)
        rows = list(self._rows(body))
        found: dict[MarketId, Market] = {}
        for row in rows[:MOST_ROWS]:
            try:
                market = market_from(row)
            except WireSurprise:
                if len(rows) == 1:
                    raise
                continue
            _keep(self._words, market.id, row)
            found[market.id] = market
        told = _SEARCH.fullmatch(response.purpose)
        words = told[2].casefold().split() if told else []
        kept = (m for m in found.values() if _is_about(m, words))
        return sorted(kept, key=lambda m: (m.status is not MarketStatus.ACTIVE, -m.volume_24h))

    def market_of(self, data: Table) -> Market:
        """A market from metadata as REST or a recording keeps it.

        Raises:
            WireSurprise: it lacks a ticker, or a number in it is none.
        """
        return market_from(data)

    def metadata(self, market: MarketId) -> Table | None:
        """The venue's own words for a market seen in an answer, for the recording."""
        return self._words.get(market)

    def _by_ticker(self, ticker: str, at: Ns) -> list[HttpRequest]:
        series = ticker.partition("-")[0]
        about = self._ask(at, f"/series/{series}")
        market = self._ask(at, f"/markets/{ticker}")
        event = self._ask(at, f"/events/{ticker}", with_nested_markets="true")
        match ticker.count("-"):
            case 0:
                listed = self._open_events(at, "catalog", series_ticker=ticker)
                return [about, listed, event, market]
            case 1:
                return [about, event, market]
            case _:
                return [about, market, event]

    def _open_events(self, at: Ns, purpose: str, **query: str) -> HttpRequest:
        whole = {"status": "open", "with_nested_markets": "true", "limit": str(PAGE), **query}
        path = f"/events?{urlencode(whole)}"
        return HttpRequest(at, self.venue, "api", "GET", path, purpose=purpose)

    def _ask(self, at: Ns, path: str, **query: str) -> HttpRequest:
        whole = f"{path}?{urlencode(query)}" if query else path
        return HttpRequest(at, self.venue, "api", "GET", whole, purpose="catalog")

    def _rows(self, body: Table) -> Iterator[Table]:
        """Yield the market rows of any answer, each with what it needs of event and series."""
        for event in (*_tables(body.get("events")), *_tables([body.get("event")])):
            about = {key: event[key] for key in EVENT_FIELDS if key in event}
            ticker = event.get("event_ticker")
            if isinstance(ticker, str):
                _keep(self._events, ticker, about)
            yield from (self._whole(row) for row in _tables(event.get("markets")))
        for row in (*_tables(body.get("markets")), *_tables([body.get("market")])):
            yield self._whole(row)

    def _whole(self, row: Table) -> Table:
        whole = dict(row)
        event_ticker = row.get("event_ticker")
        if not isinstance(event_ticker, str):
            return whole
        event = self._events.get(event_ticker)
        if event is not None:
            whole["event"] = event
        named = event.get("series_ticker") if event else None
        series = self._series.get(named if isinstance(named, str) else _series_of(event_ticker))
        if series is not None:
            whole["series"] = series
        return whole

    def _learn_series(self, body: Table) -> None:
        for series in (*_tables(body.get("series")), *_tables([body.get("series")])):
            ticker = series.get("ticker")
            if isinstance(ticker, str):
                about = {key: series[key] for key in SERIES_FIELDS if key in series}
                _keep(self._series, ticker, about)


def _keep(kept: dict[_Key, Table], key: _Key, value: Table) -> None:
    """Remember, and forget the oldest past the bound."""
    if len(kept) >= MOST_REMEMBERED and key not in kept:
        del kept[next(iter(kept))]
    kept[key] = value


def _series_of(event_ticker: str) -> str:
    """Guess a series from an event's ticker; a guess only picks among series that were read."""
    return event_ticker.partition("-")[0]


def _tables(value: object) -> Iterable[Table]:
    """Return the objects in a JSON array; null and anything else hold none."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _is_about(market: Market, words: Sequence[str]) -> bool:
    names = (outcome.name for outcome in market.outcomes)
    told = " ".join(
        (market.id, market.title, market.event_title, market.category, *names)
    ).casefold()
    return all(word in told or _is_series_word(word, told) for word in words)


def _is_series_word(word: str, told: str) -> bool:
    return any(ticker.casefold() in told for ticker in ESPORTS.get(word, ()))


def _is_ticker(name: str) -> bool:
    """Tell whether a word can be a ticker: all have digits or dashes, new ones begin with KX."""
    if not _TICKER.fullmatch(name.upper()):
        return False
    return name.upper().startswith("KX") or (name.isupper() and "-" in name)


def _tickers_of(name: str) -> Iterator[str]:
    """Yield what may be tickers in a name or an address at kalshi.com, likeliest first."""
    if name.casefold().startswith("kalshi:"):
        rest = name[len("kalshi:") :].strip().upper()
        if _TICKER.fullmatch(rest):
            yield rest
        return
    if "/" not in name:
        if _is_ticker(name):
            yield name.upper()
        return
    try:
        parts = urlsplit(name if "://" in name else f"https://{name}")
        host = parts.hostname or ""
    except ValueError:
        return
    if parts.scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return
    path = [part.upper() for part in parts.path.split("/") if part]
    places = [parts.fragment.upper(), *reversed(path)]
    tickers = [place for place in places if _TICKER.fullmatch(place) and _looks_new(place)]
    yield from dict.fromkeys(tickers[:2])


def _looks_new(place: str) -> bool:
    return place.startswith("KX") or ("-" in place and any(sign.isdigit() for sign in place))
