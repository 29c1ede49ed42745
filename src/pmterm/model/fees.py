"""A fee schedule and what it costs."""

from enum import StrEnum
from typing import Final

import msgspec

from pmterm.model.units import CASH_CENT, PPM, PRICE_ONE, Cash, Price, Qty

SMALLEST_FILL: Qty = 10_000  # 0.01 contracts (Kalshi, since 2026-04-17)


class FeeKind(StrEnum):
    """Which formula a venue uses."""

    NONE = "none"
    KALSHI = "kalshi"
    POLYMARKET = "polymarket"
    UNKNOWN = "unknown"  # not told: counted at the dearest known rate, and not traded on live


class FeeSchedule(msgspec.Struct, frozen=True):
    """The numbers of one market's fee.

    Rates are in millionths (70_000 is 0.07). `quantum` is the fraction of a dollar balances are
    kept in, in 1e-6 USD (Kalshi: 100 for direct members). Sources: Kalshi docs, fee_rounding,
    read 2026-10; Polymarket docs, fees, read 2026-08.
    """

    kind: FeeKind = FeeKind.NONE
    taker_ppm: int = 0
    maker_ppm: int = 0
    exponent: int = 1
    quantum: Cash = 100


# Crypto on Polymarket, as Kalshi's usual taker fee (both read 2026-08).
_DEAREST: Final = FeeSchedule(FeeKind.UNKNOWN, 70_000, 70_000)


class FeeMeter:
    """The fees of one order, fill by fill: Kalshi's rounding carries over between its fills."""

    def __init__(self, schedule: FeeSchedule) -> None:
        self._schedule = schedule
        self._rounded: Cash = 0

    def charge(self, price: Price, qty: Qty, *, is_maker: bool) -> Cash:
        """Return the fee of the next fill, in 1e-6 USD.

        `price` is the price of the side that was bought (the fee is the same for the other one).
        """
        match self._schedule.kind:
            case FeeKind.NONE:
                return 0
            case FeeKind.POLYMARKET:
                return _polymarket(self._schedule, price, qty, is_maker=is_maker)
            case FeeKind.KALSHI:
                return self._kalshi(price, qty, is_maker=is_maker)
            case FeeKind.UNKNOWN:
                return _polymarket(_DEAREST, price, qty, is_maker=is_maker)

    def _kalshi(self, price: Price, qty: Qty, *, is_maker: bool) -> Cash:
        rate = self._schedule.maker_ppm if is_maker else self._schedule.taker_ppm
        # rate 1e-6, qty 1e-6, p(1-p) 1e-8: a product in 1e-20 USD, rounded up to 1e-4 USD
        trade_fee = -(-rate * qty * price * (PRICE_ONE - price) // 10**16) * 100
        change_1e10 = -price * qty - trade_fee * 10_000
        quantum_1e10 = self._schedule.quantum * 10_000
        rounding = -(-(change_1e10 % quantum_1e10) // 10_000)
        self._rounded += rounding
        rebate = 0
        if self._rounded > CASH_CENT:
            rebate = CASH_CENT
            self._rounded -= CASH_CENT
        return trade_fee + rounding - rebate


def _polymarket(schedule: FeeSchedule, price: Price, qty: Qty, *, is_maker: bool) -> Cash:
    """Fee kept to 5 decimals, half up.

    Both fees seen on real positions (28.09 at 0.67: 0.31053; 35.44 at 0.55: 0.43857) agree with
    half up and with flooring; half up is the one that errs against us.
    """
    rate = schedule.maker_ppm if is_maker else schedule.taker_ppm
    spread = price * (PRICE_ONE - price)
    product: int = rate * qty * spread**schedule.exponent
    unit: int = PPM * 10 * 10 ** (8 * schedule.exponent)
    return (2 * product + unit) // (2 * unit) * 10


def fee_of(schedule: FeeSchedule, price: Price, qty: Qty, *, is_maker: bool = False) -> Cash:
    """Return the fee of an order that fills at once, in 1e-6 USD."""
    return FeeMeter(schedule).charge(price, qty, is_maker=is_maker)


def most_fee_of(schedule: FeeSchedule, price: Price, qty: Qty, *, is_maker: bool = False) -> Cash:
    """Return the most an order can be charged, whatever it fills in, in 1e-6 USD.

    `price` is the limit, of the side that is bought. Kalshi rounds each fill up to 0.0001 USD, so
    many small fills cost more than one; its other rounding never adds up to more than a cent an
    order. With what the fills cost, this also covers fills at better prices: a price nearer to 0.50
    has the larger fee, but saves more than that. Elsewhere: `fee_of`.
    """
    if schedule.kind is not FeeKind.KALSHI:
        return fee_of(schedule, price, qty, is_maker=is_maker)
    rate = schedule.maker_ppm if is_maker else schedule.taker_ppm
    exact = -(-rate * qty * price * (PRICE_ONE - price) // 10**14)
    fills = -(-qty // SMALLEST_FILL)
    return exact + (fills * 100 if rate else 0) + min(fills * schedule.quantum, CASH_CENT)
