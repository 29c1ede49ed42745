"""Orders answered from the real book and tape: the venue of paper mode, replays and backtests."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.messages.accounts import MarketSettled, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.feed import (
    BookChanged,
    BookLost,
    BookSnapshot,
    LevelMoved,
    LevelSet,
    MarketSeen,
    MarketStatusSeen,
    TickChanged,
    TradeSeen,
)
from pmterm.messages.health import Heartbeat
from pmterm.messages.hearing import silently
from pmterm.messages.orders import AmendOrder, Fill, OrderReport, PlaceOrder, WithdrawOrder
from pmterm.model.fees import FeeMeter, FeeSchedule
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.market import Market, MarketStatus
from pmterm.model.order import OrderState, Side, TimeInForce
from pmterm.model.settlement import payout_of
from pmterm.model.units import SECOND, Ns, fixed_text
from pmterm.paper.depth import BookReader, Levels
from pmterm.paper.desk import Desk
from pmterm.paper.latency import PaperSettings
from pmterm.paper.orders import PaperOrder, Phase, amend_refused, why_over
from pmterm.paper.schedule import NEVER, Schedule


class PaperBroker:
    """Accepts, holds back, fills, amends and withdraws paper orders.

    Every request takes `latency` to arrive. What is marketable then waits the market's own taker
    delay and walks the real book as it stands at that moment; what rests waits in line. Nothing
    fills on a book that cannot be trusted. Answers are events for the front door. `wake` must be
    called when message time has reached `next_due()`.
    """

    def __init__(self, reader: BookReader, settings: PaperSettings) -> None:
        self._reader = reader
        self._settings = settings
        self._markets: dict[MarketId, Market] = {}
        self._desks: dict[MarketId, Desk] = {}  # only those with something going on: hot path
        self._orders: dict[OrderId, PaperOrder] = {}
        self._held: dict[MarketId, int] = {}
        self._fills: set[FillId] = set()  # that the journal told of
        self._settled: set[MarketId] = set()
        self._schedule = Schedule()
        self._is_restored = False  # from the journal, and its new session has not begun yet

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what the broker listens to."""
        return {
            LevelSet: self._level_changed,
            LevelMoved: self._level_changed,
            BookChanged: self._book_changed,
            TradeSeen: self._traded,
            BookSnapshot: self._book_replaced,
            BookLost: self._book_lost,
            TickChanged: self._book_lost,
            MarketSeen: self._market_seen,
            MarketStatusSeen: self._status_seen,
            SessionStarted: self._started,
            PlaceOrder: self._placed,
            AmendOrder: silently(self._schedule_ask),
            WithdrawOrder: silently(self._schedule_ask),
            Heartbeat: self._beat,
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores the broker."""
        return {
            MarketSeen: self._recall_market,
            PlaceOrder: self._recall_placed,
            AmendOrder: self._schedule_ask,
            WithdrawOrder: self._schedule_ask,
            OrderReport: self._recall_report,
            Fill: self._recall_fill,
            MarketSettled: self._recall_settled,
        }

    def followed(self) -> Collection[MarketId]:
        """Return the markets where something is going on."""
        return self._desks

    def next_due(self) -> Ns:
        """Return when something falls due next, `NEVER` if nothing does.

        What the journal brought back waits for the new session to start: its times are long past.
        """
        return NEVER if self._is_restored else self._schedule.next_due()

    def wake(self, at: Ns) -> Sequence[Message]:
        """Do what has fallen due by `at`, in order."""
        said: list[Message] = []
        while (due := self._schedule.pop(at)) is not None:
            order = self._orders.get(due.order)
            if isinstance(due.ask, AmendOrder):
                said += self._amend(order, due.ask, at)
            elif isinstance(due.ask, WithdrawOrder):
                said += self._end(order, at, OrderState.CANCELLED, "taken back")
            elif order is not None and order.step == due.count:
                said += self._step(order, at)
        return said

    def working(self) -> list[PaperOrder]:
        """Return the orders that have not ended, oldest first. Read them, do not change them."""
        return list(self._orders.values())

    def _placed(self, placed: PlaceOrder) -> Sequence[Message]:
        self._take_on(placed)
        return (self._orders[placed.intent.order].report(placed.at, OrderState.SENT),)

    def _take_on(self, placed: PlaceOrder) -> None:
        intent = placed.intent
        market = self._markets.get(intent.market)
        meter = FeeMeter(market.fees if market else FeeSchedule())
        order = PaperOrder(intent, intent.price, intent.qty, meter)
        self._orders[order.id] = order
        self._desk(order.market).add(order)
        self._schedule.step(order, placed.at + self._settings.latency)

    def _schedule_ask(self, ask: AmendOrder | WithdrawOrder) -> None:
        self._schedule.ask(ask, ask.at + self._settings.latency)

    def _desk(self, market: MarketId) -> Desk:
        desk = self._desks.get(market)
        if desk is None:
            desk = self._desks[market] = Desk(self._settings)
            desk.held = self._held.get(market, 0)
            desk.is_trusted = self._reader.health(market).is_trusted
        return desk

    def _step(self, order: PaperOrder, at: Ns) -> list[Message]:
        if order.phase is Phase.WAITING:
            return self._end(order, at, OrderState.CANCELLED, "book not trusted")
        if order.phase is Phase.RESTING:
            return []
        return self._advance(order, at)

    def _advance(self, order: PaperOrder, at: Ns) -> list[Message]:
        """Bring an order that has arrived as far as it goes now."""
        market = self._markets.get(order.market)
        if market is None or market.status is not MarketStatus.ACTIVE:
            why = f"market is {market.status}" if market else "market is not known"
            return self._end(order, at, OrderState.REFUSED, why)
        levels = self._trusted(order.market)
        if levels is None:
            return self._wait(order, at)
        desk = self._desk(order.market)
        if not desk.crosses(order, levels):
            return self._rest_or_end(order, desk, levels, at)
        if order.intent.post_only:
            return self._end(order, at, OrderState.REFUSED, "post-only, and it would have traded")
        if market.taker_delay and not order.has_been_held:
            return self._hold(order, market, at)
        return self._take(order, desk, levels, at)

    def _trusted(self, market: MarketId) -> Levels | None:
        return self._reader.book(market) if self._reader.health(market).is_trusted else None

    def _wait(self, order: PaperOrder, at: Ns) -> list[Message]:
        order.phase = Phase.WAITING
        self._schedule.step(order, at + self._settings.patience)
        return []

    def _hold(self, order: PaperOrder, market: Market, at: Ns) -> list[Message]:
        order.phase = Phase.HELD
        order.has_been_held = True
        self._schedule.step(order, at + market.taker_delay)
        seconds = fixed_text(market.taker_delay * 1_000 // SECOND, 3)
        return [order.report(at, OrderState.SENT, f"held back {seconds} s by the venue")]

    def _take(self, order: PaperOrder, desk: Desk, levels: Levels, at: Ns) -> list[Message]:
        whole = order.intent.tif is TimeInForce.FOK
        said = desk.take(order, levels, at, whole=whole)
        self._held[order.market] = desk.held
        if order.open_qty == 0:
            return [*said, *self._end(order, at, OrderState.FILLED, "")]
        return [*said, *self._rest_or_end(order, desk, levels, at)]

    def _rest_or_end(self, order: PaperOrder, desk: Desk, levels: Levels, at: Ns) -> list[Message]:
        if order.intent.tif is TimeInForce.FOK:
            return self._end(order, at, OrderState.CANCELLED, "could not fill as a whole")
        if order.intent.tif is TimeInForce.IOC:
            why = "no more within its limit" if order.filled else "nothing within its limit"
            return self._end(order, at, OrderState.CANCELLED, why)
        desk.rest(order, levels)
        return [order.standing(at)]

    def _end(
        self, order: PaperOrder | None, at: Ns, state: OrderState, reason: str
    ) -> list[Message]:
        if order is None:
            return []
        report = order.report(at, state, reason)
        self._forget(order)
        return [report]

    def _forget(self, order: PaperOrder) -> None:
        self._orders.pop(order.id, None)
        if order.market in self._desks:
            self._desks[order.market].drop(order)

    def _amend(self, order: PaperOrder | None, ask: AmendOrder, at: Ns) -> list[Message]:
        if order is None:
            return [amend_refused(ask, at, "the order has ended already")]
        if order.phase is not Phase.RESTING:
            return [amend_refused(ask, at, f"the order is {order.phase}")]
        market = self._markets.get(order.market)
        if market is None or market.status is not MarketStatus.ACTIVE:
            return [amend_refused(ask, at, "the market takes no orders now")]
        wish = ask.intent
        if wish.qty <= order.filled:
            order.qty = wish.qty
            return self._end(order, at, OrderState.CANCELLED, "amended to what had filled")
        keeps_place = wish.price == order.price and wish.qty <= order.qty
        if keeps_place:
            order.qty = wish.qty
            return [order.standing(at)]
        return self._move(order, ask, at)

    def _move(self, order: PaperOrder, ask: AmendOrder, at: Ns) -> list[Message]:
        """Cancel and place anew, which loses the place in line."""
        levels = self._trusted(order.market)
        if levels is None:
            return [amend_refused(ask, at, "book not trusted")]
        old = (order.price, order.qty)
        order.price, order.qty = ask.intent.price, ask.intent.qty
        if order.intent.post_only and self._desk(order.market).crosses(order, levels):
            order.price, order.qty = old
            return [amend_refused(ask, at, "post-only, and it would have traded")]
        order.line = None
        order.has_been_held = False
        return self._advance(order, at)

    def _level_changed(self, change: LevelSet | LevelMoved) -> Sequence[Message]:
        desk = self._desks.get(change.market)
        if desk is None:
            return ()
        levels = self._reader.book(change.market)
        if levels is not None:
            desk.level_changed(change.side, change.price, levels, change.at)
        return ()

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        desk = self._desks.get(book.market)
        if desk is None:
            return ()
        desk.is_trusted = book.is_trusted
        levels = self._reader.book(book.market)
        if not book.is_trusted or levels is None:
            return ()
        if desk.is_lost:
            desk.trusted_again(levels)
        said = self._closing_up(desk, desk.touched(book, levels), book.market)
        waiting = [order for order in desk.orders if order.phase is Phase.WAITING]
        return [*said, *(m for order in waiting for m in self._advance(order, book.at))]

    def _traded(self, trade: TradeSeen) -> Sequence[Message]:
        desk = self._desks.get(trade.market)
        if desk is None:
            return ()
        desk.is_trusted = self._reader.health(trade.market).is_trusted
        return self._closing_up(desk, desk.traded(trade), trade.market)

    def _closing_up(self, desk: Desk, said: list[Message], market: MarketId) -> list[Message]:
        """Let orders go that a maker fill ended."""
        if said:
            self._held[market] = desk.held
            for report in said:
                if isinstance(report, OrderReport) and report.state.is_final:
                    self._orders.pop(report.order, None)
        return said

    def _book_replaced(self, snapshot: BookSnapshot) -> Sequence[Message]:
        desk = self._desks.get(snapshot.market)
        levels = self._reader.book(snapshot.market)
        if desk is not None and levels is not None:
            desk.book_replaced(levels, snapshot.at)
        return ()

    def _book_lost(self, lost: BookLost | TickChanged) -> Sequence[Message]:
        desk = self._desks.get(lost.market)
        if desk is not None:
            desk.is_trusted = False
            desk.is_lost = True
        return ()

    def _market_seen(self, seen: MarketSeen) -> Sequence[Message]:
        self._markets[seen.market.id] = seen.market
        return self._status(seen.at, seen.market)

    def _recall_market(self, seen: MarketSeen) -> None:
        self._markets[seen.market.id] = seen.market

    def _status_seen(self, seen: MarketStatusSeen) -> Sequence[Message]:
        market = self._markets.get(seen.market)
        if market is None:
            return ()
        result = seen.result or market.result
        market = msgspec.structs.replace(market, status=seen.status, result=result)
        self._markets[market.id] = market
        return self._status(seen.at, market)

    def _status(self, at: Ns, market: Market) -> list[Message]:
        said: list[Message] = []
        if market.status in {MarketStatus.CLOSED, MarketStatus.RESOLVED}:
            ended = [order for order in self._orders.values() if order.market == market.id]
            for order in ended:
                said += self._end(order, at, OrderState.EXPIRED, f"market is {market.status}")
        payout = payout_of(market)
        if payout is not None and market.id not in self._settled:
            self._settled.add(market.id)
            self._held.pop(market.id, None)
            self._desks.pop(market.id, None)
            said.append(MarketSettled(at, market.id, payout))
        return said

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
        said = self._cleared(beat.at)
        said += [message for desk in self._desks.values() for message in desk.news(beat.at)]
        for market in [m for m, desk in self._desks.items() if desk.is_idle]:
            del self._desks[market]
        return said

    def _cleared(self, at: Ns) -> list[Message]:
        """End what was to end by now, or was placed before a game that clears the venue's book."""
        said: list[Message] = []
        for order in list(self._orders.values()):
            why = why_over(order.intent, self._markets.get(order.market), at)
            if why:
                said += self._end(order, at, OrderState.EXPIRED, why)
        return said

    def _started(self, session: SessionStarted) -> Sequence[Message]:
        """Take up what the last session left, but for what was to trade at once: that is over."""
        self._is_restored = False
        self._fills.clear()  # the journal is over: nothing tells of a fill twice any more
        self._schedule.not_before(session.at + self._settings.latency)
        said: list[Message] = []
        for order in self.working():
            if order.open_qty == 0:  # its last word was lost
                said += self._end(order, session.at, OrderState.FILLED, "")
            elif order.phase is not Phase.RESTING and order.intent.tif is not TimeInForce.GTC:
                why = "pmterm stopped before it arrived"
                said += self._end(order, session.at, OrderState.CANCELLED, why)
        return said

    def _recall_placed(self, placed: PlaceOrder) -> None:
        self._is_restored = True
        self._take_on(placed)

    def _recall_report(self, report: OrderReport) -> None:
        order = self._orders.get(report.order)
        if order is None:
            self._schedule.refused(report.order)
        elif report.state.is_final:
            self._schedule.ended(order.id)
            self._forget(order)
        else:
            self._recall_standing(order, report)

    def _recall_standing(self, order: PaperOrder, report: OrderReport) -> None:
        self._schedule.stands(order.id, report.price, report.qty)
        order.price, order.qty = report.price, report.qty
        order.maybe_filled = max(order.maybe_filled, report.maybe_filled)
        if report.state in {OrderState.OPEN, OrderState.PARTIAL}:
            order.phase = Phase.RESTING
            order.step = 0
            self._desk(order.market).is_lost = True
        elif order.phase is Phase.RESTING:  # amended, and held back as marketable
            order.phase = Phase.ON_ITS_WAY
            self._schedule.step(order, report.at)

    def _recall_fill(self, fill: Fill) -> None:
        if fill.id in self._fills:
            return
        self._fills.add(fill.id)
        signed = fill.qty if fill.side is Side.BUY else -fill.qty
        self._held[fill.market] = self._held.get(fill.market, 0) + signed
        desk = self._desk(fill.market)
        desk.held = self._held[fill.market]
        desk.recall(fill)
        order = self._orders.get(fill.order)
        if order is not None:
            order.fill(fill.at, fill.price, fill.qty, is_maker=fill.is_maker)

    def _recall_settled(self, settled: MarketSettled) -> None:
        self._settled.add(settled.market)
        self._held.pop(settled.market, None)
        self._desks.pop(settled.market, None)
