"""What each strategy may do, what it has shown, and what it lacks for real money."""

from collections.abc import Callable
from typing import ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical

from pmterm.messages.strategy import SetMode, StrategyMode
from pmterm.tui.desk import Desk
from pmterm.tui.render.cells import fit
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog, Hand
from pmterm.tui.widgets.banner import Banner
from pmterm.tui.widgets.lines import ListLines, Row, wrapped
from pmterm.views.figures import span_text
from pmterm.views.standing import StrategyRow
from pmterm.views.strategy_words import suggestion_text

UPDATE_S = 0.25
MODES = (StrategyMode.OFF, StrategyMode.SUGGEST, StrategyMode.AUTO)
_STYLES = {StrategyMode.OFF: "dim", StrategyMode.SUGGEST: "own", StrategyMode.AUTO: "warn"}
Ask: TypeAlias = Callable[[str, list[str], str, Callable[[], None]], None]


class StrategyList(ListLines):
    """One strategy a line; below, all that is known of the one pointed at."""

    heading = "STRATEGIES"
    empty = "There are no strategies."

    def count(self) -> int:
        """Return how many strategies there are."""
        return len(self.board.standing.strategies)

    def row(self) -> StrategyRow | None:
        """Return the strategy pointed at."""
        rows = self.board.standing.strategies
        return rows[self.cursor] if self.cursor < len(rows) else None

    def headings(self, width: int) -> list[Row]:
        """Return the names of the columns."""
        return [((fit("  strategy   mode      record", width), "dim"),)]

    def item(self, index: int, width: int) -> Row:
        """Return one strategy."""
        row = self.board.standing.strategies[index]
        style = "bad" if row.failed else _STYLES[row.mode]
        mode = "BROKE" if row.failed else row.mode.upper()
        return (
            (fit(f"{'>' if index == self.cursor else ' '} {row.name}", 13), "strong"),
            (fit(mode, 10), style),
            (fit(row.record_words, max(width - 23, 1)), "plain"),
        )

    def body(self, width: int, height: int) -> list[Row]:
        """Return the list, then the details of the one pointed at."""
        rows = list(super().body(width, min(self.count() + 1, height)))
        row = self.row()
        if row is None:
            return rows
        rows.append(())
        for words, style in self._details(row):
            rows += [((line, style),) for line in wrapped(words, width)]
        return rows[:height]

    def _details(self, row: StrategyRow) -> list[tuple[str, str]]:
        told = [(row.does, "plain")] if row.does else []
        if row.failed:
            told.append((f"{row.name} broke and was stopped: {row.failed}", "bad"))
        if len(row.record_words) > self.size.width - 23:
            told.append((f"record: {row.record_words}", "plain"))
        if row.missing:
            told.append((f"before it may act with real money: {row.missing}", "warn"))
        else:
            told.append(("it may act with real money", "good"))
            told.append((row.trial_words, "plain"))
        at = self.board.at
        for one in self.board.standing.suggestions:
            if one.strategy == row.name:
                where = self.elsewhere(one.market)
                place = f" in {where}" if where else ""
                left = span_text(one.until - at)
                told.append(
                    (f"suggests{place} ({left}): {suggestion_text(one, self.look.price)}", "own")
                )
        return told


class StrategiesScreen(Dialog[None]):
    """Right or + lets a strategy do more, left or - less; auto with real money asks for a word."""

    DEFAULT_CSS = """
    StrategiesScreen { align: center middle; background: $background 60%; }
    StrategiesScreen > Vertical {
        width: 100; max-width: 100%; height: 20; max-height: 100%;
        background: $surface; border: round $rule;
    }
    StrategiesScreen.-ascii > Vertical { border: ascii $rule; }
    StrategiesScreen.-flat > Vertical, StrategiesScreen.-tiny > Vertical { border: none; }
    StrategiesScreen StrategyList { height: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,w", "back", show=False),
        Binding("right,plus,equals_sign", "more(1)", show=False),
        Binding("left,minus", "more(-1)", show=False),
    ]

    def __init__(self, desk: Desk, look: Look, hand: Hand, ask: Ask) -> None:
        super().__init__(desk.board(), look)
        self._desk = desk
        self._hand = hand
        self._ask = ask
        hand.moved()

    def compose(self) -> ComposeResult:
        """Lay out the list."""
        yield Banner()
        with Vertical():
            yield StrategyList()
            yield from self.prompt(
                "right or + lets it do more, left or - less: off, suggest, auto   esc back",
                "+ - mode",
            )

    def on_mount(self) -> None:
        """Keep it true."""
        super().on_mount()
        self.query_one(StrategyList).focus()
        self._update()
        self.set_interval(UPDATE_S, self._update)

    def _update(self) -> None:
        self.board = self._desk.board()
        self.query_one(StrategyList).show(self.board, self.look)

    def action_more(self, step: int) -> None:
        """Let the strategy pointed at do more, or less."""
        row = self.query_one(StrategyList).row()
        if row is None:
            return
        place = MODES.index(row.mode) + step
        if not 0 <= place < len(MODES) or not self._hand.means(f"mode {row.name} {place}"):
            return
        mode = MODES[place]
        wish = SetMode(0, row.name, mode)
        if mode is StrategyMode.AUTO and self.board.is_live:
            lacks = row.missing
            lines = [
                f"{row.name} would send orders of REAL MONEY by itself.",
                f"It only suggests until then: {lacks}." if lacks else f"{row.trial_words}.",
            ]
            self._ask("LET IT ACT BY ITSELF", lines, "auto", lambda: self._desk.send(wish))
        else:
            self._desk.send(wish)
