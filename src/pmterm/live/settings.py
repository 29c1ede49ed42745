"""How live trading behaves; filled from the settings' `[live]`."""

import msgspec

from pmterm.model.units import SECOND, Ns


class LiveSettings(msgspec.Struct, frozen=True):
    """`dead_man`: ask the venue to cancel our orders when it has not heard of us.

    `arm` is how long live orders pass once armed, `idle` how long without an order disarms.
    """

    dead_man: bool = True
    arm: Ns = 300 * SECOND
    idle: Ns = 120 * SECOND
