"""`pmterm doctor`: looks at everything an order depends on, all side by side."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

from pmterm.compose.doctor.checks import (
    Check,
    Ward,
    account_checks,
    kalshi_checks,
    polymarket_checks,
)
from pmterm.compose.doctor.gather import gathered
from pmterm.compose.doctor.lines import WAY, Line, fail, failed
from pmterm.compose.doctor.machine import machine_lines
from pmterm.compose.network import RATES
from pmterm.compose.proofs import proof_of
from pmterm.config.accounts import REAL, Account, Listed, home_of
from pmterm.config.credentials import load_accounts, open_keys
from pmterm.config.paths import store_path
from pmterm.config.settings import Settings
from pmterm.model.errors import CredentialsWrong, PmtermError, TransportLost
from pmterm.model.ids import Venue
from pmterm.net.http import HttpClient
from pmterm.net.limiter import Limiter
from pmterm.runtime.clock import Clock, SystemClock
from pmterm.venues.base import Proof

PATIENCE_S: Final = 8.0
SITE: Final = "https://polymarket.com"  # tells where it takes us to be (`/api/geoblock`)


async def doctor(settings: Settings) -> list[Line]:
    """Return every line about this computer and about both venues' hosts of the settings.

    Nothing is sent that creates or cancels an order.
    """
    clock = SystemClock()
    lines: list[Line] = []
    accounts: Mapping[Venue, Account] = {}
    kept: Sequence[Listed] = ()
    try:
        kept = open_keys(settings).listed()
        accounts = load_accounts(settings, settings.account)
    except CredentialsWrong as error:
        lines.append(failed("", "keys", error))
    lines += machine_lines(store_path(settings.store))
    real = home_of(Venue.POLYMARKET, settings.hosts) == REAL[Venue.POLYMARKET]
    return lines + await examine(settings, accounts, clock, kept=kept, site=SITE if real else "")


async def examine(
    settings: Settings,
    accounts: Mapping[Venue, Account],
    clock: Clock,
    *,
    kept: Sequence[Listed] = (),
    site: str = "",
) -> list[Line]:
    """Return every line about both venues, with these accounts; no `site`: region is not asked."""
    bases = settings.hosts.bases() | ({(Venue.POLYMARKET, "site"): site} if site else {})
    async with _ward(settings, accounts, clock, kept=kept, bases=bases) as (ward, lines):
        checks = [*polymarket_checks(ward, asks_region=bool(site)), *kalshi_checks(ward)]
        return gathered(lines + await _look(checks))


async def try_keys(settings: Settings, accounts: Mapping[Venue, Account]) -> list[Line]:
    """Return what the venues say of these accounts' keys, and of our clock."""
    bases = settings.hosts.bases()
    async with _ward(settings, accounts, SystemClock(), kept=(), bases=bases) as (ward, lines):
        return lines + await _look(account_checks(ward))


@asynccontextmanager
async def _ward(
    settings: Settings,
    accounts: Mapping[Venue, Account],
    clock: Clock,
    *,
    kept: Sequence[Listed],
    bases: Mapping[tuple[Venue, str], str],
) -> AsyncIterator[tuple[Ward, list[Line]]]:
    lines: list[Line] = []
    proofs: dict[Venue, Proof] = {}
    for venue, account in accounts.items():
        try:
            proofs[venue] = proof_of(account, settings.hosts)
        except PmtermError as error:
            lines.append(failed(venue, "key", error))
    http = HttpClient(bases, Limiter(RATES, clock), clock, proofs=proofs, deadline_s=PATIENCE_S)
    try:
        yield Ward(settings, accounts, proofs, kept, http, clock), lines
    finally:
        await http.close()


async def _look(checks: Sequence[Check]) -> list[Line]:
    async with asyncio.TaskGroup() as looking:
        told = [looking.create_task(_patiently(check)) for check in checks]
    return [line for task in told for line in task.result()]


async def _patiently(check: Check) -> list[Line]:
    patience_s = PATIENCE_S + 1.0  # so that a request's own deadline tells more than this one
    try:
        async with asyncio.timeout(patience_s):
            return await check.look()
    except TimeoutError:
        says = f"nothing came within {patience_s:g} s"
        return [fail(check.venue, check.name, says, WAY, TransportLost.exit_code)]
