"""What trades made of a journal amount to: as a whole, and by what they have in common.

Paper and real money are never added up together, nor is what was made up with what was not.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, TypeAlias

import msgspec

from pmterm.lab.round_trips import RoundTrip, round_trips
from pmterm.messages.accounts import Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import CashSeen
from pmterm.model.ids import MarketId, Venue, venue_of
from pmterm.model.market import Market
from pmterm.model.units import CASH_ONE, SECOND, Cash, Ns
from pmterm.stats import equity
from pmterm.stats.performance import Performance, performance

NOT_TOLD: Final = "not told"
NO_SIGNAL: Final = "no signal"

_World: TypeAlias = tuple[Mode, bool]  # and whether it was made up


class Wanted(msgspec.Struct, frozen=True):
    """Which trips: opened in `since` <= at < `until` (Unix ns), of these; 0 and "": any."""

    since: Ns = 0
    until: Ns = 0
    strategy: str = ""
    signal: str = ""
    venue: str = ""
    market: str = ""


class Part(msgspec.Struct, frozen=True):
    """Trips that have `name` in common: their figures, and how many are in none of them."""

    name: str
    figures: Performance
    unknown: int


class Review(msgspec.Struct, frozen=True):
    """Everything about the money of one mode in one world; begun with `capital` (1e-6 USD).

    `is_made_up`: in the demo, or on a local exchange.

    `parts` by dimension: strategy, signal, hour, day, market kind, venue. `standing` are positions
    that are open yet, `unknown` trips whose result nobody knows: both are in no figure.
    `titles` names the markets of `trips`, in the venue's own (cleaned) words.
    """

    mode: Mode
    capital: Cash
    whole: Performance
    parts: dict[str, tuple[Part, ...]]
    trips: tuple[RoundTrip, ...]
    unknown: tuple[RoundTrip, ...]
    standing: tuple[RoundTrip, ...]
    titles: dict[MarketId, str]
    is_made_up: bool = False


def reviews(messages: Sequence[Message], wanted: Wanted) -> list[Review]:
    """Return a review per mode and world that traded, paper first; none where nothing did."""
    markets = {said.market.id: said.market for said in messages if isinstance(said, MarketSeen)}
    trips = [
        trip for trip in round_trips(messages) if is_wanted(trip, wanted, _venue(trip, markets))
    ]
    by_world: dict[_World, list[RoundTrip]] = {}
    for trip in trips:
        by_world.setdefault((trip.mode, trip.is_made_up), []).append(trip)
    capitals = _capitals(messages)
    return [
        review(mode, by_world[mode, is_made_up], capitals.get((mode, is_made_up), 0), markets)
        for mode in Mode
        for is_made_up in (False, True)
        if (mode, is_made_up) in by_world
    ]


def is_wanted(trip: RoundTrip, wanted: Wanted, venue: Venue) -> bool:
    """Tell whether a trip was asked for."""
    return (
        trip.opened >= wanted.since
        and (not wanted.until or trip.opened < wanted.until)
        and wanted.strategy in {"", trip.strategy}
        and wanted.signal in {"", trip.signal}
        and wanted.venue in {"", venue.value}
        and wanted.market in {"", trip.market}
    )


def review(
    mode: Mode, trips: Sequence[RoundTrip], capital: Cash, markets: Mapping[MarketId, Market]
) -> Review:
    """Return what these trips amount to, begun with `capital`, 0: with what they had at stake."""
    ended = [trip for trip in trips if not trip.is_open]
    known = [trip for trip in ended if not trip.doubt]
    capital = capital if capital > 0 else max(CASH_ONE, *(trip.exposure for trip in ended), 0)
    by: dict[str, Callable[[RoundTrip], str]] = {
        "strategy": lambda trip: trip.strategy,
        "signal": lambda trip: trip.signal or NO_SIGNAL,
        "market kind": lambda trip: _kind(trip, markets),
        "venue": lambda trip: _venue(trip, markets).value,
        "hour": lambda trip: f"{_moment(trip.opened):%H}:00 UTC",
        "day": lambda trip: f"{_moment(trip.opened):%Y-%m-%d}",
    }
    return Review(
        mode=mode,
        capital=capital,
        whole=figures(known, capital),
        parts={name: _parts(ended, capital, key) for name, key in by.items()},
        trips=tuple(known),
        unknown=tuple(trip for trip in ended if trip.doubt),
        standing=tuple(trip for trip in trips if trip.is_open),
        is_made_up=any(trip.is_made_up for trip in trips),
        titles={trip.market: _title(trip.market, markets) for trip in trips},
    )


def figures(trips: Sequence[RoundTrip], capital: Cash) -> Performance:
    """Return the figures of trips whose result is known; those of a day count as one cluster."""
    return performance(
        [
            equity.Trade(
                net=trip.net,
                opened=trip.opened,
                closed=trip.closed,
                exposure=trip.exposure,
                reverted_after=trip.reverted_after,
            )
            for trip in trips
        ],
        capital,
    )


def _parts(
    ended: Sequence[RoundTrip], capital: Cash, key: Callable[[RoundTrip], str]
) -> tuple[Part, ...]:
    groups: dict[str, list[RoundTrip]] = {}
    for trip in ended:
        groups.setdefault(key(trip), []).append(trip)
    return tuple(
        Part(
            name,
            figures([trip for trip in group if not trip.doubt], capital),
            sum(bool(trip.doubt) for trip in group),
        )
        for name, group in sorted(groups.items())
    )


def _capitals(messages: Sequence[Message]) -> dict[_World, Cash]:
    """Return what was there to begin with: the paper money given, or what venues first told."""
    capitals: dict[_World, Cash] = {}
    told: dict[bool, dict[Venue, Cash]] = {}
    is_made_up = False
    for said in messages:
        if isinstance(said, SessionStarted):
            is_made_up = said.is_made_up
            if said.mode is not Mode.LIVE:
                capitals.setdefault((said.mode, is_made_up), said.cash)
        elif isinstance(said, CashSeen):
            told.setdefault(is_made_up, {}).setdefault(said.venue, said.cash)
    for world, purses in told.items():
        capitals[Mode.LIVE, world] = sum(purses.values())
    return capitals


def _moment(at: Ns) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC)


def _venue(trip: RoundTrip, markets: Mapping[MarketId, Market]) -> Venue:
    market = markets.get(trip.market)
    return market.venue if market is not None else venue_of(trip.market)


def _kind(trip: RoundTrip, markets: Mapping[MarketId, Market]) -> str:
    market = markets.get(trip.market)
    return (market.category if market is not None else "") or NOT_TOLD


def _title(market: MarketId, markets: Mapping[MarketId, Market]) -> str:
    known = markets.get(market)
    return known.title if known is not None else market
