"""Money, prices, sizes and time as integers in fixed units, and how they multiply and round.

They are plain `int` under a telling name: arithmetic on the hot path costs nothing, and a float
can only get in through the parsers here, which refuse everything that is not a plain decimal.
"""

import re
from decimal import Decimal
from typing import Final, TypeAlias

Price: TypeAlias = int  # 1e-4 USD per contract; a tradeable price lies in 1..9_999
Qty: TypeAlias = int  # 1e-6 contracts (Polymarket: shares)
Cash: TypeAlias = int  # 1e-6 USD
Ns: TypeAlias = int  # nanoseconds, since the Unix epoch or as a duration

PRICE_ONE: Final[Price] = 10_000
QTY_ONE: Final[Qty] = 1_000_000
CASH_ONE: Final[Cash] = 1_000_000
CASH_CENT: Final[Cash] = 10_000
PPM: Final = 1_000_000
SECOND: Final[Ns] = 1_000_000_000
MS: Final[Ns] = 1_000_000

_DECIMAL = re.compile(r"-?[0-9]{1,13}(?:\.[0-9]{1,12})?", re.ASCII)


def parse_fixed(text: str, places: int) -> int:
    """Read a plain decimal as an integer of `10**-places`.

    Raises:
        ValueError: not a plain decimal (no exponent, sign `+`, NaN or blanks), over 13 digits
            before the point, or finer than `places`.
    """
    if not _DECIMAL.fullmatch(text):
        msg = f"not a plain decimal: {text[:40]!r}"
        raise ValueError(msg)
    whole, _, fraction = text.partition(".")
    extra = fraction[places:]
    if extra.strip("0"):
        msg = f"finer than {places} decimals: {text[:40]!r}"
        raise ValueError(msg)
    return int(whole + fraction[:places].ljust(places, "0"))


def parse_price(text: str) -> Price:
    """Read dollars per contract; 0 and 1 pass, since venues write "nothing there" so.

    Raises:
        ValueError: not a plain decimal, finer than 1e-4, or outside 0..1.
    """
    price = parse_fixed(text, 4)
    if not 0 <= price <= PRICE_ONE:
        msg = f"price outside 0..1: {text[:40]!r}"
        raise ValueError(msg)
    return price


def parse_qty(text: str) -> Qty:
    """Read a size in contracts, 0 or more.

    Raises:
        ValueError: not a plain decimal, finer than 1e-6, or negative.
    """
    qty = parse_fixed(text, 6)
    if qty < 0:
        msg = f"negative size: {text[:40]!r}"
        raise ValueError(msg)
    return qty


def fixed_text(value: int, places: int, at_least: int = 0) -> str:
    """Write an integer of `10**-places` as a plain decimal with no more digits than needed."""
    sign = "-" if value < 0 else ""
    digits = str(abs(value)).rjust(places + 1, "0")
    whole, fraction = digits[:-places], digits[-places:].rstrip("0").ljust(at_least, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def contracts_text(qty: Qty) -> str:
    """Write a size and what it counts: `1 contract`, `2.5 contracts`."""
    return f"{fixed_text(qty, 6)} contract{'' if abs(qty) == QTY_ONE else 's'}"


def price_text(price: Price) -> str:
    """Write a price as venues do: dollars, at least two decimals, at most four."""
    return fixed_text(price, 4, at_least=2)


def decimal_text(value: float, places: int) -> str:
    """Write a JSON number (a tick of 0.001, say) as a plain decimal, without float noise."""
    return format(Decimal(repr(value)).quantize(Decimal(1).scaleb(-places)), "f")


def cost(price: Price, qty: Qty) -> Cash:
    """Return what `qty` at `price` costs the buyer, rounded up to 1e-6 USD."""
    return -(-price * qty // 10_000)


def proceeds(price: Price, qty: Qty) -> Cash:
    """Return what `qty` at `price` brings the seller, rounded down to 1e-6 USD."""
    return price * qty // 10_000
