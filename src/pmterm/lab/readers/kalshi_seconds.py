"""Kalshi's Super Bowl markets, one row a second: best prices and sizes, no trades.

Columns as in github.com/SagnikBhadra/Arbitrage-Betting, snapshots/orderbook_snapshots_*.csv (no
licence). Times are local, US Eastern in winter (UTC-5), as inferred from the game.
"""

from collections.abc import Iterator
from pathlib import Path

from pmterm.lab.readers.rows import Best, price_of, qty_of, rows, time_of
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome

BEHIND_H = 5
FEES = FeeSchedule(FeeKind.KALSHI, 70_000, 0)  # docs, fee_rounding, read 2026-10


def read(path: Path) -> Iterator[Message]:
    """Yield what the table says of each ticker."""
    best = Best()
    known: set[MarketId] = set()
    for row in rows(path):
        at = time_of(row["timestamp"], BEHIND_H)
        market = MarketId(row["ticker"])
        if best.is_back_in_time(market, at):
            continue
        if market not in known:
            known.add(market)
            yield MarketSeen(at, _market(market))
        bid = price_of(row["best_bid_price"]), qty_of(row["best_bid_size"])
        ask = price_of(row["best_ask_price"]), qty_of(row["best_ask_size"])
        yield from best.said(market, at, bid, ask)


def _market(ticker: MarketId) -> Market:
    event = ticker.rpartition("-")[0]
    return Market(
        id=ticker,
        venue=Venue.KALSHI,
        title=ticker,
        outcomes=(Outcome("Yes"), Outcome("No")),
        event=event,
        category="sports",
        fees=FEES,
    )
