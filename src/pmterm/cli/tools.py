"""The commands without a screen: record, sim, export, recordings, settings."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from pmterm.cli.options import Exchange, Json, RecordingFile, Store
from pmterm.cli.talk import flags, go, print_facts, show, text
from pmterm.model.errors import UsageWrong

recording_app = typer.Typer(help="Look into recordings.", no_args_is_help=True)
config_app = typer.Typer(help="The settings and where each value comes from.", no_args_is_help=True)


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
    print_facts(go(tools.record(settings, markets, out, seconds)), as_json=as_json)


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
    accounts: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Test keys to trade with; made if there is no such file."
        ),
    ] = None,
    cash: Annotated[
        str, typer.Option(metavar="DOLLARS", help="What each account begins with, per venue.")
    ] = "",
    wallet: Annotated[
        str, typer.Option(help="A new account's on Polymarket: eoa, proxy, safe or deposit.")
    ] = "",
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A fault script: what goes wrong, and when.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve a local exchange that speaks both venues' dialects, on loopback only. Ctrl-C stops."""
    from pmterm.compose import exchange, given

    wishes = flags(
        sim__port=text(port),
        sim__seed=text(seed),
        sim__accounts=accounts,
        sim__cash=cash,
        sim__wallet=wallet,
        sim__faults=faults,
    )
    settings = given.settings(wishes)

    def tell(facts: dict[str, object]) -> None:
        show(facts, as_json=as_json)
        sys.stdout.flush()

    served = exchange.sim(settings, tell, recording=recording, speed=speed, key_file=key_file)
    try:
        code = go(served)
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

    print_facts(tools.recording_info(file), as_json=as_json)


@recording_app.command("verify")
def recording_verify(file: RecordingFile, *, as_json: Json = False) -> None:
    """Rebuild every book of a recording and check it against the venue's own words."""
    from pmterm.compose import tools

    print_facts(tools.recording_verify(file), as_json=as_json)


def export(
    what: Annotated[str, typer.Argument(help="trades, fills, signals or snapshots.")],
    *,
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Default: stdout.")] = None,
    store: Store = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Of the demo, whose store is its own.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Of live sessions, whose store is their own.")
    ] = False,
) -> None:
    """Write trades, fills, signals or snapshots as CSV or JSONL."""
    from pmterm.compose import given, tools
    from pmterm.config import paths

    if live and demo:
        raise UsageWrong("--live and --demo are two stores.", "Name one of them.")
    of = paths.live_store_path if live else paths.demo_store_path if demo else paths.store_path
    settings = given.settings(flags(store__path=store))
    go(tools.export(settings, what, form, out, of=of))


@config_app.command("show")
def config_show(*, as_json: Json = False) -> None:
    """Show every setting and where its value came from."""
    from pmterm.compose import tools

    print_facts(tools.config_rows() if as_json else tools.config_show(), as_json=as_json)


@config_app.command("check")
def config_check(*, as_json: Json = False) -> None:
    """Check the settings; exit code 2 if one is wrong."""
    from pmterm.compose import tools

    print_facts(tools.config_check(), as_json=as_json)


@config_app.command("path")
def config_path(*, as_json: Json = False) -> None:
    """Say where settings, store and recordings live."""
    from pmterm.compose import tools

    print_facts(tools.config_paths(), as_json=as_json)


@config_app.command("init")
def config_init(*, as_json: Json = False) -> None:
    """Write a commented settings file, unless there is one."""
    from pmterm.compose import tools

    print_facts(tools.config_init(), as_json=as_json)
