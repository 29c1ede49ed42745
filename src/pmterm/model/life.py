"""How soon an order may end that ends by itself (GTD), by what each venue takes."""

from typing import Final

from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns

# Polymarket: three minutes by its own client (polymarket-client 0.14.0), one of which it takes off
# itself. Kalshi: any time to come, in whole seconds; some of them pass on the way to it.
SHORTEST_LIFE: Final[dict[Venue, Ns]] = {
    Venue.POLYMARKET: 120 * SECOND,
    Venue.KALSHI: 5 * SECOND,
}
