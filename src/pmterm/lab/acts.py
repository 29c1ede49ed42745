"""A hash of what was done in a run: its decisions without the words of signals."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from pmterm.messages.base import Message
from pmterm.messages.orders import Refused
from pmterm.messages.signals import SignalEnded, SignalRejected, SignalSeen
from pmterm.messages.strategy import Suggested
from pmterm.model.ids import SignalId
from pmterm.store.journal import DECISIONS

ACTS: Final = DECISIONS - {SignalSeen, SignalRejected, SignalEnded}


class Acts:
    """Listens to an engine: orders, refusals by the gate, fills, exits, positions, cash.

    Why a signal was or was not followed is no act (`Refused.is_warning`), nor is its number among
    all signals: two sets of thresholds that do the same have the same hash.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._encode = msgspec.json.Encoder().encode

    @property
    def hash(self) -> str:
        """The SHA-256 so far, in hex."""
        return self._digest.hexdigest()

    def hears(self) -> Mapping[type[Message], Callable[[Any], None]]:
        """Return what is listened to."""
        return dict.fromkeys(ACTS, self._note) | {
            Refused: self._refused,
            Suggested: self._suggested,
        }

    def _refused(self, refused: Refused) -> None:
        if not refused.is_warning:
            self._note(refused)

    def _suggested(self, wish: Suggested) -> None:
        self._note(msgspec.structs.replace(wish, signal=SignalId("")))

    def _note(self, message: Message) -> None:
        self._digest.update(self._encode(message) + b"\n")
