"""What strategies want, how they may act, and the exits that guard a position."""

from enum import StrEnum
from typing import Final

from pmterm.messages.base import Message
from pmterm.model.ids import MarketId, OrderId, SignalId
from pmterm.model.order import Side
from pmterm.model.units import Cash, Ns, Price, Qty, fixed_text

_AUTO: Final = "auto "
EXIT: Final = "exit "


class StrategyMode(StrEnum):
    """What a strategy may do: nothing, ask, or act."""

    OFF = "off"
    SUGGEST = "suggest"
    AUTO = "auto"


class SetMode(Message, frozen=True):
    """Let a strategy do nothing, suggest, or act; a person asked for it."""

    strategy: str
    mode: StrategyMode


class ModeSet(Message, frozen=True):
    """What a strategy may do from now on; it survives a restart. `reason` in plain words."""

    strategy: str
    mode: StrategyMode
    reason: str = ""


class RecordKnown(Message, frozen=True):
    """What a strategy has shown so far: told at the start of a session, from the store.

    `held_out` signals it never learned from, `won` of them with a net result above zero;
    `net` is their mean net result per contract (1e-6 USD), between `net_low` and `net_high` with
    95 %. `live_trades` were made with real money. `backtested` of `held_out` were seen by kept
    backtests, the others by sessions. `cut_short` more were not followed to the end of their time
    and count for nothing.
    """

    strategy: str
    held_out: int
    won: int
    net: Cash
    net_low: Cash
    net_high: Cash
    live_trades: int = 0
    backtested: int = 0
    cut_short: int = 0

    @property
    def sources(self) -> str:
        """Say where the signals were seen, "" where all were live, and which do not count."""
        told = []
        if self.backtested:
            told = [f"{self.backtested} backtest", f"{self.held_out - self.backtested} seen live"]
        if self.cut_short:
            told.append(f"{self.cut_short} cut short not counted")
        return ", ".join(told)


class Exits(Message, frozen=True):
    """What closes a position by itself, as it stands; 0 leaves an exit out.

    Prices on the YES scale in 1e-4 USD. `trail` is how far behind the best price the trailing stop
    stays. `until` is a time of the day's clock in Unix ns. `event` names a tag that closes it.
    `thesis`: close when THESIS_INVALID is seen. `best` is the best price that the trail has
    followed, 0: it has not begun. One of them fills, the others are gone (OCO).
    """

    market: MarketId
    target: Price = 0
    stop: Price = 0
    trail: Price = 0
    until: Ns = 0
    event: str = ""
    thesis: bool = False
    origin: str = "key"
    best: Price = 0


class SetExits(Message, frozen=True):
    """Guard a position with these exits instead of those it has; all 0 takes them away.

    `until` is a time (Unix ns) in the place of `lasts_s`: other exits are changed, time goes on.
    """

    market: MarketId
    target: Price = 0
    stop: Price = 0
    trail: Price = 0
    lasts_s: int = 0
    event: str = ""
    thesis: bool = False
    origin: str = "key"
    until: Ns = 0


class TagGame(Message, frozen=True):
    """Something happened in the game; the trader, or a score feed, says so."""

    market: MarketId
    event: str


class ExitKind(StrEnum):
    """What closed a position."""

    TARGET = "target"
    STOP = "stop"
    TRAILING = "trailing"
    TIMEOUT = "timeout"
    EVENT = "event"
    THESIS = "thesis"


class ExitFired(Message, frozen=True):
    """An exit's condition came true; the position is closed, at `price` or what can be had.

    What else of ours works in that market is taken back. `order` closes the position, "" if that
    has to wait until something has settled or was taken back.
    """

    market: MarketId
    kind: ExitKind
    price: Price
    order: OrderId


class ExitsGone(Message, frozen=True):
    """A position's exits are over: it is closed or settled, or a person took them away."""

    market: MarketId
    reason: str


class Suggested(Message, frozen=True):
    """A strategy would do this; a key takes it, `until` (Unix ns) lets it lapse.

    `price` is the limit; the exits are those it would set. `missing` says what keeps it from
    acting by itself, empty if nothing does.
    """

    id: str
    strategy: str
    signal: SignalId
    market: MarketId
    side: Side
    qty: Qty
    price: Price
    until: Ns
    target: Price = 0
    stop: Price = 0
    trail: Price = 0
    lasts_s: int = 0
    missing: str = ""


class TakeSuggestion(Message, frozen=True):
    """Do what was suggested, at prices as they are now; a person asked for it."""

    suggestion: str
    confirmed: bool = False


class StrategyFailed(Message, frozen=True):
    """A strategy broke and is off until a person sets it again; the others go on."""

    strategy: str
    reason: str


def auto_origin(strategy: str) -> str:
    """Return the origin of an order that a strategy makes by itself."""
    return f"{_AUTO}{strategy}"


def acted_by(origin: str) -> str:
    """Return which strategy made an order of this origin by itself, "" if a person did."""
    return origin.removeprefix(_AUTO) if origin.startswith(_AUTO) else ""


def exit_origin(kind: ExitKind) -> str:
    """Return the origin of an order that carries out an exit."""
    return f"{EXIT}{kind.value}"


def is_exit(origin: str) -> bool:
    """Tell whether an order of this origin carries out an exit."""
    return origin.startswith(EXIT)


def missing_for_live(record: RecordKnown | None, min_signals: int) -> str:
    """Say what a strategy lacks to act by itself on real money (T12), "" if nothing."""
    if record is None or not record.held_out:
        return f"no record, needs {min_signals} held-out signals"
    if record.held_out < min_signals:
        return f"{record.held_out} of {min_signals} held-out signals"
    if record.net_low <= 0:
        low = fixed_text(record.net_low, 6, at_least=2)
        return f"net of {record.held_out} signals at the least {low} a contract, needs above 0"
    return ""
