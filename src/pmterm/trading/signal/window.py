"""Rolling statistics of one market over message time, O(1) per update.

Two grains: one-second bars over 5 minutes and ten-second bars over an hour (the baseline). A bar
holds the mid as it stood at the bar's end; 0 says that there was none to believe. The baseline
lags the present by 30 s, so that a burst is never measured against itself.
"""

from array import array
from typing import Final

from pmterm.model.units import PPM, Cash, Price, Qty

SECONDS: Final = 300
MINUTE: Final = 60
RECENT: Final = 30  # seconds that "now" means in ratios
DEPTHS: Final = 8  # seconds of depth kept; more than the longest pull window
TEN: Final = 10
TENS: Final = 360  # ten-second bars in an hour
LAG: Final = RECENT // TEN  # ten-second bars between the baseline and the present
KNOWN_NEEDED: Final = 5  # of ten seconds, for a bar to say anything
UNKNOWN: Final = -1


class Baseline:
    """The last hour in ten-second bars: means of spread, depth and volume, and spread of returns.

    `bars` counts bars that are known; a bar without a believable book is kept as unknown, so that
    an hour is always an hour.
    """

    __slots__ = (
        "_depths",
        "_moves",
        "_next",
        "_spreads",
        "_volumes",
        "bars",
        "depth_total",
        "move_squares",
        "move_total",
        "spread_total",
        "volume_total",
    )

    def __init__(self) -> None:
        self._spreads = array("i", [UNKNOWN]) * TENS
        self._depths = array("q", [0]) * TENS
        self._volumes = array("q", [0]) * TENS
        self._moves = array("q", [0]) * TENS  # from 1 tick to 1 is over 2**31 ppm
        self._next = 0
        self.bars = 0
        self.spread_total = 0
        self.depth_total = 0
        self.volume_total = 0
        self.move_squares = 0
        self.move_total = 0

    def push(self, spread: Price, depth: Cash, volume: Qty, move: int) -> None:
        """Add a bar: mean spread (UNKNOWN: nothing is), mean depth, volume, return in ppm."""
        slot = self._next
        self._next = (slot + 1) % TENS
        if self._spreads[slot] != UNKNOWN:
            self.bars -= 1
            self.spread_total -= self._spreads[slot]
            self.depth_total -= self._depths[slot]
            self.volume_total -= self._volumes[slot]
            self.move_squares -= self._moves[slot] ** 2
            self.move_total -= self._moves[slot]
        self._spreads[slot] = spread
        if spread == UNKNOWN:
            return
        self._depths[slot] = depth
        self._volumes[slot] = volume
        self._moves[slot] = move
        self.bars += 1
        self.spread_total += spread
        self.depth_total += depth
        self.volume_total += volume
        self.move_squares += move**2
        self.move_total += move

    def volume_ratio(self, volume_30s: Qty) -> int:
        """Return the volume of 30 s over the usual, in ppm; 0: no baseline, -1: no trades."""
        if not self.bars:
            return 0
        if not self.volume_total:
            return -1
        return volume_30s * self.bars * PPM // (3 * self.volume_total)

    def spread_ratio(self, spread: Price) -> int:
        """Return a spread over the usual, in ppm; 0 where that is not known."""
        return spread * self.bars * PPM // self.spread_total if self.spread_total else 0


