"""What Kalshi does with orders: every check before the engine, and the answer after it.

Source: Kalshi docs, orders (V2) and exchange sharding, read 2026-10; refusals as recorded from the
demo exchange 2026-06 and in public reports until 2026-10.
"""

import uuid
from typing import Any

import msgspec

from pmterm.model.fees import fee_of
from pmterm.model.ids import MarketId, Venue
from pmterm.model.market import Market, MarketStatus
from pmterm.model.order import TimeInForce
from pmterm.model.units import MS, Cash, Ns, Price, Qty, fixed_text
from pmterm.sim import coverage
from pmterm.sim.accounts import Purse
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder, Standing, Why
from pmterm.sim.kalshi_bodies import Change, Cut, Recall, Wish
from pmterm.sim.kalshi_groups import Group, Groups
from pmterm.sim.kalshi_order_words import average
from pmterm.sim.kalshi_refusals import NO_USER, Refusal
from pmterm.sim.kalshi_rules import KalshiRules
from pmterm.sim.kalshi_words import contracts

MOST_SUBACCOUNTS = 63
REFUSED = {  # code and details, by why the engine took an order not
    Why.FILL_OR_KILL: ("fill_or_kill_insufficient_resting_volume", ""),
    Why.POST_ONLY: ("invalid_order", "post only cross"),
    Why.REDUCE_ONLY: ("invalid_order", "reduce only order would increase the position"),
    Why.PAUSED: ("MARKET_NOT_ACTIVE", ""),
    Why.NO_BOOK: ("market_inactive", ""),
}


def owner_of(account: str, subaccount: int) -> str:
    """Name whose purse a subaccount is; number 0 is the account itself."""
    return f"{account}/{subaccount}" if subaccount else account


