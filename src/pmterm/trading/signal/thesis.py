"""G8: what a position rests on no longer holds: the market moves or trades as it never does.

Looked at every ten seconds, against the ten-second bars of the last hour, and only where
something is held.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isqrt
from typing import Any

from pmterm.messages.accounts import MarketSettled, Mode, SessionStarted
from pmterm.messages.base import Message
from pmterm.messages.hearing import folding, silently
from pmterm.messages.live import HoldingAdjusted
from pmterm.messages.orders import Fill, FillMoved
from pmterm.messages.signals import Advice, SignalKind
from pmterm.model.ids import MarketId
from pmterm.model.ledger import Ledger
from pmterm.model.market import Market
from pmterm.model.stock import Adjusted
from pmterm.model.units import PPM
from pmterm.trading.signal.rules import Finding, SignalSettings
from pmterm.trading.signal.window import TEN, Window


class Held:
    """What is held where, as far as a detector needs to know."""

    def __init__(self) -> None:
        self._ledger = Ledger()

    def hears(self) -> Mapping[type[Message], Callable[[Any], Sequence[Message]]]:
        """Handlers by exact message type; a market's metadata comes by `market_seen`."""
        return {kind: silently(note) for kind, note in self.recalls().items()}

    def recalls(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """How the journal restores it."""
        ledger = self._ledger
        return {
            SessionStarted: self._started,
            Fill: folding(lambda fill: ledger.filled(fill.market, fill.traded)),
            FillMoved: folding(lambda moved: ledger.moved(moved.market, moved.fill, moved.state)),
            HoldingAdjusted: self._adjusted,
            MarketSettled: folding(lambda one: ledger.settled(one.market, one.payout)),
        }

    def market_seen(self, market: Market) -> None:
        """Note whose market it is."""
        self._ledger.market_seen(market)

    def way(self, market: MarketId) -> int:
        """Return 1 where YES is held, -1 where NO is, else 0."""
        held = self._ledger.held(market).qty
        return (held > 0) - (held < 0)

    def _started(self, session: SessionStarted) -> None:
        self._ledger.started(0, is_live=session.mode is Mode.LIVE)

    def _adjusted(self, adjusted: HoldingAdjusted) -> None:
        entry = Adjusted(adjusted.qty, adjusted.price, adjusted.outcome)
        self._ledger.adjusted(adjusted.market, entry)


def doubt(window: Window, mid2: int, way: int, settings: SignalSettings) -> Finding | None:
    """Return the finding that a position held `way` has lost its reason; None: it has not."""
    base, (_, _, volume, move) = window.baseline, window.last_ten
    bars = base.bars
    if not way or bars < settings.thesis_samples:
        return None
    away = move * bars - base.move_total  # x bars, so that nothing is rounded
    variance = bars * base.move_squares - base.move_total**2
    reasons: list[str] = []
    if away and (away * PPM) ** 2 > settings.thesis_sd_ppm**2 * variance:
        times = _tenths(abs(away) * PPM // max(1, isqrt(variance)))
        reasons.append(f"price moved {times} sd of its last hour in 10 s")
    if base.volume_total and volume * bars * PPM > settings.thesis_volume_ppm * base.volume_total:
        times = _tenths(volume * bars * PPM // base.volume_total)
        reasons.append(f"volume {times}x its mean of 10 s")
    if not reasons:
        return None
    advice = Advice.SELL if way > 0 else Advice.BUY
    before2 = window.mid_ago(TEN) or mid2
    words = (tuple(reasons), ())
    return Finding(SignalKind.THESIS_INVALID, advice, before2, fires=True, words=lambda: words)


def _tenths(ppm: int) -> str:
    return f"{ppm // PPM}.{ppm * 10 // PPM % 10}"
