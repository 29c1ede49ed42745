"""What all dialogs share: the bar and the frame of a live session, and who may press what."""

import contextlib
from typing import ClassVar, Generic, TypeVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.css.query import NoMatches
from textual.events import Paste
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from pmterm.tui.desk import Clock
from pmterm.tui.guard import KeyGuard
from pmterm.tui.render.behind import behind
from pmterm.tui.render.cells import inert, plain
from pmterm.tui.render.look import Look
from pmterm.tui.widgets.banner import Banner, frame
from pmterm.views.board import Board

Answer = TypeVar("Answer")


class Hand:
    """Whether a key was pressed by a finger that meant this very dialog."""

    def __init__(self, clock: Clock, guard: KeyGuard) -> None:
        self.clock = clock
        self._guard = guard

    def moved(self) -> None:
        """Note that something else is in front now."""
        self._guard.moved(self.clock.monotonic())

    def means(self, action: str) -> bool:
        """Whether `action` may act: no repeat, no paste, not aimed at what was there before."""
        return self._guard.means(action, self.clock.monotonic())


class Word(Input):
    """Takes a word that must be typed: nothing can be pasted into it."""

    def _on_paste(self, event: Paste) -> None:
        event.prevent_default()
        event.stop()

    def action_paste(self) -> None:
        """Take nothing from the clipboard."""


class Dialog(ModalScreen[Answer], Generic[Answer]):
    """A question or a form in a box; escape goes back and does nothing."""

    DEFAULT_CSS = """
    Dialog { align: center middle; background: $background 60%; }
    Dialog > .box {
        width: 76; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: heavy $warning; scrollbar-size-vertical: 0;
    }
    Dialog.-live > .box { border: heavy $live; }
    Dialog.-ascii > .box, Dialog.-live.-ascii > .box { border: ascii $warning; }
    Dialog Static { height: auto; }
    Dialog .ask { color: $warning; }
    Dialog .head { text-style: bold; }
    Dialog Input { background: $panel; }
    Dialog.-tiny > .box, Dialog.-flat > .box { border: none; padding: 0; width: 100%; }
    Dialog.-flat .detail, Dialog.-tiny .detail { display: none; }
    Dialog.-flat Static, Dialog.-tiny Static { height: 1; text-wrap: nowrap; }
    Dialog .short-ask { display: none; }
    Dialog.-tiny .short-ask { display: block; color: $warning; }
    Dialog.-tiny .ask { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    def __init__(self, board: Board, look: Look) -> None:
        super().__init__()
        self.board = board
        self.look = look
        self.set_class(board.is_live, "-live")
        self.set_class(look.is_ascii, "-ascii")

    def render(self) -> RenderableType:
        """Draw what is below."""
        return behind(self)

    def compose(self) -> ComposeResult:
        """Lay out the bar, and the box below it."""
        yield Banner()
        with VerticalScroll(classes="box", can_focus=False):
            yield from self.box()

    def box(self) -> ComposeResult:
        """Return what stands in the box."""
        raise NotImplementedError

    def on_mount(self) -> None:
        """Show the bar from the first picture on."""
        frame(self, self.board, self.look)
        for field in self.query(Input):
            field.cursor_blink = False
        with contextlib.suppress(NoMatches):  # the program is left, before all parts were there
            self.opened()

    def opened(self) -> None:
        """Begin, once all parts are there."""

    def on_resize(self) -> None:
        """Fill the bar anew."""
        self.call_after_refresh(lambda: frame(self, self.board, self.look))

    def action_back(self) -> None:
        """Close; nothing is done."""
        self.close(None)

    def prompt(self, full: str, short: str) -> ComposeResult:
        """Return the line that says which key does what, and its short form for a small pane."""
        yield Static(full, classes="ask", markup=False)
        yield Static(short, classes="short-ask", markup=False)

    def told(self, text: str) -> str:
        """Return text from outside as it may stand on the screen."""
        return plain(inert(text)) if self.look.is_ascii else inert(text)

    def close(self, answer: Answer | None) -> None:
        """Close with an answer; only if this is what stands in front."""
        if self.app.screen is self:
            self.dismiss(answer)
