"""The `pmterm` program: which commands there are, and what becomes of an error."""

import importlib.metadata
import os
from typing import Annotated

import typer

from pmterm.cli import audit, doctor, evidence, keys, lab, performance, stopping, tools, watch
from pmterm.cli.talk import fail
from pmterm.config import environment
from pmterm.model.errors import PmtermError

app = typer.Typer(
    name="pmterm",
    help="Trade prediction markets by keyboard while watching the match; on paper unless --live.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(is_asked: bool) -> None:  # noqa: FBT001  # the shape of an option callback
    if is_asked:
        typer.echo(f"pmterm {importlib.metadata.version('pmterm')}")
        raise typer.Exit


@app.callback()
def _every_command(
    *,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Say which this is."),
    ] = False,
) -> None:
    """Trade prediction markets by keyboard while watching the match; on paper unless --live."""


COMMANDS = (
    watch.watch,
    watch.replay,
    tools.record,
    tools.sim,
    tools.export,
    doctor.doctor,
    stopping.kill,
    stopping.status,
    audit.audit,
    lab.backtest,
    lab.sweep,
    performance.report,
    evidence.evidence,
)
GROUPS = {
    "recording": tools.recording_app,
    "config": tools.config_app,
    "keys": keys.keys_app,
}
for command in COMMANDS:
    app.command()(command)
for name, group in GROUPS.items():
    app.add_typer(group, name=name)


def main() -> None:
    """Run the command line. Keys leave the environment before anything else is done."""
    environment.take(os.environ)
    try:
        app()
    except PmtermError as error:
        fail(error)
