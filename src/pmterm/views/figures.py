"""Prices, sizes, cash and times as text, worked out in whole numbers."""

from enum import StrEnum

from pmterm.model.units import CASH_CENT, CASH_ONE, PPM, PRICE_ONE, QTY_ONE, SECOND, Ns, Price

MINUS = "-"
TENTH: Ns = SECOND // 10


class Unit(StrEnum):
    """How prices are written."""

    CENTS = "cents"
    DOLLARS = "dollars"
    PERCENT = "percent"

    @property
    def following(self) -> "Unit":
        """The unit the next press of the units key shows."""
        units = list(Unit)
        return units[(units.index(self) + 1) % len(units)]


def price_text(price: Price, unit: Unit = Unit.CENTS, tick: Price = 100) -> str:
    """Write a price in `unit`, with as many decimals as `tick` needs."""
    return half_text(price * 2, unit, tick * 2)


def half_text(price2: int, unit: Unit = Unit.CENTS, tick2: int = 200) -> str:
    """Write twice a price (a mid, say) in `unit`, decimals enough for `tick2`."""
    decimals = 0 if tick2 % 200 == 0 else 1 if tick2 % 20 == 0 else 2
    if unit is Unit.DOLLARS:
        return _scaled(price2, 2 * PRICE_ONE, decimals + 2)
    text = _scaled(price2, 200, decimals)
    return f"{text}%" if unit is Unit.PERCENT else text


def _scaled(value: int, one: int, decimals: int) -> str:
    """Write `value / one` with `decimals` decimals, half up."""
    scale = 10**decimals
    scaled = (2 * abs(value) * scale + one) // (2 * one)
    sign = MINUS if value < 0 and scaled else ""
    whole, fraction = divmod(scaled, scale)
    return f"{sign}{whole}.{fraction:0{decimals}d}" if decimals else f"{sign}{whole}"


def qty_text(qty: int) -> str:
    """Write a size in contracts, at most seven characters: 3.25, 120, 4,310, 18.2k, 1.31M."""
    size = abs(qty)
    sign = MINUS if qty < 0 else ""
    if size >= 1_000_000 * QTY_ONE:
        return f"{sign}{_scaled(size, 1_000_000 * QTY_ONE, 2)}M"
    if size >= 10_000 * QTY_ONE:
        return f"{sign}{_scaled(size, 1_000 * QTY_ONE, 1)}k"
    if size % QTY_ONE and size < 100 * QTY_ONE:
        return f"{sign}{_scaled(size, QTY_ONE, 2)}"
    return f"{sign}{(size + QTY_ONE // 2) // QTY_ONE:,}"


def cash_text(cash: int, *, signed: bool = False) -> str:
    """Write dollars and cents: $1,234.50, -$0.40, and +$3.20 when `signed`."""
    cents = (abs(cash) + CASH_CENT // 2) // CASH_CENT
    sign = MINUS if cash < 0 and cents else "+" if signed and cents else ""
    return f"{sign}${cents // 100:,}.{cents % 100:02d}"


def brief_cash(cash: int) -> str:
    """Write dollars in at most six characters: $0.40, $312, $4.1k, $1.3M."""
    size = abs(cash)
    sign = MINUS if cash < 0 else ""
    if size >= 1_000_000 * CASH_ONE:
        return f"{sign}${_scaled(size, 1_000_000 * CASH_ONE, 1)}M"
    if size >= 10_000 * CASH_ONE:
        return f"{sign}${_scaled(size, 1_000 * CASH_ONE, 1)}k"
    if size >= 100 * CASH_ONE:
        return f"{sign}${_scaled(size, CASH_ONE, 0)}"
    return f"{sign}${_scaled(size, CASH_ONE, 2)}"


def ratio_text(ppm: int, decimals: int = 1) -> str:
    """Write millionths as a multiple: 3.2x."""
    return f"{_scaled(ppm, PPM, decimals)}x"


def percent_text(ppm: int, decimals: int = 1, *, signed: bool = True) -> str:
    """Write millionths as a percentage: +1.4%."""
    text = _scaled(ppm, PPM // 100, decimals)
    plus = "+" if signed and ppm > 0 else ""
    return f"{plus}{text}%"


def score_text(ppm: int) -> str:
    """Write a score 0..1 with two decimals."""
    return _scaled(ppm, PPM, 2)


def age_text(age: Ns) -> str:
    """Write how long ago: 0.3s, 12s, 4m, 3h, 2d."""
    age = max(age, 0)
    if age < 10 * SECOND:
        return f"{age // SECOND}.{age % SECOND // TENTH}s"
    seconds = age // SECOND
    if seconds < 100:
        return f"{seconds}s"
    if seconds < 6_000:
        return f"{seconds // 60}m"
    return f"{seconds // 3_600}h" if seconds < 172_800 else f"{seconds // 86_400}d"


def clock_text(at: Ns) -> str:
    """Write the time of day, UTC."""
    seconds = at // SECOND % 86_400
    return f"{seconds // 3_600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def span_text(span: Ns) -> str:
    """Write a duration as on a player: 1:04:09 or 4:09."""
    seconds = max(span, 0) // SECOND
    if seconds >= 3_600:
        return f"{seconds // 3_600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{seconds // 60}:{seconds % 60:02d}"
