"""Asks: are you sure? Only where something moves that cannot be taken back."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from pmterm.tui.desk import Clock
from pmterm.tui.guard import SETTLE
from pmterm.tui.render.cells import inert


class ConfirmScreen(ModalScreen[bool]):
    """Shows what will happen; a typed word does it, escape goes back."""

    DEFAULT_CSS = """
    ConfirmScreen { align: center middle; background: $background 60%; }
    ConfirmScreen > Vertical {
        width: 64; max-width: 100%; height: auto; max-height: 100%; padding: 0 1;
        background: $surface; border: heavy $warning;
    }
    ConfirmScreen Static { height: auto; }
    ConfirmScreen Input { margin-top: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "back", show=False)]

    def __init__(self, clock: Clock, title: str, lines: list[str], word: str) -> None:
        super().__init__()
        self._clock = clock
        self._heading = title
        self._said = lines
        self._word = word
        self._since = clock.monotonic()

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical():
            yield Static(Content.styled(self._heading, "bold"), markup=False)
            yield Static("\n".join(inert(line) for line in self._said), markup=False)
            yield Static(f"Type {self._word} and press enter; esc goes back.", markup=False)
            yield Input(compact=True)

    def on_mount(self) -> None:
        """Wait for the word."""
        self.query_one(Input).cursor_blink = False
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the word; anything else is asked again."""
        is_settled = self._clock.monotonic() - self._since >= SETTLE
        if event.value.strip().lower() != self._word:
            event.input.value = ""
        elif is_settled:
            self.dismiss(True)  # noqa: FBT003  # Textual's result of a screen is positional

    def action_back(self) -> None:
        """Do nothing of it."""
        self.dismiss(False)  # noqa: FBT003  # Textual's result of a screen is positional
