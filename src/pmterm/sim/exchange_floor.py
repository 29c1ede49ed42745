"""The floor of the exchange: how one order meets a book, leaves it, or is changed on it.

It acts at once and tells nobody: what happened is in `records.news`. Time is the caller's.
"""

from collections.abc import Collection
from functools import partial

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.sim import coverage
from pmterm.sim.agenda import Agenda
from pmterm.sim.events import MarketEvent, StatusChanged
from pmterm.sim.exchange_orders import ExchangeOrder, OrderMoved, Standing, Step, Why
from pmterm.sim.exchange_records import Records
from pmterm.sim.ledger import Ledger
from pmterm.sim.matching import MatchingBook, Order
from pmterm.sim.world import World


class Floor:
    """Moves accounts' orders on and off the world's books."""

    def __init__(
        self,
        world: World,
        ledger: Ledger,
        records: Records,
        agenda: Agenda,
        markets: dict[MarketId, Market],
    ) -> None:
        self._world = world
        self._ledger = ledger
        self._records = records
        self._agenda = agenda
        self._markets = markets

    def run(self, at: Ns, order: ExchangeOrder) -> None:
        """Match an order that is in the records."""
        book = self._world.book(order.market)
        state = self._world.states[order.market]
        if book is None:
            self._records.end(at, order, Why.NO_BOOK)
        elif not state.is_open:
            self._records.end(at, order, Why.MARKET_CLOSED)
        elif state.status is MarketStatus.PAUSED:
            self._records.end(at, order, Why.PAUSED)
        elif not order.reduce_only or self._cut_to_position(at, order):
            self._match(at, order, book, is_new=True)

    def _match(self, at: Ns, order: ExchangeOrder, book: MatchingBook, *, is_new: bool) -> None:
        records = self._records
        rest = Order(order.id, f"account {order.account}", order.side, order.price, order.open)
        refusals = {Why.POST_ONLY.value, Why.FILL_OR_KILL.value}
        accepted = len(records.news)
        records.begin_sweep(order)
        placed = book.place(
            at, rest, order.tif, post_only=order.post_only, self_trade=order.self_trade
        )
        if is_new and placed.reason not in refusals:
            asked = placed.filled + placed.resting + placed.killed
            told = OrderMoved(at, order, Step.ACCEPTED, Why.NONE, asked, asked, 0)
            records.news.insert(accepted, told)
        records.news.extend(placed.events)
        if placed.resting:
            order.standing = Standing.RESTING
            records.note(at, order, Step.RESTS, placed.resting)
            self.watch_expiry(order)
        elif placed.killed:
            records.end(at, order, Why(placed.reason))

    def _cut_to_position(self, at: Ns, order: ExchangeOrder) -> bool:
        """Make an order no larger than the position it reduces; False if it ends at that."""
        position = self._ledger.position(order.account, order.market)
        most = max(0, position if order.side is Side.SELL else -position)
        if not most:
            self._records.end(at, order, Why.REDUCE_ONLY)
            return False
        over = max(0, order.open - most)
        if over:
            order.open -= over
            order.ended += over
            self._records.note(at, order, Step.REDUCED, over, Why.REDUCE_ONLY)
        return True

    def cancel(self, at: Ns, order: ExchangeOrder, why: Why) -> None:
        """Take an open order off the market."""
        book = self._world.book(order.market)
        if order.standing is Standing.RESTING and book is not None:
            self._records.news.extend(book.cancel(at, order.id, why))
        elif order.standing.is_open:
            self._records.end(at, order, why)

    def shrink(self, at: Ns, order: ExchangeOrder, total: Qty) -> list[MarketEvent]:
        """Make a resting order `total` large, its place in line kept."""
        book = self._world.book(order.market)
        by = order.qty - total
        events = book.reduce(at, order.id, by, Why.AMENDED) if book is not None else []
        order.qty, order.open = total, order.open - by
        self._records.note(at, order, Step.AMENDED, by)
        return events

    def replace(self, at: Ns, order: ExchangeOrder, price: Price, total: Qty) -> None:
        """Take an order off the book and place it anew, at the end of the line."""
        book = self._world.book(order.market)
        if book is None or not 0 < price < PRICE_ONE:
            raise Impossible(f"order {order.id} cannot stand at {price}")
        self._records.news.extend(book.cancel(at, order.id, Why.AMENDED))
        order.open += total - order.qty
        order.qty, order.price = total, price
        self._records.note(at, order, Step.AMENDED, order.open)
        self._match(at, order, book, is_new=False)

    def watch_expiry(self, order: ExchangeOrder) -> None:
        """Have an order end at its expiry, if it has one by then."""
        if order.expires_at and order.tif in {TimeInForce.GTC, TimeInForce.GTD}:
            self._agenda.put(order.expires_at, partial(self._expire, order, order.expires_at))

    def _expire(self, order: ExchangeOrder, expires_at: Ns, at: Ns) -> None:
        if order.standing.is_open and order.expires_at == expires_at:
            self.cancel(at, order, Why.EXPIRED)

    def clear(self, at: Ns, market: MarketId, why: Why) -> None:
        """Take every order off a market, the crowd's too."""
        book = self._world.book(market)
        for name in book.all_orders() if book is not None else ():
            self._records.news.extend(book.cancel(at, name, why) if book is not None else ())
        for account in list(self._records.open):
            for order in self._records.open_orders(account):
                if order.market == market:
                    self.cancel(at, order, why)

    def cancel_for_pause(self, event: StatusChanged) -> None:
        """Cancel the orders that ask to go with a pause."""
        for account in list(self._records.open):
            for order in self._records.open_orders(account):
                if order.market == event.market and order.cancels_on_pause:
                    self.cancel(event.at, order, Why.PAUSED)

    def cover(self, at: Ns, accounts: Collection[str]) -> None:
        """Cancel resting Polymarket orders that their account can no longer pay for."""
        for account in accounts:
            by_market: dict[MarketId, list[ExchangeOrder]] = {}
            for order in self._records.open_orders(account):
                if order.standing is Standing.RESTING:
                    by_market.setdefault(order.market, []).append(order)
            for name, orders in by_market.items():
                market = self._markets[name]
                if market.venue is Venue.POLYMARKET:
                    for order in coverage.uncovered(self._ledger, market, orders):
                        self.cancel(at, order, Why.NOT_COVERED)
