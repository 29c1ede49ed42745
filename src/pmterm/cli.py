"""The command line: what the user typed becomes one call of `compose`; errors become words."""

import asyncio
import importlib.metadata
import json
import os
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from pmterm.model.errors import PmtermError, UsageWrong
from pmterm.views.facts import lines_of

T = TypeVar("T")
Facts = tuple[dict[str, object], int]

app = typer.Typer(
    name="pmterm",
    help="Trade prediction markets by keyboard while watching the match. Paper money only, so far.",
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
JsonLines = Annotated[bool, typer.Option("--json", help="Plain lines, as JSON.")]
Store = Annotated[Path | None, typer.Option(metavar="FILE", help="Keep the store here.")]


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
    """Trade prediction markets by keyboard while watching the match. Paper money only, so far."""


def _flags(**given: str | bool | Path | None) -> dict[str, str]:
    """Return settings named on the command line, as text, by dotted key."""
    return {
        key.replace("__", "."): "true" if value is True else str(value)
        for key, value in given.items()
        if value not in {None, "", False}
    }


def _go(work: Coroutine[Any, Any, T]) -> T:
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


def _wants_plain(*, plain: bool, as_json: bool) -> bool:
    if plain or as_json:
        return True
    streams = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    others = [name for name, stream in streams.items() if not stream.isatty()]
    if not others:
        return False
    are = "is" if len(others) == 1 else "are"
    told = f"{' and '.join(others)} {are} no terminal: plain lines, one per event (see --plain)."
    typer.echo(told, err=True)
    return True


def _draws_letters_only(environ: Mapping[str, str]) -> bool:
    """Tell whether the terminal has no braille: a bare console, or a locale other than UTF-8.

    Where no locale is set (a container, mostly) the terminal outside is taken for a modern one.
    """
    if environ.get("TERM", "") in {"linux", "dumb", "vt100", "vt220"}:
        return True
    locale = next((environ[n] for n in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(n)), "UTF-8")
    return "utf8" not in locale.lower().replace("-", "")


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
    seed: Annotated[int | None, typer.Option(help="Which evening the demo plays.")] = None,
    as_json: JsonLines = False,
) -> None:
    """Open the terminal on markets; without any, on the market finder."""
    from pmterm.compose import given

    names = markets or []
    if "demo" in names and len(names) > 1:
        raise UsageWrong("the demo cannot be mixed with other markets.", "Watch it alone.")
    settings = given.settings(
        _flags(
            general__theme=theme,
            general__ascii=ascii_ or _draws_letters_only(os.environ),
            general__slow=slow,
            store__path=store,
        ),
        record=record,
        exchange=exchange,
    )
    screen = given.Screen(
        plain=_wants_plain(plain=plain, as_json=as_json), as_json=as_json, finds_first=not names
    )
    if screen.plain and not names:
        typer.echo(
            "No market was named: only what is held is followed. Name one, or demo.", err=True
        )
    if names == ["demo"]:
        from pmterm.compose import demo

        raise typer.Exit(_go(demo.demo(settings, screen, seed=seed, record=record)))
    from pmterm.compose import live

    raise typer.Exit(_go(live.watch(settings, screen, names)))


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
        typer.Option(
            "--check", help="Play this session again; compare decisions with its journal."
        ),
    ] = False,
    store: Store = None,
    as_json: JsonLines = False,
) -> None:
    """Play a recording in the same terminal: pause, step, seek, trade on paper against it."""
    from pmterm.compose import given, replays

    settings = given.settings(
        _flags(
            general__theme=theme,
            general__ascii=ascii_ or _draws_letters_only(os.environ),
            general__slow=slow,
            store__path=store,
        )
    )
    if check:
        _print(_go(replays.check(settings, file)), as_json=as_json)
    screen = given.Screen(plain=_wants_plain(plain=plain, as_json=as_json), as_json=as_json)
    raise typer.Exit(_go(replays.replay(settings, screen, file, speed=speed)))


