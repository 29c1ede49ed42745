"""`pmterm audit`: a journal against what must be so, and against the venues' own books."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from pmterm.compose.audit_venue import Books, compare_when_quiet
from pmterm.compose.doctor.lines import Line, Verdict, fail, ok, warn
from pmterm.compose.network import RATES
from pmterm.compose.proofs import proof_of
from pmterm.compose.trading import check_accounts, public_name, wing_of
from pmterm.config.credentials import load_accounts
from pmterm.config.paths import live_store_path, store_path
from pmterm.config.settings import Settings
from pmterm.live.audit.audit import Finding, audit
from pmterm.messages.base import Message
from pmterm.messages.live import AccountSeen
from pmterm.model.errors import CredentialsWrong, PmtermError, StoreBroken, TransportLost
from pmterm.model.text import counted
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.store.database import Database
from pmterm.store.journal import Journal
from pmterm.venues.base import Orders

WRONG: Final = 6
UNASKED: Final = TransportLost.exit_code
SHOWN: Final = 3  # things wrong that are named for each check
FIX: Final = "Trade no more with this store until it is understood; keep a copy of the file."


async def check(
    settings: Settings,
    *,
    is_paper: bool = False,
    is_offline: bool = False,
    clock: Clock | None = None,
) -> tuple[list[Line], int]:
    """Return a line for each thing that must be so, and 0, 6 (wrong) or 5 (a venue unasked).

    Nothing is changed, neither here nor at a venue.
    """
    path = store_path(settings.store) if is_paper else live_store_path(settings.store)
    try:
        messages = await _read(path)
    except StoreBroken as broken:
        return [fail("", "journal", broken.detail, broken.hint or FIX, WRONG)], WRONG
    lines = [ok("", "journal", f"{counted(len(messages), 'row')}, none missing or changed")]
    lines += [_line(finding) for finding in audit(messages, settings.risk)]
    if not is_paper and not is_offline:
        lines += await _venues(settings, messages, clock or SystemClock())
    return lines, _code(lines)


async def _read(path: Path) -> list[Message]:
    database = await Database.open(path, read_only=True)
    try:
        return await Journal(database).read()
    finally:
        await database.close()


def _line(finding: Finding) -> Line:
    if not finding.wrong:
        return ok("", finding.name, f"{finding.claim} ({finding.count:,} looked at)")
    told = [f"row {w.row:,}: {w.says}" if w.row else w.says for w in finding.wrong[:SHOWN]]
    more = len(finding.wrong) - len(told)
    says = "; ".join(told) + (f"; and {more:,} more" if more else "")
    return fail("", finding.name, says, FIX, WRONG)


def _code(lines: Sequence[Line]) -> int:
    codes = {line.code for line in lines if line.verdict is Verdict.FAIL}
    if WRONG in codes:
        return WRONG
    return max(codes, default=0)


async def _venues(settings: Settings, messages: Sequence[Message], clock: Clock) -> list[Line]:
    """Ask the venue of each account that the journal is about."""
    seen = {m.venue: m.account for m in messages if isinstance(m, AccountSeen)}
    if not seen:
        return [ok("", "venues", "the journal is about no account yet")]
    try:
        accounts = load_accounts(settings, settings.account)
        names = {venue: public_name(account) for venue, account in accounts.items()}
        check_accounts(names, messages)
    except CredentialsWrong as wrong:
        return [fail("", "keys", wrong.detail, wrong.hint, UNASKED)]
    lines: list[Line] = []
    async with AsyncExitStack() as stack:
        http = HttpClient(settings.hosts.bases(), Limiter(RATES, clock), clock)
        stack.push_async_callback(http.close)
        for venue in seen:
            account = accounts.get(venue)
            if account is None:
                says = "its key is not here, so it was not asked"
                lines.append(warn(venue.value, "books", says, f"pmterm keys add {venue.value}"))
                continue
            http.prove(venue, proof_of(account, settings.hosts))
            lines += await _venue(http, wing_of(account, settings), messages, clock)
    return lines


async def _venue(
    http: HttpClient, wing: Orders, messages: Sequence[Message], clock: Clock
) -> list[Line]:
    try:
        return await compare_when_quiet(Books(wing, messages), http, clock)
    except PmtermError as error:
        return [fail(wing.venue.value, "books", error.detail, error.hint, UNASKED)]
