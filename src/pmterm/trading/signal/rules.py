"""The signals G1 to G6 and their score: one rule, one function, every threshold a setting.

A rule looks at `Facts` and returns None while its leading condition is false; else a `Finding`
that fires if all else held too. Its texts are put together when they are asked for: what almost
was is found anew every second, but said once.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import isqrt
from typing import Final, Literal, TypeAlias

import msgspec

from pmterm.messages.signals import Advice, SignalKind
from pmterm.model.units import CASH_ONE, MS, PPM, Cash, Ns, Price


class SignalSettings(msgspec.Struct, frozen=True):
    """Thresholds. `_ppm`: millionths (3_000_000 is 3x, 30_000 is 3 %); prices in 1e-4 USD.

    `settle_ms`: how long thin or pulled depth must last, since quotes that are replaced are gone
    for an instant. `latency_ms`: what our own order needs on top of the market's delay. `pairs`:
    markets of two venues on the same event (`kalman.pairs_of`).
    """

    panic_volume_ppm: int = 3_000_000
    panic_change_ppm: int = -30_000
    fomo_volume_ppm: int = 3_000_000
    fomo_change_ppm: int = 50_000
    vacuum_depth_ppm: int = 500_000
    vacuum_spread_ppm: int = 3_000_000
    pull_fall_ppm: int = 500_000
    pull_traded_ppm: int = 200_000
    pull_window_s: int = 5
    reversion_sd_ppm: int = 2_000_000
    reversion_ticks: int = 1
    reversion_samples: int = 240
    spike_threshold: Price = 300
    spike_slack: Price = 50
    spike_span: int = 20
    spike_sd_ppm: int = 2_500_000
    spike_change_ppm: int = 10_000
    spike_window_s: int = 3
    spike_spread: Price = 500
    spike_depth: Cash = 50 * CASH_ONE
    spike_mode: Literal["fade", "follow"] = "fade"
    thesis_sd_ppm: int = 2_000_000
    thesis_volume_ppm: int = 3_000_000
    thesis_samples: int = 100
    pairs: str = ""
    act_score_ppm: int = 700_000
    min_baseline_s: int = 600
    rearm_s: int = 30
    settle_ms: int = 250
    follow_s: int = 180
    latency_ms: int = 150


# What held and what failed, true conditions first.
Words: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]


class Facts(msgspec.Struct):
    """What the rules look at: one market at one instant, both sides standing.

    Ratios are millionths, 0 where not known (`volume_ratio` -1: a baseline without any trading);
    `*_since` is how long depth has been that low, -1 if it is not; `*_ago` is 5 s ago, `ref2`
    bid + ask 30 s ago (0: none). `mean_*` are sums over the mids of the last 5 min.
    `*_hit` are dollars traded from that side in the same 5 s.
    """

    mid2: int
    spread: Price
    tick: Price
    ref2: int
    ago2: int
    change_ppm: int
    volume_ratio: int
    depth_ratio: int
    spread_ratio: int
    ready_s: int
    bid_depth: Cash
    ask_depth: Cash
    bid_depth_ago: Cash
    ask_depth_ago: Cash
    bid_hit: Cash
    ask_hit: Cash
    bid_since: Ns
    ask_since: Ns
    thin_since: Ns
    mean_count: int
    mean_total: int
    mean_variance: int  # mean_count squared x variance, exact
    spike_direction: int = 0
    spike_base2: int = 0
    spike_out_ppm: int = 0
    spike_change_ppm: int = 0


class Finding(msgspec.Struct, frozen=True):
    """A rule whose leading condition holds; `words` tell what held and what failed, in texts."""

    kind: SignalKind
    advice: Advice
    before2: int
    fires: bool
    words: Callable[[], Words]


Rule: TypeAlias = Callable[[Facts, SignalSettings], Finding | None]


def panic_sell(f: Facts, s: SignalSettings) -> Finding | None:
    """G1: much volume and a fall; says BUY."""
    if not f.ref2 or f.change_ppm > s.panic_change_ppm:
        return None
    needed = s.panic_volume_ppm
    fires = f.ready_s >= s.min_baseline_s and f.volume_ratio >= needed
    words = partial(_moved, f, s, needed)
    return Finding(SignalKind.PANIC_SELL, Advice.BUY, f.ref2, fires, words)


def fomo_buy(f: Facts, s: SignalSettings) -> Finding | None:
    """G2: much volume and a rise; says SELL."""
    if not f.ref2 or f.change_ppm < s.fomo_change_ppm:
        return None
    needed = s.fomo_volume_ppm
    fires = f.ready_s >= s.min_baseline_s and f.volume_ratio >= needed
    words = partial(_moved, f, s, needed)
    return Finding(SignalKind.FOMO_BUY, Advice.SELL, f.ref2, fires, words)


def liquidity_vacuum(f: Facts, s: SignalSettings) -> Finding | None:
    """G3: little depth and a wide spread; says WAIT."""
    if not 0 < f.depth_ratio <= s.vacuum_depth_ppm or f.thin_since < s.settle_ms * MS:
        return None
    fires = f.ready_s >= s.min_baseline_s and f.spread_ratio >= s.vacuum_spread_ppm
    words = partial(_thin, f, s)
    return Finding(SignalKind.LIQUIDITY_VACUUM, Advice.WAIT, f.ref2 or f.mid2, fires, words)


def depth_pull(f: Facts, s: SignalSettings) -> Finding | None:
    """G4: one side's depth went away without being traded; says WAIT."""
    settle = s.settle_ms * MS
    bids = _fall(f.bid_depth_ago, f.bid_depth) if f.bid_since >= settle else 0
    asks = _fall(f.ask_depth_ago, f.ask_depth) if f.ask_since >= settle else 0
    if max(bids, asks) <= s.pull_fall_ppm:
        return None
    if bids >= asks:
        explained = f.bid_hit * PPM // (f.bid_depth_ago - f.bid_depth)
    else:
        explained = f.ask_hit * PPM // (f.ask_depth_ago - f.ask_depth)
    fires = explained < s.pull_traded_ppm
    words = partial(_pulled, s, bids, asks, explained)
    return Finding(SignalKind.DEPTH_PULL, Advice.WAIT, f.ago2 or f.mid2, fires, words)


