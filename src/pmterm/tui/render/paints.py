"""The styles of our lines by name, worked out from the theme once and not by the stylesheet.

As component classes they would be matched again for every panel whenever the focus moves: 30 ms.
"""

from typing import NamedTuple

from rich.color import Color
from rich.style import Style
from textual.theme import Theme


class Paint(NamedTuple):
    """Names of theme colours; an empty ground is that of the panel."""

    color: str = ""
    ground: str = ""
    is_bold: bool = False
    is_struck: bool = False


PAINTS: dict[str, Paint] = {
    "plain": Paint("foreground"),
    "dim": Paint("dim"),
    "rule": Paint("rule"),
    "title": Paint("dim", is_bold=True),
    "focus": Paint("foreground", is_bold=True),
    "strong": Paint("foreground", is_bold=True),
    "bid": Paint("bid"),
    "ask": Paint("ask"),
    "bid-bar": Paint("bid", "bid-bar"),
    "ask-bar": Paint("ask", "ask-bar"),
    "own": Paint("own", is_bold=True),
    "good": Paint("success"),
    "bad": Paint("error"),
    "warn": Paint("warning", is_bold=True),
    "stale": Paint("stale", is_struck=True),
    "cursor": Paint("", "cursor"),
    "paper": Paint("on-paper", "paper", is_bold=True),
    "live": Paint("on-live", "live", is_bold=True),
    "replay": Paint("on-replay", "replay", is_bold=True),
    "key": Paint("accent", is_bold=True),
    "line": Paint("accent"),
}


def colors_of(theme: Theme) -> dict[str, str]:
    """Return every colour of a theme by name."""
    own = {
        name: str(getattr(theme, name))
        for name in ("foreground", "background", "panel", "accent", "success", "warning", "error")
    }
    return {**own, **theme.variables}


def style_of(names: str, colors: dict[str, str], ground: Style) -> Style:
    """Return the style of one or more paints, later ones over earlier ones, on a ground."""
    style = ground
    for name in names.split():
        paint = PAINTS[name]
        style += Style(
            color=Color.parse(colors[paint.color]) if paint.color else None,
            bgcolor=Color.parse(colors[paint.ground]) if paint.ground else None,
            bold=paint.is_bold or None,
            strike=paint.is_struck or None,
        )
    return style
