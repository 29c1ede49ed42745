"""Where settings come from: files, the environment, flags; each value with its place."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import msgspec

from pmterm.config import environment
from pmterm.config.sections import KEYS
from pmterm.config.units import ValueWrongError, read_value
from pmterm.model.errors import SettingsWrong

PREFIX: Final = "PMTERM_"
_TEST_PREFIX: Final = "PMTERM_TEST_"
_ALIASES: Final = {
    "PMTERM_KALSHI_KEY_ID": "kalshi.key_id",
    "PMTERM_KALSHI_KEY_FILE": "kalshi.key_file",
}
_FILE_MAX: Final = 1_000_000
_HEADER = re.compile(r"\s*\[\s*([A-Za-z0-9_.\-\s\"']+?)\s*\]\s*(?:#.*)?")
_ASSIGNMENT = re.compile(r"\s*([A-Za-z0-9_.\-\"']+(?:\s*\.\s*[A-Za-z0-9_\-\"']+)*)\s*=")


class Given(msgspec.Struct, frozen=True):
    """A value in our units, and where it was given."""

    value: object
    source: str


def from_file(path: Path) -> dict[str, Given]:
    """Read a TOML file.

    Raises:
        SettingsWrong: unreadable, not TOML, an unknown key, or a value that cannot be taken; it
            names the file, the line and the key.
    """
    text = _text_of(path)
    try:
        document = tomllib.loads(text, parse_float=Decimal)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SettingsWrong(f"{path} is not valid TOML: {error}.") from error
    lines = line_numbers(text)
    given: dict[str, Given] = {}
    for name, value in _leaves(document, ""):
        place = f"{path} line {lines[name]}" if name in lines else str(path)
        _take(given, name, value, place)
    return given


def from_environment(environ: Mapping[str, str]) -> dict[str, Given]:
    """Read variables like PMTERM_RISK__PROFILE.

    Raises:
        SettingsWrong: a PMTERM_ variable that is no setting, or a value that cannot be taken.
    """
    given: dict[str, Given] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX) or variable.startswith(_TEST_PREFIX):
            continue
        if variable in environment.NAMES:
            continue  # a key: no setting, and read elsewhere
        dotted = variable.removeprefix(PREFIX).lower().replace("__", ".")
        name = _ALIASES.get(variable, dotted)
        if name not in KEYS:
            raise SettingsWrong(
                f"the environment variable {variable} is no setting.", _suggest_variable(name)
            )
        _take(given, name, environ[variable], f"environment variable {variable}")
    return given


def from_flags(flags: Mapping[str, str], place: str = "command line") -> dict[str, Given]:
    """Read what was typed, or stands at another place: dotted key -> text.

    Raises:
        SettingsWrong: an unknown key, or a value that cannot be taken.
    """
    given: dict[str, Given] = {}
    for name, value in flags.items():
        _take(given, name, value, place)
    return given


def is_ours(path: Path) -> bool:
    """Tell whether a config.toml in the current folder is meant for pmterm.

    One that speaks of pmterm or has a section with a name like ours is; only so do other
    programs' files of that name stay out of the way, and a misspelt section is still told.
    """
    text = _text_of(path)
    if "pmterm" in text.lower():
        return True
    sections = sorted({name.split(".")[0] for name in KEYS})
    headers = [
        match[1].split(".")[0] for match in map(_HEADER.fullmatch, text.splitlines()) if match
    ]
    return any(get_close_matches(header, sections, 1, 0.6) for header in headers)


def line_numbers(text: str) -> dict[str, int]:
    """Return the line of each dotted key of a TOML text, counted from 1."""
    numbers: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.fullmatch(line):
            section = _plain(header[1]) + "."
            numbers.setdefault(section[:-1], number)
        elif assignment := _ASSIGNMENT.match(line):
            numbers.setdefault(section + _plain(assignment[1]), number)
    return numbers


def _plain(dotted: str) -> str:
    return re.sub(r"[\s\"']", "", dotted)


def _text_of(path: Path) -> str:
    try:
        if path.stat().st_size > _FILE_MAX:
            raise SettingsWrong(f"{path} is larger than 1 MB; that is no settings file.")
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise SettingsWrong(f"{path} is not UTF-8 text.") from error
    except OSError as error:
        raise SettingsWrong(f"{path}: {(error.strerror or str(error)).lower()}.") from error


def _leaves(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        dotted = prefix + name
        if isinstance(value, dict) and dotted not in KEYS:
            if not any(key.startswith(f"{dotted}.") for key in KEYS):
                yield dotted, value  # an unknown section, told as one
            else:
                yield from _leaves(value, f"{dotted}.")
        else:
            yield dotted, value


def _take(given: dict[str, Given], name: str, value: object, place: str) -> None:
    key = KEYS.get(name)
    if key is None:
        what = "section" if isinstance(value, dict) else "key"
        raise SettingsWrong(f"{place}: there is no {what} {name}.", _suggest(name))
    try:
        given[name] = Given(read_value(key, value), place)
    except ValueWrongError as wrong:
        raise SettingsWrong(f"{place}: {name}: {wrong}.") from None


def _nearest(name: str) -> str:
    sections = sorted({key.rpartition(".")[0] for key in KEYS})
    for known in (list(KEYS), sections) if "." in name else (sections, list(KEYS)):
        if found := get_close_matches(name, known, 1, 0.6):
            return found[0]
    last = name.rpartition(".")[2]  # the right key in the wrong section
    tails = {key.rpartition(".")[2]: key for key in reversed(KEYS)}
    found = get_close_matches(last, list(tails), 1, 0.75)
    return tails[found[0]] if found else ""


def _suggest(name: str) -> str:
    nearest = _nearest(name)
    return f"Did you mean {nearest}?" if nearest else "`pmterm config show` lists all keys."


def _suggest_variable(name: str) -> str:
    nearest = _nearest(name)
    if not nearest:
        return "`pmterm config show` lists all keys; sections are joined to them with __."
    return f"Did you mean {PREFIX}{nearest.upper().replace('.', '__')}?"
