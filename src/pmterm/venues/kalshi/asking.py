"""Requests about our own account, and the purpose by which their answers are known again.

A purpose is "<verb>:<what>" and, where more must come back, words after a blank: the page of a
list, the step of a wish that takes two requests.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

import msgspec

from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue, VenueOrderId
from pmterm.model.units import Ns

PORTFOLIO: Final = "/portfolio"
WRITES: Final = "/portfolio/events/orders"  # mutations have been here since June 2026
CANCEL, ORDER, READ = 0, 1, 2
KEY: Final = "key"
OPEN: Final = "open"  # asked for our orders' sake, though whoever asks gets an answer
PAGE: Final = 1_000


class Asked(msgspec.Struct, frozen=True):
    """A purpose taken apart."""

    verb: str
    what: str
    more: str = ""


def asked_in(purpose: str) -> Asked:
    """Take a purpose apart."""
    head, _, more = purpose.partition(" ")
    verb, _, what = head.partition(":")
    return Asked(verb, what, more)


def get(
    at: Ns, path: str, purpose: str, query: Mapping[str, object] | None = None, *, auth: str = KEY
) -> HttpRequest:
    """Return a request that reads."""
    whole = with_query(path, query or {})
    return HttpRequest(at, Venue.KALSHI, "api", "GET", whole, "", purpose, READ, auth)


def write(
    at: Ns, method: str, path: str, purpose: str, body: str = "", *, priority: int | None = None
) -> HttpRequest:
    """Return a request that changes something; what takes orders back goes first."""
    urgency = (CANCEL if method == "DELETE" else ORDER) if priority is None else priority
    return HttpRequest(at, Venue.KALSHI, "api", method, path, body, purpose, urgency, KEY)


def with_query(path: str, query: Mapping[str, object]) -> str:
    """Return a path with its query; empty values are left out."""
    told = {key: str(value) for key, value in query.items() if value not in ("", None)}
    return f"{path}?{urlencode(told)}" if told else path


def order_path(venue_order: VenueOrderId, base: str = WRITES, step: str = "") -> str:
    """Return the path of one order."""
    return f"{base}/{quote(venue_order, safe='')}{step}"


def asked_at(response: HttpResponse) -> Ns:
    """Return when a question left, as far as the answer tells."""
    return response.sent_at or response.asked_at or response.at
