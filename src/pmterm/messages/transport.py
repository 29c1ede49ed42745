"""Bytes with a time, no socket: what comes in from a venue, and what a feed asks to be sent."""

from pmterm.messages.base import Message
from pmterm.model.ids import Venue


class Opened(Message, frozen=True):
    """A stream's connection is up; `conn` counts from 1 within a session."""

    venue: Venue
    conn: int


class Closed(Message, frozen=True):
    """A stream's connection is gone."""

    venue: Venue
    conn: int
    reason: str = ""


class Frame(Message, frozen=True, gc=False):
    """One WebSocket text frame, exactly as received."""

    venue: Venue
    conn: int
    text: str


class HttpRequest(Message, frozen=True):
    """Ask a venue's REST host.

    `host` names one of the venue's base URLs in the settings ("clob", "gamma", "api"); `path`
    starts with "/" and holds the query. `purpose` comes back in the answer, so that a feed knows
    what it asked for. `priority`: 0 cancel, 1 order, 2 read.
    """

    venue: Venue
    host: str
    method: str
    path: str
    body: str = ""
    purpose: str = ""
    priority: int = 2


class HttpResponse(Message, frozen=True):
    """One REST answer. `status` 0: no answer came, `text` says why.

    `retry_after_s` is what the venue asked for in its Retry-After header, 0 if nothing.
    """

    venue: Venue
    method: str
    path: str
    status: int
    text: str
    purpose: str = ""
    retry_after_s: int = 0


class SendText(Message, frozen=True):
    """Send this text frame on the venue's stream."""

    venue: Venue
    text: str


class Reconnect(Message, frozen=True):
    """Drop the venue's stream and connect afresh."""

    venue: Venue
    reason: str
