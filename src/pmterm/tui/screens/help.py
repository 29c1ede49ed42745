"""All keys on one page, searchable."""

from typing import ClassVar, TypeAlias

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from pmterm.tui.keys import Key, scopes
from pmterm.tui.render.cells import fit
from pmterm.tui.render.look import Look
from pmterm.tui.screens.dialog import Dialog
from pmterm.tui.widgets.banner import Banner
from pmterm.tui.widgets.lines import ListLines, Row
from pmterm.views.board import Board

Keys: TypeAlias = list[tuple[str, list[Key]]]


class KeyList(ListLines):
    """The table of keys, those that match."""

    heading = "KEYS"
    empty = "No key does that."

    def __init__(self, keys: Keys) -> None:
        super().__init__()
        self._keys = keys
        self._found: list[tuple[str, str, str]] = []
        self.search("")

    def search(self, words: str) -> None:
        """Show the keys whose name or meaning holds `words`."""
        self._found = []
        for scope, keys in self._keys:
            hits = [k for k in keys if words.lower() in f"{k.label} {k.words} {scope}".lower()]
            self._found += [(scope if k is hits[0] else "", k.label, k.words) for k in hits]
        self.cursor = 0
        self.redraw()

    def count(self) -> int:
        """Return how many keys match."""
        return len(self._found)

    def item(self, index: int, width: int) -> Row:
        """Return one key."""
        scope, label, words = self._found[index]
        return (
            (fit(scope, 8), "strong"),
            (fit(label, 11), "key"),
            (fit(words, max(width - 19, 1)), "plain"),
        )


class HelpScreen(Dialog[None]):
    """The keys; typing narrows them, escape goes back."""

    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > Vertical {
        width: 110; max-width: 100%; height: 56; max-height: 100%;
        background: $surface; border: round $rule;
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1", "back", show=False),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(15)", show=False),
        Binding("pageup", "move(-15)", show=False),
    ]

    def __init__(self, board: Board, look: Look, keys: Keys | None = None) -> None:
        super().__init__(board, look)
        self._keys = keys if keys is not None else scopes()

    def compose(self) -> ComposeResult:
        """Lay out search and list."""
        yield Banner()
        with Vertical():
            yield Input(placeholder="type to search, esc goes back", compact=True)
            yield KeyList(self._keys)

    def opened(self) -> None:
        """Start with all keys."""
        self.query_one(Input).focus()
        self.query_one(KeyList).show(Board(), self.look)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        self.query_one(KeyList).search(event.value)

    def action_move(self, step: int) -> None:
        """Scroll."""
        self.query_one(KeyList).action_move(step)
