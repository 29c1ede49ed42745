"""Asks how markets stand: the venue has no frame for a close, early or not.

Once a minute all are asked about, as many in one question as an answer holds and a question at a
time; those that nobody quotes, sooner.

Source: Kalshi docs, market lifecycle, read 2026-10.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from pmterm.messages.feed import (
    CLOSED_EARLY,
    DETERMINED,
    NO_ASK,
    NO_BID,
    SETTLED,
    BookSnapshot,
    MarketStatusSeen,
    TouchSeen,
)
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price, parse_price
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.metadata import market_from
from pmterm.venues.kalshi.upkeep import Patience

PATH: Final = "/markets?tickers="
EVERY: Final[Ns] = 60 * SECOND
MOST: Final = 50  # markets in one question; an answer holds 100 where none says otherwise
_ASKED: Final = frozenset({MarketStatus.UNOPENED, MarketStatus.ACTIVE, MarketStatus.CLOSED})
_ENDS: Final = frozenset({MarketStatus.CLOSED, MarketStatus.RESOLVED})
_WORDS: Final = {
    "determined": DETERMINED,
    "amended": DETERMINED,
    "finalized": SETTLED,
    "settled": SETTLED,
}


class Inquiries:
    """When which markets are asked about next."""

    def __init__(self) -> None:
        self._next_round: Ns = 0
        self._unquoted: dict[MarketId, Patience] = {}
        self._due: dict[MarketId, None] = {}  # in the order in which they are asked about

    def touched(self, touch: TouchSeen) -> None:
        """Hear whether somebody quotes a market."""
        self._heard(touch.market, is_quoted=touch.best_bid != NO_BID or touch.best_ask != NO_ASK)

    def read(self, book: BookSnapshot) -> None:
        """Look whether anybody stands in a whole book."""
        self._heard(book.market, is_quoted=bool(book.bids or book.asks))

    def _heard(self, market: MarketId, *, is_quoted: bool) -> None:
        if is_quoted:
            self._unquoted.pop(market, None)
        else:
            self._unquoted.setdefault(market, Patience(5 * SECOND))

    def tick(self, markets: Mapping[MarketId, Market], at: Ns) -> list[HttpRequest]:
        """Ask about those of these markets that are due, until they are resolved."""
        asked = {name for name, market in markets.items() if market.status in _ASKED}
        for market in [m for m in self._unquoted if m not in asked]:
            del self._unquoted[market]
        self._due |= {m: None for m, patience in self._unquoted.items() if patience.take(at)}
        if at >= self._next_round:
            if self._next_round:  # else they were fetched just before
                self._due |= dict.fromkeys(sorted(asked))
            self._next_round = at + EVERY
        due = [market for market in self._due if market in asked]
        self._due = dict.fromkeys(due[MOST:])
        if not due:
            return []
        path = f"{PATH}{quote(','.join(due[:MOST]), safe=',')}"
        return [HttpRequest(at, Venue.KALSHI, "api", "GET", path, "", "standing")]


def statuses_in(
    response: HttpResponse, known: Mapping[MarketId, Market]
) -> list[tuple[MarketStatusSeen, Market]]:
    """Return what an answer says that is not known yet, and each market after it.

    Raises:
        ValueError: it does not fit (`msgspec.ValidationError` is one).
        WireSurprise: a market in it does not.
    """
    said = []
    for row in msgspec.json.decode(response.text, type=_Rows).markets or ():
        told = _with_result(market_from(row), row)
        before = known.get(told.id)
        if before is None or not _is_news(told, before, response.at):
            continue
        is_early = told.status is MarketStatus.CLOSED and response.at < before.closes_at
        word = CLOSED_EARLY if is_early else _WORDS.get(str(row.get("status")), "")
        after = msgspec.structs.replace(before, status=told.status, result=told.result)
        seen = MarketStatusSeen(response.at, told.id, told.status, told.result, _payout(row), word)
        said.append((seen, after))
    return said


def _with_result(market: Market, row: Table) -> Market:
    """Return a market whose result is determined as resolved: it is told with that word."""
    if _WORDS.get(str(row.get("status"))) != DETERMINED:
        return market
    return msgspec.structs.replace(market, status=MarketStatus.RESOLVED)


class _Rows(msgspec.Struct):
    markets: list[Table] | None


def _is_news(told: Market, before: Market, at: Ns) -> bool:
    """Tell whether a market stands otherwise than was known, by an answer that may be late.

    Pauses are left to the stream. That one trades is believed of one that had not opened, and of
    one that only an answer closed.
    """
    if told.status is MarketStatus.ACTIVE:
        is_early = before.status is MarketStatus.CLOSED and at < before.closes_at
        return is_early or before.status is MarketStatus.UNOPENED
    return told.status in _ENDS and before.status not in {told.status, MarketStatus.RESOLVED}


def _payout(row: Table) -> Price:
    """Return what YES pays, -1 while that is not told."""
    told = row.get("settlement_value_dollars")
    payout = parse_price(told) if isinstance(told, str) and told and row.get("result") else -1
    return payout if payout <= PRICE_ONE else -1
