"""What was noticed about the crowd, why or why not, and what became of it."""

from collections import deque

import msgspec

from pmterm.messages.signals import (
    Advice,
    SignalBack,
    SignalEnded,
    SignalKind,
    SignalRejected,
    SignalSeen,
    SignalWorth,
)
from pmterm.model.ids import MarketId, SignalId
from pmterm.model.readings import Gauges
from pmterm.model.units import SECOND, Cash, Ns, Price
from pmterm.views.figures import cash_text, price_text

KEPT = 200
FRESH: Ns = 180 * SECOND  # a signal so young stands before near misses that came later
NAMES = {
    SignalKind.PANIC_SELL: "PANIC SELL",
    SignalKind.FOMO_BUY: "FOMO BUY",
    SignalKind.LIQUIDITY_VACUUM: "VACUUM",
    SignalKind.DEPTH_PULL: "DEPTH PULL",
    SignalKind.MEAN_REVERSION: "REVERSION",
    SignalKind.SPIKE: "SPIKE",
    SignalKind.THESIS_INVALID: "THESIS",
}


WAITS = frozenset({SignalKind.LIQUIDITY_VACUUM, SignalKind.DEPTH_PULL})  # advise no trade


class SignalRow(msgspec.Struct, frozen=True):
    """A signal, or a candidate that failed (`failed` says at what; then nothing is advised)."""

    at: Ns
    market: MarketId
    kind: SignalKind
    id: SignalId = SignalId("")
    advice: Advice = Advice.WAIT
    score_ppm: int = 0
    mid2: int = 0
    expected: Price = 0
    reasons: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    outcome: str = ""
    net: Cash = 0
    worth: SignalWorth | None = None

    @property
    def is_rejected(self) -> bool:
        """Whether it was only a candidate."""
        return bool(self.failed)


class KindRecord(msgspec.Struct, frozen=True):
    """How the signals of one kind went in this session. `net` is per contract, 1e-6 USD.

    `ended` were followed to the end of their time, `cut_short` more were not and count in nothing.
    """

    kind: SignalKind
    ended: int = 0
    reverted: int = 0
    net: Cash = 0
    cut_short: int = 0


class SignalsView(msgspec.Struct, frozen=True):
    """The signals, and how the focused market stands against its last hour.

    Fresh signals come first, or else the newest of all; the rest follows by time, newest first.
    """

    rows: tuple[SignalRow, ...] = ()
    records: tuple[KindRecord, ...] = ()
    gauges: Gauges = Gauges()


class SignalFold:
    """Folds what the detector says."""

    def __init__(self) -> None:
        self._rows: deque[SignalRow] = deque()
        self._records: dict[SignalKind, KindRecord] = {}

    def seen(self, message: SignalSeen) -> None:
        """Note a signal."""
        self._add(
            SignalRow(
                message.at,
                message.market,
                message.kind,
                message.id,
                message.advice,
                message.score_ppm,
                message.mid2,
                message.expected,
                message.reasons,
            )
        )

    def worth(self, message: SignalWorth) -> None:
        """Note what became of earlier signals like one that was just seen."""
        for index, row in enumerate(self._rows):
            if row.id == message.id:
                self._rows[index] = msgspec.structs.replace(row, worth=message)
                break

    def rejected(self, message: SignalRejected) -> None:
        """Note a candidate and why it is none; a repeat of the last one takes its place."""
        row = SignalRow(message.at, message.market, message.kind, failed=message.failed)
        if self._rows:
            last = self._rows[0]
            if last.is_rejected and (last.market, last.kind) == (row.market, row.kind):
                self._rows.popleft()
        self._add(row)

    def back(self, message: SignalBack) -> None:
        """Note that a move has come half back; what it earned is told when its time is over."""
        self._note(message.id, back_text(message), 0)

    def ended(self, message: SignalEnded) -> None:
        """Note what became of a signal."""
        net = message.net if message.is_known else 0
        self._note(message.id, outcome_text(message), net)
        old = self._records.get(message.kind, KindRecord(message.kind))
        counts = message.is_whole
        self._records[message.kind] = KindRecord(
            message.kind,
            old.ended + counts,
            old.reverted + (counts and message.reverted),
            old.net + (message.net if counts else 0),
            old.cut_short + (not counts),
        )

    def _add(self, row: SignalRow) -> None:
        """Put it first; where that is one too many, the oldest near miss goes before any signal."""
        if len(self._rows) == KEPT:
            near = (index for index in range(KEPT - 1, -1, -1) if self._rows[index].is_rejected)
            del self._rows[next(near, KEPT - 1)]
        self._rows.appendleft(row)

    def _note(self, signal: SignalId, outcome: str, net: Cash) -> None:
        for index, row in enumerate(self._rows):
            if row.id == signal:
                self._rows[index] = msgspec.structs.replace(row, outcome=outcome, net=net)
                break

    def count(self, market: MarketId, since: Ns) -> int:
        """Return how many signals a market had since then."""
        return sum(
            row.market == market and not row.is_rejected and row.at >= since for row in self._rows
        )

    def view(self, gauges: Gauges) -> SignalsView:
        """Return all of it."""
        return SignalsView(self._in_order(), tuple(self._records.values()), gauges)

    def _in_order(self) -> tuple[SignalRow, ...]:
        newest = next((row.at for row in self._rows if not row.is_rejected), 0)
        since = min(self._rows[0].at - FRESH + 1, newest) if self._rows else 0
        return tuple(sorted(self._rows, key=lambda row: row.is_rejected or row.at < since))


def back_text(message: SignalBack) -> str:
    """Say that a move has come half back."""
    return _came_back(message.after)


def outcome_text(message: SignalEnded) -> str:
    """Say what became of a signal."""
    if not message.is_known:
        return "outcome not known: cut short, no book to go by"
    is_still = not (message.best or message.worst)
    missed = "did not move" if is_still else "did not come back"
    if message.kind in WAITS:
        return _came_back(message.after) if message.reverted else missed
    net = cash_text(message.net, signed=True)
    if message.reverted:
        return f"{_came_back(message.after)}, {net} a contract"
    best = "" if is_still else f" (best {price_text(message.best)}c)"
    return f"{missed}{best}, {net} a contract"


def _came_back(after: Ns) -> str:
    """Say how long it took; a quote that was gone for an instant took no 0 s."""
    return f"came back in {after // SECOND}s" if after >= SECOND else "came back within 1s"
