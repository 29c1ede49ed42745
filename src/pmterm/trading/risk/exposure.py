"""What could be lost: holdings, and every order on its way or working as if it had filled."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.live import CashSeen, HoldingAdjusted
from pmterm.messages.orders import Approved, Fill, FillMoved, Intent, OrderAdopted, OrderReport
from pmterm.model.holding import Booked, Holding, most_paid, worst_loss
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.ledger import Ledger
from pmterm.model.market import Market
from pmterm.model.order import FillState, Side
from pmterm.model.outcome import Inventory, Leg, outcome_of, sold_by
from pmterm.model.stock import Adjusted
from pmterm.model.units import Cash, Qty, cost
from pmterm.trading.risk.reserved import (
    Leaving,
    Offers,
    Reserved,
    found,
    is_meant,
    offers_of,
    still_open,
    unit_loss,
)

Group = tuple[str, str]  # venue, event: markets that win and lose together


class Stake(msgspec.Struct, frozen=True):
    """What a market comes to as it stands: its orders' offers, the worst loss, and the cash."""

    buys: Offers
    sells: Offers
    worst: Cash
    to_pay: Cash
    fees: Cash


class Exposure:
    """Holdings, cash and reservations, and the worst they can come to.

    What a market comes to is worked out once after each change in it, not for each question.
    """

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.holdings = self.ledger.holdings
        self.orders: dict[OrderId, Reserved] = {}
        self._by_market: dict[MarketId, dict[OrderId, Reserved]] = {}
        self._groups: dict[MarketId, Group] = {}
        self._steps: dict[MarketId, Qty] = {}
        self._stakes: dict[MarketId, Stake] = {}  # of markets unchanged since they were asked for

    @property
    def cash(self) -> Cash:
        """All cash that is ours and free of positions."""
        return self.ledger.cash

    @property
    def money(self) -> Cash:
        """All money that is ours and free of positions that could lose it."""
        return self.ledger.money

    def started(self, session: SessionStarted) -> None:
        """Begin a session; paper money is given once."""
        self.ledger.started(session.cash, is_live=session.mode is Mode.LIVE)
        self._stakes.clear()

    def market_seen(self, market: Market) -> None:
        """Note which event a market belongs to, and whose it is."""
        event = market.event or market.event_title or market.id
        self._groups[market.id] = (market.venue, event)
        self._steps[market.id] = market.qty_step
        self.ledger.market_seen(market)
        self._changed(market.id)

    def cash_seen(self, seen: CashSeen) -> None:
        """Take the venue's word for the cash there."""
        self.ledger.cash_seen(seen.venue, seen.cash)

    def held(self, market: MarketId) -> Holding:
        """Return the holding in a market."""
        return self.ledger.held(market)

    def reserve(self, approved: Approved) -> None:
        """Count an approved intent from now on."""
        intent = approved.intent
        old = self.orders.get(intent.replaces)
        if old is not None:
            old.amends.append(intent)
            old.fee = max(old.fee, approved.fee_estimate)
            self._changed(old.intent.market)
        elif not intent.replaces:
            order = Reserved(intent, intent.price, intent.qty, approved.fee_estimate)
            order.outcome = approved.outcome
            order.closes = not approved.reserved
            self._keep(order)

    def adopt(self, adopted: OrderAdopted) -> None:
        """Count an order that was found on the account from now on."""
        old = self.orders.get(adopted.order)
        filled = old.filled if old is not None else 0
        order = Reserved(found(adopted), adopted.price, adopted.qty, filled=filled)
        order.outcome = adopted.outcome
        order.is_adopted = order.is_answered = True
        order.is_foreign = not adopted.is_ours
        order.expected = adopted.filled
        order.before = adopted.filled - filled
        self._keep(order)

    def intent(self, asked_as: OrderId) -> Intent | None:
        """Return what was approved under this id, an amend under way too; None: not any more."""
        order = self.orders.get(asked_as)
        if order is not None:
            return order.intent
        amends = (amend for order in self.orders.values() for amend in order.amends)
        return next((amend for amend in amends if amend.order == asked_as), None)

    def closes(self, order: OrderId) -> bool:
        """Tell whether an order could lose nothing more when it was approved."""
        kept = self.orders.get(order)
        return kept is not None and kept.closes

    @contextmanager
    def without(self, order_id: OrderId) -> Iterator[None]:
        """Count an order as ended for a while: its fills on the way still come."""
        order = self.orders.get(order_id)
        if order is None:
            yield
            return
        had_ended, order.has_ended = order.has_ended, True
        self._changed(order.intent.market)
        try:
            yield
        finally:
            order.has_ended = had_ended
            self._changed(order.intent.market)

    def _keep(self, order: Reserved) -> None:
        intent = order.intent
        self.orders[intent.order] = order
        self._by_market.setdefault(intent.market, {})[intent.order] = order
        self._changed(intent.market)

    def report(self, report: OrderReport) -> None:
        """Follow an order by the venue's word."""
        order = self.orders.get(report.order)
        if order is None:
            self._drop_amend(report.order)
            return
        standing = (report.price, report.qty)
        while order.amends and (order.amends[0].price, order.amends[0].qty) == standing:
            del order.amends[0]
        order.price, order.qty = report.price, report.qty
        order.expected = max(order.expected, report.filled)
        order.before = max(order.before, report.lacks)
        order.has_ended = order.has_ended or report.state.is_final
        self._changed(order.intent.market)
        self._drop_if_done(order)

    def drop(self, order: OrderId) -> None:
        """Forget an order that was never sent."""
        self._remove(order)
        self._drop_amend(order)

    def _remove(self, order_id: OrderId) -> None:
        order = self.orders.pop(order_id, None)
        if order is not None:
            self._changed(order.intent.market)
            here = self._by_market[order.intent.market]
            del here[order_id]
            if not here:
                del self._by_market[order.intent.market]

    def _drop_amend(self, asked_as: OrderId) -> None:
        for order in self.orders.values():
            if order.amends:
                order.amends = [a for a in order.amends if a.order != asked_as]
                self._changed(order.intent.market)

    def _drop_if_done(self, order: Reserved) -> None:
        if order.has_ended and order.filled + order.before >= order.expected:
            self._remove(order.intent.order)

    def fill(self, fill: Fill) -> Booked | None:
        """Book a fill; None if it was booked before."""
        booked = self.ledger.filled(fill.market, fill.traded)
        self._changed(fill.market)
        order = self.orders.get(fill.order)
        if booked is not None and order is not None:
            order.filled += fill.qty
            self._changed(order.intent.market)
            self._drop_if_done(order)
        return booked

    def fill_moved(self, moved: FillMoved) -> Booked | None:
        """Note how far a fill has come; None unless it was taken back.

        What failed may trade again for as long as its order works.
        """
        booked = self.ledger.moved(moved.market, moved.fill, moved.state)
        self._stakes.clear()  # the ledger goes by the fill's own market, whatever is said here
        if booked is None or moved.state is not FillState.FAILED:
            return None
        order = self.orders.get(moved.order)
        if order is not None:
            order.failed += self.ledger.size_of(moved.fill)
        return booked

    def adjust(self, adjusted: HoldingAdjusted) -> None:
        """Correct a holding; no cash moves."""
        entry = Adjusted(adjusted.qty, adjusted.price, adjusted.outcome)
        self.ledger.adjusted(adjusted.market, entry)
        self._changed(adjusted.market)

    def settle(self, settled: MarketSettled) -> Booked | None:
        """Pay out a holding, None if nothing was held; what a venue still had working is over."""
        if self.ledger.is_live:
            for order in self._of(settled.market):
                self._remove(order.intent.order)
        self._changed(settled.market)
        return self.ledger.settled(settled.market, settled.payout)

    def leg(self, intent: Intent) -> Leg:
        """Return for which outcome an order would be sent; an amended one keeps its own."""
        if not self.ledger.is_split(intent.market):
            return Leg(0, is_sale=False)
        if (old := self.orders.get(intent.replaces)) is not None:
            return Leg(old.outcome, is_sale=old.outcome == sold_by(intent.side))
        return outcome_of(intent.side, self.inventory(intent), self._steps.get(intent.market, 1))

    def inventory(self, intent: Intent) -> Inventory:
        """Return what there is of the outcome that an order of that side sells."""
        market, outcome = intent.market, sold_by(intent.side)
        offered = sum(
            order.open_qty
            for order in self._of(market, without=intent.replaces)
            if order.outcome == outcome and order.intent.side is intent.side
        )
        held = self.ledger.held_of(market, outcome)
        return Inventory(held, self.ledger.settling_of(market, outcome), offered)

    def free_cash(self, market: MarketId) -> Cash:
        """Return the cash that a new order in a market could be paid from."""
        venue = self.ledger.venue(market)
        return self.ledger.purse(market) - sum(
            self._takes(m) for m in self._by_market if self._shares_purse(m, venue)
        )

    def _shares_purse(self, market: MarketId, venue: Venue) -> bool:
        return not self.ledger.is_live or self.ledger.venue(market) is venue

    def _takes(self, market: MarketId) -> Cash:
        stake = self._stake(market)
        return stake.fees + stake.to_pay

    def closable(self, intent: Intent, most: Cash = 0) -> Qty:
        """Return how much an order of that side could still close, 0 if nothing.

        What other orders already close counts as closed. One that is being taken back may fill
        yet, so only an order that the venue stops at zero may count on its end; and only if what
        is taken back would, filling after it, not lose more than `most` (1e-6 USD, 0: no limit).
        """
        held = self.held(intent.market).qty
        against = -held if intent.side is Side.BUY else held
        orders = [o for o in self._of(intent.market, without=intent.replaces)
                  if o.intent.side is intent.side]  # fmt: skip
        staying = sum(o.open_qty for o in orders if not (o.is_leaving and intent.reduce_only))
        closing = sum(o.open_qty for o in orders)
        if closing > staying and most:
            allowed = max(most, self.worst(intent.market))
            if self.worst(intent.market, intent) > allowed:
                staying = closing
        return max(0, against - staying)

    def worst(self, market: MarketId, wish: Intent | None = None) -> Cash:
        """Return the most that can be lost in a market, with `wish` approved if given.

        A sale that has not settled may fail, and what it closed is held again.
        """
        if wish is None:
            return self._stake(market).worst
        return self._worst(market, self._offers(market, wish))

    def _worst(self, market: MarketId, offers: tuple[Offers, Offers]) -> Cash:
        return max(worst_loss(held, *offers) for held in self.ledger.ways(market))

    def to_pay(self, market: MarketId, wish: Intent | None = None) -> Cash:
        """Return the cash that orders in a market could still take, with `wish` if given.

        Where outcomes are kept apart, every purchase is paid, whatever is held of the other.
        """
        if wish is None:
            return self._stake(market).to_pay
        if not self.ledger.is_split(market):
            return most_paid(self.held(market), *self._offers(market, wish))
        if wish.market != market or wish.replaces:
            return self._paid_apart(market, wish)
        new = 0 if self.leg(wish).is_sale else cost(unit_loss(wish.side, wish.price), wish.qty)
        return self._stake(market).to_pay + new

    def _paid_apart(self, market: MarketId, wish: Intent | None = None) -> Cash:
        paid = 0
        for order in self._of(market):
            if order.outcome != sold_by(order.intent.side):
                price, qty = still_open(order, wish)
                paid += cost(unit_loss(order.intent.side, price), qty)
        return paid

    def _offers(self, market: MarketId, wish: Intent) -> tuple[Offers, Offers]:
        if wish.market != market or wish.replaces:
            return offers_of(self._of(market), wish)
        stake, new = self._stake(market), (wish.price, wish.qty)
        if wish.side is Side.BUY:
            return [*stake.buys, new], stake.sells
        return stake.buys, [*stake.sells, new]

    def _stake(self, market: MarketId) -> Stake:
        stake = self._stakes.get(market)
        if stake is None:
            stake = self._stakes[market] = self._reckoned(market)
        return stake

    def _reckoned(self, market: MarketId) -> Stake:
        orders = self._of(market)
        offers = offers_of(orders)
        if self.ledger.is_split(market):
            to_pay = self._paid_apart(market)
        else:
            to_pay = most_paid(self.held(market), *offers)
        fees = sum(order.open_fee for order in orders)
        return Stake(*offers, self._worst(market, offers), to_pay, fees)

    def _changed(self, market: MarketId) -> None:
        self._stakes.pop(market, None)

    def total(self) -> Cash:
        """Return the most that can be lost everywhere."""
        return sum(self.worst(market) for market in self.busy())

    def event(self, market: MarketId) -> Cash:
        """Return the most that can be lost in all markets of this market's event."""
        group = self._group(market)
        return sum(self.worst(m) for m in self.busy() if self._group(m) == group)

    def busy(self) -> list[MarketId]:
        """Return the markets with a holding or a reserved order, in the order they came.

        One that was closed counts until that has settled.
        """
        ways = self.ledger.ways
        held = [market for market in self.holdings if any(way.qty for way in ways(market))]
        return list(dict.fromkeys([*held, *self._by_market]))

    def positions(self) -> set[MarketId]:
        """Return the markets with an order in them or more than dust of a holding."""
        may_hold = self.ledger.may_hold
        return {m for m in self.busy() if m in self._by_market or may_hold(m)}

    def leaving(self, command: Leaving) -> None:
        """Note what is being taken back, so that a closing order may count on it.

        What was ordered elsewhere goes only if it is named, or a panic is told to.
        """
        for order in self.orders.values():
            if is_meant(order, command):
                order.is_leaving = True

    def _of(self, market: MarketId, without: OrderId | None = None) -> list[Reserved]:
        here = self._by_market.get(market, {})
        return [order for order_id, order in here.items() if order_id != without]

    def _group(self, market: MarketId) -> Group:
        return self._groups.get(market, ("", market))
