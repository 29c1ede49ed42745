"""Times as people type them."""

from datetime import UTC, datetime

from pmterm.model.errors import UsageWrong
from pmterm.model.units import SECOND, Ns


def parse_time(text: str, option: str) -> Ns:
    """Read an ISO 8601 time, UTC where it names no zone; "" is 0.

    Raises:
        UsageWrong: it is none.
    """
    if not text:
        return 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        hint = "Write it like 2026-05-13T21:55 or 2026-05-13T21:55:30Z; without a zone it is UTC."
        raise UsageWrong(f"{option} {text[:40]} is no time.", hint) from None
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * SECOND + moment.microsecond * 1_000
