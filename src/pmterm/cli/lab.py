"""The commands that look back: backtest, sweep."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pmterm.cli.options import Json
from pmterm.cli.talk import print_facts
from pmterm.model.errors import UsageWrong

Recordings = Annotated[
    list[Path] | None,
    typer.Argument(metavar="RECORDING...", help="Recordings, or folders of them.", show_default=""),
]
Strategies = Annotated[
    list[str] | None, typer.Option("--strategy", metavar="NAME", help="Let it act; repeatable.")
]
Since = Annotated[
    str, typer.Option("--from", metavar="TIME", help="Act from then on (UTC); play all before it.")
]
Until = Annotated[str, typer.Option("--to", metavar="TIME", help="Play nothing from then on.")]
Sets = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting for this run; repeatable."),
]
Workers = Annotated[int, typer.Option(min=0, help="Processes; 0: one per core.")]


def backtest(
    recordings: Recordings = None,
    *,
    strategy: Strategies = None,
    since: Since = "",
    until: Until = "",
    set_: Sets = None,
    workers: Workers = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Do not play again what was played to its end.")
    ] = False,
    cache: Annotated[
        bool, typer.Option(help="Keep decoded recordings beside them, and use what is kept.")
    ] = True,
    keep: Annotated[
        bool, typer.Option("--keep", help="Count the signals in the records of strategies.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Play recordings through the very pipeline that trades live, with paper orders.

    In a terminal, with no recording named, it opens the backtest screen.
    """
    from pmterm.compose import backtests, given

    settings = given.settings(parse_sets(set_ or []))
    if not (recordings or as_json) and sys.stdin.isatty() and sys.stdout.isatty():
        from pmterm.compose import bench

        raise typer.Exit(bench.bench(settings, tuple(strategy or ()), since, until))
    wish = backtests.Wish(
        paths=tuple(recordings or ()),
        strategies=tuple(strategy or ()),
        since=since,
        until=until,
        workers=workers,
        resumes=resume,
        caches=cache,
        keeps=keep,
    )
    print_facts(backtests.backtest(settings, wish), as_json=as_json)


def sweep(
    spec: Annotated[
        Path, typer.Argument(metavar="SPEC.toml", help="What to try: see docs/lab.md.")
    ],
    *,
    workers: Workers = 0,
    cluster: Annotated[
        str, typer.Option(metavar="ADDRESS", help="A Dask scheduler: tcp://host:8786.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Results; default: beside the spec.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Count what was judged in the records of strategies.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Try many settings over recordings; choose on one window of time, judge on the next.

    What was tried before is not tried again, so that the same command goes on after Ctrl-C.
    """
    from pmterm.compose import sweeps

    facts = sweeps.sweep(spec, workers=workers, cluster=cluster, out=out, keeps=keep)
    print_facts(facts, as_json=as_json)


def parse_sets(texts: list[str]) -> dict[str, str]:
    """Read KEY=VALUE texts.

    Raises:
        UsageWrong: one has no = in it.
    """
    wanted: dict[str, str] = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageWrong(f"--set {text} sets nothing.", "Write --set signals.rearm_s=60.")
        wanted[key.strip()] = value.strip()
    return wanted
