"""The command that looks for what is wrong."""

import sys

import typer

from pmterm.cli.options import Account, Exchange, Json
from pmterm.cli.talk import flags, go, print_facts


def doctor(*, exchange: Exchange = "", account: Account = "", as_json: Json = False) -> None:
    """Check all that your orders depend on, and say what to do; creates no order."""
    from pmterm.compose import given
    from pmterm.compose.doctor import lines, run

    settings = given.settings(flags(live__account=account), exchange=exchange)
    if sys.stderr.isatty():
        typer.echo("Looking at this computer and at both venues…", err=True)
    told = go(run.doctor(settings))
    code = lines.exit_code(told)
    if as_json:
        print_facts((lines.facts(told), code), as_json=True)
    for line in lines.words(told):
        typer.echo(line)
    raise typer.Exit(code)