class KalshiDesk:
    """Takes orders for the accounts of one exchange."""

    def __init__(self, exchange: Exchange, groups: Groups, rules: KalshiRules) -> None:
        self._exchange = exchange
        self._groups = groups
        self._rules = rules
        self._markets = {
            listing.market.id: listing.market
            for listing in exchange.world.listings
            if listing.market.venue is Venue.KALSHI
        }
        self._names: dict[tuple[str, str], str] = {}  # client order ids are used once, for ever
        self._made = 0
        self._sweeps_until: dict[str, Ns] = {}

    def market(self, ticker: str, shard: int = -1) -> Market:
        """Return a market of a shard, -1 for any.

        Raises:
            Refusal: there is none.
        """
        market = self._markets.get(MarketId(ticker))
        if market is None or shard not in {-1, market.shard}:
            raise Refusal("market_not_found")
        return market

    # ---- acts

    def create(self, at: Ns, account: str, wish: Wish) -> dict[str, Any]:
        """Place an order; returns the answer's body.

        Raises:
            Refusal: it is not placed; what was asked for is remembered under its name only if it
                came as far as the engine.
        """
        market = self.market(wish.ticker, wish.shard)
        owner = owner_of(account, wish.subaccount)
        self._check_owner(owner, market.shard)
        if wish.client_order and (account, wish.client_order) in self._names:
            raise Refusal("order_already_exists")
        self._check_trading(at, market)
        self._check_grid(market, wish.price)
        group = self._group(account, wish, market)
        order = self._order(at, owner, wish, group)
        self._check_money(order, market)
        order = self._exchange.place(at, order)
        if order.why is not Why.POST_ONLY:
            self._remember(account, order)
        if order.standing is Standing.REFUSED:
            raise Refusal(*REFUSED[order.why])
        is_ioc = order.tif is TimeInForce.IOC and not order.filled
        if self._rules.ioc_conflicts and is_ioc and order.why is Why.NOTHING_TO_MATCH:
            raise Refusal("immediate_or_cancel_insufficient_resting_volume")
        answer = _answer(order, self._exchange.now)
        if at < self._sweeps_until.get(account, 0):
            self._exchange.cancel(at, order.id)
        return answer

    def cancel(self, at: Ns, account: str, recall: Recall) -> dict[str, Any]:
        """Cancel an order; the answer has no `client_order_id` (demo, 2026-06).

        Raises:
            Refusal: there is nothing to cancel on that shard, or cancels are not taken now.
        """
        order = self.find(account, recall)
        if not order.standing.is_open:
            self._check_cancels(order)
            raise Refusal("not_found")
        self._check_cancels(order)
        reduced = self._exchange.cancel(at, order.id)
        return {"order_id": order.id, "reduced_by": contracts(reduced), "ts_ms": at // MS}

    def cancel_all(self, at: Ns, account: str, subaccount: int | None) -> None:
        """Cancel everything on all shards, of all subaccounts or of one.

        Raises:
            Refusal: cancels are not taken now.
        """
        if not self._rules.takes_cancels:
            raise Refusal("trading_is_paused")
        for order in self.open_orders(account, subaccount):
            self._exchange.cancel(at, order.id)
        self._sweeps_until[account] = at + self._rules.sweep_lasts

    def amend(
        self, at: Ns, account: str, order_id: str, subaccount: int, change: Change
    ) -> dict[str, Any]:
        """Change an order's price, total size or expiry.

        Raises:
            Refusal: it stays as it is.
        """
        market = self.market(change.ticker, change.shard)
        order = self.find(account, Recall(order_id, "", market.shard, subaccount))
        if order.standing is not Standing.RESTING:
            raise Refusal("not_found")
        self._check_same(order, change)
        is_renamed = change.new_client_order not in {"", order.client_id}
        if is_renamed and (account, change.new_client_order) in self._names:
            raise Refusal("order_already_exists")
        self._check_trading(at, market)
        self._check_grid(market, change.price)
        if change.qty <= order.filled:
            raise Refusal("invalid_order_size")
        self._check_more_money(order, market, change)
        before = (order.filled, order.open, order.taker_cost, order.taker_fees)
        self._exchange.amend(
            at, order.id, price=change.price, qty=change.qty, expires_at=change.expires_at
        )
        if change.new_client_order:
            order.client_id = change.new_client_order
            self._remember(account, order)
        return _amended(order, before, at)

    def decrease(
        self, at: Ns, account: str, order_id: str, subaccount: int, cut: Cut
    ) -> dict[str, Any]:
        """Make an order smaller; it keeps its place in line.

        Raises:
            Refusal: there is no such order on that shard, or it would not get smaller.
        """
        order = self.find(account, Recall(order_id, cut.ticker, cut.shard, subaccount))
        self._check_cancels(order)
        if not order.standing.is_open:
            raise Refusal("not_found")
        by = cut.by if cut.by is not None else order.open - (cut.to or 0)
        if by <= 0:
            raise Refusal("invalid_order_size")
        self._exchange.reduce(at, order.id, by)
        return _named(order) | {"remaining_count": contracts(order.open), "ts_ms": at // MS}

    # ---- questions

    def find(self, account: str, recall: Recall) -> ExchangeOrder:
        """Return an account's order, looked for on one shard only.

        Without ticker and shard that is shard 0, whatever the order's market.

        Raises:
            Refusal: it is not there.
        """
        shard = recall.shard
        if shard < 0:
            shard = self.market(recall.ticker).shard if recall.ticker else 0
        order = self._exchange.order(recall.order)
        if order is None or not self.owns(account, order, recall.subaccount):
            raise Refusal("not_found")
        if self._markets[order.market].shard != shard:
            raise Refusal("not_found")
        return order

    def open_orders(self, account: str, subaccount: int | None) -> list[ExchangeOrder]:
        """Return the open orders of an account, of all subaccounts if none is named."""
        numbers = range(MOST_SUBACCOUNTS + 1) if subaccount is None else [subaccount]
        return [
            order
            for number in numbers
            for order in self._exchange.open_orders(owner_of(account, number))
            if order.market in self._markets
        ]

    def owns(self, account: str, order: ExchangeOrder, subaccount: int | None) -> bool:
        """Tell whether an order is an account's, or of one of its subaccounts (None: any)."""
        if order.market not in self._markets:
            return False
        if subaccount is not None:
            return order.account == owner_of(account, subaccount)
        return order.account.partition("/")[0] == account

    # ---- checks

    def _check_owner(self, owner: str, shard: int) -> None:
        if Purse(Venue.KALSHI, shard) not in self._exchange.ledger.purses(owner):
            raise Refusal("user_not_found", NO_USER)

    def _check_trading(self, at: Ns, market: Market) -> None:
        if not self._rules.is_trading(at, market.shard):
            raise Refusal("trading_is_paused")
        status = self._exchange.world.states[market.id].status
        if status in {MarketStatus.CLOSED, MarketStatus.RESOLVED}:
            raise Refusal("market_inactive")
        if status is not MarketStatus.ACTIVE:
            raise Refusal("MARKET_NOT_ACTIVE")

    def _check_cancels(self, order: ExchangeOrder) -> None:
        if not self._rules.takes_cancels:
            raise Refusal("trading_is_paused")
        if not self._exchange.world.states[order.market].is_open:
            raise Refusal("market_inactive")

    def _check_grid(self, market: Market, price: Price) -> None:
        bands = self._exchange.world.states[market.id].bands  # as it is now, not as it was listed
        if not any(b.start <= price <= b.end and not (price - b.start) % b.step for b in bands):
            raise Refusal("invalid_price")

    def _check_money(self, order: ExchangeOrder, market: Market) -> None:
        owner, shard = order.account, market.shard
        resting = [o for o in self._exchange.open_orders(owner) if o.market == market.id]
        order.open = order.qty
        ledger = self._exchange.ledger
        cost = coverage.reserved(ledger, market, [*resting, order])
        more = cost - coverage.reserved(ledger, market, resting)
        if more <= 0 or order.reduce_only:
            return
        if self._exchange.would_take(order):
            more += self._fee(order.price, order.qty, market)
        if more > self._exchange.free_cash(owner, Venue.KALSHI, shard):
            raise Refusal("insufficient_balance")

    def _check_more_money(self, order: ExchangeOrder, market: Market, change: Change) -> None:
        """Refuse a change that would hold back more than is free."""
        owner = order.account
        resting = [o for o in self._exchange.open_orders(owner) if o.market == market.id]
        left = change.qty - order.filled
        then = msgspec.structs.replace(order, price=change.price, open=left)
        changed = [then if o is order else o for o in resting]
        ledger = self._exchange.ledger
        now_held = coverage.reserved(ledger, market, resting)
        more = coverage.reserved(ledger, market, changed) - now_held
        if more > 0 and self._exchange.would_take(then):
            more += self._fee(change.price, left, market)
        if more > max(0, self._exchange.free_cash(owner, Venue.KALSHI, market.shard)):
            raise Refusal("insufficient_balance")

    def _fee(self, price: Price, qty: Qty, market: Market) -> Cash:
        return fee_of(market.fees, price, qty)

    def _check_same(self, order: ExchangeOrder, change: Change) -> None:
        if order.market != change.ticker:
            raise Refusal("order_ticker_mismatch")
        if order.side is not change.side:
            raise Refusal("order_side_mismatch")
        if change.client_order not in {"", order.client_id}:
            raise Refusal("order_id_and_client_order_id_mismatch")

    def _group(self, account: str, wish: Wish, market: Market) -> Group | None:
        if not wish.group:
            return None
        group = self._groups.find(account, wish.group)
        if group.shard != market.shard or group.subaccount != wish.subaccount:
            raise Refusal("not_found")
        if group.is_triggered:
            raise Refusal("invalid_order", "order group was triggered, reset it first")
        return group

    # ---- making

    def _order(self, at: Ns, owner: str, wish: Wish, group: Group | None) -> ExchangeOrder:
        self._made += 1
        return ExchangeOrder(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"order/{owner}/{self._made}/{at}")),
            account=owner,
            market=MarketId(wish.ticker),
            side=wish.side,
            price=wish.price,
            qty=wish.qty,
            tif=wish.tif,
            post_only=wish.post_only,
            reduce_only=wish.reduce_only,
            expires_at=wish.expires_at,
            self_trade=wish.self_trade,
            cancels_on_pause=wish.cancels_on_pause,
            client_id=wish.client_order,
            group=group.id if group is not None else "",
            extra={"subaccount": wish.subaccount},
        )

    def _remember(self, account: str, order: ExchangeOrder) -> None:
        if order.client_id:
            self._names[account, order.client_id] = order.id


