"""Draws limits as bars, the state of the book, and why an order might not go through."""

from collections.abc import Sequence

from pmterm.model.units import PPM
from pmterm.tui.render.bars import gauge
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import Lines, ListLines, Row
from pmterm.views.figures import age_text, clock_text, percent_text

_TONES = {"information": "plain", "warning": "warn", "error": "bad"}


class Health(Lines):
    """Can I trust this, and can I trade."""

    heading = "RISK AND HEALTH"
    panel = "health"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return obstacles, limits, and the book's record."""
        health = self.board.health
        rows: list[Row] = [((fit(f"! {text}", width), "warn"),) for text in health.obstacles] or [
            (("✓ orders can go through", "good"),)
        ]
        for use in health.limits:
            bar = gauge(use.used_ppm, 6)
            style = "bad" if use.is_tripped else "warn" if use.used_ppm > PPM * 8 // 10 else "line"
            words = f" {use.value} of {use.limit}"
            rows.append(
                (
                    (
                        fit(f"{use.rule} {use.name}", max(min(22, width - 20 - len(words)), 14)),
                        "dim",
                    ),
                    (bar, style),
                    (words, "plain"),
                )
            )
        rows += self._book(width)
        return rows[:height]

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
