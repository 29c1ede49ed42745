"""Exits of positions whose sale may yet be taken back: if it is, they guard what comes back."""

import msgspec

from pmterm.messages.health import Noticed
from pmterm.messages.strategy import ExitKind, Exits
from pmterm.model.ids import MarketId
from pmterm.model.ledger import Ledger
from pmterm.model.units import Ns, Qty
from pmterm.trading.strategy.guarding import Guard, closing_side


class Parted(msgspec.Struct):
    """Exits of a position that was sold, and which of them had come true.

    `is_sure`: nothing was opened there since, so that what comes back is what they guarded.
    """

    exits: Exits
    fired: ExitKind | None
    is_sure: bool = True

    def told(self, at: Ns) -> Noticed:
        """Say to the trader whether what came back is guarded."""
        after = "is guarded by its exits again" if self.is_sure else "has NO exits, set them anew"
        text = f"{self.exits.market}: a sale failed to settle, what came back {after}"
        return Noticed(at, text)


class Partings:
    """Keeps exits that were let go of with their position, as long as a sale has yet to settle."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parted: dict[tuple[MarketId, bool], Parted] = {}

    def state(self) -> dict[tuple[MarketId, bool], tuple[Exits, ExitKind | None, bool]]:
        """Return what a restart must bring back."""
        return {key: (one.exits, one.fired, one.is_sure) for key, one in self._parted.items()}

    def keep(self, guard: Guard) -> None:
        """Let go of exits: keep them if their position may come back."""
        market, is_long = guard.exits.market, guard.is_long
        if self._is_held(market, is_long=is_long):
            return  # taken away by a person
        if self._ledger.is_settling(market, closing_side(is_long=is_long)):
            is_sure = (market, is_long) not in self._parted
            self._parted[market, is_long] = Parted(guard.exits, guard.fired, is_sure)

    def note_filled(self, market: MarketId) -> None:
        """Note a fill: where it opened anew, what comes back later is not all they guarded."""
        for is_long in (True, False):
            parted = self._parted.get((market, is_long))
            if parted is not None and self._is_held(market, is_long=is_long):
                parted.is_sure = False

    def note_settling(self, market: MarketId) -> None:
        """Forget what cannot come back: its sale is settled, or has come back already."""
        for is_long in (True, False):
            if not self._ledger.is_settling(market, closing_side(is_long=is_long)):
                self._parted.pop((market, is_long), None)

    def guarded(self, market: MarketId) -> None:
        """Forget what was kept for what is held now: it has its exits."""
        self._parted.pop((market, self._ledger.held(market).qty > 0), None)

    def back(self, market: MarketId, before: Qty) -> Parted | None:
        """Return the exits of what has come back since `before` was held, None if nothing has."""
        held = self._ledger.held(market).qty
        has_come = held != 0 and (held > before) is (held > 0)
        return self._parted.get((market, held > 0)) if has_come else None

    def _is_held(self, market: MarketId, *, is_long: bool) -> bool:
        held = self._ledger.beyond_dust(market)
        return held > 0 if is_long else held < 0