def _named(order: ExchangeOrder) -> dict[str, Any]:
    named = {"order_id": order.id}
    return named | ({"client_order_id": order.client_id} if order.client_id else {})


def _averages(qty: Qty, cost: Cash, fees: Cash) -> dict[str, str]:
    if not qty:
        return {}
    fee = (2 * fees * 10**6 + qty) // (2 * qty)  # per contract, in 1e-6 USD
    return {
        "average_fill_price": average(cost, qty),
        "average_fee_paid": fixed_text(fee, 6, at_least=4),
    }


def _answer(order: ExchangeOrder, at: Ns) -> dict[str, Any]:
    """Return what a create answers: no status, and averages only of what traded."""
    body = _named(order) | {
        "fill_count": contracts(order.filled),
        "remaining_count": contracts(order.open),
        "ts_ms": at // MS,
    }
    return body | _averages(order.filled, order.taker_cost, order.taker_fees)


def _amended(order: ExchangeOrder, before: tuple[Qty, Qty, Cash, Cash], at: Ns) -> dict[str, Any]:
    """Return what an amend answers: counts only if it changed them."""
    filled, rest, cost, fees = before
    body = _named(order) | {"ts_ms": at // MS}
    if order.open != rest:
        body["remaining_count"] = contracts(order.open)
    if order.filled != filled:
        body["fill_count"] = contracts(order.filled)
    return body | _averages(order.filled - filled, order.taker_cost - cost, order.taker_fees - fees)
