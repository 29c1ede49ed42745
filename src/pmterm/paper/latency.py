"""How late and how forgiving the paper venue is."""

import msgspec

from pmterm.model.units import MS, SECOND, Ns


class PaperSettings(msgspec.Struct, frozen=True):
    """How the paper venue behaves.

    `latency` is the way from us to the venue, for every request. `patience` is how long an order
    waits for a book that can be trusted. `credit` is how long a fall of a level and the trade that
    caused it may lie apart. `refill` is when a price level we took from counts as whole again.
    """

    latency: Ns = 150 * MS
    patience: Ns = 10 * SECOND
    credit: Ns = 1 * SECOND
    refill: Ns = 30 * SECOND