@app.command()
def record(
    markets: Annotated[list[str], typer.Argument(metavar="MARKET...", help="What to record.")],
    *,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where to write.")] = None,
    seconds: Annotated[float, typer.Option("--for", help="Stop after so many seconds.")] = 0.0,
    exchange: Exchange = "",
    as_json: Json = False,
) -> None:
    """Record markets without a screen: raw frames, exactly as received. Ctrl-C stops."""
    from pmterm.compose import given, tools

    settings = given.settings({}, exchange=exchange)
    _print(_go(tools.record(settings, markets, out, seconds)), as_json=as_json)


@app.command()
def sim(
    *,
    recording: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Serve this recording, not the scenario.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="0: any free one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Which evening to play.")] = None,
    speed: Annotated[float, typer.Option(min=0.1, max=1000, help="Of the recording.")] = 1.0,
    key_file: Annotated[
        Path | None, typer.Option(help="Write a Kalshi key for this exchange here, and ask for it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a local exchange that speaks both venues' dialects, on loopback only. Ctrl-C stops."""
    from pmterm.compose import exchange, given

    settings = given.settings(_flags(sim__port=_text(port), sim__seed=_text(seed)))

    def show(facts: dict[str, object]) -> None:
        _show(facts, as_json=as_json)
        sys.stdout.flush()

    served = exchange.sim(settings, show, recording=recording, speed=speed, key_file=key_file)
    try:
        code = _go(served)
    except OSError as error:
        port_ = settings.sim.port
        words = (error.strerror or str(error)).rsplit(": ", 1)[-1]
        hint = "Take another: --port 0 finds a free one."
        raise UsageWrong(f"port {port_} cannot be used: {words}.", hint) from error
    raise typer.Exit(code)


@recording_app.command("info")
def recording_info(file: RecordingFile, *, as_json: Json = False) -> None:
    """Say what is in a recording: frames by type, time range, gaps, markets."""
    from pmterm.compose import tools

    _print(tools.recording_info(file), as_json=as_json)


@recording_app.command("verify")
def recording_verify(file: RecordingFile, *, as_json: Json = False) -> None:
    """Rebuild every book of a recording and check it against the venue's own words."""
    from pmterm.compose import tools

    _print(tools.recording_verify(file), as_json=as_json)


@app.command()
def export(
    what: Annotated[str, typer.Argument(help="trades, fills, signals or snapshots.")],
    *,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Default: stdout.")] = None,
    store: Store = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Of the demo, whose store is its own.")
    ] = False,
) -> None:
    """Write trades, fills, signals or snapshots as CSV or JSONL."""
    from pmterm.compose import given, tools

    settings = given.settings(_flags(store__path=store))
    _go(tools.export(settings, what, form, out, of_demo=demo))


@config_app.command("show")
def config_show(*, as_json: Json = False) -> None:
    """Show every setting and where its value came from."""
    from pmterm.compose import tools

    _print(tools.config_rows() if as_json else tools.config_show(), as_json=as_json)


@config_app.command("check")
def config_check(*, as_json: Json = False) -> None:
    """Check the settings; exit code 2 if one is wrong."""
    from pmterm.compose import tools

    _print(tools.config_check(), as_json=as_json)


@config_app.command("path")
def config_path(*, as_json: Json = False) -> None:
    """Say where settings, store and recordings live."""
    from pmterm.compose import tools

    _print(tools.config_paths(), as_json=as_json)


@config_app.command("init")
def config_init(*, as_json: Json = False) -> None:
    """Write a commented settings file, unless there is one."""
    from pmterm.compose import tools

    _print(tools.config_init(), as_json=as_json)


def _text(value: int | None) -> str:
    return "" if value is None else str(value)


def _show(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(facts))
    else:
        for line in lines_of(facts):
            typer.echo(line)


def _print(answer: Facts, *, as_json: bool) -> NoReturn:
    facts, code = answer
    _show(facts, as_json=as_json)
    raise typer.Exit(code)


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
