"""What trips the gate by itself: losses, drawdown, a venue's errors, a price that runs away."""

from collections import deque
from collections.abc import Mapping

from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged
from pmterm.model.holding import Booked, utc_day
from pmterm.model.ids import MarketId
from pmterm.model.ledger import Ledger
from pmterm.model.units import PPM, Cash, Ns, Price
from pmterm.trading.risk.limits import MINUTE, Limits

_SMALLEST_MOVE2 = 600  # twice 3 cents: at a price of 5 cents one tick alone is a fifth


class Losses:
    """The day's profit, by UTC day of message time, and losing round trips in a row."""

    def __init__(self) -> None:
        self.realised: Cash = 0
        self.in_row = 0
        self.start_equity: Cash = 0
        self._day = -1

    def turn(self, at: Ns, equity: Cash) -> None:
        """Start a new day if `at` lies in one."""
        day = utc_day(at)
        if day > self._day:
            self._day = day
            self.realised = 0
            self.start_equity = equity

    def book(self, booked: Booked) -> None:
        """Count what a fill or settlement realised; a round trip that did not lose ends the row."""
        self.realised += booked.profit
        if booked.is_over:
            self.in_row = self.in_row + 1 if booked.trip < 0 else 0


class Drawdown:
    """The peak of equity over the last hour, kept by the minute.

    Only peaks that no later one reaches are kept, so that the first is the highest.
    """

    def __init__(self, window: Ns) -> None:
        self._window = window
        self._peaks: deque[tuple[Ns, Cash]] = deque()

    def share_ppm(self, at: Ns, equity: Cash) -> int:
        """Note equity; return how far it is below its peak, in millionths of the peak."""
        peaks, minute = self._peaks, at - at % MINUTE
        while peaks and peaks[0][0] <= at - self._window:
            peaks.popleft()
        while peaks and peaks[-1][1] <= equity:
            peaks.pop()
        if not peaks or peaks[-1][0] != minute:
            peaks.append((minute, equity))
        peak = peaks[0][1]
        return (peak - equity) * PPM // peak if peak > 0 else 0

    def forget(self) -> None:
        """Measure from the next equity on: a person has seen the loss."""
        self._peaks.clear()


class Errors:
    """How the last calls to one venue went."""

    def __init__(self, limits: Limits) -> None:
        self._share_ppm = limits.error_share_ppm
        self._size = limits.error_window
        self._calls: deque[bool] = deque(maxlen=limits.error_window)

    def count(self, *, is_error: bool) -> bool:
        """Note a call; tell whether too many of the last ones failed.

        The share is of a full window, so that the first call of a day cannot trip it.
        """
        self._calls.append(is_error)
        if not is_error or not self._share_ppm:
            return False
        return sum(self._calls) * PPM > self._share_ppm * self._size

    def forget(self) -> None:
        """Start over, as after a halt."""
        self._calls.clear()


class Refusals:
    """How often a venue refused running, by reason (F15): the same again and again is no accident.

    Numbers and ids in a reason do not make it another one.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._counts: dict[str, int] = {}

    def count(self, reason: str) -> bool:
        """Note a refusal; tell whether there were too many of its reason."""
        kind = "".join(word for word in reason.split() if word.isalpha())
        self._counts[kind] = self._counts.get(kind, 0) + 1
        return self._counts[kind] >= self._most

    def forget(self) -> None:
        """Start over: an order was taken, or a person has looked."""
        self._counts.clear()


class Moves:
    """One market's mid and spread, sampled at every heartbeat.

    Of the mids within the window only those are kept that may yet be its lowest or its highest,
    since the worst move is from one of these two: `_lows` ascends, `_highs` descends.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lows: deque[tuple[Ns, int]] = deque()
        self._highs: deque[tuple[Ns, int]] = deque()
        self._spread_256: int = 0  # running mean of the spread, times 256
        self._samples = 0
        self.moved_ppm = 0  # the move that blocked the market, 0 if none

    def sample(self, at: Ns, book: BookChanged) -> None:
        """Note the touch, where both sides stand."""
        mid2 = mid2_of(book)
        if mid2 is None:
            self._forget()  # whatever comes next did not move from here
            return
        lows, highs = self._lows, self._highs
        while lows and lows[-1][1] >= mid2:
            lows.pop()
        while highs and highs[-1][1] <= mid2:
            highs.pop()
        lows.append((at, mid2))
        highs.append((at, mid2))
        self._forget_until(at - self._limits.move_window)
        self.moved_ppm = self._judged(at, mid2)
        spread = book.best_ask - book.best_bid
        self._samples += 1
        step = min(self._samples, 256)
        self._spread_256 += (spread * 256 - self._spread_256) // step

    def check(self, at: Ns, book: BookChanged) -> None:
        """Block the market if its mid ran away from where it was within the window."""
        self.moved_ppm = self.blocking(at, book)

    def blocking(self, at: Ns, book: BookChanged) -> int:
        """Return the move that blocks the market or now would, 0 if none; asking blocks nothing."""
        mid2 = mid2_of(book)
        return self.moved_ppm if mid2 is None else self._judged(at, mid2)

    def _judged(self, at: Ns, mid2: int) -> int:
        limit, since = self._limits.move_ppm, at - self._limits.move_window
        worst = self.moved_ppm
        for mids in (self._lows, self._highs):
            first = next((then for when, then in mids if when >= since), mid2)
            moved = abs(mid2 - first)
            if limit and moved >= _SMALLEST_MOVE2 and moved * PPM // first > limit:
                worst = max(worst, moved * PPM // first)
        return worst

    def spread_mean(self) -> Price:
        """Return the usual spread, 0 while it is not known (two minutes of samples)."""
        return self._spread_256 // 256 if self._samples >= 240 else 0

    def cleared(self) -> None:
        """Let orders through again: a person has looked."""
        self.moved_ppm = 0
        self._forget()

    def _forget_until(self, since: Ns) -> None:
        for mids in (self._lows, self._highs):
            while mids and mids[0][0] < since:
                mids.popleft()

    def _forget(self) -> None:
        self._lows.clear()
        self._highs.clear()


def mid2_of(book: BookChanged) -> int | None:
    """Return bid + ask, None unless both stand on a trusted book."""
    if not book.is_trusted or book.best_bid == NO_BID or book.best_ask == NO_ASK:
        return None
    return book.best_bid + book.best_ask


def exit_value(
    ledger: Ledger, touches: Mapping[MarketId, tuple[Price, Price]]
) -> tuple[Cash, Cash]:
    """Return (what an exit from everything brings, profit against cost).

    A market that never showed both sides counts at cost.
    """
    value = profit = 0
    for market, held in ledger.holdings.items():
        touch = touches.get(market)
        worth = held.cost if touch is None else ledger.exit_value(market, held.qty, touch)
        value += worth
        profit += worth - held.cost
    return value, profit
