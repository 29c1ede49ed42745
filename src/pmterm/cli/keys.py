"""The commands about keys. No key is ever an argument: other programs can read those."""

from pathlib import Path
from typing import Annotated

import typer

from pmterm.cli.options import Account, Exchange, Json
from pmterm.cli.talk import flags, go, print_facts
from pmterm.model.errors import UsageWrong
from pmterm.model.ids import Venue

keys_app = typer.Typer(help="Your keys: kept in the keyring or encrypted.", no_args_is_help=True)

VenueName = Annotated[Venue, typer.Argument(metavar="VENUE", help="polymarket or kalshi.")]


@keys_app.command("list")
def keys_list(*, as_json: Json = False) -> None:
    """Show which keys are kept, for where, and in what; nothing secret."""
    from pmterm.compose import given, keys

    print_facts(keys.listing(given.settings({})), as_json=as_json)


@keys_app.command("remove")
def keys_remove(
    venue: VenueName,
    *,
    account: Account = "",
    exchange: Exchange = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Forget a key. The key itself goes on to exist at the venue."""
    from pmterm.compose import given, keys

    settings = given.settings(flags(live__account=account), exchange=exchange)
    kept, row = keys.to_remove(settings, venue)
    if not yes:
        asked = f"Type {row.name} to forget {row.venue} key {row.public} for {row.home}"
        if _asked(asked) != row.name:
            raise UsageWrong("nothing was removed.", f"{row.name} was not typed.")
    print_facts(keys.remove(kept, row), as_json=as_json)


@keys_app.command("test")
def keys_test(
    venue: Annotated[Venue | None, typer.Argument(metavar="[VENUE]")] = None,
    *,
    account: Account = "",
    exchange: Exchange = "",
    as_json: Json = False,
) -> None:
    """Try the keys with a question that changes nothing, and say what is wrong with them."""
    from pmterm.cli.report import print_lines
    from pmterm.compose import given, keys

    settings = given.settings(flags(live__account=account), exchange=exchange)
    print_lines(go(keys.test(settings, [venue] if venue else list(Venue))), as_json=as_json)


@keys_app.command("add")
def keys_add(
    venue: VenueName,
    *,
    account: Annotated[
        str, typer.Option(metavar="NAME", help="What to call it, if you have several.")
    ] = "main",
    key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A private file (mode 600) with the key.")
    ] = None,
    key_id: Annotated[str, typer.Option(metavar="ID", help="Of a Kalshi key; not secret.")] = "",
    subaccount: Annotated[
        int | None, typer.Option(min=0, max=63, help="Which a Kalshi key is to trade with.")
    ] = None,
    funder: Annotated[
        str, typer.Option(metavar="0x…", help="Polymarket wallet, if it is not found out.")
    ] = "",
    signature_type: Annotated[
        int | None, typer.Option(min=0, max=3, help="Its kind, if it is not found out.")
    ] = None,
    file: Annotated[
        bool, typer.Option("--file", help="Keep it in the encrypted file, not in the keyring.")
    ] = False,
    exchange: Exchange = "",
    as_json: Json = False,
) -> None:
    """Keep a key: it is asked for unseen, the venue is asked what it is, and you are told."""
    from pmterm.cli.report import print_lines
    from pmterm.compose import given, keys_add

    settings = given.settings({}, exchange=exchange)
    wish = keys_add.Wish(
        name=account,
        key_file=key_file,
        key_id=key_id if venue is Venue.POLYMARKET else key_id or _asked("Key id"),
        subaccount=subaccount,
        funder=funder,
        signature_type=signature_type,
        in_file=file,
    )
    print_lines(go(keys_add.add(settings, venue, wish)), as_json=as_json, code=0)


def _asked(prompt: str) -> str:
    try:
        return str(typer.prompt(prompt, err=True)).strip()
    except typer.Abort:
        hint = "Without a terminal: --yes to remove, --key-id to add."
        raise UsageWrong("no answer was given; nothing was changed.", hint) from None
