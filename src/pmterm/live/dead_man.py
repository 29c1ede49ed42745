"""The venue's dead-man switch: renewed while we live, left to run out when we should be dead."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.live import DeadManSeen
from pmterm.messages.said import BeatAnswered
from pmterm.model.units import SECOND, Ns
from pmterm.venues.base import Orders

EVERY: Ns = 5 * SECOND
AGAIN: Ns = 1 * SECOND  # after a beat that was not taken; doubled each time, up to EVERY


class DeadMan:
    """Beats every 5 s. What a venue took holds for as long as it said, and no longer.

    `is_stopped`: no more beats, so that the venue cancels what we cannot.
    """

    def __init__(self, wing: Orders, *, is_wanted: bool) -> None:
        self._wing = wing
        self._is_wanted = is_wanted and wing.has_dead_man
        self._next: Ns = 0
        self._again = AGAIN
        self._is_asking = False
        self._asked_at: Ns = 0
        self.until: Ns = 0
        self.is_stopped = False

    def is_held(self, at: Ns) -> bool:
        """Tell whether the venue would cancel our orders if we were gone now, if it ever can."""
        return not self._wing.has_dead_man or at < self.until

    def beat(self, at: Ns) -> Sequence[Message]:
        """Return the next beat if it is due."""
        is_late = self._is_asking and at - self._asked_at > 2 * EVERY
        if not self._is_wanted or self.is_stopped or at < self._next:
            return ()
        if self._is_asking and not is_late:
            return ()
        request = self._wing.beat(at)
        if request is None:
            return ()
        self._is_asking, self._asked_at = True, at
        self._next = at + EVERY
        return (request,)

    def answered(self, answer: BeatAnswered) -> Sequence[Message]:
        """Take the venue's word."""
        self._is_asking = False
        if not answer.is_taken:
            self.until = 0  # what the venue counts now is not known: nothing is held
            self._next = answer.at + self._again
            self._again = min(2 * self._again, EVERY)
            return ()
        self._again = AGAIN
        # Counted from when we asked: the venue began to count before we heard.
        self.until = self._asked_at + answer.lasts
        return (DeadManSeen(answer.at, answer.venue, self.until),)
