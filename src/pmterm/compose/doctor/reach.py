"""The way to a venue: its names, its secure connections, whether its edge lets us in, its clock."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import SplitResult, urlsplit

import msgspec

from pmterm.compose.doctor.lines import Line, fail, failed, ok, together, warn
from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import TransportLost, VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.text import clean_text
from pmterm.model.units import MS, SECOND, Ns
from pmterm.net.explain import explain, is_page
from pmterm.net.probe import addresses_of, shake_hands

# Kalshi refused 30 s and took 10 s (measured, 2026-06); Polymarket does not publish its tolerance.
CLOCK_WARN: Final[Ns] = 2 * SECOND
CLOCK_FAIL: Final[Ns] = 10 * SECOND
SOON: Final = timedelta(days=7)
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})


async def name_line(venue: Venue, bases: Sequence[str]) -> Line:
    """Say whether the names of a venue's hosts are found."""
    names = sorted({urlsplit(base).hostname or "" for base in bases} - _LOCAL)
    if not names:
        return ok(venue, "name resolution", "this computer")
    told = await asyncio.gather(*map(addresses_of, names), return_exceptions=True)
    if trouble := [error for error in told if isinstance(error, TransportLost)]:
        fix = (
            "Check the network, then the name server (resolvectl status) and hosts in the settings."
        )
        return fail(venue, "name resolution", together(trouble), fix, TransportLost.exit_code)
    return ok(venue, "name resolution", f"{', '.join(names)}")


async def tls_line(venue: Venue, bases: Sequence[str], now: Ns) -> Line:
    """Say whether secure connections can be made to a venue's hosts."""
    parts = {urlsplit(base) for base in bases}
    doors = sorted({(_host(part), part.port or 443) for part in parts if _is_secure(part)})
    if not doors:
        return ok(venue, "TLS", "none: plain text inside this computer")
    told = await asyncio.gather(*(shake_hands(*door) for door in doors), return_exceptions=True)
    if trouble := [error for error in told if isinstance(error, TransportLost)]:
        fix = (
            "If the certificate is not believed: check this computer's date, and that no company "
            "network or virus scanner opens connections. pmterm never goes on without it."
        )
        return fail(venue, "TLS", together(trouble), fix, TransportLost.exit_code)
    made = [hands for hands in told if not isinstance(hands, BaseException)]
    until = min(hands.good_until for hands in made)
    says = f"{min(hands.version for hands in made)}, certificates good until {until:%Y-%m-%d}"
    if until - datetime.fromtimestamp(now / SECOND, UTC) < SOON:
        return warn(venue, "TLS", says, "The venue has to renew it; watch its status page.")
    return ok(venue, "TLS", says)


class _Place(msgspec.Struct):
    """`/api/geoblock` (Polymarket docs, geographic restrictions, read 2026-08)."""

    blocked: bool
    country: str = ""
    region: str = ""


def region_line(response: HttpResponse) -> Line:
    """Say whether Polymarket takes orders from where this computer seems to be."""
    venue, check = response.venue, "region"
    if response.status != 200:
        return failed(venue, check, explain(response))
    try:
        place = msgspec.json.decode(response.text, type=_Place)
    except (msgspec.DecodeError, RecursionError):
        said = "a web page" if is_page(response.text) else "something else"
        fix = "Look at polymarket.com in a browser from this network."
        return warn(venue, check, f"{said} came instead of the answer", fix)
    where = clean_text(" ".join(part for part in (place.country, place.region) if part), 40)
    if place.blocked:
        fix = (
            "Its terms forbid trading from here, and pmterm will not go round them. Watching works."
        )
        return fail(venue, check, f"orders are not taken from {where}", fix, VenueRefused.exit_code)
    return ok(venue, check, f"orders are taken from {where or 'here'}")


def edge_line(response: HttpResponse) -> Line:
    """Say whether the venue's edge lets this network's requests through, whatever the answer is."""
    if is_page(response.text) and response.status != 403:
        says = f"a web page came instead of data (HTTP {response.status})"
        fix = "A hotel or company network may be in the way: sign in to it, or use another."
        return fail(response.venue, "edge", says, fix, TransportLost.exit_code)
    if response.status in {0, 403} or 300 <= response.status < 400:
        return failed(response.venue, "edge", explain(response))
    return ok(response.venue, "edge", "lets this network through")


def clock_line(response: HttpResponse, told: Ns) -> Line:
    """Say how far this computer's clock is from the venue's.

    `told` is the venue's time in whole seconds, 0 if it told none.
    """
    venue, check = response.venue, "clock"
    if response.status == 0:
        return failed(venue, check, explain(response))
    if not told:
        return warn(venue, check, "the venue told no time", "Compare this computer's with time.is.")
    ours = (response.sent_at + response.at) // 2
    ahead = ours - (told + SECOND // 2)  # its seconds are cut off: half a second is the mean
    says = "as the venue's, within a second"
    if abs(ahead) > SECOND:
        says = f"{abs(ahead) / SECOND:.1f} s {'ahead of' if ahead > 0 else 'behind'} the venue's"
    if abs(ahead) > CLOCK_FAIL:
        return fail(venue, check, says, _set_clock(), TransportLost.exit_code)
    if abs(ahead) > CLOCK_WARN:
        return warn(venue, check, says, _set_clock())
    took = (response.at - response.sent_at) // MS
    return ok(venue, check, f"{says}; it answered in {took} ms")


def time_in(response: HttpResponse) -> Ns:
    """Return the time a venue told: in the body (Polymarket's `/time`), else in the Date header."""
    text = response.text.strip()
    if response.status == 200 and text.isdecimal() and len(text) <= 11:
        return int(text) * SECOND
    return response.venue_at


def _set_clock() -> str:
    if sys.platform == "darwin":
        return "Let it be set by itself: sudo sntp -sS time.apple.com"
    return "Let it be set by itself: sudo timedatectl set-ntp true"


def _is_secure(part: SplitResult) -> bool:
    return part.scheme in {"https", "wss"}


def _host(part: SplitResult) -> str:
    return part.hostname or ""
