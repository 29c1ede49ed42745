"""What the signal rules read, written down once as columns so that thresholds can be tried fast.

The real detector runs; beside it every instant at which a rule could fire is noted. Windows are
set by few settings (`SHAPE`), which are the same for all that is tried on one set of features.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec
import numpy as np

from pmterm.lab.columns import Column, ColumnsDamaged
from pmterm.messages.base import Message
from pmterm.messages.feed import BookChanged
from pmterm.model.ids import MarketId
from pmterm.model.units import Cash, Ns, Qty
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings
from pmterm.trading.signal.watched import Watched

SHAPE: Final = ("spike_span", "spike_window_s")
MOMENT: Final = ("at", "mid2", "volume_30s", "tick", "second", "spread")
ENDED: Final = (
    "now", "at", "place", "is_quoted", "mid2", "ref2", "volume_30s", "bars", "volume_total",
    "count", "total", "variance", "tick", "spread", "depth", "difference", "spike_variance",
    "spike_bars", "spike_ago2", "spread_total",
)  # fmt: skip
_TIMES: Final = ("at", "now")


class Features(NamedTuple):
    """One market: `moments` are instants within seconds, `ends` the ends of seconds, by name.

    A moment's `second` counts the ends before it; an end's `place` the moments before it.
    """

    market: MarketId
    moments: dict[str, Column]
    ends: dict[str, Column]


class Observer(Detector):
    """A detector that notes what its rules could have seen; what it says is unchanged."""

    def __init__(self, settings: SignalSettings) -> None:
        super().__init__(settings)
        self._moments: dict[MarketId, list[tuple[int, ...]]] = {}
        self._ends: dict[MarketId, list[tuple[int, ...]]] = {}

    def features(self) -> list[Features]:
        """Return what was noted, market by market."""
        return [
            Features(market, _columns(MOMENT, self._moments[market]), _columns(ENDED, ends))
            for market, ends in self._ends.items()
        ]

    def _open(self, market: MarketId) -> Watched:
        self._moments[market] = []
        self._ends[market] = []
        return super()._open(market)

    def _book_changed(self, book: BookChanged) -> Sequence[Message]:
        said = super()._book_changed(book)
        watched = self._watched[book.market]
        if watched.mid2:
            self._note_moment(watched, book.at)
        return said

    def _traded(
        self, watched: Watched, qty: Qty, bid_hit: Cash, ask_hit: Cash, at: Ns
    ) -> Sequence[Message]:
        said = super()._traded(watched, qty, bid_hit, ask_hit, at)
        if watched.mid2:
            self._note_moment(watched, at)
        return said

    def _note_moment(self, watched: Watched, at: Ns) -> None:
        market, quote = watched.market, watched.quote
        self._moments[market].append(
            (
                at,
                watched.mid2,
                watched.window.volume_30s,
                watched.tick,
                len(self._ends[market]),
                quote.best_ask - quote.best_bid if quote is not None else 0,
            )
        )

    def _end_second(self, watched: Watched, now: Ns, at: Ns) -> Sequence[Message]:
        window, mid2, quote = watched.window, watched.mid2, watched.quote
        volume = window.volume_30s  # `roll` lets go of the oldest second after the rules looked
        said = super()._end_second(watched, now, at)
        mid2 = mid2 if quote is not None else 0
        spike, n, total = watched.spike, window.mid_count, window.mid_total
        self._ends[watched.market].append(
            (
                now,
                at,
                len(self._moments[watched.market]),
                int(mid2 > 0),
                mid2,
                window.mid_ago(30),
                volume,
                window.baseline.bars,
                window.baseline.volume_total,
                n,
                total,
                n * window.mid_squares - total * total,
                watched.tick,
                quote.best_ask - quote.best_bid if quote is not None else 0,
                min(quote.bid_depth, quote.ask_depth) if quote is not None else 0,
                spike.difference,
                spike.variance,
                spike.bars,
                window.mid_ago(self._settings.spike_window_s),
                window.baseline.spread_total,
            )
        )
        return said


def packed(features: Sequence[Features]) -> dict[str, Column]:
    """Return features as columns that can be kept; times as differences, which pack better."""
    markets = msgspec.json.encode([one.market for one in features])
    columns: dict[str, Column] = {"markets": np.frombuffer(markets, "|u1")}
    for number, one in enumerate(features):
        for name in MOMENT:
            columns[f"{number} moment {name}"] = _differences(name, one.moments[name])
        for name in ENDED:
            columns[f"{number} end {name}"] = _differences(name, one.ends[name])
    return columns


def unpacked(columns: Mapping[str, Column]) -> list[Features]:
    """Return features that were packed.

    Raises:
        ColumnsDamaged: those are no features.
    """
    try:
        markets = msgspec.json.decode(columns["markets"].tobytes(), type=list[str])
        features = [
            Features(
                MarketId(market),
                {name: _sums(name, columns[f"{number} moment {name}"]) for name in MOMENT},
                {name: _sums(name, columns[f"{number} end {name}"]) for name in ENDED},
            )
            for number, market in enumerate(markets)
        ]
    except (KeyError, msgspec.MsgspecError) as error:
        raise ColumnsDamaged(f"it holds no features: {error}") from error
    for one in features:
        for rows in (one.moments, one.ends):
            if len({len(column) for column in rows.values()}) != 1:
                raise ColumnsDamaged("its rows are of different lengths")
    return features


def _differences(name: str, column: Column) -> Column:
    return np.diff(column, prepend=np.int64(0)) if name in _TIMES else column


def _sums(name: str, column: Column) -> Column:
    return np.cumsum(column) if name in _TIMES else column


def _columns(names: Sequence[str], rows: Sequence[tuple[int, ...]]) -> dict[str, Column]:
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return {
        name: np.array(column, dtype=np.int64) for name, column in zip(names, columns, strict=True)
    }
