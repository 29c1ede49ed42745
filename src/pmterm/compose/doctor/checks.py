"""Which checks there are for each venue, in the order of what depends on what."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

import msgspec

from pmterm.compose.accounts.kalshi import ask_kalshi
from pmterm.compose.accounts.polymarket import PolymarketAsker
from pmterm.compose.core import catalogs
from pmterm.compose.doctor import kalshi, polymarket, reach, status
from pmterm.compose.doctor.lines import Line, warn
from pmterm.compose.doctor.stream import Streaming, no_key_line
from pmterm.config.accounts import Account, KalshiKey, Listed, PolymarketAccount, home_of
from pmterm.config.settings import Settings
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.net.http import HttpClient
from pmterm.runtime.clock import Clock
from pmterm.venues.base import Proof
from pmterm.venues.kalshi.auth import load_key
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.feed import PolymarketFeed


class Ward(msgspec.Struct, frozen=True):
    """What every check may use. A venue without an account has no proof either."""

    settings: Settings
    accounts: Mapping[Venue, Account]
    proofs: Mapping[Venue, Proof]
    kept: Sequence[Listed]
    http: HttpClient
    clock: Clock

    def bases(self, venue: Venue) -> list[str]:
        """Return every address of a venue: requests and streams."""
        hosts = self.settings.hosts
        own = hosts.kalshi if venue is Venue.KALSHI else hosts.polymarket
        return list(msgspec.structs.asdict(own).values())

    async def get(self, venue: Venue, host: str, path: str, auth: str = "") -> HttpResponse:
        """Ask a venue to tell something."""
        return await self.http.ask(
            HttpRequest(self.clock.now(), venue, host, "GET", path, auth=auth)
        )


class Check(msgspec.Struct, frozen=True):
    """One look, which gives one line or a few; the name is for one that never comes back."""

    venue: Venue
    name: str
    look: Callable[[], Awaitable[list[Line]]]


def polymarket_checks(ward: Ward, *, asks_region: bool) -> list[Check]:
    """Return all checks of Polymarket."""
    venue = Venue.POLYMARKET
    checks = _way(ward, venue)
    if asks_region:
        checks.append(Check(venue, "region", partial(_region, ward)))
    checks.append(Check(venue, "clock", partial(_polymarket_clock, ward)))
    checks.append(Check(venue, "exchange", partial(_polymarket_status, ward)))
    checks.append(Check(venue, "key", partial(polymarket_account, ward)))
    checks.append(Check(venue, "stream", partial(_polymarket_stream, ward)))
    return checks


def kalshi_checks(ward: Ward) -> list[Check]:
    """Return all checks of Kalshi."""
    venue = Venue.KALSHI
    checks = _way(ward, venue)
    checks.append(Check(venue, "exchange", partial(_kalshi_status, ward)))
    checks.append(Check(venue, "schedule", partial(_kalshi_schedule, ward)))
    checks.append(Check(venue, "key", partial(kalshi_account, ward)))
    checks.append(Check(venue, "stream", partial(_kalshi_stream, ward)))
    return checks


def _way(ward: Ward, venue: Venue) -> list[Check]:
    async def name() -> list[Line]:
        return [await reach.name_line(venue, ward.bases(venue))]

    async def tls() -> list[Line]:
        return [await reach.tls_line(venue, ward.bases(venue), ward.clock.now())]

    return [Check(venue, "name resolution", name), Check(venue, "TLS", tls)]


def account_checks(ward: Ward) -> list[Check]:
    """Return the checks of `keys test`: what the venues say of the keys, and of our clock."""
    checks = {
        Venue.POLYMARKET: (_polymarket_clock, polymarket_account),
        Venue.KALSHI: (_kalshi_clock, kalshi_account),
    }
    return [
        Check(venue, "key", partial(look, ward))
        for venue in ward.accounts
        for look in checks[venue]
    ]


async def polymarket_account(ward: Ward) -> list[Line]:
    """Say what Polymarket says of the account."""
    account = ward.accounts.get(Venue.POLYMARKET)
    if not isinstance(account, PolymarketAccount) or Venue.POLYMARKET not in ward.proofs:
        return [no_account_line(ward, Venue.POLYMARKET)]
    lines = await polymarket.account_lines(PolymarketAsker(ward.http, ward.clock), account)
    return [*lines, polymarket.dead_man_line(is_wanted=ward.settings.live.dead_man)]


async def kalshi_account(ward: Ward) -> list[Line]:
    """Say what Kalshi says of the key."""
    key, proof = ward.accounts.get(Venue.KALSHI), ward.proofs.get(Venue.KALSHI)
    if not isinstance(key, KalshiKey) or proof is None:
        return [no_account_line(ward, Venue.KALSHI)]
    found = await ask_kalshi(ward.http, ward.clock, key.key_id, key.subaccount)
    kind = load_key(key.pem.reveal().encode()).kind
    lines = kalshi.key_lines(found, key.key_id, kind, ward.clock.now())
    return [*lines, kalshi.dead_man_line()]


def no_account_line(ward: Ward, venue: Venue) -> Line:
    """Say why there is no key to try: none, only another home's, or one that did not open."""
    home = home_of(venue, ward.settings.hosts)
    if venue in ward.accounts or any((row.venue, row.home) == (venue, home) for row in ward.kept):
        says = "one is kept, and could not be used"
        return warn(venue, "key", says, "See the line that failed above; mend that first.")
    others = sorted({row.home for row in ward.kept if row.venue is venue} - {home})
    add = f"Add one: pmterm keys add {venue}"
    if others:
        says = f"none for {home}; the one kept is for {', '.join(others)} and is not used here"
        return warn(venue, "key", says, f"{add} (with --exchange URL, if it is a local exchange)")
    return warn(venue, "key", f"none kept for {home}: watching only", add)


