"""Draws the lines that are always there: mode, lamps, money, clock; keys, last outcome."""

from collections.abc import Sequence

from rich.cells import cell_len

from pmterm.messages.accounts import Mode
from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.market import MarketStatus
from pmterm.model.order import GateState
from pmterm.model.units import SECOND, Ns
from pmterm.tui.keys import footer_keys
from pmterm.tui.render.cells import elide, fit
from pmterm.tui.widgets.lines import Lines, Row
from pmterm.tui.widgets.positions import tone
from pmterm.views.account_words import has_dead_man, is_overdue
from pmterm.views.figures import (
    age_text,
    brief_cash,
    cash_text,
    clock_text,
    price_text,
    qty_text,
    span_text,
)
from pmterm.views.health import FeedLamp
from pmterm.views.ladder import DIM_AFTER
from pmterm.views.positions import profit_text
from pmterm.views.strategy_words import suggestion_text

OUTCOME_FOR: Ns = 4 * SECOND  # the last outcome is read by then, and gives way to a suggestion
_BADGES = {
    Mode.PAPER: [(" PAPER ", "paper")],
    Mode.LIVE: [],  # the bar above says it
    Mode.REPLAY: [(" REPLAY ", "replay")],
}
_TONES = {"good": "good", "bad": "warn", "plain": "plain"}


