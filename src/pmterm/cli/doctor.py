"""The command that looks for what is wrong."""

import sys

import typer

from pmterm.cli.options import Account, Exchange, Json
from pmterm.cli.talk import flags, go


def doctor(*, exchange: Exchange = "", account: Account = "", as_json: Json = False) -> None:
    """Check all that your orders depend on, and say what to do; creates no order."""
    from pmterm.cli.report import print_lines
    from pmterm.compose import given
    from pmterm.compose.doctor import run

    settings = given.settings(flags(live__account=account), exchange=exchange)
    if sys.stderr.isatty():
        typer.echo("Looking at this computer and at both venues…", err=True)
    print_lines(go(run.doctor(settings)), as_json=as_json)
