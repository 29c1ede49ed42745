"""Polymarket's trades: made of the accounts' fills, then settled as time passes."""

from collections import defaultdict
from collections.abc import Callable
from functools import partial

from pmterm.model.errors import Impossible
from pmterm.model.ids import MarketId
from pmterm.model.units import Cash, Ns, Qty
from pmterm.sim.accounts import POLYMARKET_PURSE
from pmterm.sim.events import Traded
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import Filled
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_trade import Party, PolyTrade, TradeStatus, trade_of


class TradeDesk:
    """Makes trades of fills and settles them as time passes; `on_trade` hears every step."""

    def __init__(self, exchange: Exchange, switches: PolymarketSwitches) -> None:
        self.trades: dict[str, PolyTrade] = {}
        self.on_trade: list[Callable[[PolyTrade], None]] = []
        self._exchange = exchange
        self._switches = switches
        self._waiting: dict[tuple[MarketId, int], list[Filled]] = defaultdict(list)
        self._by_order: dict[str, list[PolyTrade]] = defaultdict(list)
        self._by_account: dict[str, list[PolyTrade]] = defaultdict(list)
        self._open: dict[str, PolyTrade] = {}

    def hear_fill(self, fill: Filled) -> None:
        """Keep a fill until its print is told: only that says how much the crowd traded with it."""
        self._waiting[fill.order.market, fill.number].append(fill)

    def taker_outcome(self, market: MarketId, number: int) -> int:
        """Return which outcome a print's taker asked for; the crowd does by turns."""
        for fill in self._waiting.get((market, number), ()):
            if not fill.is_maker:
                return fill.order.outcome
            if fill.other is not None:
                return fill.other.outcome
        return number % 2

    def hear_print(self, event: Traded) -> None:
        """Make a trade of a print if accounts had part in it."""
        outcome = self.taker_outcome(event.market, event.number)
        fills = self._waiting.pop((event.market, event.number), [])
        if not fills:
            return
        trade = trade_of(event, fills, outcome)
        self.trades[trade.id] = self._open[trade.id] = trade
        for order_id in {party.order_id for party in trade.parties}:
            self._by_order[order_id].append(trade)
        for account in trade.accounts:
            self._by_account[account].append(trade)
        trade.fails = self._will_fail(trade)
        self._tell(trade)
        steps = (
            (TradeStatus.RETRYING, TradeStatus.FAILED)
            if trade.fails
            else (TradeStatus.MINED, TradeStatus.CONFIRMED)
        )
        delays = (self._switches.mined_after, self._switches.confirmed_after)
        for status, delay in zip(steps, delays, strict=True):
            self._exchange.call_at(event.at + delay, partial(self._move, trade, status))

    def of_account(self, account: str) -> list[PolyTrade]:
        """Return an account's trades, oldest first."""
        return list(self._by_account.get(account, ()))

    def taken_by(self, order_id: str) -> list[PolyTrade]:
        """Return the trades that an incoming order made."""
        return [t for t in self._by_order.get(order_id, ()) if t.taker.order_id == order_id]

    def with_order(self, order_id: str) -> list[str]:
        """Return the ids of the trades an order has part in."""
        return [trade.id for trade in self._by_order.get(order_id, ())]

    def unsettled_shares(self, account: str, market: MarketId, outcome: int) -> Qty:
        """Return what was bought and is not on chain yet: it cannot be sold."""
        return sum(
            party.qty
            for trade, party in self._unsettled(account)
            if trade.market == market and party.outcome == outcome and party.is_buy
        )

    def unsettled_sales(self, account: str, market: MarketId, outcome: int) -> Qty:
        """Return what was sold and is still on chain."""
        return sum(
            party.qty
            for trade, party in self._unsettled(account)
            if trade.market == market and party.outcome == outcome and not party.is_buy
        )

    def unsettled_cost(self, account: str) -> Cash:
        """Return what unsettled buys cost, and the fees of all that is unsettled."""
        return sum(trade.spent.get(account, 0) for trade in self._open.values())

    def unsettled_proceeds(self, account: str) -> Cash:
        """Return what unsettled sales bring, fees aside."""
        return sum(trade.earned.get(account, 0) for trade in self._open.values())

    def _unsettled(self, account: str) -> list[tuple[PolyTrade, Party]]:
        return [
            (trade, party)
            for trade in self._open.values()
            for party in trade.parties
            if party.account == account
        ]

    def _will_fail(self, trade: PolyTrade) -> bool:
        """Tell whether a trade will not settle: somebody wants it so, or a buyer cannot pay.

        The same cash may stand behind orders in two markets, and both may trade in one moment.
        """
        if self._switches.failing_trades:
            self._switches.failing_trades -= 1
            return True
        return any(
            trade.spent.get(account, 0)
            and self._exchange.ledger.cash(account, POLYMARKET_PURSE) + self._refunds(account) < 0
            for account in trade.accounts
        )

    def _refunds(self, account: str) -> Cash:
        return sum(t.spent.get(account, 0) for t in self._open.values() if t.fails)

    def _move(self, trade: PolyTrade, status: TradeStatus, at: Ns) -> None:
        if status is TradeStatus.FAILED:
            try:
                for part in trade.parts:
                    self._exchange.reverse(at, part)
            except Impossible:  # the market has paid out meanwhile: then it did settle
                status = TradeStatus.CONFIRMED
        trade.status, trade.updated_at = status, at
        if status.is_final:
            self._open.pop(trade.id, None)
        self._tell(trade)

    def _tell(self, trade: PolyTrade) -> None:
        for hear in self.on_trade:
            hear(trade)
