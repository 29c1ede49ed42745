"""The exact bytes of Kalshi's V2 orders: limit orders on the YES leg, all numbers as strings.

Source: Kalshi docs, OpenAPI 3.34.0, read 2026-10, and orders recorded in demo 2026-06 (a JSON
number is refused there).
"""

import re
from typing import Final

import msgspec

from pmterm.messages.orders import Intent
from pmterm.model.errors import VenueRefused
from pmterm.model.market import Market
from pmterm.model.order import Side, TimeInForce
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND, Price, Qty, contracts_text, fixed_text, price_text
from pmterm.venues.kalshi.metadata import SMALLEST_QTY

TAKER_AT_CROSS: Final = "taker_at_cross"
_NAME = re.compile(r"[A-Za-z0-9_:+=/-]{1,64}", re.ASCII)
_TIFS = {
    TimeInForce.GTC: "good_till_canceled",
    TimeInForce.GTD: "good_till_canceled",
    TimeInForce.IOC: "immediate_or_cancel",
    TimeInForce.FOK: "fill_or_kill",
}
_AT_ONCE = frozenset({TimeInForce.IOC, TimeInForce.FOK})


class House(msgspec.Struct, frozen=True):
    """What every order of this account says.

    `self_trade`: which side gives way to an order of our own, "taker_at_cross" or "maker".
    `cancels_on_pause`: resting orders do not outlive a pause of trading. `group_contracts`: orders
    go into order groups of our own, in which so many may fill within 15 s; 0: into none.
    """

    subaccount: int = 0
    self_trade: str = TAKER_AT_CROSS
    cancels_on_pause: bool = False
    group_contracts: Qty = 0


class Placed(msgspec.Struct, frozen=True):
    """What an order's bytes ask for, read back from them."""

    ticker: str
    side: str
    count: str
    price: str
    client_order_id: str


placed_decoder = msgspec.json.Decoder(Placed)


def dollars(price: Price) -> str:
    """Write a price: dollars with four decimals."""
    return fixed_text(price, 4, at_least=4)


def contracts(qty: Qty) -> str:
    """Write a size: contracts with two decimals."""
    return fixed_text(qty, 6, at_least=2)


def book_side(side: Side) -> str:
    """Write a direction on the YES leg: an ask sells YES, which is to buy NO."""
    return "bid" if side is Side.BUY else "ask"


def order_body(intent: Intent, market: Market, house: House, group: str = "") -> str:
    """Write the body that places an order; the same for the same order.

    Raises:
        VenueRefused: Kalshi does not take such an order; in words, before anything is sent.
    """
    check_name(intent.order)
    check_terms(intent)
    check_price(market, intent.price)
    check_size(market, intent.qty)
    body: dict[str, object] = {
        "ticker": market.id,
        "side": book_side(intent.side),
        "count": contracts(intent.qty),
        "price": dollars(intent.price),
        "time_in_force": _TIFS[intent.tif],
        "self_trade_prevention_type": house.self_trade,
        "client_order_id": intent.order,
    }
    if intent.tif is TimeInForce.GTD:
        body["expiration_time"] = expiry(intent)
    if intent.post_only:
        body["post_only"] = True
    if intent.reduce_only:
        body["reduce_only"] = True
    if house.cancels_on_pause and intent.tif not in _AT_ONCE:
        body["cancel_order_on_pause"] = True
    if group:
        body["order_group_id"] = group
    return encode({**body, **place_of(market, house)})


def amend_body(intent: Intent, market: Market) -> str:
    """Write the body that amends: `count` is the new total, what has traded included.

    An expiry is only sent where one is wanted: without it the order keeps its own.

    Raises:
        VenueRefused: Kalshi does not take such a price, size or expiry.
    """
    check_price(market, intent.price)
    check_size(market, intent.qty)
    body: dict[str, object] = {
        "ticker": market.id,
        "side": book_side(intent.side),
        "price": dollars(intent.price),
        "count": contracts(intent.qty),
    }
    if intent.tif is TimeInForce.GTD:
        body["expiration_time"] = expiry(intent)
    shard = {"exchange_index": market.shard} if market.shard else {}
    return encode({**body, **shard})


def place_of(market: Market, house: House) -> dict[str, object]:
    """Write where an order goes: shard 0 is left out, for then Kalshi routes by ticker."""
    shard: dict[str, object] = {"exchange_index": market.shard} if market.shard else {}
    return {**shard, "subaccount": house.subaccount} if house.subaccount else shard


def encode(body: object) -> str:
    """Write JSON."""
    return msgspec.json.encode(body).decode()


def check_name(name: str) -> None:
    """Raise VenueRefused unless `name` can be a `client_order_id`."""
    if not _NAME.fullmatch(name):
        raise VenueRefused(
            f"the order's name {clean_text(name, 70)!r} is none that Kalshi takes.",
            "It may have up to 64 letters, digits and _ - : + = / and no other signs.",
        )


def check_terms(intent: Intent) -> None:
    """Raise VenueRefused where the kinds of an order contradict each other."""
    if intent.post_only and intent.tif in _AT_ONCE:
        raise VenueRefused(
            f"an order cannot rest only (post-only) and trade at once ({intent.tif.upper()}).",
            "Leave out one of them.",
        )
    if intent.reduce_only and intent.tif is not TimeInForce.IOC:
        raise VenueRefused(
            f"Kalshi takes reduce-only for IOC orders alone, not for {intent.tif.upper()}.",
            "Use IOC, or leave reduce-only off.",
        )


def check_price(market: Market, price: Price) -> None:
    """Raise VenueRefused unless an order may stand at `price`."""
    if market.is_on_grid(price):
        return
    below, above = market.snap(price, up=False), market.snap(price, up=True)
    raise VenueRefused(
        f"{price_text(price)} is not on this market's grid.",
        f"The next prices are {price_text(below)} and {price_text(above)}.",
    )


def check_size(market: Market, qty: Qty) -> None:
    """Raise VenueRefused unless Kalshi takes that size."""
    least = max(market.min_qty, SMALLEST_QTY)
    if qty < least:
        raise VenueRefused(
            f"{contracts_text(qty)}: too few.",
            f"The smallest order is {fixed_text(least, 6)}.",
        )
    if qty % SMALLEST_QTY:
        raise VenueRefused(
            f"{contracts_text(qty)}: finer than Kalshi counts.",
            "Use steps of 0.01 contracts.",
        )


def expiry(intent: Intent) -> int:
    """Return when an order ends, in whole seconds, never later than was asked.

    Raises:
        VenueRefused: there is no such time, or it has passed.
    """
    end = intent.expires_at // SECOND
    if end * SECOND <= intent.at:
        raise VenueRefused("the order's expiry is missing or over.", "Give it a later one.")
    return end
