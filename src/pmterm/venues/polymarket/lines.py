"""Who is followed: one line per book, and a seat on it for each token that speaks of it.

Usually a line is a market with two seats, the second of them mirrored; where tokens are followed
each on its own, or nothing is known about a token, a line has one seat.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from pmterm.messages.feed import LevelSet
from pmterm.model.ids import MarketId
from pmterm.model.market import Market
from pmterm.model.units import MS, SECOND, Ns, Price, Qty, fixed_text

NEVER = 1 << 62
PROBES = 2
PROBE_AFTER: Ns = 4 * SECOND
MOST_HELD = 4_096
MOST_STRANGERS = 4_096
LONGEST_TOKEN = 78  # digits of the largest uint256

TradeKey = tuple[int, str, Price, Qty]


class Line:
    """How one book is being followed.

    `since`: changes with an older venue time (ms) are not said as they come; NEVER while a book is
    awaited. `held`: the changes since it was asked for, to be put on top of the answer.
    """

    __slots__ = (
        "asked_at", "asks_in", "compare_at", "had_book", "heard", "held", "is_muted", "is_watched",
        "last_book", "last_reply", "last_touch", "market", "min_size", "names", "neg_risk",
        "prints", "probe_at", "probes", "since", "stalled_at", "step", "token", "was_heard",
    )  # fmt: skip

    def __init__(self, market: MarketId, token: str) -> None:
        self.market = market
        self.token = token  # whose book is fetched
        self.is_watched = False
        self.since = 0
        self.heard = 0
        self.was_heard = 0
        self.probes = 0
        self.probe_at: Ns = 0
        self.held: deque[LevelSet] | None = None
        self.is_muted = False
        self.had_book = False
        self.asked_at: Ns = 0
        self.asks_in: Ns = 0
        self.compare_at: Ns = NEVER
        self.stalled_at: Ns = 0
        self.step: Price = 0
        self.min_size: str | None = None
        self.neg_risk = False
        self.names: dict[str, str] = {}
        self.last_book: tuple[str, int, int] | None = None  # teller, venue time, fingerprint
        self.last_reply: tuple[str, int, int, int] | None = None  # the same, and what was heard
        self.last_touch: tuple[str, int, Price, Price] | None = None
        self.prints: dict[TradeKey, tuple[str, int]] = {}

    def describe(self, market: Market) -> None:
        """Take over what the metadata of a watched market tells."""
        self.is_watched = True
        self.step = market.bands[0].step if market.bands else 0
        self.min_size = fixed_text(market.min_qty, 6)
        self.neg_risk = market.neg_risk
        self.names = {outcome.token: outcome.name for outcome in market.outcomes}

    def connect(self, at: Ns, compare_at: Ns, wait: Ns) -> None:
        """Begin anew with a connection: a book should come by itself within `wait`."""
        self.disconnect()
        self.await_book(at, wait)
        self.compare_at = compare_at

    def listen(self, at: Ns) -> None:
        """Have the book fetched soon when a market that was telling changes falls silent.

        Call about once a second. Two looks, a few seconds apart: a quiet market is proved by
        asking, not by guessing, and one whose stream has stalled is found within seconds.
        """
        if self.heard != self.was_heard:
            self.probes = PROBES if self.was_heard else 0  # a first book is no change yet
            self.was_heard = self.heard
            self.probe_at = at + PROBE_AFTER
        elif self.probes and at >= self.probe_at and not self.awaits_book:
            self.probes -= 1
            self.probe_at = at + PROBE_AFTER
            self.compare_at = min(self.compare_at, at)

    def disconnect(self) -> None:
        """Forget what only one connection can say about itself."""
        self.held = None
        self.had_book = False
        self.heard = self.was_heard = 0
        self.stalled_at = 0
        self.last_book = self.last_reply = self.last_touch = None

    def await_book(self, at: Ns, wait: Ns, *, mute: bool = False) -> None:
        """Stop trusting what we have: hold changes until a book comes; ask if none in `wait`."""
        if self.held is None:
            self.held = deque(maxlen=MOST_HELD)
        self.since = NEVER
        self.is_muted = mute
        self.asked_at = at
        self.asks_in = wait

    @property
    def awaits_book(self) -> bool:
        """Whether a book is wanted before anything else counts."""
        return self.held is not None

    def early(self, change: LevelSet) -> Sequence[LevelSet]:
        """Take a change that came while a book is awaited, or is older than the one fetched."""
        if self.held is None:
            return ()
        self.held.append(change)
        return () if self.is_muted else (change,)

    def book_came(self, stamp: int) -> None:
        """Go on from a book of the stream: what follows it is newer."""
        self.since = 0
        self.held = None
        self.heard = max(self.heard, stamp)
        self.had_book = True

    def book_fetched(self, stamp: int) -> list[LevelSet]:
        """Go on from an awaited book that was fetched; return the held changes it lacks."""
        held = self.held or ()
        self.since = stamp
        self.held = None
        return [change for change in held if change.venue_at >= stamp * MS]


class Seat:
    """A token's place on a line: `flips` if it is the second; `partner` is the other token."""

    __slots__ = ("flips", "line", "partner", "token")

    def __init__(self, line: Line, token: str, *, flips: bool = False, partner: str = "") -> None:
        self.line = line
        self.token = token
        self.flips = flips
        self.partner = partner


