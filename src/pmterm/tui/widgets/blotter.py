"""Draws our orders, in words."""

from pmterm.model.order import OrderState, Side
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import ListLines, Row
from pmterm.views.figures import price_text, qty_text
from pmterm.views.news import tick_of
from pmterm.views.order_row import OrderRow, state_words


class Blotter(ListLines):
    """Unknown orders first, then working ones, then what is over."""

    heading = "ORDERS"
    panel = "orders"
    empty = "Orders appear here with what became of them."

    def count(self) -> int:
        """Return how many orders are kept."""
        return len(self.board.orders)

    def row(self) -> OrderRow | None:
        """Return the order pointed at."""
        rows = self.board.orders
        return rows[self.cursor] if self.cursor < len(rows) else None

    def note(self) -> str:
        """Say how many orders work."""
        working = sum(row.is_working for row in self.board.orders)
        return f"{working} working" if working else ""

    def item(self, index: int, width: int) -> Row:
        """Return one order."""
        row = self.board.orders[index]
        price = price_text(row.price, self.look.unit, tick_of(row.price))
        side, style = ("BUY ", "bid") if row.side is Side.BUY else ("SELL", "ask")
        words = state_words(row, self.board.at)
        number = row.order.rpartition("-")[2].lstrip("0") or row.order
        ahead = f" q{qty_text(row.ahead)}" if row.is_working and row.ahead >= 0 else ""
        tail = row.reason or ahead
        if row.average and not row.is_working:
            tail = tail or f" avg {price_text(row.average, self.look.unit, 10)}"
        tail = f"{tail.strip()} {self.elsewhere(row.market)}"
        left = max(width - 37, 0)
        return (
            (f"{fit(number, 4)} ", "dim"),
            (side, style if row.is_working else "dim"),
            (fit(qty_text(row.qty), 7, right=True), "plain"),
            (" @ ", "dim"),
            (fit(price, 5), "plain"),
            (fit(words, 12), _tone(row)),
            (fit(tail.strip(), left), "dim"),
        )


def _tone(row: OrderRow) -> str:
    if row.state in {OrderState.UNKNOWN, OrderState.CANCEL_UNKNOWN}:
        return "warn"
    if row.is_working:
        return "own"
    return {"filled": "good", "refused": "bad"}.get(row.state, "dim")
