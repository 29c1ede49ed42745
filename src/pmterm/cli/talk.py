"""Between the shell and `compose`: flags go in, facts and errors come out as words or JSON."""

import asyncio
import json
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import typer

from pmterm.model.errors import PmtermError
from pmterm.views.facts import lines_of

T = TypeVar("T")
Facts = tuple[dict[str, object], int]


def flags(**given: str | bool | Path | None) -> dict[str, str]:
    """Return settings named on the command line, as text, by dotted key."""
    return {
        key.replace("__", "."): "true" if value is True else str(value)
        for key, value in given.items()
        if value not in {None, "", False}
    }


def go(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end; an error of ours comes out of its group as itself."""
    try:
        return asyncio.run(work)
    except BaseExceptionGroup as group:
        told = group.subgroup(PmtermError)
        while isinstance(told, BaseExceptionGroup):
            told = told.exceptions[0]  # type: ignore[assignment]  # down to the first leaf
        if isinstance(told, PmtermError):
            raise told from group
        raise


def text(value: int | None) -> str:
    """Return a number as a flag wants it; "" for one that was not given."""
    return "" if value is None else str(value)


def show(facts: dict[str, object], *, as_json: bool) -> None:
    """Print what was found: one JSON object, or lines for people."""
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        for line in lines_of(facts):
            typer.echo(line)


def print_facts(answer: Facts, *, as_json: bool) -> NoReturn:
    """Print what a command found and leave with its exit code."""
    facts, code = answer
    show(facts, as_json=as_json)
    raise typer.Exit(code)


def fail(error: PmtermError) -> NoReturn:
    """Print an error to stderr, as JSON where JSON was asked for, and leave with its code."""
    if "--json" in sys.argv:
        words = {"error": error.title, "detail": error.detail, "hint": error.hint}
        typer.echo(json.dumps(words | {"code": error.exit_code}), err=True)
    else:
        typer.echo(f"{error.title}: {error.detail}", err=True)
        if error.hint:
            typer.echo(error.hint, err=True)
    sys.exit(error.exit_code)
