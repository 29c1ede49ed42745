"""What markets paid in which something was held: asked for where a position is no longer listed.

Kalshi takes a settled position off its list and pays at once; the settlement says what YES paid.
Source: Kalshi docs, portfolio settlements, OpenAPI 3.34.0, read 2026-10.
"""

from collections.abc import Sequence

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.feed import MarketStatusSeen
from pmterm.messages.said import HoldingSeen, ListEnded
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import MarketId
from pmterm.model.kept import Kept
from pmterm.model.market import MarketStatus
from pmterm.model.units import Ns
from pmterm.venues.kalshi.account import settlements_in
from pmterm.venues.kalshi.asking import PORTFOLIO, Asked, get
from pmterm.venues.kalshi.lists import misfit
from pmterm.venues.kalshi.verdicts import is_done, object_of

MOST = 50  # markets asked about at the end of one list


class _Gone(msgspec.Struct):
    """Markets not seen in a list so far; then the list's end, held back for `waits` answers."""

    markets: dict[MarketId, None]
    end: ListEnded | None = None
    waits: int = 0


class Payouts:
    """Holds the end of a list of positions back until it is known why some are not on it."""

    def __init__(self) -> None:
        self._lists: Kept[str, _Gone] = Kept()

    def begin(self, markets: Sequence[MarketId], at: Ns) -> None:
        """A list of positions is asked for that should show these markets."""
        self._lists.keep(str(at), _Gone(dict.fromkeys(markets)))

    def listed(self, said: Sequence[Message], asked: Asked) -> Sequence[Message]:
        """Take in a page's words; in place of the list's end ask what is no longer there paid."""
        now = self._lists.get(asked.what)
        if now is None:
            return said
        for word in said:
            if isinstance(word, HoldingSeen):
                now.markets.pop(word.market, None)
        end = next((word for word in said if isinstance(word, ListEnded)), None)
        if end is None or not end.is_whole or not now.markets:
            return said
        gone = list(now.markets)[:MOST]
        now.end, now.waits = end, len(gone)
        asks = [_ask(market, asked.what, end.at) for market in gone]
        return [*(word for word in said if word is not end), *asks]

    def answered(self, response: HttpResponse, asked: Asked) -> Sequence[Message]:
        """Say what a market paid, if it did; the last answer brings the list's end."""
        now = self._lists.get(asked.what)
        if now is None or now.end is None:
            return ()
        now.waits -= 1
        said = _paid(response)
        if now.waits:
            return said
        self._lists.pop(asked.what)
        return [*said, msgspec.structs.replace(now.end, at=response.at)]


def _ask(market: MarketId, what: str, at: Ns) -> HttpRequest:
    query = {"ticker": market, "limit": 1}
    return get(at, f"{PORTFOLIO}/settlements", f"paid:{what} {market}", query)


def _paid(response: HttpResponse) -> list[Message]:
    body = object_of(response.text) if is_done(response) else None
    if body is None:
        return [misfit(response.at, "settlement not read", response.text)]
    try:
        rows = settlements_in(body)
    except ValueError as error:
        return [misfit(response.at, "bad settlements", str(error))]
    resolved = MarketStatus.RESOLVED
    return [
        MarketStatusSeen(response.at, row.market, resolved, row.result, row.payout) for row in rows
    ]
