"""What stands guard, what is suggested, and what each strategy may do: as the screen shows it."""

from collections.abc import Mapping

import msgspec

from pmterm.messages.orders import Bracket
from pmterm.messages.strategy import (
    ExitKind,
    Exits,
    ModeSet,
    RecordKnown,
    StrategyFailed,
    StrategyMode,
    Suggested,
)
from pmterm.model.ids import MarketId
from pmterm.model.readings import Unclosed
from pmterm.model.units import Ns, Price, fixed_text
from pmterm.views.figures import Unit, price_text, span_text
from pmterm.views.news import tick_of

ENOUGH = 30  # held-out signals below which a record says nothing
WORDS = {ExitKind.TARGET: "target", ExitKind.STOP: "stop", ExitKind.TRAILING: "trail"}


class ExitMark(msgspec.Struct, frozen=True):
    """An exit at its price on the ladder. `is_fired`: it came true, the position is closing."""

    kind: ExitKind
    price: Price
    is_fired: bool = False

    @property
    def words(self) -> str:
        """What stands beside the price."""
        return "CLOSING" if self.is_fired else WORDS[self.kind].upper()


class Guarded(msgspec.Struct, frozen=True):
    """A position with exits. `trail_at` is where the trailing stop stands, 0: it has not begun."""

    exits: Exits
    is_long: bool
    fired: ExitKind | None = None
    trail_at: Price = 0

    @property
    def marks(self) -> tuple[ExitMark, ...]:
        """The exits that have a price, target first."""
        exits = self.exits
        prices = (
            (ExitKind.TARGET, exits.target),
            (ExitKind.STOP, exits.stop),
            (ExitKind.TRAILING, self.trail_at),
        )
        return tuple(
            ExitMark(kind, price, self.fired is kind) for kind, price in prices if price > 0
        )

    def left(self, at: Ns) -> Ns:
        """How long until time is up, -1 if it never is."""
        return max(self.exits.until - at, 0) if self.exits.until else -1

    def text(self, at: Ns, unit: Unit = Unit.CENTS) -> str:
        """Say what guards the position, with the time that is left."""
        exits = self.exits
        if self.fired is not None:
            return f"closing: {self.fired}"
        parts = [
            f"{WORDS[mark.kind]} {price_text(mark.price, unit, tick_of(mark.price))}"
            for mark in self.marks
        ]
        if exits.trail and not self.trail_at:
            parts.append(f"trail {price_text(exits.trail, unit, tick_of(exits.trail))} not begun")
        if exits.until:
            parts.append(f"{span_text(self.left(at))} left")
        if exits.event:
            parts.append(f"on {exits.event}")
        if exits.thesis:
            parts.append("thesis")
        return ", ".join(parts)


class StrategyRow(msgspec.Struct, frozen=True):
    """One strategy: what it may do, what it lacks for real money, and what it has shown.

    `live_trades` of `needed_trades` were made with real money, at most `small_words` each.
    `failed` says why it was stopped, "" if it was not; `does` what it acts on, and how.
    """

    name: str
    mode: StrategyMode = StrategyMode.OFF
    missing: str = ""
    record: RecordKnown | None = None
    live_trades: int = 0
    needed_trades: int = 0
    small_words: str = ""
    failed: str = ""
    does: str = ""

    @property
    def record_words(self) -> str:
        """Its record; no share without its n, and none at all of too few."""
        record = self.record
        if record is None or not record.held_out:
            return "not known (n 0)"
        if record.held_out < ENOUGH:
            seen = f": {record.sources}" if record.sources else ""
            return f"not known (n {record.held_out} of {ENOUGH}{seen})"
        net, low, high = (
            fixed_text(value, 6, at_least=2)
            for value in (record.net, record.net_low, record.net_high)
        )
        seen = f" ({record.sources})" if record.sources else ""
        shown = f"won {record.won} of n {record.held_out}{seen}"
        return f"{shown}, net ${net} [{low}, {high}] a contract"

    @property
    def trial_words(self) -> str:
        """How far it is with its first trades of real money."""
        if self.live_trades >= self.needed_trades:
            return f"{self.live_trades} live trades: full size"
        return f"{self.live_trades} of {self.needed_trades} live trades at {self.small_words}"


class Standing(msgspec.Struct, frozen=True):
    """All of it, at one instant. `usual_long` and `usual_short`: what a fade would set."""

    guarded: Mapping[MarketId, Guarded] = {}
    strategies: tuple[StrategyRow, ...] = ()
    suggestions: tuple[Suggested, ...] = ()
    usual_long: Bracket = Bracket()
    usual_short: Bracket = Bracket()
    unclosed: tuple[Unclosed, ...] = ()

    def suggestion(self, focus: MarketId) -> Suggested | None:
        """The suggestion to be taken by key: the latest of the focused market, else of any."""
        here = [one for one in self.suggestions if one.market == focus]
        found = here or self.suggestions
        return found[-1] if found else None


class StrategyFold:
    """Remembers why strategies were stopped; all else about them is read."""

    def __init__(self) -> None:
        self._failed: dict[str, str] = {}

    def failed(self, message: StrategyFailed) -> None:
        """Note that a strategy broke."""
        self._failed[message.strategy] = message.reason

    def mode_set(self, message: ModeSet) -> None:
        """Forget why it was stopped once a person lets it go on."""
        if message.mode is not StrategyMode.OFF:
            self._failed.pop(message.strategy, None)

    def told(self, standing: Standing) -> Standing:
        """Add what broke to what is read."""
        if not self._failed:
            return standing
        rows = tuple(
            msgspec.structs.replace(row, failed=self._failed.get(row.name, ""))
            for row in standing.strategies
        )
        return msgspec.structs.replace(standing, strategies=rows)
