"""Lists of our own orders, fills and positions, page by page, and when they are whole."""

from collections.abc import Callable, Sequence

from pmterm.messages.base import Message
from pmterm.messages.health import Surprised
from pmterm.messages.said import ListEnded, ListKind
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.model.kept import Kept
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND, Ns
from pmterm.venues.kalshi import fields
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.asking import PAGE, PORTFOLIO, Asked, get
from pmterm.venues.kalshi.refusals import ASKED
from pmterm.venues.kalshi.verdicts import is_done, moods, object_of, refused

MOST_PAGES = 100
Reader = Callable[[Table, Ns], Sequence[Message]]
_PATHS = {
    ListKind.ORDERS: (f"{PORTFOLIO}/orders", "orders"),
    ListKind.FILLS: (f"{PORTFOLIO}/fills", "fills"),
    ListKind.HOLDINGS: (f"{PORTFOLIO}/positions", "market_positions"),
}


class _Listing:
    """A list being read: what narrows it, the cursors seen, and why it is not whole, if so.

    Nothing is said of the end of a quiet one: nobody waits for it.
    """

    def __init__(self, query: dict[str, object], *, is_quiet: bool) -> None:
        self.query = query
        self.is_quiet = is_quiet
        self.cursors: set[str] = set()
        self.flaw = ""


class Lists:
    """Asks for lists and reads their pages; one row that cannot be read makes a list not whole."""

    def __init__(self) -> None:
        self._open: Kept[str, _Listing] = Kept()

    def ask(
        self, kind: ListKind, query: dict[str, object], at: Ns, *, is_quiet: bool = False
    ) -> HttpRequest:
        """Return the request for a list's first page ("orders:<when asked>")."""
        purpose = f"{kind}:{at}-missed" if is_quiet else f"{kind}:{at}"
        listing = _Listing({**query, "limit": PAGE}, is_quiet=is_quiet)
        self._open.keep(purpose, listing)
        return get(at, _PATHS[kind][0], purpose, listing.query)

    def missed(self, since: Ns, at: Ns) -> list[HttpRequest]:
        """Return requests for what the stream may not have told since then."""
        fills: dict[str, object] = {"min_ts": since // SECOND}
        return [
            self.ask(ListKind.ORDERS, {"status": "resting"}, at, is_quiet=True),
            self.ask(ListKind.FILLS, fills, at, is_quiet=True),
        ]

    def orders(self, at: Ns) -> HttpRequest:
        """Return the request for all orders that rest."""
        return self.ask(ListKind.ORDERS, {"status": "resting"}, at)

    def fills(self, since: Ns, at: Ns) -> HttpRequest:
        """Return the request for all fills since then; the venue counts whole seconds."""
        return self.ask(ListKind.FILLS, {"min_ts": since // SECOND} if since > 0 else {}, at)

    def holdings(self, at: Ns, subaccount: int) -> HttpRequest:
        """Return the request for all positions that are not zero."""
        query: dict[str, object] = {"count_filter": "position"}
        return self.ask(
            ListKind.HOLDINGS, {**query, "subaccount": subaccount} if subaccount else query, at
        )

    def answered(self, response: HttpResponse, asked: Asked, read: Reader) -> list[Message]:
        """Read a page: its rows, then the request for the next one or the list's end."""
        kind = ListKind(asked.verb)
        purpose = f"{asked.verb}:{asked.what}"
        listing = self._open.get(purpose)
        if listing is None:
            return []
        body = object_of(response.text) if is_done(response) else None
        if body is None:
            refusal = refused(response, ASKED)
            listing.flaw = "an answer that is not JSON" if is_done(response) else refusal.reason
            return [*moods(response, refusal), *self._end(kind, asked, response.at)]
        said = self._rows(listing, body, _PATHS[kind][1], read, response)
        cursor = body.get("cursor")
        if not cursor:
            return [*said, *self._end(kind, asked, response.at)]
        page = len(listing.cursors) + 1
        if not isinstance(cursor, str) or cursor in listing.cursors or page >= MOST_PAGES:
            listing.flaw = listing.flaw or "its pages do not end"
            return [*said, *self._end(kind, asked, response.at)]
        listing.cursors.add(cursor)
        query = {**listing.query, "cursor": cursor}
        return [*said, get(response.at, _PATHS[kind][0], f"{purpose} {page + 1}", query)]

    def _rows(
        self, listing: _Listing, body: Table, key: str, read: Reader, response: HttpResponse
    ) -> list[Message]:
        try:
            rows = fields.rows(body, key)
        except ValueError as error:
            listing.flaw = str(error)
            return [misfit(response.at, f"bad {key}", str(error))]
        said: list[Message] = []
        for row in rows:
            try:
                if not isinstance(row, dict):
                    raise ValueError("a row is not an object")  # noqa: TRY004, TRY301
                said += read(row, response.at)
            except ValueError as error:
                listing.flaw = f"a row could not be read: {error}"
                said.append(misfit(response.at, f"bad {key}", str(error)))
        return said

    def _end(self, kind: ListKind, asked: Asked, at: Ns) -> list[Message]:
        listing = self._open.pop(f"{asked.verb}:{asked.what}")
        if listing.is_quiet:
            return []
        flaw = clean_text(listing.flaw, 200)
        when = int(asked.what) if asked.what.isdecimal() else 0
        return [ListEnded(at, Venue.KALSHI, kind, when, not flaw, flaw)]


def misfit(at: Ns, kind: str, excerpt: str) -> Surprised:
    """Say that something of our account did not fit."""
    return Surprised(at, Venue.KALSHI, kind, clean_text(excerpt, 120))
