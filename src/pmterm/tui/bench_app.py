"""The Textual app of the backtest screen: themes, and the keys that work everywhere."""

from typing import ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.theme import Theme

from pmterm.model.errors import SettingsWrong
from pmterm.tui.bench import Bench
from pmterm.tui.driver import TerminalDriver
from pmterm.tui.keys import BENCH_ANYWHERE, bindings_of
from pmterm.tui.render.look import Look
from pmterm.tui.screens.bench import BenchScreen
from pmterm.tui.screens.panels import HEIGHTS, WIDTHS
from pmterm.tui.theme import DEFAULT, VARIABLES, load_themes
from pmterm.views.bench import Jump
from pmterm.views.figures import Unit


class BenchApp(App[Jump]):
    """Shows a bench; returns the trade that is to be looked at, None when it is left."""

    TITLE = "pmterm backtest"
    HORIZONTAL_BREAKPOINTS = WIDTHS
    VERTICAL_BREAKPOINTS = HEIGHTS
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [*bindings_of(BENCH_ANYWHERE, is_first=True)]
    ESCAPE_TO_MINIMIZE = False

    def __init__(
        self,
        bench: Bench,
        *,
        theme: str = DEFAULT,
        ascii: bool = False,  # noqa: A002  # the flag's own name
        unit: str = Unit.CENTS,
    ) -> None:
        self._themes = load_themes()
        super().__init__(driver_class=TerminalDriver)
        self.animation_level = "none"
        for each in self._themes.values():
            self.register_theme(each)
        if theme not in self._themes:
            names = ", ".join(self._themes)
            raise SettingsWrong(f"no theme {theme!r}.", f"There are: {names}.")
        self.theme = theme
        self._bench = BenchScreen(bench, Look(unit=Unit(unit), is_ascii=ascii))

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Give Textual our colours before the first theme is set."""
        theme: Theme = self._themes[DEFAULT]
        return {name: theme.variables[name] for name in VARIABLES}

    def on_mount(self) -> None:
        """Show the screen."""
        self.push_screen(self._bench)

    def action_leave(self) -> None:
        """Quit; what runs is ended with it."""
        self.exit()

    def action_explain_quit(self) -> None:
        """Say how to quit."""
        self._bench.tell("ctrl+q quits; esc stops what runs")

    def action_theme(self) -> None:
        """Next theme."""
        names = list(self._themes)
        self.theme = names[(names.index(self.theme) + 1) % len(names)]
