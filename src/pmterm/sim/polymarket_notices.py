"""Polymarket's notifications: what happened to an account while nobody looked.

Source: the types and payloads that polymarket-client 0.14.0 reads: 1 order cancelled, 2 filled,
4 market resolved, 8 fill failed.
"""

from collections.abc import Callable, Mapping
from typing import Any

from pmterm.model.ids import MarketId
from pmterm.model.units import SECOND, Ns, Qty
from pmterm.sim.exchange_orders import AccountEvent, ExchangeOrder, OrderMoved, Settled, Step
from pmterm.sim.market_state import MarketState
from pmterm.sim.polymarket_account_rows import asked_of, own_price, owner_of, type_of
from pmterm.sim.polymarket_rows import clob_row
from pmterm.sim.polymarket_trade import PolyTrade, TradeStatus
from pmterm.sim.polymarket_words import price_words, size_words

CANCELLED, FILLED, RESOLVED, FAILED = 1, 2, 4, 8
_OF_TRADES = {TradeStatus.MATCHED: FILLED, TradeStatus.FAILED: FAILED}


class Notices:
    """Every notification, by account; `key_of` names an account's API key."""

    def __init__(
        self, states: Mapping[MarketId, MarketState], key_of: Callable[[str], str]
    ) -> None:
        self._states = states
        self._key_of = key_of
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._count = 0

    def hear(self, event: AccountEvent) -> None:
        """Write down that an order was cancelled or a market paid out."""
        if isinstance(event, OrderMoved) and event.step is Step.ENDED:
            order = event.order
            words = self._about(order, event.filled)
            self._put(order.account, CANCELLED, words, event.at, owner_of(order))
        elif isinstance(event, Settled) and event.market in self._states:
            words = _resolved(self._states[event.market])
            self._put(event.account, RESOLVED, words, event.at, self._key_of(event.account))

    def hear_trade(self, trade: PolyTrade) -> None:
        """Write down that orders were filled, or that the settlement of it failed."""
        kind = _OF_TRADES.get(trade.status)
        if kind is None:
            return
        for party in trade.parties:
            if party.order is not None:
                words = self._about(party.order, party.qty) | {
                    "trade_id": trade.id,
                    "transaction_hash": trade.hash,
                }
                owner = owner_of(party.order)
                self._put(party.account, kind, words, trade.updated_at, owner)

    def of_account(self, account: str) -> list[dict[str, Any]]:
        """Return an account's notifications, oldest first."""
        return list(self._rows.get(account, []))

    def drop(self, account: str, ids: list[str]) -> None:
        """Forget some."""
        kept = [row for row in self._rows.get(account, []) if str(row["id"]) not in ids]
        self._rows[account] = kept

    def _put(self, account: str, kind: int, words: dict[str, Any], at: Ns, owner: str) -> None:
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

    def _about(self, order: ExchangeOrder, matched: Qty) -> dict[str, Any]:
        market = self._states[order.market].listing.market
        asked = asked_of(order)
        return {
            "asset_id": market.outcomes[order.outcome].token,
            "market": order.market,
            "order_id": order.id,
            "side": "SELL" if order.is_sale else "BUY",
            "type": type_of(order),
            "price": price_words(own_price(order)),
            "original_size": size_words(asked),
            "matched_size": size_words(matched),
            "remaining_size": size_words(max(0, asked - order.filled)),
            "outcome": market.outcomes[order.outcome].name,
            "outcome_index": order.outcome,
            "transaction_hash": "",
            "trade_id": "",
            "question": market.title,
            "market_slug": market.slug,
            "eventSlug": market.event,
        }


def _resolved(state: MarketState) -> dict[str, Any]:
    blanks = dict.fromkeys(("icon", "image", "fpmm"), "")
    return clob_row(state) | blanks | {"question_id": state.market}
