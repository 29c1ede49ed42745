"""The command that says what past trades and signals were worth: report."""

import shutil
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from pmterm.cli.options import Json, Store
from pmterm.cli.talk import flags, go, print_facts
from pmterm.lab.tables import Table, chunks
from pmterm.model.errors import UsageWrong
from pmterm.model.text import clean_text

Since = Annotated[str, typer.Option(metavar="TIME", help="Opened at or after this (UTC).")]
Until = Annotated[str, typer.Option(metavar="TIME", help="Opened before this (UTC).")]
NARROWEST = 60


def report(
    *,
    since: Since = "",
    until: Until = "",
    strategy: Annotated[str, typer.Option(metavar="NAME", help="Of this strategy.")] = "",
    signal: Annotated[str, typer.Option(metavar="KIND", help="On this kind of signal.")] = "",
    venue: Annotated[str, typer.Option(metavar="NAME", help="On this venue.")] = "",
    market: Annotated[str, typer.Option(metavar="ID", help="In this market.")] = "",
    store: Store = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Of the demo, whose store is its own.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Of live sessions, whose store is their own.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say what past trades and signals were worth, each rate with its n and its interval."""
    from pmterm.compose import given, reviews
    from pmterm.config import paths

    if live and demo:
        raise UsageWrong("--live and --demo are two stores.", "Name one of them.")
    of = paths.live_store_path if live else paths.demo_store_path if demo else paths.store_path
    settings = given.settings(flags(store__path=store))
    choice = reviews.Choice(since, until, strategy, signal, venue, market)
    told = go(reviews.report(settings, choice, of))
    if as_json:
        print_facts((told.facts, 0), as_json=True)
    show(told.tables, told.notes, shutil.get_terminal_size((100, 24)).columns)


def show(tables: Iterable[Table], notes: Iterable[str], width: int) -> None:
    """Print tables that fit `width` cells."""
    width = max(width, NARROWEST)
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    for table in tables:
        for chunk in chunks(table, width, table.most):
            console.print(_printed(chunk), Text(""))
    for note in notes:
        console.print(Text(clean_text(note)))


def _printed(table: Table) -> Printed:
    printed = Printed(
        title=Text(table.title, "bold"),
        title_justify="left",
        caption=Text(table.note) if table.note else None,
        caption_justify="left",
        box=None,
        pad_edge=False,
    )
    for name in table.columns:
        printed.add_column(Text(name, "dim"), overflow="fold")
    for row in table.rows:
        printed.add_row(*(Text(clean_text(cell)) for cell in row))
    return printed
