"""Why depth came and went at a level: placed, traded, or pulled (D7).

The book and the tape reach us on separate channels in either order, so a fall and a print at the
same price within `PAIRING` of each other are the same thing, whichever came first.
"""

from typing import Final

from pmterm.model.units import SECOND, Ns, Price, Qty

PAIRING: Final[Ns] = 2 * SECOND


class Flow:
    """Contracts placed on, traded from and pulled off one side since the session began."""

    __slots__ = ("_falls", "_prints", "gone", "placed", "traded")

    def __init__(self) -> None:
        self.placed: Qty = 0
        self.gone: Qty = 0
        self.traded: Qty = 0
        self._falls: dict[Price, tuple[Ns, Qty]] = {}
        self._prints: dict[Price, tuple[Ns, Qty]] = {}

    @property
    def pulled(self) -> Qty:
        """What vanished and no print explains."""
        return self.gone - self.traded

    def fell(self, stake: Price, qty: Qty, at: Ns) -> None:
        """`qty` contracts left the level `stake`."""
        self.gone += qty
        prints = self._prints
        if prints and stake in prints:
            qty = self._pair(prints, stake, qty, at)
        if qty:
            before = self._falls.get(stake)
            if before is not None and at - before[0] <= PAIRING:
                qty += before[1]
            self._falls[stake] = (at, qty)

    def printed(self, stake: Price, qty: Qty, at: Ns) -> None:
        """`qty` contracts traded at the level `stake`."""
        if stake in self._falls:
            qty = self._pair(self._falls, stake, qty, at)
        if qty:
            before = self._prints.get(stake)
            if before is not None and at - before[0] <= PAIRING:
                qty += before[1]
            self._prints[stake] = (at, qty)

    def forget(self) -> None:
        """The book was replaced: what is still unpaired has nothing to pair with."""
        self._falls.clear()
        self._prints.clear()

    def _pair(self, waiting: dict[Price, tuple[Ns, Qty]], stake: Price, qty: Qty, at: Ns) -> Qty:
        since, there = waiting.pop(stake)
        if at - since > PAIRING:
            return qty
        paired = min(there, qty)
        self.traded += paired
        if there > paired:
            waiting[stake] = (since, there - paired)
        return qty - paired
