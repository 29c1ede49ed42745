"""How Kalshi writes an account's orders and fills, in answers and on the stream.

Source: Kalshi docs, OpenAPI 3.34 and AsyncAPI 2.0.0, read 2026-10; rows recorded from the demo
exchange 2026-06. Side and action are deprecated but still sent.
"""

import uuid
from functools import lru_cache
from typing import Any

import msgspec

from pmterm.model.order import Side
from pmterm.model.units import CASH_CENT, MS, PRICE_ONE, SECOND, Cash, Ns, Price, Qty, fixed_text
from pmterm.sim.exchange_orders import (
    ExchangeOrder,
    Filled,
    OrderMoved,
    Settled,
    Standing,
    Step,
    Why,
)
from pmterm.sim.kalshi_holdings import Holding
from pmterm.sim.kalshi_words import contracts, dollars, instant, result_word

REASONS = {
    Why.OWN_ORDER: "SelfTradeCancel",
    Why.EXPIRED: "ExpiryCancel",
    Why.MARKET_CLOSED: "CloseCancel",
    Why.PAUSED: "HaltCancel",
    Why.DEACTIVATED: "HaltCancel",
    Why.POST_ONLY: "PostOnlyCrossCancel",
    Why.REDUCE_ONLY: "ReduceOnlyCancel",
    Why.AMENDED: "Amend",
}


def money(cash: Cash) -> str:
    """Write an amount: dollars with six decimals."""
    return fixed_text(cash, 6, at_least=6)


@lru_cache(maxsize=1_000)
def user_uuid(account: str) -> str:
    """Make up the UUID of an account's owner."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"user/{account}"))


def subaccount_of(order: ExchangeOrder) -> int:
    """Return the number of the subaccount an order was placed for."""
    number: int = order.extra.get("subaccount", 0)
    return number


def direction(side: Side) -> dict[str, str]:
    """Say which way in every spelling: what a bid is on the YES leg."""
    if side is Side.BUY:
        return {"outcome_side": "yes", "book_side": "bid"}
    return {"outcome_side": "no", "book_side": "ask"}


def legacy(side: Side) -> dict[str, str]:
    """Say it in the deprecated spelling: always of YES."""
    return {"side": "yes", "action": "buy" if side is Side.BUY else "sell"}


class Sums(msgspec.Struct, frozen=True):
    """What an order's trades cost up to a moment, in 1e-6 USD."""

    taker_cost: Cash = 0
    maker_cost: Cash = 0
    taker_fees: Cash = 0
    maker_fees: Cash = 0

    def filled(self, event: Filled) -> "Sums":
        """Return them with one more trade; the cost is that of the YES leg."""
        cost = event.price * event.qty // PRICE_ONE
        if event.is_maker:
            return msgspec.structs.replace(
                self, maker_cost=self.maker_cost + cost, maker_fees=self.maker_fees + event.fee
            )
        return msgspec.structs.replace(
            self, taker_cost=self.taker_cost + cost, taker_fees=self.taker_fees + event.fee
        )


def status(event: OrderMoved | Filled) -> str:
    """Return the word for where an order stood at that moment."""
    if event.open:
        return "resting"
    return "executed" if event.order.standing is Standing.FILLED else "canceled"


