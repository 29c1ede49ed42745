"""How long a venue asks us to stay away."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pmterm.model.units import SECOND, Ns

LONGEST_S = 86_400


def seconds_of(header: str, at: Ns) -> int:
    """Read a Retry-After header: whole seconds, or a date measured from `at`; 0 if unreadable.

    Source: RFC 9110, section 10.2.3.
    """
    told = header.strip()
    if told.isascii() and told.isdecimal():
        return min(int(told[:9]), LONGEST_S)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0
    moment = until if until.tzinfo else until.replace(tzinfo=UTC)
    wait = moment - datetime.fromtimestamp(at / SECOND, UTC)
    return min(max(math.ceil(wait.total_seconds()), 0), LONGEST_S)
