"""Whether a venue trades at all just now, in its own words."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec

from pmterm.compose.doctor.lines import Line, fail, failed, ok, warn
from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.units import SECOND, Ns
from pmterm.net.explain import explain
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.exchange import schedule_in, status_in

T = TypeVar("T")
_CHECK: Final = "exchange"
_DAY: Final[Ns] = 24 * 3600 * SECOND


def kalshi_line(response: HttpResponse) -> Line:
    """Say whether Kalshi is open, by shard; it tells so with a 503 too."""
    shards = _read(response, status_in)
    if shards is None:
        return failed(response.venue, _CHECK, explain(response))
    first = shards[0]
    wait = "Wait; it says no time."
    if first.resumes_at:
        wait = f"Wait; it expects to be back at {_moment(first.resumes_at)}."
    if not first.is_up:
        says = "in maintenance: no orders, no cancels"
        return fail(response.venue, _CHECK, says, wait, VenueRefused.exit_code)
    if not first.trades:
        says = "trading is paused: cancels pass, new orders do not"
        return fail(response.venue, _CHECK, says, wait, VenueRefused.exit_code)
    shut = [str(number) for number, shard in shards.items() if not (shard.is_up and shard.trades)]
    if shut:
        return warn(response.venue, _CHECK, f"open, but not its shards {', '.join(shut)}", wait)
    return ok(response.venue, _CHECK, "open")


def kalshi_schedule_line(response: HttpResponse, now: Ns) -> Line | None:
    """Say when Kalshi shuts next for maintenance, if it has told; None if not."""
    schedule = _read(response, schedule_in)
    if schedule is None:
        return None
    ahead = sorted(window for window in schedule.maintenance if window[1] > now)
    if not ahead:
        return None
    begins, ends = ahead[0]
    says = f"maintenance from {_moment(begins)} to {_moment(ends)}"
    if begins - now > _DAY:
        return ok(response.venue, "schedule", says)
    return warn(response.venue, "schedule", says, "Have no orders resting over it.")


def polymarket_line(response: HttpResponse) -> Line:
    """Say whether Polymarket's order book answers (`/ok`)."""
    if response.status == 200:
        return ok(response.venue, _CHECK, "open")
    return failed(response.venue, _CHECK, explain(response))


def _read(response: HttpResponse, read: Callable[[Table], T]) -> T | None:
    try:
        body = msgspec.json.decode(response.text)
        return read(body) if isinstance(body, dict) else None
    except (msgspec.DecodeError, ValueError, KeyError, RecursionError):
        return None


def _moment(at: Ns) -> str:
    return f"{datetime.fromtimestamp(at / SECOND, UTC):%Y-%m-%d %H:%M} UTC"