def average(cash: Cash, qty: Qty, places: int = 4) -> str:
    """Write what one contract cost on average, rounded half up."""
    scale: int = 10**places
    return fixed_text((2 * cash * scale + qty) // (2 * qty), places, at_least=places)


def both_prices(price: Price) -> dict[str, str]:
    """Write a price for both outcomes."""
    return {
        "yes_price_dollars": dollars(price),
        "no_price_dollars": dollars(PRICE_ONE - price),
    }


def _state(event: OrderMoved | Filled, sums: Sums) -> dict[str, Any]:
    """Return what rows and frames have in common, as of that moment."""
    order = event.order
    return {
        "order_id": order.id,
        "user_id": user_uuid(order.account),
        "client_order_id": order.client_id,
        "ticker": order.market,
        "status": status(event),
        "self_trade_prevention_type": order.self_trade.value,
        "subaccount_number": subaccount_of(order),
        "initial_count_fp": contracts(order.qty),
        "fill_count_fp": contracts(event.filled),
        "remaining_count_fp": contracts(event.open),
        "taker_fill_cost_dollars": money(sums.taker_cost),
        "maker_fill_cost_dollars": money(sums.maker_cost),
        "taker_fees_dollars": money(sums.taker_fees),
        "maker_fees_dollars": money(sums.maker_fees),
        **direction(order.side),
        **({"order_group_id": order.group} if order.group else {}),
    }


def order_row(event: OrderMoved | Filled, sums: Sums, shard: int) -> dict[str, Any]:
    """Return an order as lists and single reads show it."""
    order = event.order
    row = _state(event, sums) | legacy(order.side) | both_prices(order.price)
    row |= {
        "type": "limit",
        "created_time": instant(order.created_at),
        "last_update_time": instant(event.at),
        "cancel_order_on_pause": order.cancels_on_pause,
        "exchange_index": shard,
    }
    if order.expires_at:
        row["expiration_time"] = instant(order.expires_at)
    return row


def fill_row(event: Filled, shard: int) -> dict[str, Any]:
    """Return a fill, as lists show it: it has no `client_order_id`."""
    trade = event.trade_id
    row = {
        "fill_id": trade,
        "trade_id": trade,
        "order_id": event.order.id,
        "ticker": event.order.market,
        "market_ticker": event.order.market,
        "exchange_index": shard,
        "count_fp": contracts(event.qty),
        "is_taker": not event.is_maker,
        "fee_cost": money(event.fee),
        "created_time": instant(event.at),
        "ts": event.at // SECOND,
        "subaccount_number": subaccount_of(event.order),
    }
    side = event.order.side
    return row | direction(side) | _fill_legacy(side) | both_prices(event.price)


def _fill_legacy(side: Side) -> dict[str, str]:
    # on fills the deprecated side is the outcome that was acquired, and the action is no sign
    return {"side": "yes" if side is Side.BUY else "no", "action": "buy"}


def fill_body(event: Filled, shard: int) -> dict[str, Any]:
    """Return a fill as the stream tells it."""
    body = {
        "trade_id": event.trade_id,
        "order_id": event.order.id,
        "market_ticker": event.order.market,
        "exchange_index": shard,
        "is_taker": not event.is_maker,
        "yes_price_dollars": dollars(event.price),
        "count_fp": contracts(event.qty),
        "fee_cost": money(event.fee),
        "post_position_fp": contracts(event.position),
        "ts": event.at // SECOND,
        "ts_ms": event.at // MS,
        "subaccount": subaccount_of(event.order),
    }
    if event.order.client_id:
        body["client_order_id"] = event.order.client_id
    side = event.order.side
    legacy_side = _fill_legacy(side)
    return body | direction(side) | legacy_side | {"purchased_side": legacy_side["side"]}


def reason_of(event: OrderMoved | Filled) -> str:
    """Return the stream's word for why an order changed, "" where it has none."""
    if isinstance(event, Filled):
        return "Trade"
    if event.why in REASONS:
        return REASONS[event.why]
    return {Step.REDUCED: "Decrease", Step.AMENDED: "Amend"}.get(event.step, "")


def user_order_body(event: OrderMoved | Filled, sums: Sums, shard: int) -> dict[str, Any]:
    """Return an order's whole state as the stream tells it."""
    order = event.order
    body = _state(event, sums) | {
        "exchange_index": shard,
        "yes_price_dollars": dollars(order.price),
        "created_ts_ms": order.created_at // MS,
        "last_updated_ts_ms": event.at // MS,
        "side": "yes" if order.side is Side.BUY else "no",
        "is_yes": order.side is Side.BUY,
        "created_time": instant(order.created_at),
        "last_update_time": instant(event.at),
    }
    if order.expires_at:
        body["expiration_ts_ms"] = order.expires_at // MS
        body["expiration_time"] = instant(order.expires_at)
    reason = reason_of(event)
    if reason:
        body["last_update_reason"] = reason
    return body


def position_body(holding: Holding, account: str, subaccount: int) -> dict[str, Any]:
    """Return a position as the stream tells it."""
    return {
        "user_id": user_uuid(account),
        "market_ticker": holding.market,
        "position_fp": contracts(holding.qty),
        "position_cost_dollars": money(holding.exposure),
        "realized_pnl_dollars": money(holding.pnl),
        "fees_paid_dollars": money(holding.fees),
        "position_fee_cost_dollars": money(holding.fees if holding.qty else 0),
        "volume_fp": contracts(holding.volume),
        "subaccount": subaccount,
    }


def position_row(holding: Holding, shard: int) -> dict[str, Any]:
    """Return a position as lists show it."""
    return {
        "ticker": holding.market,
        "exchange_index": shard,
        "position_fp": contracts(holding.qty),
        "market_exposure_dollars": money(holding.exposure),
        "total_traded_dollars": money(holding.traded),
        "realized_pnl_dollars": money(holding.pnl),
        "fees_paid_dollars": money(holding.fees),
        "last_updated_ts": instant(holding.at),
        "settlement_status": "settled" if holding.is_settled else "unsettled",
    }


def settlement_row(held: Holding, event: Settled, shard: int, event_ticker: str) -> dict[str, Any]:
    """Return a payment; `value` is that of one YES, in cents, whatever was held."""
    return {
        "ticker": event.market,
        "event_ticker": event_ticker,
        "exchange_index": shard,
        "market_result": result_word(event.payout),
        "yes_count_fp": contracts(max(0, held.qty)),
        "yes_total_cost_dollars": money(held.exposure if held.qty > 0 else 0),
        "no_count_fp": contracts(max(0, -held.qty)),
        "no_total_cost_dollars": money(held.exposure if held.qty < 0 else 0),
        "revenue": event.cash // CASH_CENT,
        "value": event.payout // 100,
        "fee_cost": money(held.fees),
        "settled_time": instant(event.at),
    }


def group_body(what: str, group: str, limit: Qty, at: Ns) -> dict[str, Any]:
    """Return what the stream tells of an order group; the limit where it is news."""
    body: dict[str, Any] = {"event_type": what, "order_group_id": group, "ts_ms": at // MS}
    if what in {"created", "limit_updated"}:
        body["contracts_limit_fp"] = contracts(limit)
    return body
