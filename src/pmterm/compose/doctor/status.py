"""Whether a venue trades at all just now, in its own words."""

from datetime import UTC, datetime

import msgspec

from pmterm.compose.doctor.lines import Line, fail, failed, ok, warn
from pmterm.messages.transport import HttpResponse
from pmterm.model.errors import VenueRefused
from pmterm.model.text import clean_text
from pmterm.model.units import SECOND, Ns
from pmterm.net.explain import explain

_CHECK = "exchange"


class _Shard(msgspec.Struct):
    """One matching engine's part of Kalshi's status."""

    exchange_index: int = 0
    exchange_active: bool = True
    trading_active: bool = True


class _Status(msgspec.Struct):
    """Kalshi's `/exchange/status`; also the body of a 503 (Kalshi docs, read 2026-10)."""

    exchange_active: bool
    trading_active: bool
    exchange_estimated_resume_time: str | None = None
    exchange_index_statuses: list[_Shard] = []


class _Window(msgspec.Struct):
    start_datetime: datetime
    end_datetime: datetime


class _Windows(msgspec.Struct):
    maintenance_windows: list[_Window] = []


class _Schedule(msgspec.Struct):
    """Kalshi's `/exchange/schedule`."""

    schedule: _Windows


def kalshi_line(response: HttpResponse) -> Line:
    """Say whether Kalshi is open, by shard."""
    try:
        status = msgspec.json.decode(response.text, type=_Status)
    except (msgspec.DecodeError, RecursionError):
        return failed(response.venue, _CHECK, explain(response))
    until = clean_text(status.exchange_estimated_resume_time or "", 40)
    wait = f"Wait; it expects to be back at {until}." if until else "Wait; it says no time."
    code = VenueRefused.exit_code
    if not status.exchange_active:
        says = "in maintenance: no orders, no cancels"
        return fail(response.venue, _CHECK, says, wait, code)
    if not status.trading_active:
        says = "trading is paused: cancels pass, new orders do not"
        return fail(response.venue, _CHECK, says, wait, code)
    shut = [s.exchange_index for s in status.exchange_index_statuses if not _is_open(s)]
    if shut:
        says = f"open, but not its shards {', '.join(map(str, shut))}"
        return warn(response.venue, _CHECK, says, wait)
    return ok(response.venue, _CHECK, "open")


def kalshi_schedule_line(response: HttpResponse, now: Ns) -> Line | None:
    """Say when Kalshi shuts next, if it has told; None if there is nothing to say."""
    try:
        told = msgspec.json.decode(response.text, type=_Schedule).schedule.maintenance_windows
    except (msgspec.DecodeError, RecursionError):
        return None
    moment = datetime.fromtimestamp(now / SECOND, UTC)
    ahead = [w for w in told if w.end_datetime.astimezone(UTC) > moment]
    if not ahead:
        return None
    window = min(ahead, key=lambda one: one.start_datetime.astimezone(UTC))
    start, end = (t.astimezone(UTC) for t in (window.start_datetime, window.end_datetime))
    says = f"maintenance from {start:%Y-%m-%d %H:%M} to {end:%H:%M} UTC"
    if (start - moment).total_seconds() > 24 * 3600:
        return ok(response.venue, "schedule", says)
    return warn(response.venue, "schedule", says, "Have no orders resting over it.")


def polymarket_line(response: HttpResponse) -> Line:
    """Say whether Polymarket's order book answers (`/ok`)."""
    if response.status == 200:
        return ok(response.venue, _CHECK, "open")
    return failed(response.venue, _CHECK, explain(response))


def _is_open(shard: _Shard) -> bool:
    return shard.exchange_active and shard.trading_active
