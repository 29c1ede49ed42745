"""The backtest screen over a running session: its header stays, and every safety key."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from pmterm.tui.bench import Bench
from pmterm.tui.desk import Desk
from pmterm.tui.keys import BENCH_BESIDE
from pmterm.tui.render.look import Look
from pmterm.tui.screens.bench import BenchScreen
from pmterm.tui.widgets.banner import Banner, frame
from pmterm.tui.widgets.bench import Trades
from pmterm.tui.widgets.header import Header
from pmterm.tui.widgets.menu import Menu
from pmterm.views.bench import Jump

HEADER_S = 0.5
_NO_TRADES = "Trades appear here; enter copies the command that shows one in the replay."


class BenchBeside(BenchScreen):
    """Nothing here trades; escape and F10 go back to the market, and what runs goes on.

    A trade is not shown in place: a replay on the screen of a session could be taken for it, and
    would take its time. Its command is copied, for another terminal.
    """

    DEFAULT_CSS = """
    BenchBeside Header { height: 1; }
    BenchBeside.-tiny Header { display: none; }
    BenchBeside.-live { border-left: thick $live; border-right: thick $live; }
    BenchBeside.-live.-ascii { border-left: ascii $live; border-right: ascii $live; }
    BenchBeside.-live.-tiny, BenchBeside.-live.-flat { border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f10", "back", show=False)]

    def __init__(self, bench: Bench, desk: Desk, look: Look) -> None:
        super().__init__(bench, look)
        self._desk = desk

    def above(self) -> ComposeResult:
        """Return the bar of a live session and the header of any."""
        yield Banner()
        yield Header(id="header")

    def on_mount(self) -> None:
        """Keep the header true."""
        self.query_one(Menu).keys = BENCH_BESIDE
        self.query_one(Trades).empty = _NO_TRADES
        super().on_mount()
        self._head()
        self.set_interval(HEADER_S, self._head)

    def _head(self) -> None:
        board = self._desk.board()
        frame(self, board, self.look)
        self.query_one(Header).show(board, self.look)

    def show_trade(self, jump: Jump) -> None:
        """Copy the command that shows a trade in another terminal."""
        command = self._bench.command(jump)
        self.app.copy_to_clipboard(command)
        self.tell(f"copied, for another terminal: {command}")

    def leave(self) -> None:
        """Go back to the market."""
        self.action_back()

    def action_back(self) -> None:
        """Go back to the market; what runs goes on."""
        if self.app.screen is self:
            self.dismiss()
