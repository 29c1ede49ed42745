"""Names for things, never a bare `str`."""

from enum import StrEnum
from typing import NewType


class Venue(StrEnum):
    """Where a market trades."""

    KALSHI = "kalshi"
    POLYMARKET = "polymarket"


# Kalshi: the ticker. Polymarket: the condition id, or the token id where each outcome's book is
# kept on its own (`recording verify`). The two venues' ids cannot collide.
MarketId = NewType("MarketId", str)
TokenId = NewType("TokenId", str)  # Polymarket's asset id: a decimal uint256
OrderId = NewType("OrderId", str)  # ours, known before sending
VenueOrderId = NewType("VenueOrderId", str)  # the venue's: Polymarket's hash, Kalshi's order id
FillId = NewType("FillId", str)
SignalId = NewType("SignalId", str)


def venue_of(market: MarketId) -> Venue:
    """Tell whose market it is by its id alone: a condition id is hexadecimal, a ticker never."""
    return Venue.POLYMARKET if market.startswith("0x") else Venue.KALSHI
