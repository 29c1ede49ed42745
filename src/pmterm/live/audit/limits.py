"""I4 to I7: what was let through was held, within the limits, armed, and not after a kill."""

from collections.abc import Callable, Mapping
from typing import Any

from pmterm.live.audit.check import Check
from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import MarketSeen
from pmterm.messages.live import Armed, CashSeen, Disarmed, HoldingAdjusted
from pmterm.messages.orders import (
    AmendOrder,
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    JournalFailed,
    LimitChanged,
    OrderAdopted,
    OrderReport,
    PlaceOrder,
)
from pmterm.model.order import GateState
from pmterm.model.outcome import sold_by
from pmterm.model.units import Cash, fixed_text
from pmterm.trading.risk.exposure import Exposure
from pmterm.trading.risk.in_force import InForce
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.live_checks import goes_unarmed


class _Exposed(Check):
    """Follows the worst that holdings and orders can come to, as the gate does."""

    def __init__(self) -> None:
        super().__init__()
        self.exposure = Exposure()

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what changes the worst."""
        at = self.exposure
        return {
            SessionStarted: lambda _, m: at.started(m),
            MarketSeen: lambda _, m: at.market_seen(m.market),
            CashSeen: lambda _, m: at.cash_seen(m),
            OrderReport: lambda _, m: at.report(m),
            Fill: lambda _, m: at.fill(m),
            FillMoved: lambda _, m: at.fill_moved(m),
            OrderAdopted: lambda _, m: at.adopt(m),
            HoldingAdjusted: lambda _, m: at.adjust(m),
            MarketSettled: lambda _, m: at.settle(m),
            JournalFailed: lambda _, m: at.drop(m.order),
            Approved: self.approved,
        }

    def approved(self, row: int, approved: Approved) -> None:
        """Take an approved order in."""
        raise NotImplementedError


class Held(_Exposed):
    """I4: open, in-flight and unknown sales are never more than what is held and settled."""

    name = "I4 no oversell"
    claim = "nothing was offered that was not held, settled and free"

    def approved(self, row: int, approved: Approved) -> None:
        """Compare a sale with what there was to sell."""
        self.count += 1
        intent = approved.intent
        is_split = self.exposure.ledger.is_split(intent.market)
        if is_split and not intent.replaces and approved.outcome == sold_by(intent.side):
            free = self.exposure.inventory(intent).free
            if intent.qty > free:
                offered, there = fixed_text(intent.qty, 6), fixed_text(max(0, free), 6)
                self.note(row, f"{intent.order} offered {offered} with {there} free to sell")
        self.exposure.reserve(approved)


class Bounded(_Exposed):
    """I5: filled + open + in flight + unknown, each at its worst, stays within every limit."""

    name = "I5 limits"
    claim = "no order was let through over a limit that is set now, as changed while it ran"

    def __init__(self, limits: Limits) -> None:
        super().__init__()
        self._in_force = InForce(limits)

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what changes the worst, and what changes the limits."""
        return {
            **super().hears(),
            SessionStarted: self._started,
            LimitChanged: lambda _, m: self._in_force.changed(m),
        }

    def _started(self, _: int, started: SessionStarted) -> None:
        self.exposure.started(started)
        self._in_force.started()

    def approved(self, row: int, approved: Approved) -> None:
        """Measure after an order that can make a loss larger."""
        self.count += 1
        self.exposure.reserve(approved)
        if not approved.reserved or approved.intent.reduce_only:
            return
        market, limits = approved.intent.market, self._in_force.now
        self._compare(row, "a position", self.exposure.worst(market), limits.max_position)
        self._compare(row, "an event", self.exposure.event(market), limits.max_event)
        self._compare(row, "all positions", self.exposure.total(), limits.max_total)

    def _compare(self, row: int, what: str, worst: Cash, limit: Cash) -> None:
        if limit and worst > limit:
            most, allowed = fixed_text(worst, 6), fixed_text(limit, 6)
            self.note(row, f"{what} could lose ${most}, the limit is ${allowed}")


class Killed(Check):
    """I6: nothing is placed or amended while trading is halted; a restart does not end it."""

    name = "I6 kill"
    claim = "nothing was placed or amended while trading was halted"

    def __init__(self) -> None:
        super().__init__()
        self._halted_in = 0

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what halts, and what sends."""
        return {GateChanged: self._changed, PlaceOrder: self._sent, AmendOrder: self._sent}

    def _changed(self, row: int, changed: GateChanged) -> None:
        self._halted_in = row if changed.state is GateState.HALTED else 0

    def _sent(self, row: int, sent: PlaceOrder | AmendOrder) -> None:
        self.count += 1
        if self._halted_in:
            self.note(row, f"{sent.intent.order} was sent, halted in row {self._halted_in:,}")


class ArmedOnly(Check):
    """I7: live orders pass only in the armed market, but for the way out at a panic."""

    name = "I7 armed"
    claim = "nothing was placed in a market that was not armed"

    def __init__(self) -> None:
        super().__init__()
        self._is_live = False
        self._armed: Armed | None = None

    def hears(self) -> Mapping[type[Message], Callable[[int, Any], object]]:
        """Return what arms, and what sends."""
        return {
            SessionStarted: self._started,
            Armed: lambda _, m: self._arm(m),
            Disarmed: lambda _, __: self._arm(None),
            PlaceOrder: self._sent,
            AmendOrder: self._sent,
        }

    def _started(self, row: int, started: SessionStarted) -> None:  # noqa: ARG002
        self._is_live = started.mode is Mode.LIVE
        self._armed = None

    def _arm(self, armed: Armed | None) -> None:
        self._armed = armed

    def _sent(self, row: int, sent: PlaceOrder | AmendOrder) -> None:
        self.count += 1
        intent, arm = sent.intent, self._armed
        if not self._is_live or goes_unarmed(intent):
            return
        if arm is None or arm.market != intent.market or intent.at >= arm.until:
            self.note(row, f"{intent.order} was sent unarmed")
