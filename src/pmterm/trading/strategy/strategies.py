"""Stage: strategies hear signals and ask or act, each as far as its mode lets it; exits are kept.

It is the strategies' supervisor: one that breaks is off, said so, and the others go on.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import Arm, Resume
from pmterm.messages.feed import BookChanged, MarketSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.hearing import folding, silently
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import Bracket, Fill, FillMoved, Intent, OrderReport, Refused
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.messages.strategy import (
    ExitFired,
    Exits,
    ExitsGone,
    ModeSet,
    RecordKnown,
    SetExits,
    SetMode,
    StrategyFailed,
    StrategyMode,
    Suggested,
    TagGame,
    TakeSuggestion,
    auto_origin,
    missing_for_live,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.order import Side, TimeInForce
from pmterm.model.stock import Adjusted
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND, Ns, Price, fixed_text
from pmterm.trading.strategy.exits import Guards
from pmterm.trading.strategy.fade import fade
from pmterm.trading.strategy.guarding import check_exits
from pmterm.trading.strategy.manual import Manual
from pmterm.trading.strategy.names import Names
from pmterm.trading.strategy.planning import Plan, Planner
from pmterm.trading.strategy.quotes import WrongError
from pmterm.trading.strategy.reversion import reversion
from pmterm.trading.strategy.settings import StrategySettings
from pmterm.trading.strategy.spike import spike
from pmterm.trading.strategy.wish import Kind, WhyNot

STRATEGIES: Final[Mapping[str, Kind]] = {
    "fade": Kind(fade, SignalKind.PANIC_SELL, is_scored=True),
    "fomo": Kind(fade, SignalKind.FOMO_BUY, is_scored=True),
    "reversion": Kind(reversion, SignalKind.MEAN_REVERSION, is_scored=False),
    "spike": Kind(spike, SignalKind.SPIKE, is_scored=False),
}


class Strategies:
    """Runs the strategies of `kinds`, on the quotes that the stage of the tickets keeps.

    `act_score_ppm`: the score from which signals that have one are acted on (G9).
    """

    def __init__(
        self,
        settings: StrategySettings,
        manual: Manual,
        act_score_ppm: int,
        kinds: Mapping[str, Kind] = STRATEGIES,
    ) -> None:
        self._settings = settings
        self._rules = settings.rules
        quotes = self._quotes = manual.quotes
        self._kinds = kinds
        self._modes = dict.fromkeys(kinds, StrategyMode.OFF)
        self._names = Names()
        self._ledger = Ledger()
        self._guards = Guards(quotes, self._ledger, self._names, manual.stop_plans)
        self._planner = Planner(settings, quotes, self._ledger, act_score_ppm)
        self._open: dict[str, Suggested] = {}

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._guards.book_changed,
            SignalSeen: self._signal,
            Heartbeat: self._guards.beat,
            MarketSeen: silently(self._note_market),
            SessionStarted: silently(self._note_start),
            Intent: silently(self._note_intent),
            OrderReport: silently(self._note_report),
            Fill: self._filled,
            FillMoved: self._moved,
            HoldingAdjusted: self._adjusted,
            MarketSettled: self._settled,
            CashSeen: silently(self._note_cash),
            RecordKnown: silently(self._planner.note_record),
            SetMode: self._set_mode,
            SetExits: self._guards.set_exits,
            TakeSuggestion: self._take,
            TagGame: self._guards.tagged,
            Resume: silently(lambda _: self._guards.looked_at()),
            Arm: silently(lambda _: self._guards.looked_at()),
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            MarketSeen: self._note_market,
            SessionStarted: self._note_start,
            Intent: self._note_intent,
            OrderReport: self._note_report,
            Fill: self._recall_fill,
            FillMoved: self._recall_moved,
            HoldingAdjusted: self._note_adjusted,
            MarketSettled: self._note_settled,
            CashSeen: self._note_cash,
            RecordKnown: self._planner.note_record,
            ModeSet: self._note_mode,
            Suggested: self._note_suggested,
            TakeSuggestion: folding(lambda command: self._open.pop(command.suggestion, None)),
            Exits: self._guards.note_exits,
            ExitFired: self._guards.note_fired,
            ExitsGone: self._guards.note_gone,
        }

    @property
    def guards(self) -> Guards:
        """The exits that stand. Read them, do not change them."""
        return self._guards

    def modes(self) -> dict[str, StrategyMode]:
        """Return what each strategy may do."""
        return dict(self._modes)

    def suggestions(self, at: Ns) -> list[Suggested]:
        """Return what is suggested and has not lapsed, oldest first."""
        return [one for one in self._open.values() if one.until > at]

    @property
    def settings(self) -> StrategySettings:
        """What was set about strategies."""
        return self._settings

    def record(self, strategy: str) -> RecordKnown | None:
        """Return what a strategy has shown, None if that was not told."""
        return self._planner.records.get(strategy)

    def missing(self, strategy: str) -> str:
        """Say what a strategy lacks to act by itself on real money, "" if nothing."""
        return missing_for_live(self.record(strategy), self._rules.min_signals)

    def _signal(self, signal: SignalSeen) -> Sequence[Message]:
        said: list[Message] = []
        if signal.kind is SignalKind.THESIS_INVALID:
            said += self._guards.doubted(signal.at, signal.market)
        for name, kind in self._kinds.items():
            if kind.kind is signal.kind and self._modes[name] is not StrategyMode.OFF:
                said += self._supervised(name, kind, signal)
        return said

    def _supervised(self, name: str, kind: Kind, signal: SignalSeen) -> Sequence[Message]:
        try:
            plan = self._planner.plan(name, kind, signal)
        except WrongError as wrong:
            return (_why_not(signal, name, WhyNot(*wrong.words)),)
        except Exception as error:  # noqa: BLE001 - what a strategy may raise is not ours to know
            reason = f"{type(error).__name__}: {error}"
            self._modes[name] = StrategyMode.OFF
            stopped = ModeSet(signal.at, name, StrategyMode.OFF, "it broke")
            return (StrategyFailed(signal.at, name, clean_text(reason)), stopped)
        if isinstance(plan, WhyNot):
            return (_why_not(signal, name, plan),)
        missing = self._unable(name, plan)
        if self._modes[name] is StrategyMode.SUGGEST or missing:
            return (self._suggested(name, signal, plan, missing),)
        return (self._entry(signal.at, signal.market, plan, auto_origin(name)),)

    def _unable(self, name: str, plan: Plan) -> str:
        """Say what keeps a strategy from acting by itself, "" if nothing."""
        if plan.cost > self._rules.ask_over:
            over = fixed_text(self._rules.ask_over, 6, at_least=2)
            return f"orders over ${over} always ask"
        return self.missing(name) if self._ledger.is_live else ""

    def _suggested(self, name: str, signal: SignalSeen, plan: Plan, missing: str) -> Suggested:
        lacks = "" if self._ledger.is_live else self.missing(name)
        suggested = Suggested(
            signal.at,
            self._names.suggestion(),
            name,
            signal.id,
            signal.market,
            plan.side,
            plan.qty,
            plan.price,
            signal.at + self._rules.suggestion_s * SECOND,
            plan.exits.target,
            plan.exits.stop,
            plan.exits.trail,
            plan.bracket.lasts_s,
            missing or (f"would not be allowed live: {lacks}" if lacks else ""),
        )
        self._note_suggested(suggested)
        return suggested

    def _entry(self, at: Ns, market: MarketId, plan: Plan, origin: str) -> Intent:
        intent = Intent(
            at,
            self._names.order(),
            market,
            plan.side,
            plan.qty,
            plan.price,
            TimeInForce.IOC,
            origin=origin,
            told_price=plan.touch,
            bracket=plan.bracket,
        )
        self._note_intent(intent)
        return intent

    def _take(self, command: TakeSuggestion) -> Sequence[Message]:
        """Do what was suggested at the prices of now, with the exits that were shown."""
        one = self._open.get(command.suggestion)
        try:
            one, touch, price = self._priced_now(command.at, one)
        except WrongError as wrong:
            value, limit, remedy = wrong.words
            place = one.market if one is not None else MarketId("")
            return (Refused(command.at, OrderId(""), place, "suggestion", value, limit, remedy),)
        intent = Intent(
            command.at,
            self._names.order(),
            one.market,
            one.side,
            one.qty,
            price,
            TimeInForce.IOC,
            origin=f"taken {one.strategy}",
            told_price=touch,
            confirmed=command.confirmed,
            bracket=_bracket(one),
        )
        del self._open[one.id]
        self._note_intent(intent)
        return (intent,)

    def _priced_now(self, at: Ns, one: Suggested | None) -> tuple[Suggested, Price, Price]:
        """Return touch and limit of now; raises where it is too late for a suggestion."""
        if one is None or at >= one.until:
            raise WrongError("it has lapsed", "one that stands", "wait for the next")
        touch, price = self._quotes.priced(self._quotes.market(one.market), one.side, 0)
        check_exits(_bracket(one), touch, touch, is_long=one.side is Side.BUY)
        return one, touch, price

    def _set_mode(self, command: SetMode) -> Sequence[Message]:
        if command.strategy not in self._kinds:
            known = ", ".join(self._kinds)
            value = clean_text(command.strategy)[:40]
            return (
                Refused(
                    command.at, OrderId(""), MarketId(""), "strategy", value, known, "name one"
                ),
            )
        lacks = self.missing(command.strategy) if command.mode is StrategyMode.AUTO else ""
        live = "it suggests until then" if self._ledger.is_live else "would not be allowed live"
        told = ModeSet(
            command.at, command.strategy, command.mode, f"{live}: {lacks}" if lacks else ""
        )
        self._note_mode(told)
        return (told,)

    def _filled(self, fill: Fill) -> Sequence[Message]:
        return self._guards.filled(fill) if self._note_fill(fill) else ()

    def _moved(self, moved: FillMoved) -> Sequence[Message]:
        before = self._ledger.held(moved.market).qty
        self._note_moved(moved)
        return self._guards.settling(moved.at, moved.market, before)

    def _adjusted(self, adjusted: HoldingAdjusted) -> Sequence[Message]:
        self._note_adjusted(adjusted)
        return self._guards.moved(adjusted.at, adjusted.market)

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        self._note_settled(settled)
        return self._guards.moved(settled.at, settled.market)

    def _note_market(self, seen: MarketSeen) -> None:
        self._ledger.market_seen(seen.market)

    def _note_start(self, session: SessionStarted) -> None:
        self._names.start(session)
        self._ledger.started(session.cash, is_live=session.mode is Mode.LIVE)

    def _note_intent(self, intent: Intent) -> None:
        self._names.note(intent)
        self._guards.note_intent(intent)
        if intent.bracket is not None and not intent.replaces:
            self._planner.note_entry(intent)

    def _note_report(self, report: OrderReport) -> None:
        self._guards.note_report(report)
        self._planner.note_report(report)

    def _note_fill(self, fill: Fill) -> bool:
        booked = self._ledger.filled(fill.market, fill.traded)
        self._planner.note_fill(fill)
        return booked is not None

    def _recall_fill(self, fill: Fill) -> None:
        self._note_fill(fill)
        self._guards.partings.note_filled(fill.market)

    def _recall_moved(self, moved: FillMoved) -> None:
        self._note_moved(moved)
        self._guards.partings.note_settling(moved.market)

    def _note_moved(self, moved: FillMoved) -> None:
        self._ledger.moved(moved.market, moved.fill, moved.state)

    def _note_adjusted(self, adjusted: HoldingAdjusted) -> None:
        entry = Adjusted(adjusted.qty, adjusted.price, adjusted.outcome)
        self._ledger.adjusted(adjusted.market, entry)

    def _note_settled(self, settled: MarketSettled) -> None:
        self._ledger.settled(settled.market, settled.payout)

    def _note_cash(self, seen: CashSeen) -> None:
        self._ledger.cash_seen(seen.venue, seen.cash)

    def _note_mode(self, told: ModeSet) -> None:
        if told.strategy in self._kinds:
            self._modes[told.strategy] = told.mode

    def _note_suggested(self, suggested: Suggested) -> None:
        self._names.note_suggestion(suggested)
        self._open = {k: v for k, v in self._open.items() if v.until > suggested.at}
        self._open[suggested.id] = suggested


def _bracket(one: Suggested) -> Bracket:
    """Return the exits as they were shown."""
    return Bracket(one.target, one.stop, trail=one.trail, lasts_s=one.lasts_s)


def _why_not(signal: SignalSeen, name: str, why: WhyNot) -> Refused:
    refused = Refused(signal.at, OrderId(""), signal.market, name, *why)
    return msgspec.structs.replace(refused, is_warning=True)
