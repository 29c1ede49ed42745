"""Stage: the only maker of Approved. It is active, reducing or halted, and says why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    Arm,
    CancelAll,
    CancelMarket,
    CancelOrder,
    ChangeLimit,
    CloseAll,
    ClosePosition,
    Disarm,
    Halt,
    Panic,
    Reduce,
    Resume,
)
from pmterm.messages.feed import (
    BookChanged,
    BookDoubted,
    BookLost,
    BookSnapshot,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
    TouchSeen,
)
from pmterm.messages.health import FeedDown, Heartbeat
from pmterm.messages.hearing import folding, silently
from pmterm.messages.last_books import LastBooks
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    ReadinessChanged,
)
from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    GateChanged,
    Intent,
    JournalFailed,
    LimitChanged,
    OrderAdopted,
    OrderReport,
    Refused,
)
from pmterm.messages.strategy import ExitFired, RecordKnown
from pmterm.model.holding import Booked
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.order import GateState
from pmterm.model.readings import LimitUse
from pmterm.model.text import counted
from pmterm.model.units import Cash, Ns, Qty
from pmterm.trading.risk.answers import Answers
from pmterm.trading.risk.arming import Arming, cannot_arm
from pmterm.trading.risk.checks import Case, Verdict
from pmterm.trading.risk.exposure import Exposure
from pmterm.trading.risk.in_force import InForce
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.live_checks import LiveRules
from pmterm.trading.risk.order_facts import OrderFacts
from pmterm.trading.risk.usage import limit_uses, usage_in
from pmterm.trading.risk.watch import Watch
from pmterm.trading.risk.wording import dollars, percent

_LEAVING: Final = (CancelOrder, CancelMarket, CancelAll, ClosePosition, CloseAll, ExitFired)
_Lost: TypeAlias = BookLost | BookDoubted | TickChanged


class Gate:
    """Judges every intent against the limits and reserves what it approves at once.

    A person may move it between its states at will; by itself it only gets stricter, but for
    pauses, which end when their time is up. Its day is the UTC day of message time. Where the
    money is real it must be armed besides, and more has to be right (`live_checks`).
    """

    def __init__(
        self, limits: Limits, live: LiveRules | None = None, last: LastBooks | None = None
    ) -> None:
        self._in_force = InForce(limits)
        self._exposure = Exposure()
        self._last = last or LastBooks()
        self._watch = Watch(limits, self._exposure, self._last)
        self._facts = OrderFacts(limits, self._exposure, self._watch)
        self._arming = Arming(live or LiveRules())
        self._answers = Answers(limits, self._arming.rules.refusals)
        self._state = GateState.ACTIVE
        self._reason = ""
        self._until: Ns = 0
        self._is_live = False

    @property
    def _limits(self) -> Limits:
        return self._in_force.now

    @property
    def state(self) -> GateState:
        """What the gate lets through."""
        return self._state

    @property
    def reason(self) -> str:
        """Why it is not active; empty if it is."""
        return self._reason

    @property
    def armed(self) -> Armed | None:
        """What live orders may pass, None if none may."""
        return self._arming.armed

    def why_not_now(self, order: OrderId, *, is_stopping: bool = False) -> str:
        """Return why what was approved under this id may not begin any more, "" if it may.

        `is_stopping`: a panic or a disarm is in line, and only what closes still begins.
        """
        if self._state is GateState.HALTED:
            return f"trading is halted ({self._reason})"
        if self._exposure.closes(order):
            return ""
        if is_stopping:
            return "trading is being stopped"
        intent = self._exposure.intent(order)
        return "it is over" if intent is None else self._arming.why_not_now(intent)

    @property
    def profile(self) -> str:
        """The name of the limits in force."""
        return self._limits.profile

    def live_trades(self, strategy: str) -> int:
        """Return how many trades a strategy has made by itself."""
        return self._facts.live_trades(strategy)

    def exit_value(self, market: MarketId, qty: Qty) -> Cash | None:
        """Return what selling `qty` (signed: as held) brings by the day's loss, None: no price."""
        return self._watch.exit_value(market, qty)

    def uses(self, market: MarketId) -> list[LimitUse]:
        """Return the limits that count in a market, and how much of each is used."""
        return [use for use in self.limits(market) if use.counts]

    def limits(self, market: MarketId) -> list[LimitUse]:
        """Return all limits that can be changed, those that are off too."""
        return limit_uses(self._limits, usage_in(market, self._exposure, self._watch))

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._last.book_changed,
            TouchSeen: silently(self._watch.market_heard),
            BookSnapshot: silently(self._watch.market_heard),
            BookLost: self._book_lost,
            BookDoubted: self._book_lost,
            TickChanged: self._tick_changed,
            FeedDown: lambda down: self._arming.feed_down(down.at, down.venue),
            MarketSeen: silently(self._facts.market_seen),
            MarketStatusSeen: silently(self._facts.status_seen),
            SessionStarted: silently(self._note_start),
            Intent: self._judge,
            OrderReport: self._reported,
            Fill: self._filled,
            MarketSettled: self._settled,
            JournalFailed: self._journal_failed,
            Heartbeat: self._beat,
            Halt: self._halt,
            Reduce: self._reduce,
            Resume: self._resume,
            Panic: self._panic,
            **dict.fromkeys(_LEAVING, silently(self._exposure.leaving)),
            Arm: self._arm,
            Disarm: self._disarm,
            ReadinessChanged: self._arming.readiness,
            OrderAdopted: silently(self._exposure.adopt),
            FillMoved: self._fill_moved,
            HoldingAdjusted: silently(self._note_adjusted),
            HoldingDiffers: silently(self._arming.differing),
            CashSeen: silently(self._exposure.cash_seen),
            AccountSeen: silently(self._facts.account_seen),
            ChangeLimit: self._change_limit,
            RecordKnown: silently(self._facts.record_known),
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores the gate."""
        return {
            MarketSeen: self._facts.market_seen,
            MarketStatusSeen: self._facts.status_seen,
            SessionStarted: self._note_start,
            Approved: self._facts.approved,
            OrderReport: folding(self._note_report),
            Fill: folding(self._note_fill),
            MarketSettled: folding(self._note_settled),
            JournalFailed: lambda failed: self._exposure.drop(failed.order),
            GateChanged: self._recall_state,
            **dict.fromkeys((*_LEAVING, Panic), self._exposure.leaving),
            OrderAdopted: self._exposure.adopt,
            FillMoved: folding(self._note_moved),
            HoldingAdjusted: self._note_adjusted,
            HoldingDiffers: self._arming.differing,
            CashSeen: self._exposure.cash_seen,
            AccountSeen: self._facts.account_seen,
            LimitChanged: self._note_limit,
            RecordKnown: self._facts.record_known,
        }

    def _tick_changed(self, changed: TickChanged) -> Sequence[Message]:
        self._facts.tick_changed(changed)
        return self._book_lost(changed)

    def _book_lost(self, lost: _Lost) -> Sequence[Message]:
        self._last.book_lost(lost)
        return self._arming.book_lost(lost)

    def _note_start(self, session: SessionStarted) -> None:
        self._is_live = self._answers.is_live = session.mode is Mode.LIVE
        self._exposure.started(session)
        self._arming.started()
        self._in_force.started()
        self._heed_limits()

    def _change_limit(self, command: ChangeLimit) -> Sequence[Message]:
        said = self._in_force.change(command)
        self._heed_limits()
        return (said, *self._after(command.at))

    def _note_limit(self, changed: LimitChanged) -> None:
        self._in_force.changed(changed)
        self._heed_limits()

    def _heed_limits(self) -> None:
        self._watch.limits = self._facts.limits = self._limits

    def _arm(self, command: Arm) -> Sequence[Message]:
        venue = self._exposure.ledger.venue(command.market)
        wrong = cannot_arm(self._state, self._reason, is_live=self._is_live)
        return self._arming.arm(command, venue, wrong)

    def _disarm(self, command: Disarm) -> Sequence[Message]:
        said = self._arming.disarm(command.at, command.reason)
        return said or (Disarmed(command.at, command.reason),)

    def objection(self, intent: Intent, instead_of: OrderId) -> Refused | None:
        """Return why an order would be refused if another were gone; asking changes nothing."""
        with self._exposure.without(instead_of):
            _, verdict = self._verdict(intent)
        return None if verdict is None or verdict.asks else verdict.refused(intent)

    def _judge(self, intent: Intent) -> Sequence[Message]:
        self._watch.check(intent.market, intent.at)
        self._arming.used(intent.at)
        case, verdict = self._verdict(intent)
        if verdict is not None:
            return (verdict.refused(intent),)
        approved = Approved(
            intent.at,
            intent,
            reserved=max(0, case.market_then - case.market_now),
            fee_estimate=self._facts.fee(intent, is_taker=case.is_taker),
            outcome=self._exposure.leg(intent).outcome,
        )
        self._facts.approved(approved)
        return (approved,)

    def _verdict(self, intent: Intent) -> tuple[Case, Verdict | None]:
        arming = self._arming if self._is_live else None
        return self._facts.verdict(intent, self._state, self._reason, arming)

    def _reported(self, report: OrderReport) -> Sequence[Message]:
        why = self._note_report(report)
        if not why or self._state is GateState.HALTED:
            return ()
        return self._become(
            report.at, GateState.HALTED, why, until=report.at + self._limits.error_halt
        )

    def _note_report(self, report: OrderReport) -> str:
        order = self._exposure.orders.get(report.order)
        market = self._facts.markets.get(report.market)
        venue = market.venue if market is not None else None
        why = self._answers.why_to_halt(order, venue, report)
        self._exposure.report(report)
        return why

    def _filled(self, fill: Fill) -> Sequence[Message]:
        return self._after(fill.at) if self._note_fill(fill) else ()

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        return self._after(settled.at) if self._note_settled(settled) else ()

    def _note_fill(self, fill: Fill) -> bool:
        self._facts.filled(fill)
        return self._note_booked(fill.at, self._exposure.fill(fill))

    def _note_settled(self, settled: MarketSettled) -> bool:
        return self._note_booked(settled.at, self._exposure.settle(settled))

    def _fill_moved(self, moved: FillMoved) -> Sequence[Message]:
        return self._after(moved.at) if self._note_moved(moved) else ()

    def _note_moved(self, moved: FillMoved) -> bool:
        return self._note_booked(moved.at, self._exposure.fill_moved(moved))

    def _note_adjusted(self, adjusted: HoldingAdjusted) -> None:
        """Take a correction; it is what settles a difference."""
        self._exposure.adjust(adjusted)
        self._arming.differs.pop(adjusted.market, None)

    def _note_booked(self, at: Ns, booked: Booked | None) -> bool:
        if booked is not None:
            self._watch.booked(at, booked)
        return booked is not None

    def _after(self, at: Ns) -> Sequence[Message]:
        """Trip on what a fill or settlement made of the day."""
        if self._watch.is_day_lost():
            return self._stop_day(at)
        most, in_row = self._limits.losses_in_row, self._watch.losses.in_row
        if not most or in_row < most or self._state is not GateState.ACTIVE:
            return ()
        until = at + self._limits.loss_cooldown
        reason = f"R4 {counted(in_row, 'loss', 'losses')} in a row"
        return self._become(at, GateState.REDUCING, reason, until=until)

    def _journal_failed(self, failed: JournalFailed) -> Sequence[Message]:
        self._exposure.drop(failed.order)
        if self._state is GateState.HALTED:
            return ()
        why = f"orders cannot be written down: {failed.reason}"
        return self._become(failed.at, GateState.HALTED, why)

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
        said = self._tripped(beat)
        armed = self._arming.armed
        if armed is None:
            return said
        heard_at = self._watch.heard_at(armed.market)
        return (*said, *self._arming.beat(beat.at, heard_at, self._limits.max_book_age))

    def _tripped(self, beat: Heartbeat) -> Sequence[Message]:
        """Trip on what time has made of the account, or reopen when a pause is over."""
        below = self._watch.beat(beat.at)
        most = self._limits.max_drawdown_ppm
        if most and below > most and self._state is not GateState.HALTED:
            why = f"R8 drawdown {percent(below)} within the hour"
            return self._become(beat.at, GateState.HALTED, why)
        if self._watch.is_day_lost() and self._state is GateState.ACTIVE:
            return self._stop_day(beat.at)
        if self._until and beat.at >= self._until:
            return self._reopen(beat.at)
        return ()

    def _stop_day(self, at: Ns) -> Sequence[Message]:
        if self._state is not GateState.ACTIVE and not self._until:
            return ()  # at least as strict already, and not by a pause that ends by itself
        state = GateState.REDUCING if self._state is GateState.ACTIVE else self._state
        lost, limit = dollars(self._watch.day_loss()), dollars(self._watch.day_loss_limit())
        return self._become(at, state, f"R3 day loss {lost} of {limit}")

    def _become(self, at: Ns, state: GateState, reason: str, until: Ns = 0) -> Sequence[Message]:
        self._state, self._reason, self._until = state, reason, until
        changed = GateChanged(at, state, reason, until)
        if state is not GateState.HALTED:
            return (changed,)
        return (changed, *self._arming.disarm(at, reason))

    def _recall_state(self, changed: GateChanged) -> None:
        self._state, self._reason, self._until = changed.state, changed.reason, changed.until
        if changed.state is GateState.ACTIVE:
            self._forgive()

    def _forgive(self) -> None:
        self._watch.losses.in_row = 0
        self._answers.forget()

    def _reopen(self, at: Ns) -> Sequence[Message]:
        self._forgive()
        if self._watch.is_day_lost():
            self._state = GateState.ACTIVE
            return self._stop_day(at)
        return self._become(at, GateState.ACTIVE, "")

    def _halt(self, command: Halt) -> Sequence[Message]:
        return self._become(command.at, GateState.HALTED, command.reason)

    def _reduce(self, command: Reduce) -> Sequence[Message]:
        return self._become(command.at, GateState.REDUCING, command.reason)

    def _resume(self, command: Resume) -> Sequence[Message]:
        self._watch.looked_at()
        return self._reopen(command.at)

    def _panic(self, command: Panic) -> Sequence[Message]:
        self._exposure.leaving(command)
        said = self._become(command.at, GateState.REDUCING, "panic")
        return (*said, *self._arming.disarm(command.at, "panic"))
