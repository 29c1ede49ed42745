"""Signals for many thresholds from one set of features: the rules of `rules.py` over columns.

Covers panic_sell, fomo_buy, mean_reversion and spike: the signals that strategies act on. It says
when a signal fires, not what a trade would have come to: fills need the full run. Where the book
was lost at the end of a second the detector goes on with what it last measured; features do not
hold that, so such stretches are `doubtful` and want the full run, too.
"""

from collections.abc import Collection
from math import isqrt
from typing import Final, NamedTuple

import numpy as np

from pmterm.lab.columns import Column
from pmterm.lab.features import Features
from pmterm.messages.signals import Advice, SignalKind
from pmterm.model.ids import MarketId
from pmterm.model.units import PPM, SECOND, Ns
from pmterm.trading.signal.rules import Facts, SignalSettings, score
from pmterm.trading.signal.spike import SHIFT
from pmterm.trading.signal.window import TEN

_FAR: Final = 1 << 60
_FITS: Final = 1 << 62  # products up to this are reckoned in 64 bits
COVERED: Final = (
    SignalKind.PANIC_SELL,
    SignalKind.FOMO_BUY,
    SignalKind.MEAN_REVERSION,
    SignalKind.SPIKE,
)


class Fired(NamedTuple):
    """A signal: when it was said (Unix ns), bid + ask then and before the move, advice and score.

    `spot` is the instant it fired at: a place among the moments of its market's features, or -1 - n
    for the end n of a second. All that was to be seen at that instant hangs on the spot alone, but
    for where a spike began (`before2`) and which way it went.
    """

    market: MarketId
    kind: SignalKind
    at: Ns
    mid2: int
    before2: int
    spot: int
    advice: Advice
    score_ppm: int


class Fires(NamedTuple):
    """All signals of a market by time; `doubtful` where only the full run can tell."""

    fired: list[Fired]
    doubtful: bool


class _Conditions(NamedTuple):
    """Where a rule fires and where it leads, by moment and by end of second.

    `in_doubt` are the moments at which the detector may not have looked.
    """

    fires_within: Column
    fires_at_end: Column
    leads_at_end: Column
    in_doubt: Column


def fires(
    features: Features, settings: SignalSettings, kinds: Collection[SignalKind] = COVERED
) -> Fires:
    """Return what the detector would say with these thresholds, of those kinds that are covered."""
    if not len(features.ends["now"]):
        return Fires([], doubtful=False)
    fired: list[Fired] = []
    is_doubtful = False
    for kind in COVERED:
        if kind not in kinds:
            continue
        if kind is SignalKind.SPIKE:
            fired += _spikes(features, settings)
            continue
        if kind is SignalKind.MEAN_REVERSION:
            holds = _strays(features, settings)
        else:
            holds = _moves(features, settings, is_fall=kind is SignalKind.PANIC_SELL)
        said = _episodes(features, kind, holds, settings.rearm_s * SECOND)
        is_doubtful |= any(one.spot >= 0 and holds.in_doubt[one.spot] for one in said)
        fired += said
    return Fires(sorted(fired), doubtful=is_doubtful)


def _before(features: Features) -> tuple[Column, Column]:
    """Return the end of a second before each moment, and whether it was measured then."""
    seconds = features.moments["second"]
    before = np.maximum(seconds - 1, 0)
    return before, (seconds > 0) & (features.ends["is_quoted"][before] > 0)


