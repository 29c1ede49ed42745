"""The command that says what past trades and signals were worth: report."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pmterm.cli.options import Json, Store
from pmterm.cli.talk import flags, go, print_facts
from pmterm.model.errors import UsageWrong

Since = Annotated[str, typer.Option(metavar="TIME", help="Opened at or after this (UTC).")]
Until = Annotated[str, typer.Option(metavar="TIME", help="Opened before this (UTC).")]


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
    calibration: Annotated[
        bool, typer.Option("--calibration", help="Did prices and confidence come true?")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write one self-contained page instead.")
    ] = None,
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
    told = go(reviews.report(settings, choice, of, calibrates=calibration))
    if html is not None:
        reviews.write_page(html, told.html())
        print_facts(({"written": str(html)}, 0), as_json=as_json)
    if as_json:
        print_facts((told.facts, 0), as_json=True)
    from pmterm.cli.tables import show_tables

    show_tables(told.tables, told.notes, shutil.get_terminal_size((100, 24)).columns)
