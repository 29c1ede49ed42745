"""The exchange's books about its accounts' orders: what they asked, what traded, what it cost."""

import uuid
from collections import deque
from typing import TypeAlias

from pmterm.model.errors import Impossible
from pmterm.model.fees import FeeMeter, FeeSchedule
from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, Cash, Ns, Qty
from pmterm.sim.events import MarketEvent, MatchMoment
from pmterm.sim.exchange_orders import (
    AccountEvent,
    ExchangeOrder,
    Filled,
    Happening,
    OrderMoved,
    Settled,
    Standing,
    Step,
    Why,
)
from pmterm.sim.ledger import CROWD, Ledger, Leg
from pmterm.sim.matching import Match, Order

News: TypeAlias = MarketEvent | MatchMoment | AccountEvent
_REFUSALS = {
    Why.POST_ONLY,
    Why.FILL_OR_KILL,
    Why.REDUCE_ONLY,
    Why.MARKET_CLOSED,
    Why.NO_BOOK,
    Why.PAUSED,
    Why.NOT_COVERED,
}


class Records:
    """Keeps every order for ever and writes down what the books say of them (a `BookWatcher`).

    `news` is what is still to be told, in order.
    """

    def __init__(self, ledger: Ledger, markets: dict[MarketId, Market]) -> None:
        self.orders: dict[str, ExchangeOrder] = {}
        self.fills: list[Filled] = []
        self.open: dict[str, dict[str, ExchangeOrder]] = {}  # by account, then by order id
        self.news: deque[News] = deque()
        self.fees: dict[MarketId, FeeSchedule] = {m.id: m.fees for m in markets.values()}
        self._ledger = ledger
        self._markets = markets
        self._meters: dict[str, FeeMeter] = {}
        self._sweep = ""
        self._prints: dict[tuple[MarketId, int], int] = {}

    def open_orders(self, account: str) -> list[ExchangeOrder]:
        """Return an account's open orders, oldest first."""
        return list(self.open.get(account, {}).values())

    def add(self, at: Ns, order: ExchangeOrder) -> None:
        """Take a new order into the books.

        Raises:
            Impossible: its id is known, or its market or account's name cannot be.
        """
        if order.id in self.orders or order.market not in self._markets or order.account == CROWD:
            raise Impossible(f"no such order can be: {order.id}")
        order.asked = order.open = order.qty
        order.created_at = order.updated_at = at
        order.history = []
        self._meters[order.id] = FeeMeter(self.fees[order.market])
        self.orders[order.id] = order
        self.open.setdefault(order.account, {})[order.id] = order

    def note(
        self, at: Ns, order: ExchangeOrder, step: Step, qty: Qty = 0, why: Why = Why.NONE
    ) -> None:
        """Write a step into an order's history and tell it."""
        order.updated_at = at
        order.history.append(Happening(at, step.value, qty, why))
        self.news.append(OrderMoved(at, order, step, why, qty, order.open, order.filled))

    def end(self, at: Ns, order: ExchangeOrder, why: Why) -> None:
        """End what is open of an order; a filled order is filled."""
        qty = order.open
        order.ended += qty
        order.open = 0
        order.why = why
        was_never_on = order.standing is Standing.NEW and why in _REFUSALS and not order.filled
        order.standing = Standing.EXPIRED if why is Why.EXPIRED else Standing.CANCELLED
        if was_never_on:
            order.standing = Standing.REFUSED
        self.open.get(order.account, {}).pop(order.id, None)
        self.note(at, order, Step.REFUSED if was_never_on else Step.ENDED, qty, why)

    def begin_sweep(self, order: ExchangeOrder) -> None:
        """Name what the next trades have in common: the incoming order, this time."""
        self._sweep = _name(f"{order.id}/{len(order.history)}")

    # ---- what the books say

    def withdrawn(self, at: Ns, order: Order, by: Qty, why: str) -> None:
        """Write down that a resting order shrank or went."""
        known = self.orders.get(order.id)
        if known is None or why == Why.AMENDED:
            return
        if order.qty:
            known.open -= by
            known.qty -= by
            self.note(at, known, Step.REDUCED, by, Why(why))
        else:
            self.end(at, known, Why(why) if why else Why.ASKED)

    def matched(self, at: Ns, match: Match) -> None:
        """Write down a trade in which an account took part."""
        maker = self.orders.get(match.maker_order)
        taker = self.orders.get(match.taker_order)
        if maker is None and taker is None:
            return
        market = self._markets[self._market_of(maker, taker)]
        trade = self._trade_id(market.id, match.number)
        if taker is None:
            self._sweep = _name(f"{market.id}/{match.taker_order}")
        legs = {
            match.taker.other: self._leg(maker, match, is_maker=True),
            match.taker: self._leg(taker, match, is_maker=False),
        }
        got = self._ledger.trade(
            at,
            market,
            trade,
            price=match.price,
            qty=match.qty,
            buyer=legs[Side.BUY],
            seller=legs[Side.SELL],
        )
        cash = dict(zip((Side.BUY, Side.SELL), got, strict=True))
        if maker is not None:
            side = match.taker.other
            self._fill(at, maker, taker, match, trade=trade, fee=legs[side].fee, cash=cash[side])
        if taker is not None:
            side = match.taker
            self._fill(at, taker, maker, match, trade=trade, fee=legs[side].fee, cash=cash[side])

    def _market_of(self, *orders: ExchangeOrder | None) -> MarketId:
        return next(order.market for order in orders if order is not None)

    def _trade_id(self, market: MarketId, number: int) -> str:
        """Name a trade: the first of a print as the print itself, the others after it."""
        before = self._prints.get((market, number), 0)
        self._prints[market, number] = before + 1
        return _name(f"{market}/{number}" + (f"/{before}" if before else ""))

    def _leg(self, order: ExchangeOrder | None, match: Match, *, is_maker: bool) -> Leg:
        if order is None:
            return Leg()
        price = match.price if order.side is Side.BUY else PRICE_ONE - match.price
        fee = self._meters[order.id].charge(price, match.qty, is_maker=is_maker)
        return Leg(order.account, order.outcome, order.id, fee)

    def _fill(
        self,
        at: Ns,
        order: ExchangeOrder,
        other: ExchangeOrder | None,
        match: Match,
        *,
        trade: str,
        fee: Cash,
        cash: Cash,
    ) -> None:
        is_maker = order.id == match.maker_order
        order.filled += match.qty
        order.open -= match.qty
        order.updated_at = at
        cost = match.price * match.qty // PRICE_ONE
        own_cost = cost if order.outcome == 0 else match.qty - cost
        if is_maker:
            order.maker_cost += own_cost
            order.maker_fees += fee
        else:
            order.taker_cost += own_cost
            order.taker_fees += fee
        if not order.open:
            order.standing = Standing.FILLED
            self.open.get(order.account, {}).pop(order.id, None)
        order.history.append(Happening(at, "filled", match.qty))
        fill = Filled(
            at=at,
            order=order,
            trade_id=trade,
            other=other,
            other_order=match.taker_order if is_maker else match.maker_order,
            other_account=other.account if other is not None else CROWD,
            price=match.price,
            qty=match.qty,
            fee=fee,
            cash=cash,
            is_maker=is_maker,
            number=match.number,
            sweep=self._sweep,
            open=order.open,
            filled=order.filled,
            position=self._ledger.position(order.account, order.market),
        )
        self.fills.append(fill)
        self.news.append(fill)

    def settle(self, at: Ns, market: Market, payout: int) -> None:
        """Pay out a resolved market."""
        for account, entry in self._ledger.resolve(at, market, payout).items():
            if account != CROWD:
                self.news.append(
                    Settled(at, account, market.id, -entry.yes, -entry.no, payout, entry.cash)
                )


def _name(words: str) -> str:
    """Make an id of a trade's words, as the public tape does of its prints."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, words))