class Window:
    """What one market did lately.

    A second ends in two steps: `close` takes its last standing values, and all sums then span
    whole seconds up to this instant; after the rules have looked, `roll` begins the next second.
    `volume_30s`, `_1m` and `_5m` never span more than their name says.
    """

    __slots__ = (
        "_ask_depths",
        "_ask_hits",
        "_bid_depths",
        "_bid_hits",
        "_mids",
        "_pending",
        "_ten_depth",
        "_ten_known",
        "_ten_mid2",
        "_ten_spread",
        "_ten_volume",
        "_volumes",
        "ask_hit",
        "baseline",
        "bid_hit",
        "last_ten",
        "mid_count",
        "mid_squares",
        "mid_total",
        "missing",
        "seconds",
        "volume_1m",
        "volume_5m",
        "volume_30s",
        "volume_now",
    )

    def __init__(self) -> None:
        self._mids = array("i", [0]) * SECONDS
        self._volumes = array("q", [0]) * SECONDS
        self._bid_depths = array("q", [0]) * DEPTHS
        self._ask_depths = array("q", [0]) * DEPTHS
        self._bid_hits = array("q", [0]) * DEPTHS
        self._ask_hits = array("q", [0]) * DEPTHS
        self.baseline = Baseline()
        self._pending: list[tuple[Price, Cash, Qty, int]] = []
        self._ten_known = self._ten_spread = self._ten_depth = self._ten_volume = 0
        self._ten_mid2 = 0
        # Of the last ten seconds: mean spread (UNKNOWN: nothing is), mean depth, volume, return.
        self.last_ten: tuple[Price, Cash, Qty, int] = (UNKNOWN, 0, 0, 0)
        self.seconds = 0  # bars closed
        self.missing = 0  # bars in a row without a mid
        self.mid_count = self.mid_total = self.mid_squares = 0
        self.volume_now: Qty = 0
        self.volume_30s: Qty = 0
        self.volume_1m: Qty = 0
        self.volume_5m: Qty = 0
        self.bid_hit: Cash = 0  # dollars traded from the bids this second
        self.ask_hit: Cash = 0

    def traded(self, qty: Qty, bid_hit: Cash, ask_hit: Cash) -> None:
        """Add a trade: its contracts, and the dollars it took from either side's depth."""
        self.volume_now += qty
        self.volume_30s += qty
        self.volume_1m += qty
        self.volume_5m += qty
        self.bid_hit += bid_hit
        self.ask_hit += ask_hit

    def close(self, mid2: int, spread: Price, bid_depth: Cash, ask_depth: Cash) -> None:
        """End the present second on these standing values; `mid2` 0: no book to believe."""
        seconds = self.seconds
        slot = seconds % SECONDS
        old = self._mids[slot]
        if mid2 != old:
            self._mids[slot] = mid2
            self.mid_total += mid2 - old
            self.mid_squares += mid2 * mid2 - old * old
            self.mid_count += (mid2 > 0) - (old > 0)
        short = seconds % DEPTHS
        self._bid_depths[short] = bid_depth
        self._ask_depths[short] = ask_depth
        self._bid_hits[short] = self.bid_hit
        self._ask_hits[short] = self.ask_hit
        if self.volume_now:  # else the slot holds its 0 from `roll`
            self._volumes[slot] = self.volume_now
            self._ten_volume += self.volume_now
            self.volume_now = self.bid_hit = self.ask_hit = 0
        self.seconds = seconds + 1
        if mid2:
            self.missing = 0
            self._ten_known += 1
            self._ten_spread += spread
            self._ten_depth += bid_depth + ask_depth
        else:
            self.missing += 1

    def roll(self) -> None:
        """Begin the next second: let go of what is now too old."""
        if not self.volume_5m:  # so there is nothing to let go of
            return
        n = self.seconds
        volumes = self._volumes
        self.volume_30s -= volumes[(n - RECENT) % SECONDS]
        self.volume_1m -= volumes[(n - MINUTE) % SECONDS]
        self.volume_5m -= volumes[n % SECONDS]
        volumes[n % SECONDS] = 0

    def close_ten(self) -> None:
        """End the present ten seconds; the bar that ended 30 s ago joins the baseline."""
        known = self._ten_known
        mid2 = self.mid_ago(0)
        if known >= KNOWN_NEEDED and self.seconds >= TEN:
            before = self._ten_mid2
            move = (mid2 - before) * PPM // before if before and mid2 else 0
            bar = (self._ten_spread // known, self._ten_depth // known, self._ten_volume, move)
        else:
            bar = (UNKNOWN, 0, 0, 0)
        self.last_ten = bar
        self._pending.append(bar)
        if len(self._pending) > LAG:
            self.baseline.push(*self._pending.pop(0))
        self._ten_known = self._ten_spread = self._ten_depth = self._ten_volume = 0
        self._ten_mid2 = mid2

    def mid_ago(self, bars: int) -> int:
        """Return bid + ask as it stood `bars` whole seconds before the last bar's end; 0: none."""
        seconds = self.seconds
        if bars >= seconds or bars >= SECONDS:
            return 0
        return self._mids[(seconds - 1 - bars) % SECONDS]

    def depths_ago(self, bars: int) -> tuple[Cash, Cash]:
        """Return bid and ask depth `bars` (under 8) seconds before the last bar's end."""
        if bars >= self.seconds:
            return 0, 0
        slot = (self.seconds - 1 - bars) % DEPTHS
        return self._bid_depths[slot], self._ask_depths[slot]

    def hits(self, bars: int) -> tuple[Cash, Cash]:
        """Return dollars traded from bids and asks in the last `bars` closed seconds."""
        slots = [(self.seconds - 1 - i) % DEPTHS for i in range(min(bars, self.seconds))]
        return sum(self._bid_hits[s] for s in slots), sum(self._ask_hits[s] for s in slots)

    def forget_prices(self) -> None:
        """Cut the history of mids and depths, so that no move is seen across a hole."""
        for slot in range(SECONDS):
            self._mids[slot] = 0
        for slot in range(DEPTHS):
            self._bid_depths[slot] = self._ask_depths[slot] = 0
        self.mid_count = self.mid_total = self.mid_squares = 0
        self._ten_mid2 = 0
