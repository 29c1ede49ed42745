"""What became of a signal: followed for 180 s, at prices that could be had (G12)."""

from typing import Final

from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged
from pmterm.messages.signals import Advice, SignalBack, SignalEnded, SignalSeen
from pmterm.model.fees import FeeSchedule, fee_of
from pmterm.model.units import QTY_ONE, Cash, Ns, Price

_CASH_PER_PRICE: Final = 100  # one contract: 1e-4 USD a price step is 100 x 1e-6 USD


class Follow:
    """One signal on its way. Between two changes the book stands as it stood.

    `way` is where a reversion goes: 1 up, -1 down. The order it would have been is placed one
    delay after the signal, at the touch that stands then; it is closed at the opposite touch when
    the move has come half back, or at the end of the time, whatever that price is.

    Here, and nowhere else, is decided which signals count: those whose book could be believed all
    the time, a second's doubt aside, and whose market was heard of at its end or later. To count
    those of the others that came back before would flatter every rate; so would leaving out those
    that ran until one side was empty. Where nobody is left to trade with, a way out brings nothing:
    what was bought is sold at 0, what was sold is bought back at 1.
    """

    __slots__ = (
        "_advised",
        "_deadline",
        "_entry",
        "_entry_at",
        "_fees",
        "_high2",
        "_leave",
        "_low2",
        "_reverted_at",
        "_signal",
        "_way",
    )

    def __init__(self, signal: SignalSeen, fees: FeeSchedule, delay: Ns, lasts: Ns) -> None:
        self._signal = signal
        self._fees = fees
        self._way = 1 if signal.before2 >= signal.mid2 else -1
        advised = {Advice.BUY: 1, Advice.SELL: -1, Advice.WAIT: self._way}
        self._advised = advised[signal.advice]
        self._low2 = self._high2 = signal.mid2  # seen since the signal
        self._entry: Price = 0
        self._leave: Price = 0
        self._entry_at = signal.at + delay
        self._deadline = signal.at + lasts
        self._reverted_at: Ns = 0

    @property
    def due(self) -> Ns:
        """When time alone changes something: the order is placed, or the following ends."""
        if self._entry or self._signal.advice is Advice.WAIT:
            return self._deadline
        return min(self._entry_at, self._deadline)

    @property
    def quiet(self) -> tuple[int, int]:
        """Between which values of bid + ask, both included, nothing new is learned."""
        if self._reverted_at or not self._has_moved:
            return self._low2, self._high2
        target = self._target()
        if self._way > 0:
            return self._low2, min(self._high2, target - 1)
        return max(self._low2, target + 1), self._high2

    def wait(self, now: Ns, quote: BookChanged | None) -> None:
        """Let time pass to `now` while `quote` stood (None: no book to believe)."""
        if self._entry or quote is None or now < self._entry_at:
            return
        price = quote.best_bid if self._sells else quote.best_ask
        if price in (NO_BID, NO_ASK):  # there is nobody to trade with yet
            return
        self._entry = price
        if self._reverted_at:
            self._close(quote)

    def see(self, quote: BookChanged) -> SignalBack | None:
        """Look at a changed book that can be believed; answer when half has come back."""
        mid2 = quote.best_bid + quote.best_ask
        self._low2 = min(self._low2, mid2)
        self._high2 = max(self._high2, mid2)
        if self._reverted_at:
            return None
        if not self._has_moved or (mid2 - self._target()) * self._way < 0:
            return None
        self._reverted_at = quote.at
        if self._entry:
            self._close(quote)
        signal = self._signal
        return SignalBack(quote.at, signal.id, signal.market, signal.kind, quote.at - signal.at)

    def heard(self, at: Ns, quote: BookChanged | None) -> SignalEnded | None:
        """Answer once the market is heard of at the end of the time or later.

        `quote` stood until now. Call after `wait`, before a change is applied.
        """
        if at < self._deadline:
            return None
        if quote is None or not (self._entry or self._signal.advice is Advice.WAIT):
            return self.lose(at)
        if not self._leave:
            self._close(quote)
        return self._ended(at, self._reverted_at or self._deadline, is_whole=True)

    def lose(self, at: Ns) -> SignalEnded:
        """Nobody can tell any more how it went on: claim nothing."""
        return self._ended(at, at, is_whole=False)

    @property
    def _has_moved(self) -> bool:
        """Whether there is a move at all that could come back."""
        if self._way > 0:
            return self._low2 < self._signal.before2
        return self._high2 > self._signal.before2

    def _target(self) -> int:
        """Return the bid + ask at which the move from the extreme has come half back."""
        before2 = self._signal.before2
        if self._way > 0:
            return -(-(self._low2 + before2) // 2)
        return (self._high2 + before2) // 2

    @property
    def _sells(self) -> bool:
        return self._signal.advice is Advice.SELL

    def _close(self, quote: BookChanged) -> None:
        self._leave = quote.best_ask if self._sells else quote.best_bid

    def _net(self) -> Cash:
        """Return what one contract earned, fees of both ways included."""
        if self._signal.advice is Advice.WAIT:
            return 0
        gain = self._entry - self._leave if self._sells else self._leave - self._entry
        fees = fee_of(self._fees, self._entry, QTY_ONE) + fee_of(self._fees, self._leave, QTY_ONE)
        return gain * _CASH_PER_PRICE - fees

    def _ended(self, at: Ns, end: Ns, *, is_whole: bool) -> SignalEnded:
        signal = self._signal
        reached = (self._low2 - signal.mid2, self._high2 - signal.mid2)
        worst2, best2 = reached if self._advised > 0 else (-reached[1], -reached[0])
        return SignalEnded(
            at,
            signal.id,
            signal.market,
            signal.kind,
            reverted=is_whole and self._reverted_at > 0,
            after=end - signal.at,
            best=best2 // 2,
            worst=worst2 // 2,
            net=self._net() if is_whole else 0,
            is_known=is_whole,
            is_whole=is_whole,
        )
