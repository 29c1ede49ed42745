"""An evening in messages, second by second: books, trades and heartbeats for one market."""

from itertools import pairwise

from pmterm.messages.feed import BookChanged, TradeSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.signals import SignalEnded, SignalRejected, SignalSeen
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings

START = 1_000_000 * SECOND
M = "KXTEST-1"


class Evening:
    """Drives one detector; everything it says is kept in `said`."""

    def __init__(self, **settings):
        self.detector = Detector(SignalSettings(**settings))
        self.hears = self.detector.hears()
        self.at = START
        self.said = []
        self.bid, self.ask = 4_900, 5_100
        self.bid_depth = self.ask_depth = 1_000 * CASH_ONE

    def hear(self, message):
        said = list(self.hears[type(message)](message))
        self.said += said
        return said

    def book(self, *, trusted=True, market=M):
        """Say the book as it stands now."""
        return self.hear(
            BookChanged(
                self.at,
                market,
                self.bid,
                self.ask,
                QTY_ONE,
                QTY_ONE,
                self.bid_depth,
                self.ask_depth,
                trusted,
            )
        )

    def quote(self, bid, ask, **depths):
        self.bid, self.ask = bid, ask
        for name, value in depths.items():
            setattr(self, name, value)
        return self.book()

    def trade(self, qty, taker=Side.SELL, price=None):
        price = price or (self.bid if taker is Side.SELL else self.ask)
        return self.hear(TradeSeen(self.at, self.at, M, price, qty * QTY_ONE, taker))

    def wait(self, seconds=0, ms=0, beat_ms=500):
        """Let time pass with heartbeats at every `beat_ms`."""
        until = self.at + seconds * SECOND + ms * MS
        beat = beat_ms * MS
        due = (self.at // beat + 1) * beat
        while due <= until:
            self.at = due
            self.hear(Heartbeat(due))
            due += beat
        self.at = until

    def calm(self, seconds, volume=1):
        """An ordinary stretch: the book stands, `volume` contracts trade each second."""
        for _ in range(seconds):
            self.wait(ms=300)
            self.book()
            if volume:
                self.trade(volume)
            self.wait(ms=700)

    def seen(self, kind=None):
        return [m for m in self.said if type(m) is SignalSeen and kind in {None, m.kind}]

    def rejected(self, kind=None):
        return [m for m in self.said if type(m) is SignalRejected and kind in {None, m.kind}]

    def ended(self):
        return self.told(SignalEnded)

    def told(self, kind):
        return [m for m in self.said if type(m) is kind]


def is_in_order(messages):
    return all(a.at <= b.at for a, b in pairwise(messages))
