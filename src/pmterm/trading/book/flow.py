"""Why depth came and went at a level: placed, traded, or pulled (D7).

The book and the tape reach us on separate channels in either order, so a fall and a print at the
same price within `PAIRING` of each other are the same thing, whichever came first.
"""

from collections import deque
from typing import Final

from pmterm.model.units import SECOND, Ns, Price, Qty

PAIRING: Final[Ns] = 2 * SECOND
REMEMBERED: Final = 256  # falls that a later print may still explain


class Flow:
    """Contracts placed on, traded from and pulled off one side since the session began.

    `falls` holds (time, stake, contracts) of what vanished and is not yet explained; the book
    stage appends to it itself while `at` is past `prints_until`, since that is its hot path.
    """

    __slots__ = ("_prints", "falls", "gone", "placed", "prints_until", "traded")

    def __init__(self) -> None:
        self.placed: Qty = 0
        self.gone: Qty = 0
        self.traded: Qty = 0
        self.falls: deque[tuple[Ns, Price, Qty]] = deque(maxlen=REMEMBERED)
        self.prints_until: Ns = -1  # how long some print waits for its fall
        self._prints: dict[Price, tuple[Ns, Qty]] = {}

    @property
    def pulled(self) -> Qty:
        """What vanished and no print explains."""
        return self.gone - self.traded

    def fell(self, stake: Price, qty: Qty, at: Ns) -> None:
        """`qty` contracts left the level `stake`."""
        self.gone += qty
        waiting = self._prints.pop(stake, None)
        if waiting is not None and at - waiting[0] <= PAIRING:
            paired = min(waiting[1], qty)
            self.traded += paired
            qty -= paired
            if waiting[1] > paired:
                self._prints[stake] = (waiting[0], waiting[1] - paired)
        if qty:
            self.falls.append((at, stake, qty))

    def printed(self, stake: Price, qty: Qty, at: Ns) -> None:
        """`qty` contracts traded at the level `stake`."""
        falls = self.falls
        for i in range(len(falls) - 1, -1, -1):
            fell_at, where, fallen = falls[i]
            if at - fell_at > PAIRING or not qty:
                break
            if where == stake and fallen:
                paired = min(fallen, qty)
                self.traded += paired
                qty -= paired
                falls[i] = (fell_at, where, fallen - paired)
        if qty:
            before = self._prints.get(stake)
            if before is not None and at - before[0] <= PAIRING:
                qty += before[1]
            self._prints[stake] = (at, qty)
            self.prints_until = at + PAIRING

    def forget(self) -> None:
        """The book was replaced: what is still unpaired has nothing to pair with."""
        self.falls.clear()
        self._prints.clear()
        self.prints_until = -1
