"""The recordings that evidence is made of: where they lie, what they lack, what they can answer."""

from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

import msgspec

from pmterm.lab.readers import kalshi_deltas, kalshi_seconds, kalshi_tickers, polymarket_seconds
from pmterm.messages.base import Message
from pmterm.messages.signals import SignalKind
from pmterm.model.market import Market

Reader = Callable[[Path], Iterator[Message]]
NO_LICENCE: Final = "no licence stated"
QUOTES: Final = (SignalKind.MEAN_REVERSION, SignalKind.SPIKE)
MOVES: Final = (SignalKind.PANIC_SELL, SignalKind.FOMO_BUY)
DEPTHS: Final = (SignalKind.LIQUIDITY_VACUUM, SignalKind.DEPTH_PULL)


class Draw(StrEnum):
    """What counts as one independent draw."""

    MARKET = "market"
    EVENT = "event"
    FILE = "file"


class Source(msgspec.Struct, frozen=True):
    """One set of recordings. `read` None: they are in our own format.

    `kinds` are the signals it can say something about, `baseline_s` how much of a market is
    watched before they may fire.
    """

    name: str
    folder: str
    pattern: str
    licence: str
    lacks: str
    kinds: tuple[SignalKind, ...]
    draw: Draw
    read: Reader | None = None
    baseline_s: int = 600

    def cluster(self, market: Market, path: Path) -> str:
        """Name the draw that a market of a file belongs to."""
        match self.draw:
            case Draw.MARKET:
                return str(market.id)
            case Draw.EVENT:
                return market.event or str(market.id)
            case Draw.FILE:
                return path.name


_BTC_LACKS: Final = "no trades: volume is that of tickers; the fee is taken to be Kalshi's usual"
_TICKER_LACKS: Final = "best prices only, about once a second, and no depth behind them"
SOURCES: Final = (
    Source(
        "Kalshi BTC 15 min", "wire", "kalshi_KXBTC15M_*.ndjson.zst", NO_LICENCE, _BTC_LACKS,
        MOVES + DEPTHS + QUOTES, Draw.MARKET,
    ),
    Source(
        "Kalshi BTC 15 min, 2 min baseline", "wire", "kalshi_KXBTC15M_*.ndjson.zst", NO_LICENCE,
        _BTC_LACKS + "; ten minutes of baseline leave five of such a market, so also with two",
        MOVES + DEPTHS, Draw.MARKET, baseline_s=120,
    ),
    Source(
        "Kalshi BTC 15 min, tickers", "kalshi_ticker_btc15m", "*.ndjson.zst", NO_LICENCE,
        _TICKER_LACKS, MOVES + QUOTES, Draw.MARKET, kalshi_tickers.read,
    ),
    Source(
        "Kalshi BTC 15 min, tickers, 2 min baseline", "kalshi_ticker_btc15m", "*.ndjson.zst",
        NO_LICENCE, _TICKER_LACKS, MOVES, Draw.MARKET, kalshi_tickers.read, baseline_s=120,
    ),
    Source(
        "Polymarket BTC 15 min, 1 s", "polymarket_1s_btc15m", "*.csv.zst", "MIT by its README",
        "no trades; best prices and sizes only, polled once a second",
        QUOTES, Draw.MARKET, polymarket_seconds.read,
    ),
    Source(
        "Polymarket hockey", "wire", "polymarket_nhl_*.ndjson.zst", "MIT",
        "one game, 14 minutes; books begin empty; the fee is taken at the dearest known rate",
        MOVES + DEPTHS + QUOTES, Draw.FILE,
    ),
    Source(
        "Kalshi basketball", "kalshi_deltas_basketball", "*.csv.zst", NO_LICENCE,
        "no whole book: deep levels are not known until they move, so depth says nothing",
        MOVES + QUOTES, Draw.EVENT, kalshi_deltas.read,
    ),
    Source(
        "Kalshi Super Bowl, 1 s", "kalshi_1s_superbowl", "*.csv.zst", NO_LICENCE,
        "one game, its two markets mirror each other; no trades; best prices and sizes only",
        QUOTES, Draw.EVENT, kalshi_seconds.read,
    ),
)  # fmt: skip
