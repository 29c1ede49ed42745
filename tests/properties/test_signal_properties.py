"""Nothing said depends on what comes later, and what fires agrees with a plain recomputation."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from pmterm.messages.feed import BookChanged, TradeSeen
from pmterm.messages.health import Heartbeat
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, QTY_ONE, SECOND
from pmterm.trading.signal.detector import Detector
from pmterm.trading.signal.rules import SignalSettings

START = 2_000_000 * SECOND
M = "KXTEST-1"
SETTINGS = SignalSettings(min_baseline_s=30, rearm_s=5, reversion_samples=20)

step = st.tuples(
    st.integers(1, 4_000),  # ms until it
    st.sampled_from(["book", "book", "book", "trade", "bad"]),
    st.integers(-500, 500),  # shift of the mid
    st.integers(1, 6),  # spread in cents
    st.integers(1, 2_000),  # dollars of depth
    st.integers(1, 400),  # contracts
)
stories = st.lists(step, min_size=30, max_size=150)


def events_of(story):
    """Turn a story into events with a heartbeat every half second before them."""
    at, beat, mid = START, START, 5_000
    for wait_ms, kind, shift, spread, depth, qty in story:
        at += wait_ms * MS
        while beat + 500 * MS <= at:
            beat += 500 * MS
            yield Heartbeat(beat)
        mid = min(9_000, max(1_000, mid + shift // 4))
        bid, ask = mid - 50 * spread, mid + 50 * spread
        if kind == "trade":
            yield TradeSeen(at, at, M, mid, qty * QTY_ONE, Side.BUY if shift > 0 else Side.SELL)
        else:
            cash = depth * CASH_ONE
            yield BookChanged(at, M, bid, ask, 1, 1, cash, cash, kind == "book")


def run(events, config=SETTINGS):
    detector = Detector(config)
    hears = detector.hears()
    return [m for event in events for m in hears[type(event)](event)], detector


@settings(max_examples=60, deadline=None)
@given(stories, stories, st.data())
def test_altered_future_changes_nothing_before_it(story, other, data):
    cut = data.draw(st.integers(1, len(story) - 1))
    one, _ = run(events_of(story))
    two, _ = run(events_of(story[:cut] + other))
    now = START + sum(s[0] for s in story[:cut]) * MS
    # What one event may still say at `now` itself is decided by that event alone.
    assert [m for m in one if m.at <= now] == [m for m in two if m.at <= now]


@settings(max_examples=60, deadline=None)
@given(stories)
def test_shifted_time_shifts_the_answer_and_nothing_else(story):
    by = 86_400 * SECOND
    events = list(events_of(story))
    later = [msgspec.structs.replace(e, at=e.at + by) for e in events]
    one, two = run(events)[0], run(later)[0]
    assert [msgspec.structs.replace(m, at=m.at + by) for m in one] == two


class Plain:
    """Recomputes the move and the volume ratio from everything that ever came."""

    def __init__(self):
        self.mids = {}  # second -> bid + ask as it stood at its end
        self.trades = []
        self.mid2 = 0
        self.bars = []  # known ten-second bars: (end second, volume)
        self.second = START // SECOND + 1
        self.heard = 0  # the first second that the market was heard in

    def pass_time(self, at):
        while self.second * SECOND <= at:
            self.mids[self.second] = self.mid2
            if self.second % 10 == 0:
                ten = range(self.second - 9, self.second + 1)
                whole = 0 < self.heard <= ten[0]
                if whole and sum(1 for s in ten if self.mids.get(s)) >= 5:
                    self.bars.append((self.second, self.volume(self.second - 10, self.second)))
            self.second += 1

    def volume(self, after, until):
        """Contracts traded in whole seconds after `after` up to the end of second `until`."""
        return sum(q for at, q in self.trades if after * SECOND <= at < until * SECOND)

    def takes(self, event):
        self.pass_time(event.at)
        if type(event) is not Heartbeat:
            self.heard = self.heard or self.second
        if type(event) is TradeSeen:
            self.trades.append((event.at, event.qty))
        elif type(event) is BookChanged:
            self.mid2 = event.best_bid + event.best_ask if event.is_trusted else 0

    def is_fast(self, change_ppm):
        """Whether the mid moved by `change_ppm` or more that way, on 3x the usual volume."""
        now = self.second - 1  # the last second that ended
        before = self.mids.get(now - 30, 0)
        if not self.mid2 or not before:
            return False
        moved = (self.mid2 - before) * 1_000_000
        if not (moved <= change_ppm * before if change_ppm < 0 else moved >= change_ppm * before):
            return False
        bars = [v for end, v in self.bars if end <= now // 10 * 10 - 30]
        if len(bars) < 3 or not sum(bars):
            return False
        recent = sum(q for at, q in self.trades if at >= (now - 29) * SECOND)
        return recent * len(bars) >= 3 * 3 * sum(bars)


@settings(max_examples=100, deadline=None)
@given(stories.filter(lambda s: s[0][1] == "book"))
def test_panic_and_fomo_fire_where_a_plain_recomputation_says(story):
    """A hole of two seconds forgets prices; stories here keep a believable book throughout."""
    story = [(*s[:1], "book" if s[1] == "bad" else s[1], *s[2:]) for s in story]
    plain, detector = Plain(), Detector(SETTINGS)
    hears = detector.hears()
    fired = {SignalKind.PANIC_SELL: False, SignalKind.FOMO_BUY: False}
    for event in events_of(story):
        said = [m.kind for m in hears[type(event)](event) if type(m) is SignalSeen]
        plain.takes(event)
        for kind, change in ((SignalKind.PANIC_SELL, -30_000), (SignalKind.FOMO_BUY, 50_000)):
            if kind in said:
                fired[kind] = True
                if type(event) is not Heartbeat:
                    assert plain.is_fast(change)
            elif not fired[kind]:
                assert type(event) is Heartbeat or not plain.is_fast(change)
