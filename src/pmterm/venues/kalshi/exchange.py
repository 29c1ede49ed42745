"""What the exchange says about itself: its status by shard, and its hours.

Pure: requests, and readers of the decoded body, which raise ValueError where it does not fit.
Source: Kalshi docs, OpenAPI 3.34.0, read 2026-10, and answers recorded 2026-01 and 2026-06.
"""

from datetime import UTC, datetime, timedelta

import msgspec

from pmterm.messages.said import VenueMood
from pmterm.messages.transport import HttpRequest
from pmterm.model.units import Ns
from pmterm.venues.kalshi import fields
from pmterm.venues.kalshi.account import tables
from pmterm.venues.kalshi.answers import Table
from pmterm.venues.kalshi.asking import get

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def ask_status(at: Ns, purpose: str = "exchange:status", *, auth: str = "") -> HttpRequest:
    """Ask whether the exchange trades now; needs no key."""
    return get(at, "/exchange/status", purpose, auth=auth)


def ask_schedule(at: Ns) -> HttpRequest:
    """Ask when the exchange trades; needs no key."""
    return get(at, "/exchange/schedule", "exchange:schedule", auth="")


class ShardStatus(msgspec.Struct, frozen=True):
    """What a matching engine does now. `resumes_at` is the venue's estimate, 0: none."""

    is_up: bool
    trades: bool
    resumes_at: Ns = 0

    @property
    def mood(self) -> VenueMood:
        """What it takes: nothing while it is down, cancels only while trading is paused."""
        if not self.is_up:
            return VenueMood.CLOSED
        return VenueMood.OPEN if self.trades else VenueMood.CANCEL_ONLY


def status_in(body: Table) -> dict[int, ShardStatus]:
    """Read the exchange's status by shard; shard 0 is always there."""
    resumes = fields.instant(body, "exchange_estimated_resume_time")
    told = {0: ShardStatus(_flag(body, "exchange_active"), _flag(body, "trading_active"), resumes)}
    for row in tables({"rows": body.get("exchange_index_statuses")}, "rows"):
        shard = fields.whole(row, "exchange_index")
        is_up, trades = _flag(row, "exchange_active"), _flag(row, "trading_active")
        told[shard] = ShardStatus(is_up, trades, resumes)
    return told


def _flag(body: Table, key: str) -> bool:
    value = body.get(key)
    if not isinstance(value, bool):
        raise ValueError(f"{key} is not yes or no")  # noqa: TRY004 - one error for all misfits
    return value


class Schedule(msgspec.Struct, frozen=True):
    """When the exchange trades: hours by weekday in US Eastern minutes, and maintenance (Unix ns).

    `weeks` holds (from, to, hours), hours being seven tuples of (opens, closes), Monday first.
    """

    weeks: tuple[tuple[Ns, Ns, tuple[tuple[tuple[int, int], ...], ...]], ...]
    maintenance: tuple[tuple[Ns, Ns], ...]

    def is_open(self, at: Ns) -> bool:
        """Tell whether the exchange is to trade at a moment."""
        if any(begins <= at < ends for begins, ends in self.maintenance):
            return False
        there = eastern(at)
        minute = there.hour * 60 + there.minute
        for begins, ends, hours in self.weeks:
            if begins <= at < ends:
                return any(opens <= minute < closes for opens, closes in hours[there.weekday()])
        return False


def schedule_in(body: Table) -> Schedule:
    """Read the schedule; a close at 00:00 is midnight at the day's end."""
    schedule = fields.table(body, "schedule")
    weeks = tuple(
        (
            fields.instant(row, "start_time"),
            min(fields.instant(row, "end_time"), fields.LATEST_MS * 1_000_000),
            tuple(tuple(_hours(one) for one in tables(row, day)) for day in _DAYS),
        )
        for row in tables(schedule, "standard_hours")
    )
    windows = tuple(
        (fields.instant(row, "start_datetime"), fields.instant(row, "end_datetime"))
        for row in tables({"rows": schedule.get("maintenance_windows")}, "rows")
    )
    return Schedule(weeks, windows)


def _hours(row: Table) -> tuple[int, int]:
    return _minute(row, "open_time"), _minute(row, "close_time") or 24 * 60


def _minute(row: Table, key: str) -> int:
    told = datetime.strptime(fields.given(row, key), "%H:%M").replace(tzinfo=UTC)
    return told.hour * 60 + told.minute


def eastern(at: Ns) -> datetime:
    """Return a moment in US Eastern time, by the rule in force since 2007.

    Summer time is from 07:00 UTC on the second Sunday of March to 06:00 UTC on the first Sunday of
    November. Worked out here, for not every computer has a table of time zones.
    """
    moment = fields.EPOCH + timedelta(microseconds=at // 1_000)
    begins = _sunday(moment.year, 3, 8) + timedelta(hours=7)
    ends = _sunday(moment.year, 11, 1) + timedelta(hours=6)
    return moment - timedelta(hours=4 if begins <= moment < ends else 5)


def _sunday(year: int, month: int, day: int) -> datetime:
    """Return the first Sunday on or after a day."""
    first = datetime(year, month, day, tzinfo=UTC)
    return first + timedelta(days=6 - first.weekday())
