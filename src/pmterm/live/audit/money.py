"""I1 and I3: cash and holdings that were told are what the rows before them add up to."""

from collections.abc import Callable, Mapping
from typing import Any

from pmterm.live.audit.check import Check
from pmterm.messages.accounts import (
    BalanceSeen,
    MarketSettled,
    Mode,
    PositionChanged,
    SessionStarted,
)
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import Fill, FillMoved
from pmterm.model.ledger import Ledger
from pmterm.model.stock import Adjusted
from pmterm.model.units import Cash, fixed_text


class _Sums(Check):
    """Adds up the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what moves money or contracts."""
        ledger = self.ledger
        return {
            SessionStarted: lambda _, m: ledger.started(m.cash, is_live=m.mode is Mode.LIVE),
            MarketSeen: lambda _, m: ledger.market_seen(m.market),
            Fill: lambda _, m: ledger.filled(m.market, m.traded),
            FillMoved: lambda _, m: ledger.moved(m.market, m.fill, m.state),
            HoldingAdjusted: lambda _, m: ledger.adjusted(
                m.market, Adjusted(m.qty, m.price, m.outcome)
            ),
            MarketSettled: lambda _, m: ledger.settled(m.market, m.payout),
            CashSeen: self._cash_seen,
        }

    def _cash_seen(self, row: int, seen: CashSeen) -> None:  # noqa: ARG002  # a handler's shape
        self.ledger.cash_seen(seen.venue, seen.cash)


class Money(_Sums):
    """I1: start + deposits + sales - purchases - fees + payouts = cash, exactly."""

    name = "I1 money"
    claim = "cash is what every trade, fee and payout adds up to, to the unit"

    def __init__(self) -> None:
        super().__init__()
        self._off: Cash = 0

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what moves money, and what tells how much there is."""
        return {**super().hears(), BalanceSeen: self._balance}

    def _balance(self, row: int, seen: BalanceSeen) -> None:
        self.count += 1
        off = seen.cash - self.ledger.cash
        if off != self._off:  # told once for each time that it changes
            ours, told = fixed_text(self.ledger.cash, 6), fixed_text(seen.cash, 6)
            self.note(row, f"${told} is told, the rows before it add up to ${ours}")
        self._off = off


class Positions(_Sums):
    """I3: a position is the sum of its fills, what was taken back left out."""

    name = "I3 position"
    claim = "each position is the sum of its fills"

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what moves contracts, and what tells how many there are."""
        return {**super().hears(), PositionChanged: self._position}

    def _position(self, row: int, told: PositionChanged) -> None:
        self.count += 1
        held = self.ledger.held(told.market).qty
        if told.qty != held:
            ours, theirs = fixed_text(held, 6), fixed_text(told.qty, 6)
            self.note(row, f"{told.market[:40]}: {theirs} told, its fills add up to {ours}")
