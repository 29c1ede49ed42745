"""The dead-man switch: once begun, missing beats for ten seconds cancels all the account's orders.

Each beat carries the id the last answer gave; two programs on one account fight over it. Source:
Polymarket docs, heartbeats, read 2026-08.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.said import BeatAnswered
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.units import SECOND, Ns
from pmterm.venues.polymarket.answers import VENUE, ask, decoded, moods, trouble

LASTS: Final[Ns] = 10 * SECOND
_FIRST: Final = "beat:"
_AGAIN: Final = "beat:again"
_LONGEST_ID = 200


class Beats:
    """Makes beats and keeps their id."""

    def __init__(self) -> None:
        self._id = ""

    def ask(self, at: Ns, purpose: str = _FIRST) -> HttpRequest:
        """Return the next beat. It is the account's first that switches the switch on.

        It goes out like a cancel: held back with orders, it would cost all that rest.
        """
        body = msgspec.json.encode({"heartbeat_id": self._id}).decode()
        beat = ask(at, "POST", "/v1/heartbeats", purpose, body)
        return msgspec.structs.replace(beat, priority=0)

    def answered(self, response: HttpResponse) -> Sequence[Message]:
        """Say whether a beat was taken; one with a stale id is sent again at once, once."""
        body = decoded(response)
        words = body if isinstance(body, dict) else {}
        told = words.get("heartbeat_id")
        has_id = isinstance(told, str) and len(told) <= _LONGEST_ID  # "": a new switch is begun
        if has_id:
            self._id = str(told)
        if response.status == 200 and ((has_id and told) or words.get("status") == "ok"):
            return (BeatAnswered(response.at, VENUE, is_taken=True, lasts=LASTS),)
        meant = trouble(response)
        if response.status == 400 and has_id and response.purpose != _AGAIN:
            return (self.ask(response.at, _AGAIN),)
        refused = BeatAnswered(response.at, VENUE, is_taken=False, reason=meant.reason)
        return (*moods(response, meant), refused)
