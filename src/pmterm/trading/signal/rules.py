"""The signals G1 to G6 and their score: one rule, one function, every threshold a setting.

A rule looks at `Facts` and returns None while its leading condition is false; else a `Finding`
with the texts of what held and of what failed. It fires when nothing failed.
"""

from collections.abc import Callable
from math import isqrt
from typing import Final, Literal, TypeAlias

import msgspec

from pmterm.messages.signals import Advice, SignalKind
from pmterm.model.units import CASH_ONE, PPM, SECOND, Cash, Ns, Price


class SignalSettings(msgspec.Struct, frozen=True):
    """Thresholds. `_ppm`: millionths (3_000_000 is 3x, 30_000 is 3 %); prices in 1e-4 USD.

    `settle_ms`: how long thin or pulled depth must last, since quotes that are replaced are gone
    for an instant. `latency_ms`: what our own order needs on top of the market's delay.
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
    act_score_ppm: int = 700_000
    min_baseline_s: int = 600
    rearm_s: int = 30
    settle_ms: int = 250
    follow_s: int = 180
    latency_ms: int = 150


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
    """A rule whose leading condition holds: what it would say, and what stands against it."""

    kind: SignalKind
    advice: Advice
    before2: int
    held: tuple[str, ...]
    failed: tuple[str, ...]


Rule: TypeAlias = Callable[[Facts, SignalSettings], Finding | None]


def panic_sell(f: Facts, s: SignalSettings) -> Finding | None:
    """G1: much volume and a fall; says BUY."""
    if not f.ref2 or f.change_ppm > s.panic_change_ppm:
        return None
    held, failed = _volume(f, s, s.panic_volume_ppm)
    move = f"price {_percent(f.change_ppm)} in 30 s"
    return Finding(SignalKind.PANIC_SELL, Advice.BUY, f.ref2, (move, *held), failed)


def fomo_buy(f: Facts, s: SignalSettings) -> Finding | None:
    """G2: much volume and a rise; says SELL."""
    if not f.ref2 or f.change_ppm < s.fomo_change_ppm:
        return None
    held, failed = _volume(f, s, s.fomo_volume_ppm)
    move = f"price {_percent(f.change_ppm)} in 30 s"
    return Finding(SignalKind.FOMO_BUY, Advice.SELL, f.ref2, (move, *held), failed)


def liquidity_vacuum(f: Facts, s: SignalSettings) -> Finding | None:
    """G3: little depth and a wide spread; says WAIT."""
    if not 0 < f.depth_ratio <= s.vacuum_depth_ppm or f.thin_since < s.settle_ms * SECOND // 1000:
        return None
    wide = f"spread {_times(f.spread_ratio)} of {_times(s.vacuum_spread_ppm)}"
    held: tuple[str, ...] = (f"depth {_times(f.depth_ratio)} of its mean",)
    failed = _not_ready(f, s)
    if f.spread_ratio < s.vacuum_spread_ppm:
        failed = (*failed, wide)
    else:
        held = (*held, wide)
    return Finding(SignalKind.LIQUIDITY_VACUUM, Advice.WAIT, f.ref2 or f.mid2, held, failed)


def depth_pull(f: Facts, s: SignalSettings) -> Finding | None:
    """G4: one side's depth went away without being traded; says WAIT."""
    settle = s.settle_ms * SECOND // 1000
    bids = _fall(f.bid_depth_ago, f.bid_depth) if f.bid_since >= settle else 0
    asks = _fall(f.ask_depth_ago, f.ask_depth) if f.ask_since >= settle else 0
    is_bids = bids >= asks
    fell = max(bids, asks)
    if fell <= s.pull_fall_ppm:
        return None
    gone, hit = (
        (f.bid_depth_ago - f.bid_depth, f.bid_hit)
        if is_bids
        else (f.ask_depth_ago - f.ask_depth, f.ask_hit)
    )
    explained = hit * PPM // gone
    side, name = ("bids", "trap for buyers") if is_bids else ("asks", "squeeze on sellers")
    held: tuple[str, ...] = (
        f"{side} pulled: top five fell {_whole_percent(fell)} in {s.pull_window_s} s",
        name,
    )
    traded = f"trades explain {_whole_percent(explained)} of it"
    failed: tuple[str, ...] = ()
    if explained < s.pull_traded_ppm:
        held = (*held, traded)
    else:
        failed = (f"{traded}, not under {_whole_percent(s.pull_traded_ppm)}",)
    return Finding(SignalKind.DEPTH_PULL, Advice.WAIT, f.ago2 or f.mid2, held, failed)


def mean_reversion(f: Facts, s: SignalSettings) -> Finding | None:
    """G5: the mid is far from its five-minute mean; says fade."""
    if f.mean_count < s.reversion_samples:
        return None
    away = f.mid2 * f.mean_count - f.mean_total  # x count, so that nothing is rounded
    if (away * PPM) ** 2 <= s.reversion_sd_ppm**2 * f.mean_variance or not away:
        return None
    root = isqrt(f.mean_variance)
    mean2 = f.mean_total // f.mean_count
    ticks = abs(away) * 10 // (2 * f.tick * f.mean_count)
    deviations = _times(abs(away) * PPM // root, " sd") if root else "off a flat line,"
    where = "below" if away < 0 else "above"
    held: tuple[str, ...] = (f"mid {deviations} {where} its 5 min mean",)
    far = f"{_times(ticks * PPM // 10, ' ticks')} of {s.reversion_ticks}"
    failed: tuple[str, ...] = ()
    if abs(away) < 2 * f.tick * s.reversion_ticks * f.mean_count:
        failed = (far,)
    else:
        held = (*held, far)
    advice = Advice.BUY if away < 0 else Advice.SELL
    return Finding(SignalKind.MEAN_REVERSION, advice, mean2, held, failed)


def spike(f: Facts, s: SignalSettings) -> Finding | None:
    """G6: CUSUM alarm, outside the EWMA's band, still moving, and liquid; fades or follows."""
    way = f.spike_direction
    if not way:
        return None
    layers = (
        (
            f.spike_out_ppm > s.spike_sd_ppm,
            f"{_times(min(f.spike_out_ppm, 99 * PPM), 'sd')} of {_times(s.spike_sd_ppm, 'sd')}",
        ),
        (
            f.spike_change_ppm * way > s.spike_change_ppm,
            _percent(f.spike_change_ppm)
            + f" in {s.spike_window_s} s of {_percent(s.spike_change_ppm * way)}",
        ),
        (f.spread < s.spike_spread, f"spread {_cents(f.spread)} of {_cents(s.spike_spread)}"),
        (
            min(f.bid_depth, f.ask_depth) >= s.spike_depth,
            f"${min(f.bid_depth, f.ask_depth) // CASH_ONE} of ${s.spike_depth // CASH_ONE} a side",
        ),
    )
    held = (f"CUSUM {'up' if way > 0 else 'down'}", *(text for holds, text in layers if holds))
    failed = tuple(text for holds, text in layers if not holds)
    is_buy = (way < 0) == (s.spike_mode == "fade")
    advice = Advice.BUY if is_buy else Advice.SELL
    return Finding(SignalKind.SPIKE, advice, f.spike_base2, held, failed)


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


def _volume(f: Facts, s: SignalSettings, needed: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    not_ready = _not_ready(f, s)
    if not_ready:
        return (), not_ready
    if f.volume_ratio < 0:
        return (), ("no trading in the baseline",)
    if f.volume_ratio < needed:
        return (), (f"volume {_times(f.volume_ratio)} of {_times(needed)}",)
    return (f"volume {_times(f.volume_ratio)} of {_times(needed)}",), ()


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
