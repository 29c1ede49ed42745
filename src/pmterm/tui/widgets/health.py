"""Draws limits as bars, the state of the book, and why an order might not go through."""

from collections.abc import Sequence
from itertools import zip_longest

from pmterm.model.readings import LimitUse
from pmterm.model.units import PPM, Ns
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import Lines, ListLines, Row, wrapped
from pmterm.views.account_words import (
    beat_words,
    compared_words,
    counts_words,
    is_alarming,
    link_words,
    ready_words,
    span_words,
)
from pmterm.views.figures import age_text, clock_text, percent_text

WIDE = 76  # cells; there some lines share a row
_HEAD = "stage        last      p50      p99"
_TONES = {"information": "plain", "warning": "warn", "error": "bad"}


class Health(Lines):
    """Can I trust this, and can I trade."""

    heading = "RISK AND HEALTH"
    panel = "health"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return obstacles, limits, and the book's record."""
        health = self.board.health
        told = [line for text in health.obstacles for line in wrapped(f"! {text}", width)]
        rows: list[Row] = [((line, "warn"),) for line in told]
        rows = rows or [(("✓ orders can go through", "good"),)]
        rows += self._limits(width)
        if self.board.is_live:
            rows += [*self._accounts(width), *self._latency(width)]
        rows += self._book(width)
        return rows[:height]

    def _limits(self, width: int) -> list[Row]:
        """Return the limits as bars; two in a row where there is room and much else to show."""
        uses = self.board.health.limits
        if not self.board.is_live or width < WIDE:
            return [_limit(use, width) for use in uses]
        half = width // 2
        rows: list[Row] = []
        for left, right in zip_longest(uses[::2], uses[1::2]):
            first = _limit(left, half)
            blank = ((" " * max(half - sum(len(text) for text, _ in first), 1), "plain"),)
            rows.append((*first, *blank, *(_limit(right, half) if right is not None else ())))
        return rows

    def _accounts(self, width: int) -> list[Row]:
        """Return what is known of each real account: ready, compared, dead-man, line."""
        at = self.board.at
        rows: list[Row] = []
        for venue in self.board.live.venues:
            ready = f"{venue.venue} {ready_words(venue, at)}"
            rows.append(((fit(ready, width), "good" if venue.is_ready else "warn"),))
            tone = "warn" if venue.differences or not venue.reconciled_at else "dim"
            rows.append(((fit(f"  {compared_words(venue, at)}", width), tone),))
            style = "warn" if is_alarming(venue, at) else "dim"
            words = [beat_words(venue, at), link_words(venue)]
            lines = [", ".join(words)] if width >= WIDE else words
            rows += [((fit(f"  {line}", width), style),) for line in lines]
        return [*rows, ((fit(counts_words(self.board.live.counts), width), "dim"),)]

    def _latency(self, width: int) -> list[Row]:
        """Return the waterfall of the last order, with p50 and p99 of each stage."""
        latency = self.board.live.latency
        if not latency.stages:
            return [((fit("latency: no order was timed yet", width), "dim"),)]
        whose = f"order {latency.order} took {span_words(latency.total)}"
        rows: list[Row] = [((fit(whose, width), "strong"),), ((fit(_HEAD, width), "dim"),)]
        if width >= WIDE:
            rows = [((f"{_HEAD} ", "dim"), (fit(whose, width - len(_HEAD) - 1), "strong"))]
        room = max(width - 36, 0)
        before = 0
        whole = sum(max(stage.last, 0) for stage in latency.stages[:-1])  # settling takes minutes
        for stage in latency.stages:
            took = max(stage.last, 0)
            last = span_words(took) if stage.last >= 0 else "-"
            p50, p99 = (span_words(each) if stage.count else "-" for each in (stage.p50, stage.p99))
            figures = "".join(fit(each, 9, right=True) for each in (last, p50, p99))
            bar = _waterfall(before, took, whole, room)
            rows.append(((fit(stage.name, 8), "dim"), (f"{figures} ", "plain"), (bar, "line")))
            before += took
        return rows

    def _book(self, width: int) -> list[Row]:
        health = self.board.health
        book = health.book
        agree = "-"
        if book.touch_checks:
            share = book.touch_agree * PPM // book.touch_checks
            agree = percent_text(share, 1, signed=False)
        age = age_text(self.board.ladder.age)
        seen = f"crossed {book.crossed_episodes}  pruned {book.pruned_levels}"
        lines = [
            f"book {book.bid_levels}+{book.ask_levels} levels, age {age}",
            f"touch agrees {agree} of {book.touch_checks:,}",
            f"lost {book.lost}  resyncs {book.resyncs}  {seen}",
            f"surprises {health.surprises}  waiting {health.waiting}  behind {health.behind_ms} ms",
        ]
        return [((fit(line, width), "dim"),) for line in lines]


def _limit(use: LimitUse, width: int) -> Row:
    """Return one limit: its name, a bar, its number."""
    style = "bad" if use.is_tripped else "warn" if use.used_ppm > PPM * 8 // 10 else "line"
    words = f" {use.value} of {use.limit}"
    name = fit(f"{use.rule} {use.name}", max(min(22, width - 20 - len(words)), 14) - 1)
    return ((f"{name} ", "dim"), (gauge(use.used_ppm, 6), style), (words, "plain"))


def _waterfall(before: Ns, took: Ns, total: Ns, room: int) -> str:
    """Return a bar that starts where the stages before it ended."""
    if not took or room < 4 or before >= total:
        return ""
    start = min(before * room // total, room - 1)
    return " " * start + "█" * max(min(took * room // total, room - start), 1)


class Log(ListLines):
    """What happened, newest first."""

    heading = "LOG"
    panel = "log"
    empty = "Nothing happened yet."

    def count(self) -> int:
        """Return how many lines are kept."""
        return len(self.board.health.log)

    def item(self, index: int, width: int) -> Row:
        """Return one line."""
        row = self.board.health.log[index]
        text = fit(row.text, max(width - 9, 1))
        return ((f"{clock_text(row.at)} ", "dim"), (text, _TONES.get(row.severity, "plain")))
