"""What stands in the bodies of Kalshi's order calls, read as strictly as the venue reads them.

Source: Kalshi docs, orders, read 2026-10; the words of its JSON library as recorded 2026-06.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import PRICE_ONE, QTY_ONE, SECOND, Ns, Price, Qty, parse_fixed
from pmterm.sim.kalshi_refusals import Refusal, Undecodable
from pmterm.sim.matching import SelfTrade

TEXT, NUMBER, FLAG, ROWS = "string", "int64", "bool", "[]struct"
CLIENT_ORDER_ID = re.compile(r"[A-Za-z0-9_\-:+=/]{1,64}", re.ASCII)
SIDES = {"bid": Side.BUY, "ask": Side.SELL}
TIMES_IN_FORCE = {
    "good_till_canceled": TimeInForce.GTC,
    "immediate_or_cancel": TimeInForce.IOC,
    "fill_or_kill": TimeInForce.FOK,
}
SELF_TRADES = {"taker_at_cross": SelfTrade.TAKER, "maker": SelfTrade.MAKER}
CREATE = {
    "ticker": TEXT,
    "side": TEXT,
    "count": TEXT,
    "price": TEXT,
    "time_in_force": TEXT,
    "self_trade_prevention_type": TEXT,
    "client_order_id": TEXT,
    "expiration_time": NUMBER,
    "post_only": FLAG,
    "reduce_only": FLAG,
    "cancel_order_on_pause": FLAG,
    "subaccount": NUMBER,
    "order_group_id": TEXT,
    "exchange_index": NUMBER,
}
AMEND = {
    "ticker": TEXT,
    "side": TEXT,
    "price": TEXT,
    "count": TEXT,
    "client_order_id": TEXT,
    "updated_client_order_id": TEXT,
    "expiration_time": NUMBER,
    "exchange_index": NUMBER,
}
DECREASE = {
    "reduce_by": TEXT,
    "reduce_to": TEXT,
    "market_ticker": TEXT,
    "exchange_index": NUMBER,
}
CANCEL = {
    "order_id": TEXT,
    "subaccount": NUMBER,
    "exchange_index": NUMBER,
    "market_ticker": TEXT,
}
BATCH = {"orders": ROWS}
GROUP = {
    "contracts_limit": NUMBER,
    "contracts_limit_fp": TEXT,
    "subaccount": NUMBER,
    "exchange_index": NUMBER,
}
MOST_IN_GROUP = 1_000_000 * QTY_ONE
NO_EXPIRY: Ns = 0


class Wish(msgspec.Struct, frozen=True):
    """An order as it was asked for. `shard` is -1 where it is to follow from the ticker.

    `expires_at` 0: never. Prices and sides are on the YES leg.
    """

    ticker: str
    side: Side
    qty: Qty
    price: Price
    tif: TimeInForce
    self_trade: SelfTrade
    client_order: str = ""
    expires_at: Ns = NO_EXPIRY
    post_only: bool = False
    reduce_only: bool = False
    cancels_on_pause: bool = False
    subaccount: int = 0
    group: str = ""
    shard: int = -1


class Change(msgspec.Struct, frozen=True):
    """An order as it is to be from now on. `qty` counts what is filled already.

    `expires_at` None leaves it as it is, 0 is never; `new_client_order` "" leaves the name.
    """

    ticker: str
    side: Side
    price: Price
    qty: Qty
    client_order: str = ""
    new_client_order: str = ""
    expires_at: Ns | None = None
    shard: int = -1


class Cut(msgspec.Struct, frozen=True):
    """By how much an order is to shrink, or to what; the other is None."""

    by: Qty | None
    to: Qty | None
    ticker: str = ""
    shard: int = -1


class Recall(msgspec.Struct, frozen=True):
    """An order to be cancelled, and where to look for it."""

    order: str
    ticker: str = ""
    shard: int = -1
    subaccount: int = 0


def decode(raw: bytes) -> Any:
    """Read JSON.

    Raises:
        Undecodable: it is none.
    """
    if not raw.strip():
        raise Undecodable("EOF")
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as err:
        first = raw.strip()[:1].decode("latin-1")
        raise Undecodable(f"invalid character '{first}' looking for beginning of value") from err


def fields(value: Any, call: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the known fields of a body; unknown ones and nulls are left out.

    Raises:
        Undecodable: a field has another JSON type than the venue's (`1` where `"1.00"` belongs).
    """
    if not isinstance(value, dict):
        raise Undecodable(
            f"json: cannot unmarshal {_json_name(value)} into Go value of type {call}"
        )
    found: dict[str, Any] = {}
    for name, given in value.items():
        kind = kinds.get(name)
        if kind is None or given is None:
            continue
        if _json_name(given) != _JSON_NAMES[kind] or (kind == NUMBER and type(given) is not int):
            field = f"Go struct field {call}.{name} of type {kind}"
            raise Undecodable(f"json: cannot unmarshal {_json_name(given)} into {field}")
        found[name] = given
    return found


