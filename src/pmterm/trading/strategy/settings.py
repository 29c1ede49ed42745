"""What can be set about strategies: their own numbers, and how large and how free they are."""

from typing import Final, Literal

import msgspec

from pmterm.model.units import CASH_ONE, Cash

# No setting makes it easier than this to act on real money (T11, T12).
MOST_UNASKED: Final[Cash] = 500 * CASH_ONE
LEAST_SIGNALS: Final = 50
LEAST_SMALL_TRADES: Final = 50


class Rules(msgspec.Struct, frozen=True):
    """What holds for every strategy.

    `dollars`: the size of an order where `sizing` is "fixed"; where it is "kelly",
    `kelly_cap_ppm` is the most of all money that may go into one.
    `ask_over`: a dearer order always asks. A strategy acts by itself on real money only after
    `min_signals` held-out signals that paid, and the first `small_trades` are worth `small` at
    most; settings can only make these three stricter. `suggestion_s`: a suggestion lapses after
    that.
    """

    sizing: Literal["fixed", "kelly"] = "fixed"
    dollars: Cash = 50 * CASH_ONE
    kelly_cap_ppm: int = 50_000
    ask_over: Cash = MOST_UNASKED
    min_signals: int = LEAST_SIGNALS
    small: Cash = 5 * CASH_ONE
    small_trades: int = LEAST_SMALL_TRADES
    suggestion_s: int = 30


class Fade(msgspec.Struct, frozen=True):
    """T1, bets on the way back from a panic. `_ppm` of the price paid for the outcome held."""

    target_ppm: int = 75_000
    stop_ppm: int = 30_000
    timeout_s: int = 120


class Fomo(msgspec.Struct, frozen=True):
    """T2, bets on the way back from a rush. `_ppm` of the price paid for the outcome held."""

    target_ppm: int = 95_000
    stop_ppm: int = 40_000
    timeout_s: int = 120


class Reversion(msgspec.Struct, frozen=True):
    """T3, bets on the way back to the mean, which is its target."""

    stop_ppm: int = 20_000
    timeout_s: int = 180


class Spiked(msgspec.Struct, frozen=True):
    """T4, in millionths of the volatility that a spike stood out from (3_000_000 is 3x)."""

    target_times_ppm: int = 3_000_000
    stop_times_ppm: int = 2_000_000
    trail_times_ppm: int = 1_500_000
    timeout_s: int = 180


class StrategySettings(msgspec.Struct, frozen=True):
    """All of it, by the names that `--set fade.target_ppm=80000` uses."""

    rules: Rules = Rules()
    fade: Fade = Fade()
    fomo: Fomo = Fomo()
    reversion: Reversion = Reversion()
    spike: Spiked = Spiked()