async def _region(ward: Ward) -> list[Line]:
    return [reach.region_line(await ward.get(Venue.POLYMARKET, "site", "/api/geoblock"))]


async def _polymarket_clock(ward: Ward) -> list[Line]:
    response = await ward.get(Venue.POLYMARKET, "clob", "/time")
    return _edge_and_clock(response)


async def _polymarket_status(ward: Ward) -> list[Line]:
    return [status.polymarket_line(await ward.get(Venue.POLYMARKET, "clob", "/ok"))]


async def _polymarket_stream(ward: Ward) -> list[Line]:
    feed, url = PolymarketFeed(), ward.settings.hosts.polymarket.stream
    catalog = catalogs()[Venue.POLYMARKET]
    return [await Streaming(feed, catalog, ward.http, ward.clock, url=url).line()]


async def _kalshi_status(ward: Ward) -> list[Line]:
    response = await ward.get(Venue.KALSHI, "api", "/exchange/status")
    return [*_edge_and_clock(response), status.kalshi_line(response)]


async def _kalshi_clock(ward: Ward) -> list[Line]:
    return _edge_and_clock(await ward.get(Venue.KALSHI, "api", "/exchange/status"))


def _edge_and_clock(response: HttpResponse) -> list[Line]:
    return [reach.edge_line(response), reach.clock_line(response, reach.time_in(response))]


async def _kalshi_schedule(ward: Ward) -> list[Line]:
    response = await ward.get(Venue.KALSHI, "api", "/exchange/schedule")
    line = status.kalshi_schedule_line(response, ward.clock.now())
    return [line] if line is not None else []


async def _kalshi_stream(ward: Ward) -> list[Line]:
    proof = ward.proofs.get(Venue.KALSHI)
    if proof is None:
        return [no_key_line(Venue.KALSHI)]
    streaming = Streaming(
        KalshiFeed(),
        catalogs()[Venue.KALSHI],
        ward.http,
        ward.clock,
        url=ward.settings.hosts.kalshi.stream,
        headers=lambda: proof.handshake(ward.clock.now()),
    )
    return [await streaming.line()]
