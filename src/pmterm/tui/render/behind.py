"""Draws what is behind a dialog."""

from typing import Any

from rich.console import RenderableType
from textual.renderables.background_screen import BackgroundScreen
from textual.renderables.blank import Blank
from textual.screen import Screen


def behind(screen: Screen[Any]) -> RenderableType:
    """Return the picture for a dialog's background: the screen just below it, dimmed.

    Textual (8.2) hands the screens out one by one as they are drawn; those drawn from memory take
    none, so that of three dialogs two can come to show each other, for ever.
    """
    stack = screen.app.screen_stack
    place = stack.index(screen) if screen in stack else 0
    background = screen.styles.background
    picture: RenderableType = (  # which both are, though Textual does not say so
        BackgroundScreen(stack[place - 1], background) if place else Blank(background)  # type: ignore[assignment]
    )
    return picture
