"""What a book says in numbers: mid, microprice, spread, imbalance, and the cost of walking it.

All pure. Levels are (price, size) pairs, best first, as `OrderBook` gives them.
"""

from collections.abc import Iterable

import msgspec

from pmterm.model.order import Side
from pmterm.model.units import PPM, PRICE_ONE, Cash, Price, Qty


class Walk(msgspec.Struct, frozen=True):
    """What a taker would get: `filled` contracts for `cash`, the rest not there.

    `average` is rounded against the taker (up for a buyer, down for a seller), `worst` is the
    last price touched; both are 0 if nothing was there. `unfilled` is in contracts for `walk`
    and in 1e-6 USD for `walk_cash`.
    """

    filled: Qty = 0
    unfilled: int = 0
    cash: Cash = 0
    average: Price = 0
    worst: Price = 0


def mid2(best_bid: Price, best_ask: Price) -> int:
    """Return bid + ask, twice the mid; 0 where a side is empty or the book is crossed."""
    if best_bid <= 0 or best_ask >= PRICE_ONE or best_bid >= best_ask:
        return 0
    return best_bid + best_ask


def spread(best_bid: Price, best_ask: Price) -> Price:
    """Return ask - bid; an empty side counts as 0 or 1."""
    return best_ask - best_bid


def microprice2(best_bid: Price, best_ask: Price, bid_qty: Qty, ask_qty: Qty) -> int:
    """Return twice the mid weighted by the other side's size, rounded down; 0 without a mid."""
    both = bid_qty + ask_qty
    if not mid2(best_bid, best_ask) or both <= 0:
        return 0
    return 2 * (best_bid * ask_qty + best_ask * bid_qty) // both


def imbalance(bid_qty: int, ask_qty: int) -> int:
    """Return (bid - ask) / (bid + ask) in millionths; 0 if both are empty."""
    both = bid_qty + ask_qty
    return (bid_qty - ask_qty) * PPM // both if both else 0


def depth_cash(levels: Iterable[tuple[Price, Qty]], side: Side) -> Cash:
    """Return what it costs to sit on these levels: price x size, for asks (1 - price) x size."""
    if side is Side.BUY:
        return sum(price * qty for price, qty in levels) // PRICE_ONE
    return sum((PRICE_ONE - price) * qty for price, qty in levels) // PRICE_ONE


def walk(levels: Iterable[tuple[Price, Qty]], qty: Qty, side: Side) -> Walk:
    """Take `qty` contracts from the other side's `levels`; `side` is the taker's."""
    left, value, worst = qty, 0, 0
    for price, there in levels:
        if left <= 0:
            break
        taken = min(left, there)
        value += price * taken
        left -= taken
        worst = price
    return _walk(qty - left, left, value, worst, side)


def walk_cash(levels: Iterable[tuple[Price, Qty]], cash: Cash, side: Side) -> Walk:
    """Take as much from `levels` as `cash` (1e-6 USD) pays for, or sell until it brings that."""
    left, filled, value, worst = cash * PRICE_ONE, 0, 0, 0
    for price, there in levels:
        taken = min(there, left // price)
        if taken <= 0:
            break
        filled += taken
        value += price * taken
        left -= price * taken
        worst = price
        if taken < there:
            left = 0  # less than one unit of size is no shortage
            break
    return _walk(filled, left // PRICE_ONE, value, worst, side)


def _walk(filled: Qty, unfilled: int, value: int, worst: Price, side: Side) -> Walk:
    if not filled:
        return Walk(unfilled=unfilled)
    if side is Side.BUY:
        return Walk(filled, unfilled, -(-value // PRICE_ONE), -(-value // filled), worst)
    return Walk(filled, unfilled, value // PRICE_ONE, value // filled, worst)
