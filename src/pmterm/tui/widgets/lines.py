"""A panel drawn line by line: only rows that changed are written to the terminal."""

from collections.abc import Sequence
from typing import ClassVar, TypeAlias

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.events import MouseDown
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from pmterm.model.ids import MarketId
from pmterm.tui.render.cells import fit, inert, plain
from pmterm.tui.render.look import Look
from pmterm.tui.render.paints import colors_of, style_of
from pmterm.views.board import Board
from pmterm.views.watchlist import label_of

Row: TypeAlias = tuple[tuple[str, str], ...]  # (text, name of its style), left to right
BLANK: Row = ()


class Lines(Widget, can_focus=True):
    """Draws rows of styled text under a title; a subclass says which rows.

    Text is never read as markup. Styles go by the names of
    `render/paints.py`; several may be given, separated by blanks.
    """

    DEFAULT_CSS = "Lines { height: 1fr; }"
    heading: str = ""
    panel: str = ""
    is_titled: bool = True

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.board = Board()
        self.look = Look()
        self._rows: list[Row] = []
        self._strips: dict[Row, Strip] = {}
        self._styles_by_name: dict[str, Style] = {}

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the rows to show, from the top."""
        raise NotImplementedError

    def note(self) -> str:
        """Return what stands at the right end of the title."""
        return ""

    def show(self, board: Board, look: Look) -> None:
        """Take a new board and repaint the rows that differ."""
        self.board, self.look = board, look
        self.redraw()

    def elsewhere(self, market: MarketId) -> str:
        """Return the name of a market that is not the focused one; nothing for that one."""
        if market == self.board.focus:
            return ""
        titles = [label_of(row.market) for row in self.board.watched if row.market.id == market]
        return titles[0] if titles else market

    def redraw(self) -> None:
        """Work the rows out again; have those drawn that changed."""
        width, height = self.size
        if width < 1 or height < 1:
            return
        rows: list[Row] = [self._title(width)] if self.is_titled else []
        rows += self.body(width, height - len(rows))
        del rows[height:]
        rows += [BLANK] * (height - len(rows))
        old, self._rows = self._rows, rows
        if len(old) != len(rows):
            self.refresh()
            return
        changed = [y for y, row in enumerate(rows) if row != old[y]]
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """Draw one row."""
        width = self.size.width
        if len(self._rows) != self.size.height:
            self.redraw()
        row = self._rows[y] if y < len(self._rows) else BLANK
        strip = self._strips.get(row)
        if strip is None or strip.cell_length != width:
            strip = self._strip(row, width)
            if len(self._strips) > 400:
                self._strips.clear()
            self._strips[row] = strip
        return strip

    def notify_style_update(self) -> None:
        """Draw everything afresh: a theme or the focus changed."""
        super().notify_style_update()
        self._strips.clear()
        self._styles_by_name.clear()

    def on_resize(self) -> None:
        """Work the rows out for the new size."""
        self.redraw()

    def on_focus(self) -> None:
        """Show the focus in the title."""
        self.redraw()

    def on_blur(self) -> None:
        """Take the focus off the title."""
        self.redraw()

    def _strip(self, row: Row, width: int) -> Strip:
        ground = self._style("plain")
        is_ascii = self.look.is_ascii
        segments = [
            Segment(plain(inert(text)) if is_ascii else inert(text), self._style(name))
            for text, name in _unstruck(row)
        ]
        return Strip(segments).adjust_cell_length(width, ground).simplify()

    def _style(self, names: str) -> Style:
        style = self._styles_by_name.get(names)
        if style is None:
            ground = Style(bgcolor=self.rich_style.bgcolor)
            style = style_of(names, colors_of(self.app.current_theme), ground)
            self._styles_by_name[names] = style
        return style

    def _title(self, width: int) -> Row:
        focused = self.has_focus
        rule, style = ("━", "focus") if focused else ("─", "title")
        mark = "▶ " if focused else ""
        name = f"{rule} {mark}{self.heading} "
        note = self.note()
        if len(name) + len(note) + 4 > width:
            note = note[: max(width - len(name) - 4, 0)]
        tail = f" {note} {rule}" if note else ""
        line = rule * max(width - len(name) - len(tail), 0)
        ends = "focus" if focused else "rule"
        parts = [(name[:2], ends), (name[2:], style), (line, ends)]
        if tail:
            parts += [(tail[:-1], "dim"), (rule, ends)]
        return tuple(parts)


class ListLines(Lines):
    """Lines with one row pointed at."""

    class Picked(Message):
        """The trader pressed enter, or clicked, on a row."""

        def __init__(self, lines: "ListLines") -> None:
            super().__init__()
            self.lines = lines

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("home", "edge(-1)", show=False),
        Binding("end", "edge(1)", show=False),
        Binding("enter", "pick", show=False),
    ]
    head: int = 0  # rows above the list that do not scroll
    empty: str = "nothing here"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name for it
        super().__init__(id=id)
        self.cursor = 0
        self._first = 0

    def count(self) -> int:
        """Return how many rows the list has."""
        raise NotImplementedError

    def item(self, index: int, width: int) -> Row:
        """Return one row of the list."""
        raise NotImplementedError

    def headings(self, width: int) -> list[Row]:  # noqa: ARG002  # subclasses need it
        """Return what stands above the list."""
        return []

    def body(self, width: int, height: int) -> Sequence[Row]:
        """Return the headings and the rows around the cursor."""
        above = self.headings(width)[: max(height - 1, 1)]
        count = self.count()
        if not count:
            words = [*above, *((((line, "dim"),)) for line in wrapped(self.empty, width))]
            return words[:height]
        room = max(height - len(above), 1)
        self.cursor = min(self.cursor, count - 1)
        self._first = max(min(self._first, self.cursor, count - room), self.cursor - room + 1, 0)
        rows = list(above)
        for index in range(self._first, min(self._first + room, count)):
            row = self.item(index, width)
            rows.append(pointed(row, width) if self.has_focus and index == self.cursor else row)
        return rows

    def row_at(self, line: int) -> int:
        """Return which row stands on a line under the title; none if it is not one of `count`."""
        room = self.size.height - self.is_titled
        above = len(self.headings(self.size.width)[: max(room - 1, 1)])
        return line - above + self._first if line >= above else -1

    def action_move(self, step: int) -> None:
        """Point at the next row."""
        self.cursor = min(max(self.cursor + step, 0), max(self.count() - 1, 0))
        self.redraw()

    def action_edge(self, end: int) -> None:
        """Point at the first or last row."""
        self.cursor = 0 if end < 0 else max(self.count() - 1, 0)
        self.redraw()

    def action_pick(self) -> None:
        """Tell which row is meant."""
        if self.count():
            self.post_message(self.Picked(self))

    def on_mouse_down(self, event: MouseDown) -> None:
        """Point where the mouse points; a second click on the row picks it."""
        row = self.row_at(event.y - 1) if event.y >= 1 else -1
        if not 0 <= row < self.count():
            return
        if row == self.cursor and self.has_focus:
            self.action_pick()
        self.cursor = row
        self.redraw()


def _unstruck(row: Row) -> list[tuple[str, str]]:
    """Keep the blanks around stale words out of the stroke through them."""
    parts: list[tuple[str, str]] = []
    for text, name in row:
        if not name.startswith("stale"):
            parts.append((text, name))
            continue
        rest = name.replace("stale", "plain")
        words = text.strip(" ")
        lead = len(text) - len(text.lstrip(" "))
        parts += [(text[:lead], rest), (words, name), (text[lead + len(words) :], rest)]
    return [part for part in parts if part[0]]


def pointed(row: Row, width: int) -> Row:
    """Return the row on the ground of the cursor, over the whole width."""
    used = sum(len(text) for text, _ in row)
    blank = ((" " * max(width - used, 0), "plain cursor"),)
    return (*((text, f"{name} cursor") for text, name in row), *blank)


def wrapped(text: str, width: int) -> list[str]:
    """Break text at blanks into lines of at most `width` cells."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [fit(each, width) for each in (*lines, line)]
