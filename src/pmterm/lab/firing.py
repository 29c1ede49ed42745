"""Signals for many thresholds from one set of features: the rules of `rules.py` over columns.

Covers panic_sell, fomo_buy, mean_reversion and spike: the signals that strategies act on. It says
when a signal fires, not what a trade would have come to: fills need the full run. Where the book
was lost at the end of a second the detector goes on with what it last measured; features do not
hold that, so such stretches are `doubtful` and want the full run, too.
"""

from math import isqrt
from typing import Final, NamedTuple

import numpy as np

from pmterm.lab.columns import Column
from pmterm.lab.features import Features
from pmterm.messages.signals import SignalKind
from pmterm.model.ids import MarketId
from pmterm.model.units import PPM, SECOND, Ns
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.signal.spike import SHIFT
from pmterm.trading.signal.window import TEN

_FAR: Final = 1 << 60


class Fired(NamedTuple):
    """A signal: when it was said (Unix ns), and bid + ask then."""

    market: MarketId
    kind: SignalKind
    at: Ns
    mid2: int


class Fires(NamedTuple):
    """All signals of a market by time; `doubtful` where only the full run can tell."""

    fired: list[Fired]
    doubtful: bool


class _Conditions(NamedTuple):
    """Where a rule fires and where it leads, by moment and by end of second."""

    fires_within: Column
    fires_at_end: Column
    leads_at_end: Column


def fires(features: Features, settings: SignalSettings) -> Fires:
    """Return what the detector would say with these thresholds."""
    moments, ends = features.moments, features.ends
    if not len(ends["now"]):
        return Fires([], doubtful=False)
    before = np.maximum(moments["second"] - 1, 0)
    is_measured = (moments["second"] > 0) & (ends["is_quoted"][before] > 0)
    panic, fomo = _moves(features, settings, before)
    reversion, is_other_tick = _strays(features, settings, before)
    doubt = (panic.fires_within | fomo.fires_within | reversion.fires_within) & ~is_measured
    doubt |= is_other_tick & is_measured
    calm = settings.rearm_s * SECOND
    fired = [
        *_episodes(features, SignalKind.PANIC_SELL, panic, calm),
        *_episodes(features, SignalKind.FOMO_BUY, fomo, calm),
        *_episodes(features, SignalKind.MEAN_REVERSION, reversion, calm),
        *_spikes(features, settings, calm),
    ]
    return Fires(sorted(fired), doubtful=bool(doubt.any()))


