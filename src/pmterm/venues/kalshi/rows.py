"""Rows about our own account into our words; REST and the user stream use the same names.

Source: Kalshi docs, OpenAPI 3.34.0 and AsyncAPI 2.0.0, read 2026-10, and rows recorded in demo
2026-06. All raise ValueError on what does not fit: a number is never made up.
"""

from pmterm.messages.said import FillSeen, HoldingSeen, OrderSeen
from pmterm.model.ids import Venue, VenueOrderId
from pmterm.model.order import FillState, OrderState, Side
from pmterm.model.text import clean_text
from pmterm.model.units import PRICE_ONE, Cash, Ns, Price, Qty
from pmterm.venues.kalshi import fields
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.refusals import UPDATES
from pmterm.venues.kalshi.translate import NAMES

YES, NO = 0, 1
_SIDES = {"bid": Side.BUY, "yes": Side.BUY, "ask": Side.SELL, "no": Side.SELL}
_EXPIRED = ("ExpiryCancel", "CloseCancel")


def side_of(data: Table) -> Side:
    """Read the direction: `book_side` bid or ask, else `outcome_side` yes or no."""
    told = data.get("book_side") or data.get("outcome_side")
    side = _SIDES.get(told) if isinstance(told, str) else None
    if side is None:
        raise ValueError(f"no side in {clean_text(str(told), 20)!r}")
    return side


def is_of(data: Table, subaccount: int) -> bool:
    """Tell whether a row is of our sub-account; one that does not say counts as ours."""
    told = data.get("subaccount_number", data.get("subaccount"))
    return told is None or told == subaccount


def order_seen(data: Table, at: Ns) -> OrderSeen:
    """Read an order, whole. A resting one's size is what traded and what remains, together.

    Raises:
        ValueError: it does not fit, or its status is none we know.
    """
    filled = fields.qty(data, "fill_count_fp")
    remaining = fields.qty(data, "remaining_count_fp")
    state = _state(data, filled)
    is_working = state in {OrderState.OPEN, OrderState.PARTIAL}
    qty = filled + remaining if is_working else fields.qty(data, "initial_count_fp")
    if not 0 < qty >= filled or (is_working and not remaining):
        raise ValueError(f"an order of {qty} with {filled} filled and {remaining} left")
    told = fields.text(data, "last_update_reason", 40)
    reason = UPDATES.get(told, f"Kalshi says: {told}") if told else ""
    return OrderSeen(
        at,
        Venue.KALSHI,
        VenueOrderId(fields.name(data, "order_id")),
        NAMES[fields.given(data, "ticker")],
        YES,
        side_of(data),
        fields.price(data, "yes_price_dollars"),
        qty,
        filled,
        state,
        fields.name_or_none(data, "client_order_id"),
        reason,
        _updated(data),
    )


def _state(data: Table, filled: Qty) -> OrderState:
    match data.get("status"):
        case "resting":
            return OrderState.PARTIAL if filled else OrderState.OPEN
        case "executed":
            return OrderState.FILLED
        case "canceled":
            is_late = data.get("last_update_reason") in _EXPIRED
            return OrderState.EXPIRED if is_late else OrderState.CANCELLED
        case other:
            raise ValueError(f"unknown order status {clean_text(str(other), 40)!r}")


def _updated(data: Table) -> Ns:
    """Return when an order last changed, cut to milliseconds, which is what all sources tell."""
    told = fields.millis(data, "last_updated_ts_ms") or fields.instant(data, "last_update_time")
    made = fields.millis(data, "created_ts_ms") or fields.instant(data, "created_time")
    moment = told or made
    return moment - moment % 1_000_000


def fill_seen(data: Table, at: Ns) -> FillSeen:
    """Read a fill. REST's `fill_id` is the stream's `trade_id`; fills are settled at once.

    Raises:
        ValueError: it does not fit.
    """
    qty = fields.qty(data, "count_fp")
    if qty == 0:
        raise ValueError("a fill of nothing")
    is_taker = data.get("is_taker")
    if not isinstance(is_taker, bool):
        raise ValueError("a fill without is_taker")  # noqa: TRY004  # one error for all misfits
    ticker = data.get("market_ticker") or data.get("ticker")
    return FillSeen(
        at,
        Venue.KALSHI,
        fields.name(data, "fill_id" if data.get("fill_id") else "trade_id"),
        VenueOrderId(fields.name(data, "order_id")),
        NAMES[ticker if isinstance(ticker, str) else ""],
        YES,
        side_of(data),
        fields.price(data, "yes_price_dollars"),
        qty,
        -1 if data.get("fee_cost") is None else fields.cash(data, "fee_cost"),
        not is_taker,
        FillState.CONFIRMED,
        fields.millis(data, "ts_ms")
        or fields.instant(data, "created_time")
        or fields.seconds(data, "ts"),
        fields.name_or_none(data, "client_order_id"),
    )


def holdings_seen(data: Table, at: Ns) -> tuple[HoldingSeen, HoldingSeen]:
    """Read a position: YES above 0, NO below; so the other outcome holds nothing.

    `average` is on the YES scale and without fees, 0 where nothing is held. REST calls what was
    paid `market_exposure_dollars`, the stream `position_cost_dollars`.

    Raises:
        ValueError: it does not fit.
    """
    ticker = data.get("market_ticker") or data.get("ticker")
    market = NAMES[ticker if isinstance(ticker, str) else ""]
    position = fields.signed_qty(data, "position_fp")
    key = "position_cost_dollars" if "position_cost_dollars" in data else "market_exposure_dollars"
    average = _average(position, fields.cash(data, key)) if position else 0
    return (
        HoldingSeen(
            at, Venue.KALSHI, market, YES, max(position, 0), average if position > 0 else 0
        ),
        HoldingSeen(
            at, Venue.KALSHI, market, NO, max(-position, 0), average if position < 0 else 0
        ),
    )


def _average(position: Qty, paid: Cash) -> Price:
    """Return what one contract cost, in YES prices, rounded to the nearest 1e-4 USD."""
    size = abs(position)
    own = (2 * abs(paid) * PRICE_ONE + size) // (2 * size)
    own = min(own, PRICE_ONE)
    return own if position > 0 else PRICE_ONE - own