class Header(Lines):
    """Mode, gate, lamps, dead-man, profit and exposure against their limits, clock."""

    can_focus = False
    is_titled = False
    DEFAULT_CSS = "Header { height: 2; background: $panel; }"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the two lines."""
        lamps = [*self._badges(), *self._lamps(width), *self._dead_man(width)]
        top = _spread(lamps, self._money(width), width)
        notes = self._notes()
        room = width - sum(cell_len(text) for text, _ in notes)
        return [top, _spread(self._market(room), notes, width)][:height]

    def _badges(self) -> list[tuple[str, str]]:
        header = self.board.header
        parts = list(_BADGES[header.mode])
        if header.gate is GateState.HALTED:
            parts = [(" KILLED ", "live"), *parts]
        elif header.gate is GateState.REDUCING:
            parts.append((" REDUCING ", "live"))
        if self.look.is_armed and not self.board.is_live:  # there the bar says it
            parts.append((f" ARMED {qty_text(self.look.size)} ", "live"))
        if self.look.is_frozen:
            parts.append((" FROZEN ", "replay"))
        return parts

    def _lamps(self, width: int) -> list[tuple[str, str]]:
        lamps = self.board.header.lamps
        if not lamps:
            return [(" no feed", "dim")]
        parts: list[tuple[str, str]] = []
        for lamp in lamps:
            sign, style, words = _lamp(lamp)
            venue = self.board.live.venue(lamp.venue)
            if self.board.is_live and lamp.is_up and not venue.is_ready:
                sign, style, words = "◐", "warn", f"{words} not ready"
            elif self.board.is_live and lamp.is_up and is_overdue(venue, self.board.at):
                age = age_text(self.board.at - venue.reconciled_at)
                sign, style, words = "◐", "warn", f"not compared {age}"
            name = lamp.venue.value if width >= 100 else lamp.venue.value[:4]
            parts += [(f" {sign}", style), (f"{name} {words}", _quiet(style))]
        return parts

    def _dead_man(self, width: int) -> list[tuple[str, str]]:
        """Say how long ago the venues last confirmed the dead-man switch, the oldest of them.

        Beside a venue that has none it is told whose it is.
        """
        venues = self.board.live.venues
        beats = [each for each in venues if each.beat_at]
        if not self.board.is_live or not beats:
            return []
        at = self.board.at
        name = "dead-man" if width >= 100 else "dm"
        gone = [each.venue.value for each in beats if each.beat_until <= at]
        if gone:
            return [(f" {name} RAN OUT {'+'.join(gone)}", "warn")]
        if not all(has_dead_man(each.venue) for each in venues):
            names = (each.venue.value for each in beats)
            name = f"{'+'.join(n if width >= 100 else n[:4] for n in names)} {name}"
        age = max(at - each.beat_at for each in beats)
        return [(f" {name} {age_text(age)}", "plain")]

    def _money(self, width: int) -> list[tuple[str, str]]:
        money = self.board.money
        day = profit_text(money.day, is_complete=money.is_complete)
        is_long = width >= 100
        loss = f"/{money.loss_limit}" if money.loss_limit else ""
        most = f"/{money.exposure_limit}" if money.exposure_limit else ""
        parts = [("day ", "dim"), (day, tone(money.day)), (loss, "dim")]
        exposure = cash_text(money.exposure) if is_long else brief_cash(money.exposure)
        if width >= 64:
            parts += [(" exposure " if is_long else " exp ", "dim"), (exposure, "plain")]
            parts += [(most, "dim")]
        clock = clock_text(self.board.at) if self.board.at else "--:--:--"
        return [*parts, (f" {clock}{' UTC' if is_long else 'Z'} ", "strong")]

    def _market(self, room: int) -> list[tuple[str, str]]:
        """Name the market and its best prices; where room is short, the name gives way to them."""
        board = self.board
        if board.market is None:
            return [(" no market: press / to find one", "dim")]
        ladder, unit = board.ladder, self.look.unit
        style = "stale" if not ladder.health.is_trusted else "dim" if ladder.is_dim else "strong"
        bid = price_text(ladder.best_bid, unit, ladder.tick) if ladder.best_bid != NO_BID else "-"
        ask = price_text(ladder.best_ask, unit, ladder.tick) if ladder.best_ask != NO_ASK else "-"
        parts = [(f"{bid}/{ask}", style)]
        if board.market.status is not MarketStatus.ACTIVE:
            parts.append((f" {board.market.status.upper()}", "warn"))
        if not ladder.health.is_trusted:
            words = (
                f" STALE {age_text(ladder.book_age)}"
                if ladder.health.changed_at
                else " no book yet"
            )
            parts.append((words, "warn"))
        title = board.market.title
        left = room - sum(cell_len(text) for text, _ in parts) - 3
        return [(f" {elide(title, max(min(left, cell_len(title)), 8))} ", "strong"), *parts]

    def _notes(self) -> list[tuple[str, str]]:
        board = self.board
        parts: list[tuple[str, str]] = []
        if board.health.behind_ms:
            parts.append((f"LAG {board.health.behind_ms} ms ", "warn"))
        replay = board.header.replay
        if replay is not None:
            speed = f"{replay.speed_milli // 1000}x" if replay.speed_milli >= 1000 else (
                f"0.{replay.speed_milli // 100}x"
            )  # fmt: skip
            state = "ended" if replay.is_over else "paused" if replay.is_paused else speed
            place = f"{span_text(replay.position)}/{span_text(replay.duration)}"
            parts.append((f"{place} {state} ", "key"))
        held = board.ladder.holding
        if held:
            parts.append((f"holding {qty_text(held)} ", "own"))
        return [*parts, ("size ", "dim"), (f"{qty_text(self.look.size)} ", "strong")]


class Footer(Lines):
    """The keys of the focused panel, or the PANIC strip; below, the last outcome."""

    can_focus = False
    is_titled = False
    DEFAULT_CSS = "Footer { height: 2; background: $panel; }"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the two lines."""
        names = self.look.panic_names
        if names:
            return [self._keys(width), ((fit(f" {names}", width), "live"),)][:height]
        return [self._keys(width), self._outcome(width)][:height]

    def _keys(self, width: int) -> Row:
        if self.look.panic:
            return ((fit(f" {self.look.panic}", width), "live"),)
        parts: list[tuple[str, str]] = []
        room = width
        is_replay = self.board.header.replay is not None
        for key, word in footer_keys(self.look.panel, is_replay=is_replay):
            need = len(key) + len(word) + 3
            if need <= room:
                parts += [(f" {key}", "key"), (f" {word} ", "plain")]
                room -= need
        return tuple(parts)

    def _outcome(self, width: int) -> Row:
        if self.look.notice:
            return ((fit(f" {self.look.notice}", width), "warn"),)
        outcome = self.board.outcome
        one = self.board.standing.suggestion(self.board.focus)
        if one is not None and self.board.at - max(outcome.at, 0) > OUTCOME_FOR:
            where = self.elsewhere(one.market)
            left = f"{span_text(one.until - self.board.at)} {f'in {where}: ' if where else ''}"
            words = fit(f"{left}{suggestion_text(one, self.look.price)}", max(width - 9, 1))
            return ((" i", "key"), (" takes ", "plain"), (words, "own"))
        if not outcome.text:
            return ((" what becomes of your orders is told here", "dim"),)
        head = f" {clock_text(outcome.at)} "
        tail = f" {outcome.order} " if outcome.order and width >= 60 else ""
        text = fit(outcome.text, max(width - len(head) - len(tail), 1))
        return ((head, "dim"), (text, _TONES[outcome.tone]), (tail, "dim"))


