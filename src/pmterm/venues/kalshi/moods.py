"""What the exchange takes now: asked for as time passes, and learnt from what it refuses."""

from collections.abc import Collection, Sequence

from pmterm.messages.base import Message
from pmterm.messages.said import MoodSeen, VenueMood
from pmterm.messages.transport import HttpRequest, HttpResponse
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.venues.base import WARM_EVERY
from pmterm.venues.kalshi.asking import KEY, OPEN
from pmterm.venues.kalshi.exchange import ShardStatus, ask_status, status_in
from pmterm.venues.kalshi.verdicts import is_done, object_of

UNTIL_NEXT_S = WARM_EVERY // SECOND + 5
_KEPT_OUT = frozenset({VenueMood.LOGGED_OUT, VenueMood.BLOCKED})
_WORST = (VenueMood.CLOSED, VenueMood.CANCEL_ONLY, VenueMood.OPEN)
_REASONS = {
    VenueMood.CLOSED: "Kalshi is paused as a whole: orders stay and cannot be cancelled.",
    VenueMood.CANCEL_ONLY: "Trading on Kalshi is paused: orders can only be cancelled.",
}


class Moods:
    """The newest mood; says each change once, except for refusals, which say it every time."""

    def __init__(self) -> None:
        self._mood: VenueMood | None = None
        self._next_at: Ns = 0

    def tick(self, at: Ns) -> list[HttpRequest]:
        """Ask for the status ("status:") when it is due, which keeps a connection open, too."""
        if at < self._next_at:
            return []
        self._next_at = at + WARM_EVERY
        return [ask_status(at, "status:", auth=OPEN)]

    def heard(self, response: HttpResponse, said: Sequence[Message]) -> Sequence[Message]:
        """Note what an answer told; one to a signed question proves that the key is good again."""
        told = [message.mood for message in said if isinstance(message, MoodSeen)]
        if told:
            self._mood = told[-1]
        elif self._mood in _KEPT_OUT and response.auth == KEY and is_done(response):
            self._mood = VenueMood.OPEN
            return [*said, MoodSeen(response.at, Venue.KALSHI, VenueMood.OPEN)]
        return said

    def answered(self, response: HttpResponse, shards: Collection[int]) -> list[Message]:
        """Read a status; it may come with a 5xx. The worst of the shards in use counts.

        A pause is said at each, good until the next: that reads work does not end it.
        """
        try:
            told = status_in(object_of(response.text) or {})
        except ValueError:
            return []
        worst = _worst([told.get(shard, told[0]) for shard in shards or (0,)])
        if self._mood in _KEPT_OUT or worst.mood is VenueMood.OPEN is self._mood:
            return []
        wait = max(UNTIL_NEXT_S, (worst.resumes_at - response.at) // SECOND)
        reason = _REASONS.get(worst.mood, "")
        return [MoodSeen(response.at, Venue.KALSHI, worst.mood, wait, reason)]


def _worst(shards: Sequence[ShardStatus]) -> ShardStatus:
    return min(shards, key=lambda shard: _WORST.index(shard.mood))