def _moves(features: Features, s: SignalSettings, *, is_fall: bool) -> _Conditions:
    """Return where the move of 30 s is a panic, or where it is FOMO."""
    moments, ends = features.moments, features.ends
    before, is_measured = _before(features)
    ref2, mid2 = ends["ref2"], ends["mid2"]
    has_ref = ref2 > 0
    low2 = np.where(has_ref, ref2 * (PPM + s.panic_change_ppm) // PPM, -1)
    high2 = np.where(has_ref, -(-ref2 * (PPM + s.fomo_change_ppm) // PPM), _FAR)
    leads = has_ref & (ends["is_quoted"] > 0)
    if is_fall:
        needed = _needed(ends, s, s.panic_volume_ppm)
        leads &= mid2 <= low2
        within = moments["mid2"] <= low2[before]
    else:
        needed = _needed(ends, s, s.fomo_volume_ppm)
        leads &= (mid2 >= high2) & (mid2 > low2)
        within = moments["mid2"] >= high2[before]
    within &= moments["volume_30s"] >= needed[before]
    return _Conditions(within, leads & (ends["volume_30s"] >= needed), leads, ~is_measured)


def _needed(ends: dict[str, Column], s: SignalSettings, volume_ppm: int) -> Column:
    """Return from which volume of 30 s it is enough, by end of second."""
    bars, usual = ends["bars"], 3 * ends["volume_total"]
    if int(usual.max()) * volume_ppm > _FITS:
        usual = usual.astype(object)  # integers of any size
    needed = np.minimum(-(-usual * volume_ppm // (np.maximum(bars, 1) * PPM)), _FAR)
    is_ready = (bars * TEN >= s.min_baseline_s) & (ends["volume_total"] > 0)
    return np.where(is_ready, needed.astype(np.int64), _FAR)


def _strays(features: Features, s: SignalSettings) -> _Conditions:
    """Return where the mid is far from its mean; in doubt where only a finer tick makes it so."""
    moments, ends = features.moments, features.ends
    before, is_measured = _before(features)
    n, total, variance = ends["count"], ends["total"], ends["variance"]
    has_mean = n >= s.reversion_samples
    some = np.maximum(n, 1)
    root = np.maximum(_roots(variance) * s.reversion_sd_ppm // PPM, 1)
    low2 = np.where(has_mean, (total - root) // some, -1)
    high2 = np.where(has_mean, -(-(total + root) // some), _FAR)
    leads = ((ends["mid2"] <= low2) | (ends["mid2"] >= high2)) & (ends["is_quoted"] > 0)
    maybe = (moments["mid2"] <= low2[before]) | (moments["mid2"] >= high2[before])
    maybe &= moments["second"] > 0
    least = _least_away(features, s, leads, np.unique(before[maybe]))
    at_end = leads & _strayed(ends, ends["mid2"], ends["tick"], np.arange(len(n)), least)
    within = maybe & _strayed(ends, moments["mid2"], moments["tick"], before, least)
    is_seen = is_measured & _strayed(
        ends, moments["mid2"], _widest(features, before), before, least
    )
    return _Conditions(within, at_end, leads, ~is_seen)


def _widest(features: Features, before: Column) -> Column:
    """Return the widest tick of each moment's second: what is watched for may go by it.

    Where the rule holds even with that tick it is looked at; with a finer one alone it may not be.
    """
    ticks, widest = features.moments["tick"], features.ends["tick"].copy()
    if (ticks != widest[before]).any():
        np.maximum.at(widest, before, ticks)
    return widest[before]


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
        fired.append(_fired(features, kind, -1 - place if ended else place))
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


def _fired(features: Features, kind: SignalKind, spot: int, base2: int = 0, way: int = 0) -> Fired:
    """Return the signal at a spot; of a spike `base2` is where it began and `way` its advice."""
    rows, place = (features.ends, -1 - spot) if spot < 0 else (features.moments, spot)
    second = place if spot < 0 else max(int(rows["second"][place]) - 1, 0)
    known = {name: int(column[second]) for name, column in features.ends.items()}
    mid2 = int(rows["mid2"][place])
    if kind is SignalKind.MEAN_REVERSION:
        base2, way = known["total"] // known["count"], known["total"] - mid2 * known["count"]
    elif kind is not SignalKind.SPIKE:
        base2, way = known["ref2"], 1 if kind is SignalKind.PANIC_SELL else -1
    advice = Advice.BUY if way > 0 else Advice.SELL
    points = _score(known, int(rows["volume_30s"][place]), int(rows["spread"][place]), mid2)
    at = int(rows["at"][place])
    return Fired(features.market, kind, at, mid2, base2, spot, advice, points)


def _score(known: dict[str, int], volume: int, spread: int, mid2: int) -> int:
    """Return what the rules say a signal weighs, with the last hour as it was known."""
    bars, total, spreads = known["bars"], known["volume_total"], known["spread_total"]
    facts = {
        "volume_ratio": volume * bars * PPM // (3 * total) if total else 0,
        "spread_ratio": spread * bars * PPM // spreads if spreads else 0,
        "change_ppm": _change(mid2, known["ref2"]),
    }
    return score(Facts(**dict.fromkeys(Facts.__struct_fields__, 0) | facts))


def _change(now2: int, before2: int) -> int:
    """Return now / before - 1 in millionths, rounded toward 0; 0 if there is no before."""
    moved = (now2 - before2) * PPM
    return 0 if not before2 else moved // before2 if moved >= 0 else -(-moved // before2)


def _spikes(features: Features, s: SignalSettings) -> list[Fired]:
    """Run the CUSUM over the ends of seconds; an alarm that is answered starts it anew."""
    ends, calm = features.ends, s.rearm_s * SECOND
    places = np.flatnonzero(ends["is_quoted"]).tolist()
    picked = [
        ends[name].tolist()
        for name in ("now", "mid2", "difference", "spike_variance", "spike_bars")
    ]
    nows, mids, differences, variances, bars = picked
    spreads, depths, agos = (ends[name].tolist() for name in ("spread", "depth", "spike_ago2"))
    slack, limit = (2 * s.spike_slack) << SHIFT, (2 * s.spike_threshold) << SHIFT
    up = down = up_from = down_from = last = 0
    is_on = False
    fired: list[Fired] = []
    all_nows = ends["now"]
    for n in places:
        if bars[n] == 1:
            up = down = 0
        average = (mids[n] << SHIFT) - differences[n]
        up_from, down_from = up_from if up else average, down_from if down else average
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
        if (
            out > s.spike_sd_ppm
            and _change(mids[n], agos[n]) * way > s.spike_change_ppm
            and spreads[n] < s.spike_spread
            and depths[n] >= s.spike_depth
        ):
            advised = -way if s.spike_mode == "fade" else way
            base2 = (up_from if way > 0 else down_from) >> SHIFT
            fired.append(_fired(features, SignalKind.SPIKE, -1 - n, base2, advised))
            up = down = 0
            is_on, last = True, nows[n]
    return fired
