"""Draws one line per watched market."""

from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.market import MarketStatus
from pmterm.tui.render.cells import elide, fit
from pmterm.tui.widgets.lines import ListLines, Row
from pmterm.views.figures import age_text, percent_text, price_text
from pmterm.views.ladder import DIM_AFTER
from pmterm.views.watchlist import WatchRow, label_of


class Watchlist(ListLines):
    """The watched markets; enter goes to one."""

    heading = "MARKETS"
    panel = "markets"
    empty = "Watched markets appear here. / finds more."

    def count(self) -> int:
        """Return how many markets are watched."""
        return len(self.board.watched)

    def row(self) -> WatchRow | None:
        """Return the market pointed at."""
        rows = self.board.watched
        return rows[self.cursor] if self.cursor < len(rows) else None

    def item(self, index: int, width: int) -> Row:
        """Return one market."""
        row = self.board.watched[index]
        unit, tick = self.look.unit, min(band.step for band in row.market.bands)
        bid = price_text(row.best_bid, unit, tick) if row.best_bid != NO_BID else "-"
        ask = price_text(row.best_ask, unit, tick) if row.best_ask != NO_ASK else "-"
        is_here = row.market.id == self.board.focus
        fresh = "dim" if row.age > DIM_AFTER else "plain"
        style = "stale" if not row.is_trusted else fresh
        age = age_text(row.age) if row.status is MarketStatus.ACTIVE else row.status.value[:6]
        change = percent_text(row.change_ppm)
        tone = "bid" if row.change_ppm > 0 else "ask" if row.change_ppm < 0 else "dim"
        return (
            ("▶" if is_here else " ", "own"),
            (elide(label_of(row.market), max(width - 28, 6)), "strong" if is_here else "plain"),
            (fit(f"{bid}/{ask}", 11, right=True), style),
            (fit(change, 8, right=True), tone),
            (fit(age, 6, right=True), "dim"),
            (" ●" if row.signals else "", "warn"),
        )
