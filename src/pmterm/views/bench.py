"""Backtests as the screen shows them: recordings, how far a run is, and what it came to."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from pmterm.model.ids import MarketId
from pmterm.model.order import Side
from pmterm.model.units import SECOND, Cash, Ns, Price, Qty
from pmterm.views.figures import clock_text

LEAD: Ns = 10 * SECOND  # a replay begins so long before the trade that is to be seen


class RecordingRow(msgspec.Struct, frozen=True):
    """One recording; `size` in bytes. `last_at` 0: not read yet; `wrong`: why it cannot be."""

    path: str
    name: str
    size: int
    first_at: Ns = 0
    last_at: Ns = 0
    markets: int = 0
    wrong: str = ""


class BenchTrade(msgspec.Struct, frozen=True):
    """A trade of a run and the recording it was made in; units as in the lab's `Trade`."""

    path: str
    market: MarketId
    strategy: str
    side: Side
    qty: Qty
    entered_at: Ns
    left_at: Ns
    entry: Price
    exit: Price
    fees: Cash
    net: Cash
    reason: str
    is_known: bool = True

    @property
    def seen_from(self) -> Ns:
        """Where a replay begins that shows it."""
        return self.entered_at - LEAD


class StrategyFigures(msgspec.Struct, frozen=True):
    """What the `n` known trades of a strategy came to; `name` "" by hand, money in 1e-6 USD.

    `won` of them earned something; `rate` and `each` (net a trade) are words with interval and n,
    or that they are not known. `unknown` trades have no end that was recorded.
    """

    name: str
    n: int
    net: Cash
    won: int
    drawdown: Cash
    rate: str
    each: str
    unknown: int = 0


class BenchResult(msgspec.Struct, frozen=True):
    """What a run came to so far. `curve` is (time, equity) after each moment that closed a trade.

    `notes` say what else must be known; `recordings` is how many were played.
    """

    trades: tuple[BenchTrade, ...] = ()
    curve: tuple[tuple[Ns, Cash], ...] = ()
    capital: Cash = 0
    figures: tuple[StrategyFigures, ...] = ()
    notes: tuple[str, ...] = ()
    recordings: int = 0

    @property
    def drawdowns(self) -> tuple[Cash, ...]:
        """How far equity stood below its highest, at each point of the curve."""
        highest, falls = self.capital, []
        for _, equity in self.curve:
            highest = max(highest, equity)
            falls.append(highest - equity)
        return tuple(falls)


class Phase(StrEnum):
    """Where a run is."""

    IDLE = "idle"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    BROKE = "broke"

    @property
    def is_busy(self) -> bool:
        """Whether a process works at it."""
        return self in {Phase.RUNNING, Phase.STOPPING}


class RunView(msgspec.Struct, frozen=True):
    """A run as it stands. `share_ppm` of all is done; `error` says why it broke.

    `kept` says what of it counts in the records of strategies, "" while nothing was kept.
    """

    phase: Phase = Phase.IDLE
    what: str = ""
    share_ppm: int = 0
    error: str = ""
    result: BenchResult = BenchResult()
    kept: str = ""


class Choice(msgspec.Struct):
    """What is chosen on the screen; it outlives a look into a replay. Times as typed, UTC."""

    paths: set[str] = msgspec.field(default_factory=set)
    strategies: set[str] = msgspec.field(default_factory=set)
    parameters: str = ""
    trade: int = 0
    since: str = ""
    until: str = ""


class Jump(msgspec.Struct, frozen=True):
    """A trade to be looked at in the replay of its recording."""

    path: str
    market: MarketId
    at: Ns


def span_words(row: RecordingRow) -> str:
    """Say when a recording was made, and how long it is."""
    if row.wrong:
        return "cannot be played"
    if not row.last_at:
        return "reading…"
    begun = f"{day_text(row.first_at)[5:]} {clock_text(row.first_at)[:5]}"
    seconds = max((row.last_at - row.first_at) // SECOND, 0)
    if seconds < 60:
        return f"{begun} {seconds} s"
    minutes = seconds // 60
    return (
        f"{begun} {minutes // 60}h{minutes % 60:02d}" if minutes >= 60 else f"{begun} {minutes} min"
    )


def recorded_words(row: RecordingRow) -> str:
    """Say from when to when something was recorded, as a time is typed."""
    if not row.last_at:
        return ""
    first, last = (f"{day_text(at)}T{clock_text(at)}" for at in (row.first_at, row.last_at))
    return f"{first} to {last if last[:10] != first[:10] else last[11:]}"


def day_text(at: Ns) -> str:
    """Write the day, UTC, as 2026-05-14."""
    return datetime.fromtimestamp(at // SECOND, UTC).strftime("%Y-%m-%d")


def size_words(size: int) -> str:
    """Write bytes: 12 kB, 3.4 MB."""
    if size < 1_000_000:
        return f"{max(size // 1_000, 1)} kB"
    return f"{size // 1_000_000}.{size // 100_000 % 10} MB"


def parameters_of(text: str) -> dict[str, str]:
    """Read `name=value name=value`; what has no = stands there with an empty value."""
    pairs = (word.partition("=") for word in text.split())
    return {name: value for name, _, value in pairs}


def total(trades: Sequence[BenchTrade]) -> Cash:
    """Return what the known trades earned."""
    return sum(trade.net for trade in trades if trade.is_known)
