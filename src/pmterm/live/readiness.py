"""Whether orders may be made on a venue: everything that must be there, or what is missing."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.live import ReadinessChanged
from pmterm.messages.said import MoodSeen, VenueMood
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns

SKEW_DENIES: Ns = 10 * SECOND
ASK_AGAIN: Ns = 5 * SECOND  # when a venue that takes no orders is asked how it is
LONGEST_ASK: Ns = 40 * SECOND  # one that does not let us in is asked ever less often
# Comparing is due every minute at most. Where it has failed for longer, an order may have filled
# without a word: what was compared then counts no more.
COMPARED_WITHIN: Ns = 120 * SECOND

_WORDS = {
    VenueMood.CANCEL_ONLY: "the venue takes only cancels",
    VenueMood.CLOSED: "the venue takes no orders",
    VenueMood.RESTARTING: "the venue is restarting",
    VenueMood.BLOCKED: "the venue's edge blocks this network",
    VenueMood.LOGGED_OUT: "the venue does not accept the key",
}
_KEPT_OUT = frozenset({VenueMood.BLOCKED, VenueMood.LOGGED_OUT})


class Readiness:
    """What is missing before an order may be made; says so whenever that changes."""

    def __init__(self, venue: Venue, *, wants_dead_man: bool) -> None:
        self._venue = venue
        self._wants_dead_man = wants_dead_man
        self._has_stream = False
        self._is_reconciled = False
        self._compared_at: Ns = 0
        self._has_dead_man = False
        self._has_lapsed = False
        self._mood = VenueMood.OPEN
        self._mood_until: Ns = 0
        self._mood_over: Ns = 0
        self._mood_reason = ""
        self._ask_again = ASK_AGAIN
        self._skew: Ns = 0
        self._said: ReadinessChanged | None = None

    def stream(self, *, is_up: bool) -> None:
        """The user stream went up or down; what was compared before counts no more."""
        self._has_stream = is_up
        self._is_reconciled = False

    def reconciled(self, began_at: Ns) -> None:
        """Our orders agree with the venue's, or are being looked for, by a round begun then.

        A venue that takes no orders is still read from: only a round that began after the time it
        asked for shows that it is back.
        """
        self._is_reconciled = True
        self._compared_at = began_at
        if self._mood is not VenueMood.POST_ONLY and began_at >= self._mood_over:
            self._mood = VenueMood.OPEN

    @property
    def waits_for_round(self) -> bool:
        """Whether the venue takes orders again, and nothing has been compared since it did not."""
        return self._mood is VenueMood.OPEN and self._has_stream and not self._is_reconciled

    def dead_man(self, *, is_held: bool) -> bool:
        """The venue confirmed the dead-man switch, or it ran out; tell whether it is back.

        The venue may have cancelled everything meanwhile, so nothing counts as compared then.
        """
        is_back = is_held and self._has_lapsed
        self._has_lapsed = not is_held and (self._has_lapsed or self._has_dead_man)
        self._is_reconciled = self._is_reconciled and not is_back
        self._has_dead_man = is_held
        return is_back

    def clocks(self, skew: Ns) -> None:
        """Learn how far the two clocks are apart."""
        self._skew = skew

    def felt(self, seen: MoodSeen) -> None:
        """An answer told what the venue takes. After a restart nothing counts as compared."""
        if seen.mood is not VenueMood.OPEN and seen.mood is not self._mood:
            self._is_reconciled = self._is_reconciled and seen.mood is VenueMood.POST_ONLY
        if seen.mood is not self._mood:
            self._ask_again, self._mood_until = ASK_AGAIN, 0
        self._mood = seen.mood
        self._mood_reason = seen.reason
        self._mood_over = seen.at + (seen.for_s * SECOND or ASK_AGAIN)
        self._mood_until = max(self._mood_until, self._mood_over)

    def is_time_to_ask(self, at: Ns) -> bool:
        """Tell whether a venue that took no orders is to be asked again now."""
        if self._mood is VenueMood.OPEN or at < self._mood_until:
            return False
        self._mood_until = at + self._ask_again
        if self._mood in _KEPT_OUT:
            self._ask_again = min(2 * self._ask_again, LONGEST_ASK)
        return True

    def say(self, at: Ns) -> Sequence[Message]:
        """Return a message if what is missing has changed."""
        post_only = self._mood is VenueMood.POST_ONLY
        missing = self._missing(at)
        if self._said is not None and (self._said.missing, self._said.post_only) == (
            missing,
            post_only,
        ):
            return ()
        self._said = ReadinessChanged(at, self._venue, missing, post_only)
        return (self._said,)

    def _missing(self, at: Ns) -> tuple[str, ...]:
        missing: list[str] = []
        if not self._has_stream:
            missing.append("the stream of your own orders is down")
        elif not self._is_reconciled:
            missing.append("your orders are not yet compared with the venue's")
        elif at - self._compared_at > COMPARED_WITHIN:
            minutes = COMPARED_WITHIN // (60 * SECOND)
            missing.append(f"your orders were not compared with the venue's for {minutes} min")
        if self._mood is VenueMood.LOGGED_OUT and self._mood_reason:
            missing.append(self._mood_reason.partition(". ")[0])  # key and clock are told apart
        elif self._mood in _WORDS:
            missing.append(_WORDS[self._mood])
        if abs(self._skew) > SKEW_DENIES:
            missing.append(f"your clock is {abs(self._skew) // SECOND} s off the venue's")
        if self._wants_dead_man and not self._has_dead_man:
            missing.append("the dead-man switch is not confirmed")
        return tuple(missing)
