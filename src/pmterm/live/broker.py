"""Who answers orders in live mode: the venues themselves, each behind its desk."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.live.desk import VenueDesk
from pmterm.live.orders import recall_report
from pmterm.live.settings import LiveSettings
from pmterm.messages.accounts import MarketSettled, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import AcceptVenue
from pmterm.messages.feed import DETERMINED, MarketSeen, MarketStatusSeen, TickChanged
from pmterm.messages.health import Heartbeat
from pmterm.messages.live import CashSeen, HoldingAdjusted, HoldingDiffers, Reconciled
from pmterm.messages.orders import (
    AmendOrder,
    Fill,
    FillMoved,
    GateChanged,
    JournalFailed,
    OrderAdopted,
    OrderKnown,
    OrderNamed,
    OrderReport,
    PlaceOrder,
    WithdrawOrder,
)
from pmterm.messages.transport import HttpResponse, UserClosed, UserFrame, UserOpened
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.order import GateState, OrderState
from pmterm.model.settlement import payout_of
from pmterm.model.units import MS, Ns, Price
from pmterm.venues.base import Orders

NEVER: Ns = 1 << 62


class LiveBroker:
    """Satisfies the engine's Broker and Named: sans-IO, no clock, the same for any venue.

    All waiting is measured by the engine's heartbeat, so that a test of an hour takes a second.
    """

    def __init__(self, wings: Mapping[Venue, Orders], settings: LiveSettings) -> None:
        self._markets: dict[MarketId, Market] = {}
        self._determined: dict[MarketId, tuple[str, Price]] = {}  # what pays once it is settled
        self._desks = {
            venue: VenueDesk(wing, self._markets, settings) for venue, wing in wings.items()
        }

    def desk(self, venue: Venue) -> VenueDesk:
        """Return the desk of a venue."""
        return self._desks[venue]

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what the broker listens to."""
        return {
            MarketSeen: self._market_seen,
            TickChanged: self._tick_changed,
            MarketStatusSeen: self._status_seen,
            SessionStarted: self._started,
            PlaceOrder: self._place,
            AmendOrder: self._amend,
            WithdrawOrder: self._withdraw,
            JournalFailed: self._unsent,
            GateChanged: self._gate_changed,
            MarketSettled: self._settled,
            HoldingAdjusted: self._adjusted,
            AcceptVenue: self._accepted,
            Heartbeat: self._beat,
        }

    def followed(self) -> Collection[MarketId]:
        """Return nothing: the venue fills orders, not the books."""
        return ()

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores the broker."""
        return {
            MarketSeen: self._recall_market,
            PlaceOrder: self._recall_place,
            AmendOrder: self._recall_amend,
            OrderNamed: self._recall_name,
            OrderKnown: self._recall_known,
            OrderReport: self._recall_report,
            OrderAdopted: self._recall_adopted,
            WithdrawOrder: self._recall_withdraw,
            Fill: self._recall_fill,
            FillMoved: self._recall_move,
            MarketSettled: self._recall_settled,
            HoldingAdjusted: self._recall_adjusted,
            HoldingDiffers: self._recall_differs,
            CashSeen: self._recall_cash,
            Reconciled: self._recall_round,
        }

    def next_due(self) -> Ns:
        """Never: everything is looked after at each heartbeat."""
        return NEVER

    def wake(self, at: Ns) -> Sequence[Message]:  # noqa: ARG002  # the Broker's shape
        """Nothing."""
        return ()

    def prepare(self, message: Message) -> Sequence[Message]:
        """Name an order, so that its name is on disk before its first byte leaves."""
        if not isinstance(message, PlaceOrder):
            return ()
        desk = self._desk_of(message.intent.market)
        return () if desk is None else desk.prepare(message)

    def flush(self, at: Ns) -> Sequence[Message]:
        """Return the cancels gathered, each venue's in as few requests as it takes."""
        return [said for desk in self._desks.values() for said in desk.flush(at)]

    def heard(self, event: UserOpened | UserFrame | UserClosed | HttpResponse) -> Sequence[Message]:
        """Say what a private word of a venue means."""
        desk = self._desks.get(event.venue)
        return () if desk is None else desk.heard(event)

    def _market_seen(self, seen: MarketSeen) -> Sequence[Message]:
        self._recall_market(seen)
        if seen.market.id in self._determined:
            return ()  # told anew for another reason, and not settled by that
        return self._resolved(seen.at, seen.market)

    def _status_seen(self, seen: MarketStatusSeen) -> Sequence[Message]:
        market = self._markets.get(seen.market)
        if market is None:
            return self._resolved_unseen(seen)
        result = seen.result or market.result
        self._learn(msgspec.structs.replace(market, status=seen.status, result=result))
        if seen.word == DETERMINED:  # may yet be disputed, and nothing is paid before it settles
            self._determined[seen.market] = (result, seen.payout)
            return ()
        payout = seen.payout
        if payout < 0 and seen.market in self._determined:
            determined, told = self._determined[seen.market]
            payout = told if determined == result else -1
        return self._resolved(seen.at, self._markets[seen.market], payout)

    def _resolved(self, at: Ns, market: Market, told: Price = -1) -> Sequence[Message]:
        """Say once what a market pays; a split or void that is not told is not guessed at."""
        if market.status is not MarketStatus.RESOLVED or market.venue not in self._desks:
            return ()
        payout = told if told >= 0 else payout_of(market)
        if payout is None or self._desks[market.venue].book.is_over(market.id):
            return ()
        return (MarketSettled(at, market.id, payout),)

    def _resolved_unseen(self, seen: MarketStatusSeen) -> Sequence[Message]:
        """Settle what was held before pmterm in a market that it has never shown."""
        is_paid = seen.status is MarketStatus.RESOLVED and seen.payout >= 0
        is_over = any(desk.book.is_over(seen.market) for desk in self._desks.values())
        if not is_paid or is_over:
            return ()
        return (MarketSettled(seen.at, seen.market, seen.payout),)

    def _tick_changed(self, changed: TickChanged) -> Sequence[Message]:
        market = self._markets.get(changed.market)
        if market is not None:
            self._learn(msgspec.structs.replace(market, bands=changed.bands))
        return ()

    def _recall_market(self, seen: MarketSeen) -> None:
        self._learn(seen.market)

    def _learn(self, market: Market) -> None:
        self._markets[market.id] = market
        desk = self._desks.get(market.venue)
        if desk is not None:
            desk.learn(market)

    def _started(self, session: SessionStarted) -> Sequence[Message]:
        return [said for desk in self._desks.values() for said in desk.start(session.at)]

    def _place(self, place: PlaceOrder) -> Sequence[Message]:
        desk = self._desk_of(place.intent.market)
        if desk is None:
            return (_unsent(place, "there is no account for this venue"),)
        return desk.place(place)

    def _unsent(self, failed: JournalFailed) -> Sequence[Message]:
        for desk in self._desks.values():
            desk.unsent(failed.order)
        return ()

    def _amend(self, amend: AmendOrder) -> Sequence[Message]:
        desk = self._desk_of(amend.intent.market)
        return () if desk is None else desk.amend(amend)

    def _withdraw(self, ask: WithdrawOrder) -> Sequence[Message]:
        desk = self._by_order(ask.order)
        return () if desk is None else desk.withdraw(ask)

    def _gate_changed(self, changed: GateChanged) -> Sequence[Message]:
        if changed.state is GateState.HALTED:
            return [said for desk in self._desks.values() for said in desk.stop(changed.at)]
        for desk in self._desks.values():
            desk.resume()
        return ()

    def _settled(self, settled: MarketSettled) -> Sequence[Message]:
        self._recall_settled(settled)
        return ()

    def _adjusted(self, adjusted: HoldingAdjusted) -> Sequence[Message]:
        self._recall_adjusted(adjusted)
        return ()

    def _recall_adjusted(self, adjusted: HoldingAdjusted) -> None:
        desk = self._desks.get(adjusted.venue)
        if desk is not None:
            desk.book.adjust(adjusted.market, adjusted.qty)

    def _accepted(self, command: AcceptVenue) -> Sequence[Message]:
        return [
            said
            for desk in self._desks.values()
            for said in desk.holdings.accept(command.market, command.at)
        ]

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
        return [said for desk in self._desks.values() for said in desk.beat(beat.at)]

    def _recall_place(self, place: PlaceOrder) -> None:
        desk = self._desk_of(place.intent.market)
        if desk is not None:
            desk.take_on(place)

    def _recall_name(self, named: OrderNamed) -> None:
        desk = self._by_order(named.order)
        order = desk.table.get(named.order) if desk is not None else None
        if desk is not None and order is not None:
            desk.rename(order, named)

    def _recall_known(self, known: OrderKnown) -> None:
        desk = self._by_order(known.order)
        order = desk.table.get(known.order) if desk is not None else None
        if desk is not None and order is not None:
            order.existed = True
            order.venue_order = known.venue_order
            desk.table.name(order)

    def _recall_amend(self, amend: AmendOrder) -> None:
        desk = self._by_order(amend.order)
        order = desk.table.get(amend.order) if desk is not None else None
        if desk is not None and order is not None:
            desk.table.amend(order, amend.intent)

    def _recall_report(self, report: OrderReport) -> None:
        desk = self._desk_of(report.market)
        if desk is not None:
            order = desk.table.get(report.order) or desk.table.amended_by(report.order)
            if order is not None:
                recall_report(order, report)

    def _recall_adopted(self, adopted: OrderAdopted) -> None:
        desk = self._desk_of(adopted.market)
        if desk is not None:
            desk.recall_adopted(adopted)

    def _recall_withdraw(self, ask: WithdrawOrder) -> None:
        desk = self._by_order(ask.order)
        order = desk.table.get(ask.order) if desk is not None else None
        if order is not None:
            order.is_leaving = True

    def _recall_fill(self, fill: Fill) -> None:
        desk = self._by_order(fill.order) or self._desk_of(fill.market)
        if desk is not None:
            desk.trades.recall(fill)

    def _recall_move(self, moved: FillMoved) -> None:
        desk = self._by_order(moved.order) or self._desk_of(moved.market)
        if desk is not None:
            desk.trades.recall_move(moved)

    def _recall_settled(self, settled: MarketSettled) -> None:
        for desk in self._desks.values():
            desk.book.empty(settled.market)

    def _recall_differs(self, differs: HoldingDiffers) -> None:
        desk = self._desk_of(differs.market)
        if desk is not None:
            desk.holdings.recall(differs)

    def _recall_cash(self, seen: CashSeen) -> None:
        desk = self._desks.get(seen.venue)
        if desk is not None:
            desk.holdings.has_cash = True

    def _recall_round(self, done: Reconciled) -> None:
        desk = self._desks.get(done.venue)
        if desk is not None:
            if not desk.holdings.has_begun:
                desk.count_from(done.at - done.took_ms * MS)
            desk.holdings.has_begun = True
            desk.rounds.since(done.at)

    def _desk_of(self, market: MarketId) -> VenueDesk | None:
        known = self._markets.get(market)
        return self._desks.get(known.venue) if known is not None else None

    def _by_order(self, order: OrderId) -> VenueDesk | None:
        return next((desk for desk in self._desks.values() if desk.table.get(order)), None)


def _unsent(place: PlaceOrder, reason: str) -> OrderReport:
    intent = place.intent
    return OrderReport(
        place.at,
        intent.order,
        intent.market,
        OrderState.REFUSED,
        intent.price,
        intent.qty,
        0,
        reason,
    )
