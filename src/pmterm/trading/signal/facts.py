"""What the rules and the screen are told of one market: its book against its own past."""

from math import isqrt

from pmterm.messages.feed import BookChanged
from pmterm.model.readings import Gauges
from pmterm.model.units import PPM, Ns
from pmterm.trading.signal.rules import Facts
from pmterm.trading.signal.watched import Watched
from pmterm.trading.signal.window import TEN


def facts_of(watched: Watched, quote: BookChanged, now: Ns) -> Facts:
    """What the rules look at, on the book that stands now."""
    window, settings, mid2 = watched.window, watched.settings, watched.mid2
    base = window.baseline
    unit = base.bars * PPM
    n, total = window.mid_count, window.mid_total
    before = window.mid_ago(30)
    bid, ask = quote.bid_depth, quote.ask_depth
    bid_since, ask_since, thin_since = watched.bid_since, watched.ask_since, watched.thin_since
    spread = quote.best_ask - quote.best_bid
    bid_ago, ask_ago = window.depths_ago(settings.pull_window_s)
    bid_hit, ask_hit = window.bid_hit, window.ask_hit
    if bid_since or ask_since:
        bid_before, ask_before = window.hits(settings.pull_window_s)
        bid_hit += bid_before
        ask_hit += ask_before
    return Facts(
        mid2=mid2,
        spread=spread,
        tick=watched.tick,
        ref2=before,
        ago2=window.mid_ago(settings.pull_window_s),
        change_ppm=_change(mid2, before),
        volume_ratio=base.volume_ratio(window.volume_30s),
        depth_ratio=-(-(bid + ask) * unit // base.depth_total) if base.depth_total else 0,
        spread_ratio=base.spread_ratio(spread),
        ready_s=base.bars * TEN,
        bid_depth=bid,
        ask_depth=ask,
        bid_depth_ago=bid_ago,
        ask_depth_ago=ask_ago,
        bid_hit=bid_hit,
        ask_hit=ask_hit,
        bid_since=now - bid_since if bid_since else -1,
        ask_since=now - ask_since if ask_since else -1,
        thin_since=now - thin_since if thin_since else -1,
        mean_count=n,
        mean_total=total,
        mean_variance=n * window.mid_squares - total * total,
    )


def add_spike(watched: Watched, facts: Facts) -> None:
    """Add what the one-second recurrences say, once they have seen enough."""
    spike, settings = watched.spike, watched.settings
    way = spike.direction(settings.spike_threshold)
    if not way or spike.bars <= settings.spike_span:
        return
    before = watched.window.mid_ago(settings.spike_window_s)
    facts.spike_direction = way
    facts.spike_base2 = spike.base2(way)
    facts.spike_out_ppm = spike.outside_ppm(way)
    facts.spike_change_ppm = _change(watched.mid2, before)


def gauges_of(watched: Watched) -> Gauges:
    """How the market stands against its own last hour."""
    window, base, quote = watched.window, watched.window.baseline, watched.quote
    depth = quote.bid_depth + quote.ask_depth if quote is not None else 0
    spread = quote.best_ask - quote.best_bid if quote is not None else 0
    n = window.mid_count
    mean2 = window.mid_total // n if n else 0
    return Gauges(
        volume_ratio=max(0, base.volume_ratio(window.volume_30s)),
        depth_ratio=depth * base.bars * PPM // base.depth_total if base.depth_total else 0,
        spread_ratio=base.spread_ratio(spread),
        change_ppm=_change(watched.mid2, window.mid_ago(30)) if watched.mid2 else 0,
        mean2=mean2,
        deviation2=isqrt(n * window.mid_squares - window.mid_total**2) // n if n else 0,
        ready_s=base.bars * TEN,
        needed_s=watched.settings.min_baseline_s,
        volume_30s=window.volume_30s,
        volume_1m=window.volume_1m,
        volume_5m=window.volume_5m,
        spread_mean=base.spread_total // base.bars if base.bars else 0,
        depth_mean=base.depth_total // base.bars if base.bars else 0,
        return_sd_ppm=isqrt(base.move_squares // base.bars) if base.bars else 0,
        estimate_ppm=watched.kalman.value_ppm,
        estimate_sd_ppm=watched.kalman.deviation_ppm,
    )


def _change(now2: int, before2: int) -> int:
    """Return now / before - 1 in millionths, rounded toward 0; 0 if there is no before."""
    if not before2:
        return 0
    moved = (now2 - before2) * PPM
    return moved // before2 if moved >= 0 else -(-moved // before2)
