"""One market as the detector watches it: its windows, its episodes, and the thresholds in force.

The thresholds are worked out once a second (and when trading makes a ratio true), so that a
change of the book costs a few integer comparisons: the mid between `near_low2` and `near_high2`
(of the rules and of the signals being followed), depths above theirs.
"""

from collections.abc import Sequence
from math import isqrt
from typing import Final

from pmterm.messages.feed import BookChanged
from pmterm.messages.signals import SignalKind
from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.units import MS, PPM, PRICE_ONE, Cash, Ns, Price, Qty
from pmterm.trading.signal.kalman import Estimate
from pmterm.trading.signal.outcomes import Follow
from pmterm.trading.signal.rules import WITHIN, SignalSettings
from pmterm.trading.signal.spike import Spike
from pmterm.trading.signal.window import TEN, Window

NO_LOW: Final = 0
NO_HIGH: Final = 4 * PRICE_ONE
NO_VOLUME: Final[Qty] = 1 << 62
NEVER: Final[Ns] = 1 << 62

_PANIC, _FOMO = SignalKind.PANIC_SELL, SignalKind.FOMO_BUY
_VACUUM, _PULL = SignalKind.LIQUIDITY_VACUUM, SignalKind.DEPTH_PULL
_REVERSION, _SPIKE = SignalKind.MEAN_REVERSION, SignalKind.SPIKE


class Episode:
    """One kind of signal in one market: it speaks once, then waits for calm."""

    __slots__ = ("fired", "last_true", "rejected")

    def __init__(self) -> None:
        self.fired = False
        self.rejected = False
        self.last_true: Ns = 0


