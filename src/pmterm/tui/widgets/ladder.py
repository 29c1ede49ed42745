"""Draws a ladder: every price with what stands there; says what the trader points at."""

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import MouseDown, MouseScrollDown, MouseScrollUp
from textual.message import Message

from pmterm.messages.strategy import ExitKind
from pmterm.model.order import Side
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price, Qty
from pmterm.tui.render.bars import bar_cell
from pmterm.tui.render.cells import fit
from pmterm.tui.render.look import Look
from pmterm.tui.widgets.lines import Lines, Row
from pmterm.views.board import Board
from pmterm.views.figures import (
    age_text,
    half_text,
    percent_text,
    price_text,
    qty_text,
    ratio_text,
)
from pmterm.views.ladder import (
    LadderRow,
    LadderView,
    OwnMark,
    centre_of,
    is_price,
    rows_of,
    step_for,
)
from pmterm.views.standing import ExitMark

PRICE_WIDTH = 7
POINTS_FOR: Ns = 30 * SECOND  # a pointer left alone that long is about a market that is gone
_EXIT_STYLES = {ExitKind.TARGET: "good", ExitKind.STOP: "bad", ExitKind.TRAILING: "warn"}


class Ladder(Lines):
    """The book around its middle. The centre stands still until the touch comes near an edge."""

    heading = "BOOK"
    panel = "book"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
        Binding("enter", "pick", show=False),
    ]

    class Picked(Message):
        """The trader chose a price."""

        def __init__(self, ladder: "Ladder", price: Price) -> None:
            super().__init__()
            self.ladder = ladder
            self.price = price

    def __init__(self, *, id: str | None = None, is_beside: bool = False) -> None:  # noqa: A002
        super().__init__(id=id)
        self._is_beside = is_beside
        self.view = LadderView()
        self._centre: Price = 0
        self._step: Price = 100
        self._cursor: Price = 0
        self._pointed_at: Ns = 0
        self._pointed_from: Price = 0  # the middle of the book then
        self._height = 0
        self._picked: ExitKind | None = None  # the exit that keys move

    def show(self, board: Board, look: Look) -> None:
        """Take the ladder of the focused market, or of the one beside it; keep to our order."""
        view = (board.beside or LadderView()) if self._is_beside else board.ladder
        held = self.pointed_order
        if view.market != self.view.market:
            self._centre = self._cursor = 0
        picked = self.pointed_exit if self._picked is not None else None
        self.view = view
        if picked is not None:
            self._follow_exit(picked)
        if held is not None and self._cursor and picked is None:
            self._follow(held)
        super().show(board, look)
        if self._is_left_behind():
            self._cursor = 0

    def _is_left_behind(self) -> bool:
        """Whether the pointer is old, or the market has left it out of sight; not on what is ours.

        A key that orders at the row pointed at would take the trader for meaning that price still.
        """
        if not self._cursor or self.pointed_order or self.pointed_exit:
            return False
        if self.board.at - self._pointed_at >= POINTS_FOR:
            return True
        middle = centre_of(self.view, self._step)
        in_sight = self._step * ((self._height - 1) // 2)
        has_moved = abs(middle - self._pointed_from) > self._slack
        return self._height > 0 and has_moved and abs(self._cursor - middle) > in_sight

    @property
    def _slack(self) -> Price:
        """How far the middle of the book may move before the rows do."""
        return self._step * max(self._height // 3, 1)

    def _follow_exit(self, picked: ExitMark) -> None:
        """Point where the exit picked stands now."""
        price = next((m.price for m in self.view.exits if m.kind is picked.kind), 0)
        if not price:
            self._picked = None
        elif price != picked.price:
            self._point_only(price)

    def _follow(self, held: OwnMark) -> None:
        """Point where the order pointed at stands now."""
        now = [mark for mark in self.view.own if mark.order == held.order]
        if now and now[0].price != held.price:
            self._cursor = now[0].price

    @property
    def pointed(self) -> Price:
        """The price pointed at, or 0."""
        return self._cursor

    @property
    def pointed_exit(self) -> ExitMark | None:
        """An exit on the row pointed at: the one picked, else the first."""
        near = [m for m in self.view.exits if abs(m.price - self._cursor) < self._step]
        if not (self._cursor and near):
            return None
        return next((mark for mark in near if mark.kind is self._picked), near[0])

    @property
    def has_picked(self) -> bool:
        """Whether an exit was picked by its key."""
        return self._picked is not None

    def point_at_exit(self) -> ExitMark | None:
        """Point at the next exit: target, stop, trailing stop, and round again."""
        marks = self.view.exits
        if not marks:
            return None
        kinds = [mark.kind for mark in marks]
        place = kinds.index(self._picked) + 1 if self._picked in kinds else 0
        mark = marks[place % len(marks)]
        self._point(mark.price)
        self._picked = mark.kind
        return mark

    @property
    def pointed_order(self) -> OwnMark | None:
        """An order of ours on the row pointed at."""
        near = [m for m in self.view.own if abs(m.price - self._cursor) < self._step]
        return near[0] if self._cursor and near else None

    def recentre(self) -> None:
        """Put the middle of the book in the middle of the rows."""
        self._centre = 0
        self.redraw()

    def shift(self, ticks: int) -> None:
        """Point some ticks higher or lower, by the price grid and not by rows."""
        base = self._cursor or self.view.best_bid or PRICE_ONE // 2
        self._point(base + ticks * self.view.tick)

    def note(self) -> str:
        """Say how old the book is, or that it is not to be trusted."""
        view = self.view
        if not view.market:
            return ""
        if self._is_beside:
            return view.title
        if not view.health.is_trusted:
            return f"STALE {age_text(view.book_age)}" if view.health.changed_at else "no book ?"
        return f"{half_text(view.mid2, self.look.unit, view.tick)}" if view.mid2 else "one side"

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the price rows, and two lines on the state of the book where there is room."""
        view = self.view
        if not view.market:
            words = ["No market yet.", "Press / to find one."] if not self._is_beside else [""]
            return [((fit(word, width), "dim"),) for word in words]
        feet = self._feet(width) if height >= 12 else []
        self._height = height - len(feet)
        self._settle()
        rows = rows_of(view, self._centre, self._step, self._height)
        largest = max((max(row.bid, row.ask) for row in rows), default=0)
        away = self._out_of_sight(rows)
        drawn = [self._row(row, width, largest, away.get(row.price, "")) for row in rows]
        return [*drawn, *feet]

    def _out_of_sight(self, rows: Sequence[LadderRow]) -> dict[Price, str]:
        """Return what the first and the last row say of our orders beyond them."""
        if not rows:
            return {}
        own = sorted(self.view.own, key=lambda mark: mark.price)
        above = [mark for mark in own if mark.price >= rows[0].price + self._step]
        below = [mark for mark in own if mark.price < rows[-1].price][::-1]
        ends = ((rows[0].price, "▲", above), (rows[-1].price, "▼", below))
        return {price: self._away_text(sign, marks) for price, sign, marks in ends if marks}

    def _away_text(self, sign: str, marks: list[OwnMark]) -> str:
        nearest = marks[0]
        price = price_text(nearest.price, self.look.unit, self.view.tick)
        more = f" +{len(marks) - 1}" if len(marks) > 1 else ""
        return f"{sign}{nearest.side[0].upper()}{qty_text(nearest.left)}@{price}{more}"

    def _settle(self) -> None:
        """Choose step and centre; keep both as long as the touch is well within the rows."""
        view, height = self.view, self._height
        step = step_for(view, height)
        middle = centre_of(view, step)
        is_far = abs(middle - self._centre) > step * max(height // 3, 1)
        if step != self._step or not self._centre or is_far:
            self._step, self._centre = step, middle

    def _row(self, row: LadderRow, width: int, largest: Qty, away: str) -> Row:
        side = (width - PRICE_WIDTH) // 2
        ground = self._ground()
        bid = self._cell(row.bid, side, largest, "bid", right=True)
        ask = self._cell(row.ask, width - PRICE_WIDTH - side, largest, "ask", right=False)
        buys = [mark for mark in row.own if mark.side is Side.BUY]
        sells = [mark for mark in row.own if mark.side is Side.SELL]
        of_bids = [_own_text(marks) for marks in (buys,) if marks] + [away] * away.startswith("▼")
        of_asks = [away] * away.startswith("▲") + [_own_text(marks) for marks in (sells,) if marks]
        if of_bids:
            ask = [(fit(f" {' '.join(of_bids)}", width - PRICE_WIDTH - side), "own")]
        if of_asks:
            bid = [(fit(f"{' '.join(of_asks)} ", side, right=True), "own")]
        if row.exits:
            self._put_exits(row, bid, ask, sides=(side, width - PRICE_WIDTH - side))
        price = self._price(row, ground)
        parts = [*bid, price, *ask]
        if row.price == self._cursor and self.has_focus:
            return tuple((text, f"{style} cursor") for text, style in parts)
        return tuple(parts)

    def _put_exits(
        self,
        row: LadderRow,
        bid: list[tuple[str, str]],
        ask: list[tuple[str, str]],
        *,
        sides: tuple[int, int],
    ) -> None:
        """Write exits into the side of the row where no depth of the book stands."""
        words = "+".join(mark.words for mark in row.exits)
        style = _EXIT_STYLES[row.exits[0].kind]
        has_own = [bool(cell) and cell[0][1] == "own" for cell in (bid, ask)]
        is_left = 2 * row.price > self.view.mid2 if self.view.mid2 else not row.bid
        cell, width = (bid, sides[0]) if is_left else (ask, sides[1])
        own = cell[0][0].strip().split(" ")[0] if has_own[not is_left] else ""
        text = f"{words} {own}".strip() if is_left else f"{own} {words}".strip()
        cell[:] = [(fit(f"{text} " if is_left else f" {text}", width, right=is_left), style)]

    def _price(self, row: LadderRow, ground: str) -> tuple[str, str]:
        if not is_price(row.price):
            return " " * PRICE_WIDTH, "dim"
        text = price_text(row.price, self.look.unit, min(self._step, self.view.tick))
        mark = "●" if row.is_last else " "
        style = ground or ("strong" if row.is_touch else "plain" if row.bid or row.ask else "dim")
        end = " " if self.look.unit is not self.look.unit.PERCENT else ""
        return f"{mark}{fit(text + end, PRICE_WIDTH - 2, right=True)} ", style

    def _cell(
        self, qty: Qty, width: int, largest: Qty, style: str, *, right: bool
    ) -> list[tuple[str, str]]:
        if not qty:
            return [(" " * width, "plain")]
        text = qty_text(qty)
        ground = self._ground()
        if ground:
            return [(fit(f"{text} " if right else f" {text}", width, right=right), ground)]
        share = qty * 1_000_000 // largest if largest else 0
        return bar_cell(text, width, share, style, right=right)

    def _ground(self) -> str:
        """Return the style that tells the age of every number, or nothing when fresh."""
        if not self.view.health.is_trusted:
            return "stale"
        return "dim" if self.view.is_dim else ""

    def _feet(self, width: int) -> list[Row]:
        view, gauges = self.view, self.board.signals.gauges
        spread = "?"
        if view.mid2:
            spread = price_text(view.best_ask - view.best_bid, self.look.unit, view.tick)
        imbalance = percent_text(view.imbalance_ppm, 0)
        lead = "bid" if view.imbalance_ppm > 0 else "ask" if view.imbalance_ppm < 0 else ""
        first = f"spread {spread}  imb {imbalance} {lead}"
        if self._is_beside:
            return [((fit(first, width), "dim"),)]
        if not view.health.is_trusted:
            second: Row = ((fit(view.health.reason or "not trusted", width), "warn"),)
        else:
            depth = ratio_text(gauges.depth_ratio) if gauges.depth_ratio else "?"
            parts = (f"30s {percent_text(gauges.change_ppm)}", f"vol {qty_text(gauges.volume_30s)}")
            second = ((fit(_whole((*parts, f"depth {depth}"), width), width), "dim"),)
        return [((fit(first, width), "dim"),), second]

    def _point(self, price: Price) -> None:
        self._picked = None
        self._point_only(price)
        self.redraw()

    def _point_only(self, price: Price) -> None:
        self._pointed_at, self._pointed_from = self.board.at, centre_of(self.view, self._step)
        low, high = self.view.tick, PRICE_ONE - self.view.tick
        self._cursor = min(max(price, low), high)
        reach = self._step * ((self._height - 1) // 2)
        if self._centre and abs(self._cursor - self._centre) > reach:
            self._centre += (
                self._cursor - self._centre - (reach if price > self._centre else -reach)
            )

    def action_move(self, step: int) -> None:
        """Point one row up or down; the first press points at the touch."""
        if not self._cursor:
            self._point(self.view.best_bid or self.view.best_ask)
        else:
            self._point(self._cursor // self._step * self._step - step * self._step)

    def action_edge(self, end: int) -> None:
        """Point at the highest or lowest price in sight."""
        reach = self._step * ((self._height - 1) // 2)
        self._point(self._centre + (reach if end < 0 else -reach))

    def action_pick(self) -> None:
        """Tell the price pointed at."""
        if self._cursor:
            self.post_message(self.Picked(self, self._cursor))

    def on_mouse_down(self, event: MouseDown) -> None:
        """Point where the mouse points; a second click picks the price."""
        row = event.y - 1
        if not 0 <= row < self._height or not self._centre:
            return
        price = self._centre + self._step * ((self._height - 1) // 2 - row)
        if price == self._cursor and is_price(price):
            self.action_pick()
        elif is_price(price):
            self._point(price)

    def on_mouse_scroll_up(self, _: MouseScrollUp) -> None:
        """Look higher."""
        self._centre = min(self._centre + self._step, PRICE_ONE)
        self.redraw()

    def on_mouse_scroll_down(self, _: MouseScrollDown) -> None:
        """Look lower."""
        self._centre = max(self._centre - self._step, 0)
        self.redraw()


def _own_text(marks: list[OwnMark]) -> str:
    """Write our orders of a side at a price: side, what is left, what stands before the first."""
    first = marks[0]
    place = f" q{qty_text(first.ahead)}" if first.ahead >= 0 else ""
    count = f" x{len(marks)}" if len(marks) > 1 else ""
    doubt = "" if all(mark.is_sure for mark in marks) else "?"
    left = qty_text(sum(mark.left for mark in marks))
    return f"{first.side[0].upper()}{left}{doubt}{count or place}"


def _whole(parts: Sequence[str], width: int) -> str:
    """Return the parts side by side, closer together or without the last where they must be."""
    texts = ("  ".join(parts), " ".join(parts), "  ".join(parts[:-1]))
    return next((text for text in texts if len(text) <= width), texts[-1])