class Lines:
    """All lines, by market and by token."""

    def __init__(self, *, merge_outcomes: bool) -> None:
        self.seats: dict[str, Seat] = {}
        self._merge = merge_outcomes
        self._lines: dict[MarketId, list[Line]] = {}
        self._tokens: dict[MarketId, tuple[str, ...]] = {}
        self._strangers: dict[MarketId, Line] = {}
        self._dropped: set[str] = set()

    def add(self, market: Market) -> list[Line]:
        """Seat a market's tokens; return the lines that are new."""
        known = self._lines.get(market.id)
        if known is not None:
            for line in known:
                line.describe(market)
            return []
        first, second = (str(outcome.token) for outcome in market.outcomes)
        if self._merge:
            line = Line(market.id, first)
            self.seats[first] = Seat(line, first, partner=second)
            self.seats[second] = Seat(line, second, flips=True, partner=first)
            lines = [line]
        else:
            lines = [Line(MarketId(token), token) for token in (first, second)]
            self.seats.update((line.token, Seat(line, line.token)) for line in lines)
        for line in lines:
            line.describe(market)
            self._strangers.pop(line.market, None)
        self._lines[market.id] = lines
        self._tokens[market.id] = (first, second)
        return lines

    def remove(self, market: MarketId) -> tuple[str, ...]:
        """Forget a market; what still comes of it is not a stranger. Return its tokens."""
        if self._lines.pop(market, None) is None:
            return ()
        tokens = self._tokens.pop(market)
        for token in tokens:
            self.seats.pop(token, None)
        self._dropped |= set(tokens)
        return tokens

    def seat_of(self, token: str) -> Seat | None:
        """Return a token's seat, a new line of its own if nothing is known about it.

        None: it was dropped. Raises ValueError where `token` cannot be one, or too many came.
        """
        seat = self.seats.get(token)
        if seat is not None or token in self._dropped:
            return seat
        if not (token.isascii() and token.isdigit() and len(token) <= LONGEST_TOKEN):
            msg = "not a token"
            raise ValueError(msg)
        if len(self._strangers) >= MOST_STRANGERS:
            msg = "too many unknown tokens"
            raise ValueError(msg)
        line = Line(MarketId(token), token)
        self._strangers[line.market] = line
        seat = self.seats[token] = Seat(line, token)
        return seat

    def line_of(self, market: MarketId) -> Line | None:
        """Return the line that is said under this id, if any."""
        lines = self._lines.get(market)
        if lines is not None and lines[0].market == market:
            return lines[0]
        seat = self.seats.get(market)
        return seat.line if seat is not None and seat.line.market == market else None

    def watched(self) -> Iterator[Line]:
        """Go over the lines of watched markets."""
        for lines in self._lines.values():
            yield from lines

    def everything(self) -> Iterator[Line]:
        """Go over all lines, strangers too."""
        yield from self.watched()
        yield from self._strangers.values()

    def tokens(self, market: MarketId) -> tuple[str, ...]:
        """Return a watched market's tokens."""
        return self._tokens.get(market, ())

    def all_tokens(self) -> list[str]:
        """Return the tokens of every watched market."""
        return [token for tokens in self._tokens.values() for token in tokens]
