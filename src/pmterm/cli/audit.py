"""The command that checks a journal."""

from typing import Annotated

import typer

from pmterm.cli.options import Account, Exchange, Json, Store
from pmterm.cli.report import print_lines
from pmterm.cli.talk import flags, go


def audit(
    *,
    paper: Annotated[bool, typer.Option("--paper", help="The journal of paper money.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask the venues.")] = False,
    account: Account = "",
    exchange: Exchange = "",
    store: Store = None,
    as_json: Json = False,
) -> None:
    """Check the journal row by row, then against the venues' own books. Changes nothing."""
    from pmterm.compose import audit as auditing
    from pmterm.compose import given

    settings = given.settings(flags(store__path=store, live__account=account), exchange=exchange)
    lines, code = go(auditing.check(settings, is_paper=paper, is_offline=offline))
    print_lines(lines, as_json=as_json, code=code)
