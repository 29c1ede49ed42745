"""One line per market: the watched ones, and those a search found."""

import msgspec

from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.units import Cash, Ns, Price, Qty


class WatchRow(msgspec.Struct, frozen=True):
    """A watched market. `best_bid` 0 or `best_ask` 10_000 where a side is empty."""

    market: Market
    best_bid: Price
    best_ask: Price
    change_ppm: int
    age: Ns
    is_trusted: bool
    status: MarketStatus
    holding: Qty = 0
    signals: int = 0


class MarketRow(msgspec.Struct, frozen=True):
    """A market a search found."""

    id: MarketId
    venue: Venue
    title: str
    event: str
    status: MarketStatus
    best_bid: Price
    best_ask: Price
    volume_24h: Cash
    closes_at: Ns
    is_watched: bool = False


def label_of(market: Market) -> str:
    """Name a market so that it can be told from its sisters: by its outcome where that has a name.

    Kalshi lists a market per team under one question, Polymarket one market for both teams.
    """
    outcome = market.outcomes[0].name
    is_told = outcome.lower() in {"", "yes"} or market.title.startswith(outcome)
    if market.venue is Venue.KALSHI and not is_told:
        return f"{outcome} · {market.title}"
    return market.title


def market_row(market: Market, *, is_watched: bool = False) -> MarketRow:
    """Make the finder's row of a market."""
    return MarketRow(
        market.id,
        market.venue,
        market.title,
        market.event_title,
        market.status,
        market.best_bid,
        market.best_ask,
        market.volume_24h,
        market.closes_at,
        is_watched,
    )
