"""What is held: the exchange's own count per token, of the markets named and of any other.

Of the markets named it is told, too, which are resolved.

The Data API is a cache in front of an index and lags behind, so it only tells in which other
markets something is held, and what was paid on average; how much is asked of the exchange.
Sources: Polymarket docs, balance-allowance and data-api v2, read 2026-08 and 2026-10.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import quote

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import HoldingSeen, ListEnded, ListKind
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import MarketId
from pmterm.model.units import PRICE_ONE, Ns, Price
from pmterm.venues.polymarket.account import ask_holding, read_balance
from pmterm.venues.polymarket.answers import VENUE, ask_openly, decoded, moods, trouble
from pmterm.venues.polymarket.known import Known, Seat
from pmterm.venues.polymarket.loose import Data, fixed, number
from pmterm.venues.polymarket.naming import Trader
from pmterm.venues.polymarket.payouts import ask_resolved, resolved_in
from pmterm.venues.polymarket.wishes import surprised

MOST_TOKENS: Final = 150  # balance reads allowed in ten seconds are 200
MOST_ROUNDS: Final = 4
_PAGE: Final = 500
_PAGES, _RESOLVED = "", "resolved"  # what is waited for besides each token's balance
_TOKEN = re.compile(r"[0-9]{1,78}", re.ASCII)
_CONDITION = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)


class _Round(msgspec.Struct):
    """One round of questions: which are open, and what has gone wrong so far."""

    seats: dict[str, Seat]
    markets: list[MarketId]
    averages: dict[str, Price] = msgspec.field(default_factory=dict)
    waits: set[str] = msgspec.field(default_factory=set)
    why: str = ""


class Holdings:
    """Asks in rounds: first where else something is held, then how much of each token."""

    def __init__(self, known: Known, trader: Trader) -> None:
        self._known = known
        self._trader = trader
        self._rounds: dict[Ns, _Round] = {}

    def ask(self, markets: Sequence[MarketId], at: Ns) -> Sequence[HttpRequest]:
        """Begin a round about these markets and whatever else is held."""
        seats: dict[str, Seat] = {}
        why = ""
        for name in markets:
            market = self._known.markets.get(name)
            if market is None:
                why = f"market {name[:12]} is not known"
                continue
            for outcome, one in enumerate(market.outcomes):
                seats[one.token] = Seat(name, outcome)
        while len(self._rounds) >= MOST_ROUNDS:
            del self._rounds[next(iter(self._rounds))]
        now = self._rounds[at] = _Round(seats, list(markets), waits={_PAGES}, why=why)
        path = f"/v2/positions?user={self._trader.funder}&status=OPEN&limit={_PAGE}"
        page = ask_openly(at, "data", path, f"holdings:{at}:{_PAGES}")
        if not markets:
            return (page,)
        now.waits.add(_RESOLVED)
        return (page, ask_resolved(markets, at, f"holdings:{at}:{_RESOLVED}"))

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Take in an answer of a round; the last one ends it."""
        _, told_at, token = response.purpose.split(":")
        asked_at = int(told_at)
        now = self._rounds.get(asked_at)
        if now is None:
            return ()
        if token == _RESOLVED:
            now.waits.discard(token)
            said = resolved_in(response, now.markets)
        else:
            said = self._balance(now, token, response) if token else self._others(now, response)
        if now.waits:
            return said
        del self._rounds[asked_at]
        ended = ListEnded(
            response.at, VENUE, ListKind.HOLDINGS, asked_at, is_whole=not now.why, reason=now.why
        )
        return [*said, ended]

    def _others(self, now: _Round, response: HttpResponse) -> list[Message]:
        """Read a page of positions, then ask for the next, or for every token's balance."""
        body = decoded(response)
        rows = body.get("data") if isinstance(body, dict) else None
        told_at = response.purpose.split(":")[1]
        if response.status == 200 and isinstance(body, dict) and isinstance(rows, list):
            odd = self._take_in(now, rows, response.at)
            following = _following(body)
            if following and len(now.seats) < MOST_TOKENS:
                path = f"{response.path.partition('&cursor=')[0]}&cursor={quote(following)}"
                return [*odd, ask_openly(response.at, "data", path, response.purpose)]
        else:
            odd = []
            now.why = f"other positions are not known: {trouble(response).reason}"
        if len(now.seats) > MOST_TOKENS:
            now.why = f"more than {MOST_TOKENS} outcomes are held"
        now.waits.discard(_PAGES)
        tokens = list(now.seats)[:MOST_TOKENS]
        now.waits.update(tokens)
        asks = [
            ask_holding(token, self._trader.kind, response.at, f"holdings:{told_at}:{token}")
            for token in tokens
        ]
        return [*odd, *asks]

    def _take_in(self, now: _Round, rows: Sequence[object], at: Ns) -> list[Message]:
        """Note the tokens of a page; rows of no market are told of (rebates come as such)."""
        odd: list[Message] = []
        for row in rows:
            position = _position(row) if isinstance(row, dict) else None
            if position is None:
                odd.append(surprised(at, "a position of no market", str(row)))
                continue
            token, seat, average = position
            if average:
                now.averages[token] = average
            now.seats.setdefault(token, seat)
            self._known.place(token, seat)
        return odd

    def _balance(self, now: _Round, token: str, response: HttpResponse) -> list[Message]:
        now.waits.discard(token)
        seat = now.seats.get(token)
        balance = read_balance(response)
        if balance is None or seat is None:
            meant = trouble(response)
            now.why = f"a balance is not known: {meant.reason}"
            return [*moods(response, meant)]
        average = now.averages.get(token, 0)
        if average and seat.outcome:
            average = PRICE_ONE - average
        return [HoldingSeen(response.at, VENUE, seat.market, seat.outcome, balance.amount, average)]


def _position(row: Data) -> tuple[str, Seat, Price] | None:
    token, market, outcome = row.get("token_id"), row.get("condition_id"), row.get("outcome_index")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        return None
    if not isinstance(market, str) or not _CONDITION.fullmatch(market):
        return None
    if isinstance(outcome, bool) or not isinstance(outcome, int) or outcome not in {0, 1}:
        return None
    average = fixed(number(row, "avg_price"), 4)
    is_price = 0 < average < PRICE_ONE
    return token, Seat(MarketId(market), outcome), average if is_price else 0


def _following(body: Mapping[str, object]) -> str:
    pagination = body.get("pagination")
    if not isinstance(pagination, dict) or pagination.get("has_more") is not True:
        return ""
    cursor = pagination.get("next_cursor")
    return cursor if isinstance(cursor, str) and len(cursor) < 4_000 else ""
