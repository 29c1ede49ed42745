"""What each strategy would do and how large, in a line: from the numbers it acts by."""

from collections.abc import Callable, Mapping
from typing import Final

from pmterm.model.units import fixed_text
from pmterm.trading.strategy.settings import Fade, Fomo, Rules, StrategySettings


def plan_words(name: str, settings: StrategySettings) -> str:
    """Say on what a strategy acts, when it is out again, and its size; "" for one unknown here."""
    words = _PLANS.get(name)
    return f"{words(settings)}; {_size(settings.rules)}" if words is not None else ""


def _out(exits: Fade | Fomo) -> str:
    target, stop = _percent(exits.target_ppm), _percent(exits.stop_ppm)
    return f"out at +{target} or -{stop} of what was paid, or after {exits.timeout_s} s"


def _reversion(settings: StrategySettings) -> str:
    own = settings.reversion
    exits = f"out there, at -{_percent(own.stop_ppm)} of what was paid, or after {own.timeout_s} s"
    return f"on REVERSION it bets on the way back to the mean, {exits}"


def _spike(settings: StrategySettings) -> str:
    own = settings.spike
    target, stop, trail = (
        fixed_text(times, 6)
        for times in (own.target_times_ppm, own.stop_times_ppm, own.trail_times_ppm)
    )
    exits = f"out at {target}x or -{stop}x its volatility, trailing {trail}x, or after"
    return f"on SPIKE it trades as that advises, {exits} {own.timeout_s} s"


def _size(rules: Rules) -> str:
    if rules.sizing == "kelly":
        most = _percent(rules.kelly_cap_ppm)
        return f"half of Kelly on its record, at most {most} of all money an order"
    return f"${fixed_text(rules.dollars, 6)} an order"


def _percent(ppm: int) -> str:
    return f"{fixed_text(ppm, 4)} %"


_PLANS: Final[Mapping[str, Callable[[StrategySettings], str]]] = {
    "fade": lambda settings: f"on PANIC SELL it buys, {_out(settings.fade)}",
    "fomo": lambda settings: f"on FOMO BUY it sells, {_out(settings.fomo)}",
    "reversion": _reversion,
    "spike": _spike,
}
