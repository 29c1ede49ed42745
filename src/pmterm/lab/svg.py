"""Plots as SVG text: an equity curve, and how often what was said came true."""

from collections.abc import Sequence
from html import escape
from typing import Final

from pmterm.lab import wording
from pmterm.lab.calibration import Calibration
from pmterm.model.text import counted
from pmterm.stats.equity import Point

WIDE: Final = 640
HIGH: Final = 200
SQUARE: Final = 280
EDGE: Final = 8
MOST_POINTS: Final = 2_000  # more cannot be seen


def equity_plot(curve: Sequence[Point], capital: int) -> str:
    """Draw equity after each trade, the peak so far above it, and the capital as a line."""
    points = _thinned([Point(0, 0, capital), *curve])
    values = [point.equity for point in points]
    low, high = min(values), max(values)
    last = points[-1].n or 1

    def at(n: int, value: int) -> str:
        x = EDGE + (WIDE - 2 * EDGE) * n / last
        y = HIGH - EDGE - (HIGH - 2 * EDGE) * (value - low) / ((high - low) or 1)
        return f"{x:.1f},{y:.1f}"

    peaks, peak = [], capital
    for point in points:
        peak = max(peak, point.equity)
        peaks.append(at(point.n, peak))
    line = [at(point.n, point.equity) for point in points]
    fall = " ".join([*peaks, *reversed(line)])
    trades = counted(points[-1].n, "trade")
    label = f"equity {wording.money(low)} to {wording.money(high)} over n {trades}"
    base = at(0, capital).split(",")[1]
    return _svg(
        WIDE,
        HIGH,
        label,
        f'<line class="base" x1="{EDGE}" x2="{WIDE - EDGE}" y1="{base}" y2="{base}"/>'
        f'<polygon class="fall" points="{fall}"/>'
        f'<polyline class="line" points="{" ".join(line)}"/>',
    )


def reliability_plot(one: Calibration) -> str:
    """Draw what was said against what came true, with intervals; the diagonal is right."""

    def x(share: float) -> float:
        return EDGE + (SQUARE - 2 * EDGE) * share

    def y(share: float) -> float:
        return SQUARE - EDGE - (SQUARE - 2 * EDGE) * share

    marks = [f'<line class="base" x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}"/>']
    for row in one.curve:
        told = row.came_true
        if told.rate is None or told.low is None or told.high is None:
            continue
        place = f"{x(row.said):.1f}"
        words = escape(f"said {row.said:.2f}, came true {wording.rate(told)}")
        marks.append(
            f'<line class="line" x1="{place}" x2="{place}" y1="{y(told.low):.1f}"'
            f' y2="{y(told.high):.1f}"/><circle class="dot" cx="{place}" cy="{y(told.rate):.1f}"'
            f' r="4"><title>{words}</title></circle>'
        )
    return _svg(SQUARE, SQUARE, f"{one.what}: said against came true, n {one.n}", "".join(marks))


def _thinned(points: list[Point]) -> list[Point]:
    """Keep the first, the last, and evenly some between."""
    if len(points) <= MOST_POINTS:
        return points
    step = -(-len(points) // MOST_POINTS)
    return [*points[:-1:step], points[-1]]


def _svg(wide: int, high: int, label: str, marks: str) -> str:
    words = escape(label)
    return (
        f'<svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img"'
        f' aria-label="{words}"><title>{words}</title>{marks}</svg>'
    )
