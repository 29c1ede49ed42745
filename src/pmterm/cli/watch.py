"""The commands that open the terminal: `watch` and `replay`."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated

import typer

from pmterm.cli.options import (
    Ascii,
    Exchange,
    JsonLines,
    Markets,
    Plain,
    RecordingFile,
    Slow,
    Store,
    Theme,
)
from pmterm.cli.talk import flags, go, print_facts
from pmterm.model.errors import UsageWrong


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
    live: Annotated[
        bool, typer.Option("--live", help="Trade REAL money; asks for a typed word first.")
    ] = False,
) -> None:
    """Open the terminal on markets; without any, on the market finder."""
    from pmterm.compose import given

    names = markets or []
    if live and "demo" in names:
        raise UsageWrong("the demo has no real money.", "Leave out --live.")
    if "demo" in names and len(names) > 1:
        raise UsageWrong("the demo cannot be mixed with other markets.", "Watch it alone.")
    settings = given.settings(
        flags(
            general__theme=theme,
            general__ascii=ascii_ or draws_letters_only(os.environ),
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

        raise typer.Exit(go(demo.demo(settings, screen, seed=seed, record=record)))
    from pmterm.compose import live as session

    if live:
        _confirm_live()
    raise typer.Exit(go(session.watch(settings, screen, names, is_live=live)))


LIVE_WORD = "live"


def _confirm_live() -> None:
    """Have a person type the word; a script writes it as its first line.

    Raises:
        UsageWrong: another word came.
    """
    typer.echo(
        "This session trades REAL MONEY on your accounts. It starts disarmed: no order passes "
        "until you arm it.",
        err=True,
    )
    if sys.stdin.isatty():
        typer.echo(f"Type {LIVE_WORD} to go on: ", err=True, nl=False)
    word = _line_of(sys.stdin.fileno())
    if word.strip() != LIVE_WORD:
        raise UsageWrong("the word was not typed, so nothing was started.", "Try again, or paper.")


def _line_of(descriptor: int) -> str:
    """Read one line and nothing beyond it: what follows is for the session."""
    line = bytearray()
    while len(line) < 80 and (byte := os.read(descriptor, 1)) not in {b"", b"\n"}:
        line += byte
    return line.decode("ascii", "replace")


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
    since: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Begin there (UTC); all before is played.")
    ] = "",
    market: Annotated[str, typer.Option(help="Show this market of the recording first.")] = "",
    strategy: Annotated[
        list[str] | None,
        typer.Option("--strategy", metavar="NAME", help="Let it act, as in a backtest."),
    ] = None,
    parameters: Annotated[
        str, typer.Option(metavar="TEXT", help="Parameters, as in a backtest: name=value ...")
    ] = "",
    store: Store = None,
    as_json: JsonLines = False,
) -> None:
    """Play a recording in the same terminal: pause, step, seek, trade on paper against it."""
    from pmterm.compose import given, replays

    settings = given.settings(
        flags(
            general__theme=theme,
            general__ascii=ascii_ or draws_letters_only(os.environ),
            general__slow=slow,
            store__path=store,
        )
    )
    if check:
        print_facts(go(replays.check(settings, file)), as_json=as_json)
    screen = given.Screen(plain=_wants_plain(plain=plain, as_json=as_json), as_json=as_json)
    scene = None
    if since or market or strategy or parameters:
        from pmterm.compose import scenes

        scene = scenes.scene_of(since, market, tuple(strategy or ()))
        settings = scenes.with_parameters_of(settings, parameters)
    raise typer.Exit(go(replays.replay(settings, screen, file, speed=speed, scene=scene)))


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


def draws_letters_only(environ: Mapping[str, str]) -> bool:
    """Tell whether the terminal has no braille: a bare console, or a locale other than UTF-8.

    Where no locale is set (a container, mostly) the terminal outside is taken for a modern one.
    """
    if environ.get("TERM", "") in {"linux", "dumb", "vt100", "vt220"}:
        return True
    locale = next((environ[n] for n in ("LC_ALL", "LC_CTYPE", "LANG") if environ.get(n)), "UTF-8")
    return "utf8" not in locale.lower().replace("-", "")
