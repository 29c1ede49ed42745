"""Stage: the only maker of Approved. It is active, reducing or halted, and says why."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.messages.accounts import MarketSettled, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
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
from pmterm.messages.health import Heartbeat
from pmterm.messages.orders import (
    Approved,
    Fill,
    GateChanged,
    Intent,
    JournalFailed,
    OrderReport,
    Refused,
)
from pmterm.model.fees import fee_of
from pmterm.model.holding import Booked
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import GateState, OrderState, Side
from pmterm.model.readings import LimitUse
from pmterm.model.units import PRICE_ONE, Cash, Ns
from pmterm.trading.risk.breakers import Errors
from pmterm.trading.risk.checks import Case, judge
from pmterm.trading.risk.exposure import Exposure
from pmterm.trading.risk.hearing import folding, silently
from pmterm.trading.risk.limits import Limits
from pmterm.trading.risk.usage import Usage, limit_uses
from pmterm.trading.risk.watch import Watch
from pmterm.trading.risk.wording import dollars, percent

_FAILURES = frozenset({OrderState.REFUSED, OrderState.UNKNOWN})


class Gate:
    """Judges every intent against the limits and reserves what it approves at once.

    A person may move it between its states at will; by itself it only gets stricter, but for
    pauses, which end when their time is up. Its day is the UTC day of message time.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._exposure = Exposure()
        self._watch = Watch(limits, self._exposure)
        self._books = self._watch.books
        self._errors: dict[Venue, Errors] = {}
        self._markets: dict[MarketId, Market] = {}
        self._openings: dict[MarketId, Ns] = {}
        self._recent: deque[Ns] = deque(maxlen=max(1, limits.max_orders))
        self._state = GateState.ACTIVE
        self._reason = ""
        self._until: Ns = 0
        self._has_started = False

    @property
    def state(self) -> GateState:
        """What the gate lets through."""
        return self._state

    @property
    def reason(self) -> str:
        """Why it is not active; empty if it is."""
        return self._reason

    @property
    def profile(self) -> str:
        """The name of the limits in force."""
        return self._limits.profile

    def uses(self, market: MarketId) -> list[LimitUse]:
        """Return the limits that apply in a market, and how much of each is used."""
        return limit_uses(
            self._limits,
            Usage(
                position=self._exposure.worst(market),
                event=self._exposure.event(market),
                total=self._exposure.total(),
                day_loss=self._watch.day_loss(),
                day_loss_limit=self._watch.day_loss_limit(),
                losses_in_row=self._watch.losses.in_row,
                positions=len(self._exposure.busy()),
            ),
        )

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._book_changed,
            TouchSeen: silently(self._watch.market_heard),
            BookSnapshot: silently(self._watch.market_heard),
            BookLost: silently(self._watch.book_lost),
            BookDoubted: silently(self._watch.book_lost),
            TickChanged: self._tick_changed,
            MarketSeen: silently(self._note_market),
            MarketStatusSeen: silently(self._note_status),
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
            CancelOrder: silently(self._note_leaving),
            CancelMarket: silently(self._note_leaving),
            CancelAll: silently(self._note_leaving),
            ClosePosition: silently(self._note_leaving),
            CloseAll: silently(self._note_leaving),
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores the gate."""
        return {
            MarketSeen: self._note_market,
            MarketStatusSeen: self._note_status,
            SessionStarted: self._note_start,
            Approved: self._note_approved,
            OrderReport: folding(self._note_report),
            Fill: folding(self._note_fill),
            MarketSettled: folding(self._note_settled),
            JournalFailed: self._note_failure,
            GateChanged: self._recall_state,
            Panic: self._note_leaving,
            CancelOrder: self._note_leaving,
            CancelMarket: self._note_leaving,
            CancelAll: self._note_leaving,
            ClosePosition: self._note_leaving,
            CloseAll: self._note_leaving,
        }

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        self._books[book.market] = book
        return ()

    def _tick_changed(self, changed: TickChanged) -> Sequence[Message]:
        market = self._markets.get(changed.market)
        if market is not None:
            self._markets[market.id] = msgspec.structs.replace(market, bands=changed.bands)
        self._watch.book_lost(changed)
        return ()

    def _note_market(self, seen: MarketSeen) -> None:
        self._markets[seen.market.id] = seen.market
        self._exposure.market_seen(seen.market)

    def _note_status(self, seen: MarketStatusSeen) -> None:
        market = self._markets.get(seen.market)
        if market is not None:
            self._markets[market.id] = msgspec.structs.replace(market, status=seen.status)

    def _note_start(self, session: SessionStarted) -> None:
        if not self._has_started:
            self._has_started = True
            self._exposure.cash += session.cash

    def _judge(self, intent: Intent) -> Sequence[Message]:
        case = self._case(intent)
        verdict = judge(case)
        if verdict is not None:
            refused = Refused(
                intent.at,
                intent.order,
                intent.market,
                verdict.rule,
                verdict.value,
                verdict.limit,
                verdict.remedy,
            )
            return (refused,)
        reserved = max(0, case.market_then - case.market_now)
        approved = Approved(intent.at, intent, reserved, self._fee(intent, is_taker=case.is_taker))
        self._note_approved(approved)
        return (approved,)

    def _note_approved(self, approved: Approved) -> None:
        self._exposure.reserve(approved)
        self._recent.append(approved.at)
        if approved.reserved:
            self._openings[approved.intent.market] = approved.at

    def _case(self, intent: Intent) -> Case:
        exposure, market = self._exposure, intent.market
        now, then = exposure.worst(market), exposure.worst(market, intent)
        since = intent.at - self._limits.order_window
        case = Case(
            intent=intent,
            limits=self._limits,
            state=self._state,
            reason=self._reason,
            market=self._markets.get(market),
            book=self._books.get(market),
            heard_at=self._watch.heard_at(market),
            reduces=self._reduces(intent),
            closable=exposure.closable(intent),
            is_amend_known=intent.replaces in exposure.orders,
            market_now=now,
            market_then=then,
            total_now=exposure.total(),
            event_now=exposure.event(market),
            needed=0,
            free_cash=exposure.cash - exposure.tied_up(),
            positions_then=len({*exposure.busy(), market}),
            day_loss=self._watch.day_loss(),
            day_loss_limit=self._watch.day_loss_limit(),
            losses_in_row=self._watch.losses.in_row,
            last_opening=self._openings.get(market, 0),
            recent_orders=sum(at > since for at in self._recent),
            moved_ppm=self._watch.moved_ppm(market, intent.at),
            spread_mean=self._watch.spread_mean(market),
        )
        rise = exposure.to_pay(market, intent) - exposure.to_pay(market)
        needed = max(0, rise) + self._fee(intent, is_taker=case.is_taker)
        return msgspec.structs.replace(case, needed=needed)

    def _reduces(self, intent: Intent) -> bool:
        """Tell whether an intent can only make a holding, or a working order, smaller."""
        old = self._exposure.orders.get(intent.replaces)
        filled = old.filled if old is not None else 0
        if intent.qty - filled <= self._exposure.closable(intent):
            return True
        if old is None or intent.qty > old.qty:
            return False
        buys = intent.side is Side.BUY
        return intent.price <= old.price if buys else intent.price >= old.price

    def _fee(self, intent: Intent, *, is_taker: bool) -> Cash:
        market = self._markets.get(intent.market)
        if market is None:
            return 0
        price = intent.price if intent.side is Side.BUY else PRICE_ONE - intent.price
        return fee_of(market.fees, price, intent.qty, is_maker=not is_taker)

    def _reported(self, report: OrderReport) -> Sequence[Message]:
        failed = self._note_report(report)
        if not failed or self._state is GateState.HALTED:
            return ()
        window = self._limits.error_window
        why = f"R8 errors in the last {window} calls"
        return self._become(
            report.at, GateState.HALTED, why, until=report.at + self._limits.error_halt
        )

    def _note_report(self, report: OrderReport) -> bool:
        failed = self._count_answer(report)
        self._exposure.report(report)
        return failed

    def _count_answer(self, report: OrderReport) -> bool:
        """Count an order's first answer; tell whether the venue fails too often.

        A post-only order that would have traded is refused in honest trading.
        """
        order = self._exposure.orders.get(report.order)
        if order is None or order.is_answered or report.state is OrderState.SENT:
            return False
        order.is_answered = True
        market = self._markets.get(order.intent.market)
        if market is None or order.intent.post_only:
            return False
        errors = self._errors.setdefault(market.venue, Errors(self._limits))
        return errors.count(is_error=report.state in _FAILURES)

    def _filled(self, fill: Fill) -> Sequence[Message]:
        return self._after(fill.at) if self._note_fill(fill) else ()

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        return self._after(settled.at) if self._note_settled(settled) else ()

    def _note_fill(self, fill: Fill) -> bool:
        return self._note_booked(fill.at, self._exposure.fill(fill))

    def _note_settled(self, settled: MarketSettled) -> bool:
        return self._note_booked(settled.at, self._exposure.settle(settled))

    def _note_booked(self, at: Ns, booked: Booked | None) -> bool:
        if booked is not None:
            self._watch.booked(at, booked)
        return booked is not None

    def _after(self, at: Ns) -> Sequence[Message]:
        """Trip on what a fill or settlement made of the day."""
        if self._watch.is_day_lost():
            return self._stop_day(at)
        most = self._limits.losses_in_row
        in_row = self._watch.losses.in_row
        if not most or in_row < most or self._state is not GateState.ACTIVE:
            return ()
        until = at + self._limits.loss_cooldown
        return self._become(at, GateState.REDUCING, f"R4 {in_row} losses in a row", until=until)

    def _journal_failed(self, failed: JournalFailed) -> Sequence[Message]:
        self._note_failure(failed)
        if self._state is GateState.HALTED:
            return ()
        why = f"orders cannot be written down: {failed.reason}"
        return self._become(failed.at, GateState.HALTED, why)

    def _note_failure(self, failed: JournalFailed) -> None:
        self._exposure.drop(failed.order)

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
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
        return (GateChanged(at, state, reason, until),)

    def _recall_state(self, changed: GateChanged) -> None:
        self._state, self._reason = changed.state, changed.reason
        self._until = changed.until
        if changed.state is GateState.ACTIVE:
            self._forgive()

    def _forgive(self) -> None:
        self._watch.losses.in_row = 0
        for errors in self._errors.values():
            errors.forget()

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
        self._note_leaving(command)
        return self._become(command.at, GateState.REDUCING, "panic")

    def _note_leaving(
        self, command: CancelOrder | CancelMarket | CancelAll | ClosePosition | CloseAll | Panic
    ) -> None:
        """Note what is being taken back, so that a closing order may count on it."""
        orders = self._exposure.orders
        match command:
            case CancelOrder(order=order):
                self._exposure.leave(o for o in orders.values() if o.intent.order == order)
            case CancelMarket(market=market) | ClosePosition(market=market):
                self._exposure.leave(o for o in orders.values() if o.intent.market == market)
            case CancelAll() | CloseAll() | Panic():
                self._exposure.leave(orders.values())