class Watched:
    """What is known of one market; `quote` is the last book with both sides to be believed."""

    __slots__ = (
        "ask_before",
        "ask_since",
        "before2",
        "bid_before",
        "bid_since",
        "doubted_at",
        "episodes",
        "far_high2",
        "far_low2",
        "follow_due",
        "follow_high2",
        "follow_low2",
        "follows",
        "fomo_needed",
        "high2",
        "is_alarmed",
        "is_bare",
        "is_muted",
        "is_spoken",
        "kalman",
        "low2",
        "low_ask",
        "low_bid",
        "low_both",
        "market",
        "meta",
        "mid2",
        "move_high2",
        "move_low2",
        "near_high2",
        "near_low2",
        "panic_needed",
        "panic_volume",
        "pull_ask",
        "pull_bid",
        "quote",
        "settings",
        "spike",
        "thin",
        "thin_needed",
        "thin_since",
        "ticker_volume",
        "trades_told",
        "window",
    )

    def __init__(self, market: MarketId, settings: SignalSettings) -> None:
        self.market = market
        self.settings = settings
        self.meta: Market | None = None
        self.window = Window()
        self.spike = Spike(settings.spike_span, settings.spike_slack)
        self.kalman = Estimate()
        self.episodes = {kind: Episode() for kind in SignalKind}
        self.follows: list[Follow] = []
        self.follow_due: Ns = NEVER
        self.follow_low2, self.follow_high2 = NO_LOW, NO_HIGH
        self.quote: BookChanged | None = None
        self.mid2 = 0  # 0: no book to believe at present
        self.is_bare = False  # it can be believed, and has one side only; kept while following
        self.doubted_at: Ns = 0  # since when it cannot be believed; kept while following
        self.ticker_volume: Qty = 0
        self.trades_told = False
        self.is_alarmed = False
        self.is_muted = False
        self.bid_since: Ns = 0
        self.ask_since: Ns = 0
        self.thin_since: Ns = 0
        self.is_spoken = False  # some episode is on
        self.panic_volume: Qty = NO_VOLUME
        self.panic_needed: Qty = NO_VOLUME  # this and the next two by the last hour: see `learn`
        self.fomo_needed: Qty = NO_VOLUME
        self.thin_needed: Cash = -1
        self.low_bid: Cash = 0
        self.low_ask: Cash = 0
        self.pull_bid: Cash = 0
        self.pull_ask: Cash = 0
        self.low_both: Cash = -1
        self.thin: Cash = -1
        self.disarm()

    @property
    def standing(self) -> BookChanged | None:
        """The book if it can be believed now."""
        return self.quote if self.mid2 else None

    @property
    def tradable(self) -> BookChanged | None:
        """The book if it can be believed now, also where one side is empty."""
        return self.quote if self.mid2 or self.is_bare else None

    @property
    def tick(self) -> Price:
        """The price step around the mid."""
        if self.meta is None:
            return 100
        bands = self.meta.bands
        return bands[0].step if len(bands) == 1 else self.meta.step_at(self.mid2 // 2)

    def forget_prices(self) -> None:
        """See no move across a hole: everything that compares prices begins anew."""
        self.mid2 = 0
        self.window.forget_prices()
        self.spike.reset()
        self.kalman.reset()
        self.is_alarmed = False
        self.disarm()

    def calm_depth(self) -> None:
        """Depth is back where it was, as far as it is being watched."""
        if self.is_alarmed:
            self.is_alarmed = False
            self.bid_since = self.ask_since = self.thin_since = 0

    def disarm(self) -> None:
        """Set thresholds that nothing crosses."""
        self.is_muted = False
        self.bid_since = self.ask_since = self.thin_since = 0
        self.move_low2 = self.far_low2 = self.low2 = NO_LOW
        self.move_high2 = self.far_high2 = self.high2 = NO_HIGH
        self.before2 = self.bid_before = self.ask_before = 0
        self.low_bid = self.low_ask = self.pull_bid = self.pull_ask = 0
        self.low_both = self.thin = -1
        self.panic_volume = NO_VOLUME
        self._bound()

    def follow(self, follows: list[Follow]) -> None:
        """Follow these signals from now on, and know when and where to look at them next."""
        self.follows = follows
        self.follow_due = min((follow.due for follow in follows), default=NEVER)
        quiet = [follow.quiet for follow in follows]
        self.follow_low2 = max((low for low, _ in quiet), default=NO_LOW + 1) - 1
        self.follow_high2 = min((high for _, high in quiet), default=NO_HIGH - 1) + 1
        self._bound()

    def _bound(self) -> None:
        """Put together what the hot path compares with: rules and follows in one."""
        low, high = self.follow_low2, self.follow_high2
        self.near_low2 = max(self.low2, low)
        self.near_high2 = min(self.high2, high)

    def mute_depth(self) -> None:
        """Look at depth no more until the second ends; since when it is low stays known."""
        self.is_muted = True
        self.is_alarmed = False
        self.pull_bid = self.pull_ask = 0
        self.thin = -1

    def mark_depth(self, quote: BookChanged, now: Ns) -> None:
        """Note since when depth has been too low; clear what has come back."""
        bid, ask = quote.bid_depth, quote.ask_depth
        if bid >= self.low_bid and ask >= self.low_ask and bid + ask > self.low_both:
            self.bid_since = self.ask_since = self.thin_since = 0
            self.is_alarmed = False
            return
        self.bid_since = (self.bid_since or now) if bid < self.low_bid else 0
        self.ask_since = (self.ask_since or now) if ask < self.low_ask else 0
        self.thin_since = (self.thin_since or now) if bid + ask <= self.low_both else 0
        self.is_alarmed = self.is_low(quote)

    def is_low(self, quote: BookChanged) -> bool:
        """Tell whether any depth is below what is watched for."""
        bid, ask = quote.bid_depth, quote.ask_depth
        return bid < self.pull_bid or ask < self.pull_ask or bid + ask <= self.thin

    def depth_settled(self, now: Ns) -> bool:
        """Tell whether some depth has been low long enough to mean it."""
        early = now - self.settings.settle_ms * MS
        return (
            0 < self.bid_since <= early
            or 0 < self.ask_since <= early
            or 0 < self.thin_since <= early
        )

    def stirring(self) -> list[SignalKind]:
        """Name the kinds whose leading condition may hold, so that only their rules are run.

        Call at the end of a second, after `measure` and `mark_depth`.
        """
        mid2 = self.mid2
        kinds = []
        if not self.move_low2 < mid2 < self.move_high2:
            kinds.append(_PANIC if mid2 <= self.move_low2 else _FOMO)
        if self.thin_since:
            kinds.append(_VACUUM)
        if self.bid_since or self.ask_since:
            kinds.append(_PULL)
        if not self.far_low2 < mid2 < self.far_high2:
            kinds.append(_REVERSION)
        if self.spike.direction(self.settings.spike_threshold):
            kinds.append(_SPIKE)
        return kinds

    def _is_hopeless(self, kind: SignalKind, quote: BookChanged, now: Ns) -> bool:
        """Tell, without the facts, that what leads to a kind holds and something else fails.

        False says that its rule has to look. Call at the end of a second for what is stirring.
        """
        settings, window = self.settings, self.window
        if kind is _PANIC:
            return window.volume_30s < self.panic_needed
        if kind is _FOMO:
            return window.volume_30s < self.fomo_needed
        bid, ask = quote.bid_depth, quote.ask_depth
        spread = quote.best_ask - quote.best_bid
        if kind is _VACUUM:
            bars = window.baseline.bars
            leads = bid + ask > 0 < bars and now - self.thin_since >= settings.settle_ms * MS
            return leads and (
                bars * TEN < settings.min_baseline_s
                or window.baseline.spread_ratio(spread) < settings.vacuum_spread_ppm
            )
        if kind is _SPIKE and self.spike.bars > settings.spike_span:
            return spread >= settings.spike_spread or min(bid, ask) < settings.spike_depth
        return False

    def open_questions(
        self, kinds: Sequence[SignalKind], quote: BookChanged, now: Ns
    ) -> list[SignalKind]:
        """Return the kinds whose rules must look; what was said of the others stays true."""
        asked = []
        for kind in kinds:
            episode = self.episodes[kind]
            if episode.fired or (episode.rejected and self._is_hopeless(kind, quote, now)):
                episode.last_true = now
                self.is_spoken = True
            else:
                asked.append(kind)
        return asked

    def sudden_questions(self, quote: BookChanged, now: Ns) -> list[SignalKind]:
        """Return the kinds whose rules must look within a second, after `mark_depth`.

        After a second that ended without a book nothing is measured, so every rule must.
        """
        is_measured = not self.window.missing
        asked = []
        for kind in self.stirring() if is_measured else WITHIN:
            episode = self.episodes[kind]
            if episode.fired or kind is _SPIKE:
                continue
            if is_measured and self._is_hopeless(kind, quote, now):
                episode.last_true = now
                self.is_spoken = True
            else:
                asked.append(kind)
        return asked

    def learn(self) -> None:
        """Work out what the last hour's means ask for; they change every ten seconds."""
        settings, base = self.settings, self.window.baseline
        unit = base.bars * PPM
        if unit:
            self.thin_needed = base.depth_total * settings.vacuum_depth_ppm // unit
        if base.volume_total and base.bars * TEN >= settings.min_baseline_s:
            usual = 3 * base.volume_total
            self.panic_needed = -(-usual * settings.panic_volume_ppm // unit)
            self.fomo_needed = -(-usual * settings.fomo_volume_ppm // unit)
        else:
            self.panic_needed = self.fomo_needed = NO_VOLUME

    def measure(self) -> None:
        """Work out where each leading condition begins to hold, for the coming second."""
        settings, window = self.settings, self.window
        self.is_muted = False
        before = window.mid_ago(30)
        if before != self.before2:
            self._measure_moves(before)
        n = window.mid_count
        if n >= settings.reversion_samples:
            total = window.mid_total
            root = isqrt(n * window.mid_squares - total * total)
            root = root * settings.reversion_sd_ppm // PPM  # rounded down: the rule is exact
            root = root or 1  # on the mean itself nothing is far from it
            self.far_low2, self.far_high2 = (total - root) // n, -(-(total + root) // n)
        else:
            self.far_low2, self.far_high2 = NO_LOW, NO_HIGH
        bid, ask = window.depths_ago(settings.pull_window_s)
        if bid != self.bid_before or ask != self.ask_before:
            self._measure_depths(bid, ask)
        if window.baseline.bars:
            self.low_both = self.thin_needed

    def _measure_moves(self, before: int) -> None:
        """Work out from which mids on the move since `before` is a panic or FOMO."""
        self.before2 = before
        if before:
            self.move_low2 = before * (PPM + self.settings.panic_change_ppm) // PPM
            self.move_high2 = -(-before * (PPM + self.settings.fomo_change_ppm) // PPM)
        else:
            self.move_low2, self.move_high2 = NO_LOW, NO_HIGH

    def _measure_depths(self, bid: Cash, ask: Cash) -> None:
        """Work out below which depths these have been pulled."""
        self.bid_before, self.ask_before = bid, ask
        kept = PPM - self.settings.pull_fall_ppm
        self.low_bid, self.low_ask = -(-bid * kept // PPM), -(-ask * kept // PPM)

    def arm(self) -> None:
        """Let the hot path watch for what can fire now: not spoken yet, nothing else missing."""
        episodes, window = self.episodes, self.window
        self._arm_moves()
        if self.far_low2 != NO_LOW and not episodes[_REVERSION].fired:
            mean2, rest = divmod(window.mid_total, window.mid_count)
            reach = 2 * self.tick * self.settings.reversion_ticks
            low = min(self.far_low2, mean2 - reach)
            high = max(self.far_high2, mean2 + reach + (rest > 0))
            self.low2 = max(self.low2, low)
            self.high2 = min(self.high2, high)
        is_pulled = self.is_muted or episodes[_PULL].fired
        is_thin = self.is_muted or episodes[_VACUUM].fired
        self.pull_bid, self.pull_ask = (0, 0) if is_pulled else (self.low_bid, self.low_ask)
        self.thin = -1 if is_thin else self.low_both
        self._bound()

    def _arm_moves(self) -> None:
        """Watch for panic and FOMO once there is the volume for them; else wait for that."""
        volume = self.window.volume_30s
        panic = NO_VOLUME if self.episodes[_PANIC].fired else self.panic_needed
        fomo = NO_VOLUME if self.episodes[_FOMO].fired else self.fomo_needed
        self.low2, self.high2 = NO_LOW, NO_HIGH
        if volume >= panic:
            self.low2, panic = self.move_low2, NO_VOLUME
        if volume >= fomo:
            self.high2, fomo = self.move_high2, NO_VOLUME
        self.panic_volume = min(fomo, panic)
