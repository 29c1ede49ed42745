"""Draws our orders, in words."""

from pmterm.model.order import OrderState, Side
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import ListLines, Row, wrapped
from pmterm.views.figures import price_text, qty_text
from pmterm.views.news import tick_of
from pmterm.views.order_row import OrderRow, advice, state_words
from pmterm.views.plans import plan_words

TAIL = 8  # cells; what is cut to fewer says nothing
ROW = 36  # cells before the tail


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
        """Say how many orders work, and how many nobody knows the end of."""
        working = sum(row.is_working for row in self.board.orders)
        unknown = sum(row.is_doubtful for row in self.board.orders)
        parts = [f"{working} working"] * bool(working) + [f"{unknown} UNKNOWN"] * bool(unknown)
        return ", ".join(parts)

    def headings(self, width: int) -> list[Row]:
        """Pin above the list what to do about doubtful orders, and what a row has no room for."""
        doubtful = [(row, advice(row)) for row in self.board.orders if row.is_doubtful]
        pointed = self.row() if self.has_focus else None
        cut = [
            (row, row.reason)
            for row in self.board.orders
            if len(row.reason) > width - ROW
            and (_is_told(row) or (row is pointed and row.state is OrderState.REFUSED))
        ]
        words = [f"! {_number(row)} {told}" for row, told in (doubtful + cut)[:2]]
        rows: list[Row] = [((line, "warn"),) for text in words for line in wrapped(text, width)]
        for plan in self.board.plans[:2]:
            text = f"{self.elsewhere(plan.market)} {plan_words(plan)}".strip()
            rows.append(((fit(text, width), "own" if plan.state == "going" else "warn"),))
        return rows

    def item(self, index: int, width: int) -> Row:
        """Return one order."""
        row = self.board.orders[index]
        price = price_text(row.price, self.look.unit, tick_of(row.price))
        side, style = ("BUY ", "bid") if row.side is Side.BUY else ("SELL", "ask")
        words = state_words(row, self.board.at)
        left = max(width - ROW, 0)
        tail = f"{self._tail(row)} {self.elsewhere(row.market)}".strip()
        if left < min(TAIL, len(tail)):
            tail = ""
        return (
            (f"{fit(_number(row), 4)} ", "dim"),
            (side, style if row.is_working else "dim"),
            (fit(qty_text(row.qty), 6, right=True), "plain"),
            (" @ ", "dim"),
            (fit(price, 5), "plain"),
            (fit(words, 13), _tone(row)),
            (fit(tail, left), "dim"),
        )

    def _tail(self, row: OrderRow) -> str:
        """Say at what price it traded, why it is as it is, or what is ahead of it."""
        average = f"avg {price_text(row.average, self.look.unit, 10)}"
        if row.state is OrderState.FILLED and not row.reversed:
            return average
        if row.is_working:
            return row.reason or (f"q{qty_text(row.ahead)}" if row.ahead >= 0 else "")
        return row.reason or (average if row.average else "")


def _is_told(row: OrderRow) -> bool:
    """Whether what is told of it is of an order of ours that stands at the venue."""
    return row.state in {OrderState.OPEN, OrderState.PARTIAL} and not row.is_foreign


def _number(row: OrderRow) -> str:
    """Return the end of an order's id, which tells it from the others of the evening."""
    return row.order.rpartition("-")[2].lstrip("0") or row.order


def _tone(row: OrderRow) -> str:
    if row.is_doubtful:
        return "warn"
    if row.is_working:
        return "dim" if row.is_foreign else "own"
    if row.reversed:
        return "bad"
    if row.settling:
        return "own"
    return {"filled": "good", "refused": "bad"}.get(row.state, "dim")
