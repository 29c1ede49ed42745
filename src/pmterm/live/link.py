"""How the line to a venue is: calls, those that failed, and the clocks."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.live import LinkSeen
from pmterm.messages.transport import HttpResponse
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns

SKEWS_KEPT = 8
SLOW: Ns = 1 * SECOND  # an answer that took longer says little about the clocks
TOLD_EVERY: Ns = 5 * SECOND
LIMITED = frozenset({425, 429})


class Link:
    """Counts the answers of one venue, and tells now and then."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._calls = self._limited = self._failed = 0
        self._skews: list[Ns] = []
        self._told: LinkSeen | None = None

    def answered(self, response: HttpResponse) -> None:
        """Take an answer in."""
        self._calls += 1
        self._limited += response.status in LIMITED
        self._failed += response.status == 0 or response.status >= 500
        if not response.venue_at or not response.sent_at or response.at - response.sent_at > SLOW:
            return
        # A Date header is cut to whole seconds: half a second is added back. The wall is what we
        # sign with; `at` does not follow it when it is set back.
        middle = (response.wall_at or response.at) - (response.at - response.sent_at) // 2
        self._skews = [*self._skews[-SKEWS_KEPT + 1 :], middle - response.venue_at - SECOND // 2]

    @property
    def skew(self) -> Ns:
        """How far our clock is ahead of the venue's, the median of late; 0 if not known."""
        return sorted(self._skews)[len(self._skews) // 2] if self._skews else 0

    def say(self, at: Ns) -> Sequence[Message]:
        """Tell how the line is, if that has changed and some seconds have passed."""
        seen = LinkSeen(at, self._venue, self.skew, self._calls, self._limited, self._failed)
        told = self._told
        if told is not None and (at - told.at < TOLD_EVERY or told.calls == seen.calls):
            return ()
        self._told = seen
        return (seen,)