def mean_reversion(f: Facts, s: SignalSettings) -> Finding | None:
    """G5: the mid is far from its five-minute mean; says fade."""
    if f.mean_count < s.reversion_samples:
        return None
    away = f.mid2 * f.mean_count - f.mean_total  # x count, so that nothing is rounded
    if (away * PPM) ** 2 <= s.reversion_sd_ppm**2 * f.mean_variance or not away:
        return None
    fires = abs(away) >= 2 * f.tick * s.reversion_ticks * f.mean_count
    advice = Advice.BUY if away < 0 else Advice.SELL
    mean2 = f.mean_total // f.mean_count
    words = partial(_strayed, f, s, away, fires=fires)
    return Finding(SignalKind.MEAN_REVERSION, advice, mean2, fires, words)


def spike(f: Facts, s: SignalSettings) -> Finding | None:
    """G6: CUSUM alarm, outside the EWMA's band, still moving, and liquid; fades or follows."""
    way = f.spike_direction
    if not way:
        return None
    layers = (
        f.spike_out_ppm > s.spike_sd_ppm,
        f.spike_change_ppm * way > s.spike_change_ppm,
        f.spread < s.spike_spread,
        min(f.bid_depth, f.ask_depth) >= s.spike_depth,
    )
    is_buy = (way < 0) == (s.spike_mode == "fade")
    advice = Advice.BUY if is_buy else Advice.SELL
    words = partial(_spiked, f, s, layers)
    return Finding(SignalKind.SPIKE, advice, f.spike_base2, all(layers), words)


RULES: Final[dict[SignalKind, Rule]] = {
    SignalKind.PANIC_SELL: panic_sell,
    SignalKind.FOMO_BUY: fomo_buy,
    SignalKind.LIQUIDITY_VACUUM: liquidity_vacuum,
    SignalKind.DEPTH_PULL: depth_pull,
    SignalKind.MEAN_REVERSION: mean_reversion,
    SignalKind.SPIKE: spike,
}
WITHIN: Final = tuple(kind for kind in RULES if kind is not SignalKind.SPIKE)  # a second's bar


