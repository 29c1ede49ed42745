"""Draws price over time in dots, with signals and fills on it."""

from collections.abc import Sequence

from pmterm.model.units import SECOND, Ns
from pmterm.tui.render.braille import draw, joined
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import Lines, Row
from pmterm.views.chart import ChartColumn, ChartMark, MarkKind, columns_of
from pmterm.views.figures import Unit, clock_text, half_text, percent_text

AXIS = 7
SPANS: tuple[Ns, ...] = (120 * SECOND, 300 * SECOND, 600 * SECOND)
_SIGNS = {
    MarkKind.BUY_SIGNAL: ("▲", "bid"),
    MarkKind.SELL_SIGNAL: ("▼", "ask"),
    MarkKind.WAIT_SIGNAL: ("◆", "warn"),
    MarkKind.BOUGHT: ("B", "own"),
    MarkKind.SOLD: ("S", "own"),
}


class Chart(Lines):
    """The mid over the last two, five or ten minutes: as much as there is."""

    heading = "PRICE"
    panel = "chart"

    def note(self) -> str:
        """Say how far it moved in the last 30 s."""
        change = self.board.signals.gauges.change_ppm
        arrow = "▲" if change > 0 else "▼" if change < 0 else ""
        if self.board.market is None:
            return ""
        minutes = self._span(self._until()) // (60 * SECOND)
        return f"{minutes} min · {arrow}{percent_text(change)} in 30s"

    def _until(self) -> Ns:
        return max(self.board.chart.until, self.board.at) or 1

    def _span(self, until: Ns) -> Ns:
        first = self.board.chart.times[0] if self.board.chart.times else until
        return next((span for span in SPANS if until - first <= span), SPANS[-1])

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the rows of the chart and its time axis."""
        view = self.board.chart
        room, rows = width - AXIS, height - 1
        until = self._until()
        since = until - self._span(until)
        columns = columns_of(view, since, until, room * 2) if room > 4 and rows > 1 else []
        known = [column for column in columns if column.high2]
        if not known:
            words = "The price will be drawn here as soon as both sides of the book stand."
            return [((fit(words, width), "dim"),)]
        low2, high2 = _bounds(known)
        dots = 4 * rows - 1
        spans = [_span(column, low2, high2, dots) for column in columns]
        lines = draw(joined(spans), rows, ascii_only=self.look.is_ascii)
        marks = self._marks(since, until, room, rows, (low2, high2))
        last2 = next((c.high2 for c in reversed(columns) if c.high2), 0)
        labels = self._labels(rows, low2, high2, last2)
        painted = [
            _with_marks(line, {x: m for (x, row), m in marks.items() if row == y})
            for y, line in enumerate(lines)
        ]
        body: list[Row] = [
            (*parts, labels.get(y, (" " * AXIS, "dim"))) for y, parts in enumerate(painted)
        ]
        body.append(self._times(since, until, room))
        return body

    def _labels(self, rows: int, low2: int, high2: int, last2: int) -> dict[int, tuple[str, str]]:
        labels: dict[int, tuple[str, str]] = {}
        for y in range(0, rows, max(rows // 4, 2)):
            at2 = high2 - (high2 - low2) * (2 * y + 1) // (2 * rows)
            labels[y] = (self._label(at2), "dim")
        at = (high2 - last2) * rows // max(high2 - low2, 1)
        labels[min(max(at, 0), rows - 1)] = (self._label(last2), "strong")
        return labels

    def _label(self, price2: int) -> str:
        tick2 = 2 if self.look.unit is Unit.DOLLARS else 20
        return fit(f" {half_text(price2, self.look.unit, tick2)}", AXIS)

    def _times(self, since: Ns, until: Ns, room: int) -> Row:
        marks = max(room // 16, 1)
        line = ""
        for number in range(marks):
            at = since + (until - since) * number // marks
            line = fit(line, room * number // marks) + clock_text(at)[:5]
        return ((fit(fit(line, room - 9) + clock_text(until), room), "dim"), (" UTC   ", "dim"))

    def _marks(
        self, since: Ns, until: Ns, room: int, rows: int, bounds: tuple[int, int]
    ) -> dict[tuple[int, int], tuple[str, str]]:
        low2, high2 = bounds
        placed: dict[tuple[int, int], tuple[str, str]] = {}
        for mark in self.board.chart.marks:
            x = (mark.at - since) * room // (until - since)
            y = (high2 - mark.price2) * rows // max(high2 - low2, 1)
            if 0 <= x < room:
                placed[x, min(max(y, 0), rows - 1)] = _sign(mark)
        return placed


def _sign(mark: ChartMark) -> tuple[str, str]:
    return _SIGNS[mark.kind]


def _bounds(known: Sequence[ChartColumn]) -> tuple[int, int]:
    """Return the range to draw, never narrower than two cents."""
    low2 = min(column.low2 for column in known)
    high2 = max(column.high2 for column in known)
    pad = max((high2 - low2) // 12, (400 - (high2 - low2)) // 2, 20)
    return low2 - pad, high2 + pad


def _span(column: ChartColumn, low2: int, high2: int, dots: int) -> tuple[int, int] | None:
    if not column.high2:
        return None
    reach = max(high2 - low2, 1)
    return (column.low2 - low2) * dots // reach, (column.high2 - low2) * dots // reach


def _with_marks(line: str, marks: dict[int, tuple[str, str]]) -> list[tuple[str, str]]:
    """Cut a line of dots where marks stand on it."""
    parts: list[tuple[str, str]] = []
    done = 0
    for x in sorted(marks):
        parts.append((line[done:x], "line"))
        parts.append(marks[x])
        done = x + 1
    parts.append((line[done:], "line"))
    return [part for part in parts if part[0]]
