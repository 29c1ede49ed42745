"""The command line: what the user typed becomes one call of `compose`; errors become words."""

import json
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pmterm.compose import sessions, tools
from pmterm.model.errors import PmtermError, UsageWrong
from pmterm.views.facts import lines_of

app = typer.Typer(
    name="pmterm",
    help="Trade prediction markets by keyboard while watching the match. Paper money by default.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
recording_app = typer.Typer(help="Look into recordings.", no_args_is_help=True)
config_app = typer.Typer(help="The settings and where each value comes from.", no_args_is_help=True)
app.add_typer(recording_app, name="recording")
app.add_typer(config_app, name="config")

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
Store = Annotated[Path | None, typer.Option(metavar="DIR", help="Keep the store here.")]


def _flags(**given: str | bool | Path | None) -> dict[str, str]:
    """Settings named on the command line, as text, by dotted key."""
    said = {}
    for key, value in given.items():
        if value not in (None, "", False):
            said[key.replace("__", ".")] = "true" if value is True else str(value)
    return said


@app.command()
def watch(
    markets: Markets = None,
    *,
    record: Annotated[
        bool | None, typer.Option("--record/--no-record", help="Keep the raw frames.")
    ] = None,
    theme: Theme = "",
    plain: Plain = False,
    ascii_: Ascii = False,
    slow: Slow = False,
    exchange: Exchange = "",
    store: Store = None,
    seed: Annotated[int, typer.Option(help="Which evening the demo plays.")] = 1,
    speed: Annotated[float, typer.Option(help="How fast the demo plays.")] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="With --plain: JSON lines.")] = False,
) -> None:
    """Open the terminal on markets; without any, on the market finder."""
    settings = tools.settings(
        _flags(general__theme=theme, general__ascii=ascii_, general__slow=slow, store__path=store),
        record=record,
        exchange=exchange,
    )
    names = markets or []
    wants_plain = plain or as_json or not sys.stdout.isatty()
    if wants_plain and not plain and not as_json:
        typer.echo("stdout is no terminal: plain lines, one per event (see --plain)", err=True)
    screen = sessions.Screen(plain=wants_plain, as_json=as_json)
    if names == ["demo"]:
        raise typer.Exit(sessions.demo(settings, screen, seed=seed, speed=speed))
    if "demo" in names:
        raise UsageWrong("the demo cannot be mixed with other markets.", "Watch it alone.")
    raise typer.Exit(sessions.watch(settings, screen, names))


@app.command()
def replay(
    file: RecordingFile,
    *,
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="0.1 to 1000.")] = 1.0,
    theme: Theme = "",
    plain: Plain = False,
    ascii_: Ascii = False,
    slow: Slow = False,
    check: Annotated[
        bool,
        typer.Option("--check", help="Replay the session of this recording; compare decisions."),
    ] = False,
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Play a recording in the same terminal: pause, step, seek, trade on paper against it."""
    settings = tools.settings(
        _flags(general__theme=theme, general__ascii=ascii_, general__slow=slow, store__path=store)
    )
    if check:
        raise typer.Exit(_print(sessions.check(settings, file), as_json=as_json))
    screen = sessions.Screen(plain=plain or as_json or not sys.stdout.isatty(), as_json=as_json)
    raise typer.Exit(sessions.replay(settings, screen, file, speed=speed))


@app.command()
def record(
    markets: Annotated[list[str], typer.Argument(metavar="MARKET...", help="What to record.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write.")] = None,
    seconds: Annotated[float, typer.Option("--for", help="Stop after so many seconds.")] = 0.0,
    exchange: Exchange = "",
    as_json: Json = False,
) -> None:
    """Record markets without a screen: raw frames, exactly as received."""
    settings = tools.settings({}, exchange=exchange)
    raise typer.Exit(
        _print(tools.record(settings, markets, out, seconds=seconds), as_json=as_json)
    )


@app.command()
def sim(
    *,
    recording: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Serve this recording, not the scenario.")
    ] = None,
    port: Annotated[int, typer.Option(help="0: any free one.")] = 8801,
    seed: Annotated[int, typer.Option(help="Which evening to play.")] = 1,
    speed: Annotated[float, typer.Option(min=0.1, max=1000)] = 1.0,
    key_file: Annotated[
        Path | None, typer.Option(help="Write a Kalshi key for this exchange here.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a local exchange that speaks both venues' dialects, on loopback only."""
    raise typer.Exit(
        tools.sim(
            recording=recording,
            port=port,
            seed=seed,
            speed=speed,
            key_file=key_file,
            tell=lambda facts: _print((facts, 0), as_json=as_json),
        )
    )


@recording_app.command("info")
def recording_info(file: RecordingFile, *, as_json: Json = False) -> None:
    """Say what is in a recording: frames by type, time range, gaps, markets."""
    raise typer.Exit(_print(tools.recording_info(file), as_json=as_json))


@recording_app.command("verify")
def recording_verify(file: RecordingFile, *, as_json: Json = False) -> None:
    """Rebuild every book of a recording and check it against the venue's own words."""
    raise typer.Exit(_print(tools.recording_verify(file), as_json=as_json))


@app.command()
def export(
    what: Annotated[str, typer.Argument(help="trades, fills, signals or snapshots.")],
    *,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Default: stdout.")] = None,
    store: Store = None,
) -> None:
    """Write trades, fills, signals or snapshots as CSV or JSONL."""
    tools.export(tools.settings(_flags(store__path=store)), what, form, out)


@config_app.command("show")
def config_show(*, as_json: Json = False) -> None:
    """Show every setting and where its value came from."""
    _print(tools.config_show(), as_json=as_json)


@config_app.command("check")
def config_check(*, as_json: Json = False) -> None:
    """Check the settings; exit code 2 if one is wrong."""
    _print(tools.config_check(), as_json=as_json)


@config_app.command("path")
def config_path(*, as_json: Json = False) -> None:
    """Say where settings, store and recordings live."""
    _print(tools.config_paths(), as_json=as_json)


@config_app.command("init")
def config_init(*, as_json: Json = False) -> None:
    """Write a commented settings file, unless there is one."""
    _print(tools.config_init(), as_json=as_json)


def _print(answer: tuple[dict[str, object], int], *, as_json: bool) -> int:
    facts, code = answer
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        for line in lines_of(facts):
            typer.echo(line)
    return code


def _fail(error: PmtermError) -> NoReturn:
    if "--json" in sys.argv:
        words = {"error": error.title, "detail": error.detail, "hint": error.hint}
        typer.echo(json.dumps(words | {"code": error.exit_code}), err=True)
    else:
        typer.echo(f"{error.title}: {error.detail}", err=True)
        if error.hint:
            typer.echo(error.hint, err=True)
    sys.exit(error.exit_code)


def main() -> None:
    """Run the command line."""
    try:
        app()
    except PmtermError as error:
        _fail(error)


if __name__ == "__main__":
    main()
