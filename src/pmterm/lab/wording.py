"""Figures in words, each with the number it stands on: nothing here writes a rate without its n."""

from typing import Final

from pmterm.model.units import CASH_ONE, Cash
from pmterm.stats.equity import Drawdown, Stake
from pmterm.stats.intervals import ENOUGH, Estimate, Proportion
from pmterm.stats.performance import Ratio
from pmterm.stats.sharpe import Sharpe

NOT_KNOWN: Final = "not known"
_HUNDRED: Final = 100.0


def unknown(n: int) -> str:
    """Say that `n` is too few (G10)."""
    return f"{NOT_KNOWN} (n {n} of {ENOUGH})" if n < ENOUGH else f"{NOT_KNOWN} (n {n})"


def money(cash: Cash) -> str:
    """Write dollars and cents, with a sign where it is below 0."""
    return f"{'-' if cash < 0 else ''}{abs(cash) / CASH_ONE:,.2f}"


def fine_money(cash: float) -> str:
    """Write dollars to a hundredth of a cent, signed."""
    return f"{cash / CASH_ONE:+,.4f}"


def rate(value: Proportion) -> str:
    """Write a rate with its interval."""
    if value.rate is None or value.low is None or value.high is None:
        return unknown(value.n)
    rate_, low, high = (part * _HUNDRED for part in (value.rate, value.low, value.high))
    return f"{rate_:.1f}% [{low:.1f}, {high:.1f}] n {value.n}"


def amount(value: Estimate) -> str:
    """Write an average or median of money with its interval."""
    if value.value is None:
        return unknown(value.n)
    if value.low is None or value.high is None:
        return f"{fine_money(value.value)} [no interval] n {value.n}"
    return (
        f"{fine_money(value.value)} [{fine_money(value.low)}, {fine_money(value.high)}] n {value.n}"
    )


def seconds(value: Estimate) -> str:
    """Write a time with its interval."""
    if value.value is None:
        return unknown(value.n)
    if value.low is None or value.high is None:
        return f"{value.value:.1f} s n {value.n}"
    return f"{value.value:.1f} s [{value.low:.1f}, {value.high:.1f}] n {value.n}"


def ratio(value: Ratio) -> str:
    """Write a ratio."""
    return unknown(value.n) if value.value is None else f"{value.value:.2f} n {value.n}"


def share(value: Ratio) -> str:
    """Write a ratio as a share of the whole."""
    if value.value is None:
        return unknown(value.n)
    return f"{value.value * _HUNDRED:.2f}% n {value.n}"


def sharpe(value: Sharpe) -> str:
    """Write a Sharpe ratio per trade with its standard error."""
    if value.value is None or value.error is None:
        return unknown(value.n)
    return f"{value.value:.3f} ±{value.error:.3f} n {value.n}"


def drawdown(value: Drawdown) -> str:
    """Write the deepest falls."""
    return f"{money(value.amount)} ({value.share * _HUNDRED:.1f}% of the peak) n {value.n}"


def stake(value: Stake) -> str:
    """Write how much was at stake at most, and how long."""
    if value.share is None:
        return f"{money(value.peak)} at most n {value.n}"
    return f"{money(value.peak)} at most, {value.share * _HUNDRED:.1f}% of the time n {value.n}"


def part(value: Estimate) -> str:
    """Write a median part of a whole."""
    if value.value is None:
        return unknown(value.n)
    return f"{value.value * _HUNDRED:.0f}% n {value.n}"


def plain(value: float | None, n: int) -> str:
    """Write a score that has no unit."""
    return unknown(n) if value is None else f"{value:.4f} n {n}"
