"""The commands for another shell: `kill` and `status`."""

import sys
from typing import Annotated

import typer

from pmterm.cli.options import Exchange, Json, Store
from pmterm.cli.talk import flags, go, print_facts


def kill(
    *,
    flatten: Annotated[
        bool, typer.Option("--flatten", help="Also close every position, at market.")
    ] = False,
    exchange: Exchange = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Stop all trading at once: no new order, cancel what works. Works when the screen hangs."""
    from pmterm.compose import given
    from pmterm.compose import kill as killing

    settings = given.settings(flags(store__path=store), exchange=exchange)
    if sys.stderr.isatty():
        typer.echo("Stopping every session; where none answers, asking the venues…", err=True)
    print_facts(go(killing.kill(settings, flatten=flatten)), as_json=as_json)


def status(*, as_json: Json = False) -> None:
    """Say how the running sessions are: mode, gate, orders, positions, latency."""
    from pmterm.compose import control

    print_facts(control.status(in_words=not as_json), as_json=as_json)
