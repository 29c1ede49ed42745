"""What could be lost: holdings, and every order on its way or working as if it had filled."""

from collections.abc import Iterable

import msgspec

from pmterm.messages.accounts import MarketSettled
from pmterm.messages.orders import Approved, Fill, Intent, OrderReport
from pmterm.model.holding import FLAT, Booked, Holding, most_paid, worst_loss
from pmterm.model.ids import FillId, MarketId, OrderId
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Price, Qty

Group = tuple[str, str]  # venue, event: markets that win and lose together
Offers = list[tuple[Price, Qty]]  # YES price, open size


class Reserved(msgspec.Struct):
    """An approved order that may still fill.

    `filled` is what its fills add up to. `expected` is what a report said had filled: an order
    that ended stays reserved until its fills have arrived. `fee` is the estimate for all of it.
    `amends` holds amends under way, in the order they were asked for and will be answered.
    """

    intent: Intent
    price: Price
    qty: Qty
    fee: Cash = 0
    filled: Qty = 0
    expected: Qty = 0
    has_ended: bool = False
    is_leaving: bool = False
    is_answered: bool = False
    amends: list[Intent] = msgspec.field(default_factory=list)

    @property
    def open_qty(self) -> Qty:
        """The most that may still fill."""
        if self.has_ended:
            return max(0, self.expected - self.filled)
        most = max(self.qty, *(a.qty for a in self.amends)) if self.amends else self.qty
        return max(0, most - self.filled)

    @property
    def open_fee(self) -> Cash:
        """The share of its estimated fee that is still to be paid, rounded up."""
        return -(-self.fee * min(self.open_qty, self.qty) // self.qty) if self.qty else 0

    @property
    def worst_price(self) -> Price:
        """The worst price it may fill at, amends under way included."""
        if not self.amends:
            return self.price
        pick = max if self.intent.side is Side.BUY else min
        return pick(self.price, *(a.price for a in self.amends))


class Exposure:
    """Holdings, cash and reservations, and the worst they can come to."""

    def __init__(self) -> None:
        self.cash: Cash = 0
        self.holdings: dict[MarketId, Holding] = {}
        self.orders: dict[OrderId, Reserved] = {}
        self._by_market: dict[MarketId, dict[OrderId, Reserved]] = {}
        self._groups: dict[MarketId, Group] = {}
        self._fills: set[FillId] = set()

    def market_seen(self, market: Market) -> None:
        """Note which event a market belongs to."""
        event = market.event or market.event_title or market.id
        self._groups[market.id] = (market.venue, event)

    def held(self, market: MarketId) -> Holding:
        """Return the holding in a market."""
        return self.holdings.get(market, FLAT)

    def reserve(self, approved: Approved) -> None:
        """Count an approved intent from now on."""
        intent = approved.intent
        old = self.orders.get(intent.replaces)
        if old is not None:
            old.amends.append(intent)
            old.fee = max(old.fee, approved.fee_estimate)
        elif not intent.replaces:
            order = Reserved(intent, intent.price, intent.qty, approved.fee_estimate)
            self.orders[intent.order] = order
            self._by_market.setdefault(intent.market, {})[intent.order] = order

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
        order.has_ended = report.state.is_final
        self._drop_if_done(order)

    def drop(self, order: OrderId) -> None:
        """Forget an order that was never sent."""
        self._remove(order)
        self._drop_amend(order)

    def _remove(self, order_id: OrderId) -> None:
        order = self.orders.pop(order_id, None)
        if order is not None:
            here = self._by_market[order.intent.market]
            del here[order_id]
            if not here:
                del self._by_market[order.intent.market]

    def _drop_amend(self, asked_as: OrderId) -> None:
        for order in self.orders.values():
            order.amends = [a for a in order.amends if a.order != asked_as]

    def _drop_if_done(self, order: Reserved) -> None:
        if order.has_ended and order.filled >= order.expected:
            self._remove(order.intent.order)

    def fill(self, fill: Fill) -> Booked | None:
        """Book a fill; None if it was booked before."""
        if fill.id in self._fills:
            return None
        self._fills.add(fill.id)
        order = self.orders.get(fill.order)
        if order is not None:
            order.filled += fill.qty
            self._drop_if_done(order)
        booked = self.held(fill.market).filled(fill.side, fill.price, fill.qty, fill.fee)
        return self._book(fill.market, booked)

    def settle(self, settled: MarketSettled) -> Booked | None:
        """Pay out a holding; None if nothing was held."""
        held = self.held(settled.market)
        return self._book(settled.market, held.settled(settled.payout)) if held.qty else None

    def _book(self, market: MarketId, booked: Booked) -> Booked:
        self.holdings[market] = booked.holding
        self.cash += booked.cash
        return booked

    def closable(self, intent: Intent) -> Qty:
        """Return how much an order of that side could still close, 0 if nothing.

        What other orders already close counts as closed. One that is being taken back may fill
        yet, so only an order that the venue stops at zero may count on its end.
        """
        held = self.held(intent.market).qty
        against = -held if intent.side is Side.BUY else held
        closing = sum(
            order.open_qty
            for order in self._of(intent.market, without=intent.replaces)
            if order.intent.side is intent.side and not (order.is_leaving and intent.reduce_only)
        )
        return max(0, against - closing)

    def worst(self, market: MarketId, wish: Intent | None = None) -> Cash:
        """Return the most that can be lost in a market, with `wish` approved if given."""
        return worst_loss(self.held(market), *self._offers(market, wish))

    def to_pay(self, market: MarketId, wish: Intent | None = None) -> Cash:
        """Return the cash that orders in a market could still take, with `wish` if given."""
        return most_paid(self.held(market), *self._offers(market, wish))

    def _offers(self, market: MarketId, wish: Intent | None) -> tuple[Offers, Offers]:
        buys: Offers = []
        sells: Offers = []
        for order in self._of(market):
            price, qty = order.worst_price, order.open_qty
            if wish is not None and wish.replaces == order.intent.order:
                price, qty = _worse(wish, price, qty, order.filled)
            (buys if order.intent.side is Side.BUY else sells).append((price, qty))
        if wish is not None and wish.market == market and not wish.replaces:
            (buys if wish.side is Side.BUY else sells).append((wish.price, wish.qty))
        return buys, sells

    def total(self) -> Cash:
        """Return the most that can be lost everywhere."""
        return sum(self.worst(market) for market in self.busy())

    def event(self, market: MarketId) -> Cash:
        """Return the most that can be lost in all markets of this market's event."""
        group = self._group(market)
        return sum(self.worst(m) for m in self.busy() if self._group(m) == group)

    def busy(self) -> list[MarketId]:
        """Return the markets with a holding or a reserved order, in the order they came."""
        held = [market for market, holding in self.holdings.items() if holding.qty]
        return list(dict.fromkeys([*held, *self._by_market]))

    def tied_up(self) -> Cash:
        """Return the cash that working orders could still take, fees included."""
        fees = sum(order.open_fee for order in self.orders.values())
        return fees + sum(self.to_pay(market) for market in self._by_market)

    def leave(self, orders: Iterable[Reserved]) -> None:
        """Note that orders are being taken back."""
        for order in orders:
            order.is_leaving = True

    def _of(self, market: MarketId, without: OrderId | None = None) -> list[Reserved]:
        here = self._by_market.get(market, {})
        return [order for order_id, order in here.items() if order_id != without]

    def _group(self, market: MarketId) -> Group:
        return self._groups.get(market, ("", market))


def _worse(wish: Intent, price: Price, qty: Qty, filled: Qty) -> tuple[Price, Qty]:
    """Return the worse of what an order is and what it is to become."""
    pick = max if wish.side is Side.BUY else min
    return pick(price, wish.price), max(qty, wish.qty - filled)


def unit_loss(side: Side, price: Price) -> Price:
    """Return what one contract bought or sold at `price` can lose at most."""
    return price if side is Side.BUY else PRICE_ONE - price
