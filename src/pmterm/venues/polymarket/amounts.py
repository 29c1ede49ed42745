"""What an order gives and wants in the exchange's units, by the venue's table, in integers only.

The exchange knows no price: an order offers `maker` for `taker`, both in 1e-6 of a dollar or share,
and may be matched at any price that gives it at least that much. Source: Polymarket docs, orders,
read 2026-08; polymarket-client 0.14.0; for the precision of market orders, issues 121, 253 and 305
of py-clob-client and 99 of py-clob-client-v2.
"""

from typing import Final

import msgspec

from pmterm.model.order import Side, TimeInForce
from pmterm.model.units import CASH_CENT, PRICE_ONE, Cash, Price, Qty

SIZE_STEP: Final[Qty] = 10_000  # sizes have two decimals, whatever the tick
CRUDE_STEP: Final = 100  # four decimals
# By tick: in what steps the computed side of an order may be written, in 1e-6.
_STEPS: Final = {1_000: 1_000, 100: 100, 50: 10, 25: 1, 10: 10, 1: 1}
TICKS: Final = tuple(_STEPS)


class Amounts(msgspec.Struct, frozen=True):
    """What is given and what is wanted, in 1e-6: dollars and shares for a buy, reverse for a sale.

    `shares` is how many shares that is at the limit price.
    """

    maker: int
    taker: int
    shares: Qty


def is_market_order(tif: TimeInForce) -> bool:
    """Tell whether the venue counts such an order as a market order (its FAK and FOK)."""
    return tif in {TimeInForce.IOC, TimeInForce.FOK}


def limit_amounts(side: Side, price: Price, qty: Qty) -> Amounts:
    """Return the amounts of an order that may rest: exact, of the size in whole hundredths.

    `side` and `price` are the token's own. Dollars need no rounding: a price of four decimals
    times a size of two is a number of six.
    """
    shares = qty - qty % SIZE_STEP
    dollars = price * shares // PRICE_ONE
    return _facing(side, dollars, shares, shares)


def market_amounts(
    side: Side, price: Price, qty: Qty, tick: Price, *, crude: bool = True
) -> Amounts:
    """Return the amounts of a market order for at most `qty` shares at `price`.

    A buyer names dollars: what `qty` costs at the limit, in whole cents, all of which is spent,
    so that a better price brings more shares. What is computed from the named side is rounded down.
    `crude`: to four decimals at most, since the venue has refused more than that of market orders.

    Raises:
        ValueError: no market has such a tick.
    """
    if side is Side.BUY:
        return spend_amounts(price, price * qty // PRICE_ONE, tick, crude=crude)
    shares = _whole(qty, SIZE_STEP)
    dollars = _whole(price * shares // PRICE_ONE, _step(tick, crude=crude))
    return Amounts(shares, dollars, shares)


def spend_amounts(price: Price, dollars: Cash, tick: Price, *, crude: bool = True) -> Amounts:
    """Return the amounts of a market order that spends `dollars`, in whole cents, at `price`.

    Raises:
        ValueError: no market has such a tick.
    """
    spent = _whole(dollars, CASH_CENT)
    shares = _whole(spent * PRICE_ONE // price, _step(tick, crude=crude))
    return Amounts(spent, shares, shares)


def keeps_limit(side: Side, price: Price, amounts: Amounts) -> bool:
    """Tell whether rounding left the limit where it was, on the finest grid there is (1e-4).

    The amounts of a buy imply a price at or just above the limit, so that it meets an ask at
    exactly the limit, and none 1e-4 above; those of a sale one at or just below it.
    """
    if amounts.maker <= 0 or amounts.taker <= 0:
        return False
    if side is Side.BUY:
        given = amounts.maker * PRICE_ONE
        return price * amounts.taker <= given < (price + 1) * amounts.taker
    wanted = amounts.taker * PRICE_ONE
    return (price - 1) * amounts.maker < wanted <= price * amounts.maker


def _facing(side: Side, dollars: int, shares: int, size: Qty) -> Amounts:
    if side is Side.BUY:
        return Amounts(dollars, shares, size)
    return Amounts(shares, dollars, size)


def _step(tick: Price, *, crude: bool) -> int:
    step = _STEPS.get(tick)
    if step is None:
        msg = f"no such tick: {tick}"
        raise ValueError(msg)
    return max(step, CRUDE_STEP) if crude else step


def _whole(amount: int, step: int) -> int:
    return amount - amount % step
