"""Which checks there are for each venue, in the order of what depends on what."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

import msgspec

from pmterm.compose.core import catalogs
from pmterm.compose.doctor import reach, status
from pmterm.compose.doctor.lines import Line
from pmterm.compose.doctor.stream import Streaming, no_key_line
from pmterm.config.accounts import Account
from pmterm.config.settings import Hosts
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.net.http import HttpClient
from pmterm.runtime.clock import Clock
from pmterm.venues.base import Proof
from pmterm.venues.kalshi.feed import KalshiFeed
from pmterm.venues.polymarket.feed import PolymarketFeed


class Ward(msgspec.Struct, frozen=True):
    """What every check may use. A venue without an account has no proof either."""

    hosts: Hosts
    accounts: Mapping[Venue, Account]
    proofs: Mapping[Venue, Proof]
    http: HttpClient
    clock: Clock

    def bases(self, venue: Venue) -> list[str]:
        """Return every address of a venue: requests and streams."""
        hosts = self.hosts.kalshi if venue is Venue.KALSHI else self.hosts.polymarket
        return list(msgspec.structs.asdict(hosts).values())

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
    checks.append(Check(venue, "stream", partial(_polymarket_stream, ward)))
    return checks


def kalshi_checks(ward: Ward) -> list[Check]:
    """Return all checks of Kalshi."""
    venue = Venue.KALSHI
    checks = _way(ward, venue)
    checks.append(Check(venue, "exchange", partial(_kalshi_status, ward)))
    checks.append(Check(venue, "schedule", partial(_kalshi_schedule, ward)))
    checks.append(Check(venue, "stream", partial(_kalshi_stream, ward)))
    return checks


def _way(ward: Ward, venue: Venue) -> list[Check]:
    async def name() -> list[Line]:
        return [await reach.name_line(venue, ward.bases(venue))]

    async def tls() -> list[Line]:
        return [await reach.tls_line(venue, ward.bases(venue), ward.clock.now())]

    return [Check(venue, "name resolution", name), Check(venue, "TLS", tls)]


async def _region(ward: Ward) -> list[Line]:
    return [reach.region_line(await ward.get(Venue.POLYMARKET, "site", "/api/geoblock"))]


async def _polymarket_clock(ward: Ward) -> list[Line]:
    response = await ward.get(Venue.POLYMARKET, "clob", "/time")
    return [reach.edge_line(response), reach.clock_line(response, reach.time_in(response))]


async def _polymarket_status(ward: Ward) -> list[Line]:
    return [status.polymarket_line(await ward.get(Venue.POLYMARKET, "clob", "/ok"))]


async def _polymarket_stream(ward: Ward) -> list[Line]:
    feed, url = PolymarketFeed(), ward.hosts.polymarket.stream
    catalog = catalogs()[Venue.POLYMARKET]
    return [await Streaming(feed, catalog, ward.http, ward.clock, url=url).line()]


async def _kalshi_status(ward: Ward) -> list[Line]:
    response = await ward.get(Venue.KALSHI, "api", "/exchange/status")
    return [
        reach.edge_line(response),
        reach.clock_line(response, reach.time_in(response)),
        status.kalshi_line(response),
    ]


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
        url=ward.hosts.kalshi.stream,
        headers=lambda: proof.handshake(ward.clock.now()),
    )
    return [await streaming.line()]
