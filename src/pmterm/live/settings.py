"""How live trading behaves; filled from the settings' `[live]`."""

import msgspec


class LiveSettings(msgspec.Struct, frozen=True):
    """`dead_man`: have the venue cancel our orders when it has not heard of us for seconds."""

    dead_man: bool = True
