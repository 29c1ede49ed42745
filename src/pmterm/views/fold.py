"""What the board remembers between paints. Every list in it has an end."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from pmterm.messages.accounts import (
    BalanceSeen,
    MarketSettled,
    Mode,
    PositionChanged,
    ProfitMarked,
    SessionStarted,
)
from pmterm.messages.base import Message
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.feed import MarketSeen, MarketStatusSeen, TickChanged, TouchSeen, TradeSeen
from pmterm.messages.health import (
    FeedDown,
    FeedUp,
    Heartbeat,
    LagSeen,
    Noticed,
    Surprised,
    WorkerDown,
)
from pmterm.messages.live import (
    AccountSeen,
    Armed,
    CashSeen,
    DeadManSeen,
    Disarmed,
    HoldingAdjusted,
    HoldingDiffers,
    LinkSeen,
    OrderTimed,
    ReadinessChanged,
    Reconciled,
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
    PlanMoved,
    PlanStarted,
    Refused,
    WithdrawOrder,
)
from pmterm.messages.signals import (
    Advice,
    SignalBack,
    SignalEnded,
    SignalRejected,
    SignalSeen,
    SignalWorth,
)
from pmterm.messages.strategy import ExitFired, ModeSet, StrategyFailed
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market
from pmterm.model.order import GateState, OrderState, Side
from pmterm.model.units import Ns, Price
from pmterm.views.blotter import Blotter
from pmterm.views.chart import ChartMark, Line, MarkKind
from pmterm.views.latency import LatencyFold
from pmterm.views.live import LiveFold
from pmterm.views.news import News
from pmterm.views.plans import PlanFold
from pmterm.views.positions import MoneyView, marked
from pmterm.views.signals import SignalFold
from pmterm.views.standing import StrategyFold
from pmterm.views.strategy_words import STRATEGY_NEWS, fired_text
from pmterm.views.tape import Tape

Hearer: TypeAlias = Callable[[Any], None]
_SIGNAL_MARKS = {
    Advice.BUY: MarkKind.BUY_SIGNAL,
    Advice.SELL: MarkKind.SELL_SIGNAL,
    Advice.WAIT: MarkKind.WAIT_SIGNAL,
}
_FILL_MARKS = {Side.BUY: MarkKind.BOUGHT, Side.SELL: MarkKind.SOLD}
_RECALLED: tuple[type[Message], ...] = (
    SessionStarted,
    Intent,
    Approved,
    Refused,
    WithdrawOrder,
    OrderReport,
    Fill,
    JournalFailed,
    PositionChanged,
    BalanceSeen,
    ProfitMarked,
    GateChanged,
    OrderAdopted,
    FillMoved,
    PlanStarted,
    PlanMoved,
    MarketSettled,
    AccountSeen,
    CashSeen,
    Disarmed,
    HoldingDiffers,
    Reconciled,
    OrderTimed,
    StrategyFailed,
    ModeSet,
)


class MarketFold:
    """One market: metadata, price line, tape, last trade."""

    __slots__ = ("heard_at", "last", "line", "market", "tape")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.line = Line()
        self.tape = Tape()
        self.last: Price = 0
        self.heard_at: Ns = 0


class Fold:
    """The state behind the board; `look` samples all price lines at an instant."""

    def __init__(self, look: Callable[[Ns], None]) -> None:
        self._look = look
        self.markets: dict[MarketId, MarketFold] = {}
        self.positions: dict[MarketId, PositionChanged] = {}
        self.feeds: dict[Venue, tuple[bool, str]] = {}
        self.blotter = Blotter()
        self.signals = SignalFold()
        self.news = News()
        self.money = MoneyView()
        self.live = LiveFold()
        self.latency = LatencyFold()
        self.plans = PlanFold()
        self.strategies = StrategyFold()
        self.payouts: dict[MarketId, Price] = {}
        self.mode = Mode.PAPER
        self.session = ""
        self.gate = GateState.ACTIVE
        self.gate_reason = ""
        self.surprises = 0
        self.waiting = 0
        self.behind_ms = 0

    def hears(self) -> Mapping[type[Message], Hearer]:
        """Handlers by exact message type."""
        return {
            SessionStarted: self._session,
            MarketSeen: self._market,
            MarketStatusSeen: self._status,
            TickChanged: self._ticks,
            TouchSeen: self._touch,
            TradeSeen: self._trade,
            SignalSeen: self._signal,
            SignalRejected: self.signals.rejected,
            SignalBack: self.signals.back,
            SignalEnded: self.signals.ended,
            SignalWorth: self.signals.worth,
            SubmitTicket: self.live.ticket,
            Intent: self._intent,
            Approved: self._approved,
            Refused: self._refused,
            WithdrawOrder: self.blotter.withdraw,
            OrderReport: self._report,
            Fill: self._fill,
            JournalFailed: self._journal_failed,
            PositionChanged: self._position,
            BalanceSeen: self._balance,
            ProfitMarked: self._profit,
            MarketSettled: self._settled,
            GateChanged: self._gate,
            FeedUp: self._feed_up,
            FeedDown: self._feed_down,
            Surprised: self._surprised,
            WorkerDown: self.news.worker_down,
            Noticed: self.news.noticed,
            LagSeen: self._lag,
            LimitChanged: self.news.limit_changed,
            Heartbeat: self._heartbeat,
            **self._hears_accounts(),
            **{kind: self._news(*how) for kind, how in STRATEGY_NEWS.items()},
            StrategyFailed: self._strategy_failed,
            ModeSet: self._mode_set,
            ExitFired: self._exit_fired,
        }

    def _news(self, severity: str, words: Callable[[Any], str]) -> Hearer:
        return lambda message: self.news.tell(message.at, severity, words(message))

    def _hears_accounts(self) -> Mapping[type[Message], Hearer]:
        """Handlers of what only real accounts say."""
        return {
            PlanStarted: self.plans.started,
            PlanMoved: self._plan_moved,
            OrderAdopted: self._adopted,
            FillMoved: self._moved,
            Armed: self._armed,
            Disarmed: self._disarmed,
            AccountSeen: self.live.account,
            ReadinessChanged: self._ready,
            CashSeen: self.live.cash,
            HoldingDiffers: self._differs,
            HoldingAdjusted: self.news.adjusted,
            Reconciled: self._reconciled,
            DeadManSeen: self.live.beat,
            LinkSeen: self.live.linked,
            OrderTimed: self.latency.timed,
        }

    def recalls(self) -> Mapping[type[Message], Hearer]:
        """Handlers for the journal of earlier sessions, silent ones."""
        hears = self.hears()
        recalls = {kind: self._silent(hears[kind]) for kind in _RECALLED}
        return recalls | {MarketSeen: self.live.market}

    def _silent(self, handler: Hearer) -> Hearer:
        def recall(message: Message) -> None:
            self.news.is_silent = True
            handler(message)
            self.news.is_silent = False

        return recall

    def _session(self, message: SessionStarted) -> None:
        self.mode, self.session = message.mode, message.session
        self.live.started(message)
        self.news.started()
        if not self.money.cash:
            self.money = msgspec.structs.replace(self.money, cash=message.cash, equity=message.cash)

    def _market(self, message: MarketSeen) -> None:
        self.live.market(message)
        kept = self.markets.get(message.market.id)
        if kept is None:
            self.markets[message.market.id] = MarketFold(message.market)
        else:
            kept.market = message.market

    def _status(self, message: MarketStatusSeen) -> None:
        kept = self.markets.get(message.market)
        if kept is not None:
            kept.market = msgspec.structs.replace(
                kept.market, status=message.status, result=message.result
            )
            self.news.standing(message, kept.market)

    def _ticks(self, message: TickChanged) -> None:
        kept = self.markets.get(message.market)
        if kept is not None:
            kept.market = msgspec.structs.replace(kept.market, bands=message.bands)

    def _touch(self, message: TouchSeen) -> None:
        kept = self.markets.get(message.market)
        if kept is not None:
            kept.heard_at = message.at

    def _trade(self, message: TradeSeen) -> None:
        kept = self.markets.get(message.market)
        if kept is not None:
            kept.heard_at, kept.last = message.at, message.price
            kept.tape.add(message)

    def _signal(self, message: SignalSeen) -> None:
        self.signals.seen(message)
        kept = self.markets.get(message.market)
        if kept is not None:
            kept.line.mark(ChartMark(message.at, message.mid2, _SIGNAL_MARKS[message.advice]))

    def _intent(self, message: Intent) -> None:
        self.blotter.intent(message)
        self.live.wished(message)

    def _approved(self, message: Approved) -> None:
        self.blotter.approved(message)
        self.live.approved(message)

    def _refused(self, message: Refused) -> None:
        if not self.news.is_silent:  # a question of an earlier session is about another book
            self.live.refused(message, self.blotter.wish(message.order))
        self.blotter.refused(message)
        self.news.refused(message)

    def _report(self, message: OrderReport) -> None:
        before = self.blotter.row(message.order)
        self.blotter.report(message)
        self.news.report(message, self.blotter.row(message.order), before)
        if not self.news.is_silent and before is not None and before.state is not message.state:
            if message.state is OrderState.REFUSED:
                self.live.declined()
            elif message.state is OrderState.UNKNOWN:
                self.live.lost()

    def _plan_moved(self, message: PlanMoved) -> None:
        self.plans.moved(message)
        self.news.plan_moved(message)

    def _adopted(self, message: OrderAdopted) -> None:
        self.blotter.adopted(message)
        self.news.adopted(message)

    def _moved(self, message: FillMoved) -> None:
        self.news.moved(message, self.blotter.moved(message))

    def _armed(self, message: Armed) -> None:
        self.live.armed(message)
        self.news.armed(message)

    def _disarmed(self, message: Disarmed) -> None:
        self.live.disarmed(message)
        self.news.disarmed(message)

    def _ready(self, message: ReadinessChanged) -> None:
        self.live.ready(message)
        self.news.ready(message)

    def _differs(self, message: HoldingDiffers) -> None:
        self.live.differs(message)
        self.news.differs(message)

    def _reconciled(self, message: Reconciled) -> None:
        self.live.reconciled(message)
        self.news.reconciled(message)

    def _strategy_failed(self, message: StrategyFailed) -> None:
        self.strategies.failed(message)
        self._news(*STRATEGY_NEWS[StrategyFailed])(message)

    def _exit_fired(self, message: ExitFired) -> None:
        kept = self.markets.get(message.market)
        name = kept.market.title if kept is not None else message.market
        self.news.tell(message.at, "warning", f"Closing {name}: {fired_text(message)}")

    def _mode_set(self, message: ModeSet) -> None:
        self.strategies.mode_set(message)
        self._news(*STRATEGY_NEWS[ModeSet])(message)

    def _settled(self, message: MarketSettled) -> None:
        self.payouts[message.market] = message.payout
        self.news.settled(message)

    def _fill(self, message: Fill) -> None:
        self.blotter.fill(message)
        self.news.fill(message)
        kept = self.markets.get(message.market)
        if kept is not None:
            kept.line.mark(ChartMark(message.at, 2 * message.price, _FILL_MARKS[message.side]))

    def _journal_failed(self, message: JournalFailed) -> None:
        self.blotter.journal_failed(message)
        self.news.journal_failed(message)

    def _position(self, message: PositionChanged) -> None:
        self.positions[message.market] = message

    def _balance(self, message: BalanceSeen) -> None:
        self.money = msgspec.structs.replace(self.money, cash=message.cash)

    def _profit(self, message: ProfitMarked) -> None:
        self.money = marked(self.money, message)

    def _gate(self, message: GateChanged) -> None:
        self.gate, self.gate_reason = message.state, message.reason
        self.blotter.gate(message)
        self.news.gate(message)

    def _feed_up(self, message: FeedUp) -> None:
        self.feeds[message.venue] = (True, "")
        self.news.feed_up(message)

    def _feed_down(self, message: FeedDown) -> None:
        self.feeds[message.venue] = (False, message.reason)
        self.news.feed_down(message)

    def _surprised(self, message: Surprised) -> None:
        self.surprises += 1
        self.news.surprised(message)

    def _lag(self, message: LagSeen) -> None:
        self.waiting, self.behind_ms = message.waiting, message.behind_ms

    def _heartbeat(self, message: Heartbeat) -> None:
        self._look(message.at)
