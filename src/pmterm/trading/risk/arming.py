"""Whether live orders pass: armed by a person for one market and a time, and disarmed by itself."""

from collections.abc import Sequence

from pmterm.messages.base import Message
from pmterm.messages.commands import Arm
from pmterm.messages.feed import BookDoubted, BookLost, TickChanged
from pmterm.messages.live import Armed, Disarmed, HoldingDiffers, ReadinessChanged
from pmterm.messages.orders import Intent, Refused
from pmterm.model.ids import MarketId, OrderId, Venue
from pmterm.model.order import GateState
from pmterm.model.units import SECOND, Ns
from pmterm.trading.risk.checks import Verdict
from pmterm.trading.risk.live_checks import LiveRules, goes_unarmed
from pmterm.trading.risk.wording import seconds


class Arming:
    """What is armed, which venues are ready, where holdings differ.

    Nothing of it but the differences outlives the session: a restart is never armed, and no venue
    is ready until it says so again.
    """

    def __init__(self, rules: LiveRules) -> None:
        self.rules = rules
        self.armed: Armed | None = None
        self.venue: Venue | None = None
        self.ready: dict[Venue, ReadinessChanged] = {}
        self.differs: dict[MarketId, HoldingDiffers] = {}
        self._used_at: Ns = 0

    def started(self) -> None:
        """Begin a session: disarmed, and nobody ready."""
        self.armed = None
        self.ready.clear()

    def arm(self, command: Arm, venue: Venue, wrong: Verdict | None) -> Sequence[Message]:
        """Arm, unless something is `wrong`; a longer or wider arming replaces the old one."""
        wrong = wrong or self._wrong(command, venue)
        if wrong is not None:
            refused = Refused(
                command.at,
                OrderId(""),
                command.market,
                wrong.rule,
                wrong.value,
                wrong.limit,
                wrong.remedy,
            )
            return (refused,)
        until = command.at + command.seconds * SECOND
        self.armed = Armed(command.at, command.market, until, command.max_cash)
        self.venue = venue
        self._used_at = command.at
        return (self.armed,)

    def _wrong(self, command: Arm, venue: Venue) -> Verdict | None:
        longest = self.rules.longest
        if not 0 < command.seconds * SECOND <= longest or command.max_cash < 0:
            value = f"{command.seconds} s"
            return Verdict("ARM", value, f"1 s to {seconds(longest)}", "arm for a shorter time")
        ready = self.ready.get(venue)
        if ready is None or ready.missing:
            missing = ", ".join(ready.missing) if ready is not None else "not known yet"
            return Verdict("READY", missing, "nothing missing", "wait, or see doctor")
        return None

    def disarm(self, at: Ns, reason: str) -> Sequence[Message]:
        """Disarm; says nothing if nothing was armed."""
        if self.armed is None:
            return ()
        self.armed = None
        return (Disarmed(at, reason),)

    def why_not_now(self, intent: Intent) -> str:
        """Return why an approved intent may not begin any more: it was disarmed meanwhile."""
        is_armed = self.armed is not None and self.armed.market == intent.market
        return "" if is_armed or goes_unarmed(intent) else "it is not armed any more"

    def used(self, at: Ns) -> None:
        """Note that the person trades: not idle."""
        self._used_at = at

    def readiness(self, changed: ReadinessChanged) -> Sequence[Message]:
        """Take a venue's readiness; what is missing disarms its market."""
        self.ready[changed.venue] = changed
        if not changed.missing or changed.venue is not self.venue:
            return ()
        return self.disarm(changed.at, f"{changed.venue}: {', '.join(changed.missing)}")

    def differing(self, differs: HoldingDiffers) -> None:
        """Note where the venue holds another number, or no longer does."""
        if differs.is_over:
            self.differs.pop(differs.market, None)
        else:
            self.differs[differs.market] = differs

    def feed_down(self, at: Ns, venue: Venue) -> Sequence[Message]:
        """Disarm a market whose prices do not come any more."""
        return self.disarm(at, f"{venue}: the feed is down") if venue is self.venue else ()

    def book_lost(self, lost: BookLost | BookDoubted | TickChanged) -> Sequence[Message]:
        """Disarm a market whose book is not to be trusted, or whose grid changed."""
        if self.armed is None or self.armed.market != lost.market:
            return ()
        is_grid = isinstance(lost, TickChanged)
        return self.disarm(lost.at, "price grid changed" if is_grid else "book not trusted")

    def beat(self, at: Ns, heard_at: Ns, max_age: Ns) -> Sequence[Message]:
        """Disarm when the time is over, the person idle, or the book old."""
        if self.armed is None:
            return ()
        if at >= self.armed.until:
            return self.disarm(at, "the time is over")
        if at - self._used_at >= self.rules.idle:
            return self.disarm(at, f"no order for {seconds(self.rules.idle)}")
        if max_age and at - heard_at > max_age:
            return self.disarm(
                at, f"book {seconds(at - heard_at)} old" if heard_at else "no book yet"
            )
        return ()


def cannot_arm(state: GateState, reason: str, *, is_live: bool) -> Verdict | None:
    """Return why nothing can be armed now, None if it can."""
    if not is_live:
        return Verdict("ARM", "paper money", "a live session", "nothing to arm: orders pass")
    if state is GateState.HALTED:
        return Verdict("R10 halted", reason, "no new orders", "resume first")
    return None
