"""Which settings act alike: they let strategies hear the same signals.

A threshold does nothing but let signals fire. What stood at the instant a signal fired is the same
whatever let it fire, and strategies act on signals of their own kind alone, those with a score only
from `act_score` on. So where two runs differ in nothing but thresholds and let the same signals
through, everything from the strategies on is the same: one run tells for both. What is set about a
strategy that hears nothing does nothing either.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from pmterm.lab.features import Features
from pmterm.lab.firing import fires
from pmterm.lab.outcome import Followed
from pmterm.messages.signals import SignalKind
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.strategy.settings import StrategySettings
from pmterm.trading.strategy.strategies import STRATEGIES

# What does nothing else. `spike_span` is none of them: volatility, by which exits are placed, hangs
# on it. Nor are those of signals that features do not cover.
THRESHOLDS: Final = (
    "panic_volume_ppm",
    "panic_change_ppm",
    "fomo_volume_ppm",
    "fomo_change_ppm",
    "reversion_sd_ppm",
    "reversion_ticks",
    "reversion_samples",
    "spike_threshold",
    "spike_slack",
    "spike_sd_ppm",
    "spike_change_ppm",
    "spike_spread",
    "spike_depth",
    "act_score_ppm",
    "min_baseline_s",
    "rearm_s",
)
_USUAL: Final = SignalSettings()
_ALL_USUAL: Final = StrategySettings()
_AS_USUAL: Final = {name: getattr(_USUAL, name) for name in THRESHOLDS}


class Heard(NamedTuple):
    """The signals that strategies would act on, as a hash, and which strategies those are.

    A hash of "" says that only the run itself can tell.
    """

    hash: str
    strategies: frozenset[str]


NOT_KNOWN: Final = Heard("", frozenset())


def heard(
    features: Sequence[Features], settings: SignalSettings, strategies: Iterable[str]
) -> Heard:
    """Return what these strategies would hear of a recording."""
    names = {STRATEGIES[name].kind: name for name in strategies}
    digest = hashlib.sha256()
    hearing: set[str] = set()
    for one in features:
        found = fires(one, settings, names)
        if found.doubtful:
            return NOT_KNOWN
        for fired in found.fired:
            name = names[fired.kind]
            if not STRATEGIES[name].is_scored or fired.score_ppm >= settings.act_score_ppm:
                hearing.add(name)
                told = f"{fired.kind} {fired.spot} {fired.advice} {fired.before2}"
                digest.update(f"{one.market} {told}\n".encode())
    return Heard(digest.hexdigest(), frozenset(hearing))


def acted_on(
    signals: Iterable[Followed], settings: SignalSettings, strategies: Iterable[str]
) -> list[Followed]:
    """Return those of a run's signals that these strategies would act on."""
    kinds = {STRATEGIES[name].kind: STRATEGIES[name].is_scored for name in strategies}
    return [
        one
        for one in signals
        if one.kind in kinds
        and (not kinds[SignalKind(one.kind)] or one.score_ppm >= settings.act_score_ppm)
    ]


def what_matters(
    signals: SignalSettings, strategies: StrategySettings, told: Heard
) -> tuple[SignalSettings, StrategySettings]:
    """Return these settings without what does nothing where that is heard."""
    if not told.strategies:
        return SignalSettings(), StrategySettings()
    deaf = {name: getattr(_ALL_USUAL, name) for name in STRATEGIES if name not in told.strategies}
    return (
        msgspec.structs.replace(signals, **_AS_USUAL),
        msgspec.structs.replace(strategies, **deaf),
    )
