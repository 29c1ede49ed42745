"""Dust: what is too little to be sold, and what a fill or a holding may be off by."""

from typing import Final

from pmterm.model.ids import Venue
from pmterm.model.units import Qty

# Polymarket's orders count hundredths of a share while its fills have parts of them, and fills of
# a whole order can be off by as much. Kalshi counts what it trades.
DUST: Final[Qty] = 10_000


def dust_at(venue: Venue) -> Qty:
    """Return the least size that is none at a venue, 0 where everything counts."""
    return DUST if venue is Venue.POLYMARKET else 0
