"""Finds markets at the venues, and watches the one that is chosen."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Input

from pmterm.messages.feed import NO_ASK, NO_BID
from pmterm.model.errors import PmtermError
from pmterm.model.ids import MarketId
from pmterm.tui.desk import Desk
from pmterm.tui.render.cells import fit
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog
from pmterm.tui.widgets.banner import Banner
from pmterm.tui.widgets.lines import ListLines, Row
from pmterm.views.board import Board
from pmterm.views.figures import brief_cash, price_text
from pmterm.views.news import tick_of
from pmterm.views.watchlist import MarketRow

TYPING_S = 0.25


class MarketList(ListLines):
    """What the search found."""

    heading = "FIND A MARKET"

    def __init__(self) -> None:
        super().__init__()
        self.found: list[MarketRow] = []
        self.empty = "searching…"

    def count(self) -> int:
        """Return how many markets were found."""
        return len(self.found)

    def body(self, width: int, height: int) -> list[Row]:
        """Return the rows; the one pointed at shows also while the words have the focus."""
        rows = list(super().body(width, height))
        place = self.cursor - self._first
        if self.found and 0 <= place < len(rows):
            rows[place] = tuple((text, f"{style} cursor") for text, style in rows[place])
        return rows

    def item(self, index: int, width: int) -> Row:
        """Return one market."""
        row = self.found[index]
        bid = (
            price_text(row.best_bid, tick=tick_of(row.best_bid)) if row.best_bid != NO_BID else "-"
        )
        ask = (
            price_text(row.best_ask, tick=tick_of(row.best_ask)) if row.best_ask != NO_ASK else "-"
        )
        title = f"{row.event}: {row.title}" if row.event and row.event != row.title else row.title
        return (
            ("● " if row.is_watched else "  ", "own"),
            (fit(title, max(width - 31, 10)), "plain"),
            (fit(f"{bid}/{ask}", 11, right=True), "strong"),
            (fit(brief_cash(row.volume_24h), 8, right=True), "dim"),
            (fit(f" {row.venue}", 10), "dim"),
        )


class FinderScreen(Dialog[MarketId]):
    """Words in, markets out; enter watches one and goes there."""

    DEFAULT_CSS = """
    FinderScreen { align: center middle; background: $background 60%; }
    FinderScreen > Vertical {
        width: 110; max-width: 100%; height: 70%; min-height: 5;
        background: $surface; border: round $rule;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", show=False),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    def __init__(self, desk: Desk, board: Board, look: Look) -> None:
        super().__init__(board, look)
        self._desk = desk
        self._waiting: Timer | None = None

    def compose(self) -> ComposeResult:
        """Lay out words and list."""
        yield Banner()
        with Vertical():
            yield Input(placeholder="team, event, slug, ticker or URL", compact=True)
            yield MarketList()

    def opened(self) -> None:
        """Start with the most active markets."""
        self.query_one(Input).focus()
        self.query_one(MarketList).show(Board(), self.look)
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Search once the typing rests."""
        if self._waiting is not None:
            self._waiting.stop()
        words = event.value
        self._waiting = self.set_timer(TYPING_S, lambda: self._search(words))

    def on_input_submitted(self) -> None:
        """Enter in the words takes the market pointed at."""
        self.action_choose()

    def on_list_lines_picked(self) -> None:
        """A click takes a market, too."""
        self.action_choose()

    def action_move(self, step: int) -> None:
        """Point at the next market."""
        self.query_one(MarketList).action_move(step)

    def action_choose(self) -> None:
        """Watch the market pointed at."""
        markets = self.query_one(MarketList)
        if markets.found:
            self._take(markets.found[markets.cursor].id)

    @work(exclusive=True, group="find", exit_on_error=False)
    async def _search(self, words: str) -> None:
        markets = self.query_one(MarketList)
        try:
            markets.found = await self._desk.find(words.strip())
            markets.empty = "No open market has these words."
        except PmtermError as error:
            markets.found = []
            markets.empty = str(error)
        markets.cursor = 0
        markets.redraw()

    @work(exclusive=True, group="watch", exit_on_error=False)
    async def _take(self, market: MarketId) -> None:
        try:
            await self._desk.watch(market)
        except PmtermError as error:
            markets = self.query_one(MarketList)
            markets.found = []
            markets.empty = str(error)
            markets.redraw()
        else:
            self.close(market)
