"""One matching engine and one ledger under both dialects: what accounts can do, and when.

Pure: time comes in as `at`. Every act first lets the world's time pass up to `at`, then does its
own, then tells: market events to `on_market` (the market's state has taken them in by then) and
account events to `on_account`, in the order they happened. Listeners may act in turn; what comes
of it is told after what is being told. Sums and sizes are integers as everywhere.
"""

from collections.abc import Callable
from functools import partial

from pmterm.model.errors import Impossible
from pmterm.model.fees import FeeSchedule
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import MarketStatus
from pmterm.model.units import PRICE_ONE, Ns, Price, Qty
from pmterm.sim.accounts import TestAccount
from pmterm.sim.agenda import Agenda, Call
from pmterm.sim.events import MarketEvent, SimEvent, StatusChanged
from pmterm.sim.exchange_floor import Floor
from pmterm.sim.exchange_orders import (
    AccountEvent,
    ExchangeOrder,
    OrderMoved,
    Reversed,
    Standing,
    Step,
    Why,
)
from pmterm.sim.exchange_records import Records
from pmterm.sim.exchange_view import ExchangeView
from pmterm.sim.ledger import Ledger
from pmterm.sim.world import World


class Exchange(ExchangeView):
    """Trades the accounts' orders with the world's crowd and with each other."""

    def __init__(self, world: World, ledger: Ledger | None = None) -> None:
        markets = {listing.market.id: listing.market for listing in world.listings}
        books = ledger or Ledger()
        super().__init__(world, books, Records(books, markets), markets)
        self.on_market: list[Callable[[SimEvent], None]] = []
        self.on_account: list[Callable[[AccountEvent], None]] = []
        self.on_asked: list[Callable[[ExchangeOrder], None]] = []  # before an order is accepted
        self.now: Ns = 0
        self._agenda = Agenda()
        self._floor = Floor(world, self.ledger, self._records, self._agenda, self._markets)
        self._is_passing = False
        self._is_telling = False
        self._covered = 0  # up to which fill
        self.resolved: set[MarketId] = set()
        for market in markets:
            book = world.book(market)
            if book is not None:
                book.watcher = self._records

    # ---- time

    def advance(self, at: Ns) -> None:
        """Let time pass up to `at`; what is due is done at its own time."""
        if self._is_passing or self._is_telling:
            return
        while (due := self._agenda.next(at)) is not None:
            self._pass(due[0])
            self._tell()
            due[1](max(due[0], self.now))
            self._tell()
        self._pass(at)
        self._tell()

    def call_at(self, due: Ns, call: Call) -> Callable[[], None]:
        """Have `call` called with its time once that has come; returns what takes it back."""
        return self._agenda.put(due, call)

    # ---- what accounts do

    def open_account(self, at: Ns, account: TestAccount) -> None:
        """Pay in an account's test money."""
        for purse, cash in account.cash.items():
            self.ledger.deposit(at, account.account_id, purse, cash)

    def place(self, at: Ns, order: ExchangeOrder) -> ExchangeOrder:
        """Put a new order on the market; returns it, with what became of it.

        `standing` REFUSED means that it never was there (`why` says why). Whether the account can
        pay is the dialect's question, asked before.

        Raises:
            Impossible: the id is known, the market is not, or price or size cannot be traded.
        """
        at = self._begin(at)
        if order.qty <= 0 or not 0 < order.price < PRICE_ONE:
            raise Impossible(f"no such order can be placed: {order.id}")
        self._ask(order)
        self._records.add(at, order)
        self._floor.run(at, order)
        return self._finish(order)

    def place_later(
        self,
        at: Ns,
        due: Ns,
        order: ExchangeOrder,
        check: Callable[[ExchangeOrder], Why] | None = None,
    ) -> ExchangeOrder:
        """Hold a new order back until `due` (a taker delay), then place it.

        It can be cancelled meanwhile. `check` is asked when it is due: a reason other than NONE
        ends it.
        """
        at = self._begin(at)
        self._ask(order)
        self._records.add(at, order)
        order.standing = Standing.DELAYED
        order.due_at = due
        self._records.note(at, order, Step.DELAYED, order.qty)
        self.call_at(due, partial(self._run_delayed, order, check))
        return self._finish(order)

    def cancel(self, at: Ns, order_id: str, why: Why = Why.ASKED) -> Qty:
        """Take an order off the market; returns how much was still open, 0 if it was not."""
        at = self._begin(at)
        order = self.orders.get(order_id)
        qty = order.open if order is not None else 0
        if order is not None and order.standing.is_open:
            self._floor.cancel(at, order, why)
        self._tell()
        return qty

    def cancel_all(
        self,
        at: Ns,
        *,
        account: str | None = None,
        market: MarketId | None = None,
        outcome: int | None = None,
        group: str | None = None,
        venue: Venue | None = None,
        why: Why = Why.ASKED,
        is_silent: bool = False,
    ) -> list[ExchangeOrder]:
        """Cancel every open order that fits what is given; returns them.

        `is_silent` tells nobody's account: a venue that restarts and forgets.
        """
        at = self._begin(at)
        found = [
            order
            for name in ([account] if account is not None else list(self._records.open))
            for order in self.open_orders(name)
            if market in {None, order.market}
            and outcome in {None, order.outcome}
            and group in {None, order.group}
            and venue in {None, self._markets[order.market].venue}
        ]
        for order in found:
            self._floor.cancel(at, order, why)
        if is_silent:
            self._hush(found)
        self._tell()
        return found

    def reduce(self, at: Ns, order_id: str, by: Qty) -> Qty:
        """Make an open order smaller, its place in line kept; returns by how much."""
        at = self._begin(at)
        order = self.orders.get(order_id)
        if order is None or by <= 0 or not order.open:
            return 0
        by = min(by, order.open)
        if by == order.open:
            self._floor.cancel(at, order, Why.ASKED)
        elif (book := self.world.book(order.market)) is not None:
            self._records.news.extend(book.reduce(at, order_id, by))
        self._tell()
        return by

    def amend(
        self,
        at: Ns,
        order_id: str,
        *,
        price: Price | None = None,
        qty: Qty | None = None,
        expires_at: Ns | None = None,
    ) -> ExchangeOrder:
        """Change a resting order; `qty` is the new total, what is filled included.

        It keeps its place in line only if nothing but its size shrinks or its expiry changes
        (Kalshi docs, amend order, read 2026-10). It may trade at once.

        Raises:
            Impossible: it does not rest, or the new total is not above what is filled.
        """
        at = self._begin(at)
        order = self.orders.get(order_id)
        if order is None or order.standing is not Standing.RESTING:
            raise Impossible(f"order {order_id} does not rest")
        total = order.qty if qty is None else qty
        if total <= order.filled:
            raise Impossible(f"order {order_id} has filled {order.filled} already")
        if expires_at is not None:
            order.expires_at = expires_at
            self._floor.watch_expiry(order)
        is_same_price = price in {None, order.price}
        if is_same_price and total <= order.qty:
            self._records.news.extend(self._floor.shrink(at, order, total))
        else:
            self._floor.replace(at, order, order.price if price is None else price, total)
        return self._finish(order)

    # ---- what the venue does

    def set_fees(self, market: MarketId, fees: FeeSchedule) -> None:
        """Charge orders that come from now on by another schedule."""
        self._records.fees[market] = fees

    def reverse(self, at: Ns, trade_id: str) -> None:
        """Undo a trade on both sides, as when its settlement fails; orders stay as they are.

        Raises:
            Impossible: there is no such trade, or its market has paid out.
        """
        at = self._begin(at)
        trade = next((fill for fill in self.fills if fill.trade_id == trade_id), None)
        if trade is None or trade.order.market in self.resolved:
            raise Impossible(f"no trade {trade_id} to undo")
        self.ledger.reverse(at, trade_id)
        self._records.news.append(Reversed(at, trade_id))
        self._floor.cover(self.now, {trade.order.account, trade.other_account})
        self._tell()

    def pause(self, at: Ns, market: MarketId) -> None:
        """Stop trading; orders stay, those that ask to go with a pause go."""
        self._change(at, StatusChanged(at, market, MarketStatus.PAUSED))

    def resume(self, at: Ns, market: MarketId) -> None:
        """Let trading go on."""
        self._change(at, StatusChanged(at, market, MarketStatus.ACTIVE))

    def deactivate(self, at: Ns, market: MarketId) -> None:
        """Stop trading and cancel every order."""
        at = self._begin(at)
        self._floor.clear(at, market, Why.DEACTIVATED)
        self._change(at, StatusChanged(at, market, MarketStatus.PAUSED))

    def close(self, at: Ns, market: MarketId) -> None:
        """End trading for good and cancel every order; nothing is paid yet."""
        at = self._begin(at)
        self._floor.clear(at, market, Why.MARKET_CLOSED)
        self._change(at, StatusChanged(at, market, MarketStatus.CLOSED))

    def resolve(self, at: Ns, market: MarketId, payout: Price) -> None:
        """Close a market if it is open, and pay `payout` for each YES: 10_000, 0 or in between."""
        if self.world.states[market].is_open:
            self.close(at, market)
        result = {PRICE_ONE: 0, 0: 1}.get(payout, -1)
        known = -1 if result >= 0 else payout
        self._change(at, StatusChanged(at, market, MarketStatus.RESOLVED, result, known))

    # ---- inside

    def _begin(self, at: Ns) -> Ns:
        self.advance(max(at, self.now))
        return max(at, self.now)

    def _ask(self, order: ExchangeOrder) -> None:
        """Let those who want to stop an order do so, by raising."""
        for stop in self.on_asked:
            stop(order)

    def _finish(self, order: ExchangeOrder) -> ExchangeOrder:
        self._floor.cover(self.now, {order.account})
        self._tell()
        return order

    def _pass(self, at: Ns) -> None:
        """Let the world's time pass and note what happened."""
        is_first = not self.now
        self.now = max(self.now, at)
        self._is_passing = True
        try:
            for event in self.world.run_until(at):
                self._note(event)
        finally:
            self._is_passing = False
        fresh, self._covered = self.fills[self._covered :], len(self.fills)
        self._floor.cover(self.now, {fill.order.account for fill in fresh})
        if is_first:
            self._plan_game_starts(at)

    def _note(self, event: SimEvent) -> None:
        if not isinstance(event, StatusChanged):
            self._records.news.append(event)
            return
        if event.market in self.resolved:
            return
        self._records.news.append(event)
        if event.status is MarketStatus.PAUSED:
            self._floor.cancel_for_pause(event)
        elif event.status is MarketStatus.RESOLVED:
            self.resolved.add(event.market)
            self._records.settle(event.at, self._markets[event.market], event.yes_pays)

    def _tell(self) -> None:
        """Tell what is to be told; what listeners do meanwhile is told in turn."""
        if self._is_telling or self._is_passing:
            return
        self._is_telling = True
        try:
            while self._records.news:
                news = self._records.news.popleft()
                if isinstance(news, AccountEvent):
                    for hear in self.on_account:
                        hear(news)
                else:
                    self._tell_market(news)
        finally:
            self._is_telling = False

    def _tell_market(self, event: SimEvent) -> None:
        if isinstance(event, MarketEvent):
            self.world.states[event.market].apply(event)
        for hear in self.on_market:
            hear(event)

    def _run_delayed(
        self, order: ExchangeOrder, check: Callable[[ExchangeOrder], Why] | None, at: Ns
    ) -> None:
        if order.standing is not Standing.DELAYED:
            return
        order.standing = Standing.NEW
        why = check(order) if check is not None else Why.NONE
        if why is not Why.NONE:
            self._records.end(at, order, why)
        else:
            self._floor.run(at, order)
        self._finish(order)

    def _change(self, at: Ns, event: StatusChanged) -> None:
        """Have a market's status change as of now."""
        at = self._begin(at)
        self._note(event)
        self.world.halt(event.market, is_halted=event.status is not MarketStatus.ACTIVE)
        self._tell()

    def _plan_game_starts(self, now: Ns) -> None:
        for market in self._markets.values():
            if market.clears_book_on_start and market.starts_at > now:
                self.call_at(market.starts_at, partial(self._start_game, market.id))

    def _start_game(self, market: MarketId, at: Ns) -> None:
        self._floor.clear(at, market, Why.GAME_STARTED)

    def _hush(self, orders: list[ExchangeOrder]) -> None:
        """Take back what is still to be told of these orders."""
        told = [
            news
            for news in self._records.news
            if not (isinstance(news, OrderMoved) and news.order in orders)
        ]
        self._records.news.clear()
        self._records.news.extend(told)