_JSON_NAMES = {TEXT: "string", NUMBER: "number", FLAG: "bool", ROWS: "array"}


def _json_name(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def demand(found: Mapping[str, Any], *names: str) -> None:
    """Refuse a body without all of `names`."""
    for name in names:
        if found.get(name) in {None, ""}:
            raise Refusal("missing_parameters", f"{name} is required")


def choose(found: Mapping[str, Any], name: str, among: Mapping[str, Any]) -> Any:
    """Return what a word of a fixed set stands for."""
    if found[name] not in among:
        field = name.title().replace("_", "")
        words = f"Field validation for '{field}' failed on the 'oneof' tag"
        raise Refusal("invalid_parameters", words)
    return among[found[name]]


def read_wish(value: Any, now: Ns, call: str = "CreateOrderV2Request") -> Wish:
    """Read the body of a create.

    Raises:
        Undecodable: a field has the wrong JSON type.
        Refusal: something is missing or makes no sense in itself; the market is not looked at.
    """
    found = fields(value, call, CREATE)
    demand(found, "ticker", "side", "count", "price", "time_in_force", "self_trade_prevention_type")
    wish = Wish(
        ticker=found["ticker"],
        side=choose(found, "side", SIDES),
        qty=read_count(found["count"]),
        price=read_price(found["price"]),
        tif=choose(found, "time_in_force", TIMES_IN_FORCE),
        self_trade=choose(found, "self_trade_prevention_type", SELF_TRADES),
        client_order=read_client_order(found.get("client_order_id", "")),
        expires_at=found.get("expiration_time", 0) * SECOND,
        post_only=found.get("post_only", False),
        reduce_only=found.get("reduce_only", False),
        cancels_on_pause=found.get("cancel_order_on_pause", False),
        subaccount=found.get("subaccount", 0),
        group=found.get("order_group_id", ""),
        shard=found.get("exchange_index", -1),
    )
    _check(wish, now, has_expiry="expiration_time" in found)
    return wish


def _check(wish: Wish, now: Ns, *, has_expiry: bool) -> None:
    if has_expiry and wish.tif is not TimeInForce.GTC:
        words = "expiration_time can only be used with good_till_canceled orders"
        raise Refusal("invalid_order", words)
    if has_expiry and wish.expires_at <= now:
        raise Refusal("invalid_order", "expiration_time must be in the future")
    if wish.reduce_only and wish.tif is not TimeInForce.IOC:
        # these words: rejects seen in production, 2026-08
        raise Refusal("invalid_order", "reduce_only can only be used with IoC orders")
    if wish.post_only and wish.tif is not TimeInForce.GTC:
        raise Refusal("invalid_order", "post_only can only be used with GTC orders")
    if not 0 <= wish.subaccount <= 63:
        raise Refusal("invalid_parameters")


def read_change(value: Any, now: Ns) -> Change:
    """Read the body of an amend.

    Raises:
        Undecodable: a field has the wrong JSON type.
        Refusal: something is missing or makes no sense in itself.
    """
    found = fields(value, "AmendOrderV2Request", AMEND)
    demand(found, "ticker", "side", "price", "count")
    expires_at = found["expiration_time"] * SECOND if "expiration_time" in found else None
    if expires_at and expires_at <= now:
        raise Refusal("invalid_order", "expiration_time must be in the future")
    return Change(
        ticker=found["ticker"],
        side=choose(found, "side", SIDES),
        price=read_price(found["price"]),
        qty=read_count(found["count"]),
        client_order=found.get("client_order_id", ""),
        new_client_order=read_client_order(found.get("updated_client_order_id", "")),
        expires_at=expires_at,
        shard=found.get("exchange_index", -1),
    )


def read_cut(value: Any) -> Cut:
    """Read the body of a decrease: `reduce_by` or `reduce_to`, not both.

    Raises:
        Undecodable: a field has the wrong JSON type.
        Refusal: neither is there, or both are, or it is no size.
    """
    found = fields(value, "DecreaseOrderV2Request", DECREASE)
    if ("reduce_by" in found) == ("reduce_to" in found):
        raise Refusal("invalid_parameters", "exactly one of reduce_by and reduce_to is required")
    target = found.get("reduce_to")
    is_nothing = target is not None and not target.strip("0.")
    return Cut(
        by=read_count(found["reduce_by"]) if "reduce_by" in found else None,
        to=None if target is None else 0 if is_nothing else read_count(target),
        ticker=found.get("market_ticker", ""),
        shard=found.get("exchange_index", -1),
    )


def read_recalls(value: Any) -> list[Recall]:
    """Read the body of a batch of cancels.

    Raises:
        Undecodable: a field has the wrong JSON type.
        Refusal: there is none, or one names no order.
    """
    recalls = []
    for row in rows_of(value, "BatchCancelOrdersV2Request"):
        found = fields(row, "BatchCancelOrdersV2Request.orders", CANCEL)
        demand(found, "order_id")
        recalls.append(
            Recall(
                found["order_id"],
                found.get("market_ticker", ""),
                found.get("exchange_index", -1),
                found.get("subaccount", 0),
            )
        )
    return recalls


def rows_of(value: Any, call: str) -> list[Any]:
    """Return the orders of a batch.

    Raises:
        Undecodable: they are no list.
        Refusal: there is none.
    """
    rows: list[Any] = fields(value, call, BATCH).get("orders", [])
    if not rows:
        raise Refusal("missing_parameters", "orders is required")
    return rows


def read_count(text: str) -> Qty:
    """Read a size in contracts: more than 0, at most 2 decimals.

    Raises:
        Refusal: it is not.
    """
    try:
        qty = parse_fixed(text, 2) * (QTY_ONE // 100)
    except ValueError as err:
        raise Refusal("invalid_order_size") from err
    if qty <= 0:
        raise Refusal("invalid_order_size")
    return qty


def read_price(text: str) -> Price:
    """Read a price in dollars, between 0 and 1, at most 4 decimals.

    Raises:
        Refusal: it is not.
    """
    try:
        price = parse_fixed(text, 4)
    except ValueError as err:
        raise Refusal("invalid_price") from err
    if not 0 < price < PRICE_ONE:
        raise Refusal("invalid_price")
    return price


def read_client_order(text: str) -> str:
    """Read our name of an order: up to 64 of `A-Z a-z 0-9 _ - : + = /`, or nothing.

    Raises:
        Refusal: it has other characters, or too many.
    """
    if text and not CLIENT_ORDER_ID.fullmatch(text):
        raise Refusal("invalid_parameters", "client_order_id is not valid")
    return text


def read_group_limit(value: Any, call: str) -> Qty:
    """Read how many contracts a group may fill within 15 s: 1 to 1 000 000.

    Raises:
        Undecodable: a field has the wrong JSON type.
        Refusal: there is no such number.
    """
    found = fields(value, call, GROUP)
    if "contracts_limit_fp" in found:
        limit = read_count(found["contracts_limit_fp"])
    else:
        demand(found, "contracts_limit")
        limit = found["contracts_limit"] * QTY_ONE
    if not QTY_ONE <= limit <= MOST_IN_GROUP:
        raise Refusal("invalid_parameters", "contracts_limit must be between 1 and 1000000")
    return limit
