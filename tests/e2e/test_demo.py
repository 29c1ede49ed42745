"""The demo as a session lives it: its first two minutes, traded through the real gate and broker.

The evening is told in venue frames to the same parts that a live session has; the viewer comes two
seconds late, presses `b` five seconds after PANIC SELL and sells a minute later. Virtual time.
"""

from collections import defaultdict, deque

import msgspec
import pytest

from pmterm.compose.core import core
from pmterm.compose.demo import DEMO_BASELINE_S
from pmterm.compose.exchange import PRE_ROLL
from pmterm.config.settings import Settings
from pmterm.messages.accounts import BalanceSeen, MarketSettled, Mode, PositionChanged
from pmterm.messages.accounts import SessionStarted as Started
from pmterm.messages.commands import ClosePosition, SubmitTicket
from pmterm.messages.feed import NO_ASK, NO_BID, BookChanged, MarketStatusSeen
from pmterm.messages.health import Heartbeat, Surprised
from pmterm.messages.orders import Approved, Fill, Refused
from pmterm.messages.signals import SignalKind, SignalSeen
from pmterm.messages.transport import Closed
from pmterm.model.ids import Venue
from pmterm.model.market import MarketStatus
from pmterm.model.order import Side
from pmterm.model.units import CASH_ONE, MS, PRICE_ONE, QTY_ONE, SECOND
from pmterm.sim.history import history
from pmterm.sim.scenario import Scenario

NOW = 1_790_000_000 * SECOND
LATE = 2 * SECOND  # the viewer's connections come up that long after the exchange's
REACTION = 5 * SECOND
HOLDS = 63 * SECOND
SIZE = 50 * QTY_ONE
SMALLEST_MOVE2 = 600  # under 3 cents nobody calls it a move, the gate neither


class Evening:
    """One session on a demo exchange; `told` holds what was said, by type."""

    def __init__(self, seed):
        self.scenario = Scenario(seed, NOW, pre_roll=PRE_ROLL)
        self.market = self.scenario.listings[0].market.id
        settings = Settings()
        signals = msgspec.structs.replace(settings.signals, min_baseline_s=DEMO_BASELINE_S)
        self.parts = core(msgspec.structs.replace(settings, signals=signals))
        self.engine = self.parts.engine
        self.told = defaultdict(list)
        self.worst_move = 0.0
        self.widest = 0
        self._touches = {}
        self._mids = defaultdict(deque)
        self._plan = []
        kept = (Approved, Refused, Fill, Surprised, MarketSettled, MarketStatusSeen)
        for kind in (*kept, PositionChanged, BalanceSeen, SignalSeen):
            self.engine.listen({kind: self.told[kind].append})
        self.engine.listen({BookChanged: self._book, Heartbeat: self._beat})
        self.engine.listen({SignalSeen: self._signal})
        self.take(
            Started(self.scenario.started_at - 2 * SECOND, "s", Mode.PAPER, "", settings.cash)
        )
        for listing in self.scenario.listings:
            for _ in self.engine.watch(listing.market, self.scenario.started_at - SECOND):
                pass
        self._live(history(self.scenario, self.scenario.started_at, NOW, conn=0))
        for venue in Venue:
            self.take(Closed(self.engine.at + 1, venue, 0, "the evening so far"))

    def live(self, until):
        """Be connected from two seconds after now on."""
        self._live(history(self.scenario, NOW + LATE, NOW + until))

    def take(self, event):
        for _ in self.engine.take(event):
            pass

    @property
    def panics(self):
        return [
            one
            for one in self.told[SignalSeen]
            if one.market == self.market and one.kind is SignalKind.PANIC_SELL and one.at > NOW
        ]

    def _live(self, events):
        for event in events:
            while self._plan and self._plan[0].at <= event.at:
                self.take(self._plan.pop(0))
            self.take(event)

    def _book(self, book):
        self._touches[book.market] = book

    def _signal(self, _):
        if self.panics and not self._plan and not self.told[Approved]:
            at = self.panics[0].at + REACTION
            self._plan.append(SubmitTicket(at, self.market, Side.BUY, SIZE, origin="key"))
            if self.sells:
                self._plan.append(ClosePosition(at + HOLDS, self.market))

    sells = True

    def _beat(self, beat):
        """Compare every price with its own last ten seconds."""
        for market, book in self._touches.items():
            mids = self._mids[market]
            if not book.is_trusted or book.best_bid == NO_BID or book.best_ask == NO_ASK:
                mids.clear()
                continue
            while mids and mids[0][0] < beat.at - 10 * SECOND:
                mids.popleft()
            mid2 = book.best_bid + book.best_ask
            moves = [abs(mid2 - old) / old for _, old in mids if abs(mid2 - old) >= SMALLEST_MOVE2]
            self.worst_move = max([self.worst_move, *moves])
            mids.append((beat.at, mid2))
            if market == self.market and self.panics and beat.at < self.panics[0].at + HOLDS:
                self.widest = max(self.widest, book.best_ask - book.best_bid)


@pytest.fixture(scope="module", params=[0, 3, 9, 11])
def evening(request):
    one = Evening(request.param)
    one.live(120 * SECOND)
    return one


def test_panic_is_told_in_the_first_minute_and_worth_acting_on(evening):
    panic = evening.panics[0]
    assert panic.at < NOW + 60 * SECOND
    assert panic.score_ppm >= 700_000
    assert panic.mid2 <= 0.97 * panic.before2


def test_no_price_moves_so_fast_that_the_gate_would_stop_the_trade(evening):
    assert 0.08 < evening.worst_move <= 0.15
    assert evening.widest < 1_000
    assert evening.told[Refused] == []
    assert len(evening.told[Approved]) == 2


def test_buying_the_panic_fills_after_the_delay_and_pays_for_its_fees(evening):
    bought, *sold = evening.told[Fill]
    pressed = evening.panics[0].at + REACTION
    assert pressed + 3 * SECOND <= bought.at <= pressed + 3 * SECOND + 200 * MS
    assert (bought.side, bought.qty) == (Side.BUY, SIZE)
    assert sum(fill.qty for fill in sold) == SIZE
    last = evening.told[PositionChanged][-1]
    assert last.qty == 0
    assert last.fees > 0
    assert last.realised > 0


def test_no_frame_surprises_the_feeds(evening):
    assert evening.told[Surprised] == []


def test_match_ends_resolved_and_what_was_held_is_paid_out():
    evening = Evening(2)
    evening.sells = False
    evening.live(60 * 60 * SECOND)
    assert evening.told[Surprised] == []
    markets = {listing.market.id for listing in evening.scenario.listings}
    ends = {
        one.market: one.result
        for one in evening.told[MarketStatusSeen]
        if one.status is MarketStatus.RESOLVED
    }
    assert set(ends) == markets
    (fill,) = evening.told[Fill]
    (settled,) = [one for one in evening.told[MarketSettled] if one.market == evening.market]
    won = evening.scenario.states[evening.market].result == 0
    assert settled.payout == (PRICE_ONE if won else 0)
    spent = fill.price * fill.qty // PRICE_ONE + fill.fee
    paid = settled.payout * fill.qty // PRICE_ONE
    assert evening.told[PositionChanged][-1].qty == 0
    assert evening.told[PositionChanged][-1].realised == paid - spent
    assert evening.told[BalanceSeen][-1].cash == 10_000 * CASH_ONE - spent + paid
