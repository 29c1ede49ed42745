"""Kalshi's week: open all hours but for Thursday's two of maintenance, in US Eastern time.

Source: Kalshi docs, maintenance, read 2026-10; the schedule as recorded 2026-01.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pmterm.model.units import SECOND, Ns

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
THURSDAY, BEGINS, ENDS = 3, 3, 5  # 03:00 to 05:00 Eastern
SUNDAY = 6


def is_pause(at: Ns) -> bool:
    """Tell whether the weekly trading pause is on."""
    local = eastern(at)
    return local.weekday() == THURSDAY and BEGINS <= local.hour < ENDS


def pause_ends(at: Ns) -> Ns:
    """Return when the pause that is on at `at` ends."""
    local = eastern(at)
    left = local.replace(hour=ENDS, minute=0, second=0, microsecond=0) - local
    return at + int(left.total_seconds()) * SECOND


def next_pause(at: Ns) -> Ns:
    """Return when the next pause begins, to the second."""
    hour = at // (3_600 * SECOND) * 3_600 * SECOND
    for _ in range(8 * 24):
        hour += 3_600 * SECOND
        local = eastern(hour)
        if local.weekday() == THURSDAY and local.hour == BEGINS:
            break
    return hour


def eastern(at: Ns) -> datetime:
    """Return New York's clock, without a zone. Daylight saving by the rule in force since 2007."""
    utc = datetime.fromtimestamp(at // SECOND, UTC).replace(tzinfo=None)
    begins = _sunday(date(utc.year, 3, 8)) + timedelta(hours=7)  # second Sunday, 02:00 EST
    ends = _sunday(date(utc.year, 11, 1)) + timedelta(hours=6)  # first Sunday, 02:00 EDT
    return utc - timedelta(hours=4 if begins <= utc < ends else 5)


def _sunday(earliest: date) -> datetime:
    """Return the first Sunday from a day on."""
    day = earliest + timedelta(days=(SUNDAY - earliest.weekday()) % 7)
    return datetime(day.year, day.month, day.day)  # noqa: DTZ001 - UTC like its neighbours


def schedule_row() -> dict[str, Any]:
    """Return what `/exchange/schedule` shows; `"00:00"` as a closing time is midnight."""
    whole_day = [{"open_time": "00:00", "close_time": "00:00"}]
    week: dict[str, Any] = dict.fromkeys(DAYS, whole_day)
    week["thursday"] = [
        {"open_time": "00:00", "close_time": "03:00"},
        {"open_time": "05:00", "close_time": "00:00"},
    ]
    week |= {"start_time": "2024-12-01T00:00:00Z", "end_time": "2200-12-01T00:00:00Z"}
    return {"standard_hours": [week], "maintenance_windows": []}
