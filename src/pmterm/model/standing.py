"""What it means for a trader that a market takes no orders, in a venue's own terms."""

from typing import Final

from pmterm.model.ids import Venue
from pmterm.model.market import Market, MarketStatus

NOBODY: Final = "nobody quotes on either side"
NOBODY_REMEDY: Final = "it may be paused or closed: look at the venue, or wait for quotes"

# What becomes of what rests: Kalshi docs, market lifecycle and order errors, read 2026-10;
# Polymarket docs, orders and resolution, read 2026-08.
_PAUSED: Final = {
    Venue.KALSHI: "what rests cannot trade, and kalshi may cancel it; wait until it reopens",
    Venue.POLYMARKET: "what rests stays and can be cancelled; wait until it reopens",
}
_CLOSED: Final = {
    Venue.KALSHI: "kalshi itself cancels what rests; what is held is paid when it is resolved",
    Venue.POLYMARKET: "what rests is cancelled; what is held can be redeemed when it is resolved",
}

_PAID: Final = {
    Venue.KALSHI: "kalshi pays what was held once it has settled it",
    Venue.POLYMARKET: "what was held is paid once it is redeemed",
}


def standing_words(market: Market) -> tuple[str, str]:
    """Return what keeps a market from taking orders, and what that means; two "" if nothing."""
    match market.status:
        case MarketStatus.PAUSED:
            return f"{market.venue} paused it", _PAUSED[market.venue]
        case MarketStatus.CLOSED:
            return "it is closed", _CLOSED[market.venue]
        case MarketStatus.RESOLVED:
            return "it is resolved", f"nothing trades any more; {_PAID[market.venue]}"
        case MarketStatus.UNOPENED:
            return "it has not opened yet", "wait until it opens"
        case _:
            return "", ""
