"""`pmterm doctor`: looks at everything an order depends on, all side by side."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Final

from pmterm.compose.doctor.checks import Check, Ward, kalshi_checks, polymarket_checks
from pmterm.compose.doctor.lines import Line, fail, failed
from pmterm.compose.doctor.machine import machine_lines
from pmterm.compose.network import RATES
from pmterm.compose.proofs import proof_of
from pmterm.config.accounts import REAL, Account, home_of
from pmterm.config.credentials import load_accounts
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
    try:
        accounts = load_accounts(settings, settings.account)
    except CredentialsWrong as error:
        lines.append(failed("", "keys", error))
    real = home_of(Venue.POLYMARKET, settings.hosts) == REAL[Venue.POLYMARKET]
    site = SITE if real else ""
    return lines + await examine(settings, accounts, clock, site=site)


async def examine(
    settings: Settings,
    accounts: Mapping[Venue, Account],
    clock: Clock,
    *,
    site: str,
    patience_s: float = PATIENCE_S,
) -> list[Line]:
    """Return every line, with these accounts; `site` "" asks nobody where we are."""
    lines = machine_lines(store_path(settings.store))
    proofs: dict[Venue, Proof] = {}
    for venue, account in accounts.items():
        try:
            proofs[venue] = proof_of(account, settings.hosts)
        except PmtermError as error:
            lines.append(failed(venue, "key", error))
    bases = settings.hosts.bases() | ({(Venue.POLYMARKET, "site"): site} if site else {})
    async with AsyncExitStack() as stack:
        http = HttpClient(bases, Limiter(RATES, clock), clock, proofs=proofs, deadline_s=patience_s)
        stack.push_async_callback(http.close)
        ward = Ward(settings.hosts, accounts, proofs, http, clock)
        checks = [*polymarket_checks(ward, asks_region=bool(site)), *kalshi_checks(ward)]
        async with asyncio.TaskGroup() as looking:
            told = [looking.create_task(_patiently(check, patience_s)) for check in checks]
    return lines + [line for task in told for line in task.result()]


async def _patiently(check: Check, patience_s: float) -> list[Line]:
    try:
        async with asyncio.timeout(patience_s + 1):
            return await check.look()
    except TimeoutError:
        says = f"nothing came within {patience_s + 1:g} s"
        fix = "Check the network, and the venue's status page."
        return [fail(check.venue, check.name, says, fix, TransportLost.exit_code)]
