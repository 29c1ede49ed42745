"""Readings taken when the screen paints or a report is written: not said, only asked for."""

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.units import Cash, Ns, Price, Qty


class Gauges(msgspec.Struct, frozen=True):
    """How a market stands against its own last hour. Ratios in millionths; 0 where not known.

    `volume_ratio` is the last 30 s of trading over the hour's mean per 30 s, `depth_ratio` the
    top-five depth of both sides over its mean, `spread_ratio` likewise, `change_ppm` the mid now
    over the mid 30 s ago, less one. `ready_s` counts seconds of baseline gathered, of `needed_s`.
    Volumes are contracts over the last 30 s, 1 min and 5 min. `return_sd_ppm` is the root mean
    square of the hour's ten-second returns. `estimate_ppm` is the filtered probability of YES with
    its standard deviation, `fused_ppm` the same of both venues where the market has a `pair` there.
    """

    volume_ratio: int = 0
    depth_ratio: int = 0
    spread_ratio: int = 0
    change_ppm: int = 0
    mean2: int = 0
    deviation2: int = 0
    ready_s: int = 0
    needed_s: int = 0
    volume_30s: Qty = 0
    volume_1m: Qty = 0
    volume_5m: Qty = 0
    spread_mean: Price = 0
    depth_mean: Cash = 0
    return_sd_ppm: int = 0
    estimate_ppm: int = 0
    estimate_sd_ppm: int = 0
    fused_ppm: int = 0
    pair: MarketId = MarketId("")


class BookHealth(msgspec.Struct, frozen=True):
    """How far a book can be trusted, and what it went through."""

    is_trusted: bool = False
    reason: str = "no book yet"
    changed_at: Ns = 0
    bid_levels: int = 0
    ask_levels: int = 0
    bid_size: Qty = 0
    ask_size: Qty = 0
    lost: int = 0
    resyncs: int = 0
    negative_levels: int = 0
    crossed_episodes: int = 0
    touch_checks: int = 0
    touch_agree: int = 0
    pruned_levels: int = 0
    hash_checks: int = 0
    hash_agree: int = 0


class LimitUse(msgspec.Struct, frozen=True):
    """One limit of the risk gate and how much of it is used (millionths).

    `used` and `most` are the same as numbers where it is a limit of money (1e-6 USD), else 0.
    `setting` is its name in the settings and `amount` what stands there: 1e-6 USD, a count, or
    millionths; 0 is off. `counts`: not off, and no tighter limit of its rule stands beside it.
    """

    rule: str
    name: str
    value: str
    limit: str
    used_ppm: int
    is_tripped: bool = False
    used: Cash = 0
    most: Cash = 0
    setting: str = ""
    amount: int = 0
    counts: bool = True


class Unclosed(msgspec.Struct, frozen=True):
    """`qty`, above 0, is still held of what is to be closed.

    `is_tried`: orders that close it still go out by themselves.
    """

    market: MarketId
    qty: Qty
    is_tried: bool
