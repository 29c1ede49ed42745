"""Bytes with a time, no socket: what comes in from a venue, and what a feed asks to be sent."""

from pmterm.messages.base import Message
from pmterm.model.ids import Venue
from pmterm.model.units import Ns


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
    what it asked for. `priority`: 0 cancel, 1 order, 2 read. `auth` names how it is signed ("": not
    at all; "l1", "l2" on Polymarket, "key" on Kalshi): whoever holds the account's keys makes the
    headers just before the first byte leaves, so that no secret stands in a message.
    """

    venue: Venue
    host: str
    method: str
    path: str
    body: str = ""
    purpose: str = ""
    priority: int = 2
    auth: str = ""


class HttpResponse(Message, frozen=True):
    """One REST answer. `status` 0: no answer came, `text` says why.

    `retry_after_s` is what the venue asked for in its Retry-After header, 0 if nothing. `auth` is
    the question's: an answer to a signed question is private, and is not recorded. `sent_at` is
    when the question's first byte left (0: none did, so the venue cannot have acted on it),
    `asked_at` when it was handed to the network, `venue_at` the answer's Date header,
    `wall_at` the computer's own clock as it came, which somebody may have set, and `ticked_at` the
    one that nobody can set (only differences within a session mean anything).
    """

    venue: Venue
    method: str
    path: str
    status: int
    text: str
    purpose: str = ""
    retry_after_s: int = 0
    auth: str = ""
    asked_at: Ns = 0
    sent_at: Ns = 0
    venue_at: Ns = 0
    wall_at: Ns = 0
    ticked_at: Ns = 0


class SendText(Message, frozen=True):
    """Send this text frame on the venue's market stream, or on its user stream."""

    venue: Venue
    text: str
    is_user: bool = False


class Reconnect(Message, frozen=True):
    """Drop the venue's market stream, or its user stream, and connect afresh."""

    venue: Venue
    reason: str
    is_user: bool = False


class UserOpened(Message, frozen=True):
    """The stream of our own orders and fills is up; `conn` counts from 1 within a session."""

    venue: Venue
    conn: int


class UserClosed(Message, frozen=True):
    """The stream of our own orders and fills is gone: what happened meanwhile must be asked for."""

    venue: Venue
    conn: int
    reason: str = ""


class UserFrame(Message, frozen=True, gc=False):
    """One text frame about our own account. It can name keys, so it is never recorded."""

    venue: Venue
    conn: int
    text: str
