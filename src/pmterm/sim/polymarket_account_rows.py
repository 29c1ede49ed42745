"""An account's orders and trades as Polymarket writes them, in REST rows and stream frames.

Source: Polymarket docs, user channel and trades, read 2026-08; frames recorded 2024 to 2026, their
differences kept: seconds here, milliseconds there, keys that are missing.
"""

from typing import Any

from pmterm.model.market import Market
from pmterm.model.units import MS, SECOND, Ns, Price, Qty
from pmterm.sim.clob_refusals import FOK_KILLED
from pmterm.sim.exchange_orders import ExchangeOrder, Standing, Step, Why
from pmterm.sim.polymarket_trade import (
    Party,
    PolyTrade,
    TradeStatus,
    made_up_address,
    made_up_owner,
)
from pmterm.sim.polymarket_words import price_words, size_words

ENDINGS = {
    Why.ASKED: "CANCELED",
    Why.EXPIRED: "CANCELED_EXPIRED_ORDER",
    Why.GAME_STARTED: "INVALID",
    Why.MARKET_CLOSED: "CANCELED_MARKET_RESOLVED",
    Why.NO_BOOK: "CANCELED_MARKET_NOT_FOUND",
    Why.NOT_COVERED: "CANCELED_NOT_ENOUGH_BALANCE",
    Why.NOTHING_TO_MATCH: "UNMATCHED",
    Why.FILL_OR_KILL: f"CANCELED_{FOK_KILLED}",
}


def owner_of(order: ExchangeOrder) -> str:
    """Return the API key that placed an order."""
    return str(order.extra.get("owner", ""))


def address_of(order: ExchangeOrder) -> str:
    """Return the wallet an order pays from."""
    return str(order.extra.get("maker", ""))


def asked_of(order: ExchangeOrder) -> Qty:
    """Return the size an order was signed for: a market buy's is booked by what its money buys."""
    return int(order.extra.get("shares", order.qty))


def type_of(order: ExchangeOrder) -> str:
    """Return GTC, GTD, FOK or FAK."""
    return str(order.extra.get("type", "GTC"))


def own_price(order: ExchangeOrder) -> Price:
    """Return the price it was signed for."""
    return int(order.extra.get("price", order.own_price))


def open_order(order: ExchangeOrder, market: Market, trades: list[str]) -> dict[str, Any]:
    """Return a row of `/data/orders`."""
    return {
        "id": order.id,
        "status": _status(order),
        "owner": owner_of(order),
        "maker_address": address_of(order),
        "market": market.id,
        "asset_id": market.outcomes[order.outcome].token,
        "side": "SELL" if order.is_sale else "BUY",
        "original_size": size_words(asked_of(order)),
        "size_matched": size_words(order.filled),
        "price": price_words(own_price(order)),
        "outcome": market.outcomes[order.outcome].name,
        "expiration": str(order.extra.get("expiration", "0")),
        "order_type": type_of(order),
        "associate_trades": trades,
        "created_at": order.created_at // SECOND,
    }


def _status(order: ExchangeOrder) -> str:
    if order.standing is Standing.DELAYED:
        return "DELAYED"
    if order.standing.is_open:
        return "LIVE"
    return "MATCHED" if order.filled else ENDINGS.get(order.why, "CANCELED")


