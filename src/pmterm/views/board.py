"""Folds messages into one frozen Board: everything the screen may show, at one instant."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeAlias

import msgspec

from pmterm.messages.accounts import Mode, PositionChanged
from pmterm.messages.base import Message
from pmterm.messages.commands import SubmitTicket
from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.messages.orders import Refused
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.market import Market
from pmterm.model.order import GateState
from pmterm.model.readings import BookHealth, Gauges, LimitUse
from pmterm.model.units import SECOND, Cash, Ns, Price, Qty
from pmterm.views.cash_out import CashOut
from pmterm.views.chart import ChartView
from pmterm.views.fold import Fold, MarketFold
from pmterm.views.header import HeaderView, Outcome, ReplayStatus, Toast
from pmterm.views.health import FeedLamp, HealthView, live_obstacles, obstacles
from pmterm.views.ladder import LadderView, ladder_of
from pmterm.views.live import LiveView
from pmterm.views.order_row import OrderRow
from pmterm.views.plans import PlanRow
from pmterm.views.positions import MoneyView, PositionRow, position_row, ways_to_leave
from pmterm.views.signals import SignalsView
from pmterm.views.standing import Standing
from pmterm.views.tape import TapeRow
from pmterm.views.watchlist import WatchRow

LEVELS = 60
CHART_SPAN: Ns = 3_600 * SECOND
RECENT: Ns = 600 * SECOND
Levels: TypeAlias = tuple[list[tuple[Price, Qty]], list[tuple[Price, Qty]]]
Hearer: TypeAlias = Callable[[Any], None]


class BoardReader(Protocol):
    """What is read from the trading parts when the screen paints, instead of being said."""

    def levels(self, market: MarketId, n: int) -> Levels:
        """The best `n` bids and asks, best first."""
        ...

    def health(self, market: MarketId) -> BookHealth:
        """How far the book can be trusted."""
        ...

    def gauges(self, market: MarketId) -> Gauges:
        """How the market stands against its last hour."""
        ...

    def limits(self, market: MarketId) -> list[LimitUse]:
        """All limits as they bear on an order in this market, those that are off too."""
        ...

    def objection(self, ticket: SubmitTicket, instead_of: OrderId) -> Refused | None:
        """What would be said against a ticket if an order of ours were gone, None if nothing."""
        ...

    def touch(self, market: MarketId) -> tuple[Price, Price]:
        """The best bid (0: none) and the best ask (10_000: none)."""
        ...

    def exit_value(self, market: MarketId, qty: Qty) -> Cash | None:
        """What selling `qty` (signed: as held) brings, as the day's loss counts; None: no price."""
        ...

    def standing(self, at: Ns) -> Standing:
        """The exits in force, and what strategies may do and suggest."""
        ...


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the screen may show at `at`; the parts in their own files say their units.

    `ladder`, `chart`, `tape` and `market` belong to `focus`; `beside` is a second watched market.
    `slippage_ppm` is how far an order at market may reach past the touch.
    """

    at: Ns = 0
    focus: MarketId = MarketId("")
    market: Market | None = None
    header: HeaderView = HeaderView()
    ladder: LadderView = LadderView()
    beside: LadderView | None = None
    chart: ChartView = ChartView()
    tape: tuple[TapeRow, ...] = ()
    signals: SignalsView = SignalsView()
    orders: tuple[OrderRow, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    money: MoneyView = MoneyView()
    health: HealthView = HealthView()
    watched: tuple[WatchRow, ...] = ()
    outcome: Outcome = Outcome(0, "")
    toasts: tuple[Toast, ...] = ()
    live: LiveView = LiveView()
    plans: tuple[PlanRow, ...] = ()
    standing: Standing = Standing()
    slippage_ppm: int = 0

    @property
    def is_live(self) -> bool:
        """Whether real money is at stake."""
        return self.header.mode is Mode.LIVE

    @property
    def locked(self) -> str:
        """Why nothing may be sent in the focused market by hand; empty in paper and when armed."""
        if not self.is_live:
            return ""
        if self.header.gate is GateState.HALTED:
            return "killed: press R to resume"
        return "" if self.live.arming.passes(self.focus, self.at) else "disarmed: press a"


class BoardFold:
    """Hears the messages that change seldom; paints them together with what the reader reads.

    Between two paints the price line is sampled through the reader last given, so give one here
    where messages come before the first paint. `slippage_ppm` is as in the settings.
    """

    def __init__(self, reader: BoardReader | None = None, slippage_ppm: int = 20_000) -> None:
        self._fold = Fold(self._look)
        self._reader = reader
        self._slippage_ppm = slippage_ppm

    def hears(self) -> Mapping[type[Message], Hearer]:
        """Handlers by exact message type."""
        return self._fold.hears()

    def recalls(self) -> Mapping[type[Message], Hearer]:
        """Handlers that fold the journal of earlier sessions: as `hears`, but raising no toast."""
        return self._fold.recalls()

    def market(self, market: MarketId) -> Market | None:
        """Return a market that was seen in this session."""
        kept = self._fold.markets.get(market)
        return kept.market if kept is not None else None

    def paint(
        self,
        at: Ns,
        reader: BoardReader,
        focus: MarketId,
        replay: ReplayStatus | None = None,
    ) -> Board:
        """Make the board of this instant; `at` is session time, in a replay that of the file."""
        self._reader = reader
        fold = self._fold
        markets = fold.markets
        every = reader.limits(focus)
        limits = [use for use in every if use.counts]
        healths = {market: reader.health(market) for market in markets}
        lamps = self._lamps(at, healths)
        lamp_of = {lamp.venue: lamp for lamp in lamps}
        here = markets.get(focus)
        book = healths.get(focus, BookHealth())
        lamp = lamp_of.get(here.market.venue) if here is not None else None
        other = next((key for key in markets if key != focus), None)
        mode = Mode.REPLAY if replay is not None else fold.mode
        live = fold.live.view(fold.blotter.kill_view(), fold.latency.view())
        troubles = obstacles(fold.gate, fold.gate_reason, lamp, book, limits)
        if here is not None and mode is Mode.LIVE:
            troubles += live_obstacles(live, here.market, at)
        standing = fold.strategies.told(reader.standing(at))
        ladder, beside = (
            _guarded(self._ladder(at, reader, key, healths, lamp_of), standing)
            for key in (focus, other or MarketId(""))
        )
        return Board(
            at=at,
            focus=focus,
            market=here.market if here is not None else None,
            header=HeaderView(mode, fold.session, fold.gate, fold.gate_reason, lamps, replay),
            ladder=ladder,
            beside=beside if other is not None else None,
            chart=here.line.view(at - CHART_SPAN) if here is not None else ChartView(),
            tape=here.tape.view() if here is not None else (),
            signals=fold.signals.view(reader.gauges(focus) if here is not None else Gauges()),
            orders=fold.blotter.view(),
            positions=self._positions(reader, healths),
            money=self._money(limits),
            health=self._health(book, limits, every, troubles),
            watched=tuple(
                self._watch_row(at, reader, market, healths) for market in markets.values()
            ),
            outcome=fold.news.outcome,
            toasts=fold.news.toasts(),
            live=live,
            plans=fold.plans.view(),
            standing=standing,
            slippage_ppm=self._slippage_ppm,
        )

    def _health(
        self,
        book: BookHealth,
        limits: list[LimitUse],
        every: list[LimitUse],
        troubles: tuple[str, ...],
    ) -> HealthView:
        fold = self._fold
        return HealthView(
            book,
            tuple(limits),
            tuple(every),
            fold.surprises,
            fold.waiting,
            fold.behind_ms,
            fold.news.log(),
            troubles,
        )

    def _look(self, at: Ns) -> None:
        """Sample the mid of every market."""
        reader = self._reader
        if reader is None:
            return
        for market, kept in self._fold.markets.items():
            bid, ask = reader.touch(market)
            kept.line.look(at, bid + ask if bid != NO_BID and ask != NO_ASK else 0)

    def _lamps(self, at: Ns, healths: Mapping[MarketId, BookHealth]) -> tuple[FeedLamp, ...]:
        heard: dict[Venue, Ns] = {}
        trust: dict[Venue, bool] = {}
        for key, kept in self._fold.markets.items():
            venue = kept.market.venue
            last = max(healths[key].changed_at, kept.heard_at)
            heard[venue] = max(heard.get(venue, 0), last)
            trust[venue] = trust.get(venue, True) and healths[key].is_trusted
        lamps = []
        for venue, last in heard.items():
            feed = self._fold.feeds.get(venue)
            is_up, reason = feed if feed is not None else (False, "connecting")
            lamps.append(FeedLamp(venue, is_up, at - last if last else -1, trust[venue], reason))
        return tuple(lamps)

    def _ladder(
        self,
        at: Ns,
        reader: BoardReader,
        market: MarketId,
        healths: Mapping[MarketId, BookHealth],
        lamps: Mapping[Venue, FeedLamp],
    ) -> LadderView:
        kept = self._fold.markets.get(market)
        if kept is None:
            return LadderView()
        lamp = lamps[kept.market.venue]
        holding = self._fold.positions.get(market)
        return ladder_of(
            kept.market,
            reader.levels(market, LEVELS),
            healths[market],
            self._fold.blotter.own_marks(market),
            age=max(lamp.age, 0),
            last=kept.last,
            holding=holding.qty if holding is not None else 0,
            book_age=max(at - healths[market].changed_at, 0),
        )

    def _positions(
        self, reader: BoardReader, healths: Mapping[MarketId, BookHealth]
    ) -> tuple[PositionRow, ...]:
        fold = self._fold
        rows = []
        for market in dict.fromkeys((*fold.positions, *fold.live.differing())):
            held = fold.positions.get(market, PositionChanged(0, market, 0, 0, 0, 0, 0))
            kept = fold.markets.get(market)
            is_known = kept is not None or held.qty or held.pairs
            if is_known and (held.qty or held.realised or held.pairs or held.at == 0):
                rows.append(
                    position_row(
                        held,
                        kept.market if kept is not None else None,
                        reader.touch(market) if kept is not None else (NO_BID, NO_ASK),
                        is_trusted=kept is not None and healths[market].is_trusted,
                        value=reader.exit_value(market, held.qty),
                        payout=fold.payouts.get(market, -1),
                        ways=self._ways(reader, held, healths),
                    )
                )
        return tuple(sorted(rows, key=lambda row: not row.qty))

    def _ways(
        self,
        reader: BoardReader,
        held: PositionChanged,
        healths: Mapping[MarketId, BookHealth],
    ) -> list[CashOut]:
        """Return how a holding could be left now; nothing is told of a book in doubt."""

        def quoted(market: MarketId) -> tuple[Levels, FeeSchedule] | None:
            kept = self._fold.markets.get(market)
            if kept is None or not healths[market].is_trusted:
                return None
            return reader.levels(market, LEVELS), kept.market.fees

        here = quoted(held.market)
        if not held.qty or here is None:
            return []
        there = quoted(reader.gauges(held.market).pair)
        venue = self._fold.markets[held.market].market.venue
        return ways_to_leave(
            held, here, there, merges=venue is Venue.POLYMARKET and self._fold.mode is Mode.LIVE
        )

    def _money(self, limits: list[LimitUse]) -> MoneyView:
        money = self._fold.money
        for use in limits:
            if use.rule == "R3":
                money = msgspec.structs.replace(
                    money, loss_limit=use.limit, loss_used_ppm=use.used_ppm
                )
            elif use.rule == "R2":
                money = msgspec.structs.replace(
                    money, exposure_limit=use.limit, exposure_used_ppm=use.used_ppm
                )
        return money

    def _watch_row(
        self,
        at: Ns,
        reader: BoardReader,
        kept: MarketFold,
        healths: Mapping[MarketId, BookHealth],
    ) -> WatchRow:
        market = kept.market
        health = healths[market.id]
        bid, ask = reader.touch(market.id)
        held = self._fold.positions.get(market.id)
        return WatchRow(
            market,
            bid,
            ask,
            reader.gauges(market.id).change_ppm,
            at - max(health.changed_at, kept.heard_at),
            health.is_trusted,
            market.status,
            held.qty if held is not None else 0,
            self._fold.signals.count(market.id, at - RECENT),
        )


def _guarded(ladder: LadderView, standing: Standing) -> LadderView:
    """Put the exits of the position there on a ladder."""
    guarded = standing.guarded.get(ladder.market)
    return ladder if guarded is None else msgspec.structs.replace(ladder, exits=guarded.marks)
