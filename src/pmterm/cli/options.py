"""The arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Markets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[MARKET]...",
        help="Slug, URL, condition id or Kalshi ticker; `demo` for a match that needs no network.",
    ),
]
RecordingFile = Annotated[Path, typer.Argument(metavar="FILE", help="A recording.")]
Exchange = Annotated[
    str,
    typer.Option(metavar="URL", help="Use the exchange of `pmterm sim` at this address instead."),
]
Theme = Annotated[str, typer.Option(help="dark, classic or light.")]
Plain = Annotated[bool, typer.Option("--plain", help="One line per event, no full screen.")]
Ascii = Annotated[bool, typer.Option("--ascii", help="No box, block or braille characters.")]
Slow = Annotated[bool, typer.Option("--slow", help="Paint less often, for slow lines.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Plain lines, as JSON.")]
Store = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the store here.")]
Account = Annotated[str, typer.Option(metavar="NAME", help="Which of your accounts.")]
