"""Polymarket's taker fees as data, with where and when they were read.

`fee = shares x rate x (price x (1 - price))^exponent`, takers only. The rate comes from Gamma's
`feeSchedule` or the CLOB's `fd`; never from `takerBaseFee`, which is a cap in basis points.
"""

from pmterm.model.fees import FeeKind, FeeSchedule
from pmterm.model.units import PPM, decimal_text, parse_fixed

MOST_PPM = PPM
MOST_EXPONENT = 4

# Polymarket docs, fees, read 2026-08: rates by category, used only to explain and to simulate.
RATES_PPM = {
    "crypto": 70_000,
    "sports": 50_000,
    "finance": 40_000,
    "politics": 40_000,
    "mentions": 40_000,
    "tech": 40_000,
    "economics": 50_000,
    "culture": 50_000,
    "weather": 50_000,
    "other": 50_000,
    "geopolitics": 0,
}
FREE = FeeSchedule()
UNKNOWN = FeeSchedule(FeeKind.UNKNOWN)


def schedule(rate: float | str, exponent: float = 1, *, taker_only: bool = True) -> FeeSchedule:
    """Return the schedule of a rate such as 0.05 and an exponent such as 1.

    Raises:
        ValueError: the rate is not within 0..1, or the exponent not a small whole number.
    """
    try:
        text = rate if isinstance(rate, str) else decimal_text(rate, 6)
    except ArithmeticError as broken:
        msg = f"no such fee: rate {rate}"
        raise ValueError(msg) from broken
    ppm = parse_fixed(text, 6)
    power = int(exponent)
    if not 0 <= ppm <= MOST_PPM or power != exponent or not 1 <= power <= MOST_EXPONENT:
        msg = f"no such fee: rate {text[:40]}, exponent {exponent}"
        raise ValueError(msg)
    if ppm == 0:
        return FREE
    return FeeSchedule(FeeKind.POLYMARKET, ppm, 0 if taker_only else ppm, power)
