"""Draws holdings and profit."""

from pmterm.model.units import Ns
from pmterm.tui.render.cells import fit
from pmterm.tui.widgets.lines import ListLines, Row, wrapped
from pmterm.views.differences import alarm
from pmterm.views.figures import cash_text, price_text, qty_text, span_text
from pmterm.views.news import tick_of
from pmterm.views.positions import PositionRow, leaving_lines, profit_text
from pmterm.views.standing import Guarded

ROOMY = 6  # rows from which the exits get a line of their own


class Positions(ListLines):
    """What we hold, what an exit would bring, and the sums below."""

    heading = "POSITIONS"
    panel = "positions"
    empty = "No position. b buys, s sells."

    def count(self) -> int:
        """Return how many holdings there are."""
        return len(self.board.positions)

    def row(self) -> PositionRow | None:
        """Return the holding pointed at."""
        rows = self.board.positions
        return rows[self.cursor] if self.cursor < len(rows) else None

    def note(self) -> str:
        """Say the cash."""
        return f"cash {cash_text(self.board.money.cash)}"

    def headings(self, width: int) -> list[Row]:
        """Return the sums of the day and the names of the columns."""
        money = self.board.money
        brings = cash_text(sum(row.exit_value for row in self.board.positions if row.qty))
        doubt = "" if money.is_complete else "?"
        sums = [
            ("settled ", "dim"),
            (cash_text(money.realised_day, signed=True), tone(money.realised_day)),
            (" open ", "dim"),
            (cash_text(money.open_exit, signed=True) + doubt, tone(money.open_exit)),
            (f" brings {brings}{doubt}", "plain"),
            (f" mid {cash_text(money.open_mid, signed=True)}{doubt}", "dim"),
            (f" fees {cash_text(money.fees_day)}", "dim"),
        ]
        while sum(len(text) for text, _ in sums) > width:
            sums.pop()
        if not self.count():
            return [*self._alarms(width), tuple(sums)]
        names = fit("holding", max(width - 31, 8)) + "   size   avg   exit      P&L "
        return [*self._alarms(width), tuple(sums), ((fit(names, width), "dim"),)]

    def body(self, width: int, height: int) -> list[Row]:
        """Return the list and, where room is left, what leaving the holding pointed at brings."""
        rows = list(super().body(width, height))
        row = self.row() if self.has_focus else None
        for text in leaving_lines(row) if row is not None else ():
            lines = wrapped(text, width)
            if len(rows) + len(lines) <= height:
                rows += [((line, "dim"),) for line in lines]
        return rows

    def _alarms(self, width: int) -> list[Row]:
        """Return what must be seen first: holdings that differ, do not settle yet, can be paid."""
        board = self.board
        rows: list[Row] = [
            ((line, "warn"),)
            for each in board.live.differences[:2]
            for line in wrapped(f"! {alarm(each, board)}", width)
        ]
        for row in board.positions:
            if row.redeems >= 0:
                paid = f"{row.outcome} is resolved: pays {cash_text(row.redeems)}"
                rows.append(((fit(paid, width), "good"),))
            guarded = board.standing.guarded.get(row.market)
            if guarded is not None and self.size.height >= ROOMY:
                words = f"{row.outcome} exits: {guarded.text(board.at, self.look.unit)}"
                style = "warn" if guarded.fired else "dim"
                rows += [((line, style),) for line in wrapped(words, width)]
            if row.merge_text:
                rows += [((line, "own"),) for line in wrapped(row.merge_text, width)]
            if row.settling:
                words = (
                    f"{qty_text(row.settling)} {row.outcome} SETTLING,"
                    f" {qty_text(row.settled)} can be sold"
                )
                rows.append(((fit(words, width), "own"),))
        return rows

    def item(self, index: int, width: int) -> Row:
        """Return one holding."""
        row = self.board.positions[index]
        unit = self.look.unit
        profit = row.open_exit + row.realised
        told = profit_text(profit, is_complete=row.is_complete)
        exit_at = "?" if row.exit_at < 0 else price_text(row.exit_at, unit, tick_of(row.exit_at))
        side = "NO " if row.is_short else ""
        name = f"{side}{row.outcome} {self.elsewhere(row.market)}".rstrip()
        room = max(width - 31, 8)
        mark = _short_exits(self.board.standing.guarded.get(row.market), self.board.at)
        if mark:
            name = f"{fit(name, min(max(room - len(mark) - 1, 1), len(name)))} {mark}"
        average = price_text(row.average, unit, tick_of(row.average))
        return (
            (fit(name, room), "strong" if row.qty else "dim"),
            (fit(qty_text(row.qty), 7, right=True), "plain"),
            (fit(average, 6, right=True), "plain"),
            (fit(exit_at, 7, right=True), "plain" if row.is_trusted else "stale"),
            (fit(told, 9, right=True), tone(profit) if row.is_complete else "stale"),
        )


def _short_exits(guarded: Guarded | None, at: Ns) -> str:
    """Say in a few letters that a position is guarded: what time is left, or that it closes."""
    if guarded is None:
        return ""
    if guarded.fired is not None:
        return "closing"
    return f"-{span_text(guarded.left(at))}" if guarded.exits.until else "exits"


def tone(cash: int) -> str:
    """Return the style of a profit or loss."""
    return "good" if cash > 0 else "bad" if cash < 0 else "plain"
