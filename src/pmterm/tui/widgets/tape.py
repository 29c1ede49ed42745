"""Draws recent trades."""

from pmterm.model.order import Side
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import ListLines, Row
from pmterm.views.figures import clock_text, price_text, qty_text
from pmterm.views.news import tick_of


class Tape(ListLines):
    """Trades, newest first: who crossed the spread, at what, how much."""

    heading = "TAPE"
    panel = "tape"
    empty = "Trades appear here as they happen."

    def count(self) -> int:
        """Return how many trades are kept."""
        return len(self.board.tape)

    def note(self) -> str:
        """Say how much traded in the last minute."""
        volume = self.board.signals.gauges.volume_1m
        return f"{qty_text(volume)} in 1m" if volume else ""

    def item(self, index: int, width: int) -> Row:  # noqa: ARG002  # few columns fit always
        """Return one trade."""
        row = self.board.tape[index]
        style, sign = ("bid", "▲B") if row.taker is Side.BUY else ("ask", "▼S")
        price = price_text(row.price, self.look.unit, tick_of(row.price))
        block = " block" if row.is_block else ""
        return (
            (f"{clock_text(row.at)} ", "dim"),
            (f"{sign} {fit(price, 6, right=True)}", style),
            (fit(qty_text(row.qty), 8, right=True) + block, "plain"),
        )
