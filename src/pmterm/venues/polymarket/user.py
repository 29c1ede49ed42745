"""The stream of our own orders and trades: what each frame says.

Read here and not by the vendor's parser, which silently drops killed FOK orders, trades whose
maker orders lack a side, and orders created at a time in milliseconds (polymarket-client 0.14.0).
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.transport import SendText, UserFrame
from pmterm.model.units import SECOND, Ns
from pmterm.venues.polymarket.answers import VENUE
from pmterm.venues.polymarket.known import Known, MarketUnheard, Me
from pmterm.venues.polymarket.loose import Data
from pmterm.venues.polymarket.own_rows import fills_seen, order_seen
from pmterm.venues.polymarket.wire import UNREADABLE
from pmterm.venues.polymarket.wishes import surprised

PING_EVERY: Final[Ns] = 5 * SECOND  # its own client: 10 s; a dead line is to show within that
_ORDER_EVENTS: Final = frozenset({"PLACEMENT", "UPDATE", "CANCELLATION"})
Unheard = Callable[[MarketUnheard, Data, Ns], Sequence[Message]]


class UserStream:
    """Reads frames; `unheard` is called with an event whose market is to be asked for first."""

    def __init__(self, known: Known, me: Me, unheard: Unheard) -> None:
        self._known = known
        self._me = me
        self._unheard = unheard

    def receive(self, frame: UserFrame) -> Sequence[Message]:
        """Say what a frame means; never raises."""
        text = frame.text.strip()
        if text in {"", "PONG"}:
            return ()
        if text == "PING":
            return (SendText(frame.at, VENUE, "PONG", is_user=True),)
        try:
            body = msgspec.json.decode(text)
        except UNREADABLE:
            return (surprised(frame.at, "not JSON on the user stream", text),)
        said: list[Message] = []
        for event in body if isinstance(body, list) else [body]:
            said += self.event(event, frame.at)
        return said

    def event(self, event: object, at: Ns) -> Sequence[Message]:
        """Say what one event means."""
        if not isinstance(event, dict):
            return (surprised(at, "no event on the user stream", str(event)),)
        try:
            return self._meaning(event, at)
        except MarketUnheard as unheard:
            return self._unheard(unheard, event, at)
        except ValueError as broken:
            return (surprised(at, f"bad {_kind(event)}", f"{broken}; {_gist(event)}"),)

    def _meaning(self, event: Data, at: Ns) -> Sequence[Message]:
        """Read an event by its kind; older frames name only its type."""
        match _kind(event):
            case "order":
                return (order_seen(event, self._known, at),)
            case "trade":
                return fills_seen(event, self._known, self._me, at)
            case _:
                return (surprised(at, "unknown type on the user stream", _gist(event)),)


def _kind(event: Data) -> str:
    told, kind = event.get("event_type"), event.get("type")
    if told == "order" or told == "trade":  # noqa: PLR1714  # what came may not be hashable
        return str(told)
    if (told is None or told == "") and isinstance(kind, str):
        if kind in _ORDER_EVENTS:
            return "order"
        if kind == "TRADE":
            return "trade"
    return "event"


def _gist(event: Data) -> str:
    """Return what an event calls itself; the rest can name accounts."""
    return " ".join(str(event.get(key, ""))[:60] for key in ("event_type", "type", "status", "id"))
