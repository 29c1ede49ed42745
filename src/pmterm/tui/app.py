"""The Textual app: the trade screen, themes, and what must work in every dialog."""

import asyncio
import os
import traceback
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import App
from textual.binding import BindingType
from textual.content import Content
from textual.css.query import NoMatches
from textual.theme import Theme
from textual.worker import Worker, WorkerState

from pmterm.model.errors import SettingsWrong
from pmterm.model.text import clean_text
from pmterm.tui.bench import Bench
from pmterm.tui.desk import Clock, Desk
from pmterm.tui.driver import TerminalDriver
from pmterm.tui.keys import bindings
from pmterm.tui.palette import KeyCommands, Palette
from pmterm.tui.screens.bench_beside import BenchBeside
from pmterm.tui.screens.panels import HEIGHTS, SIZES, WIDTHS
from pmterm.tui.screens.trading import TradingScreen
from pmterm.tui.theme import DEFAULT, VARIABLES, load_themes
from pmterm.views.figures import Unit

os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")


class TradingApp(App[None]):
    """The terminal. Everything it shows comes from the desk, everything it does goes there.

    `bench` builds what stands behind the backtest screen, the first time that is opened.
    `finds_first` opens the market finder at once: what is typed then is a name, not an order.
    `crash` holds the error that ended it, if one did.
    """

    TITLE = "pmterm"
    CSS = """
    ToastRack { dock: top; align: right top; margin-top: 2; }
    .-live Banner { display: block; }
    .-tiny Banner { height: 2; }
    """
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "ctrl+p"
    COMMANDS: ClassVar[set[type[KeyCommands]]] = {KeyCommands}  # type: ignore[assignment]  # narrower
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(anywhere=True)]
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        *,
        theme: str = DEFAULT,
        ascii: bool = False,  # noqa: A002  # the flag's own name
        slow: bool = False,
        unit: str = Unit.CENTS,
        finds_first: bool = False,
        sizes: tuple[int, ...] = SIZES,
        bench: Callable[[], Bench] | None = None,
    ) -> None:
        self._finds_first = finds_first
        self._themes = load_themes()
        super().__init__(driver_class=TerminalDriver)
        self.animation_level = "none"
        for each in self._themes.values():
            self.register_theme(each)
        if theme not in self._themes:
            names = ", ".join(self._themes)
            raise SettingsWrong(f"no theme {theme!r}.", f"There are: {names}.")
        self.theme = theme
        self.crash: BaseException | None = None
        self._desk = desk
        self._make_bench = bench
        self._bench: Bench | None = None
        self._trading = TradingScreen(
            desk, clock, is_ascii=ascii, is_slow=slow, unit=Unit(unit), sizes=sizes
        )

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give Textual our colours before the first theme is set."""
        theme: Theme = self._themes[DEFAULT]
        return {name: theme.variables[name] for name in VARIABLES}

    def on_mount(self) -> None:
        """Show the trade screen, and the finder on it where nothing was named to watch."""
        self.push_screen(self._trading)
        if self._finds_first:
            self.call_after_refresh(self._trading.action_find)

    async def on_event(self, event: events.Event) -> None:
        """Let the trade screen know of every key, whichever dialog it is for."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._trading.heard_key(event.key)
        await super().on_event(event)

    def action_backtest(self) -> None:
        """Open the backtest screen over the market."""
        if self._make_bench is None:
            self._trading.tell("no backtests here: pmterm backtest opens them")
        elif self.screen is self._trading:
            self.run_worker(
                self._open_bench(self._make_bench), group="bench", exclusive=True,
                exit_on_error=False,
            )  # fmt: skip

    async def _open_bench(self, make: Callable[[], Bench]) -> None:
        """Have it built beside the loop, which trades; what it needs is loaded only now."""
        self._trading.tell("opening the backtest screen")
        if self._bench is None:
            self._bench = await asyncio.to_thread(make)
        if self.screen is self._trading:
            self._trading.tell("")
            self.push_screen(BenchBeside(self._bench, self._desk, self._trading.look))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say why the backtest screen does not open; the session goes on."""
        if event.worker.group == "bench" and event.state is WorkerState.ERROR:
            self._trading.tell(f"no backtests: {clean_text(str(event.worker.error))}")

    def action_kill(self) -> None:
        """Halt at once, in any dialog."""
        self._trading.kill()

    def action_leave(self) -> None:
        """Quit, asking first where something would be left behind."""
        self._trading.leave()

    def action_suspend(self) -> None:
        """Give the terminal back to the shell, saying first what that means."""
        self._trading.suspend()

    def action_palette(self) -> None:
        """Show all commands by name."""
        self.action_command_palette()

    def action_command_palette(self) -> None:
        """Show Textual's palette, under the bar of a live session."""
        if not any(isinstance(screen, Palette) for screen in self.screen_stack):
            self.push_screen(Palette(self._trading.board, self._trading.look))

    def action_explain_quit(self) -> None:
        """Copy what is selected, or say how to quit."""
        selected = self.screen.get_selected_text()
        if selected:
            self.copy_to_clipboard(selected)
        else:
            self._trading.tell("ctrl+q quits; ctrl+k halts all trading")

    def action_theme(self) -> None:
        """Next theme."""
        names = list(self._themes)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
        self._trading.tell(f"theme {self.theme}")

    def _handle_exception(self, error: Exception) -> None:
        """End with an error; but what a late key misses while all is taken away is none."""
        if self._exit and isinstance(error, NoMatches):
            return
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Say what broke without showing what the variables held: a key may be among them."""
        self.crash = self._exception
        lines = traceback.format_exception(self._exception) if self._exception else []
        self.panic(Content("".join(lines[-6:]) or "the screen stopped").plain)
