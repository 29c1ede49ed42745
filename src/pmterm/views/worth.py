"""What a signal is worth, in words; each rate with its n (G10)."""

from typing import Final

from pmterm.messages.signals import SignalWorth
from pmterm.model.units import SECOND, Cash
from pmterm.views.figures import MINUS, price_text

ENOUGH: Final = 30
_TENTH: Final = 1_000  # of a cent, in 1e-6 USD
_PERCENT: Final = 10_000  # millionths in a hundredth


def short_worth(worth: SignalWorth) -> str:
    """Say it in a word or two."""
    if worth.rate_ppm < 0:
        return f"not known (n {worth.n} of {ENOUGH})"
    return f"{_interval(worth.rate_ppm, worth.low_ppm, worth.high_ppm)} back n {worth.n}"


def card_lines(worth: SignalWorth) -> tuple[str, ...]:
    """Say all of it, the most important first."""
    sample = "out of sample" if worth.is_held_out else "in sample"
    if worth.rate_ppm < 0:
        return (
            f"like it: not known (n {worth.n} of {ENOUGH}){_cut_short(worth)}",
            f"counted: {worth.like}",
        )
    trade = f"net {_net(worth)} a contract n {worth.net_n}" if worth.net_n else "advises no trade"
    return (
        f"like it: {short_worth(worth)}{_cut_short(worth)}",
        f"{trade}, {sample}",
        f"{_median(worth)}this score: {_chance(worth)}; {_learned(worth)}",
        f"counted: {worth.like}{_back(worth)}",
    )


def _cut_short(worth: SignalWorth) -> str:
    return f", {worth.cut_short} cut short not counted" if worth.cut_short else ""


def _median(worth: SignalWorth) -> str:
    if not worth.median:
        return ""
    return f"median {worth.median // SECOND} s n {worth.reverted}; "


def _net(worth: SignalWorth) -> str:
    net = _cents(worth.net)
    if worth.clusters < 2:
        return f"{net} [one event: no interval]"
    return f"{net} [{_cents(worth.net_low)}, {_cents(worth.net_high)}]"


def _chance(worth: SignalWorth) -> str:
    if worth.chance_ppm < 0:
        return f"not known (n {worth.chance_n} of {ENOUGH})"
    return f"{_percent(worth.chance_ppm)}% n {worth.chance_n}"


def _learned(worth: SignalWorth) -> str:
    if not worth.learned_n:
        return "no model tried yet"
    if worth.learned_ppm < 0:
        return f"plain rate is as good as a model n {worth.learned_n}"
    return f"model {_percent(worth.learned_ppm)}% n {worth.learned_n}"


def _back(worth: SignalWorth) -> str:
    """Say which part of the move comes back at its furthest, where that is known (G11)."""
    if worth.back_ppm < 0:
        return ""
    place = f" ({price_text(worth.back_to, tick=10)}c)" if worth.back_to else ""
    part = f"{_percent(worth.back_ppm)}% of the move{place} or more"
    return f"; in half of them {part} comes back n {worth.back_n}"


def _interval(rate: int, low: int, high: int) -> str:
    return f"{_percent(rate)}% [{_percent(low)}, {_percent(high)}]"


def _cents(cash: Cash) -> str:
    """Write a signed amount in cents and tenths."""
    tenths = (2 * abs(cash) + _TENTH) // (2 * _TENTH)
    sign = "" if not tenths else MINUS if cash < 0 else "+"
    return f"{sign}{tenths // 10}.{tenths % 10}c"


def _percent(ppm: int) -> int:
    return (2 * ppm + _PERCENT) // (2 * _PERCENT)
