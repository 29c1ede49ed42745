"""The points of a sweep as settings, and what is wrong with its values."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from pmterm.compose import given
from pmterm.compose.core import thinking
from pmterm.config.settings import Settings, settings_given
from pmterm.config.sources import Given, from_flags, line_numbers
from pmterm.lab.spec import Point, Spec
from pmterm.model.errors import UsageWrong


class Points:
    """Makes settings of points: each value is read once, and refused where it stands in the file.

    Files and environment are read once, too: what is changed there later changes no run.

    Raises:
        SettingsWrong: a setting nobody knows, or a value that cannot be taken.
        UsageWrong: one that is both set and tried, or on which nothing hangs.
    """

    def __init__(self, path: Path, spec: Spec) -> None:
        lines = line_numbers(path.read_text("utf-8"))
        self._base: dict[str, Given] = given.beside()
        for key, value in spec.fixed.items():
            self._base |= from_flags({key: value}, _place(path, lines, "set", key))
        self._values: dict[tuple[str, str], dict[str, Given]] = {}
        for key, values in spec.grid.items():
            place = _place(path, lines, "grid", key)
            if key in spec.fixed:
                raise UsageWrong(
                    f"{place}: {key} is both set and tried.", "Take it out of [set] or [grid]."
                )
            for value in values:
                self._values[key, value] = from_flags({key: value}, place)
            self._check_use(place, key, values)

    def settings(self, point: Point) -> Settings:
        """Return the settings of a point."""
        read = dict(self._base)
        for key, value in point.items():
            read |= self._values[key, value]
        return settings_given(read)

    def _check_use(self, place: str, key: str, values: tuple[str, ...]) -> None:
        told = {msgspec.json.encode(thinking(self.settings({key: value}))) for value in values}
        if len(told) == 1 < len(values):
            words = f"{place}: all {len(values)} values of {key} come to the same."
            raise UsageWrong(words, "No run hangs on them: give others, or take it out.")


def _place(path: Path, lines: Mapping[str, int], table: str, key: str) -> str:
    line = lines.get(f"{table}.{key}", 0)
    return f"{path.name} line {line}" if line else path.name
