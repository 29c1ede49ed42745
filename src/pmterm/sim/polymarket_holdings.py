"""What an account has on Polymarket as the venue sees it: what is on chain, and what is bespoken.

Source: Polymarket docs, orders, read 2026-08: the buys of one market together must be paid for, the
same cash may stand behind another market; shares count once their trade is confirmed.
"""

from pmterm.model.ids import MarketId
from pmterm.model.units import Cash, Qty
from pmterm.sim.accounts import POLYMARKET_PURSE
from pmterm.sim.clob_refusals import ClobRefused, not_allowed, not_covered
from pmterm.sim.coverage import cost_of, offered
from pmterm.sim.exchange import Exchange
from pmterm.sim.exchange_orders import ExchangeOrder
from pmterm.sim.polymarket_signing import domain_of
from pmterm.sim.polymarket_switches import PolymarketSwitches
from pmterm.sim.polymarket_trades import TradeDesk
from pmterm.sim.polymarket_wallets import Wallet


class Holdings:
    """Balances, and whether an order is covered by them."""

    def __init__(self, exchange: Exchange, trades: TradeDesk, switches: PolymarketSwitches) -> None:
        self._exchange = exchange
        self._trades = trades
        self._switches = switches

    def cash(self, wallet: Wallet) -> Cash:
        """Return the collateral on chain: trades that are not confirmed have not moved it."""
        if self._switches.needs_balance_update and "" not in wallet.asked:
            return 0
        account = wallet.account_id
        booked = self._exchange.ledger.cash(account, POLYMARKET_PURSE)
        spent = self._trades.unsettled_cost(account)
        return booked + spent - self._trades.unsettled_proceeds(account)

    def shares(self, wallet: Wallet, market: MarketId, outcome: int, token: str) -> Qty:
        """Return the shares on chain."""
        if self._switches.needs_balance_update and token not in wallet.asked:
            return 0
        account = wallet.account_id
        booked = self._exchange.ledger.holding(account, market, outcome)
        bought = self._trades.unsettled_shares(account, market, outcome)
        return booked - bought + self._trades.unsettled_sales(account, market, outcome)

    def check(self, wallet: Wallet, order: ExchangeOrder, fee: Cash) -> None:
        """Let an order pass that can be paid for, `fee` included.

        Raises:
            ClobRefused: it cannot.
        """
        others = [
            other
            for other in self._exchange.open_orders(order.account)
            if other.market == order.market and other.id != order.id
        ]
        market = self._exchange.world.states[order.market].listing.market
        token = market.outcomes[order.outcome].token
        if order.is_sale:
            balance = self.shares(wallet, order.market, order.outcome, token)
            active = offered(others, order.market, order.outcome)
            matched = self._trades.unsettled_sales(order.account, order.market, order.outcome)
            amount = order.qty
        else:
            balance = self.cash(wallet)
            active = sum(cost_of(other, other.open) for other in others)
            matched = self._trades.unsettled_cost(order.account)
            amount = cost_of(order, order.qty) + fee
        if not wallet.has_allowance:
            spender = domain_of(int(token), neg_risk=market.neg_risk).contract
            raise ClobRefused(not_allowed(spender, amount))
        if active + matched + amount > balance:
            raise ClobRefused(not_covered(balance, active, matched, amount))
