"""Polymarket's notifications: what happened to an account while nobody looked.

Source: polymarket-client 0.14.0's list of types: 1 order cancelled, 2 filled, 4 market resolved,
8 fill failed.
"""

from typing import Any

from pmterm.model.units import SECOND, Ns
from pmterm.sim.exchange_orders import (
    AccountEvent,
    ExchangeOrder,
    Filled,
    OrderMoved,
    Settled,
    Step,
)
from pmterm.sim.polymarket_account_rows import owner_of
from pmterm.sim.polymarket_trades import PolyTrade, TradeStatus
from pmterm.sim.polymarket_words import price_words, size_words

CANCELLED, FILLED, RESOLVED, FAILED = 1, 2, 4, 8


class Notices:
    """Every notification, by account."""

    def __init__(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._count = 0

    def hear(self, event: AccountEvent) -> None:
        """Write down what an account should know."""
        match event:
            case OrderMoved(step=Step.ENDED, order=order):
                self._put(order.account, CANCELLED, _about(order), event.at, owner_of(order))
            case Filled(order=order):
                words = _about(order) | {"size_matched": size_words(event.qty)}
                self._put(order.account, FILLED, words, event.at, owner_of(order))
            case Settled():
                words = {"market": event.market, "payout": size_words(event.cash)}
                self._put(event.account, RESOLVED, words, event.at, "")
            case _:
                pass

    def hear_trade(self, trade: PolyTrade) -> None:
        """Write down a settlement that failed."""
        if trade.status is TradeStatus.FAILED:
            for account in sorted(trade.accounts):
                words = {"market": trade.market, "trade_id": trade.id}
                self._put(account, FAILED, words, trade.updated_at, "")

    def of_account(self, account: str) -> list[dict[str, Any]]:
        """Return an account's notifications, oldest first."""
        return list(self._rows.get(account, []))

    def drop(self, account: str, ids: list[str]) -> None:
        """Forget some."""
        kept = [row for row in self._rows.get(account, []) if str(row["id"]) not in ids]
        self._rows[account] = kept

    def _put(self, account: str, kind: int, words: dict[str, str], at: Ns, owner: str) -> None:
        self._count += 1
        self._rows.setdefault(account, []).append(
            {
                "id": self._count,
                "type": kind,
                "owner": owner,
                "payload": words,
                "timestamp": at // SECOND,
            }
        )


def _about(order: ExchangeOrder) -> dict[str, str]:
    return {
        "order_id": order.id,
        "market": order.market,
        "side": "SELL" if order.is_sale else "BUY",
        "price": price_words(order.own_price),
    }
