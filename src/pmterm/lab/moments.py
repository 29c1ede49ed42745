"""What a market's price did after a moment: the same questions for signals and for chance.

The price of a market nearly always comes back half way within minutes, signal or not: a random
walk does that in nine of ten cases. So each signal is held against other moments of its own market
that looked alike, and against its own mirror image: whether the price went on as easily as it came
back.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from pmterm.messages.base import Message
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged, BookDoubted, BookLost, MarketSeen
from pmterm.messages.health import FeedDown
from pmterm.messages.signals import SignalEnded, SignalKind, SignalSeen
from pmterm.model.ids import MarketId, SignalId, Venue, venue_of
from pmterm.model.market import Market
from pmterm.model.units import PRICE_ONE, SECOND, Ns, Price
from pmterm.trading.signal.following import LONGEST_DOUBT

Ints: TypeAlias = npt.NDArray[np.int64]

LASTS: Final[Ns] = 180 * SECOND
CALM: Final[Ns] = 2 * SECOND  # an order cannot be there sooner
CONTROLS: Final = 12  # moments held against one signal, at most
FEWEST: Final = 3  # with fewer of them nothing is compared
APART: Final[Ns] = 15 * SECOND  # a control lies so far from every signal of its kind
ALIKE_PPM: Final = 250_000  # how far two moves may differ in size ...
ALIKE2: Final = 100  # ... or half a cent of mid, if that is more (bid + ask)
SPREAD_ALIKE: Final[Price] = 100
SHORT_S: Final = 30
LONG_S: Final = 300


class Followed(msgspec.Struct, frozen=True):
    """How a moment went on.

    `is_back`: the price came half back, as the detector asks of a signal. The rest is reckoned
    from two seconds later, so that a quote which was gone for an instant is no reversion:
    `surplus` is 1 where the price came half back and did not go as far the other way (the mirror
    image of the same question), -1 where it only did that, else 0; `move` is how far it had come,
    `gain` how much of that was back at the end, in log-odds and positive on the way back.
    """

    is_back: bool
    surplus: int
    move: float
    gain: float


class Touches:
    """The best prices of one market through a recording, one entry for each change."""

    def __init__(self) -> None:
        self._at: list[Ns] = []
        self._bid: list[Price] = []
        self._ask: list[Price] = []
        self._before: dict[int, Ints] = {}
        self._heard: Ns = 0
        self._is_doubted = False

    def note(self, at: Ns, bid: Price, ask: Price) -> None:
        """Note prices that stand from `at` on; 0 and 0 where none can be believed."""
        self._heard = at
        if self._at and (self._bid[-1], self._ask[-1]) == (bid, ask):
            return
        self._at.append(at)
        self._bid.append(bid)
        self._ask.append(ask)

    def book(self, book: BookChanged) -> None:
        """Note what a book became, by the detector's rules.

        While one side is empty the last price stands; a doubt of a second at most is none.
        """
        has_bid, has_ask = book.best_bid != NO_BID, book.best_ask != NO_ASK
        if not book.is_trusted or not (has_bid or has_ask):
            self._is_doubted = self._is_doubted or bool(self._bid and self._bid[-1])
            self.note(book.at, 0, 0)
            return
        if self._is_doubted and book.at - self._at[-1] <= LONGEST_DOUBT:
            self._drop_last()
        self._is_doubted = False
        if has_bid and has_ask:
            self.note(book.at, book.best_bid, book.best_ask)
        self._heard = book.at

    def lost(self, at: Ns) -> None:
        """Note that nothing can be believed from now on."""
        self.note(at, 0, 0)
        self._is_doubted = False

    def _drop_last(self) -> None:
        for kept in (self._at, self._bid, self._ask):
            kept.pop()

    @cached_property
    def mids2(self) -> Ints:
        """Bid + ask at each change; ask for it when all is noted."""
        return np.array(self._bid, np.int64) + np.array(self._ask, np.int64)

    def standing(self, at: Ns, mid2: int = 0) -> int:
        """Return which entry stood at a time; -1 if none. `mid2` names one of several at once."""
        place = bisect_right(self._at, at) - 1
        while mid2 and place > 0 and self.mids2[place] != mid2 and self._at[place] >= at - SECOND:
            place -= 1
        return place

    def follow(self, place: int, at: Ns, before2: int, way: int) -> Followed | None:
        """Follow a move from `before2` to the entry at `place`; None if that was cut short.

        `way` is where a reversion goes: 1 up, -1 down.
        """
        until = at + LASTS
        if place < 0 or self._heard < until:
            return None
        mids = self.mids2[place : bisect_right(self._at, until)]
        if not mids.all():
            return None
        calm = mids[bisect_right(self._at, at + CALM, place) - 1 - place :]
        mid2, end2 = int(calm[0]), int(mids[-1])
        mirrored2 = min(max(2 * mid2 - before2, 1), 2 * PRICE_ONE - 1)
        return Followed(
            is_back=_is_back(mids, before2, way),
            surplus=_is_back(calm, before2, way) - _is_back(calm, mirrored2, -way),
            move=way * (log_odds(before2) - log_odds(mid2)),
            gain=way * (log_odds(end2) - log_odds(mid2)),
        )

    def before(self, kind: SignalKind) -> Ints:
        """Return what each second's move is reckoned from by that kind of signal; 0: nothing."""
        lasts = LONG_S if kind is SignalKind.MEAN_REVERSION else SHORT_S
        if lasts not in self._before:
            mids = self.seconds[1]
            self._before[lasts] = _means(mids) if lasts == LONG_S else _earlier(mids)
        return self._before[lasts]

    @cached_property
    def seconds(self) -> tuple[Ints, Ints, Ints]:
        """Return whole seconds, and bid + ask and spread as they stood then (0: none)."""
        if not self._at:
            return (np.zeros(0, np.int64),) * 3
        first = -(-self._at[0] // SECOND)
        times = np.arange(first, self._at[-1] // SECOND + 1, dtype=np.int64) * SECOND
        places = np.searchsorted(np.array(self._at, np.int64), times, "right") - 1
        spreads = np.array(self._ask, np.int64) - np.array(self._bid, np.int64)
        return times, self.mids2[places], spreads[places]


def _is_back(mids: Ints, before2: int, way: int) -> bool:
    """Tell whether the mid came half back from its extreme, as `trading/signal/outcomes` asks."""
    if way < 0:
        mids, before2 = -mids, -before2
    lowest = np.minimum.accumulate(mids)
    target = -(-(lowest + before2) // 2)
    return bool(((lowest < before2) & (mids >= target)).any())


def log_odds(mid2: int) -> float:
    """Return the log-odds of a bid + ask (1..19_999)."""
    return math.log(mid2 / (2 * PRICE_ONE - mid2))


class Case(msgspec.Struct, frozen=True):
    """A signal, what became of it, and how it and moments like it went on; None: cut short."""

    signal: SignalSeen
    ended: SignalEnded | None
    followed: Followed | None
    controls: tuple[Followed, ...] = ()


class Watcher:
    """Listens to an engine; afterwards tells each signal's case."""

    def __init__(self) -> None:
        self.markets: dict[MarketId, Market] = {}
        self._touches: dict[MarketId, Touches] = {}
        self._seen: dict[SignalId, SignalSeen] = {}
        self._ended: dict[SignalId, SignalEnded] = {}
        self.events = 0

    def hears(self) -> Mapping[type[Message], Any]:
        """Return what is listened to."""
        return {
            MarketSeen: self._market_seen,
            BookChanged: self._book_changed,
            BookLost: lambda lost: self._lost(lost.market, lost.at),
            BookDoubted: lambda doubted: self._lost(doubted.market, doubted.at),
            FeedDown: self._feed_down,
            SignalSeen: self._signal_seen,
            SignalEnded: self._signal_ended,
        }

    def cases(self, chance: np.random.Generator) -> list[Case]:
        """Return all signals in order, each with what moments like it came to."""
        return [self._case(signal, chance) for signal in self._seen.values()]

    def hours(self) -> float:
        """Return how many hours of believable books there were, over all markets."""
        known = sum(int((touches.seconds[1] > 0).sum()) for touches in self._touches.values())
        return known / 3_600

    def _case(self, signal: SignalSeen, chance: np.random.Generator) -> Case:
        touches = self._touches[signal.market]
        ended = self._ended.get(signal.id)
        way = 1 if signal.before2 >= signal.mid2 else -1
        place = touches.standing(signal.at, signal.mid2)
        is_whole = ended is not None and ended.is_whole
        followed = touches.follow(place, signal.at, signal.before2, way) if is_whole else None
        if followed is None:
            return Case(signal, ended, None)
        taken = [one.at for one in self._seen.values() if _is_like(one, signal)]
        chosen = _moments(touches, signal, way, taken, chance)
        controls = [
            touches.follow(touches.standing(at), at, before2, way) for at, before2 in chosen
        ]
        return Case(signal, ended, followed, tuple(one for one in controls if one is not None))

    def _market_seen(self, seen: MarketSeen) -> None:
        self.markets[seen.market.id] = seen.market

    def _book_changed(self, book: BookChanged) -> None:
        self.events += 1
        touches = self._touches.get(book.market)
        if touches is None:
            touches = self._touches[book.market] = Touches()
        touches.book(book)

    def _lost(self, market: MarketId, at: Ns) -> None:
        if market in self._touches:
            self._touches[market].lost(at)

    def _feed_down(self, down: FeedDown) -> None:
        for market in self._touches:
            if self._venue(market) is down.venue:
                self._lost(market, down.at)

    def _venue(self, market: MarketId) -> Venue:
        known = self.markets.get(market)
        return known.venue if known is not None else venue_of(market)

    def _signal_seen(self, signal: SignalSeen) -> None:
        self._seen[signal.id] = signal

    def _signal_ended(self, ended: SignalEnded) -> None:
        self._ended[ended.id] = ended


def _is_like(one: SignalSeen, other: SignalSeen) -> bool:
    return one.market == other.market and one.kind is other.kind


def _moments(
    touches: Touches, signal: SignalSeen, way: int, taken: Sequence[Ns], chance: np.random.Generator
) -> list[tuple[Ns, int]]:
    """Choose moments of the same market at random that look like the signal's, but are none.

    The same direction, a move of the same size behind it, the same spread: what the signal adds to
    those is what it is worth. Returns their times and what the move came from (bid + ask).
    """
    times, mids, spreads = touches.seconds
    before = touches.before(signal.kind)
    distance = abs(signal.before2 - signal.mid2)
    off = np.abs(way * (before - mids) - distance)
    alike = (mids > 0) & (before > 0) & (off <= max(ALIKE2, distance * ALIKE_PPM // 1_000_000))
    alike &= np.abs(spreads - signal.spread) <= SPREAD_ALIKE
    for at in taken:
        low, high = bisect_left(times, at - APART), bisect_right(times, at + APART)
        alike[low:high] = False
    places = np.flatnonzero(alike)
    if len(places) > CONTROLS:
        places = np.sort(chance.choice(places, CONTROLS, replace=False))
    return [(int(times[place]), int(before[place])) for place in places]


def _earlier(mids: Ints) -> Ints:
    before = np.zeros_like(mids)
    before[SHORT_S:] = mids[:-SHORT_S]
    return before


def _means(mids: Ints) -> Ints:
    """Return the mean of the five minutes before each second, where all of them are known."""
    before = np.zeros_like(mids)
    if len(mids) > LONG_S:
        sums, known = np.cumsum(mids), np.cumsum(mids > 0)
        means = (sums[LONG_S:] - sums[:-LONG_S]) // LONG_S
        before[LONG_S:] = np.where(known[LONG_S:] - known[:-LONG_S] == LONG_S, means, 0)
    return before
