"""The lines of a recording, version 1: newline-delimited JSON, one object each, told by `kind`."""

from typing import Annotated, Any, Final, TypeAlias

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.transport import Closed, Frame, HttpResponse, Opened
from pmterm.model.ids import MarketId, Venue
from pmterm.model.units import Ns

FORMAT: Final = "pmterm-recording"
VERSION: Final = 1
# What no clock says is damage: before 1970, or after 2116, past which our integers end.
Time: TypeAlias = Annotated[Ns, msgspec.Meta(ge=0, le=2**62)]

GOES_ON: Final = "recording goes on"  # a note: another recorder began here


class Header(msgspec.Struct, frozen=True, tag_field="kind", tag="header"):
    """The first line: what this file is, who made it, from what."""

    format: str
    version: int
    source: str = ""
    note: str = ""


class MarketLine(msgspec.Struct, frozen=True, tag_field="kind", tag="market"):
    """A market's metadata in the venue's own words, when first watched or changed.

    `at` may be 0 where the maker of the recording did not know when it learned them.
    """

    at: Time
    venue: Venue
    market: MarketId
    data: dict[str, Any]


class NoteLine(msgspec.Struct, frozen=True, tag_field="kind", tag="note", omit_defaults=True):
    """Something a person or the program wants remembered: a tag, a video anchor."""

    at: Time
    text: str
    data: dict[str, Any] | None = None


class OpenLine(msgspec.Struct, frozen=True, tag_field="kind", tag="open"):
    """A connection begins."""

    at: Time
    venue: Venue
    conn: int


class CloseLine(msgspec.Struct, frozen=True, tag_field="kind", tag="close", omit_defaults=True):
    """A connection ends."""

    at: Time
    venue: Venue
    conn: int
    reason: str = ""


class FrameLine(msgspec.Struct, frozen=True, tag_field="kind", tag="frame", gc=False):
    """One WebSocket text frame, exactly as received."""

    at: Time
    venue: Venue
    conn: int
    text: str


class HttpLine(msgspec.Struct, frozen=True, tag_field="kind", tag="http", omit_defaults=True):
    """One REST answer. `purpose` is ours, beyond the format's fields: readers may skip it."""

    at: Time
    venue: Venue
    method: str
    path: str
    status: int
    text: str
    purpose: str = ""


AnyLine: TypeAlias = FrameLine | HttpLine | OpenLine | CloseLine | MarketLine | NoteLine | Header
# What a reader hands out: lines that are events come as the messages they were.
Line: TypeAlias = Header | MarketLine | NoteLine | Opened | Closed | Frame | HttpResponse

KINDS: Final = frozenset({"header", "market", "open", "close", "frame", "http", "note"})


class Probe(msgspec.Struct, frozen=True):
    """Just enough of a line to tell one from a later version from a broken one."""

    kind: str


class Stamp(msgspec.Struct, frozen=True):
    """Just the time of a line; -1 where it has none."""

    at: Ns = -1


def told(line: AnyLine) -> Line:
    """Return a decoded line as what it tells: an event as a message, the rest as it is."""
    match line:
        case FrameLine():
            return Frame(line.at, line.venue, line.conn, line.text)
        case HttpLine():
            return HttpResponse(
                line.at, line.venue, line.method, line.path, line.status, line.text, line.purpose
            )
        case OpenLine():
            return Opened(line.at, line.venue, line.conn)
        case CloseLine():
            return Closed(line.at, line.venue, line.conn, line.reason)
        case Header() | MarketLine() | NoteLine():
            return line


def line_of(event: Message) -> AnyLine:
    """Return the line that keeps an event.

    Raises:
        TypeError: the event is of a kind that recordings do not hold.
    """
    match event:
        case Frame():
            return FrameLine(event.at, event.venue, event.conn, event.text)
        case HttpResponse():
            return HttpLine(
                event.at,
                event.venue,
                event.method,
                event.path,
                event.status,
                event.text,
                event.purpose,
            )
        case Opened():
            return OpenLine(event.at, event.venue, event.conn)
        case Closed():
            return CloseLine(event.at, event.venue, event.conn, event.reason)
        case _:
            msg = f"a recording does not hold {type(event).__name__}"
            raise TypeError(msg)