class Tabs(Lines):
    """Which panels there are, where only one fits."""

    can_focus = False
    is_titled = False
    DEFAULT_CSS = "Tabs { height: 1; background: $panel; }"

    def body(self, width: int, height: int) -> Sequence[Row]:  # noqa: ARG002  # one line
        """Return the strip."""
        return [
            tuple(
                (f" {name} ", "replay" if name == self.look.panel else "dim")
                for name in self.look.tabs
            )
        ]


class Brief(Lines):
    """Everything that matters on a few lines, for a pane too small for panels."""

    is_titled = False
    panel = "brief"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return as many lines as fit, the important ones first."""
        board = self.board
        badge = "KILLED" if board.header.gate is GateState.HALTED else board.header.mode.upper()
        armed = " ARMED" if self.look.is_armed else ""
        ladder = board.ladder
        bid = price_text(ladder.best_bid, self.look.unit, ladder.tick) if ladder.bids else "-"
        ask = price_text(ladder.best_ask, self.look.unit, ladder.tick) if ladder.asks else "-"
        doubt = "" if ladder.health.is_trusted else " STALE"
        style = "live" if badge in {"KILLED", "LIVE"} or armed else "paper"
        head: Row = (
            (fit(f" {badge}{armed}", max(width - 8, 1)), style),
            (" ^k KILL", style),
        )
        money = board.money
        day = profit_text(money.day, is_complete=money.is_complete)
        rows: list[Row] = [
            *([] if board.is_live else [head]),
            ((fit(f"{bid}/{ask}{doubt}", width), "stale" if doubt else "strong"),),
            (
                (day, tone(money.day)),
                (f" hold {qty_text(ladder.holding)}", "own"),
            ),
        ]
        said = self.look.panic or self.look.notice or board.outcome.text
        rows.append(((fit(said, width), "live" if self.look.panic else "plain"),))
        title = board.market.title if board.market is not None else "/ finds a market"
        rows.append(((fit(title, width), "dim"),))
        return rows[:height]


def _lamp(lamp: FeedLamp) -> tuple[str, str, str]:
    """Return the sign of a lamp, its style and its words."""
    age = age_text(lamp.age) if lamp.age >= 0 else "?"
    if not lamp.is_up:
        return "○", "bad", "DOWN" if lamp.reason != "connecting" else "..."
    if not lamp.is_trusted:
        return "◐", "warn", f"{age} unsure"
    return "●", "dim" if lamp.age > DIM_AFTER else "good", age


def _quiet(style: str) -> str:
    return style if style in {"bad", "warn"} else "dim" if style == "dim" else "plain"


def _spread(left: list[tuple[str, str]], right: list[tuple[str, str]], width: int) -> Row:
    """Put parts at both ends; the left ones give way."""
    need = sum(cell_len(text) for text, _ in right)
    room = width - need
    kept: list[tuple[str, str]] = []
    for text, style in left:
        if cell_len(text) >= room:
            kept.append((fit(text, max(room - 1, 0)), style))
            room -= max(room - 1, 0)
            break
        kept.append((text, style))
        room -= cell_len(text)
    return (*kept, (" " * max(room, 0), "plain"), *right)