def _moves(
    features: Features, s: SignalSettings, before: Column
) -> tuple[_Conditions, _Conditions]:
    """Return where the move of 30 s is a panic, and where FOMO."""
    moments, ends = features.moments, features.ends
    ref2, bars, total = ends["ref2"], ends["bars"], ends["volume_total"]
    has_ref = ref2 > 0
    low2 = np.where(has_ref, ref2 * (PPM + s.panic_change_ppm) // PPM, -1)
    high2 = np.where(has_ref, -(-ref2 * (PPM + s.fomo_change_ppm) // PPM), _FAR)
    is_ready = (bars * TEN >= s.min_baseline_s) & (total > 0)
    unit = np.maximum(bars, 1) * PPM
    quoted = ends["is_quoted"] > 0

    def conditions(is_low: bool, volume_ppm: int) -> _Conditions:  # noqa: FBT001
        needed = np.where(is_ready, -(-3 * total * volume_ppm // unit), _FAR)
        edge = low2 if is_low else high2
        leads = ends["mid2"] <= edge if is_low else (ends["mid2"] >= edge) & (ends["mid2"] > low2)
        leads &= quoted & has_ref
        within = moments["mid2"] <= edge[before] if is_low else moments["mid2"] >= edge[before]
        within &= moments["volume_30s"] >= needed[before]
        return _Conditions(within, leads & (ends["volume_30s"] >= needed), leads)

    return conditions(True, s.panic_volume_ppm), conditions(False, s.fomo_volume_ppm)  # noqa: FBT003


def _strays(features: Features, s: SignalSettings, before: Column) -> tuple[_Conditions, Column]:
    """Return where the mid is far from its mean; and where the tick changed within a second."""
    moments, ends = features.moments, features.ends
    n, total, variance = ends["count"], ends["total"], ends["variance"]
    has_mean = (n >= s.reversion_samples) & (ends["is_quoted"] > 0)
    some = np.maximum(n, 1)
    root = np.maximum(_roots(variance) * s.reversion_sd_ppm // PPM, 1)
    low2 = np.where(has_mean, (total - root) // some, -1)
    high2 = np.where(has_mean, -(-(total + root) // some), _FAR)
    leads = ((ends["mid2"] <= low2) | (ends["mid2"] >= high2)) & has_mean
    maybe = (moments["mid2"] <= low2[before]) | (moments["mid2"] >= high2[before])
    maybe &= moments["second"] > 0
    least = _least_away(features, s, leads, np.unique(before[maybe]))
    at_end = leads & _strayed(ends, ends["mid2"], ends["tick"], np.arange(len(n)), least)
    within = maybe & _strayed(ends, moments["mid2"], moments["tick"], before, least)
    is_other_tick = maybe & (moments["tick"] != ends["tick"][before])
    return _Conditions(within, at_end, leads), is_other_tick


class _Least(NamedTuple):
    """By end of second: how far (x count, in millionths) is beyond the band, and how many ticks."""

    band: Column
    ticks: int


def _least_away(features: Features, s: SignalSettings, leads: Column, seconds: Column) -> _Least:
    """Work out the band where it is asked for: in integers of any size, as the rule does."""
    variance = features.ends["variance"]
    band = np.full(len(variance), _FAR)
    square = s.reversion_sd_ppm**2
    for second in np.union1d(np.flatnonzero(leads), seconds).tolist():
        band[second] = isqrt(square * int(variance[second]))
    return _Least(band, 2 * s.reversion_ticks)


def _strayed(
    ends: dict[str, Column], mid2: Column, tick: Column, second: Column, least: _Least
) -> Column:
    """Return where the rule itself holds: a x a > b is a > root of b, rounded down."""
    many = ends["count"][second]
    away = np.abs(mid2 * many - ends["total"][second])
    is_far = (away * PPM > least.band[second]) & (away > 0)
    result: Column = is_far & (away >= tick * least.ticks * many)
    return result


def _roots(values: Column) -> Column:
    """Return whole square roots, rounded down."""
    roots = np.sqrt(values.astype(np.float64)).astype(np.int64)
    roots -= roots * roots > values
    return roots + ((roots + 1) * (roots + 1) <= values)


def _episodes(features: Features, kind: SignalKind, holds: _Conditions, calm: Ns) -> list[Fired]:
    """Let a kind speak once, then wait for calm: only instants at which it fires are visited."""
    moments, ends = features.moments, features.ends
    within = np.flatnonzero(holds.fires_within)
    at_end = np.flatnonzero(holds.fires_at_end)
    # In the order they happened: an end comes before the moments that count it.
    order = np.concatenate([2 * moments["second"][within] + 1, 2 * at_end + 2])
    spots = np.argsort(order, kind="stable")
    places = np.concatenate([within, at_end])[spots]
    latest = (order[spots] - 1) // 2 - (order[spots] & 1)  # end of a second so far
    leads, nows = np.flatnonzero(holds.leads_at_end), ends["now"]
    fired: list[Fired] = []
    spot = 0
    while spot < len(spots):
        place, ended = int(places[spot]), not order[spots[spot]] & 1
        rows = ends if ended else moments
        fired.append(Fired(features.market, kind, int(rows["at"][place]), int(rows["mid2"][place])))
        now = int(nows[place]) if ended else int(moments["at"][place])
        free_from = _calm_from(leads, nows, int(latest[spot]) + 1, now, calm)
        spot = int(np.searchsorted(latest, free_from))
    return fired


def _calm_from(leads: Column, nows: Column, first: int, last: Ns, calm: Ns) -> int:
    """Return the end of a second at which it is calm again, looked at from end `first` on.

    Each end at which the leading condition holds counts as its last; calm is asked for before.
    """
    for lead in leads[int(np.searchsorted(leads, first)) :].tolist():
        calm_at = int(np.searchsorted(nows, last + calm))
        if calm_at <= lead:
            return calm_at
        last = int(nows[lead])
    return int(np.searchsorted(nows, last + calm))


def _spikes(features: Features, s: SignalSettings, calm: Ns) -> list[Fired]:
    """Run the CUSUM over the ends of seconds; an alarm that is answered starts it anew."""
    ends = features.ends
    places = np.flatnonzero(ends["is_quoted"]).tolist()
    picked = [
        ends[name].tolist()
        for name in ("now", "at", "mid2", "difference", "spike_variance", "spike_bars")
    ]
    nows, ats, mids, differences, variances, bars = picked
    spreads, depths, agos = (ends[name].tolist() for name in ("spread", "depth", "spike_ago2"))
    slack, limit = (2 * s.spike_slack) << SHIFT, (2 * s.spike_threshold) << SHIFT
    up = down = last = 0
    is_on = False
    fired: list[Fired] = []
    all_nows = ends["now"]
    for n in places:
        if bars[n] == 1:
            up = down = 0
        up = max(0, up + differences[n] - slack)
        down = max(0, down - differences[n] - slack)
        if is_on:
            is_on = int(np.searchsorted(all_nows, last + calm)) > n
        way = 1 if up > limit and up >= down else -1 if down > limit else 0
        if not way:
            continue
        if is_on:
            last = nows[n]
            continue
        if bars[n] <= s.spike_span:
            continue
        reach = differences[n] * way
        out = reach * PPM // max(isqrt(variances[n]), 1) if reach > 0 else 0
        ago2 = agos[n]
        moved = (mids[n] - ago2) * PPM
        change = 0 if not ago2 else moved // ago2 if moved >= 0 else -(-moved // ago2)
        if (
            out > s.spike_sd_ppm
            and change * way > s.spike_change_ppm
            and spreads[n] < s.spike_spread
            and depths[n] >= s.spike_depth
        ):
            fired.append(Fired(features.market, SignalKind.SPIKE, ats[n], mids[n]))
            up = down = 0
            is_on, last = True, nows[n]
    return fired
