"""What resolved markets were said to be worth beforehand, and what they paid in the end."""

import sqlite3
from typing import Any, Final

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price
from pmterm.store.database import Database

_HOUR: Final[Ns] = 3_600 * SECOND


class Quoted(msgspec.Struct, frozen=True, gc=False):
    """A trusted touch of a market that paid `payout` per YES in the end."""

    market: MarketId
    venue: str
    at: Ns
    best_bid: Price
    best_ask: Price
    payout: Price


_QUOTES: Final = (
    "SELECT market, max(at), best_bid, best_ask FROM snapshots"
    " WHERE is_trusted AND best_bid > 0 AND best_ask < ? GROUP BY market, at / ? ORDER BY market, 2"
)


async def quotes_of_resolved(database: Database) -> list[Quoted]:
    """Return a quote of every market whose result the store knows: an hour before that was known.

    One of each, since quotes of one market come true or not together; its first where it was
    watched for less. Snapshots are kept for a limited time, so old markets have none.

    Raises:
        StoreBroken: the store cannot be read.
    """
    return await database.read(_read)


def _read(connection: sqlite3.Connection) -> list[Quoted]:
    quotes: dict[str, list[tuple[Ns, Price, Price]]] = {}
    for market, at, bid, ask in connection.execute(_QUOTES, (PRICE_ONE, _HOUR)):
        quotes.setdefault(market, []).append((at, bid, ask))
    found = []
    for market, venue, payout, until in _payouts(connection):
        before = [quote for quote in quotes.get(market, []) if quote[0] < until]
        if before:
            early = [quote for quote in before if quote[0] <= until - _HOUR]
            at, bid, ask = early[-1] if early else before[0]
            found.append(Quoted(MarketId(market), venue, at, bid, ask, payout))
    return found


def _payouts(connection: sqlite3.Connection) -> list[tuple[str, str, Price, Ns]]:
    """Return markets that paid all or nothing: what, and since when that was known."""
    told = {
        fields["market"]: (fields["payout"], at)
        for at, body in connection.execute(
            "SELECT at, body FROM journal WHERE type = 'MarketSettled' ORDER BY seq DESC"
        )
        if (fields := _fields(body))
    }
    found = []
    for market, venue, result, seen_at, body in connection.execute(
        "SELECT market, venue, result, seen_at, body FROM markets ORDER BY market"
    ):
        payout, since = told.get(market) or (_payout_of(result, body), seen_at)
        if payout in {0, PRICE_ONE}:
            found.append((market, venue, payout, since))
    return found


def _fields(body: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.json.decode(body)
    return fields


def _payout_of(result: str, body: bytes) -> Price:
    """Return what YES pays by the winning outcome's name, -1 where that says nothing."""
    names = [outcome.name for outcome in msgspec.json.decode(body, type=Market).outcomes]
    if not result or result not in names:
        return -1
    return PRICE_ONE if result == names[0] else 0
