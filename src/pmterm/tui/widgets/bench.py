"""Draws a backtest: what can be played, what is chosen, equity and drawdown, trades."""

from collections.abc import Sequence

from pmterm.model.text import counted
from pmterm.model.units import CASH_ONE, PPM, Price
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.braille import draw, joined
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import Lines, ListLines, Row, wrapped
from pmterm.tui.widgets.positions import tone
from pmterm.views.bench import (
    BenchTrade,
    Phase,
    RecordingRow,
    RunView,
    StrategyFigures,
    day_text,
    size_words,
    span_words,
)
from pmterm.views.figures import brief_cash, cash_text, clock_text, price_text, qty_text, span_text

AXIS = 11
SPAN = 19  # cells of when a recording was made
WIDE = 60  # cells from which a recording shows its name
FOOT = 3
WIDE_FIGURES = 100  # cells from which rates and averages stand in the table
_FIGURES = (
    "strategy   trades       net  drawdown  won",
    "strategy   trades       net  drawdown  win rate                      net a trade",
)
_PHASES = {
    Phase.IDLE: ("press r to run", "dim"),
    Phase.RUNNING: ("RUNNING", "own"),
    Phase.STOPPING: ("STOPPING", "warn"),
    Phase.STOPPED: ("STOPPED before the end", "warn"),
    Phase.DONE: ("DONE", "good"),
    Phase.BROKE: ("BROKE", "bad"),
}


class Choices(ListLines):
    """A list in which some rows are chosen; space chooses."""

    chosen: frozenset[str] = frozenset()

    def mark(self, name: str) -> tuple[str, str]:
        """Return the box of a row."""
        return ("[x] ", "own") if name in self.chosen else ("[ ] ", "dim")


