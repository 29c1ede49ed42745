"""Polymarket's 15-minute BTC markets as polled once a second: best prices and sizes, no trades.

Columns as in github.com/Borisz42/PolymarketAnalyst, data/market_data_*.csv (MIT by its README).
Times are believed to be UTC. A price of 0.0 says that the side is empty.
"""

from collections.abc import Iterator
from pathlib import Path

from pmterm.lab.readers.rows import Best, price_of, qty_of, rows, time_of
from pmterm.messages.base import Message
from pmterm.messages.feed import BookLost, MarketSeen
from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, Outcome
from pmterm.model.units import Ns

FEES = FeeSchedule(FeeKind.POLYMARKET, 70_000, 0)  # crypto; docs, fees, read 2026-08


def read(path: Path) -> Iterator[Message]:
    """Yield what the table says of the Up side, market after market."""
    best = Best()
    market = MarketId("")
    last: Ns = 0
    for row in rows(path):
        at = time_of(row["Timestamp"])
        if at < last:
            continue
        last = at
        name = MarketId(f"btc-updown-15m-{row['TargetTime']}")
        if name != market:
            if market:
                yield BookLost(at, market, "the next market began")
            market = name
            yield MarketSeen(at, _market(name, row))
        bid = price_of(row["UpBid"]), qty_of(row["UpBidLiquidity"])
        ask = price_of(row["UpAsk"]), qty_of(row["UpAskLiquidity"])
        yield from best.said(market, at, bid, ask)


def _market(name: MarketId, row: dict[str, str]) -> Market:
    return Market(
        id=name,
        venue=Venue.POLYMARKET,
        title=f"BTC up or down from {row['TargetTime']}",
        outcomes=(Outcome("Up"), Outcome("Down")),
        category="crypto",
        fees=FEES,
        closes_at=time_of(row["Expiration"]),
    )
