"""The trader's own tickets become intents like any other."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.commands import (
    AmendTicket,
    Arm,
    CancelAll,
    CancelMarket,
    CancelOrder,
    CloseAll,
    ClosePosition,
    Disarm,
    Halt,
    Panic,
    Resume,
    SubmitTicket,
)
from pmterm.messages.feed import BookChanged, MarketSeen, MarketStatusSeen, TickChanged
from pmterm.messages.health import Heartbeat
from pmterm.messages.hearing import folding, silently
from pmterm.messages.last_books import LastBooks
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import (
    Approved,
    Fill,
    FillMoved,
    Intent,
    OrderReport,
    PlanMoved,
    PlanStarted,
    Refused,
)
from pmterm.model.ids import MarketId, OrderId
from pmterm.model.ledger import Ledger
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.readings import Unclosed
from pmterm.model.routing import (
    AUTO,
    RESTS_BELOW,
    Route,
    resting_price,
    route_of,
    slices_words,
    value_at,
)
from pmterm.model.stock import Adjusted
from pmterm.model.units import Ns, Price, Qty
from pmterm.trading.strategy.closing import Closings
from pmterm.trading.strategy.guarding import check_exits
from pmterm.trading.strategy.leaving import Leaving, refused, whole
from pmterm.trading.strategy.quotes import Quotes, WrongError, check_grid, check_size
from pmterm.trading.strategy.routing import planned
from pmterm.trading.strategy.twap import Plan, Plans

_REMEMBERED = 1_000  # intents kept, so that an order can be amended by its id alone


class ManualSettings(msgspec.Struct, frozen=True):
    """How tickets are made: `slippage_ppm` is how far a market order may reach past the touch."""

    slippage_ppm: int = 20_000


class Manual:
    """Turns commands into intents, one each; says why where it cannot.

    A sale beyond what is held is one order that leaves us holding the other outcome; only
    `reduce_only` stops at zero. A ticket with a route may become a plan of several intents.
    """

    def __init__(self, settings: ManualSettings, last: LastBooks | None = None) -> None:
        self._session = "s"
        self._count = 0
        self._last = last or LastBooks()
        self._quotes = Quotes(settings.slippage_ppm, self._last)
        self._ledger = Ledger()
        self._closings = Closings(self._ledger)
        self._leaving = Leaving(self._quotes, self._ledger, self._closings, self)
        self._plans = Plans(self)
        self._intents: dict[OrderId, Intent] = {}

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Return what this stage listens to."""
        return {
            BookChanged: self._last.book_changed,
            MarketSeen: silently(self._note_market),
            MarketStatusSeen: silently(self._quotes.status_seen),
            TickChanged: silently(self._quotes.tick_changed),
            SessionStarted: silently(self._note_start),
            Fill: silently(self._note_fill),
            FillMoved: silently(self._note_moved),
            HoldingAdjusted: silently(self._note_adjusted),
            MarketSettled: silently(self._note_settled),
            OrderReport: self._reported,
            SubmitTicket: self._submit,
            AmendTicket: self._amend,
            ClosePosition: self._close,
            CloseAll: self._close_all,
            Panic: self._close_all,
            Heartbeat: self._beat,
            CancelOrder: lambda command: self._plans.cancelled(command.at, command.order),
            CancelMarket: self._stop_here,
            CancelAll: self._stop_all,
            Disarm: self._stop_all,
            Halt: self._stop_all,
            Resume: lambda command: self._plans.go_on(command.at),
            Arm: lambda command: self._plans.go_on(command.at, command.market),
        }

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return how the journal restores this stage."""
        return {
            MarketSeen: self._note_market,
            MarketStatusSeen: self._quotes.status_seen,
            SessionStarted: self._note_start,
            Intent: self._note_intent,
            Approved: lambda approved: self._plans.note_taken(approved.intent.order),
            OrderReport: self._note_report,
            Fill: folding(self._note_fill),
            FillMoved: folding(self._note_moved),
            HoldingAdjusted: self._note_adjusted,
            MarketSettled: folding(self._note_settled),
            PlanStarted: self._plans.note_started,
            PlanMoved: self._plans.note_moved,
        }

    @property
    def quotes(self) -> Quotes:
        """What tickets are priced by; others of this room price by it too."""
        return self._quotes

    def stop_plans(self, at: Ns, market: MarketId) -> Sequence[Message]:
        """Stop what is being worked in a market: an exit is closing there."""
        return self._plans.stop(at, "an exit closes here", market)

    def plans(self) -> list[Plan]:
        """Return the plans that are not over, oldest first. Read them, do not change them."""
        return self._plans.open_plans()

    def unclosed(self) -> list[Unclosed]:
        """Return what is still held of what a person has closed."""
        return self._closings.unclosed()

    def slice(self, plan: PlanStarted, qty: Qty, at: Ns) -> Intent | str:
        """Return the order for the next `qty` of a plan, or why there can be none now."""
        try:
            market = self._quotes.market(plan.market)
            touch, price = self._quotes.priced(market, plan.side, 0)
        except WrongError as wrong:
            return wrong.words[0]
        wish = Intent(
            at,
            self.next_id(),
            plan.market,
            plan.side,
            qty,
            resting_price(market, plan.side, touch) if plan.lasts else price,
            TimeInForce.GTC if plan.lasts else TimeInForce.IOC,
            reduce_only=plan.reduce_only,
            origin=plan.origin,
            told_price=touch,
            confirmed=plan.confirmed,
            bracket=plan.bracket,
        )
        self._note_intent(wish)
        return wish

    def slice_size(self, plan: PlanStarted, left: Qty, slices: int) -> Qty:
        """Return how much the next of so many slices takes of what is left, 0 if it is dust."""
        try:
            market = self._quotes.market(plan.market)
        except WrongError:
            return left
        size = whole(left // slices, market)
        size = size if size >= market.min_qty else whole(left, market)
        return size if size >= market.min_qty else 0

    def _note_market(self, seen: MarketSeen) -> None:
        self._quotes.market_seen(seen)
        self._ledger.market_seen(seen.market)

    def _note_start(self, session: SessionStarted) -> None:
        self._session = session.session
        self._count = 0
        self._ledger.started(0, is_live=session.mode is Mode.LIVE)

    def _note_fill(self, fill: Fill) -> None:
        self._ledger.filled(fill.market, fill.traded)

    def _note_moved(self, moved: FillMoved) -> None:
        self._ledger.moved(moved.market, moved.fill, moved.state)

    def _note_adjusted(self, adjusted: HoldingAdjusted) -> None:
        entry = Adjusted(adjusted.qty, adjusted.price, adjusted.outcome)
        self._ledger.adjusted(adjusted.market, entry)

    def _note_settled(self, settled: MarketSettled) -> None:
        self._ledger.settled(settled.market, settled.payout)
        self._closings.forget(settled.market)

    def _note_report(self, report: OrderReport) -> None:
        self._plans.note_report(report)
        self._closings.note_report(report)

    def _note_intent(self, intent: Intent) -> None:
        if intent.order.startswith(f"{self._session}-"):
            self._count += 1
        self._intents[intent.replaces or intent.order] = intent
        if len(self._intents) > _REMEMBERED:
            del self._intents[next(iter(self._intents))]
        self._closings.note_intent(intent)

    def _beat(self, beat: Heartbeat) -> Sequence[Message]:
        return (*self._plans.beat(beat.at), *self._leaving.beat(beat.at))

    def _reported(self, report: OrderReport) -> Sequence[Message]:
        """Close nothing by itself any more where a person has ordered more of it since."""
        self._note_report(report)
        at, market, intent = report.at, report.market, self._intents.get(report.order)
        if intent is not None and (report.filled or not report.state.is_final):
            self._closings.note_opening(intent)
        if intent is None or report.state.is_final or not self._closings.is_outdated_by(intent):
            return ()
        self._closings.forget(market)
        if not self._ledger.held(market).qty:
            return ()
        wrong = WrongError("it is not closed any more", "no new order there", "close again for all")
        return (msgspec.structs.replace(refused(at, market, wrong), is_warning=True),)

    def _stop_here(self, command: CancelMarket) -> Sequence[Message]:
        self._closings.forget(command.market)
        return self._plans.stop(command.at, "all was taken back here", command.market)

    def _stop_all(self, command: CancelAll | Disarm | Halt) -> Sequence[Message]:
        self._closings.forget()
        why = "all was taken back" if isinstance(command, CancelAll) else command.reason
        return self._plans.stop(command.at, why)

    def _submit(self, ticket: SubmitTicket) -> Sequence[Message]:
        try:
            market = self._checked(ticket)
            if ticket.route == AUTO and not ticket.price:
                return self._route(ticket, market)
            return self.say(self._wish(ticket, market))
        except WrongError as wrong:
            return (refused(ticket.at, ticket.market, wrong),)

    def meant(self, ticket: SubmitTicket) -> Intent | Refused:
        """Return the order a ticket without a route comes to, or why there is none; say neither."""
        try:
            return self._wish(ticket, self._checked(ticket))
        except WrongError as wrong:
            return refused(ticket.at, ticket.market, wrong)

    def _checked(self, ticket: SubmitTicket) -> Market:
        market = self._quotes.market(ticket.market)
        check_size(market, ticket.qty)
        if ticket.bracket is not None:
            price = ticket.price or self._quotes.touch(ticket.market, ticket.side)
            check_exits(ticket.bracket, price, price, is_long=ticket.side is Side.BUY)
        return market

    def _wish(self, ticket: SubmitTicket, market: Market) -> Intent:
        told, price = self._quotes.priced(market, ticket.side, ticket.price)
        if ticket.confirmed and ticket.price and not ticket.tif.rests:
            price = self._within_reach(market, ticket.side, price)
        at_market = ticket.price == 0
        tif = ticket.tif
        if at_market and tif in {TimeInForce.GTC, TimeInForce.GTD}:
            tif = TimeInForce.IOC
        return Intent(
            ticket.at,
            self.next_id(),
            market.id,
            ticket.side,
            ticket.qty,
            price,
            tif,
            post_only=ticket.post_only and not at_market,
            reduce_only=ticket.reduce_only,
            origin=ticket.origin,
            told_price=told,
            expires_at=0 if at_market else ticket.expires_at,
            confirmed=ticket.confirmed,
            bracket=ticket.bracket,
        )

    def _within_reach(self, market: Market, side: Side, asked: Price) -> Price:
        """Return the limit a person said yes to, or a better one where the market came closer.

        The gate would take the limit of a moment ago for a slip of the finger then.
        """
        _, reach = self._quotes.priced(market, side, 0)
        return min(asked, reach) if side is Side.BUY else max(asked, reach)

    def _route(self, ticket: SubmitTicket, market: Market) -> Sequence[Message]:
        """Work an order by its size. A large one asks before it begins, where money is real."""
        touch = self._quotes.met(market.id, ticket.side)
        held = self._ledger.held(market.id).qty
        route = route_of(value_at(ticket.side, touch, ticket.qty, held))
        if route is Route.AT_ONCE:
            return self.say(self._wish(ticket, market))
        plan = planned(ticket, market, route, self._plans.next_name(self._session))
        if route is Route.SLICED and self._ledger.is_live and not ticket.confirmed:
            value = slices_words(plan.slices)
            limit = f"${RESTS_BELOW // 1_000_000} at once"
            return (
                Refused(
                    ticket.at, OrderId(""), market.id, "ASK", value, limit, "confirm it", asks=True
                ),
            )
        self._plans.note_started(plan)
        return (plan, *self._plans.beat(ticket.at))

    def _amend(self, ticket: AmendTicket) -> Sequence[Message]:
        old = self._intents.get(ticket.order)
        if old is None:
            wrong = WrongError(ticket.order, "a working order", "place a new order")
            return (refused(ticket.at, MarketId(""), wrong),)
        try:
            market = self._quotes.market(old.market)
            check_size(market, ticket.qty)
            check_grid(market, ticket.price)
        except WrongError as wrong:
            return (refused(ticket.at, old.market, wrong),)
        return self.say(
            msgspec.structs.replace(
                old,
                at=ticket.at,
                order=self.next_id(),
                price=ticket.price,
                qty=ticket.qty,
                told_price=self._quotes.touch(market.id, old.side),
                replaces=ticket.order,
                confirmed=ticket.confirmed,
            )
        )

    def _close(self, command: ClosePosition) -> Sequence[Message]:
        stopped = self._plans.stop(command.at, "closed", command.market)
        return (*stopped, *self._leaving.close(command.at, command.market, "close"))

    def _close_all(self, command: CloseAll | Panic) -> Sequence[Message]:
        origin = "panic" if isinstance(command, Panic) else "close all"
        said = list(self._plans.stop(command.at, origin))
        for market in [m for m, holding in self._ledger.holdings.items() if holding.qty]:
            said += self._leaving.close(command.at, market, origin)
        return said

    def say(self, intent: Intent) -> Sequence[Message]:
        """Note an order and say it."""
        self._note_intent(intent)
        return (intent,)

    def next_id(self) -> OrderId:
        """Return what the next order will be called."""
        return OrderId(f"{self._session}-{self._count + 1:05d}")