class Recordings(Choices):
    """The recordings of the folder: when, how long, how many markets, how large."""

    heading = "RECORDINGS"
    rows: Sequence[RecordingRow] = ()

    def count(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def note(self) -> str:
        """Say how many are chosen."""
        return f"{len(self.chosen)} of {len(self.rows)} [x]" if self.rows else ""

    def item(self, index: int, width: int) -> Row:
        """Return one recording: when it was made tells it from others, its name where it fits."""
        row = self.rows[index]
        is_wide = width >= WIDE
        markets = f"{row.markets} mkt" if row.markets and is_wide else ""
        tail = (
            f" {fit(markets, 6 * is_wide, right=True)} {fit(size_words(row.size), 7, right=True)}"
        )
        room = width - 4 - len(tail)
        head = fit(span_words(row), min(SPAN, room))
        if is_wide:
            head = f"{head} {fit(row.name, room - SPAN - 1)}"
        return (
            self.mark(row.path),
            (fit(head, room), "bad" if row.wrong else "plain"),
            (tail, "dim"),
        )

    def body(self, width: int, height: int) -> list[Row]:
        """Return the list; below it all of the one pointed at."""
        if not self.rows or height < 6:
            return list(super().body(width, height))
        rows = list(super().body(width, height - FOOT))
        rows += [()] * (height - FOOT - len(rows))
        row = self.rows[min(self.cursor, len(self.rows) - 1)]
        told = [
            (row.name, "dim"),
            (row.wrong or _markets(row.markets), "bad" if row.wrong else "dim"),
        ]
        lines = [(line, style) for words, style in told for line in _pieces(words, width)]
        return [*rows, *((((fit(line, width), style),)) for line, style in lines[:FOOT])]


class Names(Choices):
    """Strategies to act."""

    heading = "STRATEGIES"
    empty = "There are none."
    rows: Sequence[str] = ()

    def count(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def item(self, index: int, width: int) -> Row:
        """Return one strategy."""
        name = self.rows[index]
        return (self.mark(name), (fit(name, max(width - 4, 1)), "plain"))


class Progress(ListLines):
    """How far a run is, why it broke, its figures by strategy, then what else must be known."""

    heading = "RUN"
    view = RunView()

    def count(self) -> int:
        """Return how many rows there are to read."""
        return len(self._lines(self.size.width))

    def item(self, index: int, width: int) -> Row:
        """Return one of them."""
        return self._lines(width)[index]

    def note(self) -> str:
        """Say how much does not fit here: with the keys it gets more room."""
        hidden = self.count() - (self.size.height - 1)
        return f"{counted(hidden, 'more line')}: tab" if hidden > 0 and not self.has_focus else ""

    def on_blur(self) -> None:
        """Show the beginning again."""
        self.cursor = 0
        super().on_blur()

    def _lines(self, width: int) -> list[Row]:
        view = self.view
        rows: list[Row] = [self._state(width)]
        for text, style in ((view.error, "bad"), (view.kept, "own")):
            rows += [((line, style),) for line in wrapped(text, width) if text]
        if view.result.figures:
            rows.append(((fit(_FIGURES[width >= WIDE_FIGURES], width), "dim"),))
            rows += [_figures_row(each, width) for each in view.result.figures]
            for text in _rates(view.result.figures) if width < WIDE_FIGURES else ():
                rows += [((line, "plain"),) for line in wrapped(text, width)]
        for text in view.result.notes:
            rows += [((line, "dim"),) for line in wrapped(text, width)]
        return rows

    def _state(self, width: int) -> Row:
        view = self.view
        words, style = _PHASES[view.phase]
        if not view.phase.is_busy:
            return ((words, style), (fit(f"  {view.what}", width), "dim"))
        share = min(view.share_ppm, PPM)
        bar = gauge(share, max(min(width // 3, 24), 4))
        tail = f" {share * 100 // PPM:3d}% {view.what}"
        return ((f"{words} ", style), (bar, "line"), (fit(tail, width), "plain"))


def _rates(figures: Sequence[StrategyFigures]) -> list[str]:
    """Say what stands in the table where that has the room."""
    return [
        f"{each.name or 'by hand'}: win rate {each.rate}, net a trade {each.each}"
        for each in figures
    ]


def _figures_row(each: StrategyFigures, width: int) -> Row:
    """Return what a strategy's trades came to; each share stands beside its n."""
    is_wide = width >= WIDE_FIGURES
    unknown = f"+{each.unknown}?" if each.unknown else ""
    parts: list[tuple[str, str]] = [
        (fit(each.name or "by hand", 10), "strong"),
        (fit(f"{each.n}{unknown}", 7, right=True), "plain"),
        (fit(cash_text(each.net, signed=True), 10, right=True), tone(each.net)),
        (fit(cash_text(each.drawdown), 10, right=True), "plain"),
    ]
    if is_wide:
        parts += [(f"  {fit(each.rate, 30)}", "plain"), (each.each, "plain")]
    else:
        parts.append((f"  {each.won} of {each.n}", "plain"))
    used = sum(len(text) for text, _ in parts[:-1])
    return (*parts[:-1], (fit(parts[-1][0], max(width - used, 0)), parts[-1][1]))


class Equity(Lines):
    """Realised equity after each trade, and below it how far it stood under its highest."""

    heading = "EQUITY"
    can_focus = False
    view = RunView()

    def note(self) -> str:
        """Say where it began and ended, with n."""
        result = self.view.result
        if not result.curve:
            return ""
        known = sum(trade.is_known for trade in result.trades)
        return f"{cash_text(result.capital)} to {cash_text(result.curve[-1][1])} n {known}"

    def body(self, width: int, height: int) -> list[Row]:
        """Return both charts, by number of trade."""
        result = self.view.result
        if not result.curve or height < 3 or width < AXIS + 6:
            words = "Equity and drawdown are drawn here, once trades were made."
            return [((line, "dim"),) for line in wrapped(words, width)]
        below = max(height // 4, 1) if height >= 5 else 0
        room = width - AXIS
        levels = [result.capital, *(equity for _, equity in result.curve)]
        falls = [0, *(-fall for fall in result.drawdowns)]
        rows = self._chart(levels, room, height - below - bool(below), "line")
        if below:
            worst = cash_text(-min(falls))
            rows.append(((fit(f"drawdown, at most {worst}", width), "dim"),))
            rows += self._chart(falls, room, below, "bad")
        return rows

    def _chart(self, values: Sequence[int], room: int, rows: int, style: str) -> list[Row]:
        low, high = min(values), max(values)
        reach = max(high - low, CASH_ONE // 100)
        dots = 4 * rows - 1
        columns = 2 * room
        spans = []
        for column in range(columns):
            first = column * len(values) // columns
            last = max((column + 1) * len(values) // columns, first + 1)
            part = values[first:last]
            spans.append(((min(part) - low) * dots // reach, (max(part) - low) * dots // reach))
        lines = draw(joined(spans), rows, ascii_only=self.look.is_ascii)
        labels = {0: _label(high), rows - 1: _label(low)} if rows > 1 else {0: _label(low)}
        return [
            ((fit(line, room), style), (fit(labels.get(y, ""), AXIS, right=True), "dim"))
            for y, line in enumerate(lines)
        ]


class Trades(ListLines):
    """Every trade of the run; enter looks at it in the replay."""

    heading = "TRADES"
    empty = "Trades appear here; enter on one shows it in the replay, at that second."
    rows: Sequence[BenchTrade] = ()

    def count(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def row(self) -> BenchTrade | None:
        """Return the trade pointed at."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def note(self) -> str:
        """Say what they earned."""
        known = [trade for trade in self.rows if trade.is_known]
        if not self.rows:
            return ""
        doubt = len(self.rows) - len(known)
        unknown = f", {doubt} unknown" if doubt else ""
        return f"net {cash_text(sum(t.net for t in known), signed=True)} n {len(known)}{unknown}"

    def headings(self, width: int) -> list[Row]:
        """Return the names of the columns."""
        return [((fit(self._columns(width), width), "dim"),)]

    def _columns(self, width: int) -> str:
        if width < WIDE:
            return "entered  strat    size   in  out     net why"
        return "day        entered  strategy     size    in   out      net  held  why"

    def item(self, index: int, width: int) -> Row:
        """Return one trade; what is not known is not coloured as if it were."""
        row = self.rows[index]
        is_wide = width >= WIDE
        side = row.side[0].upper()
        exit_at = self._price(row.exit) if row.exit else "-"
        parts: list[tuple[str, str]] = []
        if is_wide:
            parts.append((fit(day_text(row.entered_at), 11), "dim"))
        parts += [
            (f"{clock_text(row.entered_at)} ", "dim"),
            (fit(row.strategy or "hand", 10 if is_wide else 6), "strong"),
            (fit(f"{side}{qty_text(row.qty)}", 7, right=True), "bid" if side == "B" else "ask"),
            (fit(self._price(row.entry), 6 if is_wide else 5, right=True), "plain"),
            (fit(exit_at, 6 if is_wide else 5, right=True), "plain"),
            (
                fit(cash_text(row.net, signed=True), 9 if is_wide else 8, right=True),
                tone(row.net) if row.is_known else "dim",
            ),
        ]
        if is_wide:
            held = span_text(row.left_at - row.entered_at)
            parts.append((fit(held, 6, right=True), "dim"))
        used = sum(len(text) for text, _ in parts)
        parts.append((fit(f"{'  ' if is_wide else ' '}{row.reason}", max(width - used, 1)), "dim"))
        return tuple(parts)

    def _price(self, price: Price) -> str:
        """Write an average price to a tenth of a cent."""
        return price_text(price, self.look.unit, 10 if price % 100 else 100)


def _markets(number: int) -> str:
    return counted(number, "market") if number else ""


def _pieces(text: str, width: int) -> list[str]:
    """Break text at blanks, and a long name within itself, so that its end is seen."""
    words = (word[at : at + width] for word in text.split() for at in range(0, len(word), width))
    return wrapped(" ".join(words), width)


def _label(cash: int) -> str:
    text = cash_text(cash)
    return text if len(text) < AXIS else brief_cash(cash)
