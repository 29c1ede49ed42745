"""How the gate writes amounts: the way a trader reads them."""

from pmterm.model.units import CASH_CENT, CASH_ONE, Cash, Ns, Qty, fixed_text


def dollars(cash: Cash) -> str:
    """Write money rounded up to cents, thousands parted by a blank: `$1 020`, `-$0.50`."""
    cents = -(-abs(cash) // CASH_CENT)
    whole, rest = divmod(cents, CASH_ONE // CASH_CENT)
    sign = "-" if cash < 0 else ""
    grouped = f"{whole:,}".replace(",", " ")
    return f"{sign}${grouped}.{rest:02d}" if rest else f"{sign}${grouped}"


def contracts(qty: Qty) -> str:
    """Write a size."""
    return fixed_text(qty, 6)


def percent(ppm: int) -> str:
    """Write a share in percent with at most one decimal, rounded down."""
    return f"{fixed_text(ppm // 1_000, 1)} %"


def seconds(duration: Ns) -> str:
    """Write a duration: `3.2 s`, `4 min 10 s`, `1 h 5 min`."""
    tenths = -(-duration // 100_000_000)
    if tenths < 600:
        return f"{fixed_text(tenths, 1)} s"
    minutes, rest = divmod(tenths // 10, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
