"""What a command found, as plain lines for people: nested names and values, indented."""

from collections.abc import Iterator, Mapping
from typing import Final

from pmterm.model.text import clean_text

LONGEST: Final = 4_000  # characters of one text; a path may be this long


def lines_of(facts: Mapping[str, object], depth: int = 0) -> Iterator[str]:
    """Write nested facts as indented lines, names aligned within a level.

    Tables (a list of mappings) print a line per row. Every text is made inert: much of it comes
    out of files that somebody else wrote.
    """
    indent = "  " * depth
    named = [(clean_text(name), value) for name, value in facts.items()]
    width = max((len(name) for name, value in named if _is_plain(value)), default=0)
    for name, value in named:
        if isinstance(value, Mapping):
            yield f"{indent}{name}" if value else f"{indent}{name}: none"
            yield from lines_of(value, depth + 1)
        elif isinstance(value, list | tuple):
            yield f"{indent}{name}" if value else f"{indent}{name}: none"
            for row in value:
                yield f"{indent}  {_row(row)}"
        else:
            yield f"{indent}{name.ljust(width)}  {_plain(value)}"


def _is_plain(value: object) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _row(row: object) -> str:
    if isinstance(row, Mapping):
        return "  ".join(f"{name} {_plain(value)}" for name, value in row.items())
    return _plain(row)


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", " ")
    return clean_text(str(value), LONGEST)
