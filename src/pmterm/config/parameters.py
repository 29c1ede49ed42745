"""Parameters by name, for sweeps: `fade.target_ppm=80000` in the units that the code decides by.

The settings file speaks of percent and dollars; a grid of whole numbers needs no reading of units.
"""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from pmterm.config.settings import Settings
from pmterm.model.errors import UsageWrong
from pmterm.model.units import parse_fixed

# The part of a parameter's name before the dot -> where in the settings it is.
PLACES: Final[Mapping[str, tuple[str, ...]]] = {
    "fade": ("strategies", "fade"),
    "fomo": ("strategies", "fomo"),
    "reversion": ("strategies", "reversion"),
    "spike": ("strategies", "spike"),
    "rules": ("strategies", "rules"),
    "signals": ("signals",),
    "paper": ("paper",),
    "manual": ("manual",),
}


def names() -> list[str]:
    """Return the names of all parameters: the whole numbers that decide what a session decides."""
    usual = Settings()
    return [
        f"{short}.{field}"
        for short, place in PLACES.items()
        for field, value in msgspec.structs.asdict(_part(usual, place)).items()
        if type(value) is int
    ]


def value_of(settings: Settings, name: str) -> int:
    """Return the value a parameter of `names` has."""
    short, _, field = name.partition(".")
    value: int = getattr(_part(settings, PLACES[short]), field)
    return value


def with_parameters(settings: Settings, given: Mapping[str, str]) -> Settings:
    """Return the settings with these parameters in them, name -> whole number as text.

    Raises:
        UsageWrong: there is no such parameter, or a value that its rule cannot take.
    """
    for name, text in given.items():
        if name not in names():
            near = get_close_matches(name, names(), 1, 0.6)
            hint = f"Did you mean {near[0]}?" if near else f"It is one of {', '.join(names())}."
            raise UsageWrong(f"there is no parameter {name}.", hint)
        short, _, field = name.partition(".")
        place = PLACES[short]
        value = _value(name, text, getattr(_part(Settings(), place), field))
        settings = _replaced(settings, place, field, value)
    return settings


def _value(name: str, text: str, usual: int) -> int:
    """Read a whole number of the sign that the parameter has."""
    try:
        value = parse_fixed(text.strip(), 0)
    except ValueError as error:
        raise UsageWrong(f"{name}={text[:40]} is no whole number.", f"As in {usual}.") from error
    if value < 0 < usual or usual < 0 < value:
        raise UsageWrong(f"{name}={value} has the wrong sign.", f"As in {usual}.")
    return value


def _part(settings: Settings, place: tuple[str, ...]) -> msgspec.Struct:
    part: Any = settings
    for step in place:
        part = getattr(part, step)
    whole: msgspec.Struct = part
    return whole


def _replaced(settings: Any, place: tuple[str, ...], field: str, value: int) -> Any:
    if not place:
        return msgspec.structs.replace(settings, **{field: value})
    inner = _replaced(getattr(settings, place[0]), place[1:], field, value)
    return msgspec.structs.replace(settings, **{place[0]: inner})
