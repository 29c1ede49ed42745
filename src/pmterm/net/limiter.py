"""How often a venue may be asked, and who goes first when many want to."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping

import msgspec

from pmterm.model.errors import VenueRefused
from pmterm.model.ids import Venue
from pmterm.model.units import SECOND, Ns
from pmterm.net.clock import Clock

CANCEL, ORDER, READ = 0, 1, 2
RESERVE_SHARE = 5  # a fifth of the bucket, rounded up, is kept at each step of priority
FEWEST_TOKENS = 5  # below it the reserves of a bucket leave nothing for reads
LONGEST_WAIT: Ns = 60 * SECOND  # who would have to wait longer is told so at once
LONGEST_HOLD_S = 3600.0  # a wrong header must not silence a venue for the whole evening


class Rate(msgspec.Struct, frozen=True):
    """How often one venue may be asked: `per_s` on and on, `burst` at once, rest waits.

    `waiting` bounds how many may stand in line at each priority.
    """

    per_s: int
    burst: int
    waiting: int = 256


class Limiter:
    """One token bucket per venue. Priority 0 is a cancel, 1 an order, 2 a read.

    A fifth of each bucket is for cancels alone and another fifth is not for reads. Within one
    priority first come is first served. A venue with no rate told passes at once.
    """

    def __init__(self, rates: Mapping[Venue, Rate], clock: Clock) -> None:
        self._lines = {venue: _Line(rate, clock) for venue, rate in rates.items()}

    async def enter(self, venue: Venue, priority: int = READ) -> None:
        """Return when one request may be sent.

        Raises:
            VenueRefused: too many stand in line already, or the venue asked for over a minute.
        """
        line = self._lines.get(venue)
        if line is not None:
            await line.enter(priority)

    def pass_now(self, venue: Venue, priority: int = READ) -> bool:
        """Take a turn if one request may be sent at once; False: `enter` and wait."""
        line = self._lines.get(venue)
        return line is None or line.pass_now(priority)

    def hold(self, venue: Venue, seconds: float, *, reads_too: bool = True) -> None:
        """Keep orders (and reads) back, as the venue asked (Retry-After); never shortens a hold.

        Cancels still go: one that is refused costs nothing, one never sent may cost money.
        """
        line = self._lines.get(venue)
        if line is not None:
            line.hold(min(max(seconds, 0.0), LONGEST_HOLD_S), READ if reads_too else ORDER)

    def waiting(self, venue: Venue) -> int:
        """Return how many stand in line."""
        line = self._lines.get(venue)
        return 0 if line is None else line.waiting()


class _Line:
    """The bucket of one venue, counted in billionths of a token, and who waits for it."""

    def __init__(self, rate: Rate, clock: Clock) -> None:
        if rate.per_s <= 0 or rate.burst < FEWEST_TOKENS:
            msg = f"a rate needs per_s above 0 and burst of at least {FEWEST_TOKENS}"
            raise ValueError(msg)
        reserve = -(-rate.burst // RESERVE_SHARE) * SECOND
        self._floors = (0, reserve, 2 * reserve)
        self._rate = rate
        self._full = rate.burst * SECOND
        self._level = self._full
        self._clock = clock
        self._counted_at = clock.monotonic()
        self._held_until: list[Ns] = [0, 0, 0]
        self._lines: tuple[deque[asyncio.Future[None]], ...] = (deque(), deque(), deque())
        self._stop_alarm: Callable[[], None] = _nothing

    def pass_now(self, priority: int) -> bool:
        rank = min(max(priority, CANCEL), READ)
        if self._lines[rank] or self._delay(rank):
            return False
        self._level -= SECOND
        return True

    async def enter(self, priority: int) -> None:
        if self.pass_now(priority):
            return
        rank = min(max(priority, CANCEL), READ)
        held = self._held_until[rank] - self._clock.monotonic()
        if held > LONGEST_WAIT:
            wait_s = -(-held // SECOND)
            raise VenueRefused(
                f"the venue asked us not to ask again for {wait_s} s", retry_after_s=float(wait_s)
            )
        line = self._lines[rank]
        if len(line) >= self._rate.waiting:
            raise VenueRefused(
                "too many requests wait for their turn", "Ask for less at once, or wait a little."
            )
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        line.append(turn)
        self._serve()
        try:
            await turn
        finally:
            if turn in line:
                line.remove(turn)

    def hold(self, seconds: float, last_rank: int) -> None:
        until = self._clock.monotonic() + int(seconds * SECOND)
        for rank in range(ORDER, last_rank + 1):
            self._held_until[rank] = max(self._held_until[rank], until)

    def waiting(self) -> int:
        return sum(len(line) for line in self._lines)

    def _delay(self, rank: int) -> Ns:
        """Return how long a request of this rank would have to wait if it were first in line."""
        now = self._clock.monotonic()
        self._level = min(self._full, self._level + (now - self._counted_at) * self._rate.per_s)
        self._counted_at = now
        missing = self._floors[rank] + SECOND - self._level
        refill = -(-missing // self._rate.per_s) if missing > 0 else 0
        return max(refill, self._held_until[rank] - now, 0)

    def _serve(self) -> None:
        """Let everyone go whose turn it is, and come back when the next one's is."""
        self._stop_alarm()
        delays = [delay for rank in range(len(self._lines)) if (delay := self._serve_rank(rank))]
        if delays:
            self._stop_alarm = self._clock.after(min(delays) / SECOND, self._serve)

    def _serve_rank(self, rank: int) -> Ns:
        """Let those of one rank go who may; return how long the next has to wait, 0 if none."""
        line = self._lines[rank]
        while line:
            delay = self._delay(rank)
            if delay:
                return delay
            turn = line.popleft()
            if not turn.done():
                self._level -= SECOND
                turn.set_result(None)
        return 0


def _nothing() -> None:
    """Stand in for an alarm that was never set."""
