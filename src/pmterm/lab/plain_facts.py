"""A review as nested facts for programs: each rate in one object with its n."""

from typing import Any

import msgspec

from pmterm.lab.review import Part, Review
from pmterm.lab.round_trips import RoundTrip
from pmterm.stats.performance import Performance
from pmterm.store.export import time_text

Facts = dict[str, Any]


def review_facts(review: Review) -> Facts:
    """Return everything; money in 1e-6 USD, prices in 1e-4 USD, sizes in 1e-6 contracts."""
    return {
        "mode": review.mode.value,
        "is_made_up": review.is_made_up,
        "capital": review.capital,
        "all": figure_facts(review.whole),
        "by": {
            dimension: [_part(part) for part in parts] for dimension, parts in review.parts.items()
        },
        "unknown": [_trip(trip) for trip in review.unknown],
        "open": [_trip(trip) for trip in review.standing],
        "trades": [_trip(trip) for trip in review.trips],
    }


def figure_facts(figures: Performance) -> Facts:
    """Return the figures of some trades.

    Which share of the prices came back is told by signal, not here: not every trade waits for it.
    """
    facts: Facts = msgspec.to_builtins(figures)
    del facts["reverted"]
    return facts


def _part(part: Part) -> Facts:
    figures = figure_facts(part.figures)
    del figures["curve"]
    return {"name": part.name, "unknown": part.unknown, **figures}


def _trip(trip: RoundTrip) -> Facts:
    facts: Facts = msgspec.to_builtins(trip)
    facts["opened"] = time_text(trip.opened)
    facts["closed"] = time_text(trip.closed) or None
    return facts
