"""Prints the lines that `doctor` and `keys` have to say."""

from collections.abc import Sequence
from typing import NoReturn

import typer

from pmterm.cli.talk import print_facts
from pmterm.compose.doctor.lines import Line, exit_code, facts, words


def print_lines(lines: Sequence[Line], *, as_json: bool, code: int | None = None) -> NoReturn:
    """Print lines, each with its fix, and leave with `code`, else with what they make together."""
    code = exit_code(lines) if code is None else code
    if as_json:
        print_facts((facts(lines), code), as_json=True)
    for line in words(lines):
        typer.echo(line)
    raise typer.Exit(code)