def score(f: Facts) -> int:
    """G9: min(1, 0.5 vr/5 + 0.3 sr/3 + 0.2 |pc|/0.1) in millionths."""
    return min(PPM, (max(f.volume_ratio, 0) + f.spread_ratio + 20 * abs(f.change_ppm)) // 10)


def expected(mid2: int, before2: int) -> Price:
    """G11: half of the move back toward the price before it, to the nearest 1e-4 USD."""
    return (mid2 + before2 + 2) // 4


def _moved(f: Facts, s: SignalSettings, needed: int) -> Words:
    held = (f"price {_percent(f.change_ppm)} in 30 s",)
    not_ready = _not_ready(f, s)
    if not_ready:
        return held, not_ready
    if f.volume_ratio < 0:
        return held, ("no trading in the baseline",)
    volume = f"volume {_times(f.volume_ratio)} of {_times(needed)}"
    return (held, (volume,)) if f.volume_ratio < needed else ((*held, volume), ())


def _thin(f: Facts, s: SignalSettings) -> Words:
    held = (f"depth {_times(f.depth_ratio)} of its mean",)
    failed = _not_ready(f, s)
    wide = f"spread {_times(f.spread_ratio)} of {_times(s.vacuum_spread_ppm)}"
    if f.spread_ratio < s.vacuum_spread_ppm:
        return held, (*failed, wide)
    return (*held, wide), failed


def _pulled(s: SignalSettings, bids: int, asks: int, explained: int) -> Words:
    side, name = ("bids", "trap for buyers") if bids >= asks else ("asks", "squeeze on sellers")
    fell = _whole_percent(max(bids, asks))
    held = (f"{side} pulled: top five fell {fell} in {s.pull_window_s} s", name)
    traded = f"trades explain {_whole_percent(explained)} of it"
    if explained < s.pull_traded_ppm:
        return (*held, traded), ()
    return held, (f"{traded}, not under {_whole_percent(s.pull_traded_ppm)}",)


def _strayed(f: Facts, s: SignalSettings, away: int, *, fires: bool) -> Words:
    root = isqrt(f.mean_variance)
    ticks = abs(away) * 10 // (2 * f.tick * f.mean_count)
    deviations = _times(abs(away) * PPM // root, " sd") if root else "off a flat line,"
    where = "below" if away < 0 else "above"
    held = (f"mid {deviations} {where} its 5 min mean",)
    far = (f"{_times(ticks * PPM // 10, ' ticks')} of {s.reversion_ticks}",)
    return (held + far, ()) if fires else (held, far)


def _spiked(f: Facts, s: SignalSettings, layers: Sequence[bool]) -> Words:
    way, dollars = f.spike_direction, min(f.bid_depth, f.ask_depth) // CASH_ONE
    out = _times(min(f.spike_out_ppm, 99 * PPM), " sd")
    moved = f"{_percent(f.spike_change_ppm)} in {s.spike_window_s} s"
    texts = (
        f"moved {out} from its average, needs over {_times(s.spike_sd_ppm, '')}",
        f"price {moved}, needs over {_percent(s.spike_change_ppm * way)}",
        f"spread {_cents(f.spread)}, needs under {_cents(s.spike_spread)}",
        f"${dollars} a side, needs ${s.spike_depth // CASH_ONE}",
    )
    told = tuple(zip(texts, layers, strict=True))
    held = tuple(text for text, holds in told if holds)
    failed = tuple(text for text, holds in told if not holds)
    return (f"price runs {'up' if way > 0 else 'down'} (CUSUM)", *held), failed


def _not_ready(f: Facts, s: SignalSettings) -> tuple[str, ...]:
    if f.ready_s >= s.min_baseline_s:
        return ()
    if s.min_baseline_s < 120:
        return (f"baseline {f.ready_s} of {s.min_baseline_s} s",)
    return (f"baseline {f.ready_s // 60} of {s.min_baseline_s // 60} min",)


def _fall(before: Cash, now: Cash) -> int:
    """Return how much of `before` is gone, in millionths, rounded up so that > means >."""
    return -((now - before) * PPM // before) if before > now else 0


def _times(ppm: int, unit: str = "x") -> str:
    tenths = ppm * 10 // PPM
    return f"{tenths // 10}{unit}" if tenths % 10 == 0 else f"{tenths // 10}.{tenths % 10}{unit}"


def _percent(ppm: int) -> str:
    tenths = abs(ppm) // 1000
    return f"{'-' if ppm < 0 else '+'}{tenths // 10}.{tenths % 10} %"


def _whole_percent(ppm: int) -> str:
    return f"{ppm // 10_000} %"


def _cents(price: Price) -> str:
    return f"{price // 100}c" if price % 100 == 0 else f"{price // 100}.{price % 100:02d}c"
