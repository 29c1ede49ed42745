"""Reads themes/*.toml into Textual themes; checks that every colour we use is there."""

import tomllib
from pathlib import Path

from textual.theme import Theme

from pmterm.model.errors import SettingsWrong

COLORS = [
    "primary",
    "secondary",
    "accent",
    "foreground",
    "background",
    "surface",
    "panel",
    "success",
    "warning",
    "error",
]
VARIABLES = [
    "bid",
    "ask",
    "bid-bar",
    "ask-bar",
    "own",
    "dim",
    "stale",
    "rule",
    "cursor",
    "paper",
    "on-paper",
    "live",
    "on-live",
    "replay",
    "on-replay",
]
DEFAULT = "dark"
_IN_WHEEL = Path(__file__).parent / "themes"
_IN_PROJECT = Path(__file__).parents[3] / "themes"


def load_themes(folder: Path | None = None) -> dict[str, Theme]:
    """Read all themes of a folder, by name, the default one first.

    Raises:
        SettingsWrong: there is no theme, or one lacks a colour or does not read.
    """
    place = folder or (_IN_WHEEL if _IN_WHEEL.is_dir() else _IN_PROJECT)
    themes = [read_theme(file) for file in sorted(place.glob("*.toml"))]
    if not themes:
        raise SettingsWrong(f"no theme in {place}.", "Install pmterm again.")
    themes.sort(key=lambda theme: theme.name != DEFAULT)
    return {theme.name: theme for theme in themes}


def read_theme(file: Path) -> Theme:
    """Read one theme.

    Raises:
        SettingsWrong: a colour is missing, unknown or not written as #rrggbb.
    """
    try:
        words = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise SettingsWrong(f"{file.name} does not read: {wrong}.") from wrong
    colors = _colors(file, words, "colors", COLORS)
    variables = _colors(file, words, "variables", VARIABLES)
    return Theme(
        name=str(words.get("name", file.stem)),
        primary=colors["primary"],
        secondary=colors["secondary"],
        accent=colors["accent"],
        foreground=colors["foreground"],
        background=colors["background"],
        surface=colors["surface"],
        panel=colors["panel"],
        success=colors["success"],
        warning=colors["warning"],
        error=colors["error"],
        dark=words.get("is_dark", True) is True,
        variables={**variables, "footer-background": colors["panel"]},
    )


def _colors(file: Path, words: dict[str, object], part: str, names: list[str]) -> dict[str, str]:
    table = words.get(part)
    found = {str(k): str(v) for k, v in table.items()} if isinstance(table, dict) else {}
    for name in names:
        if name not in found:
            raise SettingsWrong(f"{file.name} lacks the colour {name!r} in [{part}].")
    for name, color in found.items():
        if name not in names:
            raise SettingsWrong(f"{file.name} has a colour {name!r} in [{part}] that is not used.")
        if not (len(color) == 7 and color[0] == "#" and _is_hex(color[1:])):
            raise SettingsWrong(f"{file.name}: {name} must be like #1f2328, not {color[:20]!r}.")
    return found


def _is_hex(text: str) -> bool:
    return all(sign in "0123456789abcdefABCDEF" for sign in text)
