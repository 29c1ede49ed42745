"""Which sets of thresholds act alike: they let strategies hear the same signals.

A threshold does nothing but let signals fire. What stood at the instant a signal fired is the same
whatever let it fire, and strategies act on signals of their own kind alone, those with a score only
from `act_score` on. So where two sets differ in nothing but thresholds and let the same signals
through, everything from the strategies on is the same: one run tells for both.
"""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from pmterm.lab.features import Features
from pmterm.lab.firing import fires
from pmterm.trading.signal.rules import SignalSettings
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
_AS_USUAL: Final = {name: getattr(_USUAL, name) for name in THRESHOLDS}


def without_thresholds(settings: SignalSettings) -> SignalSettings:
    """Return what is the same for all sets that may act alike."""
    return msgspec.structs.replace(settings, **_AS_USUAL)


def heard(features: Sequence[Features], settings: SignalSettings, strategies: Iterable[str]) -> str:
    """Return a hash of the signals that strategies would act on; "" where only a run can tell."""
    kinds = {kind.kind: kind.is_scored for name, kind in STRATEGIES.items() if name in strategies}
    digest = hashlib.sha256()
    for one in features:
        told = fires(one, settings, kinds)
        if told.doubtful:
            return ""
        for fired in told.fired:
            if not kinds[fired.kind] or fired.score_ppm >= settings.act_score_ppm:
                digest.update(f"{one.market} {fired.kind} {fired.spot} {fired.advice}\n".encode())
    return digest.hexdigest()
