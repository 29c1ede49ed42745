"""The command that asks whether signals are worth anything: evidence."""

from pathlib import Path
from typing import Annotated

import typer

from pmterm.cli.options import Json
from pmterm.cli.talk import print_facts
from pmterm.model.errors import UsageWrong


def evidence(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="FOLDER", help="Recordings, in the folders of their sources."),
    ] = None,
    *,
    out: Annotated[Path, typer.Option("--out", "-o", help="The document that is written.")] = Path(
        "docs/evidence.md"
    ),
    nulls: Annotated[
        int, typer.Option(min=0, help="Judge so many made-up worlds of either kind, too.")
    ] = 0,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one per core.")] = 0,
    as_json: Json = False,
) -> None:
    """Say what signals were worth on recordings, against chance and after all costs."""
    from pmterm.compose import evidence as made
    from pmterm.compose import trials

    if folder is not None:
        print_facts(made.evidence(folder, out, nulls, workers), as_json=as_json)
    if not nulls:
        raise UsageWrong("no recordings were named.", "Name a folder of them, or --nulls 200.")
    print_facts(trials.nulls(nulls, workers), as_json=as_json)
