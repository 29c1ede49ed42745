"""Draws what was noticed: score, advice, why, why not, and what became of it."""

from rich.cells import cell_len

from pmterm.messages.signals import Advice
from pmterm.model.units import PPM
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.cells import elide, fit
from pmterm.tui.widgets.lines import ListLines, Row, pointed, wrapped
from pmterm.views.figures import (
    cash_text,
    clock_text,
    half_text,
    percent_text,
    ratio_text,
    score_text,
)
from pmterm.views.signals import NAMES, WAITS, SignalRow
from pmterm.views.worth import card_lines, short_worth

_STYLES = {Advice.BUY: "bid", Advice.SELL: "ask", Advice.WAIT: "warn"}
ENOUGH = 30


class Signals(ListLines):
    """Signals and near misses, two lines each where there is room."""

    heading = "SIGNALS"
    panel = "signals"
    empty = "Signals appear here when the crowd overreacts, with their score and reasons."

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self._drawn: list[int] = []  # which signal each line is of, -1: none

    def count(self) -> int:
        """Return how many signals are kept."""
        return len(self.board.signals.rows)

    def row(self) -> SignalRow | None:
        """Return the signal pointed at."""
        rows = self.board.signals.rows
        return rows[self.cursor] if self.cursor < len(rows) else None

    def note(self) -> str:
        """Say how this session's signals to trade on went, once there are enough to say it."""
        records = [r for r in self.board.signals.records if r.kind not in WAITS]
        ended = sum(record.ended for record in records)
        cut = sum(record.cut_short for record in records)
        apart = f", {cut} cut short" if cut else ""
        if not ended:
            return apart.removeprefix(", ")
        if ended < ENOUGH:
            return f"{ended} ended, worth not known{apart}"
        back = sum(record.reverted for record in records)
        net = sum(record.net for record in records) // ended
        return f"{back} of {ended} back, {cash_text(net, signed=True)} each{apart}"

    def headings(self, width: int) -> list[Row]:
        """Return the gauges, and how ready the baseline is."""
        gauges = self.board.signals.gauges
        if not gauges.needed_s:
            return []
        rows: list[Row] = []
        if gauges.ready_s < gauges.needed_s:
            share = gauges.ready_s * PPM // gauges.needed_s
            words = f" baseline {gauges.ready_s // 60} of {gauges.needed_s // 60} min"
            bar = gauge(share, max(min(width - len(words), 12), 0))
            rows.append(((bar, "line"), (fit(words, width - len(bar)), "dim")))
        text = (
            f"vol {ratio_text(gauges.volume_ratio)}  depth {ratio_text(gauges.depth_ratio)}"
            f"  spread {ratio_text(gauges.spread_ratio)}  30s {percent_text(gauges.change_ppm)}"
        )
        rows.append(((fit(text, width), "plain"),))
        return rows

    def body(self, width: int, height: int) -> list[Row]:
        """Return the list; each signal takes a second line with its reasons."""
        self._drawn = []
        if not self.count():
            return list(super().body(width, height))
        self.cursor = min(self.cursor, self.count() - 1)
        card = self._card(self.cursor, width, height - 2) if self.has_focus else []
        above = self.headings(width)[: max(height - 2 - len(card), 0)]
        rows: list[Row] = list(above)
        self._drawn = [-1] * len(above)
        room = max((height - len(above) - len(card)) // 2, 1)
        first = max(self.cursor - room + 1, 0)
        for index in range(first, self.count()):
            if len(rows) >= height:
                break
            for line in (self.item(index, width), self._why(index, width)):
                is_here = self.has_focus and index == self.cursor
                rows.append(pointed(line, width) if is_here else line)
            if index == self.cursor:
                rows += card
            self._drawn += [index] * (len(rows) - len(self._drawn))
        return rows[:height]

    def row_at(self, line: int) -> int:
        """Return which signal a line is of, -1: none."""
        return self._drawn[line] if line < len(self._drawn) else -1

    def _card(self, index: int, width: int, room: int) -> list[Row]:
        """Return what became of signals like the one pointed at, and why it is one, all of it.

        Whole texts that fit.
        """
        row = self.board.signals.rows[index]
        texts = list(card_lines(row.worth)) if row.worth is not None else []
        reasons = ", ".join(row.failed or row.reasons)
        is_seen = _said(row).endswith(reasons)
        is_whole = cell_len(self._where(row)) + cell_len(_said(row)) <= width
        if reasons and not (is_seen and is_whole):
            texts.append(f"why: {reasons}")
        card: list[Row] = []
        for text in texts:
            lines = wrapped(text, max(width - 4, 1))
            if len(card) + len(lines) > room:
                break
            card += [((fit(f"    {line}", width), "dim"),) for line in lines]
        return card

    def item(self, index: int, width: int) -> Row:
        """Return the first line of a signal."""
        row = self.board.signals.rows[index]
        head = f"{clock_text(row.at)} "
        if row.is_rejected:
            return ((head, "dim"), (fit(f"no {NAMES[row.kind]}", width - len(head)), "dim"))
        advice = fit(row.advice.upper(), 5)
        name = fit(NAMES[row.kind], 11)
        mid = half_text(row.mid2, self.look.unit, 100)
        rest = f"{score_text(row.score_ppm)} {mid}"
        if row.expected:
            rest += f"→{half_text(2 * row.expected, self.look.unit, 100)}"
        left = width - len(head) - 17
        return (
            (head, "dim"),
            (f"{advice} {name}", _STYLES[row.advice]),
            (fit(rest, left), "strong"),
        )

    def _why(self, index: int, width: int) -> Row:
        row = self.board.signals.rows[index]
        head, words = self._where(row), _said(row)
        style = "dim" if row.is_rejected else _tone(row) if row.outcome else "plain"
        return ((head, "own"), (fit(words, max(width - cell_len(head), 0)), style))

    def _where(self, row: SignalRow) -> str:
        name = self.elsewhere(row.market)
        return f"  {elide(name, 16)} " if name else "  "


def _said(row: SignalRow) -> str:
    """Say what came of a signal, else what it is worth and why it is one."""
    if row.is_rejected:
        return ", ".join(row.failed)
    if row.outcome:
        return row.outcome
    reasons = ", ".join(row.reasons)
    return f"{short_worth(row.worth)}; {reasons}" if row.worth is not None else reasons


def _tone(row: SignalRow) -> str:
    """Colour an outcome by what it would have earned: coming back is not yet a profit."""
    if row.kind in WAITS or not row.net:
        return "dim"
    return "good" if row.net > 0 else "bad"