def order_frame(  # noqa: PLR0917 - a frame of what is known at one moment
    order: ExchangeOrder, market: Market, step: Step, why: Why, filled: Qty, at: Ns
) -> dict[str, Any]:
    """Return the user stream's frame about an order; `filled` is the size of that moment."""
    owner = owner_of(order)
    kind, status = _kind(step, why, filled)
    frame: dict[str, Any] = {
        "asset_id": market.outcomes[order.outcome].token,
        "associate_trades": None,
        "created_at": str(order.created_at // SECOND),
        "event_type": "order",
        "expiration": str(order.extra.get("expiration", "0")),
        "id": order.id,
        "maker_address": address_of(order),
        "market": market.id,
        "order_owner": owner,
        "order_type": type_of(order),
        "original_size": size_words(asked_of(order)),
        "outcome": market.outcomes[order.outcome].name,
        "owner": owner,
        "price": price_words(own_price(order)),
        "side": "SELL" if order.is_sale else "BUY",
        "size_matched": size_words(filled),
        "status": status,
        "timestamp": str(at // MS),
        "type": kind,
    }
    if why is Why.FILL_OR_KILL:  # as a killed order's frame was recorded
        frame |= {"size_matched": "", "outcome": "", "created_at": ""}
    elif why is Why.GAME_STARTED:  # and one that the venue took off the book
        del frame["event_type"]
        frame |= {"associate_trades": [], "created_at": str(order.created_at // MS)}
    return frame


def update_frame(order: ExchangeOrder, market: Market, filled: Qty, trade: str, at: Ns) -> Any:
    """Return the frame that says how much of an order is matched by now."""
    frame = order_frame(order, market, Step.REDUCED, Why.NONE, filled, at)
    frame["status"] = "MATCHED" if filled >= order.qty else "LIVE"
    frame["associate_trades"] = [trade]
    return frame


def _kind(step: Step, why: Why, filled: Qty) -> tuple[str, str]:
    if why is Why.NOTHING_TO_MATCH and filled:
        return "CANCELLATION", "CANCELED"
    match step:
        case Step.RESTS:
            return "PLACEMENT", "LIVE"
        case Step.DELAYED:
            return "UPDATE", "DELAYED"
        case Step.REFUSED | Step.ENDED:
            return "CANCELLATION", ENDINGS.get(why, f"CANCELED_{why.value}")
        case _:
            return "UPDATE", "LIVE"


def roles_in(trade: PolyTrade, account: str) -> list[str]:
    """Return what an account is in a trade: TAKER, MAKER, or both if it met itself."""
    roles = ["TAKER"] if trade.taker.account == account else []
    is_maker = any(maker.account == account for maker in trade.makers)
    return [*roles, "MAKER"] if is_maker else roles


def trade_row(
    trade: PolyTrade, market: Market, role: str, *, names_sides: bool = True
) -> dict[str, Any]:
    """Return a row of `/data/trades` for who has that role in it."""
    taker = trade.taker
    return {
        "id": trade.id,
        "taker_order_id": taker.order_id,
        "market": market.id,
        "asset_id": market.outcomes[taker.outcome].token,
        "side": "BUY" if taker.is_buy else "SELL",
        "size": size_words(taker.qty),
        "fee_rate_bps": "0",
        "price": price_words(taker.price),
        "status": trade.status.value,
        "match_time": str(trade.at // SECOND),
        "last_update": str(trade.updated_at // SECOND),
        "outcome": market.outcomes[taker.outcome].name,
        "bucket_index": 0,
        "owner": _owner(taker),
        "maker_address": _address(taker),
        "transaction_hash": trade.hash,
        "maker_orders": [
            _maker_order(maker, market, names_side=names_sides) for maker in trade.makers
        ],
        "trader_side": role,
    }


def trade_frame(
    trade: PolyTrade, market: Market, role: str, *, names_sides: bool = True
) -> dict[str, Any]:
    """Return the user stream's frame about a trade as it stands, for who has that role in it.

    As seen: no hash before a block has it, `timestamp` in seconds once confirmed and in
    milliseconds before, `matchtime` for `match_time` in frames of 2026.
    """
    frame = trade_row(trade, market, role, names_sides=names_sides)
    is_late = trade.status is TradeStatus.CONFIRMED
    frame |= {
        "event_type": "trade",
        "type": "TRADE",
        "trade_owner": frame["owner"],
        "timestamp": str(trade.updated_at // (SECOND if is_late else MS)),
    }
    if not trade.hash:
        del frame["transaction_hash"]
    if trade.status is TradeStatus.MINED:
        frame["matchtime"] = frame.pop("match_time")
    return frame


def _maker_order(maker: Party, market: Market, *, names_side: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "order_id": maker.order_id,
        "owner": _owner(maker),
        "maker_address": _address(maker),
        "matched_amount": size_words(maker.qty),
        "price": price_words(maker.price),
        "fee_rate_bps": "0",
        "asset_id": market.outcomes[maker.outcome].token,
        "outcome": market.outcomes[maker.outcome].name,
    }
    if names_side:
        row["side"] = "BUY" if maker.is_buy else "SELL"
    return row


def _owner(party: Party) -> str:
    return owner_of(party.order) if party.order is not None else made_up_owner(party.order_id)


def _address(party: Party) -> str:
    return address_of(party.order) if party.order is not None else made_up_address(party.order_id)
