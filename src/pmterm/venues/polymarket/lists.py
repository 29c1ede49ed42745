"""Lists of the account's open orders and trades, page by page to the end.

A list is whole only if every page came and every row was read; only then does absence say anything.
The purpose of a request carries when the list was asked for, its page, and whether all before was
whole: "orders:<asked at>:<page>:<w or b>". Source: Polymarket docs, orders, read 2026-08.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import ListEnded, ListKind
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.units import SECOND, Ns
from pmterm.venues.polymarket.answers import VENUE, ask, decoded, moods, trouble
from pmterm.venues.polymarket.known import Known, MarketUnheard, Me
from pmterm.venues.polymarket.own_rows import fills_seen, order_seen
from pmterm.venues.polymarket.waiting import Waiting
from pmterm.venues.polymarket.wishes import surprised

LAST_PAGE: Final = "LTE="
MOST_PAGES: Final = 200
_CURSOR = re.compile(r"[0-9A-Za-z+/=_-]{1,400}", re.ASCII)


class Page(msgspec.Struct, frozen=True):
    """A page of a list: its rows, and the cursor of the next page, "" at the end."""

    rows: list[object]
    following: str


def page_of(response: HttpResponse) -> Page | None:
    """Return the page an answer holds, None if it holds none."""
    body = decoded(response)
    if response.status != 200 or not isinstance(body, dict):
        return None
    rows, cursor = body.get("data"), body.get("next_cursor")
    if not isinstance(rows, list):
        return None
    if cursor is None or cursor in ("", LAST_PAGE):  # it may not be hashable
        return Page(rows, "")
    if not isinstance(cursor, str) or not _CURSOR.fullmatch(cursor):
        return None
    return Page(rows, cursor)


class Lists:
    """Asks for both lists and reads their pages."""

    def __init__(self, known: Known, me: Me, waiting: Waiting) -> None:
        self._known = known
        self._me = me
        self._waiting = waiting

    def orders(self, at: Ns) -> HttpRequest:
        """Ask for all open orders."""
        return ask(at, "GET", "/data/orders", f"orders:{at}:1:w")

    def fills(self, since: Ns, at: Ns) -> HttpRequest:
        """Ask for all trades since then; the venue counts whole seconds."""
        after = max(0, since // SECOND - 1)
        return ask(at, "GET", f"/data/trades?after={after}", f"fills:{at}:1:w")

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say what a page holds, ask for the next, or say that the list has ended."""
        verb, asked_at, number, mark = response.purpose.split(":")
        kind = ListKind.ORDERS if verb == "orders" else ListKind.FILLS
        page = page_of(response)
        if page is None:
            meant = trouble(response)
            why = meant.reason
            return (*moods(response, meant), _ended(response.at, kind, int(asked_at), why))
        said: list[Message] = []
        is_whole = mark == "w"
        for row in page.rows:
            try:
                said += self._read(kind, row, response.at)
            except MarketUnheard as unheard:
                return self._waiting.hold(
                    unheard.market, self._again(response), response.at
                )  # the whole page is read again then
            except ValueError as broken:
                is_whole = False
                said.append(surprised(response.at, f"bad row of {verb}", str(broken)))
        if page.following and int(number) < MOST_PAGES:
            mark = "w" if is_whole else "b"
            purpose = f"{verb}:{asked_at}:{int(number) + 1}:{mark}"
            return [*said, _next(response, page.following, purpose)]
        why = "" if is_whole and not page.following else "some of it could not be read"
        return [*said, _ended(response.at, kind, int(asked_at), why)]

    def _again(self, response: HttpResponse) -> Callable[[], Sequence[Message]]:
        return lambda: self.answered(response)

    def _read(self, kind: ListKind, row: object, at: Ns) -> Sequence[Message]:
        if not isinstance(row, dict):
            msg = "a row that is no object"
            raise ValueError(msg)  # noqa: TRY004  # one error for all that does not fit
        if kind is ListKind.ORDERS:
            return (order_seen(row, self._known, at),)
        return fills_seen(row, self._known, self._me, at)


def _next(response: HttpResponse, cursor: str, purpose: str) -> HttpRequest:
    return ask(response.at, "GET", with_cursor(response.path, cursor), purpose)


def with_cursor(path: str, cursor: str) -> str:
    """Return the path of the next page."""
    bare, _, query = path.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("next_cursor=")]
    kept.append("next_cursor=" + quote(cursor, safe=""))
    return f"{bare}?{'&'.join(kept)}"


def _ended(at: Ns, kind: ListKind, asked_at: Ns, why: str) -> ListEnded:
    return ListEnded(at, VENUE, kind, asked_at, is_whole=not why, reason=why)
